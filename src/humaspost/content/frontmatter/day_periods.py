"""Words for a part of the day after an hour: ``8.30 malam``, ``2 PM``."""

import re

_NIGHT = range(18, 24)
_AFTER_MIDNIGHT = range(4)
#: The hours that each word covers.
_HOURS = {
    "am": range(12),
    "pm": range(12, 24),
    "dini hari": range(7),
    "subuh": range(7),
    "pagi": range(12),
    "siang": range(10, 17),
    "tengah hari": range(10, 17),
    "sore": range(13, 20),
    "petang": range(13, 20),
    "malam": _NIGHT,
    "tengah malam": _NIGHT,
}
_NIGHT_WORDS = ("malam", "tengah malam")
PERIOD = re.compile(
    r"(?<![A-Za-z])(?P<period>[ap]\.?[ ]?m|dini hari|subuh|pagi|tengah hari|siang|sore|petang|(?:tengah )?malam)"
    r"(?![A-Za-z])\.?(?: hari)?",
    re.ASCII | re.IGNORECASE,
)


def possible_hours(hour: int, period: str) -> list[int]:
    """Return the hours that a written hour with such a word can mean.

    Hours from 24 on are those of the next day.
    """
    word = period.lower()
    if word[1:] in ("m", ".m", " m", ". m"):
        word = f"{word[0]}m"
    readings = [hour % 12, hour % 12 + 12] if 1 <= hour <= 12 else [hour]
    if word in _NIGHT_WORDS:
        after_midnight = [reading for reading in readings if reading in _AFTER_MIDNIGHT]
        if after_midnight:
            # People count the small hours to the night before or to the new day.
            return [after_midnight[0], after_midnight[0] + 24]
    covered = [reading for reading in readings if reading in _HOURS[word]]
    # People who write 12 AM or 12 pagi mean midnight or noon.
    if len(covered) == 1 and not (hour == 12 and covered[0] == 0):
        return covered
    return readings if len(readings) > 1 else sorted({hour, (hour + 12) % 24})
