"""The switches of the pretend WhatsApp: what Meta leaves open, or what a test wants to see."""

from typing import Any

from humaspost.sandbox.options import Switch
from humaspost.sandbox.state import World
from humaspost.sandbox.whatsapp.accounts import VERIFY_TOKEN

SWITCHES: dict[str, Switch] = {
    "whatsapp.rate": Switch(
        80,
        "messages per second that the number takes; a second's worth may come at once (130429)",
    ),
    "whatsapp.pair_interval": Switch(6.0, "seconds between two messages to the same person (131056)"),
    "whatsapp.pair_burst": Switch(
        45, "messages to the same person that may come at once, borrowed from later"
    ),
    "whatsapp.daily_recipients": Switch(
        100_000,
        "people outside the 24-hour window in any 24 h; beyond it 131048 (Meta documents no code)",
    ),
    "whatsapp.window": Switch(
        "sync",
        "free text outside the window: sync = refused with 131047, async = fails later, open",
        choices=("sync", "async", "open"),
    ),
    "whatsapp.undeliverable": Switch(
        [], "numbers that are not on WhatsApp: accepted, then failed with 131026"
    ),
    "whatsapp.marketing_stopped": Switch(
        [],
        "numbers that stopped marketing: its templates fail later with 131050",
    ),
    "whatsapp.marketing_limited": Switch(
        [],
        "numbers past Meta's marketing cap: its templates fail later with 131049",
    ),
    "whatsapp.failures": Switch(
        {}, "number -> error code with which its messages fail after they were accepted"
    ),
    "whatsapp.held": Switch(
        "no",
        "templates held_for_quality_assessment: no, deliver (late), drop (never shown)",
        choices=("no", "deliver", "drop"),
    ),
    "whatsapp.auto_approve": Switch(False, "a template just created is APPROVED instead of PENDING"),
    "whatsapp.media_days": Switch(30, "days that an uploaded media id lives"),
    "whatsapp.message_history": Switch(
        False, "GET message_history exists (unconfirmed on the live platform)"
    ),
    "whatsapp.bsuid": Switch(
        "both",
        "webhooks name people by: no = number, only = business-scoped user id, both",
        choices=("both", "no", "only"),
    ),
    "whatsapp.usage": Switch(
        1, "percent of the allowance in the usage headers; from 100 on every call is 80007"
    ),
    "whatsapp.callback_url": Switch("", "where webhooks go; loopback only"),
    "whatsapp.verify_token": Switch(
        VERIFY_TOKEN,
        "hub.verify_token of the handshake before the first webhook",
    ),
    "whatsapp.sent_seconds": Switch(0.0, "from acceptance to the status sent; null = never", nullable=True),
    "whatsapp.delivered_seconds": Switch(
        0.2, "from acceptance to the status delivered; null = never", nullable=True
    ),
    "whatsapp.read_seconds": Switch(1.0, "from acceptance to the status read; null = never", nullable=True),
    "whatsapp.webhook_before_response": Switch(
        False, "the status sent arrives before the answer to the message"
    ),
    "whatsapp.webhook_order": Switch(
        "in-order",
        "order of one message's statuses: in-order, reversed, shuffled",
        choices=("in-order", "reversed", "shuffled"),
    ),
    "whatsapp.webhook_copies": Switch(1, "how often each webhook is delivered"),
    "whatsapp.webhook_drop": Switch(0.0, "probability that a webhook is never sent"),
    "whatsapp.webhook_batch": Switch(10, "changes that may travel in one POST"),
    "whatsapp.webhook_retry_seconds": Switch(0.5, "wait after the first refusal, doubled each time"),
    "whatsapp.webhook_retries": Switch(12, "deliveries tried again after anything but a 200"),
}


def setting(world: World, name: str) -> Any:
    """The value of ``whatsapp.<name>`` now; its default unless control set it."""
    key = f"whatsapp.{name}"
    return world.settings.get(key, SWITCHES[key].default)
