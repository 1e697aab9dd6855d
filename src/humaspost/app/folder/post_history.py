"""The ledger's memory of earlier posts, read for the check of the folder and for the plan."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from humaspost.app.office import Office
from humaspost.model.plan import PostHistory, PublishedPost
from humaspost.planning.already_published import minute_of

# `check` and `preview` of an office without a ledger load no database.
if TYPE_CHECKING:
    from humaspost.content.reader import FolderReading

#: A post is recognised for longer than a year: yearly posts come back with their old text.
REMEMBERED = timedelta(days=400)


def load_planned_files(office: Office) -> Mapping[str, str]:
    """Return the file from which each post was planned, by id; none without a ledger."""
    if not office.has_ledger:
        return {}
    from humaspost.ledger.queries import post_history

    with office.ledger().read() as conn:
        return post_history.planned_files(conn)


def load_history(office: Office, reading: "FolderReading", planned_files: Mapping[str, str]) -> PostHistory:
    """Return what the ledger knows of earlier posts, as far as the posts of the folder need it."""
    if not planned_files:
        return PostHistory()
    from humaspost.ledger.queries import post_history

    new_minutes = {
        minute_of(post.date.utc)
        for post in reading.posts
        if post.date and not post.draft and post.id not in planned_files
    }
    since = office.now() - REMEMBERED
    with office.ledger().read() as conn:
        started = post_history.started_posts(conn, since=since)
        if not new_minutes:
            return PostHistory(planned_files, started)
        gone = _without_file(post_history.published_posts(conn, since=since), reading)
        near = {item.rendition_hash for item in gone if minute_of(item.date_at) in new_minutes}
        texts = post_history.first_part_texts(conn, near)
    published = [replace(item, text=texts.get(item.rendition_hash, "")) for item in gone]
    return PostHistory(planned_files, started, published)


def _without_file(published: Sequence[PublishedPost], reading: "FolderReading") -> list[PublishedPost]:
    """Return the posts that no file of the folder is, nor could be once it can be read."""
    ids = {post.id for post in reading.posts}
    ids |= {broken.id for broken in reading.broken_posts.values()} | set(reading.unsettled_files.values())
    unread = {file for file, broken in reading.broken_posts.items() if not broken.id}
    unread |= {file for file, id_ in reading.unsettled_files.items() if not id_}
    return [item for item in published if item.post not in ids and item.file not in unread]
