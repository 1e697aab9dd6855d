"""Containers: media that Instagram stores, not visible, until publication or for one day."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from humaspost.sandbox.instagram.container_request import ContainerRequest
from humaspost.sandbox.state import PublicMedia

CONTAINER_LIFETIME = timedelta(hours=24)
_STATUS_TEXTS = {
    "IN_PROGRESS": "In progress: Media is still being processed.",
    "FINISHED": "Finished: Media has been uploaded and it is ready to be published.",
    "PUBLISHED": "Published: Media has been published.",
    "EXPIRED": "Expired: The media was not published within 24 hours.",
}


def new_id() -> str:
    """Return a new platform id of 17 digits, which a float cannot represent exactly."""
    return str(178 * 10**14 + secrets.randbelow(10**14))


@dataclass(slots=True)
class Container:
    """A container; ``ready_at`` is None before its upload or under a never-ready fault."""

    id: str
    request: ContainerRequest
    created_at: datetime
    ready_at: datetime | None
    media: tuple[PublicMedia, ...] = ()
    error: str | None = None
    seconds: float = 0.0
    bytes_received: int = 0
    download_checked: bool = False
    published_at: datetime | None = None
    media_ids: list[str] = field(default_factory=list)

    def status(self, now: datetime, *, lag: float = 0.0) -> str:
        """Return IN_PROGRESS, FINISHED, ERROR, EXPIRED or PUBLISHED.

        PUBLISHED appears ``lag`` seconds after the publication.
        """
        if self.published_at is not None:
            return "PUBLISHED" if now >= self.published_at + timedelta(seconds=lag) else "FINISHED"
        if now - self.created_at >= CONTAINER_LIFETIME:
            return "EXPIRED"
        if self.ready_at is None or now < self.ready_at:
            return "IN_PROGRESS"
        return "ERROR" if self.error else "FINISHED"

    def to_node(self, status: str) -> dict[str, Any]:
        """Return the container as GET shows it in ``status``."""
        video_status = None
        if self.request.upload_type:
            video_status = {
                "uploading_phase": {
                    "status": "complete" if self.bytes_received else "not_started",
                    "bytes_transferred": self.bytes_received,
                },
                "processing_phase": {"status": "complete" if status == "FINISHED" else "in_progress"},
            }
        status_text = self.error if status == "ERROR" and self.error else _STATUS_TEXTS.get(status)
        checked = {"matches_found": False, "status": "completed"}
        return {
            "id": self.id,
            "status_code": status,
            "status": status_text,
            "video_status": video_status,
            "copyright_check_status": checked if self.request.is_video else None,
        }
