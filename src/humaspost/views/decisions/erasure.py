"""The output of ``audience forget``, before and after its question; no whole number."""

from typing import Any

from humaspost.base.i18n import _, ngettext
from humaspost.base.paths import display_path
from humaspost.model.erasure import ErasureResult, PersonRecords, Remainder, RemainderReason
from humaspost.settings.settings import Settings
from humaspost.views.text import wrap_text


def format_person(masked_number: str, records: PersonRecords, *, columns: int) -> list[str]:
    """Return what goes, and what of it cannot be taken back."""
    if not records.is_registered:
        known = _("{number} was forgotten before.") if records.is_forgotten else _("{number} is on no list.")
        also = _("Copies of the ledger are looked through, and no list brings the number back.")
        return wrap_text(f"{known.format(number=masked_number)} {also}", columns)
    lists = ", ".join(records.lists) or _("none")
    lines = [_("Forget {number}: number, name, consents.").format(number=masked_number)]
    lines += [_("Lists: {names}").format(names=lists)]
    count = ngettext("{count} message", "{count} messages", records.deliveries)
    lines += [
        _("Record without number and name: {count}").format(count=count.format(count=records.deliveries))
    ]
    labels = (
        (records.pending, _("not sent any more: {count}")),
        (records.sending, _("being sent now, and not stopped: {count}")),
        (records.unknown, _("result unknown: {count}")),
    )
    lines += [label.format(count=f"{number:,}") for number, label in labels if number]
    return [
        *lines,
        *wrap_text(_("This cannot be undone, and no later list brings the person back."), columns),
    ]


def format_erasure(settings: Settings, result: ErasureResult, *, columns: int) -> list[str]:
    """Return what was done, and what remains to be done by hand."""
    lines = wrap_text(_format_summary(result), columns)
    for remainder in result.remainders:
        lines += wrap_text(_format_remainder(settings, remainder), columns)
    for name, row in result.list_rows:
        path = display_path(settings.audiences[name], settings.root)
        lines += wrap_text(
            _("{path}, row {row} still has the number: delete the row").format(path=path, row=row), columns
        )
    for name in result.unread_lists:
        path = display_path(settings.audiences[name], settings.root)
        text = _("humaspost cannot read {path}: look in it for the number, and delete its rows")
        lines += wrap_text(text.format(path=path), columns)
    elsewhere = _("Backups that you keep elsewhere still have the person: make new ones and delete them.")
    return [*lines, *wrap_text(elsewhere, columns)]


def _format_summary(result: ErasureResult) -> str:
    if result.remainders:
        return _("The ledger is done, but not everything else:")
    count = len(result.rewritten)
    if not count:
        return _("Forgotten: the ledger has neither the number nor the name.")
    copies = ngettext("{count} copy of it", "{count} copies of it", count).format(count=count)
    return _("Forgotten: neither the ledger nor {copies} has the number or the name.").format(copies=copies)


def _format_remainder(settings: Settings, remainder: Remainder) -> str:
    path = display_path(remainder.path, settings.root)
    match remainder.reason:
        case RemainderReason.UNREADABLE:
            text = _("{path} cannot be rewritten and may have the person: delete it")
        case RemainderReason.IN_USE:
            text = _("{path} is in use and may have the person: run the same command again later")
    return text.format(path=path)


def erasure_to_json(masked_number: str, result: ErasureResult) -> dict[str, Any]:
    """Return the document of ``audience forget --json``."""
    records = result.records
    return {
        "schema": 1,
        "number": masked_number,
        "registered": records.is_registered,
        "lists": list(records.lists),
        "deliveries": records.deliveries,
        "refused": records.pending,
        "sending": records.sending,
        "unknown": records.unknown,
        "rewritten": [str(path) for path in result.rewritten],
        "remaining": [{"path": str(each.path), "reason": each.reason} for each in result.remainders],
        "list_rows": [{"audience": name, "row": row} for name, row in result.list_rows],
        "unread_lists": list(result.unread_lists),
    }
