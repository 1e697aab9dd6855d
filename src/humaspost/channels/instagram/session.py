"""Instagram opened for one account: one short function per thing that a session does.

https://developers.facebook.com/docs/instagram-platform/content-publishing (read 2026-11-23)
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeGuard

from humaspost.base.canonical_json import Json
from humaspost.base.i18n import _
from humaspost.channels.http.client import DEADLINE, Wire, guarded
from humaspost.channels.instagram import InstagramConfig, containers, media_upload, reconcile
from humaspost.channels.instagram.auth import Tokens
from humaspost.channels.instagram.client import Maker
from humaspost.channels.instagram.errors import NOT_READY, ROWS, wait
from humaspost.channels.meta_graph import Graph, rows_of, text_of
from humaspost.model.account import Facts, Identity
from humaspost.model.channel import ByHand, Door, NotReady, Ready, Retracted, Snapshot
from humaspost.model.delivery import Attempt, Proof, Receipt, Recipient
from humaspost.model.errors import AuthFailed, ChannelError, Transient, UnknownOutcome
from humaspost.model.rendition import Part

#: No account publishes as many in a day; a figure beyond is not believed.
_MOST_POSTS = 100_000


@contextmanager
def session(
    config: InstagramConfig, door: Door, *, deadline: float = DEADLINE
) -> Iterator["InstagramSession"]:
    """A session whose connections are closed at the end; ``deadline`` in seconds for one exchange."""
    with Wire(config.url, secrets=[door.secret("access_token")], deadline=deadline) as wire:
        yield InstagramSession(wire, config, door)


class InstagramSession:
    """The six verbs and ``whoami`` for one professional account; the token is read anew for each."""

    def __init__(self, wire: Wire, config: InstagramConfig, door: Door) -> None:
        self._wire, self._config, self._door = wire, config, door
        self._tokens = Tokens(config, door)

    @property
    def _graph(self) -> Graph:
        """With the token of now: another thread may have renewed it."""
        token = self._door.secret("access_token")
        return Graph(self._wire, token=token, rows=ROWS, now=self._door.now, wait=wait)

    def whoami(self) -> Identity:
        """The account that the token publishes to; raises AuthFailed where it is another than the config's.

        With Facebook Login ``/me`` would be the person.
        """
        if self._config.login == "facebook":
            found = self._graph.get("read", f"/{self._config.user_id}", fields="id,username")
            platform_id = text_of(found, "id")
        else:
            found = self._graph.get("read", "/me", fields="user_id,username,account_type")
            platform_id = text_of(found, "user_id")
        if not platform_id:
            raise Transient("unreadable-answer", "Instagram named no account")
        if platform_id != self._config.user_id:
            raise AuthFailed(
                "wrong-account", f"the token belongs to {platform_id}, not {self._config.user_id}"
            )
        return Identity(platform_id, "@" + text_of(found, "username"), self._tokens.standing(self._graph)[0])

    def survey(self) -> Facts:
        """The quota of the moving day, and until when the login lasts; it is renewed where that is time."""
        self._tokens.renew(self._graph)
        path = f"/{self._config.user_id}/content_publishing_limit"
        found = next(iter(rows_of(self._graph.get("read", path, fields="quota_usage,config"))), {})
        used, total = found.get("quota_usage"), _member(found, "config").get("quota_total")
        quotas = {"posts": (used, total)} if _is_count(used) and _is_count(total) else {}
        ends, renews = self._tokens.standing(self._graph)
        return Facts(self._door.now(), ends, quotas, extra={"renews": renews})

    def prepare(self, part: Part, token: Json) -> Ready | NotReady:
        """One container is made or asked."""
        with guarded(write=False):
            uploads = self._config.uploads
            maker = Maker(self._graph, self._wire, part, self._door, self._config.user_id, uploads)
            return media_upload.step(maker, token)

    def publish(
        self, part: Part, ready: Ready, *, key: str, to: Recipient | None, reply_to: Receipt | None
    ) -> Receipt:
        """The container is public; its address comes later, with ``read_back``: reading it is flaky."""
        prepared = containers.progress(ready.token)
        if prepared.whole is None or prepared.is_old(self._door.now()):
            raise Transient("container-old", "the container would expire", redo=True)
        path, form = f"/{self._config.user_id}/media_publish", {"creation_id": prepared.whole.id}
        try:
            answer = self._graph.ask("publish", "POST", path, write=True, data=form)
        except Transient as error:
            raise self._sure(error, prepared.whole.id) from error
        media = text_of(answer, "id")
        if not media:
            raise UnknownOutcome("unreadable-answer", "Instagram named no post")
        return Receipt(media, self._door.now())

    def _sure(self, error: Transient, container: str) -> ChannelError:
        """What it means that a container which was ready is not: it may have failed meanwhile, and waiting is no help."""
        if not error.code.endswith(NOT_READY):
            return error
        try:
            status, words = containers.status_of(self._graph, container, call="poll")
        except ChannelError:
            return error
        if status in ("ERROR", "EXPIRED"):
            return Transient(f"container-{status.lower()}", words, redo=True)
        if status == "PUBLISHED":
            return UnknownOutcome("container-published", error.detail)
        return error

    def find(self, attempt: Attempt, *, to: Recipient | None) -> Receipt | Proof:
        """What the container and the lists say of an earlier attempt."""
        return reconcile.find(self._graph, attempt, user_id=self._config.user_id, now=self._door.now())

    def retract(self, receipt: Receipt) -> Retracted | ByHand:
        """Deleted with Facebook Login; else a person does it in the app."""
        if self._config.login != "facebook" or receipt.remote_id is None:
            where = receipt.url or "https://www.instagram.com/"
            return ByHand(_("delete the post in the Instagram app: {where}").format(where=where))
        answer = self._graph.ask("retract", "DELETE", f"/{receipt.remote_id}", write=True)
        if answer.get("success") is not True:
            raise UnknownOutcome("unreadable-answer", "Instagram did not say that it is deleted")
        return Retracted(self._door.now())

    def read_back(self, receipt: Receipt) -> Snapshot | None:
        """The caption, the number of media and the address of what is live."""
        if receipt.remote_id is None:
            return None
        fields = "id,caption,permalink,timestamp,media_type,children{id}"
        try:
            found = self._graph.get("read", f"/{receipt.remote_id}", fields=fields)
        except ChannelError as error:
            if reconcile.is_unreadable(error):
                return None
            raise
        children = rows_of(_member(found, "children"))
        url = text_of(found, "permalink") or None
        return Snapshot(text_of(found, "caption"), len(children) or 1, url)


def _is_count(value: object) -> TypeGuard[int]:
    """Whether it can be a number of posts; a hostile one is believed by nobody."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_POSTS


def _member(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = found.get(name)
    return inner if isinstance(inner, dict) else {}
