"""Where the example office lies: in the wheel, or beside the source."""

from pathlib import Path

import humaspost


def example_folder() -> Path:
    """A folder that holds ``posts`` and ``audiences``."""
    package = Path(humaspost.__file__).parent
    packaged = package / "example"
    if (packaged / "posts").is_dir():
        return packaged
    return package.parents[1]
