"""X's posts: the rules for new posts, and the public and deleted ones."""

from datetime import timedelta
from typing import Any

from humaspost.sandbox.state import PublicObject, SandboxState
from humaspost.sandbox.x import accounts, text
from humaspost.sandbox.x.errors import (
    RequestRefused,
    forbidden,
    invalid_request,
    out_of_credits,
    usage_capped,
)
from humaspost.sandbox.x.ids import SnowflakeGenerator
from humaspost.sandbox.x.options import get_option
from humaspost.sandbox.x.request_schema import NewPost
from humaspost.sandbox.x.uploads import Upload, UploadStore

DUPLICATE_CONTENT = "You are not allowed to create a Tweet with duplicate content."
NOT_ENGAGED = (
    "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged "
    "by the author of the post you are replying to."
)
NOT_VISIBLE = "You attempted to reply to a Tweet that is deleted or not visible to you."


class PostStore:
    """The demo account's posts, under the rules of self-serve access in 2026."""

    def __init__(self, state: SandboxState, ids: SnowflakeGenerator, uploads: UploadStore) -> None:
        self._state, self._ids, self._uploads = state, ids, uploads
        self._by_id: dict[str, PublicObject] = {}
        self._recent_texts: dict[str, PublicObject] = {}
        self._paid_count = 0

    def create(self, new_post: NewPost) -> PublicObject:
        """Publish the post and return it, or raise the refusal that X would give."""
        self._check_credits()
        _check_attachments(new_post)
        media = self._uploads.attached_media(new_post.media.media_ids) if new_post.media else []
        self._check_rights(new_post)
        self._check_text(new_post.text)
        post = self._build_post(new_post, media)
        self._paid_count += 1
        self._by_id[post.id] = self._recent_texts[text.normalize_text(new_post.text)] = post
        return self._state.add_object(post)

    def delete(self, post_id: str) -> bool:
        """Delete the post; return True also if it was deleted before, as X does."""
        post = self._by_id.get(post_id)
        if post is None:
            raise forbidden("You are not authorized to delete this Tweet.")
        post.deleted = True
        return True

    def get(self, post_id: str) -> PublicObject | None:
        """Return a post that is not deleted and that lookups show now, or None."""
        post = self._by_id.get(post_id)
        return post if post and not post.deleted and post.visible_at <= self._state.now() else None

    def _check_credits(self) -> None:
        remaining = get_option(self._state, "credits")
        if remaining is not None and self._paid_count >= remaining:
            raise out_of_credits()
        cap = get_option(self._state, "usage_cap")
        if cap is not None and self._paid_count >= cap:
            raise usage_capped()

    def _check_rights(self, new_post: NewPost) -> None:
        if new_post.reply:
            self._check_parent(new_post.reply.in_reply_to_tweet_id)
        if new_post.quote_tweet_id and not (
            get_option(self._state, "quotes") and self.get(new_post.quote_tweet_id)
        ):
            raise forbidden()
        # The demo account has no Premium, no community, no ads account and no paying followers.
        special = (
            new_post.community_id,
            new_post.card_uri,
            new_post.direct_message_deep_link,
            new_post.edit_options,
        )
        if (
            any(special)
            or new_post.nullcast
            or new_post.for_super_followers_only
            or new_post.share_with_followers
        ):
            raise forbidden()

    def _check_parent(self, parent_id: str) -> None:
        parent = self._by_id.get(parent_id)
        if parent is None:
            if parent_id not in get_option(self._state, "engaged"):
                raise forbidden(NOT_ENGAGED)
        elif not get_option(self._state, "own_replies"):
            raise forbidden(NOT_ENGAGED)
        elif parent.deleted or (
            get_option(self._state, "reply_needs_visible") and parent.visible_at > self._state.now()
        ):
            raise forbidden(NOT_VISIBLE)

    def _check_text(self, post_text: str) -> None:
        if not text.is_within(post_text, get_option(self._state, "longest")):
            raise forbidden() if get_option(self._state, "too_long") == "403" else _text_too_long(post_text)
        if text.has_refused_characters(post_text):
            raise invalid_request(("The text contains invalid characters.", {"text": ["invalid"]}))
        if len(text.find_cashtags(post_text)) > 1:
            raise forbidden(
                "You are not permitted to perform this action: a post has a maximum of one cashtag."
            )
        if post_text.strip() and self._is_duplicate(post_text):
            raise forbidden(DUPLICATE_CONTENT)

    def _is_duplicate(self, post_text: str) -> bool:
        earlier = self._recent_texts.get(text.normalize_text(post_text))
        if earlier is None or (earlier.deleted and not get_option(self._state, "deleted_twin_blocks")):
            return False
        return self._state.now() - earlier.created_at < timedelta(
            hours=get_option(self._state, "duplicate_hours")
        )

    def _build_post(self, new_post: NewPost, media: list[Upload]) -> PublicObject:
        post_id, now = self._ids.next_id(), self._state.now()
        keys = [m.media_key for m in media]
        parent = new_post.reply.in_reply_to_tweet_id if new_post.reply else None
        link = media and get_option(self._state, "media_link")
        kind = "video" if media and media[0].category.endswith("video") else "photo"
        displayed, entities = text.displayed_text(
            new_post.text,
            post_id=post_id,
            media_url=f"https://x.com/{accounts.HANDLE}/status/{post_id}/{kind}/1" if link else None,
            media_keys=keys,
        )
        note = None
        if not text.is_within(new_post.text, text.MAX_SHORT):
            full_text, included = text.displayed_text(
                new_post.text, post_id=post_id, media_url=None, media_keys=[]
            )
            note = {"text": full_text, "entities": included}
            displayed, entities = text.shorten(full_text, included, post_id=post_id)
        root = self._by_id[parent].extra["conversation_id"] if parent in self._by_id else parent or post_id
        return PublicObject(
            channel="x",
            account=accounts.USER_ID,
            id=post_id,
            text=new_post.text,
            created_at=now,
            visible_at=now,
            media=tuple(m.public_media() for m in media),
            reply_to=parent,
            poll=_build_poll(new_post, self._ids),
            extra={
                "text": displayed,
                "entities": entities,
                "note": note,
                "media_keys": keys,
                "captions": [dict(m.captions) for m in media],
                "conversation_id": root,
                "reply_settings": new_post.reply_settings or "everyone",
                "quoted": new_post.quote_tweet_id,
                "paid_partnership": new_post.paid_partnership,
                "made_with_ai": new_post.made_with_ai,
                "extra_lines": _extra_lines(new_post, media),
            },
        )


def _build_poll(new_post: NewPost, ids: SnowflakeGenerator) -> dict[str, Any] | None:
    if new_post.poll is None:
        return None
    return {
        "id": ids.next_id(),
        "options": new_post.poll.options,
        "duration_minutes": new_post.poll.duration_minutes,
    }


def _extra_lines(new_post: NewPost, media: list[Upload]) -> list[str]:
    """Return the labels that X's app shows beside the text."""
    replies = new_post.reply_settings or "everyone"
    lines = {
        f"who can reply: {replies}": replies != "everyone",
        "made with AI": new_post.made_with_ai,
        "paid partnership": new_post.paid_partnership,
        **{f"subtitles: {language}": True for upload in media for language in dict(upload.captions)},
    }
    return [label for label, is_set in lines.items() if is_set]


def _check_attachments(new_post: NewPost) -> None:
    """Check the rules that X's schema cannot express: text or media, one kind of attachment."""
    if not new_post.text.strip() and not new_post.media:
        raise invalid_request(
            ("[$.text: text is required unless media is provided]", {"text": [new_post.text]})
        )
    attachments = {"media": new_post.media, "poll": new_post.poll, "quote_tweet_id": new_post.quote_tweet_id}
    attachments_given = [name for name, value in attachments.items() if value]
    if len(attachments_given) > 1:
        raise _check_exclusive(attachments_given)
    if new_post.poll and len(set(new_post.poll.options)) < len(new_post.poll.options):
        raise invalid_request(("Poll options must be unique.", {"poll.options": new_post.poll.options}))


def _text_too_long(text: str) -> RequestRefused:
    return invalid_request(("[$.text: the text is too long]", {"text": [text[:200]]}))


def _check_exclusive(names: list[str]) -> RequestRefused:
    return invalid_request(
        *[(f"[$.{name}: only one of media, poll and quote_tweet_id]", {name: ["…"]}) for name in names]
    )
