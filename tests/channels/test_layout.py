"""Who knows one channel's folder finds their way in the next one's."""

from pathlib import Path

import pytest

from humaspost import channels

FOLDER = Path(channels.__file__).parent
#: In each channel; the others of FIXED are absent where the platform has no such thing.
REQUIRED = {
    "__init__",
    "config",
    "rules",
    "render",
    "check",
    "codes",
    "errors",
    "session",
    "media_upload",
    "reconcile",
}
FIXED = REQUIRED | {"client", "auth", "webhooks"}
#: In the platform's own words.
EXTRA = {
    "x": {"oauth2", "token_store", "text_length", "rate_windows"},
    "instagram": {"containers", "options", "caption_checks", "tag_checks"},
    "whatsapp": {
        *("templates", "template_params", "template_checks", "payload", "markup"),
        *("account_webhooks", "json_fields"),
    },
}  # fmt: skip


def names_in(channel: str) -> set[str]:
    return {path.stem for path in (FOLDER / channel).glob("*.py")}


@pytest.mark.parametrize("channel", EXTRA)
def test_a_channel_has_the_fixed_names(channel: str) -> None:
    assert REQUIRED - names_in(channel) == set()


@pytest.mark.parametrize("channel", EXTRA)
def test_other_names_are_the_platforms_own(channel: str) -> None:
    assert names_in(channel) - FIXED == EXTRA[channel]


def test_each_built_in_channel_is_listed_here() -> None:
    folders = {path.name for path in FOLDER.iterdir() if (path / "codes.py").is_file()}
    assert folders == set(EXTRA)
