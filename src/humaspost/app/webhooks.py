"""Webhooks: what a platform tells is on disk, and settled, before it hears that it was heard."""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field

from sqlalchemy import Connection

from humaspost.app.office import Office
from humaspost.audience.opt_out import leaves
from humaspost.ledger import accounts
from humaspost.ledger.webhooks import message_events
from humaspost.model.account import Account
from humaspost.model.channel import Channel, Event

#: A webhook is signed with the first; the second proves, once, that the address is ours.
SIGNING, GREETING = "app_secret", "verify_token"


@dataclass(frozen=True, slots=True)
class Hook:
    """One account that takes webhooks; its two secrets, empty where a person has not written them yet."""

    account: Account
    channel: Channel
    app_secret: str = field(repr=False)
    verify_token: str = field(repr=False)

    @property
    def missing(self) -> tuple[str, ...]:
        """The secrets without which nothing that arrives can be believed."""
        pairs = ((SIGNING, self.app_secret), (GREETING, self.verify_token))
        return tuple(name for name, value in pairs if not value)


def hooks(office: Office) -> dict[str, Hook]:
    """The accounts whose platform signs its webhooks, by name."""
    return {
        account.name: _hook(office, account)
        for account in office.settings.accounts
        if SIGNING in office.channels[account.channel].secrets
    }


def of_app(hooks: Mapping[str, Hook], hook: Hook) -> list[Hook]:
    """The accounts of the same app, this one among them: a platform calls one address for all of an app's.

    https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview (read 2026-11-23)
    """
    return [one for one in hooks.values() if (one.channel, one.app_secret) == (hook.channel, hook.app_secret)]


def _hook(office: Office, account: Account) -> Hook:
    def secret(name: str) -> str:
        return office.vault.secret(account.name, name) or ""

    return Hook(account, office.channels[account.channel], secret(SIGNING), secret(GREETING))


def heard(
    office: Office, hook: Hook, headers: Mapping[str, str], body: bytes
) -> "Future[list[message_events.Change]] | None":
    """Answered when everything in the webhook is on disk; None = it is not the platform's. Never raises here."""
    found = hook.channel.events(hook.account.config, headers, body, secret=hook.app_secret)
    if found is None:
        return None
    return office.ledger(write=True).committer.submit(lambda conn: _receive(conn, office, hook, found))


def _receive(conn: Connection, office: Office, hook: Hook, found: list[Event]) -> list[message_events.Change]:
    if not found:
        return []
    platform_id = hook.channel.platform_id(hook.account.config)
    account = accounts.ensure(conn, hook.account, platform_id=platform_id)
    return message_events.receive(conn, account, found, leaves=leaves, now=office.now())
