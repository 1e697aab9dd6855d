"""A form that was not filled in does not go out; what only resembles one does."""

import pytest

from tests.support.content_files import parsed, scheduled


def _codes(text: str) -> list[tuple[str, bool]]:
    return [(problem.code, problem.is_error) for problem in parsed(text).problems]


@pytest.mark.parametrize(
    "body",
    [
        "Yth. [NAMA INSTANSI] di tempat",
        "Yth. [Nama Penerima] di tempat",
        "[isi tanggal]",
        "[JUDUL]",
        "## [JUDUL]",
        "pada XX/XX/2027",
        "pada 12/XX/2027",
        "pukul XX.XX WIB",
        "pukul XX WIB",
        "Rp XXX.XXX",
        "Rp XX",
        "0812-XXXX-1234",
        "pada dd/mm/yyyy",
        "di ________.",
        "di ___ pukul",
        "Tempat: ............",
        "Nama : ……",
        "TODO: cek nomor surat",
        "Lorem ipsum dolor",
        "Hadir di {{ site.title }} ya",
        '{{< youtube "AbC" >}}',
        "{% include kontak.html %}",
        "baca [...] di sini",
    ],
)
def test_a_gap_is_an_error_unless_it_is_meant(body: str) -> None:
    text = f"Kabar. {body}\n" if not body.startswith(("[J", "#")) else f"{body}\n"
    assert _codes(scheduled(body=text)) == [("placeholder", True)]
    assert _codes(scheduled("allow: [placeholder]\n", body=text)) == []
    assert _codes(scheduled("draft: true\n", body=text)) == [("placeholder", False)]


@pytest.mark.parametrize(
    "body",
    [
        "[HOAKS] Beredar pesan berantai",
        "**[RALAT]** Jam layanan",
        "- [INFO] Loket buka",
        "PON XX Papua, HUT ke-XX, Pasal XX, abad XXI",
        "[tautan](https://a.example)",
        "[NAMA](https://a.example)",
        "kata [sic] dan [1] dan [ ]",
        "Tunggu... Ayo buruan.....",
        "_____",
        "..........",
        "__tebal__ dan nama_file_baru",
        "Vaksin TBC, ODGJ, {satu} dan {dua}",
        "kata <!-- TODO: tanya Bu Rina --> lagi",
        "pukul 08.00 s.d. selesai",
    ],
)
def test_an_ordinary_text_is_no_form(body: str) -> None:
    assert _codes(scheduled(body=f"{body}\n")) == []


@pytest.mark.parametrize("alt", ['"..."', "…", "x", "foto", "Gambar", '"-"', "ALT", '"[keterangan]"', "TODO"])
def test_an_alternative_text_that_says_nothing_is_an_error(alt: str) -> None:
    media = f"media:\n  - file: media/a.jpg\n    alt: {alt}\n"
    assert _codes(scheduled(media)) == [("placeholder", True)]


@pytest.mark.parametrize("alt", ["Foto Wali Kota.", "Poster acara", "2027", "😀", "x dan y"])
def test_a_short_alternative_text_may_say_something(alt: str) -> None:
    assert _codes(scheduled(f'media:\n  - {{file: media/a.jpg, alt: "{alt}"}}\n')) == []


@pytest.mark.parametrize("keys", ['x: {text: "Buka pukul XX.XX"}', 'x: {poll: {options: ["[OPSI]", B]}}'])
def test_a_channels_own_text_is_looked_at_too(keys: str) -> None:
    assert _codes(scheduled(f"{keys}\n")) == [("placeholder", True)]


def test_another_word_under_allow_is_an_error() -> None:
    assert _codes(scheduled("allow: [tables]\n")) == [("value-choice", True)]
