"""What front matter may say, where it stands, and how YAML's traps end."""

import time

import pytest

from humaspost.model.post import Post
from tests.support.content_files import parsed, post, problems, scheduled


def _post(text: str | bytes) -> Post:
    found = parsed(text)
    assert found.post, found.problems
    return found.post


def test_scalars_stay_text() -> None:
    post = _post(
        scheduled("type: 014\nx:\n  text: no\n  thread: 16:30\n  poll: {a: 010, b: 1.5, c: ~, d: null}\n")
    )
    assert post.type == "014"
    assert post.channel_keys["x"] == {
        "text": "no",
        "thread": "16:30",
        "poll": {"a": "010", "b": "1.5", "c": "~", "d": "null"},
    }


def test_only_plain_true_and_false_are_not_text() -> None:
    own = _post(scheduled('x:\n  text: "true"\n  thread: true\n  poll: [False, yes, on]\n')).channel_keys["x"]
    assert own == {"text": "true", "thread": True, "poll": [False, "yes", "on"]}


def test_a_key_without_a_value_is_as_if_not_written() -> None:
    post = _post(scheduled("link:\nexpires: # not yet\nx:\n  text:\ntags: []\nmedia:\n"))
    assert (post.link, post.expires, post.channel_keys, post.tags, post.media) == (
        "",
        None,
        {"x": {}},
        (),
        (),
    )


def test_every_value_has_its_position_in_the_file() -> None:
    text = scheduled('x: {text: "Loket"}\nmedia:\n  - file: a.jpg\n    alt: |\n      Loket\n      malam\n')
    post = _post(text)
    places = {path: (at.line, at.column, at.length) for path, at in post.positions.items()}
    assert places["date"] == (4, 7, 20)
    assert places["channels.0"] == (5, 12, 1)
    assert places["x.text"] == (6, 11, 7)
    assert places["media.0.file"] == (8, 11, 5)
    assert places["media.0.alt"] == (9, 10, 1)
    assert places["body"] == (13, 1, 1)
    assert post.lines[places["x.text"][0] - 1] == 'x: {text: "Loket"}'


def test_columns_count_characters_not_bytes() -> None:
    assert problems(scheduled("type: é😀 a: b\n")) == [("quote-colon", 6, 11)]


@pytest.mark.parametrize("change", ["crlf", "cr", "bom", "no newline at the end", "spaces after the fences"])
def test_how_an_editor_saves_makes_no_difference(change: str) -> None:
    text = scheduled("type: siaran-pers\n", body="Satu.\n\nDua.\n")
    changed = {
        "crlf": text.replace("\n", "\r\n"),
        "cr": text.replace("\n", "\r"),
        "bom": "\ufeff" + text,
        "no newline at the end": text.rstrip("\n"),
        "spaces after the fences": text.replace("---\n", "---  \n"),
    }[change]
    plain, other = _post(text), _post(changed)
    assert (plain.body, plain.date, plain.type) == (other.body, other.date, other.type)
    assert dict(plain.positions) == dict(other.positions)


def test_the_body_can_be_empty_and_hold_three_hyphens() -> None:
    assert _post("---\nid: p\ntitle: T\ndraft: true\n---").body == ()
    assert len(_post(post("draft: true\n", body="Satu.\n\n---\n\nDua.\n")).body) == 2


@pytest.mark.parametrize(
    "front",
    [
        "title: &a b\n",
        "link: *a\n",
        "x: [&a b]\n",
        "a: &a [*a]\n",
        "x: {<<: {a: b}}\n",
        "type: !!python/object:os.system a\n",
        "type: !!int 3\n",
        "? [a]\n: b\n",
    ],
)
def test_yaml_that_posts_do_not_use_is_refused(front: str) -> None:
    found = problems(post(front, base="draft: true\n"))
    assert {code for code, _line, _column in found} & {
        "yaml-alias",
        "yaml-merge",
        "yaml-tag",
        "front-matter-shape",
    }


@pytest.mark.parametrize(
    ("front", "line", "column"),
    [
        ("title: a\ntitle: b\n", 6, 1),
        ("x:\n  text: a\n  text: b\n", 8, 3),
        ("x: {text: a, text: b}\n", 6, 14),
        ("x:\n  poll:\n    options: [a, b]\n    options: [c, d]\n", 9, 5),
    ],
)
def test_a_duplicate_key_is_a_problem_at_any_depth(front: str, line: int, column: int) -> None:
    assert ("duplicate-key", line, column) in problems(scheduled(front))


def test_all_problems_are_reported_at_once() -> None:
    text = post("date: 2027-02-30 08:30\nchannels: [facebook]\nhashtag: [A]\ndraft: ya\nlink: a b\n")
    codes = [code for code, _line, _column in problems(text)]
    assert sorted(codes) == [
        "date-impossible",
        "link-shape",
        "unknown-channel",
        "unknown-key",
        "value-choice",
    ]


def test_a_comment_with_a_space_is_a_comment_and_a_hash_in_text_is_text() -> None:
    post = _post(scheduled('type: a  # siaran-pers\n# link: b\nx:\n  text: "Ayo #A"\n  thread: a#b\n'))
    assert (post.type, post.channel_keys["x"]) == ("a", {"text": "Ayo #A", "thread": "a#b"})


@pytest.mark.parametrize(
    "front", ["id: " + "[" * 60_000, "- " * 30_000, "{a: " * 15_000, "? " * 30_000, "a: " + "- " * 5000]
)
def test_a_deep_nest_is_a_problem_and_not_a_crash(front: str) -> None:
    codes = {code for code, _line, _column in problems(f"---\n{front}\n---\n")}
    assert codes & {"yaml-depth", "yaml-syntax", "quote-start", "bracket-open"}


def test_ten_megabytes_of_front_matter_are_refused_at_once() -> None:
    begin = time.process_time()
    raw = ("---\n" + "k: " + "v" * 10_000_000 + "\n---\n").encode()
    assert problems(raw[: 512 * 1024 + 1]) == [("front-matter-too-large", 1, 1)]
    assert time.process_time() - begin < 1


def test_a_bad_byte_is_located_by_line_and_column() -> None:
    assert problems("---\r\nid: é".encode() + b"\xff\r\n---\r\n") == [("invalid-utf8", 2, 6)]


def test_more_problems_than_a_reader_needs_are_cut_short_but_still_count() -> None:
    keys = "".join(f"k{n}: v\n" for n in range(500))
    found = parsed(scheduled(keys))
    assert found.post is None
    assert len(found.problems) == 40


@pytest.mark.parametrize(
    "text", ["👨‍👩‍👧‍👦", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "می‌خواهم", "❤️"]
)
def test_joiners_that_have_a_purpose_are_kept(text: str) -> None:
    assert problems(scheduled(body=f"Salam {text} semua.\n")) == []


@pytest.mark.parametrize(
    ("char", "code"), [("\u200b", "invisible"), ("\u2066", "bidi"), ("\u2028", "control")]
)
def test_invisible_characters_are_reported_wherever_they_stand(char: str, code: str) -> None:
    for text in (scheduled(f"type: a{char}b\n"), scheduled(f'type: "a\\u{ord(char):04x}b"\n')):
        assert [(found[0].partition("-")[0], found[1]) for found in problems(text)] == [(code, 6)]
    assert problems(scheduled(body=f"Satu.\n\nDua {char}.\n"))[0][1:] == (9, 5)


def test_a_warning_does_not_keep_a_post_from_being_one() -> None:
    found = parsed(scheduled(body="Layanan\u200bmalam.\n"))
    assert found.post
    assert [problem.is_error for problem in found.problems] == [False]
