"""What ``status`` says of one thing that needs a person: why, what was found out, and the ways out."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from humaspost.base.i18n import _, ngettext
from humaspost.model.delivery import Proof, State
from humaspost.reports.attention import Need
from humaspost.views.resolve import looks_by_proof
from humaspost.views.text import cut, safe
from humaspost.views.times import Clock

#: A look so long overdue is not coming by itself: nobody sends.
_OVERDUE = timedelta(minutes=1)
#: Doubts in which nothing at all came back.
_NO_ANSWER = ("dropped", "timeout", "tls")


def need_lines(need: Need, clock: Clock) -> list[str]:
    """Why, what was found out, and the ways out."""
    match need.state:
        case State.UNKNOWN:
            return _unknown(need, clock)
        case State.MISSED:
            way = _("humaspost publish {post}, or give it a new date:").format(post=need.post)
            return [_("was due {when}").format(when=clock.date(need.due)), way]
        case State.HELD if need.reason == "gone":
            why = _("its file is gone; was due {when}").format(when=clock.date(need.due))
            way = _("bring the file back, or: humaspost resolve {post} --cancel").format(post=need.post)
            if need.fan_out:
                way = _("bring the file back, with draft: true if it is not to be sent")
            return [_people(need), why, way]
        case State.HELD:
            why = _("part {part} is live, and nobody knows where: the next one cannot answer it")
            way = _("humaspost resolve {post} --account {account} --published --url ADDRESS")
            return [
                why.format(part=need.detail),
                way.format(post=need.post, account=need.accounts[0]),
            ]
        case _:
            why = f"{need.code}: {need.detail}" if need.detail else need.code or need.reason
            way = _("mend the file, or: humaspost publish {post}").format(post=need.post)
            return [_people(need), cut(safe(why), 68), way]


def _people(need: Need) -> str:
    if not need.fan_out:
        return ""
    return ngettext("{count} person", "{count} people", need.count).format(count=f"{need.count:,}")


def _unknown(need: Need, clock: Clock) -> list[str]:
    sent = clock.second(need.sent_at) if need.sent_at else "?"
    if need.fan_out:
        head = ngettext(
            "{count} message, sent {when}, no answer", "{count} messages, sent {when}, no answer", need.count
        )
    elif need.reason == "restored":
        head = _("the ledger is a copy of before: it may have been sent")
    elif need.code and need.code not in _NO_ANSWER:
        head = _("sent {when}; the answer: {why}")
    else:
        head = _("sent {when}, no answer")
    why = cut(safe(f"{need.code} {need.detail}".strip()), 60)
    lines = [head.format(when=sent, count=f"{need.count:,}", why=why), *_looked(need, clock)]
    if need.where:
        lines.append(_("look yourself: {where}").format(where=need.where))
    command = f"humaspost resolve {need.post} --account {need.accounts[0]}"
    return [*lines, f"{command} --published | --retry"]


def _looked(need: Need, clock: Clock) -> list[str]:
    soon = ""
    if need.next_look is not None:
        soon = _("looking it up again at {time}").format(time=clock.hour(need.next_look))
        if need.next_look < clock.now - _OVERDUE:
            soon = _("the next sender looks it up: humaspost run")
    if not need.looks:
        return [soon or _("the platform cannot be asked")]
    lines = [_proved(proof, moments, clock, soon) for proof, moments in looks_by_proof(need.looks)]
    if soon:
        lines[-1] = _("{what}; {soon}").format(what=lines[-1], soon=soon)
    return lines


def _proved(proof: str, moments: Sequence[datetime], clock: Clock, soon: str) -> str:
    times = ", ".join(dict.fromkeys(clock.hour(at) for at in moments))
    if proof == Proof.NO_ANSWER:
        return _("asked at {times}: the platform did not answer").format(times=times)
    if proof != Proof.ABSENT_SO_FAR:
        return _("looked there at {times}: it cannot tell").format(times=times)
    if soon:
        return _("looked there at {times}: not there yet").format(times=times)
    return _("looked there at {times}: not there, not certain").format(times=times)
