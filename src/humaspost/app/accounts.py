"""Logins with a browser, on channels that support them, and the status of an account."""

from humaspost.app import account_sessions
from humaspost.app.office import Office
from humaspost.delivery.account_session import AccountSession
from humaspost.ledger import accounts
from humaspost.model.account import Account, AccountStatus
from humaspost.model.channel import Authorization, Channel, OAuthLogin


def login_secrets(channel: Channel, account: Account) -> tuple[str, ...]:
    """Return the secrets that a login creates; empty if a person writes them."""
    return channel.login_secrets(account.config) if isinstance(channel, OAuthLogin) else ()


def required_secrets(channel: Channel, account: Account) -> tuple[str, ...]:
    """Return the secrets without which the account cannot be used, from a login or a person."""
    return login_secrets(channel, account) or channel.secrets


def create_authorization(office: Office, account: Account, *, callback_url: str) -> Authorization | None:
    """Return the authorization to open in a browser, or None if the account has no such login."""
    channel = office.channels[account.channel]
    if not isinstance(channel, OAuthLogin) or not channel.login_secrets(account.config):
        return None
    return channel.create_authorization(account.config, callback_url=callback_url)


def log_in(office: Office, account: Account, *, authorization: Authorization, code: str) -> None:
    """Exchange the code for tokens and store them in the state folder.

    The tokens might belong to another account: nothing is sent with them before an identity check.
    Raises one of the six ChannelErrors if the platform gives no tokens.
    """
    account_session = account_sessions.open_account(office, account)
    try:
        channel = account_session.channel
        assert isinstance(channel, OAuthLogin)
        # Before the login, in case this process dies; after it, in case a sender checked meanwhile.
        _require_identity_check(office, account_session)
        channel.log_in(account.config, account_session.context, authorization=authorization, code=code)
        _require_identity_check(office, account_session)
    finally:
        account_session.close()


def _require_identity_check(office: Office, account_session: AccountSession) -> None:
    office.ledger(write=True).write(
        lambda conn: accounts.require_identity_check(conn, account_session.account_id)
    )


def fetch_status(office: Office, name: str) -> AccountStatus:
    """Fetch the account's status from its platform, store it in the ledger and return it.

    Raises KeyError for a name that is not configured, and one of the six ChannelErrors.
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
