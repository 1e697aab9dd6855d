"""POST /messages: every rule from the request to the message that the recipient sees."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from anyio import to_thread

from humaspost.sandbox import loopback_client
from humaspost.sandbox.graph import GraphError
from humaspost.sandbox.state import PublicMedia, PublicObject
from humaspost.sandbox.whatsapp import accounts, templates, uploads, webhook_payloads
from humaspost.sandbox.whatsapp.business_state import NUMBER_PACE_KEY, BusinessState, new_wamid
from humaspost.sandbox.whatsapp.errors import request_error
from humaspost.sandbox.whatsapp.request_schema import CaptionedMedia, Document, Media, Message, Reaction

_LINK_CACHE_TIME = timedelta(minutes=10)
_MEDIA_KINDS = ("image", "video", "audio", "sticker", "document")


@dataclass(frozen=True, slots=True)
class MessageContent:
    """The content that the recipient would see.

    ``failure_code`` is the code of a failure after the message was accepted.
    """

    text: str
    media: tuple[PublicMedia, ...] = ()
    template: str | None = None
    buttons: tuple[str, ...] = ()
    category: str = "service"
    failure_code: int | None = None


async def send_message(business: BusinessState, message: Message) -> dict[str, Any]:
    """Accept ``message``, show it to its recipient and report its statuses.

    Raise GraphError if a rule forbids it.
    """
    to = _resolve_recipient(business, message)
    _check_throughput(business)
    content = await _build_content(business, message)
    content = _check_window(business, to, content)
    _check_person_limits(business, to, content)
    sent_message = webhook_payloads.SentMessage(
        wamid=new_wamid(to),
        to=to,
        category=content.category,
        sent_at=business.state.now(),
        callback=message.biz_opaque_callback_data,
        failure_code=content.failure_code or _failure_code(business, to, content.category),
    )
    status = _initial_status(business, content)
    await _publish(business, message, sent_message, content, is_held=status.startswith("held"))
    return _accepted_response(business, message, sent_message, status if content.template else None)


def _resolve_recipient(business: BusinessState, message: Message) -> str:
    if message.recipient_type == "group":
        raise request_error(131215, "Groups are only available to official business accounts.")
    to = business.contacts.resolve(message.to, message.recipient)
    if to == accounts.NUMBER:
        raise request_error(131021, "Sender and recipient phone numbers are the same.")
    if to in business.contacts.blocked:
        raise request_error(130403, "You blocked this user.")
    return to


def _check_throughput(business: BusinessState) -> None:
    rate = int(business.get_option("rate"))
    now = business.state.now()
    if not business.throughput.try_take(NUMBER_PACE_KEY, now, interval=1 / rate, burst=rate):
        raise request_error(130429, "Cloud API message throughput has been reached.")


def _check_person_limits(business: BusinessState, to: str, content: MessageContent) -> None:
    """Check the recipient's pace and, outside the window, the portfolio's daily limit."""
    now = business.state.now()
    interval, burst = float(business.get_option("pair_interval")), int(business.get_option("pair_burst"))
    is_outside_window = content.template is not None and not business.contacts.is_window_open(to, now)
    if is_outside_window and not business.recipient_limit.has_room(
        to, now, limit=int(business.get_option("daily_recipients"))
    ):
        raise request_error(131048, "The portfolio's limit of people in 24 hours has been reached.")
    if not business.pair_pace.try_take(to, now, interval=interval, burst=burst):
        raise request_error(
            131056, "Too many messages sent from this number to the same phone number in a short time."
        )
    if is_outside_window:
        business.recipient_limit.add(to, now)


def _check_window(business: BusinessState, to: str, content: MessageContent) -> MessageContent:
    """Return ``content``, checked against the 24-hour window by the option ``window``.

    Free text outside the window is refused at once or fails later.
    """
    mode = business.get_option("window")
    if content.template or mode == "open" or business.contacts.is_window_open(to, business.state.now()):
        return content
    if mode == "async":
        return replace(content, failure_code=131047)
    raise request_error(
        131047,
        "Message failed to send because more than 24 hours have passed since the customer last replied to this number.",
    )


def _failure_code(business: BusinessState, to: str, category: str) -> int | None:
    if to in business.get_option("undeliverable"):
        return 131026
    if category == "marketing":
        if to in business.get_option("marketing_stopped"):
            return 131050
        # Meta delivers no marketing templates to US numbers since 2025-04-01.
        if to in business.get_option("marketing_limited") or to.startswith("+1"):
            return 131049
    code = business.get_option("failures").get(to)
    return int(code) if code else None


def _initial_status(business: BusinessState, content: MessageContent) -> str:
    if content.template and business.get_option("held") != "no":
        return "held_for_quality_assessment"
    return "accepted"


async def _publish(
    business: BusinessState,
    message: Message,
    sent_message: webhook_payloads.SentMessage,
    content: MessageContent,
    *,
    is_held: bool,
) -> None:
    business.messages[sent_message.wamid] = sent_message
    business.contacts.record_contact(sent_message.to)
    if is_held and business.get_option("held") == "drop":
        return
    if not sent_message.failure_code:
        business.state.add_object(_build_public_object(message, sent_message, content))
    is_early = bool(business.get_option("webhook_before_response")) and business.subscribed
    if is_early:
        first_status = business.status_change(sent_message, "failed" if sent_message.failure_code else "sent")
        await to_thread.run_sync(business.webhook_sender.send_immediately, first_status)
    business.schedule_statuses(sent_message, is_first_sent=is_early, delay_after=1.0 if is_held else 0.0)


def _build_public_object(
    message: Message, sent_message: webhook_payloads.SentMessage, content: MessageContent
) -> PublicObject:
    return PublicObject(
        channel="whatsapp",
        account=accounts.PHONE_NUMBER_ID,
        id=sent_message.wamid,
        text=content.text,
        created_at=sent_message.sent_at,
        visible_at=sent_message.sent_at,
        media=content.media,
        to=sent_message.to,
        reply_to=message.context.message_id if message.context else None,
        template=content.template,
        extra={"callback": sent_message.callback, "kind": message.type, "buttons": content.buttons},
    )


def _accepted_response(
    business: BusinessState, message: Message, sent_message: webhook_payloads.SentMessage, status: str | None
) -> dict[str, Any]:
    bsuid = business.get_option("bsuid")
    # The sender of a request by phone number knows the number already.
    recipient_names = webhook_payloads.contact_names(
        sent_message.to, "both" if message.to and bsuid == "only" else bsuid
    )
    contact = {"input": message.to or message.recipient, **recipient_names}
    message_entry = {"id": sent_message.wamid} | ({"message_status": status} if status else {})
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [message_entry]}


async def _build_content(business: BusinessState, message: Message) -> MessageContent:
    if message.template:
        template = templates.find_sendable(business.templates, message.template)
        filled = templates.fill_template(template, message.template)
        category = template.category.lower()
        text_content = MessageContent(
            filled.text, template=template.name, buttons=filled.buttons, category=category
        )
        return await _with_media(business, text_content, filled.media, filled.media_kind or "")
    if message.type in _MEDIA_KINDS:
        media: Media = getattr(message, message.type)
        caption = media.caption if isinstance(media, CaptionedMedia) else None
        return await _with_media(business, MessageContent(caption or ""), media, message.type)
    return MessageContent(_message_text(message))


def _message_text(message: Message) -> str:
    match message.type:
        case "text":
            return message.text.body if message.text else ""
        case "reaction":
            return message.reaction.emoji if isinstance(message.reaction, Reaction) else ""
        case "contacts":
            return ", ".join(contact.name.formatted_name for contact in message.contacts or [])
        case "location":
            location = message.location
            return (
                f"{location.name or ''} {location.latitude}, {location.longitude}".strip() if location else ""
            )
        case _:
            body = message.interactive.body if message.interactive else None
            return body.text if body else ""


async def _with_media(
    business: BusinessState, content: MessageContent, media: Media | None, kind: str
) -> MessageContent:
    """Return ``content`` with its file.

    A bad link fails later (131053), because Meta accepts first and fetches later.
    """
    if media is None:
        return content
    if (media.id is None) == (media.link is None):
        raise request_error(131009, f"Param {kind}: exactly one of id and link is required.")
    if media.id is not None:
        now, days = business.state.now(), float(business.get_option("media_days"))
        file = business.file_store.get_usable(
            media.id, phone_number_id=accounts.PHONE_NUMBER_ID, now=now, days=days
        )
    else:
        linked_file = await _fetch_linked(business, media.link or "")
        if linked_file is None or linked_file.kind != kind:
            return replace(content, failure_code=131053)
        file = linked_file
    if file.kind != kind:
        raise request_error(131053, f"Param {kind}: media of type {file.mime} cannot be sent as {kind}.")
    name = media.filename if isinstance(media, Document) else None
    public_media = PublicMedia(file.sha256, file.mime, data=file.data, name=name or file.name)
    return replace(content, media=(public_media,))


async def _fetch_linked(business: BusinessState, url: str) -> uploads.StoredFile | None:
    """Return the file at ``url`` or None, cached for ten minutes as Meta does."""
    now = business.state.now()
    cached_until, cached = business.linked_files.get(url, (now, None))
    if now < cached_until:
        return cached
    file = await to_thread.run_sync(_fetch, business, url)
    business.linked_files[url] = (now + _LINK_CACHE_TIME, file)
    return file


def _fetch(business: BusinessState, url: str) -> uploads.StoredFile | None:
    try:
        response = loopback_client.fetch(url, limit=100 * 1024 * 1024, seconds=5)
        if response.status != 200:
            return None
        return uploads.store_file(
            response.content,
            response.content_type,
            phone_number_id=accounts.PHONE_NUMBER_ID,
            name=None,
            now=business.state.now(),
        )
    except (loopback_client.NotLoopback, loopback_client.Unreachable, loopback_client.Timeout, GraphError):
        return None
