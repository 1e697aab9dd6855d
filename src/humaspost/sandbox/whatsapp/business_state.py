"""The state of the simulated WhatsApp's business, and its webhooks."""

import base64
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from humaspost.sandbox.state import SandboxState
from humaspost.sandbox.whatsapp import template_store, webhook_payloads
from humaspost.sandbox.whatsapp.contacts import ContactRegistry
from humaspost.sandbox.whatsapp.limits import HourlyLimit, PacedLimit, RecipientLimit
from humaspost.sandbox.whatsapp.options import get_option
from humaspost.sandbox.whatsapp.templates import Template
from humaspost.sandbox.whatsapp.uploads import FileStore, StoredFile
from humaspost.sandbox.whatsapp.webhook_sender import WebhookSender

NUMBER_PACE_KEY = "the number"


def new_wamid(phone: str) -> str:
    """Return a new message id: base64 with the recipient's number inside, as WhatsApp's are."""
    inner = b"\x1c\x18" + bytes([len(phone) - 1]) + phone[1:].encode() + b"\x15\x02\x00\x11\x18\x12"
    return "wamid." + base64.b64encode(inner + secrets.token_hex(9).upper().encode() + b"\0").decode()


@dataclass(slots=True)
class BusinessState:
    """Files, templates, contacts, limits and messages; ``webhook_sender`` sends webhooks."""

    state: SandboxState
    webhook_sender: WebhookSender = field(init=False)
    file_store: FileStore = field(default_factory=FileStore)
    templates: list[Template] = field(default_factory=template_store.standard_templates)
    contacts: ContactRegistry = field(default_factory=ContactRegistry)
    throughput: PacedLimit = field(default_factory=PacedLimit)
    pair_pace: PacedLimit = field(default_factory=PacedLimit)
    recipient_limit: RecipientLimit = field(default_factory=RecipientLimit)
    template_creations: HourlyLimit = field(default_factory=HourlyLimit)
    messages: dict[str, webhook_payloads.SentMessage] = field(default_factory=dict)
    inbox: set[str] = field(default_factory=set)
    #: URL -> (end of the cache entry, the file or None if the fetch failed).
    linked_files: dict[str, tuple[datetime, StoredFile | None]] = field(default_factory=dict)
    subscribed: bool = True

    def __post_init__(self) -> None:
        """Create the webhook sender, which reads the options of this business."""
        self.webhook_sender = WebhookSender(self.get_option)

    def get_option(self, name: str) -> Any:
        """Return the present value of the option ``whatsapp.<name>``."""
        return get_option(self.state, name)

    def reset(self) -> None:
        """Return to the state at the start of the sandbox; cancel pending webhooks."""
        self.webhook_sender.clear()
        initial = BusinessState(self.state)
        for name in self.__slots__:
            if name not in ("state", "webhook_sender"):
                setattr(self, name, getattr(initial, name))

    def send_webhook(self, change: dict[str, Any], *, delay: float = 0.0) -> None:
        """Send ``change`` to the callback after ``delay`` seconds if the app is subscribed."""
        if self.subscribed:
            self.webhook_sender.send(change, delay=delay)

    def send_template_webhooks(self, templates: list[Template]) -> None:
        """Send the present status of these templates to the callback."""
        for template in templates:
            self.send_webhook(webhook_payloads.template_status_change(template, at=self.state.now()))

    def get_file(self, media_id: str) -> StoredFile | None:
        """Return the uploaded file of ``media_id``, or None if the id is unknown or expired."""
        days = float(self.get_option("media_days"))
        return self.file_store.get(media_id, now=self.state.now(), days=days)

    def receive_message(self, message: webhook_payloads.InboundMessage) -> str:
        """Record a received message, open the 24-hour window, and return the wamid."""
        now, wamid = self.state.now(), new_wamid(message.from_)
        self.contacts.record_inbound(message.from_, now)
        self.inbox.add(wamid)
        self.send_webhook(
            webhook_payloads.inbound_change(message, wamid=wamid, at=now, bsuid=self.get_option("bsuid"))
        )
        return wamid

    def schedule_statuses(
        self, message: webhook_payloads.SentMessage, *, is_first_sent: bool = False, delay_after: float = 0.0
    ) -> None:
        """Schedule the status webhooks of ``message``.

        ``is_first_sent`` means that the callback already has the first one.
        """
        states = ["failed"] if message.failure_code else ["sent", "delivered", "read"]
        delays = [
            self.get_option("sent_seconds" if state == "failed" else f"{state}_seconds") for state in states
        ]
        due = [
            (state, delay + delay_after)
            for state, delay in zip(states, delays, strict=True)
            if delay is not None
        ]
        for state, delay in self._reorder(due):
            if not (is_first_sent and state == states[0]):
                self.send_webhook(self.status_change(message, state), delay=delay)

    def status_change(self, message: webhook_payloads.SentMessage, state: str) -> dict[str, Any]:
        """Return the webhook change for one status of ``message``."""
        return webhook_payloads.status_change(
            message, state, at=self.state.now(), bsuid=self.get_option("bsuid")
        )

    def _reorder(self, due: list[tuple[str, float]]) -> list[tuple[str, float]]:
        delays = [delay for _, delay in due]
        match self.get_option("webhook_order"):
            case "reversed":
                delays.reverse()
            case "shuffled":
                secrets.SystemRandom().shuffle(delays)
        return list(zip([state for state, _ in due], delays, strict=True))
