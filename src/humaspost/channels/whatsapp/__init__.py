"""WhatsApp, through Meta's Cloud API: one message to each recipient of a post's audiences."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from humaspost.channels.whatsapp import check as checking
from humaspost.channels.whatsapp import render as rendering
from humaspost.channels.whatsapp import rules as limits
from humaspost.channels.whatsapp import webhooks as webhooks
from humaspost.channels.whatsapp.template_params import TemplateSettings, is_button
from humaspost.model.account import AccountStatus
from humaspost.model.channel import ChannelContext, ChannelEvent, LookupSchedule, Session
from humaspost.model.post import MediaKind, Post
from humaspost.model.problem import Problem
from humaspost.model.rendition import Rendition
from humaspost.model.rules import Rules


class ConfiguredTemplate(BaseModel):
    """A template by name, and what fills it: texts in which {title}, {text} and {link} may stand.

    ``params`` as a list, or by name; ``header`` where the template's header is a text with a gap;
    ``buttons`` by their place: ``{url = "…"}``, ``{payload = "…"}`` or "". ``category`` as Meta should have it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9_]{1,512}$")
    params: tuple[str, ...] | dict[str, str] = ()
    header: str | dict[str, str] = ""
    buttons: tuple[str | dict[str, str], ...] = ()
    category: Literal["", "MARKETING", "UTILITY"] = ""

    @field_validator("buttons")
    @classmethod
    def _check_buttons(cls, given: tuple[str | dict[str, str], ...]) -> tuple[str | dict[str, str], ...]:
        if not all(map(is_button, given)):
            raise ValueError('write for each button {url = "…"}, {payload = "…"} or ""')
        return given


class ConfiguredTemplates(BaseModel):
    """``[accounts.NAME.templates]``: the template for each kind of first medium."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: str = Field(default="id", pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$")
    text: ConfiguredTemplate | None = None
    image: ConfiguredTemplate | None = None
    video: ConfiguredTemplate | None = None
    document: ConfiguredTemplate | None = None

    def by_kind(self) -> dict[MediaKind | None, TemplateSettings]:
        """The chosen ones by the kind of medium; None = a post without one. No header carries a sound."""
        choices = {
            None: self.text,
            MediaKind.IMAGE: self.image,
            MediaKind.VIDEO: self.video,
            MediaKind.DOCUMENT: self.document,
            MediaKind.AUDIO: self.text,
        }
        return {kind: choice for kind, choice in choices.items() if choice is not None}


class WhatsAppConfig(BaseModel):
    """One ``[accounts.NAME]`` with ``channel = "whatsapp"``; ``rate`` in messages per second."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    phone_number_id: str = Field(pattern=r"^\d{1,32}$")
    business_account_id: str = Field(pattern=r"^\d{1,32}$")
    graph_version: str = Field(default="v26.0", pattern=r"^v\d{1,3}\.\d{1,2}$")
    base_url: str = Field(default="https://graph.facebook.com", pattern=r"^https?://\S+$")
    display_phone_number: str | None = Field(default=None, max_length=32)
    rate: float = Field(default=80, gt=0, le=1000)
    daily_recipients: int = Field(default=250, ge=1)
    templates: ConfiguredTemplates = ConfiguredTemplates()

    @property
    def api_url(self) -> str:
        """The address that every call begins with, version included."""
        return f"{self.base_url.rstrip('/')}/{self.graph_version}"


def mask_number(number: str) -> str:
    """A phone number as a person may see it anywhere: ``+62 811-**-99``; "" where there is none."""
    country, _, rest = number.strip().partition(" ")
    if not rest:
        country, rest = number[:3], number[3:]
    digits = "".join(c for c in rest if c.isdigit())
    if not digits:
        return ""
    return f"{country} {digits[:3]}-**-{digits[-2:]}"


class WhatsApp:
    """The channel ``whatsapp``."""

    name: ClassVar[str] = "whatsapp"
    Config: ClassVar[type[WhatsAppConfig]] = WhatsAppConfig
    secrets: ClassVar[tuple[str, ...]] = ("access_token", "app_secret")
    #: There is nothing to ask: only a webhook with our callback key tells (contracts: exactly-once).
    lookup_schedule: ClassVar[LookupSchedule] = LookupSchedule(
        (), public_site="https://business.facebook.com/wa/manage/"
    )

    def display_name(self, config: WhatsAppConfig) -> str:
        """The number, masked; before it is known, its id, masked."""
        if config.display_phone_number:
            return mask_number(config.display_phone_number)
        return f"{config.phone_number_id[:3]}**{config.phone_number_id[-2:]}"

    def platform_id(self, config: WhatsAppConfig) -> str | None:
        """The id of the phone number, as the config names it."""
        return config.phone_number_id

    def rules(self, config: WhatsAppConfig) -> Rules:
        """WhatsApp's limits, with what Meta grants this number."""
        return limits.build_rules(rate=config.rate, daily_recipients=config.daily_recipients)

    def render(self, post: Post, config: WhatsAppConfig, rules: Rules, *, account: str) -> Rendition:
        """One message, and the template for people outside their window."""
        chosen = config.templates
        return rendering.render_post(
            post, account=account, templates=chosen.by_kind(), language=chosen.language
        )

    def check(
        self,
        rendition: Rendition,
        rules: Rules,
        account_status: AccountStatus | None,
        *,
        config: WhatsAppConfig,
    ) -> list[Problem]:
        """Captions and templates."""
        return checking.check_post(rendition, account_status)

    def events(
        self, config: WhatsAppConfig, headers: Mapping[str, str], body: bytes, *, secret: str
    ) -> list[ChannelEvent] | None:
        """What happened on this number and to its templates; ``secret`` is the app's own; None = not from Meta."""
        number, business = config.phone_number_id, config.business_account_id
        return webhooks.parse_events(headers, body, secret=secret, phone_number_id=number, business=business)

    def open(self, config: WhatsAppConfig, context: ChannelContext) -> AbstractContextManager[Session]:
        """A session with its own connections; requests is imported only now."""
        from humaspost.channels.whatsapp.session import open_session

        return open_session(config, context)
