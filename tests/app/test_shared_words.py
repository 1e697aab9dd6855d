"""What offices drop in, of the cases about words: each is published as typed, or ``check`` says why not.

The inputs are read in place, outside the repository; without them these tests skip and say why.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from humaspost.app.folder.scan import scan_folder
from humaspost.app.office import Office
from humaspost.reports.renditions_of_post import previews_for
from humaspost.settings.load import load_settings
from tests.support.reference_data import ROOT, shared

NOW = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Outcome:
    """The codes by file, and the text of each post on each account."""

    errors: Mapping[str, set[str]]
    warnings: Mapping[str, set[str]]
    texts: Mapping[tuple[str, str], str]


def _outcome(case: str, folder: Path) -> Outcome:
    shutil.copytree(shared(f"cases/{case}/posts"), folder / "posts")
    shutil.copytree(ROOT / "audiences", folder / "audiences")
    shutil.copy(ROOT / "config.example.toml", folder / "config.toml")
    office = Office(load_settings(folder / "config.toml"), now=lambda: NOW, environ={})
    found = scan_folder(office)
    errors: dict[str, set[str]] = {}
    warnings: dict[str, set[str]] = {}
    for problem in found.problems:
        assert problem.position, problem
        assert problem.hint, problem
        if problem.code == "same-post":  # the inputs of one case have one title and one minute
            continue
        (errors if problem.is_error else warnings).setdefault(Path(problem.file).name, set()).add(
            problem.code
        )
    texts = {
        (post.id, one.account.name): "\n".join(part.text for part in one.rendition.parts)
        for post in found.posts
        for one in previews_for(office, post)
    }
    office.close()
    return Outcome(errors, warnings, texts)


PUBLISHED = {
    "10-list-renumbered": ("kasus-perda", "3. Jam layanan\n7. Biaya\n12. Sanksi"),
    "16-lines-joined-invitation": (
        "kasus-undangan",
        "pada:\nHari    : Rabu, 3 Februari 2027\nJam     : 09.00 WIB s.d. selesai\nTempat  : Balai Desa Contoh\nAcara",
    ),
}


@pytest.mark.parametrize("case", PUBLISHED)
def test_a_text_goes_out_as_it_was_typed(case: str, tmp_path: Path) -> None:
    outcome = _outcome(case, tmp_path)
    post, words = PUBLISHED[case]
    assert outcome.errors == {}
    assert {account for name, account in outcome.texts if name == post} >= {"x", "whatsapp"}
    assert all(words in text for text in outcome.texts.values())


def test_codes_to_dial_and_sums_keep_their_asterisks(tmp_path: Path) -> None:
    outcome = _outcome("12-asterisks-eaten-code", tmp_path)
    assert outcome.errors == {}
    assert outcome.texts["kasus-ussd", "x"] == "Cek bantuan: tekan *123*45# lalu panggil, atau *811*7#."
    assert outcome.texts["kasus-ukuran", "x"] == "Hitungan 2*3*4 = 24."


def test_bold_as_in_whatsapp_is_bold(tmp_path: Path) -> None:
    outcome = _outcome("49-bold-as-in-whatsapp", tmp_path)
    assert "\n*PENGUMUMAN PENTING*\n\nLayanan ~tutup~ buka." in outcome.texts["kasus-tebal", "whatsapp"]
    # Outside their window people get the template, whose text is plain: "Layanan tutup buka".
    assert outcome.errors == {"wa.md": {"struck-words"}}


REFUSED = {
    "14-struck-words-come-back": {"ralat.md": {"struck-words"}},
    "18-table-garbled": {"jadwal.md": {"body-table"}},
    "20-git-conflict-published": {"rapat.md": {"merge-conflict"}},
    "21-site-code-published": {"video.md": {"placeholder"}},
    "22-form-not-filled-in": {"edaran.md": {"placeholder"}},
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_text_that_cannot_go_out_as_typed_is_refused(case: str, tmp_path: Path) -> None:
    assert _outcome(case, tmp_path).errors == REFUSED[case]


def test_a_poll_and_a_thread_of_another_program_are_told(tmp_path: Path) -> None:
    outcome = _outcome("23-thread-as-in-twitter-together", tmp_path)
    assert outcome.errors == {}
    assert {file: codes & {"poll-lines", "divider-line"} for file, codes in outcome.warnings.items()} == {
        "jajak.md": {"poll-lines"},
        "utas.md": {"divider-line"},
    }


def test_a_hashtag_in_the_text_is_not_added_again(tmp_path: Path) -> None:
    outcome = _outcome("45-hashtags-twice", tmp_path)
    text = outcome.texts["kasus-tagar-dua", "instagram"]
    assert text == "Loket buka sampai malam #LayananMalam #Siaga"


def test_a_post_that_begins_with_a_name_is_told(tmp_path: Path) -> None:
    assert "x-begins-with-name" in _outcome("46-begins-with-a-name", tmp_path).warnings["sebut.md"]


def test_a_thread_is_not_cut_after_an_abbreviation(tmp_path: Path) -> None:
    text = _outcome("48-thread-cut-after-plt", tmp_path).texts["kasus-plt", "x"]
    assert "raya. 1/2\nRapat dipimpin" in text


@pytest.mark.parametrize("case", ["34-nbsp-hint-looks-the-same", "40-hashtags-in-other-scripts"])
def test_characters_of_other_programs_and_scripts_are_read(case: str, tmp_path: Path) -> None:
    assert _outcome(case, tmp_path).errors == {}
