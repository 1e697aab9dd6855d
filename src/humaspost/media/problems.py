"""What can be wrong with a media file, each with its code, one sentence, and the next step."""

from pathlib import Path

from humaspost.base.i18n import _
from humaspost.base.suggest import nearest
from humaspost.model.problem import Problem, Severity


class Flaw(Exception):
    """A medium cannot be used; becomes a Problem at the boundary of this package."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(code, message, hint)
        self.code = code
        self.message = message
        self.hint = hint

    def problem(self, field: str) -> Problem:
        """The finding at a key of the post."""
        return Problem(self.code, self.message, self.hint, field=field)


def missing(file: str, path: Path) -> Flaw:
    """There is no such file; the hint names the one that was probably meant."""
    if "://" in file:
        message = _("a medium is a file in the project, not an address")
        hint = _("download it into the folder media beside the post, and write its path here")
        return Flaw("media-missing-file", message, hint)
    message = _("there is no file {file}").format(file=file)
    return Flaw("media-missing-file", message, _nearest(file, path))


def _nearest(file: str, path: Path) -> str:
    straight = file.replace("\\", "/")
    if straight != file:
        return _("write: {line}").format(line=f"file: {straight}")
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.is_file()]
    except (OSError, ValueError):
        return _("the path counts from the folder of the post")
    close = nearest(path.name, names, cutoff=0.7)
    if not close:
        return _("the path counts from the folder of the post")
    return _("write: {line}").format(line=f"file: {file.removesuffix(path.name)}{close}")


def unreadable(file: str, why: str) -> Flaw:
    """The file is there but cannot be used; ``why`` is a sentence for a person."""
    message = _("{file} cannot be read: {why}").format(file=file, why=why)
    return Flaw(
        "media-unreadable", message, _("open it on this computer; if it fails there too, save it again")
    )


def outside(file: str, *, absolute: bool = False) -> Flaw:
    """The path leads out of the project, or begins at the root of the disk."""
    message = _("{file} is not a file inside the project").format(file=file)
    if absolute:
        message = _("{file} is not a path from the post's own folder").format(file=file)
    return Flaw(
        "media-outside",
        message,
        _("copy it into the folder media beside the post, and write: file: media/{name}").format(
            name=_name(file)
        ),
    )


def _name(file: str) -> str:
    return file.replace("\\", "/").rstrip("/").rpartition("/")[2]


def irregular(file: str) -> Flaw:
    """A folder, a pipe or a device stands where a file should."""
    message = _("{file} is not a file").format(file=file)
    return Flaw("media-unreadable", message, _("name one file, not a folder"))


def wrong_type(file: str, content: str, hint: str = "") -> Flaw:
    """The content is not what the name says; ``content`` names what it is."""
    message = _("{file} is {content} by its content").format(file=file, content=content)
    return Flaw("media-wrong-type", message, hint or _("save it again in the format that its name says"))


def too_large(file: str, size: int, cap: int) -> Flaw:
    """More bytes than any channel takes."""
    message = _("{file} has {size} MB; at most {cap} MB are taken").format(
        file=file, size=-(-size // 1_000_000), cap=cap // 1_000_000
    )
    return Flaw("media-too-large", message, _("export it smaller"))


def bomb(file: str, cap: int) -> Flaw:
    """More pixels than are opened."""
    message = _("{file} has more than {cap} million pixels").format(file=file, cap=cap // 1_000_000)
    return Flaw("media-bomb", message, _("export it smaller: 2000 pixels wide is plenty for every channel"))


def animated(file: str) -> Flaw:
    """A moving picture in a format that no channel moves."""
    message = _("{file} is animated, and no channel takes that in this format").format(file=file)
    return Flaw("media-animated", message, _("save it as a GIF, or as an MP4 video"))


def twice(file: str, field: str) -> Problem:
    """The same content a second time; a warning."""
    message = _("{file} is in this post already").format(file=file)
    hint = _("leave one of the two out")
    return Problem("media-twice", message, hint, field=field, severity=Severity.WARNING)
