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
_OURS = "humaspost"


class ChannelNotLoaded(Exception):
    """There is no such channel, two packages claim its name, or its package does not load."""


def names() -> tuple[str, ...]:
    """Every channel's name, in order; nothing of them is imported."""
    return tuple(sorted(_found(_plugins_allowed())))


def channel(name: str) -> Channel:
    """The channel of that name; only its own package is imported. Raises ChannelNotLoaded."""
    return _loaded(name, _plugins_allowed())


def channels() -> dict[str, Channel]:
    """Every channel by name, all imported. Raises ChannelNotLoaded."""
    return {name: channel(name) for name in names()}


def _plugins_allowed() -> bool:
    return os.environ.get("HUMASPOST_LOAD_PLUGINS") != ""


@cache
def _found(plugins: bool) -> Mapping[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=GROUP):
        if not plugins and _package(entry) != _OURS:
            continue
        other = found.setdefault(entry.name, entry)
        if other.value != entry.value:
            raise ChannelNotLoaded(
                f"two packages bring a channel named {entry.name}: {_package(other)} and {_package(entry)}"
            )
    return found


@cache
def _loaded(name: str, plugins: bool) -> Channel:
    entry = _found(plugins).get(name)
    if entry is None:
        raise ChannelNotLoaded(f"there is no channel named {name}: there are {', '.join(_found(plugins))}")
    try:
        made: Channel = entry.load()()
    except Exception as error:
        raise ChannelNotLoaded(f"the channel {name} of {_package(entry)} does not load: {error}") from error
    if made.name != name:
        raise ChannelNotLoaded(f"the channel {name} of {_package(entry)} calls itself {made.name}")
    return made


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else "?"
