"""Logging in to an account with a browser, where its channel has that."""

from humaspost.app.office import Office
from humaspost.delivery.account_session import Line
from humaspost.ledger import accounts
from humaspost.model.account import Account, Facts
from humaspost.model.channel import Channel, Consent, SignsIn


def tokens(channel: Channel, account: Account) -> tuple[str, ...]:
    """The secrets that logging in brings; none = a person writes the account's secrets."""
    return channel.tokens(account.config) if isinstance(channel, SignsIn) else ()


def secrets(channel: Channel, account: Account) -> tuple[str, ...]:
    """The secrets without which the account cannot be used, whoever brings them."""
    return tokens(channel, account) or channel.secrets


def consent(office: Office, account: Account, *, callback: str) -> Consent | None:
    """What the person is to be asked; None = the account is not logged in to so."""
    channel = office.channels[account.channel]
    if not isinstance(channel, SignsIn) or not channel.tokens(account.config):
        return None
    return channel.consent(account.config, callback=callback)


def log_in(office: Office, account: Account, *, consent: Consent, code: str) -> None:
    """The tokens are in the state folder; raises one of the six ChannelErrors where the platform gives none.

    Whose they are is not known yet: nothing is sent by them before the platform said so.
    """
    line = office.line(account)
    try:
        channel = line.channel
        assert isinstance(channel, SignsIn)
        _ask_anew(office, line)  # before, for a process that dies; after, for a sender that asked meanwhile
        channel.log_in(account.config, line.door, consent=consent, code=code)
        _ask_anew(office, line)
    finally:
        line.close()


def _ask_anew(office: Office, line: Line) -> None:
    office.ledger(write=True).write(lambda conn: accounts.ask_anew(conn, line.id))


def survey(office: Office, name: str) -> Facts:
    """What the platform says of the account, kept in the ledger. Raises KeyError for a name that is not configured,

    and one of the six errors where the platform does not say it.
    """
    account = office.settings.account(name)
    if account is None:
        raise KeyError(name)
    line = office.line(account)
    try:
        facts = line.session.survey()
    finally:
        line.close()
    office.ledger(write=True).write(lambda conn: accounts.keep_facts(conn, line.id, facts))
    return facts
