"""Names that sync clients, file managers and merge tools give to copies, with sources."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import lru_cache

from humaspost.model.rules import Source

_READ_ON = date(2026, 11, 29)
_DROPBOX = Source("https://help.dropbox.com/syncing-uploads/conflicted-copy", _READ_ON)
_OWNCLOUD = Source("https://doc.owncloud.com/desktop/next/conflicts.html", _READ_ON)
_NEXTCLOUD = Source(
    "https://docs.nextcloud.com/server/latest/user_manual/ca/desktop/conflicts.html", _READ_ON
)
_SYNCTHING = Source("https://docs.syncthing.net/users/syncing.html", _READ_ON)
_RESILIO = Source("https://help.resilio.com/hc/en-us/articles/204753629-Conflict-files-in-Sync", _READ_ON)
_SYNOLOGY = Source(
    "https://kb.synology.com/en-eu/DSM/tutorial/Synology_Drive_file_conflict_resolution", _READ_ON
)
_PCLOUD = Source("https://help.pcloud.com/article/files-not-recommended-for-sync-backup-or-uploads", _READ_ON)
_GIT = Source("https://git-scm.com/docs/git-mergetool", _READ_ON)


class Evidence(Enum):
    """The evidence that makes a file with such a name a copy."""

    #: Nobody gives a post such a name.
    NAME = "name"
    #: A person may have given the name, so the original must be there.
    ORIGINAL = "original"
    #: Posts are numbered like this too, so the original must be there and be the same post.
    SAME_POST = "same-post"


@dataclass(frozen=True, slots=True)
class ConflictName:
    """One client's form of a name without its extension.

    The group ``original`` of the pattern is the original's name. ``source`` is None for a form that its vendor has no page about; it is known from what people report.
    """

    client: str
    pattern: re.Pattern[str]
    evidence: Evidence
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class CopyName:
    """A name in the form of a copy; ``original`` is "" where the form does not tell it."""

    client: str
    original: str
    evidence: Evidence


def _name(client: str, pattern: str, evidence: Evidence, source: Source | None = None) -> ConflictName:
    return ConflictName(client, re.compile(pattern, re.IGNORECASE), evidence, source)


_ORIGINAL = "(?P<original>.+?)"
#: Names that Windows gives a new computer, and words that offices put into theirs.
_COMPUTER = (
    r"(?:(?-i:(?:DESKTOP|LAPTOP)-[A-Z0-9]{6,8}|WIN-[A-Z0-9]{11})"
    r"|(?-i:(?:[A-Z][A-Z0-9]*-)*(?:PC|LAPTOP|DESKTOP|KOMPUTER|NOTEBOOK)(?:-?[A-Z0-9]+)*)"
    r"|(?-i:(?:[A-Z]\w*-)*(?:MacBook|iMac)(?:-\w+)*))"
)
#: The first that matches counts.
CONFLICT_NAMES: tuple[ConflictName, ...] = (
    _name("Dropbox, ownCloud", rf"^{_ORIGINAL} ?\(.*conflict(?:ed)? copy.*$", Evidence.NAME, _DROPBOX),
    _name("ownCloud", r"conflicted copy|_conflict-\d{8}", Evidence.NAME, _OWNCLOUD),
    _name("Dropbox in Indonesian", rf"^{_ORIGINAL} ?\(.*salinan.*konflik.*\)(?: ?\(\d+\))?$", Evidence.NAME),
    _name("Dropbox, Seafile", rf"^{_ORIGINAL} ?\([^()]*conflict[^()]*\)$", Evidence.NAME, _DROPBOX),
    _name("Nextcloud", rf"^{_ORIGINAL} ?\(case clash from [^()]*\)$", Evidence.NAME, _NEXTCLOUD),
    _name(
        "Nextcloud in Indonesian",
        rf"^{_ORIGINAL} ?\([^()]*konflik[^()]*\d{{4}}-\d\d-\d\d[^()]*\)$",
        Evidence.NAME,
    ),
    _name("Syncthing", rf"^{_ORIGINAL}\.sync-conflict-", Evidence.NAME, _SYNCTHING),
    _name("Resilio Sync", rf"^{_ORIGINAL}\.conflict\d*(?:\.|$)", Evidence.NAME, _RESILIO),
    _name("pCloud", rf"^{_ORIGINAL}(?:\.conflicted| ?\[conflicted\])(?: ?\(\d+\))?$", Evidence.NAME, _PCLOUD),
    _name(
        "Synology Drive",
        rf"^{_ORIGINAL}_[^_]+_[a-z]{{3}}-\d\d-\d{{4,6}}-\d{{4}}_[a-z]*conflict(?:_\d+)?$",
        Evidence.NAME,
        _SYNOLOGY,
    ),
    _name("Git", rf"^{_ORIGINAL}[._](?-i:BACKUP|LOCAL|REMOTE|BASE)[._]\d+$", Evidence.NAME, _GIT),
    _name("Windows Explorer", rf"^{_ORIGINAL} - (?:copy|salinan)(?: ?\(\d+\)| \d+)?$", Evidence.NAME),
    _name("Google Drive", rf"^(?:copy of|salinan dari) {_ORIGINAL}$", Evidence.NAME),
    _name("Google Drive in Indonesian", rf"^salinan {_ORIGINAL}$", Evidence.ORIGINAL),
    _name("GNOME, KDE", rf"^{_ORIGINAL} \((?:.* )?(?:copy|salinan)(?: \d+)?\)$", Evidence.ORIGINAL),
    _name("macOS Finder", rf"^{_ORIGINAL} (?:copy|salinan)(?: \d+)?$", Evidence.ORIGINAL),
    _name("Google Drive, browsers", rf"^{_ORIGINAL} ?\(\d+\)$", Evidence.ORIGINAL),
    _name("OneDrive", rf"^{_ORIGINAL}-{_COMPUTER}(?:-\d+)?$", Evidence.ORIGINAL),
    # Any other computer's name: capitals as Windows shows them, so that a word of the title is none.
    _name("OneDrive", rf"^{_ORIGINAL}-(?-i:[A-Z][A-Z0-9-]{{2,14}})(?:-\d+)?$", Evidence.SAME_POST),
    _name("iCloud Drive", rf"^{_ORIGINAL} \d{{1,2}}$", Evidence.SAME_POST),
)


#: A sign that every form has and few names have: the forms need not be tried on the others.
_SIGN = re.compile(r"[\s()\[\]._]|-[A-Za-z]*[A-Z]")


@lru_cache(maxsize=65_536)
def match_copies(stem: str) -> tuple[CopyName, ...]:
    """Return the copies that the name can mean, in the order of the table.

    ``stem`` is the file's name without its extension.
    """
    if not _SIGN.search(stem):
        return ()
    return tuple(
        CopyName(form.client, found.groupdict().get("original") or "", form.evidence)
        for form in CONFLICT_NAMES
        if (found := form.pattern.search(stem))
    )


def comparable_name(stem: str) -> str:
    """Return the name as file systems compare names: composed letters, without case."""
    return unicodedata.normalize("NFC", stem).casefold().strip()
