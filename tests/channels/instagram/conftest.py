"""Instagram opened against a fresh sandbox over real loopback sockets."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from humaspost.channels.instagram import Instagram
from humaspost.channels.instagram.config import InstagramConfig
from humaspost.channels.instagram.session import InstagramSession
from humaspost.model.delivery import Receipt
from humaspost.model.post import MediaKind
from humaspost.model.rendition import Attachment, Part
from humaspost.sandbox.faults import Fault
from humaspost.sandbox.server import Sandbox
from tests.support.channel_context import SandboxContext, jpeg, prepared
from tests.support.video_files import video_file


@dataclass
class SessionHarness:
    """A session, the sandbox behind it, and what the public sees there."""

    sandbox: Sandbox
    context: SandboxContext
    session: Any
    config: InstagramConfig

    def part(self, text: str = "Halo warga.", *, images: int = 1, **extra: Any) -> Part:
        colours = ("navy", "teal", "olive", "maroon", "gray", "black", "white", "red", "green", "blue")
        media = tuple(
            self.context.add(jpeg(colour=colours[n]), name=f"{n}.jpg", alt=f"Gambar {n}.", index=n)
            for n in range(images)
        )
        return Part(1, text, media, {"format": "feed", **extra})

    def video(
        self, *, seconds: float = 3.0, index: int = 0, cover: bool = False, use: str = ""
    ) -> Attachment:
        """A small film that Instagram takes, with a cover if asked for."""
        data = video_file((90, 160), seconds=seconds, rate=24, first=True)
        still = self.context.add(jpeg(90, 160, colour="olive"), name="sampul.jpg", alt="") if cover else None
        item = self.context.add(data, name=f"{index}.mp4", alt="Gerak.", index=index)
        return replace(
            item,
            kind=MediaKind.VIDEO,
            mime="video/mp4",
            duration=seconds,
            cover=still,
            use=use,
            width=90,
            height=160,
        )

    def reel(
        self, text: str = "Halo warga.", *, seconds: float = 3.0, cover: bool = False, **extra: Any
    ) -> Part:
        return Part(1, text, (self.video(seconds=seconds, cover=cover),), {"format": "reel", **extra})

    def created(self) -> list[dict[str, Any]]:
        """What each container was asked for, in order."""
        requests = self.sandbox.state.requests
        return [r["body"] for r in requests if r["method"] == "POST" and r["path"].endswith("/media")]

    def published(self, part: Part) -> Receipt:
        found: Receipt = self.session.publish(
            part, prepared(self.session, part), key="k", to=None, reply_to=None
        )
        return found

    def objects(self) -> list[Any]:
        return [o for o in self.sandbox.state.objects if o.channel == "instagram" and not o.deleted]

    def writes(self, path: str) -> int:
        return sum(r["method"] == "POST" and path in r["path"] for r in self.sandbox.state.requests)

    def inject_fault(self, fault: str, path: str, **values: Any) -> None:
        self.sandbox.faults.add(Fault(channel="instagram", path=path, fault=fault, **values))


def opened(
    sandbox: Sandbox, folder: Path, *, login: str = "instagram"
) -> tuple[InstagramConfig, SandboxContext]:
    """The config and the context of the sandbox's own account."""
    account = sandbox.config()["accounts"]["instagram"]
    values = {"base_url": account["base_url"], "user_id": account["user_id"], "login": login}
    token = account["facebook_access_token" if login == "facebook" else "access_token"]
    return InstagramConfig.model_validate(values), SandboxContext(sandbox, folder, {"access_token": token})


@pytest.fixture
def sandbox(sandbox: Sandbox) -> Sandbox:
    sandbox.state.settings["instagram.processing_seconds"] = 0.0
    return sandbox


@pytest.fixture
def harness(sandbox: Sandbox, tmp_path: Path) -> Iterator[SessionHarness]:
    config, context = opened(sandbox, tmp_path)
    with Instagram().open(config, context) as session:
        assert isinstance(session, InstagramSession)
        yield SessionHarness(sandbox, context, session, config)


@pytest.fixture
def facebook(sandbox: Sandbox, tmp_path: Path) -> Iterator[SessionHarness]:
    config, context = opened(sandbox, tmp_path, login="facebook")
    with Instagram().open(config, context) as session:
        yield SessionHarness(sandbox, context, session, config)
