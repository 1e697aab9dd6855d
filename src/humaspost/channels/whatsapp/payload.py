"""Request bodies of ``POST /{phone number}/messages``: text in the window, else a template.

https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages (read 2026-11-23)
"""

from humaspost.base.canonical_json import Json
from humaspost.model.delivery import Recipient
from humaspost.model.post import MediaKind
from humaspost.model.rendition import Attachment, Fallback, Part

MessageBody = dict[str, Json]


def build_message(part: Part, to: Recipient, *, media_id: str, key: str) -> MessageBody | None:
    """Return the message for one recipient, or None.

    None if only a template may be sent and the part has none. ``media_id`` is the id of the part's uploaded medium,
    "" without a medium.
    """
    if to.service_window_open:
        content = _free_content(part, media_id)
    elif part.fallback is not None:
        content = _template_content(part.fallback, part.media[0] if part.media else None, media_id)
    else:
        return None
    # Without '+' WhatsApp would add the business number's own country code.
    phone = "+" + to.phone.lstrip("+")
    envelope: MessageBody = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": phone}
    return {**envelope, **content, "biz_opaque_callback_data": key}


def _free_content(part: Part, media_id: str) -> MessageBody:
    if not part.media:
        preview = "https://" in part.text or "http://" in part.text
        return {"type": "text", "text": {"body": part.text, "preview_url": preview}}
    item = part.media[0]
    caption: MessageBody = {"caption": part.text} if part.text and item.kind is not MediaKind.AUDIO else {}
    return {"type": str(item.kind), str(item.kind): {**_media_content(item, media_id), **caption}}


def _media_content(item: Attachment, media_id: str) -> MessageBody:
    filename: MessageBody = {"filename": item.name} if item.kind is MediaKind.DOCUMENT else {}
    return {"id": media_id, **filename}


def _template_content(fallback: Fallback, item: Attachment | None, media_id: str) -> MessageBody:
    header = _header_parameter(fallback, item, media_id)
    names = fallback.names or ("",) * len(fallback.params)
    texts = [_text_parameter(param, name) for param, name in zip(fallback.params, names, strict=False)]
    components: list[Json] = [{"type": "header", "parameters": [header]}] if header else []
    components += [{"type": "body", "parameters": texts}] if texts else []
    components += [
        {"type": "button", "sub_type": kind, "index": str(index), "parameters": [parameter]}
        for index, (kind, parameter) in enumerate(map(_button_parameter, fallback.buttons))
        if kind
    ]
    template: MessageBody = {"name": fallback.name, "language": {"code": fallback.language}}
    if components:
        template["components"] = components
    return {"type": "template", "template": template}


def _header_parameter(fallback: Fallback, item: Attachment | None, media_id: str) -> Json:
    if fallback.header and item is not None:
        kind = str(item.kind)
        return {"type": kind, kind: _media_content(item, media_id)}
    return _text_parameter(fallback.top, fallback.top_name) if fallback.top else None


def _text_parameter(text: str, name: str) -> Json:
    return {"type": "text", **({"parameter_name": name} if name else {}), "text": text}


def _button_parameter(value: tuple[str, str]) -> tuple[str, Json]:
    """Return Meta's kind of a button and its parameter, or "" for a button without a parameter."""
    match value:
        case "url", end:
            return "url", {"type": "text", "text": end}
        case "payload", word:
            return "quick_reply", {"type": "payload", "payload": word}
        case _:
            return "", None
