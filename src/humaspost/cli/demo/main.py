"""``humaspost demo``: one office day on pretend platforms."""

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
from humaspost.cli.demo.child import Child, ChildFailed, ask
from humaspost.cli.demo.dates import dated, spread
from humaspost.cli.demo.table import Day, table, verdict
from humaspost.cli.exit_codes import Exit
from humaspost.cli.terminal import note, say
from humaspost.views.text import columns as aligned
from humaspost.views.text import pad

#: Seconds from moving the dates to the first post; over which the posts are spread; for all of it.
HEADSTART, SPREAD, LONGEST = 4.0, 18.0, 57.0
#: Until the ledger exists the posts lie this far ahead: a new ledger never sends what was due before it.
AHEAD = timedelta(days=1)


def demo(
    keep: Annotated[bool, typer.Option("--keep", help=_("leave the page up until Ctrl-C"))] = False,
) -> Exit:
    """Show a whole office day on pretend platforms; no account, no key, nothing leaves this computer."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    office = Path(tempfile.mkdtemp(prefix="humaspost-demo-"))
    say([_("humaspost demo: one office day on pretend platforms."), _harmless(), ""])
    code = Exit.IO
    try:
        with Child("sandbox", "--port", "0", "--office", str(office), "--json", cwd=office) as sandbox:
            url = sandbox.next(within=30)["url"]
            code = _day(office, url, began=began, keep=keep)
    except ChildFailed as error:
        note(_("the demo could not run: {reason}").format(reason=error))
    finally:
        if code is Exit.OK or keep:
            shutil.rmtree(office, ignore_errors=True)
        else:
            note(_("its office is left for you to look at: {path}").format(path=office))
    return code


def _harmless() -> str:
    return _("No account, no key, nothing leaves this computer.")


def _day(office: Path, url: str, *, began: float, keep: bool) -> Exit:
    posts = dated(office / "posts")
    spread(posts, datetime.now(UTC) + AHEAD, over=timedelta(seconds=SPREAD))
    plan = ask("plan", "--json", cwd=office)
    say([*_head(office, url, len(posts), plan), ""])
    with Child("schedule", "--jsonl", cwd=office) as scheduler:
        _wait_for_ledger(scheduler, until=began + LONGEST / 2)
        coming = {one["id"] for one in plan["coming"]}
        live = [post for post in dated(office / "posts") if post.id in coming]
        spread(live, datetime.now(UTC) + timedelta(seconds=HEADSTART), over=timedelta(seconds=SPREAD))
        _progress(scheduler, plan, until=began + LONGEST)
        day = _seen(office, url, plan, order=[post.id for post in posts])
        say(["", *table(day), "", *verdict(day, seconds=time.monotonic() - began), ""])
        if keep:
            _stay(office, url)
        ended = scheduler.end()
    say(_goodbye(keep))
    return Exit.OK if day.complete and ended == 0 else Exit.FAILED


def _head(office: Path, url: str, posts: int, plan: dict[str, Any]) -> list[str]:
    kinds = [one["kind"] for one in plan["not_sent"]]
    errors, drafts = kinds.count("error"), kinds.count("draft")
    check = [
        ngettext("{count} error", "{count} errors", errors).format(count=errors),
        ngettext("{count} draft", "{count} drafts", drafts).format(count=drafts),
    ]
    moved = _("{count} files, their dates moved to the next {seconds} seconds")
    rows = (
        (_("office"), str(office)),
        (_("page"), f"{url}    {_('what the public would see')}"),
        (_("posts"), moved.format(count=posts, seconds=round(HEADSTART + SPREAD))),
        (_("check"), ", ".join(check)),
    )
    return aligned(rows, gap=3)


def _wait_for_ledger(scheduler: Child, *, until: float) -> None:
    """The daemon told of the first post that it entered, so its ledger is older than any date we set."""
    for event in scheduler.lines(until=until):
        if event["kind"] == "new":
            return
    raise ChildFailed(scheduler.said() or _("the scheduler did not start in time"))


def _progress(scheduler: Child, plan: dict[str, Any], *, until: float) -> None:
    """Each thing that is published is shown, until all is or the time is over."""
    wanted = {(one["id"], one["account"]): one for one in plan["coming"]}
    got = dict.fromkeys(wanted, 0)
    zero = time.monotonic()
    say(f" {0:>3} s  " + _("waiting for the first post ({seconds} s)").format(seconds=round(HEADSTART)))
    for event in scheduler.lines(until=until):
        key = (event["post"], event["account"])
        if key not in wanted or event["kind"] in ("new", "changed", "preparing", "scheduled"):
            continue
        if event["kind"] in ("published", "found"):
            got[key] = event["count"] if event["total"] > 1 else got[key] + 1
        say(f" {time.monotonic() - zero:>3.0f} s  {_event(event, wanted[key], got[key])}")
        if all(got[pair] >= one["deliveries"] for pair, one in wanted.items()):
            return


def _event(event: dict[str, Any], one: dict[str, Any], got: int) -> str:
    from humaspost.views.states import state_word

    shown = one["shown"]
    if event["total"] > 1:
        shown = _("{count} of {total} people").format(count=event["count"], total=event["total"])
    elif one["deliveries"] > 1:
        shown = _("{shown}  part {number} of {total}").format(
            shown=shown, number=got, total=one["deliveries"]
        )
    word = state_word("published" if event["kind"] == "found" else event["kind"])
    why = f"  {event['detail']}" if event["kind"] not in ("published", "found") and event["detail"] else ""
    return f"{pad(word, 9)}  {pad(event['post'], 20)}  {pad(event['account'], 9)}  {shown}{why}"


def _seen(office: Path, url: str, plan: dict[str, Any], *, order: list[str]) -> Day:
    status = ask("status", "--json", "--all", cwd=office)
    draft = _("draft: true")
    idle = {one["id"] or one["file"]: one["reason"] or draft for one in plan["not_sent"]}
    return Day(
        order=tuple(order),
        expected={(one["id"], one["channel"]): one["deliveries"] for one in plan["coming"]},
        idle=idle,
        deliveries=status["deliveries"],
        objects=_objects(url),
    )


def _objects(url: str) -> list[dict[str, Any]]:
    """Every public object of the sandbox; no proxy stands between two processes of one computer."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{url}/_sandbox/objects", timeout=10) as answer:
        objects: list[dict[str, Any]] = json.load(answer)["objects"]
    return objects


def _stay(office: Path, url: str) -> None:
    say(
        [
            _("The page stays up: {url}").format(url=url),
            _("The scheduler runs on; open a post in {path}, change it, see.").format(path=office / "posts"),
            _("Ctrl-C ends it."),
        ]
    )
    _until_interrupted(time.sleep)


def _until_interrupted(sleep: Callable[[float], None]) -> None:
    try:
        while True:
            sleep(3600)
    except KeyboardInterrupt:
        say("")


def _goodbye(keep: bool) -> list[str]:
    own = (_("Your own office:"), "humaspost init kantor", _('(README, "The first real post")'))
    look = (_("Look at it:"), "humaspost demo --keep", _("leaves the page up (Ctrl-C ends it)"))
    return aligned([own] if keep else [look, own], indent=0)
