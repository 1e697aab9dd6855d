"""The cache of what was read in the posts folder: posts, facts of media, renditions."""

import hashlib
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import humaspost
from humaspost.app.loaded_code import LoadedCode
from humaspost.base import i18n
from humaspost.base.file_stamp import ABSENT
from humaspost.base.files import list_drafts
from humaspost.base.stamped_cache import StampedCache
from humaspost.model.channel import Channel
from humaspost.settings.settings import Settings

FILE = "posts.cache"
#: The sections of the file.
PARSED, MEDIA, PLANNED = "parsed", "media", "planned"


def create_cache(
    settings: Settings, channels: Callable[[], Iterable[Channel]], code: LoadedCode
) -> StampedCache:
    """Return the cache of the office; it reads its file at the first use.

    It writes nothing once the code on disk is not that of this process: the next process would believe it.
    """
    return StampedCache(
        settings.state / FILE,
        basis=lambda: describe_basis(settings, channels(), code),
        is_current=code.is_on_disk,
    )


def delete(state: Path) -> list[Path]:
    """Delete the cache and its drafts; return the files that cannot be deleted.

    What the posts folder still has is read again.
    """
    path = state / FILE
    # A process that rewrites the file makes its draft first, then reads the old lines. A draft made after the
    # second step has none of them; one made before it is deleted, or has become the file, which the last step deletes.
    _try_delete(path)
    for draft in list_drafts(path):
        _try_delete(draft)
    _try_delete(path)
    return [left for left in (path, *list_drafts(path)) if left.exists()]


def _try_delete(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)


def describe_basis(settings: Settings, channels: Iterable[Channel], code: LoadedCode) -> str:
    """Return a word for all that a plan depends on, but the files and the accounts' statuses.

    These are the settings, the language, the time zone, Python, and the code of humaspost, its channels and all
    libraries. Comments of config.toml change nothing.
    """
    audiences = dict(sorted(settings.audiences.items()))
    parts = [
        humaspost.__version__,
        sys.version,
        i18n.language(),
        repr(replace(settings, digest="", stamp=ABSENT, audiences=audiences)),
        *code.describe(channels, settings.timezone),
    ]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
