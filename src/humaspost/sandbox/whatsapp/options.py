"""Options of the simulated WhatsApp: behaviour that Meta leaves open or a test needs."""

from typing import Any

from humaspost.sandbox.options import Option
from humaspost.sandbox.state import SandboxState
from humaspost.sandbox.whatsapp.accounts import VERIFY_TOKEN

OPTIONS: dict[str, Option] = {
    "whatsapp.rate": Option(
        80,
        "messages per second that the number takes; a second's worth may come at once (130429)",
    ),
    "whatsapp.pair_interval": Option(6.0, "seconds between two messages to the same person (131056)"),
    "whatsapp.pair_burst": Option(
        45, "messages to the same person that may come at once, borrowed from later"
    ),
    "whatsapp.daily_recipients": Option(
        100_000,
        "people outside the 24-hour window in any 24 h; beyond it 131048 (Meta documents no code)",
    ),
    "whatsapp.window": Option(
        "sync",
        "free text outside the window: sync = refused with 131047, async = fails later, open",
        choices=("sync", "async", "open"),
    ),
    "whatsapp.undeliverable": Option(
        [], "numbers that are not on WhatsApp: accepted, then failed with 131026"
    ),
    "whatsapp.marketing_stopped": Option(
        [],
        "numbers that stopped marketing: its templates fail later with 131050",
    ),
    "whatsapp.marketing_limited": Option(
        [],
        "numbers past Meta's marketing cap: its templates fail later with 131049",
    ),
    "whatsapp.failures": Option(
        {}, "number -> error code with which its messages fail after they were accepted"
    ),
    "whatsapp.held": Option(
        "no",
        "templates held_for_quality_assessment: no, deliver (late), drop (never shown)",
        choices=("no", "deliver", "drop"),
    ),
    "whatsapp.auto_approve": Option(False, "a template just created is APPROVED instead of PENDING"),
    "whatsapp.media_days": Option(30, "days that an uploaded media id lives"),
    "whatsapp.message_history": Option(
        False, "GET message_history exists (unconfirmed on the live platform)"
    ),
    "whatsapp.bsuid": Option(
        "both",
        "webhooks name people by: no = number, only = business-scoped user id, both",
        choices=("both", "no", "only"),
    ),
    "whatsapp.usage": Option(
        1, "percent of the allowance in the usage headers; from 100 on every call is 80007"
    ),
    "whatsapp.callback_url": Option("", "where webhooks go; loopback only"),
    "whatsapp.verify_token": Option(
        VERIFY_TOKEN,
        "hub.verify_token of the handshake before the first webhook",
    ),
    "whatsapp.sent_seconds": Option(0.0, "from acceptance to the status sent; null = never", nullable=True),
    "whatsapp.delivered_seconds": Option(
        0.2, "from acceptance to the status delivered; null = never", nullable=True
    ),
    "whatsapp.read_seconds": Option(1.0, "from acceptance to the status read; null = never", nullable=True),
    "whatsapp.webhook_before_response": Option(
        False, "the status sent arrives before the answer to the message"
    ),
    "whatsapp.webhook_order": Option(
        "in-order",
        "order of one message's statuses: in-order, reversed, shuffled",
        choices=("in-order", "reversed", "shuffled"),
    ),
    "whatsapp.webhook_copies": Option(1, "how often each webhook is delivered"),
    "whatsapp.webhook_drop": Option(0.0, "probability that a webhook is never sent"),
    "whatsapp.webhook_batch": Option(10, "changes that may travel in one POST"),
    "whatsapp.webhook_retry_seconds": Option(0.5, "wait after the first refusal, doubled each time"),
    "whatsapp.webhook_retries": Option(12, "deliveries tried again after anything but a 200"),
}


def get_option(state: SandboxState, name: str) -> Any:
    """Return the present value of ``whatsapp.<name>``: the default unless control changed it."""
    full_name = f"whatsapp.{name}"
    return state.settings.get(full_name, OPTIONS[full_name].default)
