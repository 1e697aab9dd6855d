"""Posts that a channel must be able to render whatever they hold; ``contract`` shows them to every channel."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from humaspost.model.document import (
    Block,
    Break,
    Code,
    CodeBlock,
    Emphasis,
    Heading,
    Link,
    ListBlock,
    Paragraph,
    PartBreak,
    Quote,
    Strike,
    Strong,
    Text,
)
from humaspost.model.post import Kind, MediaFacts, Medium, Post

_MIMES = {
    Kind.IMAGE: "image/jpeg",
    Kind.GIF: "image/gif",
    Kind.VIDEO: "video/mp4",
    Kind.AUDIO: "audio/mpeg",
    Kind.DOCUMENT: "application/pdf",
}

_EVERY_BLOCK: tuple[Block, ...] = (
    Heading(1, (Text("Judul "), Strong((Text("tebal"),)))),
    Paragraph((Text("Satu "), Emphasis((Text("dua "),)), Break(), Strike((Text(" tiga"),)), Code("x = 1"))),
    PartBreak(),
    Paragraph((Link("https://kota.example/a?b=c&d", (Text("tautan"),)), Text(" & <b> *bintang* _garis_"))),
    ListBlock(None, ((Paragraph((Text("a"),)), ListBlock(3, ((Paragraph((Text("b"),)),),))), ())),
    Quote((Paragraph((Text("kata orang"),)), Quote(()))),
    CodeBlock("baris 1\n\nbaris 2\n"),
    Paragraph(()),
)


def medium(kind: Kind, index: int = 0, *, probed: bool = True, **values: Any) -> Medium:
    """One medium of that kind; without probing its facts are not known."""
    file = f"media/{index}.{_MIMES[kind].rpartition('/')[2]}"
    facts = MediaFacts(kind, _MIMES[kind], f"{index:064x}", 100_000, 1080, 1080, 5.0) if probed else None
    return Medium(file, Path("/office/posts") / file, index, **{"alt": "Gambar.", "facts": facts, **values})


def specimens(channel: str) -> Iterator[Post]:
    """Ordinary, empty, huge and hostile posts; none of them is a mistake of the channel."""
    yield _post(
        "biasa", body=_words("Halo, warga."), tags=("Layanan", "#Kota"), link="https://kota.example/1"
    )
    yield _post("kosong", title="")
    yield _post("semua-blok", body=_EVERY_BLOCK)
    yield _post("panjang", body=_words("kata " * 20_000), tags=tuple(f"T{n}" for n in range(60)))
    yield _post(
        "tanda",
        title="*_~`\u202e\u200b",
        body=_words("😀👨‍👩‍👧‍👦 e\u0301 \u202e \x00 \ud7ff {title} {{1}} <!-- part -->"),
    )
    for kind in Kind:
        yield _post(f"satu-{kind}", body=_words("a"), media=(medium(kind),))
    kinds = (*Kind, *Kind, *Kind)
    yield _post("banyak", body=_words("a"), media=tuple(medium(kind, n) for n, kind in enumerate(kinds)))
    yield _post("tak-teruji", body=_words("a"), media=(medium(Kind.IMAGE, probed=False),))
    yield _post(
        "hanya",
        body=_words("a"),
        media=(medium(Kind.IMAGE, only=(channel,)), medium(Kind.IMAGE, 1, only=("lain",))),
    )
    yield _post(
        "bagian", body=_EVERY_BLOCK, media=(medium(Kind.IMAGE, part=2), medium(Kind.IMAGE, 1, part=99))
    )
    for value in ("teks", "", True, [], ["a", ["b"]], {}, {"options": "a"}, None):
        own = {channel: dict.fromkeys(_KEYS, value)}
        yield _post("kunci", body=_words("a"), media=(medium(Kind.IMAGE),), own=own)


#: Keys that channels know; any value may stand there, for content checks only their names.
_KEYS = ("text", "thread", "poll", "format", "template", "template_language", "params", "reply_settings")


def _post(name: str, **values: Any) -> Post:
    return Post(**{"id": name, "file": f"posts/{name}.md", "title": "Judul", "body": (), **values})


def _words(text: str) -> tuple[Block, ...]:
    return (Paragraph((Text(text),)),)
