"""WhatsApp keeps what every channel keeps."""

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager

from humaspost.channels.testing.contract import ContractStage
from humaspost.channels.whatsapp.session import open_session
from humaspost.model.delivery import Recipient
from humaspost.model.rendition import Fallback, Part
from tests.contract.stages import HASTY, SandboxContract
from tests.support.channel_context import SandboxContext, jpeg

_FILLED = ("Judul", "Isi.", "https://kota.example")


def _parts(context: SandboxContext) -> Mapping[str, Part]:
    image = context.add(jpeg(), name="a.jpg")
    paper = context.add(b"%PDF-1.4\n%\xe2\xe3\n%%EOF\n", name="a.pdf")
    return {
        "text": Part(1, "*Judul*", fallback=Fallback("pengumuman", "id", _FILLED)),
        "image": Part(1, "*Judul*", (image,), {}, Fallback("pengumuman_gambar", "id", _FILLED, True)),
        "document": Part(1, "*Judul*", (paper,), {}, Fallback("pengumuman_dokumen", "id", _FILLED, True)),
    }


class TestWhatsApp(SandboxContract):
    def stage(self, *, hasty: float = HASTY) -> AbstractContextManager[ContractStage]:
        return self.staged(
            "whatsapp",
            {
                "base_url": "base_url",
                "phone_number_id": "phone_number_id",
                "business_account_id": "business_account_id",
            },
            secrets=("access_token",),
            parts=_parts,
            paths={"publish": "/messages$", "prepare": "/media$"},
            opener=open_session,
            hasty=hasty,
            to=Recipient("r1", "+6281200000001"),
        )

    def test_a_longer_deadline_ends_a_hang_as_well(self) -> None:
        with self.stage(hasty=1.5) as stage, stage.open(stage.context) as session:
            began = time.monotonic()
            self._check_lost_outcome(stage, session, stage.parts["text"], fault="hang")
            assert time.monotonic() - began >= 1.5, "the deadline is what ends it, and not before its time"
