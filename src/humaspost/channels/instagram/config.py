"""Settings of one Instagram account."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from humaspost.model.channel import LookupSchedule

_UPLOADS = "https://rupload.facebook.com"
_GRAPH_HOSTS = {"instagram": "https://graph.instagram.com", "facebook": "https://graph.facebook.com"}
PUBLIC_SITE = "https://www.instagram.com/"
#: When to look up an unknown outcome.
LOOKUP_SCHEDULE = LookupSchedule(
    (5, 30, 120, 300, 900), public_site=PUBLIC_SITE, account_page=PUBLIC_SITE + "{name}"
)


class InstagramConfig(BaseModel):
    """One ``[accounts.NAME]`` with ``channel = "instagram"``; ``user_id`` is the professional account's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    user_id: str = Field(pattern=r"^\d{1,32}$")
    login: Literal["instagram", "facebook"] = "instagram"
    base_url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    graph_version: str = Field(default="v26.0", pattern=r"^v\d{1,3}\.\d{1,2}$")
    handle: str | None = Field(default=None, max_length=64)
    app_id: str | None = Field(default=None, pattern=r"^\d{1,32}$")

    @property
    def api_url(self) -> str:
        """The address that every call begins with, version included."""
        return f"{self.unversioned_url}/{self.graph_version}"

    @property
    def unversioned_url(self) -> str:
        """The same without the version."""
        return (self.base_url or _GRAPH_HOSTS[self.login]).rstrip("/")

    @property
    def upload_url(self) -> str:
        """Where the bytes of a video go; '' = this login uploads none, Instagram fetches them."""
        if self.login != "facebook":
            return ""
        return f"{(self.base_url or _UPLOADS).rstrip('/')}/ig-api-upload/{self.graph_version}"
