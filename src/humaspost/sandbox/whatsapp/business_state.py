"""Everything that the pretend WhatsApp remembers of its one business, and how the world hears of it."""

import base64
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from humaspost.sandbox.state import World
from humaspost.sandbox.whatsapp import template_store, webhook_payloads
from humaspost.sandbox.whatsapp.contacts import People
from humaspost.sandbox.whatsapp.limits import Hourly, Pace, Reach
from humaspost.sandbox.whatsapp.options import setting
from humaspost.sandbox.whatsapp.templates import Template
from humaspost.sandbox.whatsapp.uploads import Shelf, Stored
from humaspost.sandbox.whatsapp.webhook_sender import Courier

NUMBER_PACE = "the number"


def new_wamid(phone: str) -> str:
    """A fresh message id; like the classic ones it is base64 with the person's number inside."""
    inner = b"\x1c\x18" + bytes([len(phone) - 1]) + phone[1:].encode() + b"\x15\x02\x00\x11\x18\x12"
    return "wamid." + base64.b64encode(inner + secrets.token_hex(9).upper().encode() + b"\0").decode()


@dataclass(slots=True)
class Business:
    """Files, templates, people, limits and messages; ``courier`` carries the webhooks."""

    world: World
    courier: Courier = field(init=False)
    shelf: Shelf = field(default_factory=Shelf)
    templates: list[Template] = field(default_factory=template_store.standard)
    people: People = field(default_factory=People)
    throughput: Pace = field(default_factory=Pace)
    pairs: Pace = field(default_factory=Pace)
    reach: Reach = field(default_factory=Reach)
    creations: Hourly = field(default_factory=Hourly)
    messages: dict[str, webhook_payloads.Sent] = field(default_factory=dict)
    inbox: set[str] = field(default_factory=set)
    #: URL -> (until when it is kept, the file or None when it could not be fetched).
    links: dict[str, tuple[datetime, Stored | None]] = field(default_factory=dict)
    subscribed: bool = True

    def __post_init__(self) -> None:
        """The courier reads this business's switches."""
        self.courier = Courier(self.option)

    def option(self, name: str) -> Any:
        """The value of the switch ``whatsapp.<name>`` now."""
        return setting(self.world, name)

    def reset(self) -> None:
        """All is as it was when the sandbox started; nothing is under way."""
        self.courier.forget()
        fresh = Business(self.world)
        for name in self.__slots__:
            if name not in ("world", "courier"):
                setattr(self, name, getattr(fresh, name))

    def tell(self, change: dict[str, Any], *, after: float = 0.0) -> None:
        """The callback hears of ``change`` in ``after`` seconds, if the app is subscribed."""
        if self.subscribed:
            self.courier.send(change, after=after)

    def announce(self, judged: list[Template]) -> None:
        """The callback hears which status these templates have now."""
        for template in judged:
            self.tell(webhook_payloads.verdict(template, at=self.world.now()))

    def living(self, media_id: str) -> Stored | None:
        """The uploaded file behind ``media_id`` while its id lives."""
        days = float(self.option("media_days"))
        return self.shelf.living(media_id, now=self.world.now(), days=days)

    def inbound(self, said: webhook_payloads.Words) -> str:
        """A person wrote: the 24-hour window is open, and the callback hears of it. Gives the wamid."""
        now, wamid = self.world.now(), new_wamid(said.from_)
        self.people.wrote(said.from_, now)
        self.inbox.add(wamid)
        self.tell(webhook_payloads.inbound(said, wamid=wamid, at=now, bsuid=self.option("bsuid")))
        return wamid

    def report(self, sent: webhook_payloads.Sent, *, first_is_out: bool = False, late: float = 0.0) -> None:
        """The callback hears what becomes of ``sent``; ``first_is_out`` when that was told already."""
        states = ["failed"] if sent.doom else ["sent", "delivered", "read"]
        delays = [
            self.option("sent_seconds" if state == "failed" else f"{state}_seconds") for state in states
        ]
        due = [
            (state, delay + late) for state, delay in zip(states, delays, strict=True) if delay is not None
        ]
        for state, delay in self._reordered(due):
            if not (first_is_out and state == states[0]):
                self.tell(self.status(sent, state), after=delay)

    def status(self, sent: webhook_payloads.Sent, state: str) -> dict[str, Any]:
        """The webhook change for one status of ``sent``."""
        return webhook_payloads.status(sent, state, at=self.world.now(), bsuid=self.option("bsuid"))

    def _reordered(self, due: list[tuple[str, float]]) -> list[tuple[str, float]]:
        delays = [delay for _, delay in due]
        match self.option("webhook_order"):
            case "reversed":
                delays.reverse()
            case "shuffled":
                secrets.SystemRandom().shuffle(delays)
        return list(zip([state for state, _ in due], delays, strict=True))
