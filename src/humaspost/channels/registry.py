"""Which channels there are: all of them, ours too, are found by the same entry points.

A plug-in adds ``[project.entry-points."humaspost.channels"]`` with one line, ``name = "package:Class"``.
``HUMASPOST_LOAD_PLUGINS=''`` leaves everybody else's out.
"""

import os
from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from humaspost.model.channel import Channel

GROUP = "humaspost.channels"
_OWN_PACKAGE = "humaspost"


class ChannelNotLoaded(Exception):
    """There is no such channel, two packages claim its name, or its package does not load."""


def channel_names() -> tuple[str, ...]:
    """Every channel's name, in order; nothing of them is imported."""
    return tuple(sorted(_entry_points(_plugins_allowed())))


def load_channel(name: str) -> Channel:
    """The channel of that name; only its own package is imported. Raises ChannelNotLoaded."""
    return _load(name, _plugins_allowed())


def load_channels() -> dict[str, Channel]:
    """Every channel by name, all imported. Raises ChannelNotLoaded."""
    return {name: load_channel(name) for name in channel_names()}


def _plugins_allowed() -> bool:
    return os.environ.get("HUMASPOST_LOAD_PLUGINS") != ""


@cache
def _entry_points(plugins: bool) -> Mapping[str, EntryPoint]:
    entries: dict[str, EntryPoint] = {}
    for entry in entry_points(group=GROUP):
        if not plugins and _package_of(entry) != _OWN_PACKAGE:
            continue
        other = entries.setdefault(entry.name, entry)
        if other.value != entry.value:
            raise ChannelNotLoaded(
                f"two packages bring a channel named {entry.name}: {_package_of(other)} and {_package_of(entry)}"
            )
    return entries


@cache
def _load(name: str, plugins: bool) -> Channel:
    entry = _entry_points(plugins).get(name)
    if entry is None:
        raise ChannelNotLoaded(
            f"there is no channel named {name}: there are {', '.join(_entry_points(plugins))}"
        )
    try:
        instance: Channel = entry.load()()
    except Exception as error:
        raise ChannelNotLoaded(
            f"the channel {name} of {_package_of(entry)} does not load: {error}"
        ) from error
    if instance.name != name:
        raise ChannelNotLoaded(f"the channel {name} of {_package_of(entry)} calls itself {instance.name}")
    return instance


def _package_of(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else "?"
