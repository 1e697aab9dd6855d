"""X's request bodies, as strict as its OpenAPI 2.167.

An unknown field, a wrong type or a broken limit is a 400.
"""

import json
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from humaspost.sandbox.x.errors import RequestRefused, invalid_request

Id = Annotated[str, Field(pattern=r"^[0-9]{1,19}$")]
ReplySettings = Literal["following", "mentionedUsers", "subscribers", "verified"]
Category = Literal[
    "amplify_video", "tweet_gif", "tweet_image", "tweet_video", "dm_gif", "dm_image", "dm_video", "subtitles"
]
MediaType = Literal[
    "video/mp4",
    "video/webm",
    "video/mp2t",
    "video/quicktime",
    "text/srt",
    "text/vtt",
    "image/jpeg",
    "image/gif",
    "image/bmp",
    "image/png",
    "image/webp",
    "image/pjpeg",
    "image/tiff",
    "model/gltf-binary",
    "model/vnd.usdz+zip",
]
_UNKNOWN_FIELD = "is not defined in the schema and the schema does not allow additional properties"


class _StrictModel(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Media(_StrictModel):
    """The ``media`` of a post."""

    media_ids: list[Id] = Field(min_length=1, max_length=4)
    tagged_user_ids: list[Id] = Field(default=[], max_length=10)
    call_to_actions: dict[Literal["app_install", "visit_site", "watch_now"], dict[str, str]] = {}
    title: str | None = None
    description: str | None = None
    embeddable: bool | None = None
    preview_media_id: Id | None = None


class Reply(_StrictModel):
    """The ``reply`` of a post."""

    in_reply_to_tweet_id: Id
    exclude_reply_user_ids: list[str] = []
    auto_populate_reply_metadata: bool | None = None


class Poll(_StrictModel):
    """The ``poll`` of a post."""

    options: list[Annotated[str, Field(min_length=1, max_length=25)]] = Field(min_length=2, max_length=4)
    duration_minutes: int = Field(ge=5, le=10_080)
    reply_settings: ReplySettings | None = None


class Geo(_StrictModel):
    """The ``geo`` of a post."""

    place_id: str


class EditOptions(_StrictModel):
    """The ``edit_options`` of a post."""

    previous_post_id: Id


class NewPost(_StrictModel):
    """The body of POST /2/tweets; no field may be null, an unused field is absent."""

    text: str = ""
    media: Media | None = None
    reply: Reply | None = None
    poll: Poll | None = None
    quote_tweet_id: Id | None = None
    reply_settings: ReplySettings | None = None
    made_with_ai: bool = False
    paid_partnership: bool = False
    community_id: Id | None = None
    share_with_followers: bool = False
    for_super_followers_only: bool = False
    nullcast: bool = False
    card_uri: str | None = None
    direct_message_deep_link: str | None = None
    geo: Geo | None = None
    edit_options: EditOptions | None = None


class InitializeUpload(_StrictModel):
    """The body of POST /2/media/upload/initialize."""

    media_type: MediaType
    total_bytes: int = Field(ge=1, le=17_179_869_184)
    media_category: Category | None = None
    shared: bool = False
    additional_owners: list[Id] = []


class UploadSegment(_StrictModel):
    """The JSON form of append; ``media`` is base64."""

    media: str
    segment_index: int = Field(ge=0, le=999)


class SimpleUpload(_StrictModel):
    """The JSON form of POST /2/media/upload; ``media`` is base64."""

    media: str
    media_category: Literal[
        "tweet_image", "tweet_video", "tweet_gif", "dm_image", "dm_video", "dm_gif", "subtitles"
    ]
    media_type: MediaType | None = None
    shared: bool = False
    additional_owners: str | list[Id] = []


class AltText(_StrictModel):
    """The ``alt_text`` of a media file."""

    text: str = Field(min_length=1, max_length=1000)


class MetadataFields(BaseModel):
    """The ``metadata`` of a media file, which X's schema leaves open."""

    model_config = ConfigDict(extra="ignore", strict=True)

    alt_text: AltText | None = None


class Metadata(_StrictModel):
    """The body of POST /2/media/metadata."""

    id: Id
    metadata: MetadataFields = MetadataFields()


class SubtitleTrack(_StrictModel):
    """The ``subtitles`` of a video: an uploaded SRT or VTT file and its language."""

    id: Id
    language_code: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    display_name: str


class Subtitles(_StrictModel):
    """The body of POST /2/media/subtitles; the schema requires no field, the backend all."""

    id: Id
    media_category: Literal["AmplifyVideo", "TweetVideo"]
    subtitles: SubtitleTrack


_Model = TypeVar("_Model", bound=BaseModel)


def parse_body(model: type[_Model], body: bytes) -> _Model:
    """Return the body as the model; raise a 400 that names every wrong field."""
    try:
        value = json.loads(body)
        # JSON can contain a lone surrogate, which is not valid text: encoding raises ValueError.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise invalid_request(("Invalid JSON in the request body.", {})) from error
    return validate(model, value)


def validate(model: type[_Model], value: Any) -> _Model:
    """Return the value as the model; raise a 400 that names every wrong field."""
    if nulls := _null_paths(value):
        raise invalid_request(
            *[(f"[$.{path}: null found, a value is expected]", {path: ["null"]}) for path in nulls]
        )
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise _validation_error(error) from error


def _validation_error(error: ValidationError) -> RequestRefused:
    errors = []
    for item in error.errors():
        path = ".".join(map(str, item["loc"])) or "body"
        reason = _UNKNOWN_FIELD if item["type"] == "extra_forbidden" else item["msg"]
        errors.append((f"[$.{path}: {reason}]", {path: [json.dumps(item["input"], default=str)[:200]]}))
    return invalid_request(*errors)


def _null_paths(value: Any, parent_path: str = "") -> list[str]:
    """Return the paths of all nulls, at any depth."""
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    paths = [(f"{parent_path}.{name}".lstrip("."), nested) for name, nested in members]
    return [
        null_paths
        for path, inner in paths
        for null_paths in ([path] if inner is None else _null_paths(inner, path))
    ]
