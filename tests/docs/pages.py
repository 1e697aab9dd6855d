"""The pages of this repository, as tests read them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_LINK = re.compile(r"(?<!\\)\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True, slots=True)
class Snippet:
    """One fenced block; ``line`` is where its text begins."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """Every page that a person reads."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def snippets(page: Path, *languages: str) -> list[Snippet]:
    """The page's fenced blocks in these languages."""
    text = page.read_text("utf-8")
    return [
        Snippet(page, text[: match.start(2)].count("\n") + 1, match[1], match[2])
        for match in _FENCE.finditer(text)
        if match[1] in languages
    ]


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return _FENCE.sub("", page.read_text("utf-8"))


def anchors(page: Path) -> set[str]:
    """What can stand behind ``#`` in a link to the page, as GitHub makes it."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in _HEADING.findall(prose(page))
    }


def links(page: Path) -> Iterator[str]:
    """Where the page's links lead."""
    yield from _LINK.findall(prose(page))


def tree() -> Iterator[Path]:
    """Every file that belongs to the repository, whether or not git is here."""
    hidden_but_ours = {".ci", ".gitignore"}
    skipped = {"__pycache__", "build", "dist"}
    for top in sorted(ROOT.iterdir()):
        if (top.name.startswith(".") and top.name not in hidden_but_ours) or top.name in skipped:
            continue
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            inside = path.relative_to(ROOT).parts
            if path.is_file() and not skipped & set(inside) and ".humaspost" not in inside:
                yield path
