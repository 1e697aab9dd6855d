"""Webhooks: each is stored and applied before the platform gets its confirmation."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection

from humaspost.app.office import Office
from humaspost.audience.opt_out import is_opt_out
from humaspost.ledger import accounts, lock
from humaspost.ledger.webhooks import message_events
from humaspost.ledger.webhooks.webhook_change import WebhookChange
from humaspost.model.account import Account
from humaspost.model.channel import Channel, WebhookReceiver
from humaspost.model.channel_event import ChannelEvent


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """One account that receives webhooks, with its two secrets; empty if not written yet."""

    account: Account
    channel: Channel
    receiver: WebhookReceiver
    signature_secret: str = field(repr=False)
    handshake_secret: str = field(repr=False)

    @property
    def missing_secrets(self) -> tuple[str, ...]:
        """Return the names of missing secrets; without them no webhook can be trusted."""
        names = self.receiver.webhook_secrets
        pairs = ((names.signature, self.signature_secret), (names.handshake, self.handshake_secret))
        return tuple(name for name, value in pairs if not value)

    def answer_handshake(self, query: Mapping[str, str]) -> str | None:
        """Return the answer that proves to the platform that the address is ours, or None."""
        return self.receiver.answer_handshake(query, secret=self.handshake_secret)


@contextmanager
def open_ledger_for_webhooks(office: Office) -> Iterator[Callable[[], None]]:
    """Open the ledger for a long use beside others; yield a check that it is still in its place.

    Raises LedgerInUseError where another process has it alone.
    """
    with lock.acquire_shared(office.settings.state, "serve"):
        yield office.ledger(write=True).check_path
        office.close()


def list_endpoints(office: Office) -> dict[str, WebhookEndpoint]:
    """Return the accounts whose platform signs its webhooks, by name."""
    return {
        account.name: _create_endpoint(office, account, receiver)
        for account in office.settings.accounts
        if isinstance(receiver := office.channels[account.channel], WebhookReceiver)
    }


def list_endpoints_of_app(
    endpoints: Mapping[str, WebhookEndpoint], endpoint: WebhookEndpoint
) -> list[WebhookEndpoint]:
    """Return all accounts of the same app: a platform calls one address per app.

    https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview (read 2026-11-23)
    """
    return [
        candidate
        for candidate in endpoints.values()
        if (candidate.channel, candidate.signature_secret) == (endpoint.channel, endpoint.signature_secret)
    ]


def _create_endpoint(office: Office, account: Account, receiver: WebhookReceiver) -> WebhookEndpoint:
    def secret(name: str) -> str:
        return office.vault.secret(account.name, name) or ""

    names = receiver.webhook_secrets
    return WebhookEndpoint(
        account,
        office.channels[account.channel],
        receiver,
        signature_secret=secret(names.signature),
        handshake_secret=secret(names.handshake),
    )


def receive_webhook(
    office: Office, endpoint: WebhookEndpoint, headers: Mapping[str, str], body: bytes
) -> "Future[list[WebhookChange]] | None":
    """Store the webhook's events; return a future of the changes, or None if it is not genuine.

    The future completes when everything is on disk. Never raises in this call.
    """
    channel_events = endpoint.channel.events(
        endpoint.account.config, headers, body, secret=endpoint.signature_secret
    )
    if channel_events is None:
        return None
    return office.ledger(write=True).committer.submit(
        lambda conn: _record_events(conn, office, endpoint, channel_events)
    )


def _record_events(
    conn: Connection, office: Office, endpoint: WebhookEndpoint, channel_events: list[ChannelEvent]
) -> list[WebhookChange]:
    if not channel_events:
        return []
    platform_id = endpoint.channel.platform_id(endpoint.account.config)
    account = accounts.ensure_account(conn, endpoint.account, platform_id=platform_id)
    return message_events.receive_events(
        conn, account, channel_events, is_opt_out=is_opt_out, now=office.now()
    )
