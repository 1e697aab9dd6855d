"""The cancellation of a post by a person."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from humaspost.app.folder.scan import scan_folder, sync_ledger
from humaspost.app.newest_settings import use_newest_settings
from humaspost.app.office import Office
from humaspost.ledger.posts import decisions
from humaspost.model.records import CancelCounts
from humaspost.settings.problems import ConfigError


def cancel(
    office: Office, post: str, *, account: str | None = None, include_unknown: bool = False
) -> list[CancelCounts]:
    """Stop everything of the post that is not yet being sent; return what that stopped.

    ``include_unknown`` = give up unknown outcomes too. It takes no lock: a running sender asks the ledger
    before every write.
    """
    first = _record(office, post, account, include_unknown=include_unknown)
    # The first transaction stops a running fan-out at once. Only then is the folder read: a post that no sender
    # has seen yet needs a plan row for the decision, and so does an account that its file names since.
    # A config.toml that is wrong now is the sender's to report: it goes on with the former one, too.
    with suppress(ConfigError):
        use_newest_settings(office)
    sync_ledger(office, scan_folder(office, for_sending=True, wait_for_unsettled=True))
    return _add_counts(first, _record(office, post, account, include_unknown=include_unknown))


def _record(office: Office, post: str, account: str | None, *, include_unknown: bool) -> list[CancelCounts]:
    now = office.now()
    return office.ledger(write=True).write(
        lambda conn: decisions.cancel(conn, post, account=account, now=now, include_unknown=include_unknown)
    )


def _add_counts(first: Sequence[CancelCounts], then: Sequence[CancelCounts]) -> list[CancelCounts]:
    stopped = {counts.account: counts.stopped for counts in first}
    return [replace(counts, stopped=counts.stopped + stopped.get(counts.account, 0)) for counts in then]
