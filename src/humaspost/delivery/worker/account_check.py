"""The check before the first write: whose credentials the platform says these are."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from humaspost.delivery.account_session import AccountSession, SenderContext
from humaspost.delivery.events import DeliveryEvent, describe_error
from humaspost.delivery.steps.retry import as_channel_error, decide
from humaspost.ledger import accounts
from humaspost.ledger.accounts import AccountConflict, AccountRenamed, WrongAccount
from humaspost.ledger.errors import LedgerReplacedError
from humaspost.ledger.holds import account_holds
from humaspost.model.account import Identity
from humaspost.model.errors import AnyChannelError, AuthFailed, ChannelError
from humaspost.model.event_kind import EventKind
from humaspost.model.outcome import LOGIN_RETRY_DELAY, HoldAccount, RetryLater
from humaspost.model.reasons import AccountHold

#: An account that was checked within this is not checked again: on X every request costs money.
CHECK_INTERVAL = timedelta(hours=24)
#: A login that expires within this is checked daily; Instagram's can be renewed from then on.
REFRESH_PERIOD = timedelta(days=30)
#: The delay after the disk refused an answer; each further request costs as much as the first.
LEDGER_RETRY_DELAY = timedelta(seconds=5)
#: A check without an answer is repeated no sooner.
CHECK_RETRY_DELAY = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class AccountBlocked:
    """An account on which nothing may be sent until its next check at ``until``.

    ``is_held`` = or until the account is released, whichever is sooner.
    """

    until: datetime
    is_held: bool


def verify_account(
    account_session: AccountSession, sender: SenderContext, *, force: bool = False
) -> AccountBlocked | None:
    """Return None if the account is bound and may send, else why it may not for now.

    The platform's answer is on disk either way.
    """
    now = sender.now()
    with sender.ledger.read() as conn:
        row = accounts.get_by_id(conn, account_session.account_id)
    if row is not None and row.checked_identity == account_session.identity and not force:
        if row.hold == AccountHold.LOGIN:
            retry_at: datetime = row.hold_until or now + LOGIN_RETRY_DELAY  # no time = only a user ends it
            if retry_at > now:
                hold_due_deliveries(account_session, sender)
                return AccountBlocked(retry_at, is_held=True)
        elif row.bound_at and row.checked_at and now - row.checked_at < CHECK_INTERVAL:
            return None
        elif row.hold == AccountHold.QUOTA:
            hold_due_deliveries(account_session, sender)
            return AccountBlocked(now + LOGIN_RETRY_DELAY, is_held=True)
    try:
        identity = account_session.session.whoami()
        sender.ledger.write(lambda conn: _bind(conn, account_session, sender, identity, now))
    except (AccountConflict, AccountRenamed, WrongAccount) as error:
        return _hold_account(account_session, sender, AuthFailed("wrong-account", str(error)), now)
    except AuthFailed as error:
        return _hold_account(account_session, sender, error, now)
    except DatabaseError as error:
        if force:
            raise
        sender.emit(DeliveryEvent(now, EventKind.PROBLEM, detail=describe_error(error)))
        return AccountBlocked(now + LEDGER_RETRY_DELAY, is_held=False)
    except Exception as error:
        # The process ends with a replaced ledger. A user who asked for the check is told of any error.
        if isinstance(error, LedgerReplacedError) or (force and not isinstance(error, ChannelError)):
            raise
        return _handle_check_error(account_session, sender, as_channel_error(error), now)
    _fetch_status(account_session, sender)
    return None


def _handle_check_error(
    account_session: AccountSession, sender: SenderContext, error: AnyChannelError, now: datetime
) -> AccountBlocked:
    """Report a check that failed, and return until when the account is blocked.

    A bug in the channel is no reason to check again at once either.
    """
    sender.emit(
        DeliveryEvent(now, EventKind.PROBLEM, account=account_session.account.name, detail=str(error))
    )
    match decide(error, failures=0, now=now, jitter=random.random()):  # noqa: S311  # spreads load
        case HoldAccount(reason):
            sender.ledger.write(
                lambda conn: account_holds.hold_account(
                    conn, account_session.account_id, reason, code=error.code, detail=error.detail, now=now
                )
            )
            return AccountBlocked(now + LOGIN_RETRY_DELAY, is_held=True)
        case RetryLater(at, counts_failure=False):
            return AccountBlocked(max(at, now + CHECK_RETRY_DELAY), is_held=False)
        case _:
            return AccountBlocked(now + CHECK_RETRY_DELAY, is_held=False)


def hold_due_deliveries(account_session: AccountSession, sender: SenderContext) -> bool:
    """Hold due deliveries under a refused login or used-up quota; return False without one."""
    with sender.ledger.read() as conn:
        row = accounts.get_by_id(conn, account_session.account_id)
    if row is None or row.hold not in account_holds.PERSISTENT:
        return False
    # A user may have released the account since: the transaction checks that again.
    return sender.ledger.write(
        lambda conn: account_holds.hold_due(conn, account_session.account_id, now=sender.now())
    )


def refresh_login(account_session: AccountSession, sender: SenderContext) -> bool:
    """Check the login though no delivery is due; return True if the platform was asked.

    The login is checked daily near its end, as some platforms then renew it, after a webhook reported
    that the stored status changed, and when a user replaced secrets that the platform had refused.
    """
    now = sender.now()
    with sender.ledger.read() as conn:
        row = accounts.get_by_id(conn, account_session.account_id)
    if row is not None and row.hold == AccountHold.LOGIN and row.checked_identity != account_session.identity:
        verify_account(account_session, sender)
        return True
    status = row.status if row is not None else None
    if row is None or status is None:
        return False
    expires_later = status.expires_at is None or status.expires_at - now > REFRESH_PERIOD
    if row.checked_at and (expires_later or now - row.checked_at < CHECK_INTERVAL):
        return False
    verify_account(account_session, sender, force=True)
    return True


def _bind(
    conn: Connection,
    account_session: AccountSession,
    sender: SenderContext,
    identity: Identity,
    now: datetime,
) -> None:
    """Bind the account; end a hold for a refused login, as the login is good now.

    Where the login was good all along, only a user ends the hold.
    """
    accounts.bind_account(
        conn,
        account_session.account_id,
        identity,
        now=now,
        configured=sender.configured,
        checked_identity=account_session.identity,
    )
    row = accounts.get_by_id(conn, account_session.account_id)
    if row is not None and row.hold == AccountHold.LOGIN and row.hold_until is not None:
        account_holds.release_account(conn, account_session.account_id, now=now)


def _hold_account(
    account_session: AccountSession, sender: SenderContext, error: AuthFailed, now: datetime
) -> AccountBlocked:
    until = now + LOGIN_RETRY_DELAY

    def operation(conn: Connection) -> None:
        account_holds.hold_account(
            conn,
            account_session.account_id,
            AccountHold.LOGIN,
            code=error.code,
            detail=error.detail,
            until=until,
            now=now,
        )
        accounts.record_identity_check(conn, account_session.account_id, account_session.identity)

    sender.ledger.write(operation)
    sender.emit(DeliveryEvent(now, EventKind.LOGIN, account=account_session.account.name, detail=str(error)))
    return AccountBlocked(until, is_held=True)


def _fetch_status(account_session: AccountSession, sender: SenderContext) -> None:
    """Fetch quotas, templates and expiry, and save them for reading offline.

    A failure here stops nothing.
    """
    try:
        status = account_session.session.fetch_status()
    except Exception as error:
        message = str(as_channel_error(error))
        sender.emit(
            DeliveryEvent(
                sender.now(), EventKind.PROBLEM, account=account_session.account.name, detail=message
            )
        )
        return
    sender.ledger.write(lambda conn: accounts.save_status(conn, account_session.account_id, status))
    account_session.rules = account_session.rules.with_platform_quotas(status.quotas)
