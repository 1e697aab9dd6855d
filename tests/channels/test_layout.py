"""Who knows one channel's folder finds their way in the next one's."""

import re
from pathlib import Path

import pytest

from humaspost import channels
from tests.docs.pages import ROOT

FOLDER = Path(channels.__file__).parent
SOURCE = FOLDER.parent
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


#: What a new built-in channel adds itself to, besides its own folder, its sandbox's and its entry point.
TOUCHED = {
    "sandbox/platforms.py",
    "sandbox/accounts.py",
    "sandbox/server.py",
    "sandbox/templates/config.toml.jinja",
}
#: Name one channel for what only it has, or as an example; a new one can leave them as they are.
UNTOUCHED = {
    "sandbox/graph.py": "Meta's own field",
    "sandbox/page.py": "the text format of WhatsApp",
    "sandbox/page_model.py": "conversations and phones",
    "cli/demo/table.py": "its own words for three of them",
    "cli/commands/init.py": "the example of a config",
    "cli/commands/new.py": "the example of a post",
    "content/draft.py": "the example of a post",
    "audience/csv/columns.py": "the heading of a column",
    "audience/csv/opt_out_cell.py": "the words of a cell",
    "settings/accounts.py": "the example of a name",
    "views/accounts.py": "the example of a table",
    "views/doctor.py": "the example of a table",
}
NAMED = re.compile(r"\"(?:x|instagram|whatsapp)\"|\[accounts\.(?:x|instagram|whatsapp)\]")


def test_a_new_channel_touches_few_files() -> None:
    """The page for contributors lists them; whatever else names a channel belongs into its folder."""
    naming = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*")
        if path.suffix in {".py", ".html", ".jinja"} and NAMED.search(path.read_text("utf-8"))
    }
    own = {file for file in naming if re.match(r"(channels|sandbox)/(x|instagram|whatsapp)/", file)}
    own |= {file for file in naming if re.fullmatch(r"sandbox/templates/(x|instagram|whatsapp)\.html", file)}
    assert naming - own - set(UNTOUCHED) == TOUCHED
    assert len(TOUCHED) <= 5
    page = (ROOT / "docs" / "channels.md").read_text("utf-8")
    assert [file for file in TOUCHED if f"`src/humaspost/{file}`" not in page] == []
