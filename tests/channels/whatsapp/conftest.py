"""WhatsApp opened against a fresh sandbox over real loopback sockets."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from humaspost.channels.whatsapp import WhatsApp
from humaspost.channels.whatsapp.config import WhatsAppConfig
from humaspost.model.delivery import Receipt, Recipient
from humaspost.model.rendition import Fallback, Part
from humaspost.sandbox.faults import Fault
from humaspost.sandbox.server import Sandbox
from tests.support.channel_context import SandboxContext, jpeg, prepared

PERSON = Recipient("r1", "+6281200000001")


@dataclass
class SessionHarness:
    """A session, the sandbox behind it, and what people see on their phones."""

    sandbox: Sandbox
    context: SandboxContext
    session: Any
    config: WhatsAppConfig

    def part(self, text: str = "*Judul*\n\nHalo.", *, name: str = "", template: str = "pengumuman") -> Part:
        data = jpeg() if name.endswith(".jpg") else b"%PDF-1.4\n%\xe2\xe3\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
        media = (self.context.add(data, name=name),) if name else ()
        fallback = Fallback(template, "id", ("Judul", "Halo.", "https://a.example"), bool(media))
        return Part(1, text, media, {}, fallback)

    def published(
        self, part: Part, *, to: Recipient = PERSON, key: str = "hp1:k:1", window: bool = False
    ) -> Receipt:
        if window:
            self.sandbox.platforms["whatsapp"].receive_message(to.phone, "halo")
        person = Recipient(to.id, to.phone, window)
        ready = prepared(self.session, part)
        found: Receipt = self.session.publish(part, ready, key=key, to=person, reply_to=None)
        return found

    def objects(self) -> list[Any]:
        return [o for o in self.sandbox.state.objects if o.channel == "whatsapp"]

    def inject_fault(self, fault: str, path: str = "/messages$", **values: Any) -> None:
        self.sandbox.faults.add(Fault(channel="whatsapp", path=path, fault=fault, **values))


@pytest.fixture
def harness(sandbox: Sandbox, tmp_path: Path) -> Iterator[SessionHarness]:
    account = sandbox.config()["accounts"]["whatsapp"]
    config = WhatsAppConfig(
        base_url=account["base_url"],
        phone_number_id=account["phone_number_id"],
        business_account_id=account["business_account_id"],
    )
    context = SandboxContext(sandbox, tmp_path, {"access_token": account["access_token"]})
    with WhatsApp().open(config, context) as session:
        yield SessionHarness(sandbox, context, session, config)
