"""X's read endpoints: posts by id, timeline and account, with fields and expansions.

https://docs.x.com/x-api/posts/timelines/introduction, read 2026-08-22.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from humaspost.sandbox.state import PublicObject, SandboxState
from humaspost.sandbox.x import accounts, query
from humaspost.sandbox.x.errors import missing_resource
from humaspost.sandbox.x.posts import PostStore
from humaspost.sandbox.x.query import Query
from humaspost.sandbox.x.uploads import UploadStore

#: A timeline shows only the last 3,200 posts.
_MAX_TIMELINE_POSTS = 3200
_DEFAULT_FIELDS = {"id", "text", "edit_history_tweet_ids"}


class ReadEndpoints:
    """X's responses to GET, from the posts that are public now."""

    def __init__(self, state: SandboxState, posts: PostStore, uploads: UploadStore) -> None:
        self._state, self._posts, self._uploads = state, posts, uploads

    def me(self, params: Query) -> dict[str, Any]:
        """Return the account that the credentials belong to."""
        query.check_parameters(params, {"user.fields", "tweet.fields", "post.fields", "expansions"})
        return {"data": _user_fields(query.split_list(params, "user.fields"))}

    def lookup(self, ids: list[str], params: Query, *, single: bool) -> dict[str, Any]:
        """Return the existing posts and an error for each missing one; X sends both with 200."""
        parameter = "id" if single else "ids"
        query.check_parameters(params, query.FIELD_PARAMETERS | (set() if single else {"ids"}))
        existing = [post for post in map(self._posts.get, query.parse_ids(ids, parameter)) if post]
        response = self._build_response(existing, params)
        existing_ids = {post.id for post in existing}
        errors = [missing_resource("tweet", parameter, i) for i in ids if i not in existing_ids]
        if single and "data" in response:
            response["data"] = response["data"][0]
        return response | ({"errors": errors} if errors else {})

    def timeline(self, user_id: str, params: Query) -> dict[str, Any]:
        """Return one page of an account's posts, newest first."""
        query.check_parameters(params, query.FIELD_PARAMETERS | query.TIMELINE_PARAMETERS)
        page_request = query.parse_page(params)
        if user_id != accounts.USER_ID:
            return {"errors": [missing_resource("user", "id", user_id)]}
        matching = [post for post in self._state.listed_objects("x", user_id) if page_request.matches(post)][
            :_MAX_TIMELINE_POSTS
        ]
        page, remaining = matching[: page_request.size], matching[page_request.size :]
        meta: dict[str, Any] = {"result_count": len(page)}
        if page:
            meta |= {"newest_id": page[0].id, "oldest_id": page[-1].id}
        if remaining:
            meta["next_token"] = query.page_token(page[-1].id)
        return self._build_response(page, params) | {"meta": meta}

    def _build_response(self, posts: list[PublicObject], params: Query) -> dict[str, Any]:
        fields = (
            _DEFAULT_FIELDS
            | query.split_list(params, "tweet.fields")
            | query.split_list(params, "post.fields")
        )
        expansions = query.split_list(params, "expansions")
        fields |= {e.partition(".")[0] for e in expansions}
        response: dict[str, Any] = {"data": [_post_fields(p, fields) for p in posts]} if posts else {}
        includes = self._includes(posts, params, expansions)
        return response | ({"includes": includes} if includes else {})

    def _includes(self, posts: list[PublicObject], params: Query, expansions: set[str]) -> dict[str, Any]:
        includes: dict[str, list[dict[str, Any]]] = {}
        keys = [key for p in posts for key in p.extra["media_keys"]]
        if "attachments.media_keys" in expansions and keys:
            media_fields = {"media_key", "type"} | query.split_list(params, "media.fields")
            media = [self._uploads.by_key(key).include_fields() for key in dict.fromkeys(keys)]
            includes["media"] = [_select_fields(m, media_fields) for m in media]
        polls = [p for p in posts if p.poll]
        if "attachments.poll_ids" in expansions and polls:
            media_fields = {"id", "options"} | query.split_list(params, "poll.fields")
            includes["polls"] = [_select_fields(self._poll_fields(p), media_fields) for p in polls]
        if "author_id" in expansions and posts:
            includes["users"] = [_user_fields(query.split_list(params, "user.fields"))]
        return includes

    def _poll_fields(self, post: PublicObject) -> dict[str, Any]:
        assert post.poll is not None, "asked only of posts with a poll"
        ends_at = post.created_at + timedelta(minutes=post.poll["duration_minutes"])
        options = [
            {"position": n, "label": label, "votes": 0} for n, label in enumerate(post.poll["options"], 1)
        ]
        return {
            "id": post.poll["id"],
            "options": options,
            "duration_minutes": post.poll["duration_minutes"],
            "end_datetime": _format_time(ends_at),
            "voting_status": "closed" if ends_at <= self._state.now() else "open",
        }


def _post_fields(post: PublicObject, fields: set[str]) -> dict[str, Any]:
    extra = post.extra
    references = [{"type": "replied_to", "id": post.reply_to}] if post.reply_to else []
    references += [{"type": "quoted", "id": extra["quoted"]}] if extra["quoted"] else []
    attachments = {"media_keys": extra["media_keys"]} if extra["media_keys"] else {}
    attachments |= {"poll_ids": [post.poll["id"]]} if post.poll else {}
    all_fields: dict[str, Any] = {
        "id": post.id,
        "text": extra["text"],
        "edit_history_tweet_ids": [post.id],
        "author_id": post.account,
        "created_at": _format_time(post.created_at),
        "conversation_id": extra["conversation_id"],
        "reply_settings": extra["reply_settings"],
        "lang": "in",
        "possibly_sensitive": False,
        "paid_partnership": extra["paid_partnership"],
        "public_metrics": _POST_METRICS,
        "entities": extra["entities"],
        "note_tweet": extra["note"],
        "note_post": extra["note"],
        "attachments": attachments,
        "referenced_tweets": references,
        "referenced_posts": references,
        "in_reply_to_user_id": post.account if post.reply_to else None,
    }
    return _select_fields({k: v for k, v in all_fields.items() if v not in (None, {}, [])}, fields)


_POST_METRICS = {
    "repost_count": 0,
    "retweet_count": 0,
    "reply_count": 0,
    "like_count": 0,
    "quote_count": 0,
    "bookmark_count": 0,
    "impression_count": 0,
}


def _user_fields(fields: set[str]) -> dict[str, Any]:
    all_fields = {
        "id": accounts.USER_ID,
        "name": accounts.NAME,
        "username": accounts.HANDLE,
        "created_at": _format_time(accounts.CREATED_AT),
        "protected": False,
        "verified": True,
        "verified_type": "government",
    }
    return _select_fields(all_fields, {"id", "name", "username"} | fields)


def _select_fields(all_fields: dict[str, Any], fields: set[str]) -> dict[str, Any]:
    return {name: value for name, value in all_fields.items() if name in fields}


def _format_time(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"
