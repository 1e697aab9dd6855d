"""The evidence by which a person decides an unknown outcome."""

from collections.abc import Sequence
from datetime import datetime

from humaspost.audience.phone import mask_phone
from humaspost.base.i18n import _, ngettext
from humaspost.model.delivery import Proof, Receipt, State
from humaspost.model.reasons import StopReason
from humaspost.model.records import DeliveryRecord
from humaspost.reports.evidence import Evidence, EvidenceReport
from humaspost.views.deliveries import format_state_counts
from humaspost.views.json_output import count_states
from humaspost.views.text import escape_unsafe
from humaspost.views.times import TimeFormatter

#: Most lookups that are printed per kind; the others had the same result.
_MAX_LOOKUPS_PRINTED = 6


def format_evidence(report: EvidenceReport, *, clock: TimeFormatter) -> list[str]:
    """Return the counts by state, the evidence of the first deliveries, and pages to check."""
    lines = [format_state_counts(dict(count_states(report.deliveries)))]
    for evidence in report.evidence:
        lines += _format_delivery(evidence, report, clock)
    more_count = len(report.deliveries) - len(report.evidence)
    if more_count:
        lines.append("  " + _("and {count} more").format(count=more_count))
    return [*lines, *(_("look yourself: {where}").format(where=page) for page in report.pages)]


def _format_delivery(evidence: Evidence, report: EvidenceReport, clock: TimeFormatter) -> list[str]:
    row, check_result = evidence.delivery, evidence.check_result
    recipient = mask_phone(row.phone) if row.phone else _("part {number}").format(number=row.part)
    sent = clock.format_date(row.unknown_since) if row.unknown_since else clock.format_date(row.due_at)
    if report.gap is not None and row.state == State.UNKNOWN and row.reason == StopReason.RESTORED:
        since, until = clock.format_date(report.gap.since), clock.format_date(report.gap.until)
        sent = _("maybe sent between {since} and {until}").format(since=since, until=until)
    lines = [f"  {row.key[:8]}  {escape_unsafe(row.post)}  {row.account_name}  {recipient}  {sent}"]
    for proof, checked_at in lookups_by_proof([(lookup.at, lookup.proof) for lookup in evidence.lookups]):
        times = ", ".join(clock.format_seconds(at) for at in checked_at)
        lines.append("    " + _("looked at {times}: {proof}").format(times=times, proof=format_proof(proof)))
    if check_result is not None:
        word = (check_result.url or _("found")) if isinstance(check_result, Receipt) else check_result
        lines.append("    " + _("looked just now: {proof}").format(proof=format_proof(word)))
    return lines


def lookups_by_proof(lookups: Sequence[tuple[datetime, str]]) -> list[tuple[str, list[datetime]]]:
    """Return the last answered lookups with their latest proof, and the last unanswered ones."""
    answered = [lookup for lookup in lookups if lookup[1] != Proof.NO_ANSWER]
    unanswered = [at for at, proof in lookups if proof == Proof.NO_ANSWER]
    latest = [(answered[-1][1], [at for at, _proof in answered[-_MAX_LOOKUPS_PRINTED:]])] if answered else []
    return [*latest, *([(str(Proof.NO_ANSWER), unanswered[-_MAX_LOOKUPS_PRINTED:])] if unanswered else [])]


def format_proof(proof: str) -> str:
    """Return the text of a lookup's proof; an address means that the post was found."""
    words: dict[str, str] = {
        Proof.ABSENT_PROVEN: _("it did not land"),
        Proof.ABSENT_SO_FAR: _("not there, not certain"),
        Proof.CANNOT_TELL: _("the platform cannot tell"),
        Proof.NO_ANSWER: _("the platform did not answer"),
    }
    return words.get(proof, escape_unsafe(proof))


def confirmation_question(resolution: str, count: int) -> str:
    """Return the question that the user must confirm before the resolution is recorded."""
    templates = {
        "published": ngettext("Is it live?", "Are all {count} live?", count),
        "retry": ngettext(
            "Send it? If it is live after all, the public sees it twice.",
            "Send all {count}? Those that are live after all, the public sees twice.",
            count,
        ),
        "cancel": ngettext("Give it up for good?", "Give up all {count} for good?", count),
    }
    return templates[resolution].format(count=count)


def format_result(resolution: str, count: int, *, without_address: DeliveryRecord | None = None) -> list[str]:
    """Return the settled count; ``without_address`` is one whose address is still missing."""
    templates = {
        "published": ngettext("{count} delivery is published.", "{count} deliveries are published.", count),
        "retry": ngettext("{count} delivery will be sent.", "{count} deliveries will be sent.", count),
        "cancel": ngettext("{count} delivery is cancelled.", "{count} deliveries are cancelled.", count),
    }
    lines = [templates[resolution].format(count=count)]
    if resolution == "retry" and count:
        lines.append(_("by `humaspost schedule`, or now: humaspost run"))
    if without_address is not None:
        command = _("humaspost resolve {post} --account {account} --published --url ADDRESS")
        lines += [
            _("Nobody knows its address, so it can be neither retracted nor answered. Tell it with:"),
            command.format(post=without_address.post, account=without_address.account_name),
        ]
    return lines
