"""The use cases of a user, one short function each; a good first page for a new reader."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from humaspost.app import account_sessions, accounts, backups, housekeeping
from humaspost.app.audiences import import_changed, is_due_post_held, list_problems
from humaspost.app.folder.scan import list_vanished_problems, scan_folder, sync_ledger
from humaspost.app.newest_settings import use_newest_settings
from humaspost.app.office import Office
from humaspost.base.i18n import _
from humaspost.delivery import sender_process
from humaspost.delivery.engine import Engine
from humaspost.delivery.events import DeliveryEvent
from humaspost.delivery.sender_lock import SenderBusy, acquire_sender_lock
from humaspost.delivery.worker import account_check
from humaspost.ledger import account_names, creation_time, lock, worker_errors
from humaspost.ledger import accounts as ledger_accounts
from humaspost.ledger.account_names import NameTaken as NameTaken  # commands import no module of the ledger
from humaspost.ledger.database import Ledger
from humaspost.ledger.deliveries import publish_now
from humaspost.ledger.holds import account_holds, pauses
from humaspost.ledger.posts import post_stops
from humaspost.ledger.queries import delivery_lists
from humaspost.ledger.webhooks import message_events
from humaspost.model.event_kind import EventKind
from humaspost.model.problem import Problem
from humaspost.model.records import AccountRecord, DeliveryRecord, PostStop, WorkerError
from humaspost.policy import lateness

#: `run` waits this long for a slot or a poll, then leaves the rest to the next run.
DRAIN_PATIENCE = timedelta(seconds=10)
#: `run` and `publish` end after this time in any case.
MAX_RUN_SECONDS = 15 * 60.0


@dataclass(frozen=True, slots=True)
class RunReport:
    """The result of a run: problems, deliveries touched, and problems of posts that were due.

    ``stops`` are the fan-outs that it stopped as a whole; ``worker_errors`` are those of accounts whose worker
    could not go on. ``waits_for_list`` = a due post is held for its list.
    """

    problems: tuple[Problem, ...]
    deliveries: tuple[DeliveryRecord, ...]
    due_problems: tuple[Problem, ...] = ()
    stops: tuple[PostStop, ...] = ()
    worker_errors: tuple[WorkerError, ...] = ()
    waits_for_list: bool = False


def run_due(office: Office, *, patience: timedelta = DRAIN_PATIENCE) -> RunReport:
    """Send everything that is due now or within ``patience``, once; return the result."""
    started = office.now()
    with _running_engine(office, "run") as engine:
        audience_changes = import_changed(office, wait_for_unsettled=True)
        scanned = scan_folder(office, for_sending=True, wait_for_unsettled=True)
        synced = sync_ledger(office, scanned)
        stopped_before = _list_stops(office)
        engine.check_unknown()
        engine.start()
        engine.drain(idle_for=patience, deadline=MAX_RUN_SECONDS, rescan=_create_rescan(office))
        housekeeping.tidy_daily(office)
    problems = (*list_problems(audience_changes), *scanned.problems, *list_vanished_problems(scanned, synced))
    return RunReport(
        problems,
        _list_touched(office, started),
        scanned.due_problems(office.now(), synced),
        stops=tuple(_list_stops(office) - stopped_before),
        worker_errors=_list_worker_errors(office),
        waits_for_list=is_due_post_held(office),
    )


def _create_rescan(office: Office) -> Callable[[], None]:
    """Return a function that reads the folder again where a file changed since it was read."""

    def rescan() -> None:
        sync_ledger(office, scan_folder(office, for_sending=True, wait_for_unsettled=True))

    return rescan


def _list_stops(office: Office) -> set[PostStop]:
    with office.ledger().read() as conn:
        return post_stops.list_stops(conn)


def _list_worker_errors(office: Office) -> tuple[WorkerError, ...]:
    with office.ledger().read() as conn:
        return tuple(worker_errors.list_worker_errors(conn))


def schedule(office: Office, stop: threading.Event) -> int:
    """Send posts when due until ``stop`` is set; return how many writes were still in flight.

    When config.toml or a file with secrets changes, the office is opened again between two turns.
    """
    from humaspost.app.deciding_files import DecidingFiles
    from humaspost.app.folder.sync import create_rescan
    from humaspost.delivery.daemon import Daemon

    files = DecidingFiles(office)
    with _running_engine(office, "schedule") as engine:
        files.attach(engine)
        rescan = create_rescan(office, files.record)
        daemon = Daemon(engine, lambda: office.settings.posts, rescan, stop, check_files=files.check)
        daemon.tidy = partial(housekeeping.tidy, office)
        return daemon.run()


def publish(
    office: Office, post: str, *, account: str | None = None, deadline: float = MAX_RUN_SECONDS
) -> RunReport:
    """Send the due, failed and missed deliveries of one post now; return the result.

    A running sender sends them; otherwise this process does. Raises PublishInterrupted if a person
    interrupts it, ConfigError if config.toml was edited meanwhile and is wrong.
    """
    started = office.now()
    use_newest_settings(office)
    import_changed(office, wait_for_unsettled=True)
    scanned = scan_folder(office, for_sending=True, wait_for_unsettled=True)
    sync_ledger(office, scanned)
    ledger = office.ledger(write=True)
    publish_request = ledger.write(
        lambda conn: publish_now.request(
            conn, post, account=account, verdict=lateness.verdict, now=office.now()
        )
    )
    try:
        try:
            with _running_engine(office, "publish", only_post=post) as engine:
                engine.start()
                engine.drain(idle_for=timedelta(seconds=60), deadline=deadline, rescan=_create_rescan(office))
        except SenderBusy:
            publish_now.wait_until_sent(ledger, publish_request.pairs, deadline=deadline)
    except KeyboardInterrupt:
        all_cancelled = ledger.write(
            lambda conn: publish_now.cancel_request(
                conn, publish_request, verdict=lateness.verdict, now=office.now()
            )
        )
        raise PublishInterrupted(() if all_cancelled else _list_of_post(office, post, account)) from None
    stops = tuple(stop for stop in _list_stops(office) if stop.post == post)
    return RunReport(
        scanned.problems,
        _list_touched(office, started, post=post),
        stops=tuple(stop for stop in stops if account in (None, stop.account)),
    )


class PublishInterrupted(KeyboardInterrupt):
    """An interrupted ``publish``: deliveries that had not started are unchanged.

    ``started`` has all deliveries of the post if one had started, otherwise none.
    """

    def __init__(self, started: Sequence[DeliveryRecord]) -> None:
        super().__init__()
        self.started = tuple(started)


def _list_of_post(office: Office, post: str, account: str | None) -> list[DeliveryRecord]:
    with office.ledger().read() as conn:
        return delivery_lists.list_deliveries(conn, post_id=post, account_name=account)


def blocking_accounts(office: Office, post: str, *, account: str | None = None) -> list[AccountRecord]:
    """Return the accounts that hold deliveries of the post back."""
    with office.ledger().read() as conn:
        return publish_now.blocking_accounts(conn, post, account=account)


def pause(office: Office, reason: str, *, except_types: Sequence[str] = ()) -> int:
    """Pause all sending; wait for committed writes to end and return how many there were."""
    ledger = office.ledger(write=True)
    now = office.now()
    committed = ledger.write(
        lambda conn: pauses.start_pause(conn, reason, except_types=except_types, now=now)
    )
    publish_now.wait_until_idle(ledger, deadline=30.0)
    return committed


def resume(office: Office) -> int:
    """End all pauses; return how many deliveries that released.

    Posts that came due during the pause follow the late policy.
    """
    now = office.now()
    return office.ledger(write=True).write(lambda conn: pauses.end_pauses(conn, now=now))


def check_account(office: Office, name: str) -> tuple[str, datetime | None]:
    """Ask the platform whose credentials these are, bind them and release held deliveries.

    Returns the display name and the time of the next try. The time is None after a success;
    otherwise the account's record in the ledger has the reason. Raises KeyError for a name that the
    config does not have, ConfigError if its secrets cannot be read.
    """
    account = office.settings.account(name)
    if account is None:
        raise KeyError(name)
    for field in accounts.required_secrets(office.channels[account.channel], account):
        office.vault.secret(name, field)
    account_session = account_sessions.open_account(office, account)
    try:
        account_block = account_check.verify_account(
            account_session, account_sessions.create_sender_context(office, "account-check"), force=True
        )
        if account_block is None:
            office.ledger(write=True).write(
                lambda conn: account_holds.acknowledge(conn, account_session.account_id, now=office.now())
            )
    finally:
        account_session.close()
    with office.ledger().read() as conn:
        row = ledger_accounts.get_by_id(conn, account_session.account_id)
    return (
        row.display_name if row is not None else account.display_name
    ), account_block.until if account_block else None


def rename_account(office: Office, old: str, new: str) -> bool:
    """Rename the account in the ledger; return False if the ledger does not have ``old``.

    Raises NameTaken where both names have a history, SenderBusy or LedgerInUseError where another process
    works with the old name.
    """
    state = office.settings.state
    with acquire_sender_lock(state, for_change=True), lock.acquire_exclusive(state, "rename"):
        return office.ledger(write=True).write(lambda conn: account_names.rename_account(conn, old, new))


@contextmanager
def _running_engine(office: Office, command: str, *, only_post: str | None = None) -> Iterator[Engine]:
    """Run this process as the only sender; raise SenderBusy if another one runs.

    At the end no write is in flight. Raises LedgerInUseError where the ledger must be migrated while another
    process uses it.
    """
    state = office.settings.state
    with acquire_sender_lock(state), lock.acquire_shared(state, command):
        backups.verify(office)
        if only_post is None:
            backups.create_daily_job(office)()
        process = sender_process.current(command)
        sender = account_sessions.create_sender_context(office, process.id, only_post=only_post)
        _correct_creation_time(office, sender.ledger)
        with sender_process.register(sender.ledger, process, now=office.now()):
            engine = Engine(account_sessions.open_accounts(office), sender)
            sender.ledger.write(lambda conn: message_events.retry_unmatched(conn, now=office.now()))
            try:
                yield engine
            finally:
                engine.stop()
        backups.finish(office)


def _correct_creation_time(office: Office, ledger: Ledger) -> None:
    """Let posts go out again that a ledger made by a clock ahead takes for older than itself."""
    now = office.now()
    wrong_time = ledger.write(lambda conn: creation_time.correct_future_time(conn, now=now))
    if wrong_time is not None:
        message = _("the ledger was made by a clock that was ahead, at {when}; it counts from now on")
        detail = message.format(when=wrong_time.isoformat(timespec="minutes"))
        office.emit(DeliveryEvent(now, EventKind.PROBLEM, detail=detail))


def _list_touched(office: Office, since: datetime, *, post: str | None = None) -> tuple[DeliveryRecord, ...]:
    with office.ledger().read() as conn:
        return tuple(delivery_lists.list_deliveries(conn, post_id=post, touched_since=since))
