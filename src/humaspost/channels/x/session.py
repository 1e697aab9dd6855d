"""A session of one X account, with one short method per operation."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from humaspost.base.canonical_json import Json
from humaspost.channels.http.client import REQUEST_SECONDS, HttpClient, map_errors
from humaspost.channels.x import media_upload, reconcile
from humaspost.channels.x.auth import OAuth1Keys, OAuth2Token, auth_of
from humaspost.channels.x.client import XClient, get_id
from humaspost.channels.x.config import ORIGIN, XConfig
from humaspost.channels.x.errors import NOT_FOUND
from humaspost.model.account import AccountStatus, Identity
from humaspost.model.channel import ChannelContext, ManualSteps, NotReady, Ready, Retracted, Snapshot
from humaspost.model.delivery import Attempt, Proof, Receipt, Recipient
from humaspost.model.errors import AuthFailed, Rejected, Scope, Transient, UnknownOutcome
from humaspost.model.rendition import Part

#: https://help.x.com/en/managing-your-account/x-username-rules; old handles are longer.
_USERNAME = re.compile(r"[A-Za-z0-9_]{1,20}")


@contextmanager
def open_session(
    config: XConfig, context: ChannelContext, *, deadline: float = REQUEST_SECONDS
) -> Iterator["XSession"]:
    """Open a session and close its connections at the end.

    Raises AuthFailed for a missing secret.
    """
    with map_errors(write=False):
        auth = auth_of(config, context)
    with HttpClient(config.base_url, secrets=auth.secrets, signed_for=ORIGIN, deadline=deadline) as http:
        yield XSession(config, context, http=http, auth=auth)


class XSession:
    """The session of one X account; see ``humaspost.model.channel.Session``."""

    def __init__(
        self, config: XConfig, context: ChannelContext, *, http: HttpClient, auth: OAuth1Keys | OAuth2Token
    ) -> None:
        auth.attach(http)
        self._config, self._context = config, context
        self._client = XClient(http, auth, context)
        self._user_id = auth.account_id

    def whoami(self) -> Identity:
        """Return the account of the keys; raises AuthFailed if the config names another handle.

        https://docs.x.com/x-api/users/get-my-user
        """
        self._client.renew_ahead()
        user = self._client.get("me", "/2/users/me").get("data")
        user = user if isinstance(user, dict) else {}
        name, number = user.get("username"), get_id(user)
        if not number or not isinstance(name, str) or not _USERNAME.fullmatch(name):
            raise Transient("unreadable-answer", "a user without id or name")
        if f"@{name}".casefold() != self._config.handle.casefold():
            raise AuthFailed("wrong-account", f"these keys belong to @{name}, not {self._config.handle}")
        self._user_id = number
        return Identity(number, f"@{name}")

    def fetch_status(self) -> AccountStatus:
        """Return an empty status, because X charges for every read of it.

        The response to a post names the remaining posts of the day.
        """
        return AccountStatus(self._context.now())

    def prepare(self, part: Part, token: Json) -> Ready | NotReady:
        """Make one step of one upload."""
        self._client.renew_ahead()
        return media_upload.prepare_media(self._client, self._context, part, token)

    def publish(
        self, part: Part, ready: Ready, *, key: str, to: Recipient | None, reply_to: Receipt | None
    ) -> Receipt:
        """Publish the post; X has no field that would return ``key``.

        https://docs.x.com/x-api/posts/create-post
        """
        body = _post_body(part, media_upload.ready_media_ids(ready.token, self._context.now()), reply_to)
        tweet_id = get_id(self._client.public_write("post", "POST", "/2/tweets", body))
        if not tweet_id:
            raise UnknownOutcome("unreadable-answer", "a post without an id")
        return Receipt(tweet_id, self._context.now(), reconcile.url_of(tweet_id))

    def find(self, attempt: Attempt, *, to: Recipient | None) -> Receipt | Proof:
        """Return the attempt's post from the account's own timeline, or the proof of its absence."""
        return reconcile.find_post(self._client, attempt, get_user_id=self._get_user_id)

    def retract(self, receipt: Receipt) -> Retracted | ManualSteps:
        """Delete the post; an absent post counts as deleted.

        https://docs.x.com/x-api/posts/delete-post
        """
        if receipt.remote_id is None:
            return ManualSteps("delete it on x.com; its id is not known")
        try:
            response_data = self._client.public_write("delete", "DELETE", f"/2/tweets/{receipt.remote_id}")
        except UnknownOutcome as error:
            if error.code != NOT_FOUND:
                raise
            return Retracted(self._context.now())
        if response_data.get("deleted") is not True:
            raise UnknownOutcome("unreadable-answer", "not said to be deleted")
        return Retracted(self._context.now())

    def read_back(self, receipt: Receipt) -> Snapshot | None:
        """Return the live post, or None; for a deleted post X responds with 200 and no data.

        https://docs.x.com/x-api/posts/get-post-by-id
        """
        if receipt.remote_id is None:
            return None
        try:
            response = self._client.get(
                "lookup", f"/2/tweets/{receipt.remote_id}", **{"tweet.fields": reconcile.TWEET_FIELDS}
            )
        except Transient as error:
            if error.code != NOT_FOUND:
                raise
            return None
        data = response.get("data")
        if not isinstance(data, dict):
            return None
        text, media = reconcile.displayed_text(data), reconcile.count_media(data)
        return Snapshot(text, media or 0, reconcile.url_of(receipt.remote_id))

    def _get_user_id(self) -> str:
        return self._user_id or self.whoami().platform_id


def _post_body(part: Part, media: list[str], reply_to: Receipt | None) -> Json:
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
