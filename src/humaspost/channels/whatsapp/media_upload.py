"""Upload of media to WhatsApp: one id for all recipients, valid for thirty days.

The token is ``{"media": id, "at": time of the upload (ISO)}``.
https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
(read 2026-11-23)
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from humaspost.base.canonical_json import Json
from humaspost.channels.http.client import map_errors
from humaspost.channels.meta_graph import GraphClient, get_text
from humaspost.channels.whatsapp.config import WhatsAppConfig
from humaspost.channels.whatsapp.rules import MEDIA_LIFETIME
from humaspost.model.channel import ChannelContext, FitFile, NotReady, Ready
from humaspost.model.errors import ChannelError, Transient
from humaspost.model.rendition import Attachment, Part

#: A file is uploaded again a day before WhatsApp deletes it.
_MEDIA_LIFETIME = timedelta(seconds=MEDIA_LIFETIME.value) - timedelta(days=1)
#: Refusals that may concern the medium's id: Meta does not document its code for an unknown id.
MEDIA_CODES = ("100", "131009", "131053")


def prepare_media(
    graph: GraphClient, config: WhatsAppConfig, context: ChannelContext, part: Part, token: Json
) -> Ready | NotReady:
    """Return the valid upload of the token, or upload the part's medium."""
    if not part.media:
        return Ready({})
    if ready_media_id(token, context.now()):
        return Ready(token)
    with map_errors(write=False):
        media_id = _upload(graph, config, context, part.media[0])
    return Ready({"media": media_id, "at": context.now().isoformat()})


def ready_media_id(token: Json, now: datetime) -> str:
    """Return the id of an upload that WhatsApp still knows, or ""."""
    upload: Mapping[str, Any] = token if isinstance(token, dict) else {}
    try:
        age = now - datetime.fromisoformat(get_text(upload, "at"))
    except (ValueError, TypeError):
        return ""
    return get_text(upload, "media") if age < _MEDIA_LIFETIME else ""


def is_forgotten(graph: GraphClient, media_id: str) -> bool:
    """Return True if WhatsApp no longer knows an upload that should live for days yet."""
    try:
        graph.get("read", f"/{media_id}")
    except ChannelError as error:
        return error.code == "100/33"
    return False


def _upload(graph: GraphClient, config: WhatsAppConfig, context: ChannelContext, item: Attachment) -> str:
    fitted = context.fit_media(item)
    form = {"messaging_product": "whatsapp", "type": fitted.mime}
    path = f"/{config.phone_number_id}/media"
    with fitted.path.open("rb") as file:
        sent = {"file": (_upload_name(item, fitted), file, fitted.mime)}
        response = graph.request("upload", "POST", path, data=form, files=sent)
    media_id = get_text(response, "id")
    if not media_id:
        raise Transient("unreadable-answer", "WhatsApp named no file")
    return media_id


def _upload_name(item: Attachment, fitted: FitFile) -> str:
    # The suffix is that of the fitted file.
    return item.name if fitted.mime == item.mime else Path(item.name).with_suffix(fitted.path.suffix).name
