"""The erasure of a person from the ledger and from every copy of it."""

from functools import partial

from humaspost.app import audiences, folder_cache
from humaspost.app.office import Office
from humaspost.ledger import erasure
from humaspost.ledger.people import forgotten
from humaspost.ledger.recovery import copies
from humaspost.model.erasure import ErasureResult, PersonRecords


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
    folder_cache.delete(state)
    rewritten, remainders = [], [compact] if (compact := copies.compact_ledger(state)) else []
    for path in copies.list_copies(state):
        remainder = copies.rewrite_copy(path, erase, now=now.timestamp())
        if remainder is not None:
            remainders.append(remainder)
        elif path.exists():
            rewritten.append(path)
    return ErasureResult(records, tuple(rewritten), _find_rows(office, phone), tuple(remainders))


def _find_rows(office: Office, phone: str) -> tuple[tuple[str, int], ...]:
    """Return the rows of the lists' files that still have the number."""
    matches = [
        (name, number)
        for name, file in audiences.read_files(office).items()
        for number, row_phone in [(r.number, r.phone) for r in file.rows]
        + [(r.number, r.phone) for r in file.rejected]
        if row_phone == phone
    ]
    return tuple(matches)
