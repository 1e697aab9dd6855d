"""X, through tweepy on API v2: text, threads, pictures with alternative text, polls, corrections."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import ClassVar

from humaspost.channels.x import check as checking
from humaspost.channels.x import render as rendering
from humaspost.channels.x import rules as limits
from humaspost.channels.x.config import KEYS, LOOKUP_SCHEDULE, XConfig
from humaspost.model.account import AccountStatus
from humaspost.model.channel import Authorization, ChannelContext, LookupSchedule, Session
from humaspost.model.channel_event import ChannelEvent
from humaspost.model.post import Post
from humaspost.model.problem import Problem
from humaspost.model.rendition import Rendition
from humaspost.model.rules import Rules


class X:
    """The channel ``x``."""

    name: ClassVar[str] = "x"
    Config: ClassVar[type[XConfig]] = XConfig
    aliases: ClassVar[Mapping[str, bool]] = {"twitter": True}
    secrets: ClassVar[tuple[str, ...]] = KEYS
    lookup_schedule: ClassVar[LookupSchedule] = LOOKUP_SCHEDULE

    def display_name(self, config: XConfig) -> str:
        """The handle, with its @."""
        return config.handle

    def platform_id(self, config: XConfig) -> str | None:
        """Not known before first contact: a handle can be given to somebody else."""
        return None

    def rules(self, config: XConfig) -> Rules:
        """X's limits, for this kind of account."""
        return limits.build_rules(premium=config.premium)

    def render(self, post: Post, config: XConfig, rules: Rules, *, account: str) -> Rendition:
        """Words, link and hashtags, in one part or several."""
        return rendering.render_post(post, account=account)

    def check(
        self, rendition: Rendition, rules: Rules, account_status: AccountStatus | None, *, config: XConfig
    ) -> list[Problem]:
        """Polls, cashtags and mixtures of media."""
        return checking.check_post(rendition)

    def events(
        self, config: XConfig, headers: Mapping[str, str], body: bytes, *, secret: str
    ) -> list[ChannelEvent]:
        """Nothing: humaspost takes no webhooks of X."""
        return []

    def login_secrets(self, config: XConfig) -> tuple[str, ...]:
        """What ``account login`` brings, where the account is to be logged in to so."""
        from humaspost.channels.x.token_store import ACCESS_TOKEN, REFRESH_TOKEN

        return (ACCESS_TOKEN, REFRESH_TOKEN) if config.auth == "oauth2" else ()

    def create_authorization(self, config: XConfig, *, callback_url: str) -> Authorization:
        """What X asks the person who logs in."""
        from humaspost.channels.x.oauth2 import build_authorization

        return build_authorization(config, callback=callback_url)

    def log_in(
        self, config: XConfig, context: ChannelContext, *, authorization: Authorization, code: str
    ) -> None:
        """The tokens that the person's answer buys are kept."""
        from humaspost.channels.x.oauth2 import exchange_code

        exchange_code(config, context, authorization=authorization, code=code)

    def open(self, config: XConfig, context: ChannelContext) -> AbstractContextManager[Session]:
        """A session with its own connections; tweepy is imported only now."""
        from humaspost.channels.x.session import open_session

        return open_session(config, context)
