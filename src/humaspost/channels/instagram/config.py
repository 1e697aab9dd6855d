"""Settings of one Instagram account."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from humaspost.model.channel import LookupSchedule

_UPLOADS = "https://rupload.facebook.com"
_GRAPH_HOSTS = {"instagram": "https://graph.instagram.com", "facebook": "https://graph.facebook.com"}
PUBLIC_SITE = "https://www.instagram.com/"
#: Times at which an unknown outcome is looked up.
LOOKUP_SCHEDULE = LookupSchedule(
    (5, 30, 120, 300, 900), public_site=PUBLIC_SITE, account_page=PUBLIC_SITE + "{name}"
)


class InstagramConfig(BaseModel):
    """One ``[accounts.NAME]`` with ``channel = "instagram"``.

    ``user_id`` is the id of the professional account.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    user_id: str = Field(pattern=r"^\d{1,32}$")
    login: Literal["instagram", "facebook"] = "instagram"
    base_url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    graph_version: str = Field(default="v26.0", pattern=r"^v\d{1,3}\.\d{1,2}$")
    handle: str | None = Field(default=None, max_length=64)
    app_id: str | None = Field(default=None, pattern=r"^\d{1,32}$")

    @property
    def api_url(self) -> str:
        """Return the address that every call starts with, version included."""
        return f"{self.unversioned_url}/{self.graph_version}"

    @property
    def unversioned_url(self) -> str:
        """Return the address of the API without the version."""
        return (self.base_url or _GRAPH_HOSTS[self.login]).rstrip("/")

    @property
    def upload_url(self) -> str:
        """Return where the bytes of a video go, or "" if Instagram fetches them with this login."""
        if self.login != "facebook":
            return ""
        return f"{(self.base_url or _UPLOADS).rstrip('/')}/ig-api-upload/{self.graph_version}"
