"""``humaspost demo``: one day of an office on simulated platforms."""

import json
import shutil
import signal
import tempfile
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from humaspost.base.i18n import _, ngettext
from humaspost.cli.demo.child import ChildFailed, ChildProcess, read_json
from humaspost.cli.demo.dates import distribute_dates, read_dated_posts
from humaspost.cli.demo.table import DemoDay, format_summary, format_table
from humaspost.cli.exit_codes import ExitCode
from humaspost.cli.terminal import print_note, print_text
from humaspost.views.text import align_columns as aligned
from humaspost.views.text import pad

#: Seconds: from the new dates to the first post; between first and last post.
START_DELAY, DATE_INTERVAL = 4.0, 18.0
#: Seconds. The demo takes less than a minute; a busy computer gets more before it counts as failed.
START_TIMEOUT, DAY_TIMEOUT = 90.0, 120.0
#: Posts are this far in the future until the ledger exists: a new ledger never sends older posts.
DATE_OFFSET = timedelta(days=1)


def demo(
    keep: Annotated[bool, typer.Option("--keep", help=_("leave the page up until Ctrl-C"))] = False,
) -> ExitCode:
    """Show a whole office day on pretend platforms; no account, no key, nothing leaves this computer."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started_at = time.monotonic()
    office = Path(tempfile.mkdtemp(prefix="humaspost-demo-"))
    print_text([_("humaspost demo: one office day on pretend platforms."), _isolate_environment(), ""])
    code = ExitCode.IO
    try:
        with ChildProcess("sandbox", "--port", "0", "--office", str(office), "--json", cwd=office) as sandbox:
            url = sandbox.read_next(timeout=START_TIMEOUT)["url"]
            code = _run_day(office, url, started_at=started_at, keep=keep)
    except ChildFailed as error:
        print_note(_("the demo could not run: {reason}").format(reason=error))
    finally:
        if code is ExitCode.OK or keep:
            shutil.rmtree(office, ignore_errors=True)
        else:
            print_note(_("its office is left for you to look at: {path}").format(path=office))
    return code


def _isolate_environment() -> str:
    return _("No account, no key, nothing leaves this computer.")


def _run_day(office: Path, url: str, *, started_at: float, keep: bool) -> ExitCode:
    posts = read_dated_posts(office / "posts")
    distribute_dates(posts, datetime.now(UTC) + DATE_OFFSET, duration=timedelta(seconds=DATE_INTERVAL))
    plan = read_json("plan", "--json", cwd=office)
    print_text([*_print_header(office, url, len(posts), plan), ""])
    with ChildProcess("schedule", "--jsonl", cwd=office) as scheduler:
        _wait_for_ledger(scheduler, deadline=time.monotonic() + START_TIMEOUT)
        upcoming = {item["id"] for item in plan["upcoming"]}
        upcoming_posts = [post for post in read_dated_posts(office / "posts") if post.id in upcoming]
        distribute_dates(
            upcoming_posts,
            datetime.now(UTC) + timedelta(seconds=START_DELAY),
            duration=timedelta(seconds=DATE_INTERVAL),
        )
        _print_progress(scheduler, plan, deadline=time.monotonic() + DAY_TIMEOUT)
        day = _read_day(office, url, plan, order=[post.id for post in posts])
        print_text(
            ["", *format_table(day), "", *format_summary(day, seconds=time.monotonic() - started_at), ""]
        )
        if keep:
            _keep_running(office, url)
        ended = scheduler.terminate()
    print_text(_print_next_steps(keep))
    return ExitCode.OK if day.is_complete and ended == 0 else ExitCode.FAILED


def _print_header(office: Path, url: str, posts: int, plan: dict[str, Any]) -> list[str]:
    kinds = [item["kind"] for item in plan["not_sent"]]
    errors, drafts = kinds.count("error"), kinds.count("draft")
    check = [
        ngettext("{count} error", "{count} errors", errors).format(count=errors),
        ngettext("{count} draft", "{count} drafts", drafts).format(count=drafts),
    ]
    posts_text = _("{count} files, their dates moved to the next {seconds} seconds")
    rows = (
        (_("office"), str(office)),
        (_("page"), f"{url}    {_('what the public would see')}"),
        (_("posts"), posts_text.format(count=posts, seconds=round(START_DELAY + DATE_INTERVAL))),
        (_("check"), ", ".join(check)),
    )
    return aligned(rows, gap=3)


def _wait_for_ledger(scheduler: ChildProcess, *, deadline: float) -> None:
    """Wait until the scheduler reports the first post; its ledger is then older than any new date."""
    for event in scheduler.messages(until=deadline):
        if event["kind"] == "new":
            return
    raise ChildFailed(scheduler.error_text() or _("the scheduler did not start in time"))


def _print_progress(scheduler: ChildProcess, plan: dict[str, Any], *, deadline: float) -> None:
    """Print each publication until all posts are published or the time is over."""
    expected = {(item["id"], item["account"]): item for item in plan["upcoming"]}
    published = dict.fromkeys(expected, 0)
    start = time.monotonic()
    print_text(
        f" {0:>3} s  " + _("waiting for the first post ({seconds} s)").format(seconds=round(START_DELAY))
    )
    for event in scheduler.messages(until=deadline):
        key = (event["post"], event["account"])
        if key not in expected or event["kind"] in ("new", "changed", "preparing", "scheduled"):
            continue
        if event["kind"] in ("published", "found"):
            published[key] = event["count"] if event["total"] > 1 else published[key] + 1
        print_text(
            f" {time.monotonic() - start:>3.0f} s  {_print_event(event, expected[key], published[key])}"
        )
        if all(published[pair] >= one["deliveries"] for pair, one in expected.items()):
            return


def _print_event(event: dict[str, Any], item: dict[str, Any], count: int) -> str:
    from humaspost.views.states import state_word

    label = item["display_name"]
    if event["total"] > 1:
        label = _("{count} of {total} people").format(count=event["count"], total=event["total"])
    elif item["deliveries"] > 1:
        label = _("{shown}  part {number} of {total}").format(
            shown=label, number=count, total=item["deliveries"]
        )
    word = state_word("published" if event["kind"] == "found" else event["kind"])
    reason = f"  {event['detail']}" if event["kind"] not in ("published", "found") and event["detail"] else ""
    return f"{pad(word, 9)}  {pad(event['post'], 20)}  {pad(event['account'], 9)}  {label}{reason}"


def _read_day(office: Path, url: str, plan: dict[str, Any], *, order: list[str]) -> DemoDay:
    status = read_json("status", "--json", "--all", cwd=office)
    draft = _("draft: true")
    idle = {item["id"] or item["file"]: item["reason"] or draft for item in plan["not_sent"]}
    return DemoDay(
        order=tuple(order),
        expected={(one["id"], one["channel"]): one["deliveries"] for one in plan["upcoming"]},
        drafts=idle,
        deliveries=status["deliveries"],
        objects=_fetch_objects(url),
    )


def _fetch_objects(url: str) -> list[dict[str, Any]]:
    """Return every public object of the sandbox; no proxy is used on this computer."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{url}/_sandbox/objects", timeout=10) as answer:
        objects: list[dict[str, Any]] = json.load(answer)["objects"]
    return objects


def _keep_running(office: Path, url: str) -> None:
    print_text(
        [
            _("The page stays up: {url}").format(url=url),
            _("The scheduler runs on; open a post in {path}, change it, see.").format(path=office / "posts"),
            _("Ctrl-C ends it."),
        ]
    )
    _wait_for_interrupt(time.sleep)


def _wait_for_interrupt(sleep: Callable[[float], None]) -> None:
    try:
        while True:
            sleep(3600)
    except KeyboardInterrupt:
        print_text("")


def _print_next_steps(keep: bool) -> list[str]:
    init_command = (_("Your own office:"), "humaspost init kantor", _('(README, "The first real post")'))
    inspect_commands = (_("Look at it:"), "humaspost demo --keep", _("leaves the page up (Ctrl-C ends it)"))
    return aligned([init_command] if keep else [inspect_commands, init_command], indent=0)
