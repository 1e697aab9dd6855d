"""How much a test does: a small seeded size in ``make test``, the full one in ``make test-all`` and CI.

A size is named at the top of its test file, beside the seed: ``PEOPLE = size(200, 2_000)``.
"""

import os

#: Whether this is ``make test-all``.
FULL = os.environ.get("HUMASPOST_FULL") == "1"


def size(small: int, full: int) -> int:
    """Return ``full`` where HUMASPOST_FULL=1 is set, else ``small``."""
    return full if FULL else small
