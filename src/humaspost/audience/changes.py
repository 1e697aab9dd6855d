"""The changes that a list's file makes: counted row by row, before or while it is imported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from humaspost.audience.csv.reader import AudienceFile
from humaspost.audience.csv.row import AudienceRow, RejectedRow
from humaspost.ledger.people.recipients import Person
from humaspost.model.problem import Problem
from humaspost.model.reasons import ListHold


@dataclass(frozen=True, slots=True)
class ImportChanges:
    """The changes of an import; every row of the file is counted once.

    ``new`` people join the list. ``updated`` people have another name or consent. ``opted_out`` people opted out, by
    the register or by the file, and get nothing. ``merged`` rows repeat a person of another row. ``removed`` people are
    no longer in the file. ``kept`` people stay on the list, as what the file says of them cannot be read; the consent of
    ``withdrawn`` ones is gone. ``forgotten`` people stay away. With ``hold`` the list has its former people.
    """

    name: str
    read: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    opted_out: int = 0
    merged: int = 0
    removed: int = 0
    kept: int = 0
    withdrawn: int = 0
    forgotten: int = 0
    rejected: tuple[RejectedRow, ...] = ()
    problems: tuple[Problem, ...] = ()
    hold: ListHold | None = None
    summary: Problem | None = None

    @property
    def imported_count(self) -> int:
        """Return the number of rows in the register now: all but the rejected and forgotten."""
        return self.new + self.updated + self.unchanged + self.opted_out + self.merged

    @property
    def is_usable(self) -> bool:
        """Return True if the file as a whole could be read."""
        return not any(problem.is_error for problem in self.problems)


@dataclass(slots=True)
class ImportTally:
    """Counts of the rows, and the ids of the people on the list."""

    name: str
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    opted_out: int = 0
    forgotten: int = 0
    listed: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)
    withdrawn: set[str] = field(default_factory=set)

    def count_row(
        self, row: AudienceRow, person: Person | None, *, member_ids: set[str], is_forgotten: bool = False
    ) -> None:
        """Count the row as one kind of change."""
        if is_forgotten:
            self.forgotten += 1
            return
        if person is not None:
            self.listed.add(person.id)
        if row.opted_out_at is not None or (person is not None and person.opted_out_besides(self.name)):
            self.opted_out += 1
        elif person is None or person.id not in member_ids:
            self.new += 1
        elif differs(row, person, self.name):
            self.updated += 1
        else:
            self.unchanged += 1

    def keep_unread(
        self, rejected: Sequence[RejectedRow], registered: Mapping[str, Person], *, member_ids: set[str]
    ) -> None:
        """Keep the members of rejected rows; all members where the row of any may be unreadable."""
        for row in rejected:
            person = registered.get(row.phone)
            if person is not None and person.id in member_ids - self.listed:
                self.kept.add(person.id)
                if row.is_consent_empty:
                    self.withdrawn.add(person.id)
        if any(not row.phone for row in rejected):
            self.kept |= member_ids - self.listed


def differs(row: AudienceRow, person: Person, name: str) -> bool:
    """Return True if the row of the list has another name or consent of the person."""
    return bool(row.name and row.name != person.name) or has_new_consent(row, person, name)


def is_withdrawn_by(person: Person, name: str) -> bool:
    """Return True if the list had a consent of the person, and then had none."""
    return any(withdrawal.audience == name for withdrawal in person.withdrawals.values())


def has_new_consent(row: AudienceRow, person: Person, name: str) -> bool:
    """Return True if the row's consent is to be recorded.

    A consent that another list does not have any more counts again only with a later date.
    """
    consent = row.consent
    if not consent.is_complete:
        return False
    others = [each.at for each in person.withdrawals.values() if each.audience != name]
    if others and consent.consented_at[:10] <= max(others).date().isoformat():
        return False
    return person.consents.get(consent.purpose) != (consent.basis, consent.source, consent.consented_at)


def build_changes(
    name: str, audience_file: AudienceFile, tally: ImportTally, *, removed: int
) -> ImportChanges:
    """Return the changes that the tally counted."""
    return ImportChanges(
        name,
        read=audience_file.row_count,
        new=tally.new,
        updated=tally.updated,
        unchanged=tally.unchanged,
        opted_out=tally.opted_out,
        merged=len(audience_file.merged_row_numbers),
        removed=removed,
        kept=len(tally.kept),
        withdrawn=len(tally.withdrawn),
        forgotten=tally.forgotten,
        rejected=audience_file.rejected,
        problems=audience_file.problems,
    )
