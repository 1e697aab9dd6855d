"""The containers themselves: what each is made of, and the bytes of a video that Instagram takes from us.

https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media and
https://developers.facebook.com/docs/instagram-platform/content-publishing/resumable-uploads (read 2026-11-23)
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from humaspost.base.canonical_json import Json
from humaspost.channels.error_table import Refusal, classify
from humaspost.channels.http.client import Wire
from humaspost.channels.http.response import Answer
from humaspost.channels.instagram.check import is_reel
from humaspost.channels.instagram.containers import Container
from humaspost.channels.instagram.errors import ROWS
from humaspost.channels.instagram.tag_checks import tags_of
from humaspost.channels.meta_graph import Graph, refused, text_of
from humaspost.model.channel import Door
from humaspost.model.errors import AuthFailed, ChannelError, Scope, Transient
from humaspost.model.post import Kind
from humaspost.model.rendition import Attachment, Part

_SUBCODE = re.compile(r"\b2207\d{3}\b")
#: What rupload says inside a 400 where the token may not (contracts: instagram.md 1.4).
_UNAUTHORIZED = "unauthorized user request"
Parameters = dict[str, str]


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the containers of one part; ``uploads`` is where video bytes go, '' = Instagram fetches them."""

    graph: Graph
    wire: Wire
    part: Part
    door: Door
    user_id: str
    uploads: str = ""

    def child(self, number: int) -> Container:
        """A container for one item of a carousel, from 0 on; its caption belongs to the whole."""
        item = self.part.media[number]
        kind = {"media_type": "VIDEO"} if item.kind is Kind.VIDEO else {}
        return self._made({**kind, **self._source(number), "is_carousel_item": "true"}, item)

    def whole(self, children: tuple[Container, ...]) -> Container:
        """The container that is published."""
        if children:
            ids = ",".join(child.id for child in children)
            return self._made({"media_type": "CAROUSEL", "children": ids, **self._words()})
        item = self.part.media[0]
        if item.use == "story":
            return self._made({"media_type": "STORIES", **self._source(0)}, item)
        if is_reel(self.part):
            reel = {"media_type": "REELS", **self._cover(item), **self._feed()}
            return self._made({**reel, **self._source(0), **self._words()}, item)
        return self._made({**self._source(0), **self._words()}, item)

    def upload(self, container: Container, item: Attachment) -> None:
        """The video's bytes are in the container; one that refuses them is made anew."""
        file = self.door.fitted(item)
        headers = {
            "Authorization": f"OAuth {self.door.secret('access_token')}",
            "offset": "0",
            "file_size": str(file.size),
        }
        with file.path.open("rb") as body:
            answer = self.wire.call(
                "POST", f"{self.uploads}/{container.id}", write=False, data=body, headers=headers
            )
        if not answer.ok or answer.member("success") is not True:
            raise self._unloaded(answer)

    def _unloaded(self, answer: Answer) -> ChannelError:
        """Rupload has an error body of its own; where it names a subcode, the table knows it."""
        detail = refused(answer, self.door.secret("access_token")).detail
        subcode = _SUBCODE.search(answer.text)
        if answer.status in (401, 403) or _UNAUTHORIZED in answer.text.casefold():
            return AuthFailed(f"http-{answer.status}", detail)
        if subcode is None:
            return Transient("upload-refused", detail, redo=True)
        refusal = Refusal(answer.status, subcode=subcode[0], detail=detail)
        error = classify(ROWS, refusal, call="create", write=False, now=self.door.now())
        return (
            Transient(error.code, detail, redo=True, most=error.most)
            if isinstance(error, Transient)
            else error
        )

    def _source(self, number: int) -> Parameters:
        """Where the bytes are, what they show, and who is in them."""
        item = self.part.media[number]
        tags = self._tags(number)
        if item.kind is not Kind.VIDEO:
            alt = {"alt_text": item.alt} if item.alt and item.use != "story" else {}
            return {"image_url": self.door.public_url(item), **alt, **tags}
        bytes_ = {"upload_type": "resumable"} if self.uploads else {"video_url": self.door.public_url(item)}
        return {**bytes_, **tags}

    def _tags(self, number: int) -> Parameters:
        found: list[Json] = [
            {key: tag[key] for key in ("username", "x", "y") if tag[key] is not None}
            for tag in tags_of(self.part, number + 1)
        ]
        return {"user_tags": _json(found)} if found else {}

    def _cover(self, item: Attachment) -> Parameters:
        offset = self.part.extra.get("thumb_offset")
        if item.cover is not None:
            return {"cover_url": self.door.public_url(item.cover)}
        return {} if offset is None else {"thumb_offset": str(offset)}

    def _feed(self) -> Parameters:
        """Always said: Meta documents no default."""
        return {"share_to_feed": "false" if self.part.extra.get("share_to_feed") is False else "true"}

    def _words(self) -> Parameters:
        """What belongs to the post as a whole."""
        extra, found = self.part.extra, {"caption": self.part.text} if self.part.text else {}
        if extra.get("collaborators"):
            found["collaborators"] = _json(extra["collaborators"])
        if extra.get("location_id"):
            found["location_id"] = str(extra["location_id"])
        if extra.get("made_with_ai") is True:
            found["is_ai_generated"] = "true"
        return found

    def _made(self, parameters: Mapping[str, str], item: Attachment | None = None) -> Container:
        try:
            answer = self.graph.ask("create", "POST", f"/{self.user_id}/media", data=parameters)
        except ChannelError as error:
            if item is None or error.scope is Scope.ACCOUNT:
                raise
            raise error.about(_named(item, parameters)) from error
        made = text_of(answer, "id")
        if not made:
            raise Transient("no-container", "Instagram named no container")
        is_film = item is not None and item.kind is Kind.VIDEO
        empty = "upload_type" in parameters
        return Container(made, self.door.now().isoformat(), empty=empty, film=is_film)


def _named(item: Attachment, parameters: Mapping[str, str]) -> str:
    """The file, and where Instagram was told to fetch it; what a bucket signs an address with stays ours."""
    address = parameters.get("image_url") or parameters.get("video_url") or ""
    return " ".join(filter(None, (item.name, address.partition("?")[0])))


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
