"""Places in a text that nobody filled in: gaps of a form, and codes of a website program."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from humaspost.base.i18n import _
from humaspost.content.body.comments import blank_comments
from humaspost.content.frontmatter.hints import shorten
from humaspost.content.report import FileReport
from humaspost.model.post import Post
from humaspost.model.problem import Position

#: The value of ``allow:`` that lets placeholders pass.
PLACEHOLDER = "placeholder"

#: Words that name what a form asks for.
_FORM_WORDS = (
    "nama|judul|tanggal|hari|bulan|tahun|jam|waktu|pukul|tempat|lokasi|alamat|nomor|no|nip|nik|jabatan|instansi|isi|isikan|"
    "diisi|tulis|tuliskan|sebutkan|masukkan|lengkapi|teks|tautan|keterangan|kontak|narahubung|acara|kegiatan|"
    "name|title|date|time|place|address|number|insert|your|link|url|todo|tbd"
)
_GAPS = re.compile(
    r"\{\{[^{}]*\}\}|\{%[^{}]*%\}"  # codes of Jekyll, Hugo, Jinja
    r"|(?<!\w)_{4,}(?!\w)|(?<=[\s:(])_{3}(?=[\s.,;)]|$)"
    r"|(?:(?<=[\s:(])|^)(?:\.{4,}|\u2026{2,})(?=[\s,;)/-]|$)"
    r"|\b[Xx]{2,}(?:[/.:][Xx\d]{2,}|-[Xx]{2,})+\b|\b\d{1,4}[/.:-][Xx]{2,}\b"
    r"|\b(?:[Pp]ukul|[Jj]am|[Tt]anggal|[Tt]gl\.?|[Nn]o\.?|[Nn]omor|Rp\.?)[ ]?[Xx]{2,}\b|\b[Xx]{4,}\b"
    r"|\b(?:dd|DD|hh|HH|tgl)[/.:-](?:mm|MM|bb|BB|bln)\b"
    r"|\b(?:TODO|FIXME|TBD)\b|\b[Ll]orem ipsum\b"
    r"|\[(?:\.{2,}|\u2026|_+)\]",
    re.MULTILINE,
)
#: One of these stands in every gap. Most texts have none, so their lines are not looked at.
_SIGNS_OF_GAPS = (
    *(
        "[",
        "{{",
        "{%",
        "___",
        "....",
        "\u2026\u2026",
        "XX",
        "xx",
        "Xx",
        "xX",
        "TODO",
        "FIXME",
        "TBD",
        "orem ipsum",
    ),
    *("dd", "DD", "hh", "HH", "tgl"),
)
_BRACKETS = re.compile(r"\[([^\[\]\n]{2,60})\](?!\()")
_FORM_WORD = re.compile(rf"(?:{_FORM_WORDS})\b", re.IGNORECASE)
#: A line of such signs alone divides the text.
_DIVIDER = re.compile(r"[ \t]*[_.*\u2026-]+[ \t]*")
#: Alternative texts and titles that say nothing.
_EMPTY_WORDS = re.compile(
    "x+|foto|gambar|image|photo|picture|video|poster|alt|alttext|teksalt|keterangan|deskripsi|judul|title|todo|tbd"
)


@dataclass(frozen=True, slots=True)
class _Gap:
    start: int
    text: str


def report_placeholders(post: Post, body: str, first_line: int, report: FileReport) -> None:
    """Report each line of the body, and each value of the keys, that nobody filled in.

    A draft is still being written, so there it is a warning.
    """
    if PLACEHOLDER in post.allow:
        return
    add_problem = report.add_warning if post.draft else report.add_error
    lines = blank_comments(body).split("\n") if _has_sign_of_gap(body) else ()
    for line, text in enumerate(lines, start=first_line):
        gap = _first_gap(text)
        if gap:
            position = Position(line, gap.start + 1, len(gap.text))
            add_problem(PLACEHOLDER, _message(gap.text), hint=_hint(), position=position, field="body")
    for path, value in _list_values(post):
        gap = _first_gap(value)
        if gap is None and _is_empty_value(path, value):
            gap = _Gap(0, value)
        if gap:
            position = _position_of(post, path)
            add_problem(PLACEHOLDER, _message(gap.text), hint=_hint(), position=position, field=path)


def _message(text: str) -> str:
    return _("{text} stands where the words themselves are meant").format(text=shorten(text))


def _hint() -> str:
    return _("write what belongs there; if readers are to see it as it stands, write: allow: [placeholder]")


def _first_gap(line: str) -> _Gap | None:
    return min(_find_gaps(line), key=lambda gap: gap.start, default=None)


def _has_sign_of_gap(text: str) -> bool:
    return any(sign in text for sign in _SIGNS_OF_GAPS)


def _find_gaps(line: str) -> Iterator[_Gap]:
    if not _has_sign_of_gap(line) or _DIVIDER.fullmatch(line):
        return
    for match in _GAPS.finditer(line):
        yield _Gap(match.start(), match[0])
    for match in _BRACKETS.finditer(line):
        if _is_form_bracket(match[1], line, match):
            yield _Gap(match.start(), match[0])


def _is_form_bracket(words: str, line: str, match: re.Match[str]) -> bool:
    """Return True for ``[NAMA]``, and False for a label such as ``[HOAKS] Beredar ...``."""
    if _FORM_WORD.match(words):
        return True
    is_capital = words.isupper() and sum(map(str.isalpha, words)) > 1
    is_label = not line[: match.start()].strip(" #>*_-") and bool(line[match.end() :].strip(" *_:"))
    return is_capital and not is_label


def _list_values(post: Post) -> Iterator[tuple[str, str]]:
    yield "title", post.title
    for medium in post.media:
        yield f"media.{medium.index}.alt", medium.alt
    for owner, values in post.channel_keys.items():
        yield from _list_texts(owner, values)


def _list_texts(path: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        for line in value.split("\n"):
            yield path, line
    elif isinstance(value, Mapping):
        for key, nested in value.items():
            yield from _list_texts(f"{path}.{key}", nested)
    elif isinstance(value, list):
        for index, nested in enumerate(value):
            yield from _list_texts(f"{path}.{index}", nested)


def _is_empty_value(path: str, value: str) -> bool:
    """Return True if a title or an alternative text is there and says nothing."""
    if not value or not (path == "title" or path.endswith(".alt")):
        return False
    letters = "".join(char for char in value.casefold() if char.isalnum())
    is_symbol = not letters and any(ord(char) > 0x2100 for char in value)
    return not is_symbol and (not letters or bool(_EMPTY_WORDS.fullmatch(letters)))


def _position_of(post: Post, path: str) -> Position:
    while path and path not in post.positions:
        path = path.rpartition(".")[0]
    return post.positions.get(path, Position(1, 1))
