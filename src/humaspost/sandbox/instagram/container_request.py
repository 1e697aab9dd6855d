"""What a client may say when it creates a container: every parameter, its type, and where it belongs."""

import json
import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from humaspost.sandbox.instagram import accounts
from humaspost.sandbox.instagram.errors import invalid, refused

_MENTION = re.compile(r"(?<![\w.])@[\w.]+")
_CAPTION_MOST, _MENTIONS_MOST = 2200, 20
_PARENTS = ("IMAGE", "REELS", "CAROUSEL", "VIDEO")
_FILMS = ("REELS", "VIDEO", "VIDEO_ITEM", "STORIES")
_FACEBOOK_ONLY = (
    "upload_type",
    "poll_attachment",
    "is_poll_duration_extended",
    "is_comment_prompt_used",
    "is_paid_partnership",
    "branded_content_sponsor_ids",
)

#: Parameter -> the kinds of container that take it (contracts/instagram.md section 1.1).
TAKEN_BY: dict[str, tuple[str, ...]] = {
    "image_url": ("IMAGE", "IMAGE_ITEM", "STORIES"),
    "video_url": _FILMS,
    "caption": (*_PARENTS, "STORIES"),
    "alt_text": ("IMAGE", "IMAGE_ITEM"),
    "is_carousel_item": (*_PARENTS, "STORIES", "IMAGE_ITEM", "VIDEO_ITEM"),
    "children": ("CAROUSEL",),
    "collaborators": _PARENTS,
    "user_tags": ("IMAGE", "IMAGE_ITEM", "REELS", "STORIES", "VIDEO"),
    "location_id": _PARENTS,
    "cover_url": ("REELS",),
    "thumb_offset": ("REELS", "VIDEO", "VIDEO_ITEM"),
    "share_to_feed": ("REELS",),
    "audio_name": ("REELS",),
    "trial_params": ("REELS",),
    "product_tags": ("IMAGE", "IMAGE_ITEM", "REELS", "VIDEO", "VIDEO_ITEM"),
    "upload_type": _FILMS,
    "is_ai_generated": _PARENTS,
    "is_paid_partnership": _PARENTS,
    "branded_content_sponsor_ids": _PARENTS,
    "poll_attachment": _PARENTS,
    "is_poll_duration_extended": _PARENTS,
    "is_comment_prompt_used": _PARENTS,
}


def _unpacked(value: Any) -> Any:
    """A JSON array or object that came as text; a plain comma list becomes an array too."""
    if not isinstance(value, str):
        return value
    if value[:1] in ("[", "{"):
        return json.loads(value)
    return [part.strip() for part in value.split(",") if part.strip()]


Listed = Annotated[list[str], BeforeValidator(_unpacked)]


class UserTag(BaseModel):
    model_config = ConfigDict(extra="forbid")
    username: Annotated[str, Field(min_length=1)]
    x: Annotated[float, Field(ge=0, le=1)] | None = None
    y: Annotated[float, Field(ge=0, le=1)] | None = None


class Wanted(BaseModel):
    """The parameters of POST /media, typed; text as it comes from a form or a query is read leniently."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)
    media_type: str | None = None
    image_url: str | None = None
    video_url: str | None = None
    caption: str | None = None
    alt_text: Annotated[str, Field(max_length=1000)] | None = None
    is_carousel_item: bool | None = None
    children: Listed | None = None
    collaborators: Listed | None = None
    user_tags: Annotated[list[UserTag], BeforeValidator(_unpacked)] | None = None
    location_id: str | None = None
    cover_url: str | None = None
    thumb_offset: int | None = None
    share_to_feed: bool | None = None
    audio_name: str | None = None
    trial_params: Annotated[dict[str, Any], BeforeValidator(_unpacked)] | None = None
    product_tags: Annotated[list[dict[str, Any]], BeforeValidator(_unpacked)] | None = None
    upload_type: Literal["resumable"] | None = None
    is_ai_generated: bool | None = None
    is_paid_partnership: bool | None = None
    branded_content_sponsor_ids: Listed | None = None
    poll_attachment: Annotated[dict[str, Any], BeforeValidator(_unpacked)] | None = None
    is_poll_duration_extended: bool | None = None
    is_comment_prompt_used: bool | None = None

    @property
    def kind(self) -> str:
        """IMAGE, IMAGE_ITEM, VIDEO, VIDEO_ITEM, REELS, STORIES or CAROUSEL."""
        named = self.media_type or "IMAGE"
        return f"{named}_ITEM" if self.is_carousel_item and named in ("IMAGE", "VIDEO") else named

    @property
    def is_film(self) -> bool:
        """Whether the container holds a video."""
        return bool(self.video_url or self.upload_type)


@dataclass(frozen=True, slots=True)
class Captions:
    """How captions are counted: in ``characters`` or ``utf-16`` units, with at most so many hashtags."""

    unit: str
    hashtags: int

    def length(self, caption: str) -> int:
        """How long the caption is."""
        return len(caption) if self.unit == "characters" else len(caption.encode("utf-16-le")) // 2


def read_wanted(given: dict[str, Any], *, facebook: bool, captions: Captions) -> Wanted:
    """The container asked for; GraphError says which parameter is unknown, misplaced or wrong."""
    try:
        wanted = Wanted.model_validate({key: value for key, value in given.items() if key != "access_token"})
    except (ValidationError, ValueError) as bad:
        raise _complaint(bad) from bad
    if wanted.media_type not in (None, "IMAGE", "VIDEO", "REELS", "STORIES", "CAROUSEL"):
        raise refused(2207023, found=wanted.media_type)
    _check_places(wanted, facebook=facebook)
    _check_source(wanted)
    _check_caption(wanted.caption or "", captions)
    _check_people(wanted)
    if wanted.location_id is not None and wanted.location_id not in accounts.LOCATION_IDS:
        raise invalid("Param location_id: INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID")
    if wanted.product_tags is not None:
        raise refused(2207037)
    return wanted


def _complaint(bad: ValueError) -> Exception:
    if not isinstance(bad, ValidationError):
        return invalid("A parameter is not valid JSON.")
    first = bad.errors(include_url=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        return invalid(f"Unsupported parameter: {where}")
    return invalid(f"Param {where}: {first['msg']}")


def _check_places(wanted: Wanted, *, facebook: bool) -> None:
    for name in wanted.model_fields_set - {"media_type"}:
        if getattr(wanted, name) is None:
            continue
        if wanted.kind not in TAKEN_BY[name]:
            raise invalid(f"Param {name} is not supported for {wanted.kind} media.")
        if name in _FACEBOOK_ONLY and not facebook:
            raise invalid(f"Param {name} needs Instagram API with Facebook Login.")
    if wanted.is_carousel_item and wanted.kind in ("REELS", "STORIES", "CAROUSEL"):
        raise invalid(f"Param is_carousel_item is not supported for {wanted.kind} media.")


def _check_source(wanted: Wanted) -> None:
    sources = [wanted.image_url, wanted.video_url, wanted.upload_type]
    named = [source for source in sources if source]
    if wanted.kind == "CAROUSEL":
        if not 2 <= len(wanted.children or []) <= 10:
            raise refused(2207028)
        return
    if len(named) > 1:
        raise invalid("Only one of image_url, video_url and upload_type is allowed.")
    if not named:
        needed = {"IMAGE": "image_url", "IMAGE_ITEM": "image_url", "STORIES": "image_url"}
        raise invalid(f"The parameter {needed.get(wanted.kind, 'video_url')} is required.")


def _check_caption(caption: str, captions: Captions) -> None:
    length = captions.length(caption)
    if length > _CAPTION_MOST or _hashtags(caption) > captions.hashtags:
        raise refused(2207010, length=length)
    if len(_MENTION.findall(caption)) > _MENTIONS_MOST:
        raise refused(2207040)


def _check_people(wanted: Wanted) -> None:
    for name in wanted.collaborators or []:
        if name.startswith("@") or not re.fullmatch(r"[\w.]{1,30}", name):
            raise refused(2207018, name=name)
    if len(wanted.collaborators or []) > 3:
        raise invalid("Param collaborators: at most 3 usernames.")
    tags = wanted.user_tags or []
    if tags and wanted.kind == "STORIES" and wanted.is_film:
        raise invalid("Param user_tags is not supported for videos in stories.")
    if len(tags) > 20:
        raise refused(2207040)
    for tag in tags:
        placed = tag.x is not None and tag.y is not None
        if wanted.kind in ("IMAGE", "IMAGE_ITEM") and not placed:
            raise invalid("Param user_tags: x and y are required for images.")
        if wanted.kind in ("REELS", "VIDEO") and (tag.x is not None or tag.y is not None):
            raise invalid("Param user_tags: x and y are not supported for videos.")


def _hashtags(caption: str) -> int:
    """How many there are; those that are written together are one each, and none begins within a word."""
    count, inside, before = 0, False, " "
    for here, after in zip(caption, caption[1:] + " ", strict=False):
        starts = inside or not (before.isalnum() or before in "_&")
        if here == "#" and starts and (after.isalnum() or after == "_"):
            count, inside = count + 1, True
        else:
            inside = inside and (here.isalnum() or here == "_")
        before = here
    return count
