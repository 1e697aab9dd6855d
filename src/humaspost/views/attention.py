"""The entries of ``status`` that need a person: reason, evidence and next commands."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from humaspost.base.i18n import _, ngettext
from humaspost.model.delivery import Proof, State
from humaspost.model.reasons import FileHold, StopReason
from humaspost.reports.attention import AttentionItem
from humaspost.views.decisions.publish import format_list_steps
from humaspost.views.decisions.resolve import lookups_by_proof
from humaspost.views.text import escape_unsafe, truncate
from humaspost.views.times import TimeFormatter

#: A lookup that is overdue by more than this will not happen: no sender runs.
_CHECK_OVERDUE = timedelta(minutes=1)
#: Unknown outcomes without any response.
_NO_RESPONSE_CODES = ("dropped", "timeout", "tls")


def format_attention(item: AttentionItem, clock: TimeFormatter) -> list[str]:
    """Return the reason, the evidence and the next commands."""
    match item.state:
        case State.UNKNOWN:
            return _format_unknown(item, clock)
        case State.MISSED:
            remedy = _("humaspost publish {post}, or give it a new date:").format(post=item.post)
            return [_("was due {when}").format(when=clock.format_date(item.due)), remedy]
        case State.HELD if item.reason == FileHold.GONE:
            reason = _("its file is gone; was due {when}").format(when=clock.format_date(item.due))
            remedy = _("bring the file back, or: humaspost cancel {post}").format(post=item.post)
            return [_format_recipient_count(item), reason, remedy]
        case State.HELD if item.reason == StopReason.NO_RECIPIENTS:
            reason = _("no person on its lists may get a message; was due {when}")
            return [
                reason.format(when=clock.format_date(item.due)),
                _("it goes on when a list has people: humaspost audience list"),
            ]
        case State.HELD if item.reason == StopReason.LIST:
            reason = _("its list {lists} is held; was due {when}")
            reason = reason.format(lists=escape_unsafe(item.detail), when=clock.format_date(item.due))
            return [_format_recipient_count(item), reason, *_list_remedies(item)]
        case State.EXPIRED:
            reason = _("expired before it was sent; was due {when}")
            remedy = _("give it new dates in its file, or: humaspost cancel {post}")
            return [
                _format_recipient_count(item),
                reason.format(when=clock.format_date(item.due)),
                remedy.format(post=item.post),
            ]
        case State.HELD:
            reason = _("part {part} is live, and nobody knows where: the next one cannot answer it")
            remedy = _("humaspost resolve {post} --account {account} --published --url ADDRESS")
            return [
                reason.format(part=item.detail),
                remedy.format(post=item.post, account=item.accounts[0]),
            ]
        case _:
            reason = f"{item.code}: {item.detail}" if item.detail else item.code or item.reason
            remedy = _("mend the file, or: humaspost publish {post}").format(post=item.post)
            return [_format_recipient_count(item), truncate(escape_unsafe(reason), 68), remedy]


def _list_remedies(item: AttentionItem) -> list[str]:
    """Return the next steps that send something, or end the wait."""
    if item.can_publish:
        return [
            _("mend the list, or send to those in both the old and the new one:"),
            f"humaspost publish {item.post}",
        ]
    return format_list_steps(item.post, item.detail.split())


def _format_recipient_count(item: AttentionItem) -> str:
    if not item.is_fan_out:
        return ""
    return ngettext("{count} person", "{count} people", item.count).format(count=f"{item.count:,}")


def _format_unknown(item: AttentionItem, clock: TimeFormatter) -> list[str]:
    sent = clock.format_seconds(item.sent_at) if item.sent_at else "?"
    if item.gap is not None:
        head = _format_gap(item, *item.gap, clock)
    elif item.is_fan_out:
        head = ngettext(
            "{count} message, sent {when}, no answer", "{count} messages, sent {when}, no answer", item.count
        )
    elif item.code and item.code not in _NO_RESPONSE_CODES:
        head = _("sent {when}; the answer: {why}")
    else:
        head = _("sent {when}, no answer")
    reason = truncate(escape_unsafe(f"{item.code} {item.detail}".strip()), 60)
    lines = [head.format(when=sent, count=f"{item.count:,}", why=reason), *_format_lookups(item, clock)]
    if item.page_url:
        lines.append(_("look yourself: {where}").format(where=item.page_url))
    command = f"humaspost resolve {item.post} --account {item.accounts[0]}"
    return [*lines, f"{command} --published | --retry"]


def _format_gap(item: AttentionItem, start: datetime, end: datetime, clock: TimeFormatter) -> str:
    """Return when it may have been sent: after the backup, before the restore."""
    since, until = clock.format_date(start), clock.format_date(end)
    if not item.is_fan_out:
        return _("the ledger is a copy of before: maybe sent between {since} and {until}").format(
            since=since, until=until
        )
    message = ngettext(
        "{count} message, maybe sent between {since} and {until}",
        "{count} messages, maybe sent between {since} and {until}",
        item.count,
    )
    return message.format(count=f"{item.count:,}", since=since, until=until)


def _format_lookups(item: AttentionItem, clock: TimeFormatter) -> list[str]:
    next_lookup = ""
    if item.next_lookup_at is not None:
        next_lookup = _("looking it up again at {time}").format(time=clock.format_time(item.next_lookup_at))
        if item.next_lookup_at < clock.now - _CHECK_OVERDUE:
            next_lookup = _("the next sender looks it up: humaspost run")
    if not item.lookups:
        if item.can_check and not next_lookup:
            return [_("to have a look there: humaspost resolve {post}").format(post=item.post)]
        return [next_lookup or _("the platform cannot be asked")]
    lines = [
        _format_proof(proof, times, clock, next_lookup) for proof, times in lookups_by_proof(item.lookups)
    ]
    if next_lookup:
        lines[-1] = _("{what}; {soon}").format(what=lines[-1], soon=next_lookup)
    return lines


def _format_proof(proof: str, checked_at: Sequence[datetime], clock: TimeFormatter, next_lookup: str) -> str:
    times = ", ".join(dict.fromkeys(clock.format_time(at) for at in checked_at))
    if proof == Proof.NO_ANSWER:
        return _("asked at {times}: the platform did not answer").format(times=times)
    if proof != Proof.ABSENT_SO_FAR:
        return _("looked there at {times}: it cannot tell").format(times=times)
    if next_lookup:
        return _("looked there at {times}: not there yet").format(times=times)
    return _("looked there at {times}: not there, not certain").format(times=times)
