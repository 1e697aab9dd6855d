"""Instagram, through Meta's Graph API: images, carousels, reels and stories, published from containers."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from humaspost.channels.instagram import check as checking
from humaspost.channels.instagram import render as rendering
from humaspost.channels.instagram import rules as limits
from humaspost.model.account import AccountStatus
from humaspost.model.channel import ChannelContext, ChannelEvent, LookupSchedule, Session
from humaspost.model.post import Post
from humaspost.model.problem import Problem
from humaspost.model.rendition import Rendition
from humaspost.model.rules import Rules

_UPLOADS = "https://rupload.facebook.com"
_GRAPH_HOSTS = {"instagram": "https://graph.instagram.com", "facebook": "https://graph.facebook.com"}


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


class Instagram:
    """The channel ``instagram``."""

    name: ClassVar[str] = "instagram"
    Config: ClassVar[type[InstagramConfig]] = InstagramConfig
    secrets: ClassVar[tuple[str, ...]] = ("access_token",)
    lookup_schedule: ClassVar[LookupSchedule] = LookupSchedule(
        (5, 30, 120, 300, 900), public_site="https://www.instagram.com/"
    )

    def display_name(self, config: InstagramConfig) -> str:
        """``@handle`` where the config has it, else the user id."""
        return "@" + config.handle.lstrip("@") if config.handle else config.user_id

    def platform_id(self, config: InstagramConfig) -> str | None:
        """The professional account's id, as the config names it."""
        return config.user_id

    def rules(self, config: InstagramConfig) -> Rules:
        """Instagram's limits, for this kind of login."""
        return limits.build_rules(login=config.login)

    def render(self, post: Post, config: InstagramConfig, rules: Rules, *, account: str) -> Rendition:
        """One caption under an image, a reel or a carousel; or a story."""
        return rendering.render_post(post, account=account)

    def check(
        self,
        rendition: Rendition,
        rules: Rules,
        account_status: AccountStatus | None,
        *,
        config: InstagramConfig,
    ) -> list[Problem]:
        """The caption, the format and the keys."""
        return checking.check_post(rendition, rules)

    def events(
        self,
        config: InstagramConfig,
        headers: Mapping[str, str],
        body: bytes,
        *,
        secret: str,
    ) -> list[ChannelEvent]:
        """Nothing: what Instagram's webhooks tell is not needed to publish."""
        return []

    def open(self, config: InstagramConfig, context: ChannelContext) -> AbstractContextManager[Session]:
        """A session with its own connections; requests is imported only now."""
        from humaspost.channels.instagram.session import open_session

        return open_session(config, context)
