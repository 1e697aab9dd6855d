"""Problems of media files, each with its code, one sentence and the next step."""

from pathlib import Path

from humaspost.base.i18n import _
from humaspost.base.suggest import nearest
from humaspost.model.problem import Problem, Severity

#: No file system has longer names.
_LONGEST_NAME = 255


class MediaProblem(Exception):
    """A media file cannot be used; becomes a Problem at the boundary of this package."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(code, message, hint)
        self.code = code
        self.message = message
        self.hint = hint

    def as_problem(self, field: str) -> Problem:
        """Return the problem at a field of the post."""
        return Problem(self.code, self.message, self.hint, field=field)


def missing_file(file: str, path: Path) -> MediaProblem:
    """Return the problem of a missing file; its hint names the most similar file."""
    if "://" in file:
        message = _("a medium is a file in the project, not an address")
        hint = _("download it into the folder media beside the post, and write its path here")
        return MediaProblem("media-missing-file", message, hint)
    message = _("there is no file {file}").format(file=file)
    return MediaProblem("media-missing-file", message, _nearest_file(file, path))


def _nearest_file(file: str, path: Path) -> str:
    parent = file.replace("\\", "/")
    if parent != file:
        return _("write: {line}").format(line=f"file: {parent}")
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.is_file()]
    except (OSError, ValueError):
        return _("the path counts from the folder of the post")
    matches = nearest(path.name, names, cutoff=0.7, longest=_LONGEST_NAME)
    if not matches:
        return _("the path counts from the folder of the post")
    return _("write: {line}").format(line=f"file: {file.removesuffix(path.name)}{matches}")


def unreadable_file(file: str, reason: str) -> MediaProblem:
    """Return the problem of a file that cannot be used; ``reason`` is a sentence for users."""
    message = _("{file} cannot be read: {why}").format(file=file, why=reason)
    return MediaProblem(
        "media-unreadable", message, _("open it on this computer; if it fails there too, save it again")
    )


def outside_project(file: str, *, is_absolute: bool = False) -> MediaProblem:
    """Return the problem of a path outside the project, or of an absolute path."""
    message = _("{file} is not a file inside the project").format(file=file)
    if is_absolute:
        message = _("{file} is not a path from the post's own folder").format(file=file)
    return MediaProblem(
        "media-outside",
        message,
        _("copy it into the folder media beside the post, and write: file: media/{name}").format(
            name=_file_name(file)
        ),
    )


def _file_name(file: str) -> str:
    return file.replace("\\", "/").rstrip("/").rpartition("/")[2]


def not_regular_file(file: str) -> MediaProblem:
    """Return the problem of a folder, pipe or device in place of a file."""
    message = _("{file} is not a file").format(file=file)
    return MediaProblem("media-unreadable", message, _("name one file, not a folder"))


def wrong_type(file: str, content: str, hint: str = "") -> MediaProblem:
    """Return the problem of content that contradicts the file's name; ``content`` describes it."""
    message = _("{file} is {content} by its content").format(file=file, content=content)
    return MediaProblem(
        "media-wrong-type", message, hint or _("save it again in the format that its name says")
    )


def file_too_large(file: str, size: int, limit: int) -> MediaProblem:
    """Return the problem of a file with more bytes than any channel accepts."""
    message = _("{file} has {size} MB; at most {cap} MB are taken").format(
        file=file, size=-(-size // 1_000_000), cap=limit // 1_000_000
    )
    return MediaProblem("media-too-large", message, _("export it smaller"))


def too_many_pixels(file: str, limit: int) -> MediaProblem:
    """Return the problem of an image with more pixels than humaspost opens."""
    message = _("{file} has more than {cap} million pixels").format(file=file, cap=limit // 1_000_000)
    return MediaProblem(
        "media-bomb", message, _("export it smaller: 2000 pixels wide is plenty for every channel")
    )


def unsupported_animation(file: str) -> MediaProblem:
    """Return the problem of an animation in a format that no channel animates."""
    message = _("{file} is animated, and no channel takes that in this format").format(file=file)
    return MediaProblem("media-animated", message, _("save it as a GIF, or as an MP4 video"))


def duplicate_content(file: str, field: str) -> Problem:
    """Return a warning about the same content a second time."""
    message = _("{file} is in this post already").format(file=file)
    hint = _("leave one of the two out")
    return Problem("media-twice", message, hint, field=field, severity=Severity.WARNING)
