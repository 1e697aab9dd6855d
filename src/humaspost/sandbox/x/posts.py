"""X's posts: what may be created, what is public, what is gone."""

from datetime import timedelta
from typing import Any

from humaspost.sandbox.state import PublicObject, World
from humaspost.sandbox.x import accounts, text
from humaspost.sandbox.x.errors import Refused, forbidden, invalid, out_of_credits, usage_capped
from humaspost.sandbox.x.ids import Snowflakes
from humaspost.sandbox.x.options import setting
from humaspost.sandbox.x.request_schema import NewPost
from humaspost.sandbox.x.uploads import Upload, Uploads

DUPLICATE = "You are not allowed to create a Tweet with duplicate content."
NOT_ENGAGED = (
    "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged "
    "by the author of the post you are replying to."
)
NOT_VISIBLE = "You attempted to reply to a Tweet that is deleted or not visible to you."


class Posts:
    """The demo account's posts; every rule of 2026's self-serve access holds."""

    def __init__(self, world: World, ids: Snowflakes, uploads: Uploads) -> None:
        self._world, self._ids, self._uploads = world, ids, uploads
        self._by_id: dict[str, PublicObject] = {}
        self._same: dict[str, PublicObject] = {}
        self._paid = 0

    def create(self, wanted: NewPost) -> PublicObject:
        """The post is public; otherwise the refusal that X would give, and nothing is."""
        self._check_credits()
        _check_shape(wanted)
        media = self._uploads.attached(wanted.media.media_ids) if wanted.media else []
        self._check_rights(wanted)
        self._check_text(wanted.text)
        made = self._made(wanted, media)
        self._paid += 1
        self._by_id[made.id] = self._same[text.plain(wanted.text)] = made
        return self._world.show(made)

    def delete(self, post_id: str) -> bool:
        """The post is not public any more; True also when it was gone already, as on X."""
        found = self._by_id.get(post_id)
        if found is None:
            raise forbidden("You are not authorized to delete this Tweet.")
        found.deleted = True
        return True

    def by_id(self, post_id: str) -> PublicObject | None:
        """A living post that lookups show by now."""
        found = self._by_id.get(post_id)
        return found if found and not found.deleted and found.visible_at <= self._world.now() else None

    def _check_credits(self) -> None:
        left = setting(self._world, "credits")
        if left is not None and self._paid >= left:
            raise out_of_credits()
        cap = setting(self._world, "usage_cap")
        if cap is not None and self._paid >= cap:
            raise usage_capped()

    def _check_rights(self, wanted: NewPost) -> None:
        if wanted.reply:
            self._check_parent(wanted.reply.in_reply_to_tweet_id)
        if wanted.quote_tweet_id and not (
            setting(self._world, "quotes") and self.by_id(wanted.quote_tweet_id)
        ):
            raise forbidden()
        # What needs Premium, a community, an ads account or followers who pay, the demo account has not.
        special = (wanted.community_id, wanted.card_uri, wanted.direct_message_deep_link, wanted.edit_options)
        if any(special) or wanted.nullcast or wanted.for_super_followers_only or wanted.share_with_followers:
            raise forbidden()

    def _check_parent(self, parent_id: str) -> None:
        parent = self._by_id.get(parent_id)
        if parent is None:
            if parent_id not in setting(self._world, "engaged"):
                raise forbidden(NOT_ENGAGED)
        elif not setting(self._world, "own_replies"):
            raise forbidden(NOT_ENGAGED)
        elif parent.deleted or (
            setting(self._world, "reply_needs_visible") and parent.visible_at > self._world.now()
        ):
            raise forbidden(NOT_VISIBLE)

    def _check_text(self, words: str) -> None:
        if not text.fits(words, setting(self._world, "longest")):
            raise forbidden() if setting(self._world, "too_long") == "403" else _too_long(words)
        if text.has_refused_characters(words):
            raise invalid(("The text contains invalid characters.", {"text": ["invalid"]}))
        if len(text.cashtags(words)) > 1:
            raise forbidden(
                "You are not permitted to perform this action: a post has a maximum of one cashtag."
            )
        if words.strip() and self._has_twin(words):
            raise forbidden(DUPLICATE)

    def _has_twin(self, words: str) -> bool:
        twin = self._same.get(text.plain(words))
        if twin is None or (twin.deleted and not setting(self._world, "deleted_twin_blocks")):
            return False
        return self._world.now() - twin.created_at < timedelta(hours=setting(self._world, "duplicate_hours"))

    def _made(self, wanted: NewPost, media: list[Upload]) -> PublicObject:
        post_id, now = self._ids.next(), self._world.now()
        keys = [m.key for m in media]
        parent = wanted.reply.in_reply_to_tweet_id if wanted.reply else None
        link = media and setting(self._world, "media_link")
        kind = "video" if media and media[0].category.endswith("video") else "photo"
        wire, entities = text.as_shown(
            wanted.text,
            post_id=post_id,
            media_url=f"https://x.com/{accounts.HANDLE}/status/{post_id}/{kind}/1" if link else None,
            media_keys=keys,
        )
        note = None
        if not text.fits(wanted.text, text.SHORT):
            whole, inside = text.as_shown(wanted.text, post_id=post_id, media_url=None, media_keys=[])
            note = {"text": whole, "entities": inside}
            wire, entities = text.short(whole, inside, post_id=post_id)
        root = self._by_id[parent].extra["conversation_id"] if parent in self._by_id else parent or post_id
        return PublicObject(
            channel="x",
            account=accounts.USER_ID,
            id=post_id,
            text=wanted.text,
            created_at=now,
            visible_at=now,
            media=tuple(m.shown() for m in media),
            reply_to=parent,
            poll=_poll(wanted, self._ids),
            extra={
                "text": wire,
                "entities": entities,
                "note": note,
                "media_keys": keys,
                "captions": [dict(m.captions) for m in media],
                "conversation_id": root,
                "reply_settings": wanted.reply_settings or "everyone",
                "quoted": wanted.quote_tweet_id,
                "paid_partnership": wanted.paid_partnership,
                "made_with_ai": wanted.made_with_ai,
                "beside": _beside(wanted, media),
            },
        )


def _poll(wanted: NewPost, ids: Snowflakes) -> dict[str, Any] | None:
    if wanted.poll is None:
        return None
    return {
        "id": ids.next(),
        "options": wanted.poll.options,
        "duration_minutes": wanted.poll.duration_minutes,
    }


def _beside(wanted: NewPost, media: list[Upload]) -> list[str]:
    """What the app shows beside the words, in its words."""
    replies = wanted.reply_settings or "everyone"
    said = {
        f"who can reply: {replies}": replies != "everyone",
        "made with AI": wanted.made_with_ai,
        "paid partnership": wanted.paid_partnership,
        **{f"subtitles: {language}": True for upload in media for language in dict(upload.captions)},
    }
    return [words for words, is_so in said.items() if is_so]


def _check_shape(wanted: NewPost) -> None:
    """What X's schema cannot say: some words or media, and one kind of attachment."""
    if not wanted.text.strip() and not wanted.media:
        raise invalid(("[$.text: text is required unless media is provided]", {"text": [wanted.text]}))
    attachments = {"media": wanted.media, "poll": wanted.poll, "quote_tweet_id": wanted.quote_tweet_id}
    given = [name for name, value in attachments.items() if value]
    if len(given) > 1:
        raise _exclusive(given)
    if wanted.poll and len(set(wanted.poll.options)) < len(wanted.poll.options):
        raise invalid(("Poll options must be unique.", {"poll.options": wanted.poll.options}))


def _too_long(words: str) -> Refused:
    return invalid(("[$.text: the text is too long]", {"text": [words[:200]]}))


def _exclusive(given: list[str]) -> Refused:
    return invalid(
        *[(f"[$.{name}: only one of media, poll and quote_tweet_id]", {name: ["…"]}) for name in given]
    )
