"""What the pretend account holds, and the two steps that fill it: create a container, publish it."""

import hashlib
import secrets
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from humaspost.sandbox.graph import GraphError
from humaspost.sandbox.instagram import accounts, image_checks, video_checks
from humaspost.sandbox.instagram.container_request import Wanted
from humaspost.sandbox.instagram.containers import DAY, Container, new_id
from humaspost.sandbox.instagram.errors import invalid, refused
from humaspost.sandbox.instagram.options import setting
from humaspost.sandbox.state import PublicObject, ShownMedia, World, never_ready

_UNFETCHED = "Error: Media download has failed with error code 2207077"
_UNREADABLE = "Error: Media upload has failed with error code 2207076"


@dataclass(slots=True)
class Gallery:
    """Containers and publications of the account."""

    world: World
    containers: dict[str, Container] = field(default_factory=dict)
    _created: deque[datetime] = field(default_factory=deque)
    _published: deque[datetime] = field(default_factory=deque)

    def option(self, name: str) -> Any:
        """The value of the switch ``instagram.<name>`` now."""
        return setting(self.world, name)

    def used(self, since: datetime | None = None) -> int:
        """How many posts were published in the last 24 hours, or since a later moment."""
        edge = self.world.now() - DAY
        return sum(1 for at in self._published if at > max(edge, since or edge))

    def room(self) -> None:
        """One more container may be made today; 9/2207042 if not."""
        now = self.world.now()
        while self._created and now - self._created[0] >= DAY:
            self._created.popleft()
        if len(self._created) >= int(self.option("containers_total")):
            raise refused(2207042)

    def create(self, wanted: Wanted) -> Container:
        """A new container with its media fetched and looked at; blocks while it fetches."""
        self.room()
        now = self.world.now()
        container = Container(new_id(), wanted, now, self._ready_at(now))
        if wanted.children is not None:
            container.media = self._of_children(wanted.children)
        elif wanted.upload_type:
            container.ready_at = None
        elif wanted.video_url:
            self._take_film(container, wanted.video_url)
        else:
            container.media = (self._picture(wanted),)
        if wanted.cover_url:
            self._image(wanted.cover_url, feed=False)
        self._let_fail(container)
        self._created.append(now)
        self.containers[container.id] = container
        return container

    def receive(self, container: Container, data: bytes) -> None:
        """The uploaded video is in ``container``, which is processed from now on."""
        container.bytes_received = len(data)
        container.ready_at = self._ready_at(self.world.now())
        self._read_film(container, data)
        self._let_fail(container)

    def status(self, container: Container) -> str:
        """What the container says of itself; blocks while a video that must still be there is read again."""
        if self.option("read_until_finished") and container.status(self.world.now()) == "FINISHED":
            self._read_again(container)
        return container.status(self.world.now(), lag=float(self.option("published_lag")))

    def fetched(self, url: str, *, family: str, limit: int) -> bytes:
        """Instagram's own download of ``url``; it blocks, for ``fetch_seconds`` at most at each step."""
        seconds, head_first = float(self.option("fetch_seconds")), bool(self.option("head_first"))
        return image_checks.fetched(url, family=family, limit=limit, seconds=seconds, head_first=head_first)

    def publish(self, creation_id: str) -> str:
        """The id of a public post made of the container; GraphError when it is not to be."""
        container = self.containers.get(creation_id)
        now = self.world.now()
        if container is None:
            raise refused(2207006, id=creation_id)
        if self.option("restricted"):
            raise refused(2207050)
        if (again := self._published_before(container)) is not None:
            return again
        match container.status(now):
            case "EXPIRED":
                raise refused(2207008, id=creation_id)
            case "IN_PROGRESS" | "ERROR":
                raise refused(2207027)
        if container.wanted.kind.startswith("VIDEO") or container.wanted.is_carousel_item:
            raise refused(2207089)
        if self.used() >= int(self.option("quota_total")):
            raise refused(2207042)
        return self._show(container, now)

    def _published_before(self, container: Container) -> str | None:
        """The answer to a second publish of one container, by the switch; None to publish (again)."""
        if not container.media_ids:
            return None
        match self.option("second_publish"):
            case "same-id":
                return container.media_ids[0]
            case "refused":
                raise refused(2207008, id=container.id)
        if self.used() >= int(self.option("quota_total")):
            raise refused(2207042)
        return self._show(container, self.world.now())

    def _show(self, container: Container, now: datetime) -> str:
        media_id, shortcode = new_id(), secrets.token_urlsafe(8)
        kind = container.wanted.kind
        place = {"REELS": "reel", "STORIES": f"stories/{accounts.USERNAME}"}.get(kind, "p")
        self.world.show(
            PublicObject(
                channel="instagram",
                account=accounts.USER_ID,
                id=media_id,
                text="" if kind == "STORIES" else container.wanted.caption or "",
                created_at=now,
                visible_at=now,
                media=container.media,
                extra={
                    "container": container.id,
                    "product": {"REELS": "REELS", "STORIES": "STORY"}.get(kind, "FEED"),
                    "kind": kind,
                    "shortcode": shortcode,
                    "permalink": f"https://www.instagram.com/{place}/{media_id if kind == 'STORIES' else shortcode}/",
                    "children": [new_id() for _ in container.media] if kind == "CAROUSEL" else [],
                    "share_to_feed": self._in_feed(container.wanted),
                    "beside": _beside(
                        container.wanted,
                        self._tagged(container.wanted),
                        in_feed=self._in_feed(container.wanted),
                    ),
                },
            )
        )
        container.published_at = container.published_at or now
        container.media_ids.append(media_id)
        self._published.append(now)
        if self.option("publish_then_spam_error"):
            raise refused(2207051)
        return media_id

    def _ready_at(self, now: datetime) -> datetime | None:
        return (
            None if never_ready.get() else now + timedelta(seconds=float(self.option("processing_seconds")))
        )

    def _let_fail(self, container: Container) -> None:
        if (ends := str(self.option("processing_ends"))) != "FINISHED":
            container.error = container.error or ends

    def _read_again(self, container: Container) -> None:
        if container.wanted.video_url and not container.read_again:
            self._take_film(container, container.wanted.video_url)
        container.read_again = True

    def _in_feed(self, wanted: Wanted) -> bool:
        """Whether it is shown in the feed; only a reel may not be."""
        said = self.option("share_to_feed") if wanted.share_to_feed is None else wanted.share_to_feed
        return bool(said) or wanted.kind != "REELS"

    def _tagged(self, wanted: Wanted) -> str:
        """Who is in the pictures; a carousel's are tagged one by one."""
        parts = [wanted, *(self._child(one).wanted for one in wanted.children or [])]
        return ", ".join(tag.username for part in parts for tag in part.user_tags or [])

    def _of_children(self, ids: list[str]) -> tuple[ShownMedia, ...]:
        children = [self._child(one) for one in ids]
        return tuple(medium for child in children for medium in child.media)

    def _child(self, creation_id: str) -> Container:
        child = self.containers.get(creation_id)
        if child is None:
            raise refused(2207006, id=creation_id)
        if not child.wanted.is_carousel_item:
            raise invalid(f"Param children: {creation_id} was not created with is_carousel_item.")
        status = child.status(self.world.now())
        if status == "EXPIRED":
            raise refused(2207020)
        if status != "FINISHED":
            raise refused(2207027)
        return child

    def _picture(self, wanted: Wanted) -> ShownMedia:
        data = self._image(wanted.image_url or "", feed=wanted.kind != "STORIES")
        kind = "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"
        return ShownMedia(hashlib.sha256(data).hexdigest(), kind, alt=wanted.alt_text, data=data)

    def _image(self, url: str, *, feed: bool) -> bytes:
        data = self.fetched(url, family="image", limit=image_checks.IMAGE_MOST)
        strict, png = bool(self.option("strict_jpeg")), bool(self.option("png"))
        image_checks.check_image(data, feed=feed, strict=strict, png=png)
        return data

    def _take_film(self, container: Container, url: str) -> None:
        """Fetch the video; Instagram downloads it later, so an address that fails is an ERROR status, no refusal."""
        try:
            data = self.fetched(url, family="video", limit=video_checks.most_bytes(container.wanted.kind))
        except GraphError:
            container.error = _UNFETCHED
            return
        self._read_film(container, data)

    def _read_film(self, container: Container, data: bytes) -> None:
        kind, offset = container.wanted.kind, container.wanted.thumb_offset or 0
        film = video_checks.probe(data)
        too_large = len(data) > video_checks.most_bytes(kind)
        container.error = _UNREADABLE if too_large else video_checks.complaint(film, kind)
        container.seconds = film.seconds
        if not 0 <= offset < film.seconds * 1000:
            raise refused(2207057, length=int(film.seconds * 1000))
        name = "video/quicktime" if data[8:12] == b"qt  " else "video/mp4"
        container.media = (ShownMedia(hashlib.sha256(data).hexdigest(), name, data=data),)


def _beside(wanted: Wanted, tagged: str, *, in_feed: bool) -> list[str]:
    """What the app shows beside the pictures and the caption, in its words."""
    cover = "cover of its own" if wanted.cover_url else f"cover from {wanted.thumb_offset} ms"
    said = {
        f"with {', '.join(wanted.collaborators or [])}": wanted.collaborators,
        f"tagged: {tagged}": tagged,
        f"at place {wanted.location_id}": wanted.location_id,
        "AI info": wanted.is_ai_generated,
        cover: wanted.cover_url or wanted.thumb_offset is not None,
        "not in the feed": not in_feed,
    }
    return [words for words, is_so in said.items() if is_so]
