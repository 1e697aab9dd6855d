"""After an unknown outcome: what the container, the media list and the stories prove. Nothing is written."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from humaspost.channels.instagram.containers import progress, status_of
from humaspost.channels.meta_graph import Graph, rows_of, text_of
from humaspost.model.delivery import Attempt, Proof, Receipt
from humaspost.model.errors import ChannelError
from humaspost.model.post import Kind

#: From then on a finished container that is in no list is for a person: absence is evidence, never proof.
PATIENCE = timedelta(minutes=2)
#: Our clock and Instagram's may differ by this much.
SKEW = timedelta(seconds=60)
FIELDS = "id,caption,timestamp,permalink,media_type,media_product_type"
_PAGE = "25"


def find(graph: Graph, attempt: Attempt, *, user_id: str, now: datetime) -> Receipt | Proof:
    """The published object, or what its absence proves; the container decides, the lists give the id."""
    container = progress(attempt.ready).whole
    status = _status(graph, container.id) if container else ""
    if status in ("ERROR", "EXPIRED"):
        return Proof.ABSENT_PROVEN
    if status == "IN_PROGRESS":
        return Proof.ABSENT_SO_FAR
    listed = [item for item in _listed(graph, attempt, user_id) if _could_be(item, attempt)]
    # Only a published container makes the time alone enough: a person may have posted meanwhile.
    live = [item for item in listed if status == "PUBLISHED" or _has_its_words(item, attempt)]
    if len(live) == 1:
        return _receipt(live[0], attempt)
    if status == "PUBLISHED":
        return Receipt(None, attempt.ended_at)
    return Proof.CANNOT_TELL if now - attempt.ended_at >= PATIENCE else Proof.ABSENT_SO_FAR


def _status(graph: Graph, container: str) -> str:
    """The container's status; "" where it cannot be read, which proves nothing (100/33 is flaky)."""
    try:
        return status_of(graph, container, call="read")[0]
    except ChannelError as error:
        if is_unreadable(error):
            return ""
        raise


def is_unreadable(error: ChannelError) -> bool:
    """Whether the object is not there or may not be read, rather than the platform being away."""
    return error.code.partition("/")[0] in ("10", "24", "100")


def _listed(graph: Graph, attempt: Attempt, user_id: str) -> list[Mapping[str, Any]]:
    edge, query = f"/{user_id}/stories", {"limit": _PAGE}
    if not _is_story(attempt):
        # In which order Meta lists is not documented: without it ours may be on a page behind years of others.
        since = int((attempt.started_at - SKEW).timestamp())
        edge, query = f"/{user_id}/media", {"limit": _PAGE, "since": str(since)}
    try:
        return rows_of(graph.get("read", edge, fields=FIELDS, **query))
    except ChannelError as error:
        if not is_unreadable(error):
            raise
    # Captions are documented for Facebook Login only.
    return rows_of(graph.get("read", edge, fields=FIELDS.replace("caption,", ""), **query))


def _could_be(item: Mapping[str, Any], attempt: Attempt) -> bool:
    """Made since the attempt began, of its kind, not with other words, and no other delivery's."""
    made = moment(item)
    if made is None or made < attempt.started_at - SKEW or text_of(item, "id") in attempt.taken:
        return False
    if text_of(item, "media_type") not in ("", _media_type(attempt)):
        return False
    if "caption" in item and not _is_story(attempt):
        return _words(text_of(item, "caption")) == _words(attempt.part.text)
    return True


def _media_type(attempt: Attempt) -> str:
    media = attempt.part.media
    if len(media) > 1:
        return "CAROUSEL_ALBUM"
    return "VIDEO" if media and media[0].kind is Kind.VIDEO else "IMAGE"


def _has_its_words(item: Mapping[str, Any], attempt: Attempt) -> bool:
    return bool(attempt.part.text) and "caption" in item and not _is_story(attempt)


def _is_story(attempt: Attempt) -> bool:
    return attempt.part.extra.get("format") == "story"


def _words(text: str) -> str:
    return " ".join(text.split())


def moment(item: Mapping[str, Any]) -> datetime | None:
    """When an object was published (``2026-11-23T08:00:00+0000``)."""
    try:
        made = datetime.fromisoformat(text_of(item, "timestamp"))
        return made.astimezone(UTC) if made.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _receipt(item: Mapping[str, Any], attempt: Attempt) -> Receipt:
    made = moment(item) or attempt.ended_at
    return Receipt(text_of(item, "id") or None, made, text_of(item, "permalink") or None)
