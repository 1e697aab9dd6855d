"""A session of one WhatsApp number, with one short method per operation.

https://developers.facebook.com/documentation/business-messaging/whatsapp (read 2026-11-23)
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from humaspost.base.canonical_json import Json
from humaspost.base.i18n import _
from humaspost.channels.http.client import REQUEST_SECONDS, HttpClient
from humaspost.channels.meta_graph import GraphClient, get_objects, get_text
from humaspost.channels.whatsapp import media_upload, reconcile
from humaspost.channels.whatsapp.config import WhatsAppConfig, mask_number
from humaspost.channels.whatsapp.errors import ERROR_ROWS, attempt_number, wait_for
from humaspost.channels.whatsapp.payload import build_message
from humaspost.channels.whatsapp.rules import TIERS
from humaspost.channels.whatsapp.templates import fetch_templates
from humaspost.model.account import AccountStatus, Identity
from humaspost.model.channel import ChannelContext, ManualSteps, NotReady, Ready, Retracted, Snapshot
from humaspost.model.delivery import Attempt, Proof, Receipt, Recipient
from humaspost.model.errors import ChannelError, Rejected, Scope, Transient, UnknownOutcome
from humaspost.model.rendition import Part

#: Our text for the status of an accepted message that WhatsApp holds back.
_HELD_STATUSES = {"held_for_quality_assessment": "held-for-quality", "paused": "template-paused"}
_NUMBER_FIELDS = "display_phone_number,verified_name,quality_rating,whatsapp_business_manager_messaging_limit"


@contextmanager
def open_session(
    config: WhatsAppConfig, context: ChannelContext, *, deadline: float = REQUEST_SECONDS
) -> Iterator["WhatsAppSession"]:
    """Open a session and close its connections at the end.

    ``deadline`` is in seconds per exchange.
    """
    token = context.secret("access_token")
    with HttpClient(config.api_url, secrets=[token], deadline=deadline) as http:
        yield WhatsAppSession(
            GraphClient(http, token=token, error_rows=ERROR_ROWS, now=context.now, wait_for=wait_for),
            config,
            context,
        )


class WhatsAppSession:
    """The six operations and ``whoami`` of one phone number."""

    def __init__(self, graph: GraphClient, config: WhatsAppConfig, context: ChannelContext) -> None:
        self._graph, self._config, self._context = graph, config, context

    def whoami(self) -> Identity:
        """Return the number that the token sends from, masked."""
        node = self._graph.get("read", f"/{self._config.phone_number_id}", fields=_NUMBER_FIELDS)
        platform_id = get_text(node, "id")
        if not platform_id:
            raise Transient("unreadable-answer", "WhatsApp named no number")
        return Identity(platform_id, mask_number(get_text(node, "display_phone_number")))

    def fetch_status(self) -> AccountStatus:
        """Return templates, quality, limit, and the number of apps that get webhooks."""
        node = self._graph.get("read", f"/{self._config.phone_number_id}", fields=_NUMBER_FIELDS)
        extra: dict[str, Json] = {
            "quality_rating": get_text(node, "quality_rating"),
            "messaging_limit": get_text(node, "whatsapp_business_manager_messaging_limit"),
            "verified_name": get_text(node, "verified_name"),
            "subscribed_apps": self._count_subscribed_apps(),
        }
        templates = fetch_templates(self._graph, self._config.business_account_id)
        quotas = self._daily_recipients(get_text(node, "whatsapp_business_manager_messaging_limit"))
        return AccountStatus(self._context.now(), quotas=quotas, templates=templates, extra=extra)

    def prepare(self, part: Part, token: Json) -> Ready | NotReady:
        """Upload the medium, once for all recipients and thirty days."""
        return media_upload.prepare_media(self._graph, self._config, self._context, part, token)

    def publish(
        self, part: Part, ready: Ready, *, key: str, to: Recipient | None, reply_to: Receipt | None
    ) -> Receipt:
        """Hand the message to WhatsApp, whose webhooks report the rest with ``key``."""
        media_id = media_upload.ready_media_id(ready.token, self._context.now()) if part.media else ""
        if part.media and not media_id:
            raise Transient("media-expired", "the upload is too old", restart_preparation=True)
        body = build_message(part, to, media_id=media_id, key=key) if to else None
        if body is None:
            raise Rejected("no-template", "the 24-hour window is closed", scope=Scope.RECIPIENT)
        path = f"/{self._config.phone_number_id}/messages"
        wait = partial(wait_for, tries=attempt_number(key))
        try:
            response = self._graph.request("publish", "POST", path, write=True, json=body, wait=wait)
        except Rejected as error:
            if error.code == "131047" and to is not None and to.service_window_open:
                # The window has closed: the message was not sent, so the template may be sent instead.
                raise Transient(
                    error.code, error.detail, scope=Scope.RECIPIENT, window_closed=True
                ) from error
            if media_id and self._is_media_forgotten(error, media_id):
                raise Transient(
                    "media-gone", error.detail, restart_preparation=True, max_attempts=3
                ) from error
            raise
        sent = next(iter(get_objects(response, "messages")), {})
        wamid = get_text(sent, "id")
        if not wamid:
            raise UnknownOutcome("unreadable-answer", "WhatsApp named no message")
        return Receipt(
            wamid, self._context.now(), note=_HELD_STATUSES.get(get_text(sent, "message_status"), "")
        )

    def find(self, attempt: Attempt, *, to: Recipient | None) -> Receipt | Proof:
        """Return CANNOT_TELL: only a webhook with our key settles an unknown outcome."""
        return reconcile.find_message(attempt)

    def retract(self, receipt: Receipt) -> Retracted | ManualSteps:
        """Return the manual steps, because the API cannot retract a message."""
        return ManualSteps(_("the API cannot take a message back; send a correction"))

    def read_back(self, receipt: Receipt) -> Snapshot | None:
        """Return None, because messages cannot be read."""
        return None

    def _is_media_forgotten(self, error: Rejected, media_id: str) -> bool:
        return error.code in media_upload.MEDIA_CODES and media_upload.is_forgotten(self._graph, media_id)

    def _daily_recipients(self, tier: str) -> Mapping[str, tuple[int, int]]:
        """Return the quota of people a day if Meta names one, at most the config's; else nothing."""
        granted = TIERS.get(tier)
        return {} if granted is None else {"recipients": (0, min(granted, self._config.daily_recipients))}

    def _count_subscribed_apps(self) -> Json:
        """Return how many apps get this account's webhooks, or None if the request is refused."""
        path = f"/{self._config.business_account_id}/subscribed_apps"
        try:
            return len(get_objects(self._graph.get("read", path)))
        except ChannelError:
            return None
