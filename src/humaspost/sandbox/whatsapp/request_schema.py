"""The exact schema of a request to /messages: no unknown keys, no wrong types."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from humaspost.sandbox.graph import GraphError
from humaspost.sandbox.whatsapp.errors import request_error

Caption = Annotated[str, Field(max_length=1024)]
NonEmptyText = Annotated[str, Field(min_length=1)]


class StrictModel(BaseModel):
    """A JSON object in which every key is known and every value has its own type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Text(StrictModel):
    body: Annotated[str, Field(min_length=1, max_length=4096)]
    preview_url: bool = False


class Media(StrictModel):
    """A media reference: exactly one of ``id`` and ``link``, checked when it is resolved."""

    id: str | None = None
    link: str | None = None


class CaptionedMedia(Media):
    caption: Caption | None = None


class Document(CaptionedMedia):
    filename: Annotated[str, Field(max_length=240)] | None = None


class Context(StrictModel):
    message_id: NonEmptyText


class Language(StrictModel):
    code: NonEmptyText
    policy: Literal["deterministic"] = "deterministic"


class Fallback(BaseModel):
    """A currency or a date, which is always shown as ``fallback_value``."""

    model_config = ConfigDict(strict=True, frozen=True)
    fallback_value: NonEmptyText


class Parameter(StrictModel):
    type: NonEmptyText
    parameter_name: NonEmptyText | None = None
    text: str | None = None
    payload: str | None = None
    coupon_code: str | None = None
    image: Media | None = None
    video: Media | None = None
    document: Document | None = None
    currency: Fallback | None = None
    date_time: Fallback | None = None
    location: dict[str, Any] | None = None
    action: dict[str, Any] | None = None


class Component(StrictModel):
    type: NonEmptyText
    sub_type: str | None = None
    index: str | int | None = None
    parameters: list[Parameter] = []


class TemplateUse(StrictModel):
    name: Annotated[str, Field(min_length=1, max_length=512)]
    language: Language
    components: list[Component] = []


class Reaction(StrictModel):
    message_id: NonEmptyText
    emoji: str


class Location(StrictModel):
    latitude: float | str
    longitude: float | str
    name: str | None = None
    address: str | None = None


class Name(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)
    formatted_name: NonEmptyText


class Contact(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)
    name: Name


class TextValue(StrictModel):
    text: NonEmptyText


class Interactive(StrictModel):
    type: Literal[
        "button",
        "list",
        "product",
        "product_list",
        "catalog_message",
        "cta_url",
        "flow",
        "location_request_message",
        "order_details",
        "order_status",
    ]
    action: dict[str, Any]
    header: dict[str, Any] | None = None
    body: TextValue | None = None
    footer: TextValue | None = None


class Message(StrictModel):
    """A message to one recipient; ``type`` names the only content key."""

    messaging_product: Literal["whatsapp"]
    recipient_type: Literal["individual", "group"] = "individual"
    to: NonEmptyText | None = None
    recipient: NonEmptyText | None = None
    type: str = "text"
    context: Context | None = None
    biz_opaque_callback_data: Annotated[str, Field(max_length=512)] | None = None
    messaging_account_id: str | None = None
    text: Text | None = None
    image: CaptionedMedia | None = None
    video: CaptionedMedia | None = None
    audio: Media | None = None
    sticker: Media | None = None
    document: Document | None = None
    template: TemplateUse | None = None
    reaction: Reaction | None = None
    location: Location | None = None
    contacts: Annotated[list[Contact], Field(min_length=1)] | None = None
    interactive: Interactive | None = None


class MarketingMessage(Message):
    """A message with the additional fields of /marketing_messages."""

    product_policy: Literal["CLOUD_API_FALLBACK", "STRICT"] = "CLOUD_API_FALLBACK"
    message_activity_sharing: bool | None = None


KINDS = (
    *("text", "image", "video", "audio", "sticker", "document"),
    *("template", "reaction", "location", "contacts", "interactive"),
)


def parse_message(raw: bytes, model: type[Message] = Message) -> Message:
    """Return the message in ``raw``; raise GraphError 100, 131008, 131009 or 131051."""
    try:
        message = model.model_validate_json(raw)
    except ValidationError as bad:
        raise _validation_error(bad) from bad
    if message.type not in KINDS:
        raise request_error(131051, f"Message type {message.type!r} is currently not supported.")
    if getattr(message, message.type) is None:
        raise request_error(131008, f"Parameter of type {message.type} is missing {message.type} value")
    for kind in KINDS:
        if kind != message.type and getattr(message, kind) is not None:
            raise request_error(100, f'Unexpected key "{kind}" on a message of type {message.type}.')
    return message


def _validation_error(bad: ValidationError) -> GraphError:
    first = bad.errors(include_url=False, include_input=False)[0]
    where = _format_path(first["loc"])
    match first["type"]:
        case "missing":
            return request_error(131008, f"The parameter {where} is required.")
        case "extra_forbidden":
            return request_error(
                100, f'Unexpected key "{first["loc"][-1]}" on param "{_format_path(first["loc"][:-1])}".'
            )
        case "json_invalid":
            return request_error(100, "The request body is not valid JSON.")
        case "literal_error":
            return request_error(131009, f"Param {where}: {first['msg']}.")
        case _:
            return request_error(100, f"Param {where}: {first['msg']}.")


def _format_path(loc: tuple[int | str, ...]) -> str:
    """Return a path as Meta writes it: ``template['components'][0]['type']``."""
    if not loc:
        return "body"
    return str(loc[0]) + "".join(f"[{part!r}]" for part in loc[1:])
