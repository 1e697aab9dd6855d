"""Every file of a plug-in counts, wherever its package is; what was loaded stays what it was."""

import importlib
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from humaspost.app.loaded_code import LoadedCode

ZONE = "Asia/Jakarta"


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def save(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def load(name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a channel of the module, which is unloaded after the test."""
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        monkeypatch.setitem(sys.modules, ".".join(parts[:length]), None)
        del sys.modules[".".join(parts[:length])]
    return importlib.import_module(name).C()


@pytest.mark.parametrize(
    ("module", "changed"),
    [
        ("lepas_a.papan.channel", "lepas_a/papan/channel.py"),
        ("lepas_b.papan.channel", "lepas_b/papan/data/tanda.txt"),
        ("lepas_c.papan", "lepas_c/tanda.txt"),
        ("biasa.channel", "biasa/tanda.json"),
        ("tunggal", "tunggal.py"),
    ],
)
def test_a_changed_file_of_a_plug_in_is_other_code(
    module: str, changed: str, sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(sources / changed, "old")
    save(sources / f"{module.replace('.', '/')}.py", "class C: pass\n")
    if module.startswith("biasa"):
        save(sources / "biasa" / "__init__.py", "")
    channel = load(module, monkeypatch)
    running = LoadedCode()
    before = running.describe([channel], ZONE)
    assert running.is_on_disk()
    assert LoadedCode().describe([channel], ZONE) == before
    save(sources / changed, "class C: changed = 1\n")
    assert not running.is_on_disk()
    assert running.describe([channel], ZONE) == before, "the code in memory is still the old one"
    assert LoadedCode().describe([channel], ZONE) != before


def test_what_python_compiles_is_no_other_code(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(sources / "kompilasi" / "__init__.py", "class C: pass\n")
    channel = load("kompilasi", monkeypatch)
    running = LoadedCode()
    running.describe([channel], ZONE)
    save(sources / "kompilasi" / "__pycache__" / "x.pyc", "1")
    assert running.is_on_disk()


def test_an_archive_is_the_file_of_its_plug_ins(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = sources / "papan.zip"

    def build(text: str) -> None:
        with zipfile.ZipFile(archive, "w") as opened:
            opened.writestr("arsip/__init__.py", text)

    build("class C: pass\n")
    monkeypatch.syspath_prepend(str(archive))
    channel = load("arsip", monkeypatch)
    running = LoadedCode()
    running.describe([channel], ZONE)
    build("class C: changed = 1\n")
    assert not running.is_on_disk()


def test_a_channel_that_comes_later_is_noted_then(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    running = LoadedCode()
    first = running.describe([], ZONE)
    path = save(sources / "susulan.py", "class C: pass\n")
    both = running.describe([load("susulan", monkeypatch)], ZONE)
    assert set(first) < set(both)
    path.write_text("class C: changed = 1\n")
    assert not running.is_on_disk()
