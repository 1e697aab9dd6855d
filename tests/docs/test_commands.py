"""Pages name only commands and switches that exist, and every command is on some page."""

import re
from typing import Any

from humaspost.cli.registry import ENTRIES, load_command
from tests.docs.pages import ROOT, pages

#: ``humaspost`` as typed, in `code` or in a block; words and switches up to the end of the code.
_TYPED = re.compile(r"(?:^|[`\s]|bin/)humaspost ((?:--?[a-z]|[a-z])[^`\n#,;|)]*)")
#: Followed by these words it is prose about the program, not something to type.
_PROSE = re.compile(r"`[^`\n]+`|^(?: {4,}|```.*\n(?:.*\n)*?```$).*$", re.MULTILINE)


def typed() -> list[tuple[str, list[str]]]:
    """Each command line that some page shows, with the page's name."""
    found = []
    for page in [*pages(), ROOT / "Makefile"]:
        for code in _PROSE.findall(page.read_text("utf-8")):
            found += [(page.name, line.split()) for line in _TYPED.findall(code)]
    return found


def command(words: list[str]) -> tuple[Any, list[str]] | None:
    """The command that the words name, with the rest of them; None = there is none."""
    if words[0] not in ENTRIES:
        return None
    found, rest = load_command(ENTRIES[words[0]]), words[1:]
    verbs = getattr(found, "commands", {})
    if not verbs or not rest or rest[0].startswith("-"):
        return found, rest
    return (verbs[rest[0]], rest[1:]) if rest[0] in verbs else None


def options_in(click_command: Any) -> set[str]:
    """Every switch of a command."""
    return {"--help", *(name for one in click_command.params for name in (*one.opts, *one.secondary_opts))}


def test_pages_show_commands() -> None:
    assert len(typed()) > 40


def test_every_typed_command_and_switch_exists() -> None:
    wrong = []
    for page, words in typed():
        if words[0].startswith("-") or words[0] == "COMMAND" or words[0].isupper():
            continue
        found = command(words)
        if found is None:
            wrong.append(f"{page}: humaspost {' '.join(words)}")
            continue
        given = {word.partition("=")[0] for word in found[1] if re.match(r"--?[a-z]", word)}
        unknown = {word for word in given - options_in(found[0]) if word != "-vvv"}
        wrong += [f"{page}: {word} in humaspost {' '.join(words)}" for word in sorted(unknown)]
    assert not wrong


def test_every_command_is_on_some_page() -> None:
    named = {words[0] for _page, words in typed()}
    assert set(ENTRIES) <= named
