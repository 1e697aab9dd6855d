"""A post's media, looked at: every fact that rules ask for, or the Problem that says why there are none."""

import errno
import hashlib
import mmap
import os
import struct
from dataclasses import dataclass, replace
from io import BufferedReader
from pathlib import Path

from humaspost.base.i18n import _
from humaspost.media import problems as media_problems
from humaspost.media import safe_open
from humaspost.media.file_types import Found, is_text, kind_of
from humaspost.media.image import decode, gif
from humaspost.media.mp4 import strip_metadata
from humaspost.media.problems import Flaw
from humaspost.media.video import measure
from humaspost.model.post import Film, Kind, MediaFacts, Medium, Post
from humaspost.model.problem import Problem

#: Bytes of the largest file that any channel takes (X's video).
CAP = 512 * 1024 * 1024
_CAPTIONS = {".srt": "text/srt", ".vtt": "text/vtt"}
#: Bytes of the largest captions that X takes; two hours of talk are a fifth of it.
MOST_CAPTIONS = 512 * 1024


@dataclass(frozen=True, slots=True)
class _Stamp:
    """Two looks that agree in all of this saw the same content; ctime tells a content put back under an old mtime."""

    inode: int
    size: int
    mtime: int
    ctime: int

    @staticmethod
    def of(path: Path) -> "_Stamp":
        """The stamp now, of the file itself; raises OSError."""
        status = os.lstat(path)
        return _Stamp(status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


class Probe:
    """Facts by content, remembered while the file stays as it is; one for the life of a daemon."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._seen: dict[tuple[str, str], tuple[_Stamp, MediaFacts | tuple[str, ...]]] = {}

    def post(self, post: Post) -> tuple[Post, list[Problem]]:
        """The post with the facts of its media, and its problems, each at its place; all files are looked at."""
        media, problems = [], []
        for medium in post.media:
            found = self.medium(medium)
            if isinstance(found, MediaFacts):
                cover, words = self._cover(medium), self._words(medium)
                media.append(replace(medium, facts=found, cover_facts=cover, captions_facts=words))
            else:
                media.append(medium)
                problems.append(found)
            problems += self._beside(medium)
        problems += _repeated(media)
        return replace(post, media=tuple(media)), [post.place(problem) for problem in problems]

    def medium(self, medium: Medium) -> MediaFacts | Problem:
        """What the file is, or what is wrong with it; the problem has a field and no place yet."""
        try:
            return self._facts(medium.file, medium.path)
        except Flaw as flaw:
            return flaw.problem(f"media.{medium.index}.file")

    def _beside(self, medium: Medium) -> list[Problem]:
        """What is wrong with the cover and the captions of a film."""
        flaws = []
        for key, path in (("cover", medium.cover), ("captions", medium.captions)):
            if path is not None:
                try:
                    self._companion(path, key)
                except Flaw as flaw:
                    flaws.append(flaw.problem(f"media.{medium.index}.{key}"))
        return flaws

    def _cover(self, medium: Medium) -> MediaFacts | None:
        """What the cover is; None where there is none, or none that can be used, which is a problem already."""
        if medium.cover is None:
            return None
        shown = Path(os.path.relpath(medium.cover, self._root)).as_posix()
        try:
            facts = self._facts(shown, medium.cover)
        except Flaw:
            return None
        return facts if facts.kind is Kind.IMAGE else None

    def _words(self, medium: Medium) -> MediaFacts | None:
        """What the captions are; None as for the cover."""
        if medium.captions is None:
            return None
        try:
            return self._captions(
                Path(os.path.relpath(medium.captions, self._root)).as_posix(), medium.captions
            )
        except Flaw:
            return None

    def _companion(self, path: Path, key: str) -> None:
        shown = Path(os.path.relpath(path, self._root)).as_posix()
        if key == "captions":
            self._captions(shown, path)
        elif (facts := self._facts(shown, path)).kind is not Kind.IMAGE:
            raise media_problems.wrong_type(shown, facts.mime, _("a cover is a JPEG or PNG picture"))

    def _captions(self, shown: str, path: Path) -> MediaFacts:
        relative = safe_open.inside(self._root, shown, path)
        with _open(self._root, relative, shown) as file:
            data = file.read(MOST_CAPTIONS + 1)
        mime = _CAPTIONS.get(path.suffix.lower())
        if len(data) > MOST_CAPTIONS or not is_text(data) or mime is None or b"-->" not in data:
            hint = _("captions are a text file whose name ends in .srt or .vtt, with times like {example}")
            raise media_problems.wrong_type(
                shown, _("no captions file"), hint.format(example="00:00:01,000 --> 00:00:04,000")
            )
        return MediaFacts(Kind.DOCUMENT, mime, hashlib.sha256(data).hexdigest(), len(data))

    def _facts(self, file: str, path: Path) -> MediaFacts:
        relative = safe_open.inside(self._root, file, path)
        try:
            stamp = _Stamp.of(self._root / relative)
        except (OSError, ValueError) as error:
            raise _cannot_open(error, file, path) from error
        known = self._seen.get((file, str(path)))
        if known is None or known[0] != stamp:
            known = self._seen[file, str(path)] = (stamp, self._look(relative, file))
        if isinstance(known[1], tuple):
            raise Flaw(*known[1])
        return known[1]

    def _look(self, relative: Path, file: str) -> MediaFacts | tuple[str, ...]:
        try:
            with _open(self._root, relative, file) as opened:
                return facts_of(opened, file, real=relative.name)
        except Flaw as flaw:
            return flaw.args  # not the flaw: its traceback would keep the decoded picture alive


def facts_of(file: BufferedReader, name: str, *, real: str) -> MediaFacts:
    """The facts of an open file; ``real`` is its own name, where ``name`` is a link's. Raises Flaw."""
    size = os.fstat(file.fileno()).st_size
    if size > CAP:
        raise media_problems.too_large(name, size, CAP)
    try:
        # A link named notes.txt to a file of secrets must not make it a document.
        found = kind_of(file, name, size=size)
        if Path(real).suffix.lower() != Path(name).suffix.lower():
            file.seek(0)
            found = kind_of(file, real, size=size)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise media_problems.unreadable(name, error.strerror or str(error)) from error
    facts = MediaFacts(found.kind, found.mime, digest, size)
    if found.kind is Kind.DOCUMENT:
        return facts
    look = _picture if found.kind is Kind.IMAGE else _film
    return look(file, found, name, facts)


def _picture(file: BufferedReader, found: Found, name: str, facts: MediaFacts) -> MediaFacts:
    file.seek(0)
    try:
        with decode.opened(file, found.mime) as image:
            moving = decode.moves(image, found.mime)
            width, height = decode.upright_size(image)
            frames = getattr(image, "n_frames", 1) if moving else 1
    except decode.TooManyPixels as error:
        raise media_problems.bomb(name, decode.MAX_PIXELS) from error
    except decode.BadImage as error:
        why = _("it is cut off") if "truncated" in str(error) else _("its content is broken")
        raise media_problems.unreadable(name, why) from error
    if moving and found.mime != "image/gif":
        raise media_problems.animated(name)
    if not moving:
        return replace(facts, width=width, height=height)
    film, lasts = Film("gif", frames=frames), _lasts(file)
    return replace(facts, kind=Kind.GIF, width=width, height=height, duration=lasts, film=film)


def _lasts(file: BufferedReader) -> float | None:
    """Seconds of a GIF; None where its blocks are not as they should be, though its pictures could be read."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            return gif.seconds(data)
        except ValueError:
            return None


def _film(file: BufferedReader, found: Found, name: str, facts: MediaFacts) -> MediaFacts:
    try:
        if measure.FORMATS[found.mime] == "mov":
            strip_metadata.demand_whole(file, facts.size)
        seen = measure.measured(file, found.mime)
    except (ValueError, struct.error) as error:
        raise media_problems.unreadable(name, _("its index is broken")) from error
    except measure.TooManyPixels as error:
        raise media_problems.bomb(name, decode.MAX_PIXELS) from error
    except measure.BadFilm as error:
        raise media_problems.unreadable(name, _("its content is broken")) from error
    except OSError:
        raise  # the disk's, not the film's
    except Exception as error:
        # However strange a file is, and whatever we overlooked: it must not hide the others.
        raise media_problems.unreadable(name, _("its content is broken")) from error
    sound = seen.kind is Kind.AUDIO and found.kind is Kind.VIDEO
    return replace(
        facts,
        kind=seen.kind,
        mime="audio/mp4" if sound else facts.mime,
        width=seen.width,
        height=seen.height,
        duration=seen.duration,
        film=seen.film,
    )


def _open(root: Path, relative: Path, file: str) -> BufferedReader:
    try:
        return safe_open.open_inside(root, relative)
    except (OSError, ValueError) as error:
        raise _cannot_open(error, file, root / relative) from error


def _cannot_open(error: OSError | ValueError, file: str, path: Path) -> Flaw:
    if (
        isinstance(error, FileNotFoundError | NotADirectoryError | ValueError)
        or error.errno == errno.ENAMETOOLONG
    ):
        return media_problems.missing(file, path)
    if isinstance(error, IsADirectoryError):
        return media_problems.irregular(file)
    if isinstance(error, PermissionError):
        return media_problems.unreadable(file, _("this user may not read it"))
    return media_problems.unreadable(file, error.strerror or str(error))


def _repeated(media: list[Medium]) -> list[Problem]:
    seen, problems = set(), []
    for medium in media:
        if medium.facts is not None:
            same = (medium.facts.sha256, medium.only, medium.part)
            if same in seen:
                problems.append(media_problems.twice(medium.file, f"media.{medium.index}.file"))
            seen.add(same)
    return problems
