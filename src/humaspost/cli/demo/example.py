"""Where the example office lies: in the wheel, or beside the source."""

from pathlib import Path

import humaspost


def example() -> Path:
    """A folder that holds ``posts`` and ``audiences``."""
    package = Path(humaspost.__file__).parent
    inside = package / "example"
    if (inside / "posts").is_dir():
        return inside
    return package.parents[1]
