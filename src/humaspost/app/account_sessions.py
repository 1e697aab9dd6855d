"""Sessions of the office's accounts; only code that calls platforms loads this module."""

import hashlib
from contextlib import suppress
from datetime import timedelta

from humaspost.app.channel_context import OfficeChannelContext
from humaspost.app.folder.file_check import create_file_check
from humaspost.app.office import Office
from humaspost.delivery.account_session import AccountSession, SenderContext
from humaspost.ledger import accounts
from humaspost.model.account import Account
from humaspost.model.channel import Channel, WebhookReceiver
from humaspost.policy.decide import decide
from humaspost.policy.eligibility import check_recipient
from humaspost.settings.problems import ConfigError


def open_account(office: Office, account: Account) -> AccountSession:
    """Return a session of the account, and give the account an id in the ledger."""
    channel = office.channels[account.channel]
    _register_secrets(office, account.name, channel)
    platform_id = channel.platform_id(account.config)
    account_id = office.ledger(write=True).write(
        lambda conn: accounts.ensure_account(conn, account, platform_id=platform_id)
    )
    context = OfficeChannelContext(
        account.name,
        rules=channel.rules(account.config),
        root=office.settings.root,
        fitted_folder=office.fitted_folder,
        vault=office.vault,
        host=office.host,
        clock=office.now,
        conversions=office.conversions if office.is_converting else None,
    )
    status = office.account_statuses().get(account.name)
    rules = context.rules.with_platform_quotas(status.quotas) if status else context.rules
    digest = identity_digest(office, account)
    return AccountSession(account, account_id, channel, rules, context, digest)


def open_accounts(office: Office) -> list[AccountSession]:
    """Return a session of every account of the config."""
    return [open_account(office, account) for account in office.settings.accounts]


def identity_digest(office: Office, account: Account) -> str:
    """Return a digest of the account's config and secrets that reveals neither."""
    channel = office.channels[account.channel]
    with suppress(ConfigError):
        text = f"{account.config!r}\0{office.vault.fingerprint(account.name, channel.secrets)}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]
    return ""


def _register_secrets(office: Office, account: str, channel: Channel) -> None:
    """Read every secret, so that it is redacted from now on."""
    # A platform has secrets that we never send to it. It might echo one before we read it.
    webhook = channel.webhook_secrets if isinstance(channel, WebhookReceiver) else None
    webhook_names = (webhook.signature, webhook.handshake) if webhook else ()
    for name in dict.fromkeys((*channel.secrets, *webhook_names)):
        # The code that needs a secret reports a source that cannot be used.
        with suppress(ConfigError):
            office.vault.secret(account, name)


def create_sender_context(office: Office, owner: str, *, only_post: str | None = None) -> SenderContext:
    """Return what the workers of this process share."""
    return SenderContext(
        ledger=office.ledger(write=True, upgrade=True),
        owner=owner,
        decide=decide,
        check_recipient=check_recipient,
        now=office.now,
        configured=frozenset(account.name for account in office.settings.accounts),
        same_text_period=timedelta(days=office.settings.policy.same_text_days),
        emit=office.emit,
        only_post=only_post,
        check_file=create_file_check(office.settings),
    )
