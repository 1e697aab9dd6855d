"""The facts of a post's media files that rules need, or the problems that prevent them."""

import errno
import hashlib
import mmap
import os
import struct
from collections.abc import Iterable
from dataclasses import dataclass, replace
from io import BufferedReader
from pathlib import Path

from humaspost.base.file_stamp import FileStamp, is_proof
from humaspost.base.i18n import _
from humaspost.base.stamped_cache import CacheSection
from humaspost.media import problems as media_problems
from humaspost.media import safe_open
from humaspost.media.file_types import FileType, detect_file_type, is_text
from humaspost.media.image import decode, gif
from humaspost.media.mp4 import strip_metadata
from humaspost.media.problems import MediaProblem
from humaspost.media.video import measure
from humaspost.model.compact import pack_facts, unpack_facts
from humaspost.model.post import MediaFacts, MediaKind, Medium, Post, Video
from humaspost.model.problem import Problem

#: Bytes of the largest file that any channel accepts (X's video).
MAX_FILE_BYTES = 512 * 1024 * 1024
_CAPTION_MIMES = {".srt": "text/srt", ".vtt": "text/vtt"}
#: Bytes of the largest captions that X accepts; two hours of speech need a fifth of it.
MAX_CAPTION_BYTES = 512 * 1024


@dataclass(slots=True)
class _Measured:
    """The facts of a file, or its problem; ``kept_in`` has them for later processes."""

    stamp: FileStamp
    details: MediaFacts | tuple[str, ...]
    is_proven: bool = False
    kept_in: CacheSection | None = None


class MediaProbe:
    """A cache of facts by content, valid while a file is unchanged; one for a daemon's life.

    ``section`` has the facts that earlier processes measured; another one gets those that this one measured.
    """

    def __init__(self, root: Path, section: CacheSection | None = None) -> None:
        self._root = root.resolve()
        self.section = section
        self._measured: dict[tuple[str, str], _Measured] = {}

    def probe_post(self, post: Post) -> tuple[Post, list[Problem]]:
        """Return the post with the facts of its media, and all problems with their positions."""
        media, problems = [], []
        for medium in post.media:
            probed = self.probe_medium(medium)
            if isinstance(probed, MediaFacts):
                cover, captions = self._probe_cover(medium), self._probe_captions(medium)
                media.append(replace(medium, facts=probed, cover_facts=cover, captions_facts=captions))
            else:
                media.append(medium)
                problems.append(probed)
            problems += self._companion_problems(medium)
        problems += _duplicate_problems(media)
        return replace(post, media=tuple(media)), [post.locate(problem) for problem in problems]

    def probe_medium(self, medium: Medium) -> MediaFacts | Problem:
        """Return the file's facts, or its problem; the problem has a field but no position yet."""
        try:
            return self._cached_details(medium.file, medium.path)
        except MediaProblem as flaw:
            return flaw.as_problem(f"media.{medium.index}.file")

    def _companion_problems(self, medium: Medium) -> list[Problem]:
        """Return the problems of a video's cover and captions."""
        flaws = []
        for key, path in (("cover", medium.cover), ("captions", medium.captions)):
            if path is not None:
                try:
                    self._probe_companion(path, key)
                except MediaProblem as flaw:
                    flaws.append(flaw.as_problem(f"media.{medium.index}.{key}"))
        return flaws

    def _probe_cover(self, medium: Medium) -> MediaFacts | None:
        """Return the cover's facts; None if absent or unusable, which is reported elsewhere."""
        if medium.cover is None:
            return None
        display_path = Path(os.path.relpath(medium.cover, self._root)).as_posix()
        try:
            facts = self._cached_details(display_path, medium.cover)
        except MediaProblem:
            return None
        return facts if facts.kind is MediaKind.IMAGE else None

    def _probe_captions(self, medium: Medium) -> MediaFacts | None:
        """Return the captions' facts; None if absent or unusable, which is reported elsewhere."""
        if medium.captions is None:
            return None
        try:
            return self._read_captions(
                Path(os.path.relpath(medium.captions, self._root)).as_posix(), medium.captions
            )
        except MediaProblem:
            return None

    def _probe_companion(self, path: Path, key: str) -> None:
        display_path = Path(os.path.relpath(path, self._root)).as_posix()
        if key == "captions":
            self._read_captions(display_path, path)
        elif (facts := self._cached_details(display_path, path)).kind is not MediaKind.IMAGE:
            raise media_problems.wrong_type(display_path, facts.mime, _("a cover is a JPEG or PNG picture"))

    def _read_captions(self, display_path: str, path: Path) -> MediaFacts:
        relative = safe_open.resolve_inside(self._root, display_path, path)
        with _open_file(self._root, relative, display_path) as file:
            data = file.read(MAX_CAPTION_BYTES + 1)
        mime = _CAPTION_MIMES.get(path.suffix.lower())
        if len(data) > MAX_CAPTION_BYTES or not is_text(data) or mime is None or b"-->" not in data:
            hint = _("captions are a text file whose name ends in .srt or .vtt, with times like {example}")
            raise media_problems.wrong_type(
                display_path, _("no captions file"), hint.format(example="00:00:01,000 --> 00:00:04,000")
            )
        return MediaFacts(MediaKind.DOCUMENT, mime, hashlib.sha256(data).hexdigest(), len(data))

    def _cached_details(self, file: str, path: Path) -> MediaFacts:
        relative = safe_open.resolve_inside(self._root, file, path)
        try:
            stamp = FileStamp.of(os.lstat(self._root / relative))
        except (OSError, ValueError) as error:
            raise _unreadable_problem(error, file, path) from error
        measured = self._measured.get((file, str(path)))
        if measured is None or measured.stamp != stamp:
            measured = self._measured[file, str(path)] = self._load_or_probe(relative, file, path, stamp)
        self._keep(f"{file}\n{path}", measured)
        if isinstance(measured.details, tuple):
            raise MediaProblem(*measured.details)
        return measured.details

    def retain(self, posts: Iterable[Post]) -> None:
        """Forget the kept facts of files that none of the posts shows."""
        if self.section is not None:
            media = [medium for post in posts for medium in post.media]
            paths = {str(path) for medium in media for path in (medium.path, medium.cover) if path}
            self.section.retain({key for key in self.section if key.partition("\n")[2] in paths})

    def _load_or_probe(self, relative: Path, file: str, path: Path, stamp: FileStamp) -> _Measured:
        if self.section is None:
            return _Measured(stamp, self._probe_file(relative, file))
        facts = self.section.take(f"{file}\n{path}", stamp.text(), unpack_facts)
        if facts is not None:
            return _Measured(stamp, facts, is_proven=True, kept_in=self.section)
        read_at_ns = self.section.clock_ns()
        details = self._probe_file(relative, file)
        return _Measured(stamp, details, is_proven=is_proof(stamp, read_at_ns=read_at_ns))

    def _keep(self, key: str, measured: _Measured) -> None:
        """Put the facts into the section, unless it has them."""
        # A problem may be that of the disk, or of this user: the next process tries again.
        is_kept = not measured.is_proven or measured.kept_in is self.section
        if self.section is not None and isinstance(measured.details, MediaFacts) and not is_kept:
            self.section.put(
                key, measured.stamp.text(), measured.details, encode=pack_facts, decode=unpack_facts
            )
            measured.kept_in = self.section

    def _probe_file(self, relative: Path, file: str) -> MediaFacts | tuple[str, ...]:
        try:
            with _open_file(self._root, relative, file) as opened:
                return media_details(opened, file, real_name=relative.name)
        except MediaProblem as flaw:
            return flaw.args  # not the exception itself: its traceback would keep the decoded image in memory


def media_details(file: BufferedReader, name: str, *, real_name: str) -> MediaFacts:
    """Return the facts of an open file; raise MediaProblem.

    ``real_name`` is the file's own name if ``name`` is the name of a link.
    """
    size = os.fstat(file.fileno()).st_size
    if size > MAX_FILE_BYTES:
        raise media_problems.file_too_large(name, size, MAX_FILE_BYTES)
    try:
        # A link named notes.txt to a file of secrets must not make it a document.
        file_type = detect_file_type(file, name, size=size)
        if Path(real_name).suffix.lower() != Path(name).suffix.lower():
            file.seek(0)
            file_type = detect_file_type(file, real_name, size=size)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise media_problems.unreadable_file(name, error.strerror or str(error)) from error
    facts = MediaFacts(file_type.kind, file_type.mime, digest, size)
    if file_type.kind is MediaKind.DOCUMENT:
        return facts
    examine = _image_details if file_type.kind is MediaKind.IMAGE else _video_details
    return examine(file, file_type, name, facts)


def _image_details(file: BufferedReader, file_type: FileType, name: str, details: MediaFacts) -> MediaFacts:
    file.seek(0)
    try:
        with decode.open_image(file, file_type.mime) as image:
            is_animated = decode.is_animated(image, file_type.mime)
            width, height = decode.oriented_size(image)
            frames = getattr(image, "n_frames", 1) if is_animated else 1
    except decode.TooManyPixels as error:
        raise media_problems.too_many_pixels(name, decode.MAX_PIXELS) from error
    except decode.UnreadableImage as error:
        reason = _("it is cut off") if "truncated" in str(error) else _("its content is broken")
        raise media_problems.unreadable_file(name, reason) from error
    if is_animated and file_type.mime != "image/gif":
        raise media_problems.unsupported_animation(name)
    if not is_animated:
        return replace(details, width=width, height=height)
    video, duration = Video("gif", frames=frames), _gif_duration(file)
    return replace(details, kind=MediaKind.GIF, width=width, height=height, duration=duration, video=video)


def _gif_duration(file: BufferedReader) -> float | None:
    """Return the seconds of a GIF; None if its blocks are broken but its frames were readable."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            return gif.duration(data)
        except ValueError:
            return None


def _video_details(file: BufferedReader, file_type: FileType, name: str, details: MediaFacts) -> MediaFacts:
    try:
        if measure.DEMUXERS[file_type.mime] == "mov":
            strip_metadata.check_whole(file, details.size)
        measured = measure.measure(file, file_type.mime)
    except (ValueError, struct.error) as error:
        raise media_problems.unreadable_file(name, _("its index is broken")) from error
    except measure.TooManyPixels as error:
        raise media_problems.too_many_pixels(name, decode.MAX_PIXELS) from error
    except measure.UnreadableVideo as error:
        raise media_problems.unreadable_file(name, _("its content is broken")) from error
    except OSError:
        raise  # an error of the disk, not of the video
    except Exception as error:
        # A strange file, or a case that we missed, must not hide the other files.
        raise media_problems.unreadable_file(name, _("its content is broken")) from error
    audio = measured.kind is MediaKind.AUDIO and file_type.kind is MediaKind.VIDEO
    return replace(
        details,
        kind=measured.kind,
        mime="audio/mp4" if audio else details.mime,
        width=measured.width,
        height=measured.height,
        duration=measured.duration,
        video=measured.video,
    )


def _open_file(root: Path, relative: Path, file: str) -> BufferedReader:
    try:
        return safe_open.open_inside(root, relative)
    except (OSError, ValueError) as error:
        raise _unreadable_problem(error, file, root / relative) from error


def _unreadable_problem(error: OSError | ValueError, file: str, path: Path) -> MediaProblem:
    if (
        isinstance(error, FileNotFoundError | NotADirectoryError | ValueError)
        or error.errno == errno.ENAMETOOLONG
    ):
        return media_problems.missing_file(file, path)
    if isinstance(error, IsADirectoryError):
        return media_problems.not_regular_file(file)
    if isinstance(error, PermissionError):
        return media_problems.unreadable_file(file, _("this user may not read it"))
    return media_problems.unreadable_file(file, error.strerror or str(error))


def _duplicate_problems(media: list[Medium]) -> list[Problem]:
    identities, duplicates = set(), []
    for medium in media:
        if medium.facts is not None:
            identity = (medium.facts.sha256, medium.only_for, medium.part)
            if identity in identities:
                duplicates.append(media_problems.duplicate_content(medium.file, f"media.{medium.index}.file"))
            identities.add(identity)
    return duplicates
