"""The evidence about deliveries whose outcome a person decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from humaspost.app.office import Office
from humaspost.ledger.deliveries import unknown_outcomes
from humaspost.ledger.deliveries.restore_gap import RestoreGap, get_restore_gap
from humaspost.model.delivery import Proof, Receipt, State
from humaspost.model.records import DeliveryRecord, LookupRecord
from humaspost.reports.public_page import public_page

#: Reports list at most this many deliveries and count the others.
MAX_DELIVERIES = 10


@dataclass(frozen=True, slots=True)
class Evidence:
    """One delivery, its lookups so far, and the platform's answer just now, if requested."""

    delivery: DeliveryRecord
    lookups: tuple[LookupRecord, ...]
    check_result: Receipt | Proof | None = None


@dataclass(frozen=True, slots=True)
class EvidenceReport:
    """All ``deliveries``, the ``evidence`` of the first ten, and pages where a person can check.

    ``gap`` is when deliveries may have been sent that a restore made unknown.
    """

    deliveries: tuple[DeliveryRecord, ...]
    evidence: tuple[Evidence, ...]
    pages: tuple[str, ...]
    gap: RestoreGap | None = None


def evidence_report(
    office: Office, deliveries: Sequence[DeliveryRecord], check_results: Mapping[str, Receipt | Proof]
) -> EvidenceReport:
    """Return the evidence of the deliveries; ``check_results`` is by key."""
    with office.ledger().read() as conn:
        gap = get_restore_gap(conn)
        evidence = tuple(
            Evidence(
                delivery,
                tuple(unknown_outcomes.list_lookups(conn, delivery.key)),
                check_results.get(delivery.key),
            )
            for delivery in deliveries[:MAX_DELIVERIES]
        )
    unknown = (delivery for delivery in deliveries if delivery.state is State.UNKNOWN)
    pages = dict.fromkeys(public_page(office, item.channel, item.account_name) for item in unknown)
    return EvidenceReport(tuple(deliveries), evidence, tuple(page for page in pages if page), gap)
