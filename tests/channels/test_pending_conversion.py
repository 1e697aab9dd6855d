"""What is still being converted is no failure of any channel: the worker tries again, and nothing counts against it."""

from pathlib import Path

import pytest

from humaspost.channels.registry import load_channel as named
from humaspost.model.channel import FitFile, MediaNotReady
from humaspost.model.rendition import Attachment, Part
from humaspost.sandbox.server import Sandbox
from tests.support.channel_context import SandboxContext, jpeg


class ConvertingContext(SandboxContext):
    """Nothing is fit yet."""

    def fit_media(self, media: Attachment) -> FitFile:
        raise MediaNotReady(0.05)

    def public_url(self, media: Attachment) -> str:
        raise MediaNotReady(0.05)


@pytest.mark.parametrize("name", ["x", "instagram", "whatsapp"])
def test_what_is_not_fit_yet_passes_through_every_channel(
    name: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    account, channel = sandbox.config()["accounts"][name], named(name)
    context = ConvertingContext(
        sandbox, tmp_path, {k: v for k, v in account.items() if k not in channel.Config.model_fields}
    )
    config = channel.Config(**{k: v for k, v in account.items() if k in channel.Config.model_fields})
    with channel.open(config, context) as session, pytest.raises(MediaNotReady):
        session.prepare(Part(1, "Halo.", (context.add(jpeg()),)), None)
