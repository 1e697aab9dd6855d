"""Settings of one WhatsApp number."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from humaspost.channels.whatsapp.template_params import TemplateSettings, is_button
from humaspost.model.channel import LookupSchedule
from humaspost.model.post import MediaKind

#: No lookups: only a webhook with our callback key proves the outcome (contracts: exactly-once).
LOOKUP_SCHEDULE = LookupSchedule((), public_site="https://business.facebook.com/wa/manage/")


class ConfiguredTemplate(BaseModel):
    """A template by name, with its values: texts that may contain {title}, {text} and {link}.

    ``params`` is a list, or texts by name; ``header`` is for a template whose header is a text with a placeholder;
    ``buttons`` are in order: ``{url = "…"}``, ``{payload = "…"}`` or "". ``category`` is the expected one at Meta.
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
        """Return the configured templates by the kind of medium; None is a post without media.

        No header carries audio, so a post with audio has the template of a text.
        """
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
        """Return the address that every call starts with, version included."""
        return f"{self.base_url.rstrip('/')}/{self.graph_version}"


def mask_number(number: str) -> str:
    """Return a phone number in a form for display, ``+62 811-**-99``; "" stays ""."""
    country, _, rest = number.strip().partition(" ")
    if not rest:
        country, rest = number[:3], number[3:]
    digits = "".join(c for c in rest if c.isdigit())
    if not digits:
        return ""
    return f"{country} {digits[:3]}-**-{digits[-2:]}"
