"""POST /messages: from what a client sent to what the person sees, through every rule in between."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from anyio import to_thread

from humaspost.sandbox import loopback_client
from humaspost.sandbox.graph import GraphError
from humaspost.sandbox.state import PublicObject, ShownMedia
from humaspost.sandbox.whatsapp import accounts, templates, uploads, webhook_payloads
from humaspost.sandbox.whatsapp.business_state import NUMBER_PACE, Business, new_wamid
from humaspost.sandbox.whatsapp.errors import refused
from humaspost.sandbox.whatsapp.request_schema import Captioned, Document, Media, Message, Reaction

_LINK_KEPT = timedelta(minutes=10)
_MEDIA_KINDS = ("image", "video", "audio", "sticker", "document")


@dataclass(frozen=True, slots=True)
class Content:
    """What the person would see; ``doom`` is the code with which it fails after it was accepted."""

    text: str
    media: tuple[ShownMedia, ...] = ()
    template: str | None = None
    buttons: tuple[str, ...] = ()
    category: str = "service"
    doom: int | None = None


async def send(business: Business, message: Message) -> dict[str, Any]:
    """``message`` is accepted, shown to its recipient and reported; GraphError if a rule forbids it."""
    to = _recipient(business, message)
    _take_throughput(business)
    content = await _content(business, message)
    content = _in_window(business, to, content)
    _take_person(business, to, content)
    sent = webhook_payloads.Sent(
        wamid=new_wamid(to),
        to=to,
        category=content.category,
        at=business.world.now(),
        callback=message.biz_opaque_callback_data,
        doom=content.doom or _doom(business, to, content.category),
    )
    status = _held(business, content)
    await _publish(business, message, sent, content, held=status.startswith("held"))
    return _accepted(business, message, sent, status if content.template else None)


def _recipient(business: Business, message: Message) -> str:
    if message.recipient_type == "group":
        raise refused(131215, "Groups are only available to official business accounts.")
    to = business.people.resolve(message.to, message.recipient)
    if to == accounts.NUMBER:
        raise refused(131021, "Sender and recipient phone numbers are the same.")
    if to in business.people.blocked:
        raise refused(130403, "You blocked this user.")
    return to


def _take_throughput(business: Business) -> None:
    rate = int(business.option("rate"))
    now = business.world.now()
    if not business.throughput.take(NUMBER_PACE, now, interval=1 / rate, burst=rate):
        raise refused(130429, "Cloud API message throughput has been reached.")


def _take_person(business: Business, to: str, content: Content) -> None:
    """The person's pace and, outside the window, the portfolio's reach have room for one more."""
    now = business.world.now()
    interval, burst = float(business.option("pair_interval")), int(business.option("pair_burst"))
    outside = content.template is not None and not business.people.window_open(to, now)
    if outside and not business.reach.has_room(to, now, limit=int(business.option("daily_recipients"))):
        raise refused(131048, "The portfolio's limit of people in 24 hours has been reached.")
    if not business.pairs.take(to, now, interval=interval, burst=burst):
        raise refused(
            131056, "Too many messages sent from this number to the same phone number in a short time."
        )
    if outside:
        business.reach.add(to, now)


def _in_window(business: Business, to: str, content: Content) -> Content:
    """Free text needs the person's 24-hour window: refused, or failing later, by the switch ``window``."""
    mode = business.option("window")
    if content.template or mode == "open" or business.people.window_open(to, business.world.now()):
        return content
    if mode == "async":
        return replace(content, doom=131047)
    raise refused(
        131047,
        "Message failed to send because more than 24 hours have passed since the customer last replied to this number.",
    )


def _doom(business: Business, to: str, category: str) -> int | None:
    if to in business.option("undeliverable"):
        return 131026
    if category == "marketing":
        if to in business.option("marketing_stopped"):
            return 131050
        # No marketing templates to US numbers since 2025-04-01.
        if to in business.option("marketing_limited") or to.startswith("+1"):
            return 131049
    code = business.option("failures").get(to)
    return int(code) if code else None


def _held(business: Business, content: Content) -> str:
    if content.template and business.option("held") != "no":
        return "held_for_quality_assessment"
    return "accepted"


async def _publish(
    business: Business, message: Message, sent: webhook_payloads.Sent, content: Content, *, held: bool
) -> None:
    business.messages[sent.wamid] = sent
    business.people.met(sent.to)
    if held and business.option("held") == "drop":
        return
    if not sent.doom:
        business.world.show(_shown(message, sent, content))
    early = bool(business.option("webhook_before_response")) and business.subscribed
    if early:
        first = business.status(sent, "failed" if sent.doom else "sent")
        await to_thread.run_sync(business.courier.send_now, first)
    business.report(sent, first_is_out=early, late=1.0 if held else 0.0)


def _shown(message: Message, sent: webhook_payloads.Sent, content: Content) -> PublicObject:
    return PublicObject(
        channel="whatsapp",
        account=accounts.PHONE_NUMBER_ID,
        id=sent.wamid,
        text=content.text,
        created_at=sent.at,
        visible_at=sent.at,
        media=content.media,
        to=sent.to,
        reply_to=message.context.message_id if message.context else None,
        template=content.template,
        extra={"callback": sent.callback, "kind": message.type, "buttons": content.buttons},
    )


def _accepted(
    business: Business, message: Message, sent: webhook_payloads.Sent, status: str | None
) -> dict[str, Any]:
    bsuid = business.option("bsuid")
    # Who wrote to a number knows it already.
    named = webhook_payloads.names(sent.to, "both" if message.to and bsuid == "only" else bsuid)
    contact = {"input": message.to or message.recipient, **named}
    said = {"id": sent.wamid} | ({"message_status": status} if status else {})
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [said]}


async def _content(business: Business, message: Message) -> Content:
    if message.template:
        template = templates.sendable(business.templates, message.template)
        filled = templates.fill(template, message.template)
        category = template.category.lower()
        plain = Content(filled.text, template=template.name, buttons=filled.buttons, category=category)
        return await _with_media(business, plain, filled.media, filled.media_kind or "")
    if message.type in _MEDIA_KINDS:
        media: Media = getattr(message, message.type)
        caption = media.caption if isinstance(media, Captioned) else None
        return await _with_media(business, Content(caption or ""), media, message.type)
    return Content(_words(message))


def _words(message: Message) -> str:
    match message.type:
        case "text":
            return message.text.body if message.text else ""
        case "reaction":
            return message.reaction.emoji if isinstance(message.reaction, Reaction) else ""
        case "contacts":
            return ", ".join(contact.name.formatted_name for contact in message.contacts or [])
        case "location":
            place = message.location
            return f"{place.name or ''} {place.latitude}, {place.longitude}".strip() if place else ""
        case _:
            body = message.interactive.body if message.interactive else None
            return body.text if body else ""


async def _with_media(business: Business, content: Content, media: Media | None, kind: str) -> Content:
    """``content`` with its file; a bad link dooms it (131053) because Meta accepts first and fetches later."""
    if media is None:
        return content
    if (media.id is None) == (media.link is None):
        raise refused(131009, f"Param {kind}: exactly one of id and link is required.")
    if media.id is not None:
        now, days = business.world.now(), float(business.option("media_days"))
        file = business.shelf.usable(media.id, phone_number_id=accounts.PHONE_NUMBER_ID, now=now, days=days)
    else:
        linked = await _linked(business, media.link or "")
        if linked is None or linked.kind != kind:
            return replace(content, doom=131053)
        file = linked
    if file.kind != kind:
        raise refused(131053, f"Param {kind}: media of type {file.mime} cannot be sent as {kind}.")
    name = media.filename if isinstance(media, Document) else None
    shown = ShownMedia(file.sha256, file.mime, data=file.data, name=name or file.name)
    return replace(content, media=(shown,))


async def _linked(business: Business, url: str) -> uploads.Stored | None:
    """The file at ``url``, kept for ten minutes as Meta does; None when it cannot be had."""
    now = business.world.now()
    until, kept = business.links.get(url, (now, None))
    if now < until:
        return kept
    file = await to_thread.run_sync(_fetched, business, url)
    business.links[url] = (now + _LINK_KEPT, file)
    return file


def _fetched(business: Business, url: str) -> uploads.Stored | None:
    try:
        answer = loopback_client.fetch(url, limit=100 * 1024 * 1024, seconds=5)
        if answer.status != 200:
            return None
        return uploads.stored(
            answer.content,
            answer.content_type,
            phone_number_id=accounts.PHONE_NUMBER_ID,
            name=None,
            now=business.world.now(),
        )
    except (loopback_client.NotLoopback, loopback_client.Unreachable, loopback_client.TooSlow, GraphError):
        return None
