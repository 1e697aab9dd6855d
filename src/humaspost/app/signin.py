"""Logging in to an account with a browser, where its channel has that."""

from humaspost.app.office import Office
from humaspost.model.account import Account
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
    """The tokens are in the state folder; raises one of the six ChannelErrors where the platform gives none."""
    line = office.line(account)
    try:
        channel = line.channel
        assert isinstance(channel, SignsIn)
        channel.log_in(account.config, line.door, consent=consent, code=code)
    finally:
        line.close()
