"""The output of ``status``: attention, upcoming posts, recent posts and accounts."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from humaspost.base.i18n import _, ngettext
from humaspost.model.delivery import UNRESOLVED_STATES, State
from humaspost.model.reasons import StopReason, is_part_reason
from humaspost.model.records import DeliveryRecord, PostTotals, WorkerError
from humaspost.reports.attention import LoginRequired
from humaspost.reports.status import RECENT_PERIOD, StatusReport
from humaspost.views.accounts import account_to_json, format_account_state
from humaspost.views.attention import format_attention
from humaspost.views.json_output import counts_to_json, delivery_to_json, post_to_json
from humaspost.views.list_findings import finding_to_json, format_finding
from humaspost.views.sender import describe_stale_file, format_pauses, format_sender, sender_to_json
from humaspost.views.states import state_word
from humaspost.views.text import align_columns as aligned
from humaspost.views.text import display_width, escape_unsafe, pad, quote_filename, truncate
from humaspost.views.times import TimeFormatter

_MAX_LINES = 12


def format_status(report: StatusReport, *, clock: TimeFormatter, columns: int = 80) -> list[str]:
    """Return all lines of ``status``."""
    first = f"{clock.format_full(clock.now)}    {format_sender(report.sender, clock)}"
    lines = [first] if display_width(first) <= columns else first.split("    ")
    lines += [
        *_with_blank_line(format_pauses(report.sender, clock)),
        "",
        *_format_attention(report, clock, columns),
    ]
    lines += [
        "",
        *_format_upcoming(report, clock, columns),
        "",
        _("LAST 24 HOURS"),
        _format_recent(report.recent),
    ]
    return [*lines, "", _("ACCOUNTS"), *aligned(_account_rows(report, clock))]


def _account_rows(report: StatusReport, clock: TimeFormatter) -> Iterator[tuple[str, ...]]:
    for account in report.accounts:
        yield account.name, account.display_name, format_account_state(account, clock)


def _with_blank_line(lines: Sequence[str]) -> list[str]:
    return ["", *lines] if lines else []


def _format_attention(report: StatusReport, clock: TimeFormatter, columns: int) -> list[str]:
    ledger_lines = _format_ledger(report, clock)
    stale_files = report.sender.stale_files
    count = len(report.attention) + len(report.logins) + len(report.blocked_files)
    count += len(ledger_lines) + len(stale_files) + len(report.worker_errors) + len(report.lists)
    if not count:
        return [_("Nothing needs you.")]
    words = [state_word(need.state) for need in report.attention]
    text_width = max(8, *(display_width(word) for word in [*words, _("login"), _("error")]))
    post_width = max(16, *(display_width(need.post) for need in report.attention)) if report.attention else 16
    lines = [_("NEEDS YOU ({count})").format(count=count)]
    for details in ledger_lines:
        lines += _format_block(text_width, _("error"), _("the ledger"), details, columns)
    for file in stale_files:
        details = [*describe_stale_file(file, report.sender, clock)]
        title = _("{path}, not in use").format(path=escape_unsafe(file.path))
        lines += _format_block(text_width, _("error"), title, details, columns)
    for error in report.worker_errors:
        lines += _format_block(
            text_width, _("error"), escape_unsafe(error.account), _format_worker_error(error, clock), columns
        )
    for login in report.logins:
        lines += _format_block(
            text_width, _("login"), escape_unsafe(login.account), _format_login(login), columns
        )
    for item in report.attention:
        account_names = f"{pad(escape_unsafe(item.post), post_width)}  {', '.join(item.accounts)}"
        lines += _format_block(
            text_width, state_word(item.state), account_names, format_attention(item, clock), columns
        )
    for finding in report.lists:
        details = format_finding(finding, columns - text_width - 4)
        word = state_word(State.HELD) if finding.hold else _("error")
        lines += _format_block(
            text_width, word, _("list {name}").format(name=escape_unsafe(finding.name)), details, columns
        )
    for blocked in report.blocked_files:
        remedy = _("not sent until mended: humaspost check {file}").format(file=quote_filename(blocked.file))
        if blocked.is_folder:
            remedy = _("what was planned goes out; nothing new is seen: humaspost check")
        details = [blocked.code, remedy]
        if blocked.code == "posts-vanished":
            details.insert(1, truncate(escape_unsafe(", ".join(report.vanished)), 60))
        lines += _format_block(text_width, _("error"), escape_unsafe(blocked.file), details, columns)
    return lines


def _format_ledger(report: StatusReport, clock: TimeFormatter) -> list[list[str]]:
    """Return what is wrong with the ledger itself: the reason and the next step of each."""
    lines = []
    if report.is_ledger_copied:
        lines.append([_("a copy, or put back: no sender starts on it"), "humaspost restore --adopt"])
    if report.future_ledger_time is not None:
        made_at = clock.format_full(report.future_ledger_time)
        lines.append(
            [
                _("made by a clock that was ahead: nothing due before {when} is sent").format(when=made_at),
                _("if the clock is right now, start a sender: humaspost run"),
            ]
        )
    return lines


def _format_block(
    text_width: int, word: str, account: str, details: Sequence[str], columns: int
) -> list[str]:
    """Return lines of details; the first is on the line of ``account`` if it fits."""
    head = f"  {pad(word, text_width)} {account}"
    beside = f"{head}   {details[0]}" if details and details[0] else head
    fits = display_width(beside) <= columns
    lines_below = details[1:] if fits else details
    return [beside if fits else head, *(f"  {' ' * text_width} {line}" for line in lines_below if line)]


def _format_worker_error(error: WorkerError, clock: TimeFormatter) -> list[str]:
    since = _("nothing goes out there since {when}").format(when=clock.format_date(error.since))
    return [
        since,
        truncate(escape_unsafe(error.detail), 60),
        _("start the sender again, or: humaspost doctor"),
    ]


def _format_login(login: LoginRequired) -> list[str]:
    reason = f"{login.code}: {login.detail}" if login.detail else login.code
    return [
        truncate(reason, 60),
        _("nothing is sent there: humaspost account check {name}").format(name=login.account),
    ]


def _format_upcoming(report: StatusReport, clock: TimeFormatter, columns: int) -> list[str]:
    upcoming = [
        entry
        for entry in report.posts
        if clock.now - RECENT_PERIOD <= entry.due_at <= clock.now + RECENT_PERIOD
        and entry.remaining_count
        and not _is_past_due(entry, clock)
    ]
    by_post: dict[tuple[str, datetime], list[PostTotals]] = {}
    for entry in sorted(upcoming, key=lambda entry: entry.due_at):
        by_post.setdefault((entry.id, entry.due_at), []).append(entry)
    rows = [
        (clock.format_weekday(due), truncate(post, 30), ", ".join(_format_target(entry) for entry in entries))
        for (post, due), entries in by_post.items()
    ]
    lines = [_("NEXT 24 HOURS ({count})").format(count=len(rows)), *aligned(rows[:_MAX_LINES])]
    if len(rows) > _MAX_LINES:
        lines.append("  " + _("and {count} more: humaspost plan").format(count=len(rows) - _MAX_LINES))
    return [truncate_line(line, columns) for line in lines]


def truncate_line(line: str, columns: int) -> str:
    """Return the line, truncated to the width."""
    return line if display_width(line) <= columns else line[: columns - 3] + "..."


def _is_past_due(entry: PostTotals, clock: TimeFormatter) -> bool:
    """Return True if the post came due while its file was on hold; it is listed above."""
    return entry.due_at <= clock.now and entry.reasons.get(State.HELD) == StopReason.FILE


def _format_target(entry: PostTotals) -> str:
    hold_reason = entry.reasons.get(State.HELD, "") if entry.counts[State.HELD] else ""
    words = (
        [_("held: {reason}").format(reason=hold_reason)]
        if hold_reason and not is_part_reason(hold_reason)
        else []
    )
    if entry.audiences:
        recipients = ngettext("{count} person", "{count} people", entry.remaining_count)
        words.insert(0, recipients.format(count=f"{entry.remaining_count:,}"))
    return f"{entry.account} ({', '.join(words)})" if words else entry.account


def _format_recent(counts: Mapping[str, int]) -> str:
    counted_states = (State.PUBLISHED, State.FAILED, State.UNKNOWN, State.MISSED)
    fixed_states = "   ".join(f"{counts.get(state, 0):,} {state_word(state)}" for state in counted_states)
    other_states = (State.EXPIRED, State.REFUSED, State.CANCELLED)
    other_counts = "".join(
        f"   {counts[state]:,} {state_word(state)}" for state in other_states if counts.get(state)
    )
    return f"  {fixed_states}{other_counts}"


def status_to_json(
    report: StatusReport, rows: Iterable[DeliveryRecord], *, clock: TimeFormatter, post: str | None = None
) -> dict[str, Any]:
    """Return the document of ``status --json``; ``rows`` are the selected deliveries."""
    posts = [entry for entry in report.posts if post is None or entry.id == post]
    counts: Counter[str] = sum((Counter(entry.counts) for entry in posts), Counter())
    return {
        "schema": 1,
        "now": clock.now.isoformat(),
        "sender": sender_to_json(report.sender),
        "counts": counts_to_json(counts if post else report.counts),
        "posts": [post_to_json(entry) for entry in posts],
        "lists": [finding_to_json(finding) for finding in report.lists],
        "accounts": [account_to_json(account) for account in report.accounts],
        "deliveries": [delivery_to_json(row) for row in rows],
        "vanished_posts": list(report.vanished),
    }


def select_states(state: str | None, *, include_all: bool) -> tuple[str, ...] | None:
    """Return the states to show: one, all (None), or those that need a person."""
    if state:
        return (state,)
    return None if include_all else UNRESOLVED_STATES
