"""Channels are found by entry points, ours and others'."""

import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from humaspost.channels import registry

_BUILT_IN = ("instagram", "whatsapp", "x")


@pytest.fixture
def plugin_installed(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> object:
    """Installs a package that brings the channels given; undone afterwards."""

    def install(**channels: str) -> None:
        folder = tmp_path_factory.mktemp("site")
        info = folder / "otherpost-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: otherpost\nVersion: 1.0\n")
        lines = "".join(f"{name} = {value}\n" for name, value in channels.items())
        (info / "entry_points.txt").write_text(f"[{registry.GROUP}]\n{lines}")
        (folder / "otherpost.py").write_text(
            "class Other:\n    name = 'other'\nclass Liar:\n    name = 'else'\n"
        )
        monkeypatch.syspath_prepend(str(folder))
        registry._entry_points.cache_clear()
        registry._load.cache_clear()

    yield install
    monkeypatch.undo()
    registry._entry_points.cache_clear()
    registry._load.cache_clear()


def test_the_built_in_ones_come_through_the_same_entry_points() -> None:
    assert set(_BUILT_IN) <= set(registry.channel_names())
    assert {name: channel.name for name, channel in registry.load_channels().items()}.items() >= {
        (name, name) for name in _BUILT_IN
    }


def test_a_channel_imports_only_itself() -> None:
    code = (
        "import sys; from humaspost.channels.registry import channel_names, load_channel; channel_names(); load_channel('x');"
        "print([m for m in sys.modules if m in ('humaspost.channels.instagram', 'humaspost.channels.whatsapp')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_another_packages_channel_is_discovered(
    plugin_installed: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin_installed(other="otherpost:Other")  # type: ignore[operator]
    assert registry.load_channel("other").name == "other"
    monkeypatch.setenv("HUMASPOST_LOAD_PLUGINS", "")
    assert registry.channel_names() == _BUILT_IN
    with pytest.raises(registry.ChannelNotLoaded, match="there is no channel named other"):
        registry.load_channel("other")


def test_names_never_clash_in_silence(plugin_installed: object, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin_installed(x="otherpost:Other")  # type: ignore[operator]
    with pytest.raises(registry.ChannelNotLoaded, match=r"named x: .*otherpost"):
        registry.channel_names()
    monkeypatch.setenv("HUMASPOST_LOAD_PLUGINS", "")
    assert registry.load_channel("x").name == "x"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("otherpost:Liar", "calls itself else"),
        ("otherpost:Missing", "does not load"),
        ("nowhere:Thing", "does not load"),
    ],
)
def test_a_broken_package_is_named(plugin_installed: object, value: str, reason: str) -> None:
    plugin_installed(broken=value)  # type: ignore[operator]
    with pytest.raises(registry.ChannelNotLoaded, match=f"otherpost.*{reason}"):
        registry.load_channel("broken")
    assert registry.load_channel("x").name == "x"


def test_the_group_is_the_one_that_pyproject_names() -> None:
    assert EntryPoint("x", "humaspost.channels.x:X", registry.GROUP).load() is type(
        registry.load_channel("x")
    )
