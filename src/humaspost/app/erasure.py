"""The erasure of a person from the ledger and from every copy of it."""

from functools import partial

from humaspost.app.folder import cache as folder_cache
from humaspost.app.office import Office
from humaspost.audience.csv.number_search import find_number_rows
from humaspost.audience.csv.unreadable import UnreadableList
from humaspost.base.paths import display_path
from humaspost.ledger import erasure
from humaspost.ledger.people import forgotten
from humaspost.ledger.recovery import copies
from humaspost.model.erasure import ErasureResult, PersonRecords, Remainder, RemainderReason


def read_person(office: Office, phone: str) -> PersonRecords:
    """Return what the ledger has of the number."""
    key = forgotten.load_key(office.settings.state)
    with office.ledger().read() as conn:
        return erasure.read_person(conn, phone, key=key)


def forget_person(office: Office, phone: str) -> ErasureResult:
    """Erase the person: the ledger first, so that no new copy has them, then each copy.

    Senders may go on meanwhile. Can be repeated: what was in use then is done now.
    """
    state, now = office.settings.state, office.now()
    ledger, key = office.ledger(write=True), forgotten.ensure_key(office.settings.state)
    records = read_person(office, phone)
    erase = partial(erasure.erase_person, phone=phone, key=key, now=now)
    ledger.write(erase)
    # A post may name the person: without its file, nothing keeps its text.
    kept = folder_cache.delete(state)
    rewritten, remainders = [], [Remainder(path, RemainderReason.UNREADABLE) for path in kept]
    if compact := copies.compact_ledger(state):
        remainders.append(compact)
    for path in copies.list_copies(state):
        remainder = copies.rewrite_copy(path, erase, now=now.timestamp())
        if remainder is not None:
            remainders.append(remainder)
        elif path.exists():
            rewritten.append(path)
    list_rows, unread_lists = _find_rows(office, phone)
    return ErasureResult(records, tuple(rewritten), list_rows, tuple(remainders), unread_lists)


def _find_rows(office: Office, phone: str) -> tuple[tuple[tuple[str, int], ...], tuple[str, ...]]:
    """Return the lists' rows that still have the number, and the lists that are not searched."""
    rows: list[tuple[str, int]] = []
    unread: list[str] = []
    for name, path in office.settings.audiences.items():
        try:
            numbers = find_number_rows(path, phone, display_path=display_path(path, office.settings.root))
        except UnreadableList as error:
            # A file that is not there has no number.
            unread += [name] if error.problem.code != "audience-missing-file" else []
        else:
            rows += [(name, number) for number in numbers]
    return tuple(rows), tuple(unread)
