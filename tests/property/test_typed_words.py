"""What was typed is what goes out, whatever Markdown it is; and where it is not, the check says so."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from humaspost.channels.instagram.render import render_post as render_instagram
from humaspost.channels.whatsapp.render import render_post as render_whatsapp
from humaspost.channels.x.render import render_post as render_x
from humaspost.channels.x.rules import build_rules
from humaspost.content.frontmatter.keys import NameIndex
from humaspost.model.post import Post
from humaspost.model.rendition import Rendition
from humaspost.planning.thread_split import split_thread
from humaspost.planning.typed_words import check_typed_words
from tests.support.content_files import NAMES, parsed, post
from tests.support.examples import examples
from tests.support.reference_data import ROOT, shared

_WORDS = ("kata", "Loket buka", "3", "12", "a1", "é", "ꦗꦮ", "😀", "https://a.example/b_c", "Rp10.000")
_SIGNS = (
    *("*", "**", "***", "_", "__", "~", "~~", "`", "```", "~~~", "\\", "&amp;", "&copy;", "&#65;", "<b>", "<a@b.example>"),
    *("[", "](", "](https://a.example/b)", "](<a b>)", ")", "[a](b)", "[1]: x", "[^1]", "![", "#", "# ", "> ", "- ", "+ "),
    *("1. ", "3. ", "7) ", "01. ", "=", "===", "---", "***\n", "|", "|-|-|", "\t", "    ", "  \n", "\\\n", "\n", "\n\n"),
    *(" ", " ", "\u00a0", "\u00ad", "\uf0b7\t", "•\t", "o\t", "(", "!", ".", ":", "<!-- a -->", "<!-- part -->", "```\n"),
)  # fmt: skip
bodies = st.lists(st.sampled_from(_WORDS + _SIGNS), max_size=30).map("".join)
JOINING = replace(NAMES, joins_lines=True)


def _renditions(item: Post) -> Iterator[Rendition]:
    yield render_whatsapp(item, account="whatsapp", templates={}, language="id")
    yield render_instagram(item, account="instagram")
    yield render_x(item, account="x")


def _changes(item: Post, rendition: Rendition) -> list[str]:
    found = check_typed_words(item, rendition, rendition.channel)
    return [problem.message for problem in found if problem.code == "words-changed"]


def _read(text: str, *, names: NameIndex = NAMES) -> Post:
    item = parsed(text, names=names).post
    assume(item is not None)
    assert item is not None
    return item


@examples(300, 3000)
@given(bodies, st.sampled_from([NAMES, JOINING]))
@example("Pasal yang berubah:\n\n3. Jam\n7. Biaya\n12. Sanksi", NAMES)
@example("tekan *123*45# lalu panggil, atau *811*7#, 2*3*4 = 24", NAMES)
@example("Hari    : Rabu\nJam     : 09.00", NAMES)
@example("Hari    : Rabu\nJam     : 09.00", JOINING)
@example("```Loket buka\nsampai 20```", NAMES)
@example("kata```\nkata# ```\n", NAMES)
@example("```\nLoket buka\n\nsampai 20", NAMES)
@example("3.\n   kata\n\n4. ```\n   kata\n   ```", NAMES)
@example("[PENTING]: besok\n\n[a]: b 'c'", NAMES)
@example("[kata](https://a.example/?a=1&amp;b=2) kata", NAMES)
@example("Rapat\n---\nkata\n===\nkata", NAMES)
@example("&copy; &nbsp; &#65;", NAMES)
@example("1. \\\nkata", NAMES)
@example("> kata\nkata\n\n    kata\n\tkata", NAMES)
@example("7) kata\n8. kata\n+ 5\n* kata\n- kata", NAMES)
def test_every_letter_goes_out_on_its_line(body: str, names: NameIndex) -> None:
    item = _read(post("draft: true\nallow: [placeholder]\n", body=body), names=names)
    for rendition in _renditions(item):
        assert _changes(item, rendition) == [], (rendition.channel, [part.text for part in rendition.parts])


@examples(100, 1000)
@given(bodies)
def test_a_text_has_nothing_that_the_preview_would_not_show(body: str) -> None:
    item = _read(post("draft: true\nallow: [placeholder]\n", body=body))
    for text in (part.text for rendition in _renditions(item) for part in rendition.parts):
        lines = text.split("\n")
        assert lines == [line.rstrip() for line in lines]
        assert "\t" not in text
        assert "\u00a0" not in text


@examples(60, 400)
@given(
    st.lists(
        st.sampled_from(["kata", "Loket buka.", "\n", "\n\n", " ", "3. ", "- ", "*", "1/2"]),
        min_size=40,
        max_size=120,
    )
)
def test_a_thread_says_what_was_typed(bits: list[str]) -> None:
    item = _read(post("draft: true\nx: {thread: auto}\n", body=" ".join(bits).replace(" \n ", "\n")))
    rendition = split_thread(render_x(item, account="x"), build_rules(premium=False))
    assert _changes(item, rendition) == [], [part.text for part in rendition.parts]


@examples(150, 1000)
@given(
    st.lists(st.sampled_from(["kata", "Loket 20", "12", "a"]), min_size=2, max_size=8, unique=True),
    st.sampled_from(["drop", "join", "split", "swap", "double", "case"]),
    st.data(),
)
def test_a_letter_that_does_not_go_out_as_typed_is_told(
    lines: list[str], fault: str, data: st.DataObject
) -> None:
    item = _read(post("draft: true\n", body="\n".join(lines)))
    at = data.draw(st.integers(0, len(lines) - 2))
    wrong = list(lines)
    if fault == "drop":
        wrong[at] = wrong[at][:-1]
    elif fault == "join":
        wrong[at : at + 2] = [f"{wrong[at]} {wrong[at + 1]}"]
    elif fault == "split":
        wrong[at] = f"{wrong[at][0]}\n{wrong[at][1:]}" if len(wrong[at]) > 1 else ""
    elif fault == "swap":
        wrong[at], wrong[at + 1] = wrong[at + 1], wrong[at]
    elif fault == "double":
        wrong[at] += wrong[at][-1]
    else:
        wrong[at] = wrong[at].swapcase() if not wrong[at].isdigit() else "13"
    rendition = render_x(item, account="x")
    faulty = replace(rendition, parts=(replace(rendition.parts[0], text="\n".join(wrong)),))
    assert _changes(item, rendition) == []
    assert len(_changes(item, faulty)) == 1, wrong


@pytest.mark.parametrize("folder", [ROOT / "posts", ROOT / "tests/golden", "samples/posts"], ids=str)
def test_every_example_says_what_was_typed(folder: Path | str) -> None:
    files = sorted((shared(folder) if isinstance(folder, str) else folder).glob("*.md"))
    assert files
    for file in files:
        item = parsed(file.read_bytes(), file=f"posts/{file.name}").post
        if item is not None:
            assert [_changes(item, rendition) for rendition in _renditions(item)] == [[], [], []], file.name
