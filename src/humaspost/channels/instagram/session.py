"""A session of one Instagram account, with one short method per operation.

https://developers.facebook.com/docs/instagram-platform/content-publishing (read 2026-11-23)
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeGuard

from humaspost.base.canonical_json import Json
from humaspost.base.i18n import _
from humaspost.channels.http.client import REQUEST_SECONDS, HttpClient, map_errors
from humaspost.channels.instagram import containers, media_upload, reconcile
from humaspost.channels.instagram.auth import TokenManager
from humaspost.channels.instagram.client import ContainerClient
from humaspost.channels.instagram.config import PUBLIC_SITE, InstagramConfig
from humaspost.channels.instagram.errors import ERROR_ROWS, NOT_READY, wait_for_quota
from humaspost.channels.meta_graph import GraphClient, get_objects, get_text
from humaspost.model.account import AccountStatus, Identity
from humaspost.model.channel import ChannelContext, ManualSteps, NotReady, Ready, Retracted, Snapshot
from humaspost.model.delivery import Attempt, Proof, Receipt, Recipient
from humaspost.model.errors import AuthFailed, ChannelError, Transient, UnknownOutcome
from humaspost.model.rendition import Part

#: No account publishes as many in a day, so a larger figure is ignored.
_MAX_POST_COUNT = 100_000


@contextmanager
def open_session(
    config: InstagramConfig, context: ChannelContext, *, deadline: float = REQUEST_SECONDS
) -> Iterator["InstagramSession"]:
    """Open a session and close its connections at the end.

    ``deadline`` is in seconds per exchange.
    """
    with HttpClient(config.api_url, secrets=[context.secret("access_token")], deadline=deadline) as http:
        yield InstagramSession(http, config, context)


class InstagramSession:
    """The six operations and ``whoami`` of one professional account; each reads the token again."""

    def __init__(self, http: HttpClient, config: InstagramConfig, context: ChannelContext) -> None:
        self._http, self._config, self._context = http, config, context
        self._tokens = TokenManager(config, context)

    @property
    def _graph_client(self) -> GraphClient:
        """Return a client with the present token, because another thread may have renewed it."""
        token = self._context.secret("access_token")
        return GraphClient(
            self._http, token=token, error_rows=ERROR_ROWS, now=self._context.now, wait_for=wait_for_quota
        )

    def whoami(self) -> Identity:
        """Return the account of the token; raises AuthFailed if the config names another.

        With Facebook Login ``/me`` would be the person.
        """
        if self._config.login == "facebook":
            node = self._graph_client.get("read", f"/{self._config.user_id}", fields="id,username")
            platform_id = get_text(node, "id")
        else:
            node = self._graph_client.get("read", "/me", fields="user_id,username,account_type")
            platform_id = get_text(node, "user_id")
        if not platform_id:
            raise Transient("unreadable-answer", "Instagram named no account")
        if platform_id != self._config.user_id:
            raise AuthFailed(
                "wrong-account", f"the token belongs to {platform_id}, not {self._config.user_id}"
            )
        return Identity(
            platform_id, "@" + get_text(node, "username"), self._tokens.login_status(self._graph_client)[0]
        )

    def fetch_status(self) -> AccountStatus:
        """Return the quota of the sliding day and the end of the login; renew a login that is due."""
        self._tokens.renew(self._graph_client)
        path = f"/{self._config.user_id}/content_publishing_limit"
        node = next(iter(get_objects(self._graph_client.get("read", path, fields="quota_usage,config"))), {})
        used, total = node.get("quota_usage"), _get_object(node, "config").get("quota_total")
        quotas = {"posts": (used, total)} if _is_plausible_count(used) and _is_plausible_count(total) else {}
        expires_at, renews_itself = self._tokens.login_status(self._graph_client)
        return AccountStatus(self._context.now(), expires_at, quotas, extra={"renews": renews_itself})

    def prepare(self, part: Part, token: Json) -> Ready | NotReady:
        """Create or poll one container."""
        with map_errors(write=False):
            uploads = self._config.upload_url
            client = ContainerClient(
                self._graph_client, self._http, part, self._context, self._config.user_id, uploads
            )
            return media_upload.prepare_step(client, token)

    def publish(
        self, part: Part, ready: Ready, *, key: str, to: Recipient | None, reply_to: Receipt | None
    ) -> Receipt:
        """Publish the container.

        The address comes later, with ``read_back``, because reading it at once is unreliable.
        """
        progress = containers.parse_progress(ready.token)
        if progress.parent is None or progress.is_near_expiry(self._context.now()):
            raise Transient("container-old", "the container would expire", restart_preparation=True)
        path, form = f"/{self._config.user_id}/media_publish", {"creation_id": progress.parent.id}
        try:
            response = self._graph_client.request("publish", "POST", path, write=True, data=form)
        except Transient as error:
            raise self._explain_publish_error(error, progress.parent.id) from error
        media = get_text(response, "id")
        if not media:
            raise UnknownOutcome("unreadable-answer", "Instagram named no post")
        return Receipt(media, self._context.now())

    def _explain_publish_error(self, error: Transient, container: str) -> ChannelError:
        """Return the error for a container that was ready and is now refused as not ready.

        The container may have failed meanwhile, and then waiting does not help.
        """
        if not error.code.endswith(NOT_READY):
            return error
        try:
            status, detail = containers.get_status(self._graph_client, container, call="poll")
        except ChannelError:
            return error
        if status in ("ERROR", "EXPIRED"):
            return Transient(f"container-{status.lower()}", detail, restart_preparation=True)
        if status == "PUBLISHED":
            return UnknownOutcome("container-published", error.detail)
        return error

    def find(self, attempt: Attempt, *, to: Recipient | None) -> Receipt | Proof:
        """Return what the container and the lists prove about an earlier attempt."""
        return reconcile.find_published(
            self._graph_client, attempt, user_id=self._config.user_id, now=self._context.now()
        )

    def retract(self, receipt: Receipt) -> Retracted | ManualSteps:
        """Delete the post with Facebook Login, else return the steps for a person in the app."""
        if self._config.login != "facebook" or receipt.remote_id is None:
            location = receipt.url or PUBLIC_SITE
            return ManualSteps(_("delete the post in the Instagram app: {where}").format(where=location))
        response = self._graph_client.request("retract", "DELETE", f"/{receipt.remote_id}", write=True)
        if response.get("success") is not True:
            raise UnknownOutcome("unreadable-answer", "Instagram did not say that it is deleted")
        return Retracted(self._context.now())

    def read_back(self, receipt: Receipt) -> Snapshot | None:
        """Return the caption, the number of media and the address of the live post."""
        if receipt.remote_id is None:
            return None
        fields = "id,caption,permalink,timestamp,media_type,children{id}"
        try:
            node = self._graph_client.get("read", f"/{receipt.remote_id}", fields=fields)
        except ChannelError as error:
            if reconcile.is_unreadable(error):
                return None
            raise
        children = get_objects(_get_object(node, "children"))
        url = get_text(node, "permalink") or None
        return Snapshot(get_text(node, "caption"), len(children) or 1, url)


def _is_plausible_count(value: object) -> TypeGuard[int]:
    """Return True if the value can be a number of posts; a hostile response may hold any value."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_POST_COUNT


def _get_object(node: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    child = node.get(name)
    return child if isinstance(child, dict) else {}
