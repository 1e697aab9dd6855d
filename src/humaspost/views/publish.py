"""What ``publish`` shows before it asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from humaspost.app.office import Office
from humaspost.base.i18n import _
from humaspost.ledger.deliveries.publish_now import ASKABLE, ENDED
from humaspost.ledger.queries import totals
from humaspost.model.delivery import State
from humaspost.model.post import Post, Visibility
from humaspost.reports.renditions_of_post import shown_for
from humaspost.reports.sender_status import Sending, paused_lines, sending
from humaspost.views.deliveries import result_lines
from humaspost.views.price import about
from humaspost.views.renditions import Shown, summary
from humaspost.views.text import columns as aligned
from humaspost.views.text import cut, safe, width
from humaspost.views.times import Clock, span


@dataclass(frozen=True, slots=True)
class Ahead:
    """``sends`` = what would go out now, with how many deliveries; the rest is left alone."""

    sends: tuple[tuple[Shown, int], ...]
    published: tuple[str, ...]
    unknown: tuple[str, ...]
    sender: Sending


def ahead(office: Office, post: Post, *, account: str | None) -> Ahead:
    """What publishing the post now would do, by the ledger."""
    with office.ledger().read() as conn:
        entries = {entry["account"]: entry for entry in totals.by_post(conn, post_id=post.id)}
    shown = [one for one in shown_for(office, post) if account in (None, one.account.name)]
    return Ahead(
        sends=tuple((one, left) for one in shown if (left := _left(one, entries.get(one.account.name)))),
        published=_with(entries, State.PUBLISHED, shown),
        unknown=_with(entries, State.UNKNOWN, shown),
        sender=sending(office),
    )


def _left(shown: Shown, entry: Mapping[str, Any] | None) -> int:
    if entry is None:
        return shown.people or 0 if shown.rules.audience else len(shown.rendition.parts)
    return sum(entry["counts"][state] for state in (*ASKABLE, State.HELD))


def _with(entries: Mapping[str, Mapping[str, Any]], state: State, shown: Sequence[Shown]) -> tuple[str, ...]:
    names = [one.account.name for one in shown]
    return tuple(name for name in names if name in entries and entries[name]["counts"][state])


def ahead_lines(plan: Ahead, post: Post, *, clock: Clock, columns: int = 80) -> list[str]:
    """What goes where, what is left alone, and what its date has to do with it."""
    lines = [f"{safe(post.id)}  {cut(post.title, max(20, columns - width(post.id) - 2))}"]
    if plan.sends:
        lines.append(_("Send NOW to the public:") if post.visibility is Visibility.PUBLIC else _("Send NOW:"))
        lines += aligned(
            (one.account.name, safe(one.account.shown), _what(one, left), about(one, left))
            for one, left in plan.sends
        )
    else:
        lines.append(_("Nothing of it is to be sent."))
    if plan.published:
        lines.append(_("Published already, left alone: {names}").format(names=", ".join(plan.published)))
    if plan.unknown:
        lines.append(_("Perhaps live, left alone: {names}").format(names=", ".join(plan.unknown)))
        lines.append(_("  settle it first: humaspost resolve {post}").format(post=post.id))
    lines += paused_lines(plan.sender, clock)
    return lines + _date(post, clock) if plan.sends else lines


def interrupted_lines(begun: Sequence[Row[Any]], post: Post, *, clock: Clock) -> list[str]:
    """What becomes of a post whose sending a person broke off; ``begun`` = its deliveries, where some were."""
    if begun:
        lines = result_lines(begun)
        if any(row.state not in ENDED for row in begun):
            lines.append(_("What waits goes out with the next sender. To stop everything: humaspost pause"))
        return lines
    if post.date is not None and post.date.utc > clock.now:
        due = f"{clock.date(post.date.utc)} {clock.zone_name}"
        return [_("It is as before: it goes out at its date, {due}.").format(due=due)]
    return [_("It is as before: humaspost status --post {post}").format(post=post.id)]


def kept_back_lines(rows: Sequence[Row[Any]]) -> list[str]:
    """Which accounts keep the post back, why, and that it goes out when they are freed."""
    lines = []
    for row in rows:
        why = f"{row.hold}: {row.hold_code} {row.hold_detail}".strip(": ")
        lines.append(
            _("{account} is held ({why}); what is left waits there.").format(account=row.name, why=safe(why))
        )
        if row.hold in ("login", "quota"):
            way = _(
                "When it is free it goes out by itself, within its grace: humaspost account check {account}"
            )
            lines.append(way.format(account=row.name))
    return lines


def _what(shown: Shown, left: int) -> str:
    if shown.rules.audience and shown.people is not None and left != shown.people:
        return _("{left} of {what}").format(left=left, what=summary(shown))
    return summary(shown)


def _date(post: Post, clock: Clock) -> list[str]:
    if post.date is None:
        return []
    due = f"{clock.date(post.date.utc)} {clock.zone_name}"
    if post.date.utc > clock.now:
        ahead_of = span(post.date.utc - clock.now)
        message = _("Its date is {due}, in {span}. It will not be sent again then.")
        return [message.format(due=due, span=ahead_of)]
    return [_("Its date was {due}, {span} ago.").format(due=due, span=span(clock.now - post.date.utc))]
