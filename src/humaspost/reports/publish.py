"""The deliveries that ``publish`` would send now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from humaspost.app.office import Office
from humaspost.ledger.deliveries.publish_now import REQUESTABLE_STATES
from humaspost.ledger.people import list_holds
from humaspost.ledger.posts import decisions
from humaspost.ledger.queries import recipient_counts, totals
from humaspost.model.delivery import State
from humaspost.model.post import Post
from humaspost.model.records import PostTotals
from humaspost.reports.renditions_of_post import RenditionPreview, previews_for
from humaspost.reports.sender_status import SenderStatus, sender_status


@dataclass(frozen=True, slots=True)
class PublishPreview:
    """The effect of publishing now: ``to_send`` with counts, and accounts it skips.

    ``cancelled_at`` = a person cancelled the post then, or a part of it, and publishing undoes that.
    ``given_up`` are accounts with cancelled deliveries that might be published, ``expired`` those where it
    expired, with the reason. ``published`` has, by account, how many of how many are public. ``held_lists`` hold
    what is left of the post.
    """

    to_send: tuple[tuple[RenditionPreview, int], ...]
    published: tuple[tuple[str, int, int], ...]
    unknown: tuple[str, ...]
    sender: SenderStatus
    cancelled_at: datetime | None = None
    given_up: tuple[str, ...] = ()
    held_lists: tuple[str, ...] = ()
    expired: tuple[tuple[str, str], ...] = ()


def publish_preview(office: Office, post: Post, *, account: str | None) -> PublishPreview:
    """Return the effect of publishing the post now, on one account or on all."""
    with office.ledger().read() as conn:
        entries = {entry.account: entry for entry in totals.list_by_post(conn, post_id=post.id)}
        cancelled = {
            item.account: item
            for item in decisions.list_cancelled(conn, post.id)
            if account in (None, item.account)
        }
        held_lists = {record.audience for record in list_holds.list_holds(conn)} & set(post.audiences)
        # Of a held list only those get it whom its file has too.
        confirmed = {
            name: recipient_counts.count_waiting(conn, post.id, account_name=name, audiences=post.audiences)
            for name in (entries if held_lists else ())
        }
        # Who has no row of a post that is expanded is counted nowhere yet.
        new = {
            name: recipient_counts.count_new(conn, post.id, account_name=name, audiences=post.audiences)
            - (entry.unexpanded or 0)
            for name, entry in (entries if post.audiences else {}).items()
        }
    previews = [preview for preview in previews_for(office, post) if account in (None, preview.account.name)]
    counted = [
        (
            preview,
            _count_remaining(preview, entries.get(preview.account.name), confirmed, new)
            + (cancelled[preview.account.name].revocable if preview.account.name in cancelled else 0),
        )
        for preview in previews
    ]
    revoked = [item for item in cancelled.values() if item.revocable and item.cancelled_at]
    return PublishPreview(
        to_send=tuple((preview, count) for preview, count in counted if count),
        published=tuple(
            (name, entries[name].counts[State.PUBLISHED], entries[name].counts.total())
            for name in _accounts_with_state(entries, State.PUBLISHED, previews)
        ),
        unknown=_accounts_with_state(entries, State.UNKNOWN, previews),
        sender=sender_status(office),
        cancelled_at=max((item.cancelled_at for item in revoked if item.cancelled_at), default=None),
        expired=tuple(
            (name, entries[name].reasons.get(State.EXPIRED, ""))
            for name in _accounts_with_state(entries, State.EXPIRED, previews)
        ),
        given_up=tuple(item.account for item in cancelled.values() if item.maybe_live),
        held_lists=tuple(sorted(held_lists)) if _has_remaining(entries, previews) else (),
    )


def _count_remaining(
    preview: RenditionPreview,
    entry: PostTotals | None,
    confirmed: Mapping[str, int],
    new: Mapping[str, int],
) -> int:
    if preview.rules.is_per_recipient and preview.account.name in confirmed:
        return confirmed[preview.account.name]
    if entry is not None:
        return entry.count(*REQUESTABLE_STATES, State.HELD) + (
            new.get(preview.account.name, 0) if preview.rules.is_per_recipient else 0
        )
    return preview.audience_size or 0 if preview.rules.is_per_recipient else len(preview.rendition.parts)


def _has_remaining(entries: Mapping[str, PostTotals], previews: Sequence[RenditionPreview]) -> bool:
    """Return True if somebody of a list has not had the post."""
    found = [entries.get(preview.account.name) for preview in previews if preview.rules.is_per_recipient]
    return any(entry is None or entry.remaining_count or entry.unexpanded is not None for entry in found)


def _accounts_with_state(
    entries: Mapping[str, PostTotals], state: State, previews: Sequence[RenditionPreview]
) -> tuple[str, ...]:
    names = [preview.account.name for preview in previews]
    return tuple(name for name in names if name in entries and entries[name].counts[state])
