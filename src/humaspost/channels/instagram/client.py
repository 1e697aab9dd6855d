"""Creation of containers, and upload of video bytes into them.

https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media and
https://developers.facebook.com/docs/instagram-platform/content-publishing/resumable-uploads (read 2026-11-23)
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from humaspost.base.canonical_json import Json
from humaspost.channels.error_table import Refusal, classify
from humaspost.channels.http.client import HttpClient
from humaspost.channels.http.response import HttpResponse
from humaspost.channels.instagram.check import is_reel
from humaspost.channels.instagram.containers import Container
from humaspost.channels.instagram.errors import ERROR_ROWS
from humaspost.channels.instagram.tag_checks import tags_of_medium
from humaspost.channels.meta_graph import GraphClient, get_text, parse_refusal
from humaspost.model.channel import ChannelContext
from humaspost.model.errors import AuthFailed, ChannelError, Scope, Transient
from humaspost.model.post import MediaKind
from humaspost.model.rendition import Attachment, Part

_SUBCODE = re.compile(r"\b2207\d{3}\b")
#: Text inside a 400 of rupload for a token without permission (contracts: instagram.md 1.4).
_UNAUTHORIZED = "unauthorized user request"
Parameters = dict[str, str]


@dataclass(frozen=True, slots=True)
class ContainerClient:
    """A client that creates the containers of one part.

    ``upload_url`` is where video bytes go, "" if Instagram fetches them.
    """

    graph: GraphClient
    http: HttpClient
    part: Part
    context: ChannelContext
    user_id: str
    upload_url: str = ""

    def create_child(self, number: int) -> Container:
        """Create a container for one item of a carousel, without a caption; items count from 0."""
        item = self.part.media[number]
        kind = {"media_type": "VIDEO"} if item.kind is MediaKind.VIDEO else {}
        return self._create({**kind, **self._source_parameters(number), "is_carousel_item": "true"}, item)

    def create_parent(self, children: tuple[Container, ...]) -> Container:
        """Create the container that is published."""
        if children:
            ids = ",".join(child.id for child in children)
            return self._create({"media_type": "CAROUSEL", "children": ids, **self._post_parameters()})
        item = self.part.media[0]
        if item.use == "story":
            return self._create({"media_type": "STORIES", **self._source_parameters(0)}, item)
        if is_reel(self.part):
            publishes_reel = {"media_type": "REELS", **self._cover_parameters(item), **self._feed_parameter()}
            return self._create(
                {**publishes_reel, **self._source_parameters(0), **self._post_parameters()}, item
            )
        return self._create({**self._source_parameters(0), **self._post_parameters()}, item)

    def upload_video(self, container: Container, item: Attachment) -> None:
        """Upload the video's bytes into the container; after a refusal a new container is created."""
        file = self.context.fit_media(item)
        headers = {
            "Authorization": f"OAuth {self.context.secret('access_token')}",
            "offset": "0",
            "file_size": str(file.size),
        }
        with file.path.open("rb") as body:
            response = self.http.request(
                "POST", f"{self.upload_url}/{container.id}", write=False, data=body, headers=headers
            )
        if not response.is_success or response.get("success") is not True:
            raise self._upload_error(response)

    def _upload_error(self, response: HttpResponse) -> ChannelError:
        """Return the error of a refused upload.

        Rupload has its own error body; the error table lists the subcodes that it names.
        """
        detail = parse_refusal(response, self.context.secret("access_token")).detail
        subcode = _SUBCODE.search(response.text)
        if response.status in (401, 403) or _UNAUTHORIZED in response.text.casefold():
            return AuthFailed(f"http-{response.status}", detail)
        if subcode is None:
            return Transient("upload-refused", detail, restart_preparation=True)
        refusal = Refusal(response.status, subcode=subcode[0], detail=detail)
        error = classify(ERROR_ROWS, refusal, call="create", write=False, now=self.context.now())
        return (
            Transient(error.code, detail, restart_preparation=True, max_attempts=error.max_attempts)
            if isinstance(error, Transient)
            else error
        )

    def _source_parameters(self, number: int) -> Parameters:
        """Return the parameters of the bytes' source, the alternative text, and the tagged people."""
        item = self.part.media[number]
        tags = self._tag_parameters(number)
        if item.kind is not MediaKind.VIDEO:
            alt = {"alt_text": item.alt} if item.alt and item.use != "story" else {}
            return {"image_url": self.context.public_url(item), **alt, **tags}
        source = (
            {"upload_type": "resumable"} if self.upload_url else {"video_url": self.context.public_url(item)}
        )
        return {**source, **tags}

    def _tag_parameters(self, number: int) -> Parameters:
        parameters: list[Json] = [
            {key: tag[key] for key in ("username", "x", "y") if tag[key] is not None}
            for tag in tags_of_medium(self.part, number + 1)
        ]
        return {"user_tags": _to_json(parameters)} if parameters else {}

    def _cover_parameters(self, item: Attachment) -> Parameters:
        offset = self.part.extra.get("thumb_offset")
        if item.cover is not None:
            return {"cover_url": self.context.public_url(item.cover)}
        return {} if offset is None else {"thumb_offset": str(offset)}

    def _feed_parameter(self) -> Parameters:
        """Return ``share_to_feed`` always, because Meta documents no default."""
        return {"share_to_feed": "false" if self.part.extra.get("share_to_feed") is False else "true"}

    def _post_parameters(self) -> Parameters:
        """Return the parameters of the post as a whole."""
        extra, parameters = self.part.extra, {"caption": self.part.text} if self.part.text else {}
        if extra.get("collaborators"):
            parameters["collaborators"] = _to_json(extra["collaborators"])
        if extra.get("location_id"):
            parameters["location_id"] = str(extra["location_id"])
        if extra.get("made_with_ai") is True:
            parameters["is_ai_generated"] = "true"
        return parameters

    def _create(self, parameters: Mapping[str, str], item: Attachment | None = None) -> Container:
        try:
            response = self.graph.request("create", "POST", f"/{self.user_id}/media", data=parameters)
        except ChannelError as error:
            if item is None or error.scope is Scope.ACCOUNT:
                raise
            raise error.with_subject(_describe_source(item, parameters)) from error
        made = get_text(response, "id")
        if not made:
            raise Transient("no-container", "Instagram named no container")
        is_video = item is not None and item.kind is MediaKind.VIDEO
        awaits_upload = "upload_type" in parameters
        return Container(made, self.context.now().isoformat(), awaits_upload=awaits_upload, is_video=is_video)


def _describe_source(item: Attachment, parameters: Mapping[str, str]) -> str:
    """Return the file's name and the address that Instagram fetches it from.

    The signature that a bucket adds to an address stays secret.
    """
    url = parameters.get("image_url") or parameters.get("video_url") or ""
    return " ".join(filter(None, (item.name, url.partition("?")[0])))


def _to_json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
