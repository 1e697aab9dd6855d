"""Instagram through Meta's Graph API: images, carousels, reels and stories from containers."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import ClassVar

from humaspost.channels.instagram import check as checking
from humaspost.channels.instagram import render as rendering
from humaspost.channels.instagram import rules as limits
from humaspost.channels.instagram.config import LOOKUP_SCHEDULE, InstagramConfig
from humaspost.model.account import AccountStatus
from humaspost.model.channel import ChannelContext, LookupSchedule, Session
from humaspost.model.channel_event import ChannelEvent
from humaspost.model.post import Post
from humaspost.model.problem import Problem
from humaspost.model.rendition import Rendition
from humaspost.model.rules import Rules


class Instagram:
    """The channel ``instagram``."""

    name: ClassVar[str] = "instagram"
    Config: ClassVar[type[InstagramConfig]] = InstagramConfig
    aliases: ClassVar[Mapping[str, bool]] = {"ig": False, "insta": False}
    secrets: ClassVar[tuple[str, ...]] = ("access_token",)
    lookup_schedule: ClassVar[LookupSchedule] = LOOKUP_SCHEDULE

    def display_name(self, config: InstagramConfig) -> str:
        """Return ``@handle`` if the config has it, else the user id."""
        return "@" + config.handle.lstrip("@") if config.handle else config.user_id

    def platform_id(self, config: InstagramConfig) -> str | None:
        """Return the professional account's id from the config."""
        return config.user_id

    def rules(self, config: InstagramConfig) -> Rules:
        """Return Instagram's limits for this kind of login."""
        return limits.build_rules(login=config.login)

    def render(self, post: Post, config: InstagramConfig, rules: Rules, *, account: str) -> Rendition:
        """Return one caption under an image, a reel or a carousel, or a story."""
        return rendering.render_post(post, account=account)

    def check(
        self,
        rendition: Rendition,
        rules: Rules,
        account_status: AccountStatus | None,
        *,
        config: InstagramConfig,
    ) -> list[Problem]:
        """Return the problems of the caption, the format and the keys."""
        return checking.check_post(rendition, rules)

    def events(
        self,
        config: InstagramConfig,
        headers: Mapping[str, str],
        body: bytes,
        *,
        secret: str,
    ) -> list[ChannelEvent]:
        """Return no events: publishing needs none of Instagram's webhooks."""
        return []

    def open(self, config: InstagramConfig, context: ChannelContext) -> AbstractContextManager[Session]:
        """Open a session with its own connections; requests is imported only now."""
        from humaspost.channels.instagram.session import open_session

        return open_session(config, context)
