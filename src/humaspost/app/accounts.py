"""Logging in to an account with a browser, where its channel has that."""

from humaspost.app import account_sessions
from humaspost.app.office import Office
from humaspost.delivery.account_session import AccountSession
from humaspost.ledger import accounts
from humaspost.model.account import Account, AccountStatus
from humaspost.model.channel import Authorization, Channel, OAuthLogin


def login_secrets(channel: Channel, account: Account) -> tuple[str, ...]:
    """The secrets that logging in brings; none = a person writes the account's secrets."""
    return channel.login_secrets(account.config) if isinstance(channel, OAuthLogin) else ()


def required_secrets(channel: Channel, account: Account) -> tuple[str, ...]:
    """The secrets without which the account cannot be used, whoever brings them."""
    return login_secrets(channel, account) or channel.secrets


def create_authorization(office: Office, account: Account, *, callback_url: str) -> Authorization | None:
    """What the person is to be asked; None = the account is not logged in to so."""
    channel = office.channels[account.channel]
    if not isinstance(channel, OAuthLogin) or not channel.login_secrets(account.config):
        return None
    return channel.create_authorization(account.config, callback_url=callback_url)


def log_in(office: Office, account: Account, *, authorization: Authorization, code: str) -> None:
    """The tokens are in the state folder; raises one of the six ChannelErrors where the platform gives none.

    Whose they are is not known yet: nothing is sent by them before the platform said so.
    """
    account_session = account_sessions.open_account(office, account)
    try:
        channel = account_session.channel
        assert isinstance(channel, OAuthLogin)
        _require_identity_check(
            office, account_session
        )  # before, for a process that dies; after, for a sender that asked meanwhile
        channel.log_in(account.config, account_session.context, authorization=authorization, code=code)
        _require_identity_check(office, account_session)
    finally:
        account_session.close()


def _require_identity_check(office: Office, account_session: AccountSession) -> None:
    office.ledger(write=True).write(
        lambda conn: accounts.require_identity_check(conn, account_session.account_id)
    )


def fetch_status(office: Office, name: str) -> AccountStatus:
    """What the platform says of the account, kept in the ledger. Raises KeyError for a name that is not configured,

    and one of the six errors where the platform does not say it.
    """
    account = office.settings.account(name)
    if account is None:
        raise KeyError(name)
    account_session = account_sessions.open_account(office, account)
    try:
        status = account_session.session.fetch_status()
    finally:
        account_session.close()
    office.ledger(write=True).write(
        lambda conn: accounts.save_status(conn, account_session.account_id, status)
    )
    return status
