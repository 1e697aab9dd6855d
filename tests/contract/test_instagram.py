"""Instagram keeps what every channel keeps."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

from humaspost.channels.instagram.session import open_session
from humaspost.channels.testing.contract import ContractStage
from humaspost.model.post import MediaKind
from humaspost.model.rendition import Part
from tests.contract.stages import SandboxContract
from tests.support.channel_context import SandboxContext, jpeg
from tests.support.video_files import video_file


def _parts(context: SandboxContext) -> Mapping[str, Part]:
    data = video_file((90, 160), seconds=3.0, rate=24, first=True)
    video = replace(context.add(data, name="a.mp4", alt="Gerak."), kind=MediaKind.VIDEO, mime="video/mp4")
    images = [
        context.add(jpeg(colour=colour), name=f"{colour}.jpg", alt=colour) for colour in ("navy", "teal")
    ]
    return {
        "image": Part(1, "Satu gambar.", (images[0],), {"format": "feed"}),
        "carousel": Part(1, "Dua gambar.", (*images, video), {"format": "feed"}),
        "reel": Part(1, "Satu video.", (video,), {"format": "reel"}),
    }


class TestInstagram(SandboxContract):
    def stage(self) -> AbstractContextManager[ContractStage]:
        return self.staged(
            "instagram",
            {"base_url": "base_url", "user_id": "user_id"},
            secrets=("access_token",),
            parts=_parts,
            paths={"publish": "/media_publish$", "prepare": "/media$"},
            opener=open_session,
        )


class TestFacebookLogin(TestInstagram):
    """The same account by way of Facebook, where a video's bytes are uploaded."""

    @contextmanager
    def _stage(self) -> Iterator[ContractStage]:
        with super().stage() as stage:
            token = stage.sandbox.config()["accounts"]["instagram"]["facebook_access_token"]
            stage.context.secrets["access_token"] = token
            stage.config = stage.config.model_copy(update={"login": "facebook"})
            yield stage

    def stage(self) -> AbstractContextManager[ContractStage]:
        return self._stage()
