"""Housekeeping: old rows, converted files and public media that nobody needs any more."""

from contextlib import suppress
from datetime import timedelta

from humaspost.app.office import Office
from humaspost.ledger import retention
from humaspost.media.hosting.host import HostError

#: Instagram fetches within minutes; a container that is not ready after a day is made again, with its media.
PUBLIC_MEDIA_AGE = timedelta(hours=24)
#: A converted file is made again where it is needed after all.
FITTED_MEDIA_AGE = timedelta(days=30)
#: Files beside the converted ones that are kept.
_KEPT_NAMES = ("salt",)


def tidy(office: Office) -> None:
    """Delete what is older than its age.

    A media host that refuses is asked again at the next call, and prevents nothing else.
    """
    now, ledger = office.now(), office.ledger(write=True)
    retention.delete_old(ledger, now=now)
    _delete_fitted(office, older_than=(now - FITTED_MEDIA_AGE).timestamp())
    if office.host is not None:
        with suppress(HostError, OSError):
            office.host.take_down(unused_since=(now - PUBLIC_MEDIA_AGE).timestamp())


def tidy_daily(office: Office) -> None:
    """Do the same at most once a day, for `run`."""
    with office.ledger(write=True).read() as conn:
        is_due = retention.is_due(conn, now=office.now())
    if is_due:
        tidy(office)


def _delete_fitted(office: Office, *, older_than: float) -> None:
    if not office.fitted_folder.is_dir():
        return
    with office.ledger().read() as conn:
        needed = retention.list_needed_media(conn)
    for path in office.fitted_folder.iterdir():
        with suppress(OSError):  # another process was faster
            is_kept = not path.is_file() or path.name in _KEPT_NAMES or path.name[:64] in needed
            if not is_kept and path.stat().st_mtime < older_than:
                path.unlink()
