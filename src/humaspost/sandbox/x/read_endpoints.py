"""Reading X: posts by id, the account's timeline, the account itself, with fields and expansions.

https://docs.x.com/x-api/posts/timelines/introduction, read 2026-08-22.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from humaspost.sandbox.state import PublicObject, World
from humaspost.sandbox.x import accounts, query
from humaspost.sandbox.x.errors import not_found
from humaspost.sandbox.x.posts import Posts
from humaspost.sandbox.x.query import Query
from humaspost.sandbox.x.uploads import Uploads

#: The last 3,200 posts are all that a timeline shows.
_DEEPEST = 3200
_ALWAYS = {"id", "text", "edit_history_tweet_ids"}


class Reads:
    """What X answers to GET, from the posts that are public by now."""

    def __init__(self, world: World, posts: Posts, uploads: Uploads) -> None:
        self._world, self._posts, self._uploads = world, posts, uploads

    def me(self, asked: Query) -> dict[str, Any]:
        """Whose credentials these are."""
        query.only(asked, {"user.fields", "tweet.fields", "post.fields", "expansions"})
        return {"data": _user(query.listed(asked, "user.fields"))}

    def lookup(self, ids: list[str], asked: Query, *, single: bool) -> dict[str, Any]:
        """The posts that exist, and an error for each that does not; X answers both with 200."""
        parameter = "id" if single else "ids"
        query.only(asked, query.SHAPE | (set() if single else {"ids"}))
        found = [post for post in map(self._posts.by_id, query.ids(ids, parameter)) if post]
        answer = self._answer(found, asked)
        known = {post.id for post in found}
        errors = [not_found("tweet", parameter, i) for i in ids if i not in known]
        if single and "data" in answer:
            answer["data"] = answer["data"][0]
        return answer | ({"errors": errors} if errors else {})

    def timeline(self, user_id: str, asked: Query) -> dict[str, Any]:
        """One page of an account's posts, newest first."""
        query.only(asked, query.SHAPE | query.WINDOW)
        wanted = query.page(asked)
        if user_id != accounts.USER_ID:
            return {"errors": [not_found("user", "id", user_id)]}
        fitting = [post for post in self._world.listed("x", user_id) if wanted.shows(post)][:_DEEPEST]
        page, rest = fitting[: wanted.size], fitting[wanted.size :]
        meta: dict[str, Any] = {"result_count": len(page)}
        if page:
            meta |= {"newest_id": page[0].id, "oldest_id": page[-1].id}
        if rest:
            meta["next_token"] = query.token(page[-1].id)
        return self._answer(page, asked) | {"meta": meta}

    def _answer(self, posts: list[PublicObject], asked: Query) -> dict[str, Any]:
        fields = _ALWAYS | query.listed(asked, "tweet.fields") | query.listed(asked, "post.fields")
        expansions = query.listed(asked, "expansions")
        fields |= {e.partition(".")[0] for e in expansions}
        answer: dict[str, Any] = {"data": [_post(p, fields) for p in posts]} if posts else {}
        includes = self._includes(posts, asked, expansions)
        return answer | ({"includes": includes} if includes else {})

    def _includes(self, posts: list[PublicObject], asked: Query, expansions: set[str]) -> dict[str, Any]:
        includes: dict[str, list[dict[str, Any]]] = {}
        keys = [key for p in posts for key in p.extra["media_keys"]]
        if "attachments.media_keys" in expansions and keys:
            wanted = {"media_key", "type"} | query.listed(asked, "media.fields")
            media = [self._uploads.by_key(key).included() for key in dict.fromkeys(keys)]
            includes["media"] = [_only_fields(m, wanted) for m in media]
        polls = [p for p in posts if p.poll]
        if "attachments.poll_ids" in expansions and polls:
            wanted = {"id", "options"} | query.listed(asked, "poll.fields")
            includes["polls"] = [_only_fields(self._poll(p), wanted) for p in polls]
        if "author_id" in expansions and posts:
            includes["users"] = [_user(query.listed(asked, "user.fields"))]
        return includes

    def _poll(self, post: PublicObject) -> dict[str, Any]:
        assert post.poll is not None, "asked only of posts with a poll"
        ends = post.created_at + timedelta(minutes=post.poll["duration_minutes"])
        options = [
            {"position": n, "label": label, "votes": 0} for n, label in enumerate(post.poll["options"], 1)
        ]
        return {
            "id": post.poll["id"],
            "options": options,
            "duration_minutes": post.poll["duration_minutes"],
            "end_datetime": _stamp(ends),
            "voting_status": "closed" if ends <= self._world.now() else "open",
        }


def _post(post: PublicObject, fields: set[str]) -> dict[str, Any]:
    extra = post.extra
    references = [{"type": "replied_to", "id": post.reply_to}] if post.reply_to else []
    references += [{"type": "quoted", "id": extra["quoted"]}] if extra["quoted"] else []
    attachments = {"media_keys": extra["media_keys"]} if extra["media_keys"] else {}
    attachments |= {"poll_ids": [post.poll["id"]]} if post.poll else {}
    whole: dict[str, Any] = {
        "id": post.id,
        "text": extra["text"],
        "edit_history_tweet_ids": [post.id],
        "author_id": post.account,
        "created_at": _stamp(post.created_at),
        "conversation_id": extra["conversation_id"],
        "reply_settings": extra["reply_settings"],
        "lang": "in",
        "possibly_sensitive": False,
        "paid_partnership": extra["paid_partnership"],
        "public_metrics": _METRICS,
        "entities": extra["entities"],
        "note_tweet": extra["note"],
        "note_post": extra["note"],
        "attachments": attachments,
        "referenced_tweets": references,
        "referenced_posts": references,
        "in_reply_to_user_id": post.account if post.reply_to else None,
    }
    return _only_fields({k: v for k, v in whole.items() if v not in (None, {}, [])}, fields)


_METRICS = {
    "repost_count": 0,
    "retweet_count": 0,
    "reply_count": 0,
    "like_count": 0,
    "quote_count": 0,
    "bookmark_count": 0,
    "impression_count": 0,
}


def _user(fields: set[str]) -> dict[str, Any]:
    whole = {
        "id": accounts.USER_ID,
        "name": accounts.NAME,
        "username": accounts.HANDLE,
        "created_at": _stamp(accounts.SINCE),
        "protected": False,
        "verified": True,
        "verified_type": "government",
    }
    return _only_fields(whole, {"id", "name", "username"} | fields)


def _only_fields(whole: dict[str, Any], fields: set[str]) -> dict[str, Any]:
    return {name: value for name, value in whole.items() if name in fields}


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
