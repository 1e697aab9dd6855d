"""A published post that came back in another file: renamed, moved or typed again."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime

from humaspost.base.i18n import _
from humaspost.base.suggest import is_similar_text
from humaspost.model.plan import PlanRow, PostHistory, PublishedPost
from humaspost.model.problem import Problem

#: How much of two texts must be the same, in order, for one to be the other with a few words mended.
SIMILAR = 0.9
_NO_WORD = re.compile(r"\W+")


def find_published(rows: Sequence[PlanRow], history: PostHistory) -> dict[str, tuple[PlanRow, PublishedPost]]:
    """Return each new post that is public already under another id, with what is public, by id.

    It is the same post if its rendition is the same, or if account and minute are the same and its title or text.
    A post that names the other in ``repeats`` or ``corrects`` is another one on purpose.
    """
    by_minute: dict[tuple[str, datetime], list[PublishedPost]] = {}
    by_hash: dict[tuple[str, str], list[PublishedPost]] = {}
    for item in history.published:
        by_minute.setdefault((item.account, minute_of(item.date_at)), []).append(item)
        by_hash.setdefault((item.account, item.rendition_hash), []).append(item)
    found: dict[str, tuple[PlanRow, PublishedPost]] = {}
    for row in rows if history.published else ():
        if row.post in history.planned_files:
            continue
        matches = list(by_hash.get((row.account.name, row.rendition.hash), ()))
        candidates = by_minute.get((row.account.name, minute_of(row.due.utc)), ())
        matches += [item for item in candidates if is_same(row, item)]
        named = {*row.repeats, row.rendition.replies_to}
        if matches and not any(item.post in named for item in matches):
            found.setdefault(row.post, (row, matches[0]))
    return found


def is_same(row: PlanRow, published: PublishedPost) -> bool:
    """Return True if the two have the same title, or almost the same text."""
    if comparable(row.title) == comparable(published.title):
        return True
    return is_similar(row.rendition.parts[0].text, published.text)


def is_similar(one: str, other: str) -> bool:
    """Return True if one text is the other with a few words mended."""
    first, second = comparable(one), comparable(other)
    return bool(first and second) and is_similar_text(first, second, share=SIMILAR)


def describe(row: PlanRow, published: PublishedPost) -> Problem:
    """Return the problem of a post that is public already."""
    message = _("{account} has had this post since {date}, as {id!r} from {file}, a file that is gone")
    hint = _("the same post? write: id: {id}. another post? write: repeats: {id}")
    return Problem(
        "already-published",
        message.format(
            account=row.account.name,
            date=published.date_at.strftime("%Y-%m-%d"),
            id=published.post,
            file=published.file,
        ),
        hint.format(id=published.post),
        field="title",
        channel=row.account.channel,
    )


def comparable(text: str) -> str:
    """Return the words of the text: no case, no punctuation, no kinds of spaces."""
    return " ".join(_NO_WORD.split(unicodedata.normalize("NFKC", text).casefold())).strip()


def minute_of(time: datetime) -> datetime:
    """Return the time without its seconds."""
    return time.replace(second=0, microsecond=0)
