"""The comparison of a post's file with what the plan was made from, at the last moment."""

from humaspost.base.file_stamp import FileStamp
from humaspost.model.decision import CheckFile, FileState
from humaspost.settings.settings import Settings


def create_file_check(settings: Settings) -> CheckFile:
    """Return the function that compares a file with its stamp; it reads no content.

    Where the whole posts folder is away, the last plan stands. A file without a stamp was read by an older
    humaspost: it counts as unchanged.
    """

    def check_file(file: str, stamp: str | None) -> FileState:
        try:
            status = (settings.root / file).stat()
        except (FileNotFoundError, NotADirectoryError):
            return FileState.ABSENT if settings.posts.is_dir() else FileState.PRESENT
        except OSError:
            return FileState.PRESENT  # a disk that does not answer proves nothing; the next scan reports it
        is_same = stamp is None or stamp == FileStamp.of(status).text()
        return FileState.PRESENT if is_same else FileState.CHANGED

    return check_file
