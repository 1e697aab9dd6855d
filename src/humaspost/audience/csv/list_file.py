"""The bytes of a list's file, or the reason why there are none."""

from pathlib import Path

from humaspost.audience.csv.unreadable import UnreadableList, unreadable
from humaspost.base.i18n import _

MAX_FILE_BYTES = 64 * 1024 * 1024


def read_bytes(path: Path, display_path: str) -> bytes:
    """Return the content of the file; raise UnreadableList if there is none, or too much."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise explain_os_error(error, path, display_path) from error
    if len(data) > MAX_FILE_BYTES:
        message = _("the list has more than 64 MB")
        raise unreadable("audience-too-large", message, _("split it into several lists"))
    return data


def explain_os_error(error: OSError, path: Path, display_path: str) -> UnreadableList:
    """Return the exception for a file that the system does not open."""
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        message = _("the list {file} is not there").format(file=display_path)
        hint = _("put it there, or mend its path in config.toml, [audiences]")
        return unreadable("audience-missing-file", message, hint)
    if _is_folder(path):  # Windows tells of a missing permission
        message = _("{file} is a folder, and no list").format(file=display_path)
        hint = _("write the path of a file in config.toml, [audiences]")
    elif isinstance(error, PermissionError):
        message = _("humaspost may not read the list {file}").format(file=display_path)
        hint = _("let the user who runs humaspost read the file and open its folder")
    else:
        message = _("the system cannot read the list {file}: {why}").format(
            file=display_path, why=error.strerror or error
        )
        hint = _("see that its disk is there and in order: humaspost doctor")
    return unreadable("audience-unreadable-file", message, hint)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False
