"""WhatsApp opened for one number: one short function per thing that a session does.

https://developers.facebook.com/documentation/business-messaging/whatsapp (read 2026-11-23)
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from humaspost.base.canonical_json import Json
from humaspost.base.i18n import _
from humaspost.channels.http.client import DEADLINE, Wire, guarded
from humaspost.channels.meta_graph import Graph, rows_of, text_of
from humaspost.channels.whatsapp import WhatsAppConfig, masked
from humaspost.channels.whatsapp.errors import ROWS, tries_of, wait
from humaspost.channels.whatsapp.payload import message
from humaspost.channels.whatsapp.rules import MEDIA_LIFE, TIERS
from humaspost.channels.whatsapp.templates import templates
from humaspost.model.account import Facts, Identity
from humaspost.model.channel import ByHand, Door, FitFile, NotReady, Ready, Retracted, Snapshot
from humaspost.model.delivery import Attempt, Proof, Receipt, Recipient
from humaspost.model.errors import ChannelError, Rejected, Scope, Transient, UnknownOutcome
from humaspost.model.rendition import Attachment, Part

#: A file is uploaded anew a day before WhatsApp forgets it.
_LIFE = timedelta(seconds=MEDIA_LIFE.value) - timedelta(days=1)
#: Refusals that may speak of the medium's id: which number Meta gives for an unknown one is not documented.
_OF_MEDIA = ("100", "131009", "131053")
#: What an accepted message is kept back for, in our words.
_KEPT_BACK = {"held_for_quality_assessment": "held-for-quality", "paused": "template-paused"}
_NUMBER = "display_phone_number,verified_name,quality_rating,whatsapp_business_manager_messaging_limit"


@contextmanager
def session(config: WhatsAppConfig, door: Door, *, deadline: float = DEADLINE) -> Iterator["WhatsAppSession"]:
    """A session whose connections are closed at the end; ``deadline`` in seconds for one exchange."""
    token = door.secret("access_token")
    with Wire(config.url, secrets=[token], deadline=deadline) as wire:
        yield WhatsAppSession(Graph(wire, token=token, rows=ROWS, now=door.now, wait=wait), config, door)


class WhatsAppSession:
    """The six verbs and ``whoami`` for one phone number."""

    def __init__(self, graph: Graph, config: WhatsAppConfig, door: Door) -> None:
        self._graph, self._config, self._door = graph, config, door

    def whoami(self) -> Identity:
        """The number that the token sends from, masked."""
        found = self._graph.get("read", f"/{self._config.phone_number_id}", fields=_NUMBER)
        platform_id = text_of(found, "id")
        if not platform_id:
            raise Transient("unreadable-answer", "WhatsApp named no number")
        return Identity(platform_id, masked(text_of(found, "display_phone_number")))

    def survey(self) -> Facts:
        """Templates, quality, limit, and whether webhooks arrive."""
        found = self._graph.get("read", f"/{self._config.phone_number_id}", fields=_NUMBER)
        extra: dict[str, Json] = {
            "quality_rating": text_of(found, "quality_rating"),
            "messaging_limit": text_of(found, "whatsapp_business_manager_messaging_limit"),
            "verified_name": text_of(found, "verified_name"),
            "subscribed_apps": self._subscribed(),
        }
        known = templates(self._graph, self._config.business_account_id)
        quotas = self._reach(text_of(found, "whatsapp_business_manager_messaging_limit"))
        return Facts(self._door.now(), quotas=quotas, templates=known, extra=extra)

    def prepare(self, part: Part, token: Json) -> Ready | NotReady:
        """The medium is uploaded, once for all recipients and thirty days."""
        if not part.media:
            return Ready({})
        if _uploaded(token, self._door.now()):
            return Ready(token)
        with guarded(write=False):
            media_id = self._upload(part.media[0])
        return Ready({"media": media_id, "at": self._door.now().isoformat()})

    def publish(
        self, part: Part, ready: Ready, *, key: str, to: Recipient | None, reply_to: Receipt | None
    ) -> Receipt:
        """The message is with WhatsApp, which tells the rest by webhook, with ``key``."""
        media_id = _uploaded(ready.token, self._door.now()) if part.media else ""
        if part.media and not media_id:
            raise Transient("media-expired", "the upload is too old", redo=True)
        body = message(part, to, media_id=media_id, key=key) if to else None
        if body is None:
            raise Rejected("no-template", "the 24-hour window is closed", scope=Scope.RECIPIENT)
        path = f"/{self._config.phone_number_id}/messages"
        longer = partial(wait, tries=tries_of(key))
        try:
            answer = self._graph.ask("publish", "POST", path, write=True, json=body, wait=longer)
        except Rejected as error:
            if error.code == "131047" and to is not None and to.window:
                # Their window has closed: nothing went out, and the template may go instead.
                raise Transient(error.code, error.detail, scope=Scope.RECIPIENT, closed=True) from error
            if media_id and error.code in _OF_MEDIA and self._is_gone(media_id):
                raise Transient("media-gone", error.detail, redo=True, most=3) from error
            raise
        sent = next(iter(rows_of(answer, "messages")), {})
        wamid = text_of(sent, "id")
        if not wamid:
            raise UnknownOutcome("unreadable-answer", "WhatsApp named no message")
        return Receipt(wamid, self._door.now(), note=_KEPT_BACK.get(text_of(sent, "message_status"), ""))

    def find(self, attempt: Attempt, *, to: Recipient | None) -> Receipt | Proof:
        """There is nothing to ask: only a webhook with our key tells."""
        return Proof.CANNOT_TELL

    def retract(self, receipt: Receipt) -> Retracted | ByHand:
        """The API cannot."""
        return ByHand(_("the API cannot take a message back; send a correction"))

    def read_back(self, receipt: Receipt) -> Snapshot | None:
        """Messages cannot be read."""
        return None

    def _upload(self, item: Attachment) -> str:
        fit = self._door.fitted(item)
        form = {"messaging_product": "whatsapp", "type": fit.mime}
        path = f"/{self._config.phone_number_id}/media"
        with fit.path.open("rb") as file:
            sent = {"file": (_name(item, fit), file, fit.mime)}
            answer = self._graph.ask("upload", "POST", path, data=form, files=sent)
        media_id = text_of(answer, "id")
        if not media_id:
            raise Transient("unreadable-answer", "WhatsApp named no file")
        return media_id

    def _is_gone(self, media_id: str) -> bool:
        """Whether WhatsApp no longer knows an upload that should live for days yet."""
        try:
            self._graph.get("read", f"/{media_id}")
        except ChannelError as error:
            return error.code == "100/33"
        return False

    def _reach(self, tier: str) -> Mapping[str, tuple[int, int]]:
        """People a day, where Meta grants fewer than the config says; none where it does not tell."""
        granted = TIERS.get(tier)
        return {} if granted is None else {"recipients": (0, min(granted, self._config.daily_recipients))}

    def _subscribed(self) -> Json:
        """How many apps get this account's webhooks; None where that may not be asked."""
        path = f"/{self._config.business_account_id}/subscribed_apps"
        try:
            return len(rows_of(self._graph.get("read", path)))
        except ChannelError:
            return None


def _name(item: Attachment, fit: FitFile) -> str:
    """What Meta is told that the file is called: its end is that of what it was made into."""
    return item.name if fit.mime == item.mime else Path(item.name).with_suffix(fit.path.suffix).name


def _uploaded(token: Json, now: datetime) -> str:
    """The id of an upload that WhatsApp still knows, else ""."""
    known: Mapping[str, Any] = token if isinstance(token, dict) else {}
    try:
        age = now - datetime.fromisoformat(text_of(known, "at"))
    except (ValueError, TypeError):
        return ""
    return text_of(known, "media") if age < _LIFE else ""
