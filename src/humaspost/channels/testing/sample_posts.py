"""Sample posts that every channel must be able to render, whatever they hold."""

from collections.abc import Iterable, Iterator
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
from humaspost.model.post import MediaFacts, MediaKind, Medium, Post

_MIMES = {
    MediaKind.IMAGE: "image/jpeg",
    MediaKind.GIF: "image/gif",
    MediaKind.VIDEO: "video/mp4",
    MediaKind.AUDIO: "audio/mpeg",
    MediaKind.DOCUMENT: "application/pdf",
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


def sample_medium(kind: MediaKind, index: int = 0, *, has_details: bool = True, **values: Any) -> Medium:
    """Return one medium of the kind; without ``has_details`` its probed details are absent."""
    file = f"media/{index}.{_MIMES[kind].rpartition('/')[2]}"
    facts = MediaFacts(kind, _MIMES[kind], f"{index:064x}", 100_000, 1080, 1080, 5.0) if has_details else None
    return Medium(file, Path("/office/posts") / file, index, **{"alt": "Gambar.", "facts": facts, **values})


def sample_posts(channel: str, keys: Iterable[str]) -> Iterator[Post]:
    """Yield ordinary, empty, huge and hostile posts for a channel with these front-matter keys."""
    yield _sample_post(
        "biasa", body=_document_of("Halo, warga."), tags=("Layanan", "#Kota"), link="https://kota.example/1"
    )
    yield _sample_post("kosong", title="")
    yield _sample_post("semua-blok", body=_EVERY_BLOCK)
    yield _sample_post(
        "panjang", body=_document_of("kata " * 20_000), tags=tuple(f"T{index}" for index in range(60))
    )
    yield _sample_post(
        "tanda",
        title="*_~`\u202e\u200b",
        body=_document_of("😀👨‍👩‍👧‍👦 e\u0301 \u202e \x00 \ud7ff {title} {{1}} <!-- part -->"),
    )
    for kind in MediaKind:
        yield _sample_post(f"satu-{kind}", body=_document_of("a"), media=(sample_medium(kind),))
    kinds = (*MediaKind, *MediaKind, *MediaKind)
    yield _sample_post(
        "banyak", body=_document_of("a"), media=tuple(sample_medium(kind, n) for n, kind in enumerate(kinds))
    )
    yield _sample_post(
        "tak-teruji", body=_document_of("a"), media=(sample_medium(MediaKind.IMAGE, has_details=False),)
    )
    yield _sample_post(
        "hanya",
        body=_document_of("a"),
        media=(
            sample_medium(MediaKind.IMAGE, only_for=(channel,)),
            sample_medium(MediaKind.IMAGE, 1, only_for=("lain",)),
        ),
    )
    yield _sample_post(
        "bagian",
        body=_EVERY_BLOCK,
        media=(sample_medium(MediaKind.IMAGE, part=2), sample_medium(MediaKind.IMAGE, 1, part=99)),
    )
    # Content checks only the names of keys, so a key may hold any value.
    for value in ("teks", "", True, [], ["a", ["b"]], {}, {"options": "a"}, None):
        channel_keys = {channel: dict.fromkeys(keys, value)}
        yield _sample_post(
            "kunci",
            body=_document_of("a"),
            media=(sample_medium(MediaKind.IMAGE),),
            channel_keys=channel_keys,
        )


def _sample_post(name: str, **values: Any) -> Post:
    return Post(**{"id": name, "file": f"posts/{name}.md", "title": "Judul", "body": (), **values})


def _document_of(text: str) -> tuple[Block, ...]:
    return (Paragraph((Text(text),)),)
