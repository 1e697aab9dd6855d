"""The rule for a list's new file: it is taken over, or looks like an accident and is held."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from humaspost.audience.csv.reader import AudienceFile
from humaspost.base.i18n import _, ngettext
from humaspost.model.problem import Position, Problem
from humaspost.model.reasons import ListHold

#: No more lost people than this look like an accident, in a list of any size.
MAX_LOST = 3
MAX_LOST_SHARE = 0.2
#: Problems of a file that means the whole list.
_MISSING_CODE = "audience-missing-file"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A file beside the list: of ``member_count`` people ``lost`` cannot be read in it."""

    reason: ListHold | None
    member_count: int = 0
    lost: int = 0


def compare(audience_file: AudienceFile, member_phones: Collection[str]) -> Comparison:
    """Compare the file with the list; ``member_phones`` may be written to."""
    readable = {row.phone for row in audience_file.rows}
    lost = sum(phone not in readable for phone in member_phones)
    return Comparison(
        _reason(audience_file, member_count=len(member_phones), lost=lost), len(member_phones), lost
    )


def _reason(audience_file: AudienceFile, *, member_count: int, lost: int) -> ListHold | None:
    if not audience_file.is_usable:
        is_missing = any(problem.code == _MISSING_CODE for problem in audience_file.problems)
        return ListHold.MISSING if is_missing else ListHold.UNREADABLE
    if not audience_file.rows:
        return ListHold.UNREADABLE if audience_file.rejected else ListHold.EMPTY
    return ListHold.SHRUNK if is_mass_loss(lost, member_count=member_count) else None


def is_mass_loss(lost: int, *, member_count: int) -> bool:
    """Return True if so many of the known people being lost looks like an accident."""
    return lost > MAX_LOST and lost > MAX_LOST_SHARE * member_count


def hold_problem(name: str, file: str, audience_file: AudienceFile, comparison: Comparison) -> Problem:
    """Return the problem of a file that is not taken over, at its first unreadable cell."""
    assert comparison.reason is not None
    first = next((problem for problem in audience_file.all_problems if problem.is_error), None)
    problem = Problem(
        comparison.reason,
        _hold_message(name, audience_file, comparison),
        _hold_hint(name, comparison),
        file,
        first.position if first and first.position else Position(1, 1),
        text=first.text if first else "",
    )
    return replace(problem, position=None, text="") if comparison.reason is ListHold.MISSING else problem


def _hold_message(name: str, audience_file: AudienceFile, comparison: Comparison) -> str:
    held = _("humaspost keeps the old list {name}, and holds the posts to it").format(name=name)
    match comparison.reason:
        case ListHold.MISSING:
            return _("the file of the list {name} is not there; what goes to it is held").format(name=name)
        case ListHold.EMPTY:
            return _("the list has no row; {held}").format(held=held)
        case ListHold.SHRUNK:
            message = _(
                "the new file lacks {lost} of the {count} people on {name}, or their rows cannot be read; {held}"
            )
            return message.format(
                lost=f"{comparison.lost:,}", count=f"{comparison.member_count:,}", name=name, held=held
            )
        case _:
            return f"{_unreadable_message(audience_file)}; {held}"


def _unreadable_message(audience_file: AudienceFile) -> str:
    first = next((problem for problem in audience_file.all_problems if problem.is_error), None)
    reason = first.message if first else ""
    count = len(audience_file.rejected)
    if not count:
        return reason
    rows = ngettext("the only row is refused: {why}", "all {count} rows are refused: {why}", count)
    return rows.format(count=f"{count:,}", why=reason)


def _hold_hint(name: str, comparison: Comparison) -> str:
    if comparison.reason is ListHold.MISSING:
        return _("put it back, or mend its path in config.toml, [audiences.{name}]").format(name=name)
    if comparison.reason is ListHold.UNREADABLE:
        return _("humaspost check {name}").format(name=name)
    return _("mend the file, or take it over as it is:\nhumaspost audience import {name}").format(name=name)


def rows_problem(name: str, file: str, audience_file: AudienceFile) -> Problem | None:
    """Return one problem for the unreadable rows of a file that is taken over, or None."""
    count = len(audience_file.rejected)
    if not count:
        return None
    first = audience_file.rejected[0].problem
    message = ngettext(
        "{count} row of {name} cannot be read, the first: {why}",
        "{count} rows of {name} cannot be read, the first: {why}",
        count,
    )
    return Problem(
        "list-rows",
        message.format(count=f"{count:,}", name=name, why=first.message),
        _("humaspost check {name}").format(name=name),
        file,
        first.position,
        text=first.text,
    )
