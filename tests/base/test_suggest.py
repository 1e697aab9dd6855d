"""Suggestions for a mistyped word."""

from pathlib import Path

import humaspost
from humaspost.base.suggest import is_similar_text, nearest, similar

CANDIDATES = ("instagram", "whatsapp", "x", "X-Dua")


def test_the_most_similar_word() -> None:
    assert nearest("instragam", CANDIDATES) == "instagram"
    assert nearest("x-dau", CANDIDATES) == "X-Dua"
    assert nearest("WHATSAP", CANDIDATES) == "whatsapp"
    assert nearest("", CANDIDATES) == ""
    assert nearest("telegram", ()) == ""
    assert nearest("nothing like it", CANDIDATES) == ""


def test_a_stricter_cutoff_finds_less() -> None:
    assert nearest("foto.jpg", ["poster.jpg"]) == "poster.jpg"
    assert nearest("foto.jpg", ["poster.jpg"], cutoff=0.9) == ""


def test_several_words_the_most_alike_first() -> None:
    assert similar("held", ["hold", "helm", "late"]) == ["hold", "helm"]
    assert similar("heldd", ["helm", "held"], most=1) == ["held"]


def test_nothing_is_compared_without_end() -> None:
    assert nearest("x" * 1_000_000, ["x" * 60]) == "x" * 60


def test_texts_are_similar_where_most_of_them_stands_in_the_same_order() -> None:
    text = "jalan sehat dimulai pukul 06.00 di alun-alun"
    assert is_similar_text(text, text.replace("dimulai", "dimulia"), share=0.9)
    assert not is_similar_text(text, " ".join(reversed(text.split())), share=0.9)
    assert is_similar_text("x" * 1_000_000, "x" * 2_000, share=0.9)


def test_no_other_module_compares_words_in_its_own_way() -> None:
    source = Path(humaspost.__file__).parent
    found = [path.name for path in source.rglob("*.py") if "difflib" in path.read_text("utf-8")]
    assert [name for name in found if name != "suggest.py"] == []
