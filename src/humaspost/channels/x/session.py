"""A session with X for one account."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from typing import Any

from humaspost.base.canonical_json import Json
from humaspost.channels.http.client import DEADLINE, Wire, guarded
from humaspost.channels.x import ORIGIN, XConfig, media_upload, reconcile
from humaspost.channels.x.auth import Keys, Token, signing
from humaspost.channels.x.client import Calls, id_of
from humaspost.channels.x.errors import NOT_ALLOWED, NOT_FOUND
from humaspost.model.account import Facts, Identity
from humaspost.model.channel import ByHand, Door, NotReady, Ready, Retracted, Snapshot
from humaspost.model.delivery import Attempt, Proof, Receipt, Recipient
from humaspost.model.errors import AuthFailed, ChannelError, Rejected, Scope, Transient, UnknownOutcome
from humaspost.model.rendition import Part

_FIELDS = "created_at,text,entities,referenced_tweets,attachments,note_tweet"
#: https://help.x.com/en/managing-your-account/x-username-rules; older ones are longer.
_NAME = re.compile(r"[A-Za-z0-9_]{1,20}")
#: A look never reads more than this of a busy account; each post read costs money.
_PAGES = 5


@contextmanager
def session(config: XConfig, door: Door, *, deadline: float = DEADLINE) -> Iterator["Session"]:
    """A session whose connections are closed at the end; raises AuthFailed for a missing secret."""
    with guarded(write=False):
        signed = signing(config, door)
    with Wire(config.base_url, secrets=signed.secrets, signed_for=ORIGIN, deadline=deadline) as wire:
        yield Session(config, door, wire=wire, signed=signed)


class Session:
    """See ``humaspost.model.channel.Session``."""

    def __init__(self, config: XConfig, door: Door, *, wire: Wire, signed: Keys | Token) -> None:
        signed.attach(wire)
        self._config, self._door = config, door
        self._calls = Calls(wire, signed, door)
        self._owner = signed.owner

    def whoami(self) -> Identity:
        """Whose keys these are; raises AuthFailed when it is another account than the config's handle.

        https://docs.x.com/x-api/users/get-my-user
        """
        self._calls.ahead()
        me = self._calls.get("me", "/2/users/me").member("data")
        me = me if isinstance(me, dict) else {}
        name, number = me.get("username"), id_of(me)
        if not number or not isinstance(name, str) or not _NAME.fullmatch(name):
            raise Transient("unreadable-answer", "a user without id or name")
        if f"@{name}".casefold() != self._config.handle.casefold():
            raise AuthFailed("wrong-account", f"these keys belong to @{name}, not {self._config.handle}")
        self._owner = number
        return Identity(number, f"@{name}")

    def survey(self) -> Facts:
        """Nothing that X would tell without being paid for it; a post's own answer tells what is left of its day."""
        return Facts(self._door.now())

    def prepare(self, part: Part, token: Json) -> Ready | NotReady:
        """One step of one upload."""
        self._calls.ahead()
        return media_upload.prepare(self._calls, self._door, part, token)

    def publish(
        self, part: Part, ready: Ready, *, key: str, to: Recipient | None, reply_to: Receipt | None
    ) -> Receipt:
        """The post is live. X has no field that would echo ``key``.

        https://docs.x.com/x-api/posts/create-post
        """
        body = _body(part, media_upload.media_ids(ready.token, self._door.now()), reply_to)
        tweet_id = id_of(self._calls.write("post", "POST", "/2/tweets", body))
        if not tweet_id:
            raise UnknownOutcome("unreadable-answer", "a post without an id")
        return Receipt(tweet_id, self._door.now(), reconcile.url_of(tweet_id))

    def find(self, attempt: Attempt, *, to: Recipient | None) -> Receipt | Proof:
        """The post on the account's own timeline since the attempt; its absence there is never proof.

        https://docs.x.com/x-api/posts/timelines/introduction
        """
        try:
            return reconcile.judge(self._timeline(attempt), attempt)
        except ChannelError as refused:
            # Old free accounts may post, but not read their own timeline.
            if refused.code in ("client-forbidden", NOT_ALLOWED):
                return Proof.CANNOT_TELL
            raise

    def retract(self, receipt: Receipt) -> Retracted | ByHand:
        """The post is deleted; one that is not there any more counts as such.

        https://docs.x.com/x-api/posts/delete-post
        """
        if receipt.remote_id is None:
            return ByHand("delete it on x.com; its id is not known")
        try:
            data = self._calls.write("delete", "DELETE", f"/2/tweets/{receipt.remote_id}")
        except UnknownOutcome as error:
            if error.code != NOT_FOUND:
                raise
            return Retracted(self._door.now())
        if data.get("deleted") is not True:
            raise UnknownOutcome("unreadable-answer", "not said to be deleted")
        return Retracted(self._door.now())

    def read_back(self, receipt: Receipt) -> Snapshot | None:
        """What stands there now; X answers 200 without data for a post that is gone.

        https://docs.x.com/x-api/posts/get-post-by-id
        """
        if receipt.remote_id is None:
            return None
        try:
            answer = self._calls.get("lookup", f"/2/tweets/{receipt.remote_id}", **{"tweet.fields": _FIELDS})
        except Transient as error:
            if error.code != NOT_FOUND:
                raise
            return None
        data = answer.member("data")
        if not isinstance(data, dict):
            return None
        text, media = reconcile.shown_text(data), reconcile.media_count(data)
        return Snapshot(text, media or 0, reconcile.url_of(receipt.remote_id))

    def _timeline(self, attempt: Attempt) -> list[reconcile.Tweet]:
        """What the account posted since the attempt began, by whichever of the two clocks, newest first."""
        self._calls.ahead()
        owner = self._owner or self.whoami().platform_id
        since = (attempt.started_at - reconcile.SKEW).astimezone(UTC)
        params = {
            "max_results": "100",
            "start_time": since.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "tweet.fields": _FIELDS,
        }
        found: list[reconcile.Tweet] = []
        for _page in range(_PAGES):
            answer = self._calls.get("timeline", f"/2/users/{owner}/tweets", **params)
            found += reconcile.page(answer.member("data"), answer.member("meta", "result_count"))
            further = answer.member("meta", "next_token")
            if not isinstance(further, str):
                break
            params = {**params, "pagination_token": further}
        return found


def _body(part: Part, media: list[str], reply_to: Receipt | None) -> Json:
    body: dict[str, Any] = {"text": part.text} if part.text else {}
    if media:
        body["media"] = {"media_ids": media}
    if reply_to is not None:
        if reply_to.remote_id is None:
            raise Rejected("reply-unknown", "the id of the post to reply to is not known", scope=Scope.POST)
        body["reply"] = {"in_reply_to_tweet_id": reply_to.remote_id}
    for name in ("poll", "reply_settings", "made_with_ai", "paid_partnership"):
        if name in part.extra:
            body[name] = part.extra[name]
    return body
