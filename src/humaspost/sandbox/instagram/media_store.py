"""The demo account's media, and the two steps to publish: create a container, publish it."""

import hashlib
import secrets
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from humaspost.sandbox.graph import GraphError
from humaspost.sandbox.instagram import accounts, image_checks, video_checks
from humaspost.sandbox.instagram.container_request import ContainerRequest
from humaspost.sandbox.instagram.containers import CONTAINER_LIFETIME, Container, new_id
from humaspost.sandbox.instagram.errors import invalid_parameter, subcode_error
from humaspost.sandbox.instagram.options import get_option
from humaspost.sandbox.state import PublicMedia, PublicObject, SandboxState, never_ready

_DOWNLOAD_FAILED = "Error: Media download has failed with error code 2207077"
_UPLOAD_FAILED = "Error: Media upload has failed with error code 2207076"


@dataclass(slots=True)
class MediaStore:
    """The containers and publications of the account."""

    state: SandboxState
    containers: dict[str, Container] = field(default_factory=dict)
    _created_at: deque[datetime] = field(default_factory=deque)
    _published_at: deque[datetime] = field(default_factory=deque)

    def get_option(self, name: str) -> Any:
        """Return the present value of the option ``instagram.<name>``."""
        return get_option(self.state, name)

    def count_published(self, since: datetime | None = None) -> int:
        """Return how many posts were published in the last 24 hours, or since a later time."""
        since_time = self.state.now() - CONTAINER_LIFETIME
        return sum(1 for at in self._published_at if at > max(since_time, since or since_time))

    def check_creation_quota(self) -> None:
        """Check that the daily quota allows one more container; raise 9/2207042 otherwise."""
        now = self.state.now()
        while self._created_at and now - self._created_at[0] >= CONTAINER_LIFETIME:
            self._created_at.popleft()
        if len(self._created_at) >= int(self.get_option("containers_total")):
            raise subcode_error(2207042)

    def create(self, request: ContainerRequest) -> Container:
        """Return a new container with its media fetched and checked; the fetch blocks."""
        self.check_creation_quota()
        now = self.state.now()
        container = Container(new_id(), request, now, self._ready_at(now))
        if request.children is not None:
            container.media = self._children_media(request.children)
        elif request.upload_type:
            container.ready_at = None
        elif request.video_url:
            self._fetch_video(container, request.video_url)
        else:
            container.media = (self._fetch_image(request),)
        if request.cover_url:
            self._load_image(request.cover_url, feed=False)
        self._fail_processing(container)
        self._created_at.append(now)
        self.containers[container.id] = container
        return container

    def receive_video(self, container: Container, data: bytes) -> None:
        """Store the uploaded video in ``container`` and start its processing."""
        container.bytes_received = len(data)
        container.ready_at = self._ready_at(self.state.now())
        self._load_video(container, data)
        self._fail_processing(container)

    def status(self, container: Container) -> str:
        """Return the container's status.

        It blocks while it downloads again a video that must still be available.
        """
        if self.get_option("read_until_finished") and container.status(self.state.now()) == "FINISHED":
            self._check_download(container)
        return container.status(self.state.now(), lag=float(self.get_option("published_lag")))

    def fetch(self, url: str, *, family: str, limit: int) -> bytes:
        """Return the file at ``url`` as Instagram downloads it.

        It blocks for at most ``fetch_seconds`` at each step.
        """
        seconds, head_first = float(self.get_option("fetch_seconds")), bool(self.get_option("head_first"))
        return image_checks.fetch_media(
            url, family=family, limit=limit, seconds=seconds, head_first=head_first
        )

    def publish(self, creation_id: str) -> str:
        """Publish the container and return the id of the post; raise GraphError if refused."""
        container = self.containers.get(creation_id)
        now = self.state.now()
        if container is None:
            raise subcode_error(2207006, id=creation_id)
        if self.get_option("restricted"):
            raise subcode_error(2207050)
        if (repeated := self._repeated_publish(container)) is not None:
            return repeated
        match container.status(now):
            case "EXPIRED":
                raise subcode_error(2207008, id=creation_id)
            case "IN_PROGRESS" | "ERROR":
                raise subcode_error(2207027)
        if container.request.kind.startswith("VIDEO") or container.request.is_carousel_item:
            raise subcode_error(2207089)
        if self.count_published() >= int(self.get_option("quota_total")):
            raise subcode_error(2207042)
        return self._add_public_object(container, now)

    def _repeated_publish(self, container: Container) -> str | None:
        """Return the answer to a repeated publish by the option, or None to publish (again)."""
        if not container.media_ids:
            return None
        match self.get_option("second_publish"):
            case "same-id":
                return container.media_ids[0]
            case "refused":
                raise subcode_error(2207008, id=container.id)
        if self.count_published() >= int(self.get_option("quota_total")):
            raise subcode_error(2207042)
        return self._add_public_object(container, self.state.now())

    def _add_public_object(self, container: Container, now: datetime) -> str:
        media_id, shortcode = new_id(), secrets.token_urlsafe(8)
        kind = container.request.kind
        path_segment = {"REELS": "reel", "STORIES": f"stories/{accounts.USERNAME}"}.get(kind, "p")
        self.state.add_object(
            PublicObject(
                channel="instagram",
                account=accounts.USER_ID,
                id=media_id,
                text="" if kind == "STORIES" else container.request.caption or "",
                created_at=now,
                visible_at=now,
                media=container.media,
                extra={
                    "container": container.id,
                    "product": {"REELS": "REELS", "STORIES": "STORY"}.get(kind, "FEED"),
                    "kind": kind,
                    "shortcode": shortcode,
                    "permalink": f"https://www.instagram.com/{path_segment}/{media_id if kind == 'STORIES' else shortcode}/",
                    "children": [new_id() for _ in container.media] if kind == "CAROUSEL" else [],
                    "share_to_feed": self._is_in_feed(container.request),
                    "extra_lines": _extra_lines(
                        container.request,
                        self._tagged_people(container.request),
                        in_feed=self._is_in_feed(container.request),
                    ),
                },
            )
        )
        container.published_at = container.published_at or now
        container.media_ids.append(media_id)
        self._published_at.append(now)
        if self.get_option("publish_then_spam_error"):
            raise subcode_error(2207051)
        return media_id

    def _ready_at(self, now: datetime) -> datetime | None:
        return (
            None
            if never_ready.get()
            else now + timedelta(seconds=float(self.get_option("processing_seconds")))
        )

    def _fail_processing(self, container: Container) -> None:
        if (final_status := str(self.get_option("processing_ends"))) != "FINISHED":
            container.error = container.error or final_status

    def _check_download(self, container: Container) -> None:
        if container.request.video_url and not container.download_checked:
            self._fetch_video(container, container.request.video_url)
        container.download_checked = True

    def _is_in_feed(self, request: ContainerRequest) -> bool:
        """Return True if the feed shows the post; only a reel can be absent."""
        share_to_feed = (
            self.get_option("share_to_feed") if request.share_to_feed is None else request.share_to_feed
        )
        return bool(share_to_feed) or request.kind != "REELS"

    def _tagged_people(self, request: ContainerRequest) -> str:
        """Return the people tagged in the images; a carousel's children are tagged one by one."""
        parts = [request, *(self._check_child(one).request for one in request.children or [])]
        return ", ".join(tag.username for part in parts for tag in part.user_tags or [])

    def _children_media(self, ids: list[str]) -> tuple[PublicMedia, ...]:
        children = [self._check_child(one) for one in ids]
        return tuple(medium for child in children for medium in child.media)

    def _check_child(self, creation_id: str) -> Container:
        child = self.containers.get(creation_id)
        if child is None:
            raise subcode_error(2207006, id=creation_id)
        if not child.request.is_carousel_item:
            raise invalid_parameter(f"Param children: {creation_id} was not created with is_carousel_item.")
        status = child.status(self.state.now())
        if status == "EXPIRED":
            raise subcode_error(2207020)
        if status != "FINISHED":
            raise subcode_error(2207027)
        return child

    def _fetch_image(self, request: ContainerRequest) -> PublicMedia:
        data = self._load_image(request.image_url or "", feed=request.kind != "STORIES")
        mime = "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"
        return PublicMedia(hashlib.sha256(data).hexdigest(), mime, alt=request.alt_text, data=data)

    def _load_image(self, url: str, *, feed: bool) -> bytes:
        data = self.fetch(url, family="image", limit=image_checks.MAX_IMAGE_BYTES)
        strict, accepts_png = bool(self.get_option("strict_jpeg")), bool(self.get_option("png"))
        image_checks.check_image(data, feed=feed, strict=strict, accepts_png=accepts_png)
        return data

    def _fetch_video(self, container: Container, url: str) -> None:
        """Fetch the video; a failed download gives an ERROR status."""
        try:
            data = self.fetch(url, family="video", limit=video_checks.max_bytes_for(container.request.kind))
        except GraphError:
            # Instagram downloads later, so a bad address is an ERROR status and not a refusal.
            container.error = _DOWNLOAD_FAILED
            return
        self._load_video(container, data)

    def _load_video(self, container: Container, data: bytes) -> None:
        kind, offset = container.request.kind, container.request.thumb_offset or 0
        video = video_checks.probe_video(data)
        too_large = len(data) > video_checks.max_bytes_for(kind)
        container.error = _UPLOAD_FAILED if too_large else video_checks.status_error(video, kind)
        container.seconds = video.seconds
        if not 0 <= offset < video.seconds * 1000:
            raise subcode_error(2207057, length=int(video.seconds * 1000))
        mime = "video/quicktime" if data[8:12] == b"qt  " else "video/mp4"
        container.media = (PublicMedia(hashlib.sha256(data).hexdigest(), mime, data=data),)


def _extra_lines(request: ContainerRequest, tagged_people: str, *, in_feed: bool) -> list[str]:
    """Return the labels that Instagram's app shows beside the media and the caption."""
    cover = "cover of its own" if request.cover_url else f"cover from {request.thumb_offset} ms"
    lines = {
        f"with {', '.join(request.collaborators or [])}": request.collaborators,
        f"tagged: {tagged_people}": tagged_people,
        f"at place {request.location_id}": request.location_id,
        "AI info": request.is_ai_generated,
        cover: request.cover_url or request.thumb_offset is not None,
        "not in the feed": not in_feed,
    }
    return [label for label, value in lines.items() if value]
