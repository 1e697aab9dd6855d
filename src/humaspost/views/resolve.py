"""The evidence that a person decides an unknown outcome by."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from humaspost.app.office import Office
from humaspost.audience.phone import masked
from humaspost.base.i18n import _
from humaspost.ledger.deliveries import unknown_outcomes
from humaspost.model.delivery import Proof, Receipt, State
from humaspost.views.deliveries import counted_words
from humaspost.views.text import safe
from humaspost.views.times import Clock

_SHOWN = 10
#: Looks of a kind that are told; more are as the last ones.
_LOOKS = 6


def evidence_lines(
    office: Office, rows: Sequence[Row[Any]], seen: Mapping[str, Receipt | Proof], *, clock: Clock
) -> list[str]:
    """How many in which state, then each with when it was sent, what was looked up, and where to look."""
    lines = [counted_words(dict(Counter(str(row.state) for row in rows)))]
    for row in rows[:_SHOWN]:
        lines += _one(office, row, seen.get(row.key), clock)
    if len(rows) > _SHOWN:
        lines.append("  " + _("and {count} more").format(count=len(rows) - _SHOWN))
    return [*lines, *_where(office, rows)]


def _one(office: Office, row: Row[Any], answer: Receipt | Proof | None, clock: Clock) -> list[str]:
    to = masked(row.phone) if row.phone else _("part {number}").format(number=row.part)
    sent = clock.date(row.unknown_since) if row.unknown_since else clock.date(row.due_at)
    lines = [f"  {row.key[:8]}  {safe(row.post)}  {row.account_name}  {to}  {sent}"]
    with office.ledger().read() as conn:
        looked = unknown_outcomes.looks_of(conn, row.key)
    for proof, moments in looks_by_proof([(look.at, look.proof) for look in looked]):
        times = ", ".join(clock.second(at) for at in moments)
        lines.append("    " + _("looked at {times}: {proof}").format(times=times, proof=proof_word(proof)))
    if answer is not None:
        word = (answer.url or _("found")) if isinstance(answer, Receipt) else answer
        lines.append("    " + _("looked just now: {proof}").format(proof=proof_word(word)))
    return lines


def looks_by_proof(looks: Sequence[tuple[datetime, str]]) -> list[tuple[str, list[datetime]]]:
    """The last looks that were answered, with what the last of them showed, and the last that were not."""
    answered = [look for look in looks if look[1] != Proof.NO_ANSWER]
    vain = [at for at, proof in looks if proof == Proof.NO_ANSWER]
    found = [(answered[-1][1], [at for at, _proof in answered[-_LOOKS:]])] if answered else []
    return [*found, *([(str(Proof.NO_ANSWER), vain[-_LOOKS:])] if vain else [])]


def proof_word(proof: str) -> str:
    """What a look proved, in words; an address means that it was found."""
    words: dict[str, str] = {
        Proof.ABSENT_PROVEN: _("it did not land"),
        Proof.ABSENT_SO_FAR: _("not there, not certain"),
        Proof.CANNOT_TELL: _("the platform cannot tell"),
        Proof.NO_ANSWER: _("the platform did not answer"),
    }
    return words.get(proof, safe(proof))


def own_page(office: Office, row: Row[Any]) -> str:
    """Where a person looks for it: on the account's own page, where its name is part of the address."""
    channel, account = office.channels.get(row.channel), office.settings.account(row.account_name)
    where, shown = channel.looks.where if channel else "", account.shown if account else ""
    return f"{where}{shown[1:]}" if shown.startswith("@") and where.endswith(".com/") else where


def _where(office: Office, rows: Sequence[Row[Any]]) -> list[str]:
    places = dict.fromkeys(own_page(office, row) for row in rows if row.state == State.UNKNOWN)
    return [_("look yourself: {where}").format(where=where) for where in places if where]
