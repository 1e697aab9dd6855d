"""Before the first write the platform says whose credentials these are."""

from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from humaspost.delivery.happened import Happened, trouble
from humaspost.delivery.line import Line, Sender
from humaspost.delivery.retry import LOGIN_AGAIN, as_one_of_six
from humaspost.ledger import accounts
from humaspost.ledger.accounts import AccountConflict, WrongAccount
from humaspost.model.account import Identity
from humaspost.model.errors import AuthFailed, ChannelError

#: An account that was seen lately is not asked again: on X every question costs money.
FRESH = timedelta(hours=24)
#: A login that ends within this is looked after daily; Instagram's may be renewed from then on.
NEAR = timedelta(days=30)
#: A disk that took no answer may take the next; every question before it costs as much as the first.
LEDGER_AGAIN = timedelta(seconds=5)


def contact(line: Line, sender: Sender, *, force: bool = False) -> datetime | None:
    """The account is bound and free to send (None), or when to ask again; an answer is on disk either way."""
    now = sender.now()
    with sender.ledger.read() as conn:
        row = accounts.by_name(conn, line.account.name)
    if row is not None and row.asked_as == line.identity and not force:
        if row.hold == "login":
            wait: datetime = row.hold_until or now + LOGIN_AGAIN  # no time = only a person ends it
            if wait > now:
                hold_waiting(line, sender)
                return wait
        elif row.bound_at and row.checked_at and now - row.checked_at < FRESH:
            return None
    try:
        identity = line.session.whoami()
        sender.ledger.write(lambda conn: _bound(conn, line, sender, identity, now))
    except (AccountConflict, WrongAccount) as error:
        return _held(line, sender, AuthFailed("wrong-account", str(error)), now)
    except AuthFailed as error:
        return _held(line, sender, error, now)
    except DatabaseError as error:
        if force:
            raise
        sender.tell(Happened(now, "problem", detail=trouble(error)))
        return now + LEDGER_AGAIN
    except Exception as error:
        if force and not isinstance(error, ChannelError):
            raise  # a person asked, and is told by the one boundary
        # A channel's own mistake is no reason for a lane to ask again at once.
        said = str(as_one_of_six(error))
        sender.tell(Happened(now, "problem", account=line.account.name, detail=said))
        return now + timedelta(seconds=30)
    _survey(line, sender)
    return None


def hold_waiting(line: Line, sender: Sender) -> None:
    """What came due while the account's login is refused says so."""
    now = sender.now()
    with sender.ledger.read() as conn:
        row = accounts.by_name(conn, line.account.name)
    if row is not None and row.hold == "login":
        sender.ledger.write(lambda conn: accounts.hold_due(conn, line.id, "login", now=now))


def keep(line: Line, sender: Sender) -> bool:
    """Whether the platform was asked though nothing is due: once a day of a login near its end, as some renew it,

    and where a webhook told that what we know has changed.
    """
    now = sender.now()
    with sender.ledger.read() as conn:
        row = accounts.by_name(conn, line.account.name)
    facts = accounts.facts_of(row)
    if row is None or facts is None:
        return False
    far = facts.expires_at is None or facts.expires_at - now > NEAR
    if row.checked_at and (far or now - row.checked_at < FRESH):
        return False
    contact(line, sender, force=True)
    return True


def _bound(conn: Connection, line: Line, sender: Sender, identity: Identity, now: datetime) -> None:
    line.id = accounts.bind(
        conn, line.id, identity, now=now, configured=sender.configured, asked_as=line.identity
    )
    row = accounts.by_name(conn, line.account.name)
    if row is not None and row.hold == "login":
        accounts.release(conn, line.id, now=now)


def _held(line: Line, sender: Sender, error: AuthFailed, now: datetime) -> datetime:
    until = now + LOGIN_AGAIN

    def work(conn: Connection) -> None:
        accounts.hold(conn, line.id, "login", code=error.code, detail=error.detail, until=until, now=now)
        accounts.asked(conn, line.id, line.identity)

    sender.ledger.write(work)
    sender.tell(Happened(now, "login", account=line.account.name, detail=str(error)))
    return until


def _survey(line: Line, sender: Sender) -> None:
    """Quota, templates and expiry are read offline from now on; a failure here stops nothing."""
    try:
        facts = line.session.survey()
    except Exception as error:
        said = str(as_one_of_six(error))
        sender.tell(Happened(sender.now(), "problem", account=line.account.name, detail=said))
        return
    sender.ledger.write(lambda conn: accounts.keep_facts(conn, line.id, facts))
    line.rules = line.rules.told(facts.quotas)
