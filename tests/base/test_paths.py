"""Paths as people see and type them."""

from pathlib import Path

from humaspost.base.paths import display_path


def test_a_path_counts_from_the_first_folder_that_holds_it() -> None:
    path = Path("/kantor/posts/a.md")
    assert display_path(path, Path("/kantor")) == "posts/a.md"
    assert display_path(path, Path("/kantor/posts"), Path("/kantor")) == "a.md"
    assert display_path(path, Path("/rumah"), Path("/kantor")) == "posts/a.md"


def test_a_path_outside_is_displayed_whole() -> None:
    assert display_path(Path("/daftar/warga.csv"), Path("/kantor")) == "/daftar/warga.csv"
    assert display_path(Path("/kantor2/a.csv"), Path("/kantor")) == "/kantor2/a.csv"
