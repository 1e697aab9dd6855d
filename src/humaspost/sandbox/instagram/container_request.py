"""The parameters of a new container: names, types, and the kinds that allow them."""

import json
import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from humaspost.sandbox.instagram import accounts
from humaspost.sandbox.instagram.errors import invalid_parameter, subcode_error

_MENTION = re.compile(r"(?<![\w.])@[\w.]+")
_MAX_CAPTION, _MAX_MENTIONS = 2200, 20
_PARENT_KINDS = ("IMAGE", "REELS", "CAROUSEL", "VIDEO")
_VIDEO_KINDS = ("REELS", "VIDEO", "VIDEO_ITEM", "STORIES")
_FACEBOOK_ONLY = (
    "upload_type",
    "poll_attachment",
    "is_poll_duration_extended",
    "is_comment_prompt_used",
    "is_paid_partnership",
    "branded_content_sponsor_ids",
)

#: Parameter -> the kinds of container that accept it (contracts/instagram.md section 1.1).
KINDS_BY_PARAMETER: dict[str, tuple[str, ...]] = {
    "image_url": ("IMAGE", "IMAGE_ITEM", "STORIES"),
    "video_url": _VIDEO_KINDS,
    "caption": (*_PARENT_KINDS, "STORIES"),
    "alt_text": ("IMAGE", "IMAGE_ITEM"),
    "is_carousel_item": (*_PARENT_KINDS, "STORIES", "IMAGE_ITEM", "VIDEO_ITEM"),
    "children": ("CAROUSEL",),
    "collaborators": _PARENT_KINDS,
    "user_tags": ("IMAGE", "IMAGE_ITEM", "REELS", "STORIES", "VIDEO"),
    "location_id": _PARENT_KINDS,
    "cover_url": ("REELS",),
    "thumb_offset": ("REELS", "VIDEO", "VIDEO_ITEM"),
    "share_to_feed": ("REELS",),
    "audio_name": ("REELS",),
    "trial_params": ("REELS",),
    "product_tags": ("IMAGE", "IMAGE_ITEM", "REELS", "VIDEO", "VIDEO_ITEM"),
    "upload_type": _VIDEO_KINDS,
    "is_ai_generated": _PARENT_KINDS,
    "is_paid_partnership": _PARENT_KINDS,
    "branded_content_sponsor_ids": _PARENT_KINDS,
    "poll_attachment": _PARENT_KINDS,
    "is_poll_duration_extended": _PARENT_KINDS,
    "is_comment_prompt_used": _PARENT_KINDS,
}


def _unpack(value: Any) -> Any:
    """Return a list or object that arrived as text; a comma list becomes a list."""
    if not isinstance(value, str):
        return value
    if value[:1] in ("[", "{"):
        return json.loads(value)
    return [part.strip() for part in value.split(",") if part.strip()]


TextList = Annotated[list[str], BeforeValidator(_unpack)]


class UserTag(BaseModel):
    model_config = ConfigDict(extra="forbid")
    username: Annotated[str, Field(min_length=1)]
    x: Annotated[float, Field(ge=0, le=1)] | None = None
    y: Annotated[float, Field(ge=0, le=1)] | None = None


class ContainerRequest(BaseModel):
    """The typed parameters of POST /media; text from a form or a query is read leniently."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)
    media_type: str | None = None
    image_url: str | None = None
    video_url: str | None = None
    caption: str | None = None
    alt_text: Annotated[str, Field(max_length=1000)] | None = None
    is_carousel_item: bool | None = None
    children: TextList | None = None
    collaborators: TextList | None = None
    user_tags: Annotated[list[UserTag], BeforeValidator(_unpack)] | None = None
    location_id: str | None = None
    cover_url: str | None = None
    thumb_offset: int | None = None
    share_to_feed: bool | None = None
    audio_name: str | None = None
    trial_params: Annotated[dict[str, Any], BeforeValidator(_unpack)] | None = None
    product_tags: Annotated[list[dict[str, Any]], BeforeValidator(_unpack)] | None = None
    upload_type: Literal["resumable"] | None = None
    is_ai_generated: bool | None = None
    is_paid_partnership: bool | None = None
    branded_content_sponsor_ids: TextList | None = None
    poll_attachment: Annotated[dict[str, Any], BeforeValidator(_unpack)] | None = None
    is_poll_duration_extended: bool | None = None
    is_comment_prompt_used: bool | None = None

    @property
    def kind(self) -> str:
        """Return IMAGE, IMAGE_ITEM, VIDEO, VIDEO_ITEM, REELS, STORIES or CAROUSEL."""
        media_type = self.media_type or "IMAGE"
        return (
            f"{media_type}_ITEM" if self.is_carousel_item and media_type in ("IMAGE", "VIDEO") else media_type
        )

    @property
    def is_video(self) -> bool:
        """Return True if the container is for a video."""
        return bool(self.video_url or self.upload_type)


@dataclass(frozen=True, slots=True)
class CaptionRules:
    """The caption limits: ``characters`` or ``utf-16`` units, and the number of hashtags."""

    unit: str
    hashtags: int

    def count(self, caption: str) -> int:
        """Return the length of the caption."""
        return len(caption) if self.unit == "characters" else len(caption.encode("utf-16-le")) // 2


def parse_request(
    parameters: dict[str, Any], *, is_facebook: bool, caption_rules: CaptionRules
) -> ContainerRequest:
    """Return the requested container.

    Raise GraphError with the parameter that is unknown, misplaced or wrong.
    """
    try:
        request = ContainerRequest.model_validate(
            {key: value for key, value in parameters.items() if key != "access_token"}
        )
    except (ValidationError, ValueError) as bad:
        raise _validation_error(bad) from bad
    if request.media_type not in (None, "IMAGE", "VIDEO", "REELS", "STORIES", "CAROUSEL"):
        raise subcode_error(2207023, found=request.media_type)
    _check_parameters(request, is_facebook=is_facebook)
    _check_source(request)
    _check_caption(request.caption or "", caption_rules)
    _check_people(request)
    if request.location_id is not None and request.location_id not in accounts.LOCATION_IDS:
        raise invalid_parameter("Param location_id: INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID")
    if request.product_tags is not None:
        raise subcode_error(2207037)
    return request


def _validation_error(bad: ValueError) -> Exception:
    if not isinstance(bad, ValidationError):
        return invalid_parameter("A parameter is not valid JSON.")
    first = bad.errors(include_url=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        return invalid_parameter(f"Unsupported parameter: {where}")
    return invalid_parameter(f"Param {where}: {first['msg']}")


def _check_parameters(request: ContainerRequest, *, is_facebook: bool) -> None:
    for name in request.model_fields_set - {"media_type"}:
        if getattr(request, name) is None:
            continue
        if request.kind not in KINDS_BY_PARAMETER[name]:
            raise invalid_parameter(f"Param {name} is not supported for {request.kind} media.")
        if name in _FACEBOOK_ONLY and not is_facebook:
            raise invalid_parameter(f"Param {name} needs Instagram API with Facebook Login.")
    if request.is_carousel_item and request.kind in ("REELS", "STORIES", "CAROUSEL"):
        raise invalid_parameter(f"Param is_carousel_item is not supported for {request.kind} media.")


def _check_source(request: ContainerRequest) -> None:
    sources = [request.image_url, request.video_url, request.upload_type]
    named = [source for source in sources if source]
    if request.kind == "CAROUSEL":
        if not 2 <= len(request.children or []) <= 10:
            raise subcode_error(2207028)
        return
    if len(named) > 1:
        raise invalid_parameter("Only one of image_url, video_url and upload_type is allowed.")
    if not named:
        needed = {"IMAGE": "image_url", "IMAGE_ITEM": "image_url", "STORIES": "image_url"}
        raise invalid_parameter(f"The parameter {needed.get(request.kind, 'video_url')} is required.")


def _check_caption(caption: str, caption_rules: CaptionRules) -> None:
    length = caption_rules.count(caption)
    if length > _MAX_CAPTION or _count_hashtags(caption) > caption_rules.hashtags:
        raise subcode_error(2207010, length=length)
    if len(_MENTION.findall(caption)) > _MAX_MENTIONS:
        raise subcode_error(2207040)


def _check_people(request: ContainerRequest) -> None:
    for name in request.collaborators or []:
        if name.startswith("@") or not re.fullmatch(r"[\w.]{1,30}", name):
            raise subcode_error(2207018, name=name)
    if len(request.collaborators or []) > 3:
        raise invalid_parameter("Param collaborators: at most 3 usernames.")
    tags = request.user_tags or []
    if tags and request.kind == "STORIES" and request.is_video:
        raise invalid_parameter("Param user_tags is not supported for videos in stories.")
    if len(tags) > 20:
        raise subcode_error(2207040)
    for tag in tags:
        has_position = tag.x is not None and tag.y is not None
        if request.kind in ("IMAGE", "IMAGE_ITEM") and not has_position:
            raise invalid_parameter("Param user_tags: x and y are required for images.")
        if request.kind in ("REELS", "VIDEO") and (tag.x is not None or tag.y is not None):
            raise invalid_parameter("Param user_tags: x and y are not supported for videos.")


def _count_hashtags(caption: str) -> int:
    """Return the number of hashtags.

    Adjacent hashtags count one each, and a hashtag cannot start within a word.
    """
    count, is_inside, previous = 0, False, " "
    for character, following in zip(caption, caption[1:] + " ", strict=False):
        is_start = is_inside or not (previous.isalnum() or previous in "_&")
        if character == "#" and is_start and (following.isalnum() or following == "_"):
            count, is_inside = count + 1, True
        else:
            is_inside = is_inside and (character.isalnum() or character == "_")
        previous = character
    return count
