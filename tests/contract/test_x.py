"""X keeps what every channel keeps."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

from humaspost.channels.testing.contract import ContractStage
from humaspost.channels.x.config import KEYS
from humaspost.channels.x.session import open_session
from humaspost.model.post import MediaKind
from humaspost.model.rendition import Part
from tests.channels.x.oauth_login import config_of, log_in
from tests.contract.stages import SandboxContract, SandboxStage
from tests.support.channel_context import SandboxContext, jpeg
from tests.support.media_samples import gif, mp4

_SRT = b"1\n00:00:00,000 --> 00:00:01,000\nPilah sampah.\n"


def _parts(context: SandboxContext) -> Mapping[str, Part]:
    images = [
        context.add(jpeg(colour=colour), name=f"{colour}.jpg", alt=colour) for colour in ("navy", "teal")
    ]
    words = replace(
        context.add(_SRT, name="a.id.srt"), kind=MediaKind.DOCUMENT, mime="text/srt", use="captions"
    )
    film = replace(context.add(mp4(), name="a.mp4"), kind=MediaKind.VIDEO, mime="video/mp4", captions=words)
    moving = replace(context.add(gif(), name="a.gif"), kind=MediaKind.GIF, mime="image/gif", alt="Bergerak.")
    return {
        "text": Part(1, "Hanya kata, dengan tautan https://kota.example/a & #Tagar"),
        "images": Part(1, "Dua gambar.", tuple(images)),
        "poll": Part(1, "Pilih.", extra={"poll": {"options": ["A", "B"], "duration_minutes": 60}}),
        "film": Part(1, "Film.", (film,), {"reply_settings": "following", "made_with_ai": True}),
        "moving": Part(1, "Bergerak.", (moving,)),
    }


class TestX(SandboxContract):
    def stage(self) -> AbstractContextManager[ContractStage]:
        return self.staged(
            "x",
            {"base_url": "base_url", "handle": "handle"},
            secrets=KEYS,
            parts=_parts,
            paths={"publish": "/2/tweets$", "prepare": "/2/media"},
            opener=open_session,
        )


@contextmanager
def _logged_in(stage: AbstractContextManager[ContractStage]) -> Iterator[ContractStage]:
    with stage as found:
        assert isinstance(found, SandboxStage)
        found.config = config_of(found.sandbox)
        log_in(found.config, found.context)
        found.sandbox.state.requests.clear()
        yield found


class TestXByLogin(TestX):
    def stage(self) -> AbstractContextManager[ContractStage]:
        return _logged_in(super().stage())
