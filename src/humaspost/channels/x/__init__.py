"""X, through tweepy on API v2: text, threads, pictures with alternative text, polls, corrections."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from humaspost.base.i18n import _
from humaspost.channels.x import check as checking
from humaspost.channels.x import render as rendering
from humaspost.channels.x import rules as limits
from humaspost.model.account import AccountStatus
from humaspost.model.channel import Authorization, ChannelContext, ChannelEvent, LookupSchedule, Session
from humaspost.model.post import Post
from humaspost.model.problem import Problem
from humaspost.model.rendition import Rendition
from humaspost.model.rules import Rules

#: OAuth 1.0a signs the address too; that api.x.com takes a signature for this one is not confirmed.
ORIGIN = "https://api.twitter.com"
#: OAuth 1.0a's, in the order in which X's portal shows them.
KEYS = ("api_key", "api_key_secret", "access_token", "access_token_secret")

#: A post's public address: x.com/NAME/status/ID, x.com/i/web/status/ID, and the same of old.
_POST_URL = (
    r"(?:https?://)?(?:(?:www|mobile)\.)?(?:x|twitter)\.com/(?:i/(?:web/)?|(?P<name>[A-Za-z0-9_]{2,20})/)"
    r"status(?:es)?/(?P<id>[0-9]{5,19})(?![0-9])"
)


def _normalize_handle(handle: str) -> str:
    return "@" + handle.removeprefix("@")


class XConfig(BaseModel):
    """One ``[accounts.NAME]`` with ``channel = "x"``; ``premium`` allows 25,000 characters.

    ``auth`` is ``oauth1`` (four keys that a person copies) or ``oauth2`` (``account login``), which needs
    the app's ``client_id``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    handle: Annotated[str, Field(pattern=r"^@?[A-Za-z0-9_]{1,15}$"), AfterValidator(_normalize_handle)]
    base_url: str = Field(default=ORIGIN, pattern=r"^https?://\S+$")
    premium: bool = False
    auth: Literal["oauth1", "oauth2"] = "oauth1"
    client_id: str = Field(default="", validate_default=True, max_length=200)

    @field_validator("client_id")
    @classmethod
    def _require_client_id(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("auth") == "oauth2" and not value:
            raise ValueError(_('is needed with auth = "oauth2"; X\'s portal shows it'))
        return value


class X:
    """The channel ``x``."""

    name: ClassVar[str] = "x"
    Config: ClassVar[type[XConfig]] = XConfig
    secrets: ClassVar[tuple[str, ...]] = KEYS
    lookup_schedule: ClassVar[LookupSchedule] = LookupSchedule(
        (5, 30, 120, 900), public_site="https://x.com/", url_pattern=_POST_URL
    )

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
