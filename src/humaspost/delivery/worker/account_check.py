"""Before the first write the platform says whose credentials these are."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from humaspost.delivery.account_session import Line, Sender
from humaspost.delivery.events import Happened, trouble
from humaspost.delivery.steps.retry import LOGIN_AGAIN, Again, HoldAccount, OneOfSix, as_one_of_six, decide
from humaspost.ledger import accounts
from humaspost.ledger.accounts import AccountConflict, WrongAccount
from humaspost.ledger.holds import account_holds
from humaspost.model.account import Identity
from humaspost.model.errors import AuthFailed, ChannelError

#: An account that was seen lately is not asked again: on X every question costs money.
FRESH = timedelta(hours=24)
#: A login that ends within this is looked after daily; Instagram's may be renewed from then on.
NEAR = timedelta(days=30)
#: A disk that took no answer may take the next; every question before it costs as much as the first.
LEDGER_AGAIN = timedelta(seconds=5)
#: A question that was not answered is put again no sooner.
ASKED_AGAIN = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Shut:
    """Nothing may be sent on the account; it is asked again at ``until``. ``held`` = or as soon as it is released."""

    until: datetime
    held: bool


def contact(line: Line, sender: Sender, *, force: bool = False) -> Shut | None:
    """The account is bound and free to send (None), or why not for now; an answer is on disk either way."""
    now = sender.now()
    with sender.ledger.read() as conn:
        row = accounts.by_name(conn, line.account.name)
    if row is not None and row.asked_as == line.identity and not force:
        if row.hold == "login":
            wait: datetime = row.hold_until or now + LOGIN_AGAIN  # no time = only a person ends it
            if wait > now:
                hold_waiting(line, sender)
                return Shut(wait, held=True)
        elif row.bound_at and row.checked_at and now - row.checked_at < FRESH:
            return None
        elif row.hold == "quota":
            hold_waiting(line, sender)
            return Shut(now + LOGIN_AGAIN, held=True)
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
        return Shut(now + LEDGER_AGAIN, held=False)
    except Exception as error:
        if force and not isinstance(error, ChannelError):
            raise  # a person asked, and is told by the one boundary
        return _not_told(line, sender, as_one_of_six(error), now)
    _survey(line, sender)
    return None


def _not_told(line: Line, sender: Sender, error: OneOfSix, now: datetime) -> Shut:
    """The question itself was refused; a channel's own mistake is no reason to ask again at once either."""
    sender.tell(Happened(now, "problem", account=line.account.name, detail=str(error)))
    match decide(error, failures=0, now=now, jitter=random.random()):  # noqa: S311  # spreads load
        case HoldAccount(reason):
            sender.ledger.write(
                lambda conn: account_holds.hold(
                    conn, line.id, reason, code=error.code, detail=error.detail, now=now
                )
            )
            return Shut(now + LOGIN_AGAIN, held=True)
        case Again(at, counts=False):
            return Shut(max(at, now + ASKED_AGAIN), held=False)
        case _:
            return Shut(now + ASKED_AGAIN, held=False)


def hold_waiting(line: Line, sender: Sender) -> bool:
    """What came due while the account's login is refused, or its allowance is spent, says so; False = it is not."""
    with sender.ledger.read() as conn:
        row = accounts.by_name(conn, line.account.name)
    if row is None or row.hold not in account_holds.LASTING:
        return False
    # Somebody may have released it since: that is asked once more where it is written.
    return sender.ledger.write(lambda conn: account_holds.hold_due(conn, line.id, now=sender.now()))


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
    """Its login is good, which ends a hold for want of one; where that was good all along, a person ends it."""
    line.id = accounts.bind(
        conn, line.id, identity, now=now, configured=sender.configured, asked_as=line.identity
    )
    row = accounts.by_name(conn, line.account.name)
    if row is not None and row.hold == "login" and row.hold_until is not None:
        account_holds.release(conn, line.id, now=now)


def _held(line: Line, sender: Sender, error: AuthFailed, now: datetime) -> Shut:
    until = now + LOGIN_AGAIN

    def work(conn: Connection) -> None:
        account_holds.hold(conn, line.id, "login", code=error.code, detail=error.detail, until=until, now=now)
        accounts.asked(conn, line.id, line.identity)

    sender.ledger.write(work)
    sender.tell(Happened(now, "login", account=line.account.name, detail=str(error)))
    return Shut(until, held=True)


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
