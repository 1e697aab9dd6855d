"""The location of the example office: in the wheel, or beside the source."""

from pathlib import Path

import humaspost


def example_folder() -> Path:
    """Return the folder with ``posts`` and ``audiences``."""
    package = Path(humaspost.__file__).parent
    packaged = package / "example"
    if (packaged / "posts").is_dir():
        return packaged
    return package.parents[1]
