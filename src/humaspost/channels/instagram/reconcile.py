"""Lookup of an unknown outcome in container, media list and stories; writes nothing."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from humaspost.channels.instagram.containers import get_status, parse_progress
from humaspost.channels.meta_graph import GraphClient, get_objects, get_text
from humaspost.model.delivery import Attempt, Proof, Receipt
from humaspost.model.errors import ChannelError
from humaspost.model.post import MediaKind

#: After this time a person decides on a finished container in no list: absence is evidence, never proof.
MIN_AGE_OF_PROOF = timedelta(minutes=2)
#: Our clock and Instagram's may differ by this much.
CLOCK_TOLERANCE = timedelta(seconds=60)
MEDIA_FIELDS = "id,caption,timestamp,permalink,media_type,media_product_type"
_PAGE_SIZE = "25"


def find_published(graph: GraphClient, attempt: Attempt, *, user_id: str, now: datetime) -> Receipt | Proof:
    """Return the published object, or the proof of its absence.

    The container decides, the lists give the id.
    """
    container = parse_progress(attempt.token).parent
    status = _container_status(graph, container.id) if container else ""
    if status in ("ERROR", "EXPIRED"):
        return Proof.ABSENT_PROVEN
    if status == "IN_PROGRESS":
        return Proof.ABSENT_SO_FAR
    listed = [item for item in _listed_media(graph, attempt, user_id) if _is_candidate(item, attempt)]
    # Only with a published container is the time alone enough: a person may have posted meanwhile.
    published = [item for item in listed if status == "PUBLISHED" or _has_same_caption(item, attempt)]
    if len(published) == 1:
        return _build_receipt(published[0], attempt)
    if status == "PUBLISHED":
        return Receipt(None, attempt.ended_at)
    return Proof.CANNOT_TELL if now - attempt.ended_at >= MIN_AGE_OF_PROOF else Proof.ABSENT_SO_FAR


def _container_status(graph: GraphClient, container: str) -> str:
    """Return the container's status, or "" if it is unreadable.

    Unreadable proves nothing: 100/33 is unreliable.
    """
    try:
        return get_status(graph, container, call="read")[0]
    except ChannelError as error:
        if is_unreadable(error):
            return ""
        raise


def is_unreadable(error: ChannelError) -> bool:
    """Return True if the object is absent or forbidden; False if the platform is unavailable."""
    return error.code.partition("/")[0] in ("10", "24", "100")


def _listed_media(graph: GraphClient, attempt: Attempt, user_id: str) -> list[Mapping[str, Any]]:
    edge, query = f"/{user_id}/stories", {"limit": _PAGE_SIZE}
    if not _is_story(attempt):
        # Meta documents no order of the list: without ``since`` our post may be on a page behind years of others.
        since = int((attempt.started_at - CLOCK_TOLERANCE).timestamp())
        edge, query = f"/{user_id}/media", {"limit": _PAGE_SIZE, "since": str(since)}
    try:
        return get_objects(graph.get("read", edge, fields=MEDIA_FIELDS, **query))
    except ChannelError as error:
        if not is_unreadable(error):
            raise
    # Captions are documented for Facebook Login only.
    return get_objects(graph.get("read", edge, fields=MEDIA_FIELDS.replace("caption,", ""), **query))


def _is_candidate(item: Mapping[str, Any], attempt: Attempt) -> bool:
    """Return True if the item can be the attempt's: its time, kind and caption fit.

    An item of another delivery never fits.
    """
    created_at = published_at(item)
    if (
        created_at is None
        or created_at < attempt.started_at - CLOCK_TOLERANCE
        or get_text(item, "id") in attempt.used_remote_ids
    ):
        return False
    if get_text(item, "media_type") not in ("", _media_type(attempt)):
        return False
    if "caption" in item and not _is_story(attempt):
        return _normalize_caption(get_text(item, "caption")) == _normalize_caption(attempt.part.text)
    return True


def _media_type(attempt: Attempt) -> str:
    media = attempt.part.media
    if len(media) > 1:
        return "CAROUSEL_ALBUM"
    return "VIDEO" if media and media[0].kind is MediaKind.VIDEO else "IMAGE"


def _has_same_caption(item: Mapping[str, Any], attempt: Attempt) -> bool:
    return bool(attempt.part.text) and "caption" in item and not _is_story(attempt)


def _is_story(attempt: Attempt) -> bool:
    return attempt.part.extra.get("format") == "story"


def _normalize_caption(text: str) -> str:
    return " ".join(text.split())


def published_at(item: Mapping[str, Any]) -> datetime | None:
    """Return when an object was published (``2026-11-23T08:00:00+0000``), or None."""
    try:
        made = datetime.fromisoformat(get_text(item, "timestamp"))
        return made.astimezone(UTC) if made.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _build_receipt(item: Mapping[str, Any], attempt: Attempt) -> Receipt:
    published = published_at(item) or attempt.ended_at
    return Receipt(get_text(item, "id") or None, published, get_text(item, "permalink") or None)
