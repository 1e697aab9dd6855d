"""``status``: one screen of what needs you, what comes, what went out, and the accounts."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row

from humaspost.app.office import Office
from humaspost.app.scan import FOLDER
from humaspost.base.i18n import _, ngettext
from humaspost.ledger import accounts
from humaspost.ledger.accounts import facts_of
from humaspost.ledger.holds import file_errors
from humaspost.ledger.queries import delivery_lists, totals
from humaspost.ledger.recovery import copy_detection
from humaspost.model.delivery import NEEDS_PERSON, WAITING, State
from humaspost.reports.attention import Login, Need, logins, needs
from humaspost.reports.sender_status import Sending, paused_lines, sender_json, sending, status_words
from humaspost.views.attention import need_lines
from humaspost.views.json_output import counts_json, delivery_json, post_json
from humaspost.views.states import state_word
from humaspost.views.text import columns as aligned
from humaspost.views.text import cut, pad, quoted, safe, width
from humaspost.views.times import Clock, span

_DAY = timedelta(hours=24)
_SOON = timedelta(days=14)
_MOST = 12


@dataclass(frozen=True, slots=True)
class Screen:
    """Everything that ``status`` shows."""

    sender: Sending
    needs: tuple[Need, ...]
    logins: tuple[Login, ...]
    broken: tuple[tuple[str, str], ...]
    copied: bool
    posts: tuple[Mapping[str, Any], ...]
    counts: Counter[str]
    recent: Counter[str]
    accounts: tuple[tuple[str, str, str], ...]


def screen(office: Office, clock: Clock) -> Screen:
    """What the ledger says now."""
    copied = copy_detection.is_foreign(office.ledger(), office.settings.state)
    with office.ledger().read() as conn:
        return Screen(
            sender=sending(office),
            needs=tuple(needs(office, conn)),
            logins=tuple(logins(conn)),
            broken=tuple(_broken(conn)),
            copied=copied,
            posts=tuple(totals.by_post(conn)),
            counts=totals.by_state(conn),
            recent=totals.recent(conn, since=clock.now - _DAY),
            accounts=tuple(_accounts(office, {row.name: row for row in accounts.every(conn)}, clock)),
        )


def _broken(conn: Connection) -> Iterable[tuple[str, str]]:
    """Files that nothing is sent of, and the code of their error: as the folder was last read, or the ledger has it."""
    found = dict(file_errors.read(conn))
    held = [row.file for row in delivery_lists.post_ids(conn) if row.hold == "error"]
    return (dict.fromkeys(set(held) - set(file_errors.over(conn, held)), "") | found).items()


def _accounts(office: Office, rows: Mapping[str, Row[Any]], clock: Clock) -> Iterable[tuple[str, str, str]]:
    for account in office.settings.accounts:
        row = rows.get(account.name)
        shown = (row.shown if row is not None else "") or account.shown
        yield account.name, shown, _account_words(row, account.name, clock)


def _account_words(row: Row[Any] | None, name: str, clock: Clock) -> str:
    if row is not None and row.hold == "login":
        return _("LOGIN REFUSED: humaspost account check {name}").format(name=name)
    if row is None or row.bound_at is None:
        return _("never checked: humaspost account check {name}").format(name=name)
    if row.hold:
        until = _(" until {when}").format(when=clock.near(row.hold_until)) if row.hold_until else ""
        spent = _("allowance spent") if row.hold_until else _("allowance spent: humaspost doctor")
        words = {"quota": spent, "lane": _("slowed: answers are missing")}
        return words.get(str(row.hold), str(row.hold)) + until
    facts = facts_of(row)
    if facts and facts.expires_at and facts.expires_at - clock.now < _SOON:
        left = span(facts.expires_at - clock.now)
        return _("ok, login expires in {left}: humaspost doctor").format(left=left)
    return _("ok")


def status_lines(found: Screen, *, clock: Clock, columns: int = 80) -> list[str]:
    """The whole screen."""
    first = f"{clock.full(clock.now)}    {status_words(found.sender, clock)}"
    lines = [first] if width(first) <= columns else first.split("    ")
    lines += [*_with_gap(paused_lines(found.sender, clock)), "", *_needs(found, clock, columns)]
    lines += ["", *_next(found, clock, columns), "", _("LAST 24 HOURS"), _last(found.recent)]
    return [*lines, "", _("ACCOUNTS"), *aligned(found.accounts)]


def _with_gap(lines: Sequence[str]) -> list[str]:
    return ["", *lines] if lines else []


def _needs(found: Screen, clock: Clock, columns: int) -> list[str]:
    count = len(found.needs) + len(found.logins) + len(found.broken) + found.copied
    if not count:
        return [_("Nothing needs you.")]
    words = [state_word(need.state) for need in found.needs]
    wide = max(8, *(width(word) for word in [*words, _("login"), _("error")]))
    names = max(16, *(width(need.post) for need in found.needs)) if found.needs else 16
    lines = [_("NEEDS YOU ({count})").format(count=count)]
    if found.copied:
        why = _("a copy, or put back: no sender starts on it")
        lines += _block(wide, _("error"), _("the ledger"), [why, "humaspost restore --adopt"], columns)
    for login in found.logins:
        lines += _block(wide, _("login"), safe(login.account), _login(login), columns)
    for need in found.needs:
        where = f"{pad(safe(need.post), names)}  {', '.join(need.accounts)}"
        lines += _block(wide, state_word(need.state), where, need_lines(need, clock), columns)
    for file, code in found.broken:
        way = _("not sent until mended: humaspost check {file}").format(file=quoted(file))
        if code in FOLDER:
            way = _("what was planned goes out; nothing new is seen: humaspost check")
        lines += _block(wide, _("error"), safe(file), [code, way], columns)
    return lines


def _block(wide: int, word: str, where: str, rest: Sequence[str], columns: int) -> list[str]:
    """The first line of ``rest`` stands beside ``where`` if it has room there."""
    head = f"  {pad(word, wide)} {where}"
    beside = f"{head}   {rest[0]}" if rest and rest[0] else head
    fits = width(beside) <= columns
    below = rest[1:] if fits else rest
    return [beside if fits else head, *(f"  {' ' * wide} {line}" for line in below if line)]


def _login(login: Login) -> list[str]:
    why = f"{login.code}: {login.detail}" if login.detail else login.code
    return [
        cut(why, 60),
        _("nothing is sent there: humaspost account check {name}").format(name=login.account),
    ]


def _next(found: Screen, clock: Clock, columns: int) -> list[str]:
    soon = [
        entry
        for entry in found.posts
        if clock.now - _DAY <= entry["due_at"] <= clock.now + _DAY
        and _left(entry)
        and not _is_over(entry, clock)
    ]
    by_post: dict[tuple[str, Any], list[Mapping[str, Any]]] = {}
    for entry in sorted(soon, key=lambda entry: entry["due_at"]):
        by_post.setdefault((entry["id"], entry["due_at"]), []).append(entry)
    rows = [
        (clock.weekday(due), cut(post, 30), ", ".join(_target(entry) for entry in entries))
        for (post, due), entries in by_post.items()
    ]
    lines = [_("NEXT 24 HOURS ({count})").format(count=len(rows)), *aligned(rows[:_MOST])]
    if len(rows) > _MOST:
        lines.append("  " + _("and {count} more: humaspost plan").format(count=len(rows) - _MOST))
    return [cut_line(line, columns) for line in lines]


def cut_line(line: str, columns: int) -> str:
    """The line, at most so wide."""
    return line if width(line) <= columns else line[: columns - 3] + "..."


def _left(entry: Mapping[str, Any]) -> int:
    return sum(entry["counts"][state] for state in (*WAITING, State.HELD))


def _is_over(entry: Mapping[str, Any], clock: Clock) -> bool:
    """Whether its time passed while its file was held: that is told above."""
    return bool(entry["due_at"] <= clock.now and entry["reasons"].get(State.HELD) == "file")


def _target(entry: Mapping[str, Any]) -> str:
    held = entry["reasons"].get(State.HELD, "") if entry["counts"][State.HELD] else ""
    words = [_("held: {reason}").format(reason=held)] if held and not held.startswith("part") else []
    if entry["audiences"]:
        people = ngettext("{count} person", "{count} people", _left(entry))
        words.insert(0, people.format(count=f"{_left(entry):,}"))
    return f"{entry['account']} ({', '.join(words)})" if words else str(entry["account"])


def _last(counts: Mapping[str, int]) -> str:
    shown = (State.PUBLISHED, State.FAILED, State.UNKNOWN, State.MISSED)
    always = "   ".join(f"{counts.get(state, 0):,} {state_word(state)}" for state in shown)
    others = (State.EXPIRED, State.REFUSED, State.CANCELLED)
    more = "".join(f"   {counts[state]:,} {state_word(state)}" for state in others if counts.get(state))
    return f"  {always}{more}"


def status_json(
    found: Screen, rows: Iterable[Row[Any]], *, clock: Clock, post: str | None = None
) -> dict[str, Any]:
    """The document of ``status --json``; ``rows`` are the deliveries that were chosen."""
    posts = [entry for entry in found.posts if post is None or entry["id"] == post]
    counts: Counter[str] = sum((Counter(entry["counts"]) for entry in posts), Counter())
    return {
        "schema": 1,
        "now": clock.now.isoformat(),
        "sender": sender_json(found.sender),
        "counts": counts_json(counts if post else found.counts),
        "posts": [post_json(entry) for entry in posts],
        "accounts": [
            {"account": name, "shown": shown, "status": words} for name, shown, words in found.accounts
        ],
        "deliveries": [delivery_json(row) for row in rows],
    }


def chosen_states(state: str | None, *, everything: bool) -> tuple[str, ...] | None:
    """The states that are shown: one, all of them, else what needs a person."""
    if state:
        return (state,)
    return None if everything else NEEDS_PERSON
