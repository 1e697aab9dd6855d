"""``60m``, ``1s``, ``3d``: how long something lasts, as people write it."""

import re
from datetime import timedelta

from humaspost.base.i18n import _

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SHAPE = re.compile(r"(\d{1,6})\s?([smhd])")


def duration(text: str) -> timedelta:
    """The time that the text means. Raises ValueError with what would be right."""
    match = _SHAPE.fullmatch(text.strip())
    if match is None:
        raise ValueError(_('must be a number and s, m, h or d: "60m"'))
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
