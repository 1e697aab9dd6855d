"""Index of the channels; built-in channels and plug-ins are loaded by the same entry points.

A plug-in adds ``[project.entry-points."humaspost.channels"]`` with one line, ``name = "package:Class"``.
``HUMASPOST_LOAD_PLUGINS=''`` excludes the plug-ins of others.
"""

import os
from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from humaspost.model.channel import Channel

GROUP = "humaspost.channels"
_OWN_PACKAGE = "humaspost"


class ChannelNotLoaded(Exception):
    """A channel that does not exist, is claimed by two packages, or does not load."""


def channel_names() -> tuple[str, ...]:
    """Return the names of all channels in order, without importing their packages."""
    return tuple(sorted(_entry_points(_plugins_allowed())))


def load_channel(name: str) -> Channel:
    """Return the channel with the name; raises ChannelNotLoaded.

    Only the channel's own package is imported.
    """
    return _load(name, _plugins_allowed())


def load_channels() -> dict[str, Channel]:
    """Return all channels by name, all imported; raises ChannelNotLoaded."""
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
