"""The number of recipients of a post, from the ledger or from files not imported yet."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from humaspost.app.office import Office
from humaspost.base.file_stamp import file_digest
from humaspost.model.account import AccountStatus, is_marketing
from humaspost.model.rendition import Part
from humaspost.reports.list_findings import list_findings

# An office without lists loads no reader of lists.
if TYPE_CHECKING:
    from humaspost.audience.csv.reader import AudienceFile


class AudienceSize:
    """Counts of recipients, each computed once; imported files are not read again."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._counts: dict[tuple[str, ...], int] = {}
        self._without_marketing_consent: dict[tuple[str, tuple[str, ...]], int] = {}
        self._up_to_date: dict[str, bool] = {}
        self._file_phones: dict[str, frozenset[str]] = {}

    def count_recipients(self, audiences: Iterable[str]) -> int:
        """Return how many different recipients of these audiences consented and did not opt out."""
        names = tuple(sorted(set(audiences)))
        if names not in self._counts:
            self._counts[names] = (
                self._count_in_ledger(names)
                if all(map(self._is_up_to_date, names))
                else self._count_in_files(names)
            )
        return self._counts[names]

    def count_without_marketing_consent(self, account: str, part: Part, audiences: Iterable[str]) -> int:
        """Return how many recipients refuse marketing of the account, if the part is marketing."""
        if part.fallback is None or not is_marketing(part.fallback, self._statuses.get(account)):
            return 0
        if not self._office.has_ledger:
            return 0
        from humaspost.ledger.queries import delivery_lists  # SQLAlchemy: only if there is a ledger

        key = (account, tuple(sorted(set(audiences))))
        if key not in self._without_marketing_consent:
            with self._office.ledger().read() as conn:
                self._without_marketing_consent[key] = delivery_lists.without_marketing_consent(
                    conn, *key, at=self._office.now()
                )
        return self._without_marketing_consent[key]

    @cached_property
    def _statuses(self) -> Mapping[str, AccountStatus]:
        return self._office.account_statuses()

    def _count_in_ledger(self, names: tuple[str, ...]) -> int:
        if not self._office.has_ledger:
            return 0
        from humaspost.ledger.queries import delivery_lists

        with self._office.ledger().read() as conn:
            return delivery_lists.reachable_count(conn, names)

    def _is_up_to_date(self, name: str) -> bool:
        """Return True if the ledger has whom a post reaches: the file is taken over, or held."""
        if name not in self._up_to_date:
            path = self._office.settings.audiences.get(name)
            is_current = path is None or self._imported_digest(name) == (file_digest(path) or "")
            self._up_to_date[name] = is_current or self._is_held(name)
        return self._up_to_date[name]

    def _is_held(self, name: str) -> bool:
        return any(finding.hold is not None for finding in list_findings(self._office, (name,)))

    def _imported_digest(self, name: str) -> str | None:
        """Return the digest of the file that the ledger has, or None if it must be read again."""
        if not self._office.has_ledger:
            return None
        from humaspost.audience.findings import is_reread_due
        from humaspost.ledger.people import list_holds, recipients

        with self._office.ledger().read() as conn:
            finding = list_holds.get_finding(conn, name)
            if finding is not None and is_reread_due(finding.detail, self._office.now()):
                return None
            return recipients.get_digest(conn, name)

    def _count_in_files(self, names: tuple[str, ...]) -> int:
        phones: set[str] = set()
        for name in names:
            phones |= self._phones_in_file(name)
        members = {phone for name in names for phone in self._member_phones(name)}
        reached = phones - self._opted_out()
        return len(reached - self._forgotten(reached - members))

    def _phones_in_file(self, name: str) -> frozenset[str]:
        """Return whom the list reaches once its file is taken over."""
        path = self._office.settings.audiences.get(name)
        if name not in self._file_phones:
            phones: set[str] = set()
            if path is not None and path.is_file():
                from humaspost.audience.csv.reader import read_audience

                zone = self._office.settings.timezone
                file = read_audience(path, display_path=name, now=self._office.now(), zone=zone)
                phones = _kept_phones(file, self._member_phones(name))
                phones |= {row.phone for row in file.rows if row.opted_out_at is None}
            self._file_phones[name] = frozenset(phones)
        return self._file_phones[name]

    def _member_phones(self, name: str) -> set[str]:
        if not self._office.has_ledger:
            return set()
        from humaspost.ledger.people import recipients

        with self._office.ledger().read() as conn:
            return set(recipients.list_member_phones(conn, name).values())

    def _opted_out(self) -> set[str]:
        if not self._office.has_ledger:
            return set()
        from humaspost.ledger.people import recipients

        with self._office.ledger().read() as conn:
            return recipients.list_opted_out_phones(conn)

    def _forgotten(self, phones: set[str]) -> set[str]:
        if not self._office.has_ledger:
            return set()
        from humaspost.ledger.people import forgotten

        with self._office.ledger().read() as conn:
            return forgotten.find_forgotten(conn, phones)


def _kept_phones(file: "AudienceFile", members: set[str]) -> set[str]:
    """Return the numbers that stay on the list though their row cannot be read."""
    gone = {row.phone for row in file.rejected if row.opt_out or row.is_consent_empty}
    gone |= {row.phone for row in file.rows if row.opted_out_at is not None}
    is_any_nameless = any(not row.phone for row in file.rejected)
    return (members if is_any_nameless else members & {row.phone for row in file.rejected}) - gone
