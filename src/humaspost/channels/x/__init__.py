"""X through tweepy on API v2: text, threads, images, alternative text, polls, corrections."""

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
        """Return the handle, with its @."""
        return config.handle

    def platform_id(self, config: XConfig) -> str | None:
        """Return None, because the config has no id.

        A handle can pass to another account, so the id is unknown before first contact.
        """
        return None

    def rules(self, config: XConfig) -> Rules:
        """Return X's limits for this kind of account."""
        return limits.build_rules(premium=config.premium)

    def render(self, post: Post, config: XConfig, rules: Rules, *, account: str) -> Rendition:
        """Return the text, the link and the hashtags, in one part or several."""
        return rendering.render_post(post, account=account)

    def check(
        self, rendition: Rendition, rules: Rules, account_status: AccountStatus | None, *, config: XConfig
    ) -> list[Problem]:
        """Return the problems of polls, cashtags and mixed media."""
        return checking.check_post(rendition)

    def events(
        self, config: XConfig, headers: Mapping[str, str], body: bytes, *, secret: str
    ) -> list[ChannelEvent]:
        """Return no events: humaspost uses no webhooks of X."""
        return []

    def login_secrets(self, config: XConfig) -> tuple[str, ...]:
        """Return the secrets that ``account login`` stores, or none for an account with copied keys."""
        from humaspost.channels.x.token_store import ACCESS_TOKEN, REFRESH_TOKEN

        return (ACCESS_TOKEN, REFRESH_TOKEN) if config.auth == "oauth2" else ()

    def create_authorization(self, config: XConfig, *, callback_url: str) -> Authorization:
        """Return the authorization page for the person who logs in."""
        from humaspost.channels.x.oauth2 import build_authorization

        return build_authorization(config, callback=callback_url)

    def log_in(
        self, config: XConfig, context: ChannelContext, *, authorization: Authorization, code: str
    ) -> None:
        """Exchange the code of the authorization for tokens, and store them."""
        from humaspost.channels.x.oauth2 import exchange_code

        exchange_code(config, context, authorization=authorization, code=code)

    def open(self, config: XConfig, context: ChannelContext) -> AbstractContextManager[Session]:
        """Open a session with its own connections; tweepy is imported only now."""
        from humaspost.channels.x.session import open_session

        return open_session(config, context)
