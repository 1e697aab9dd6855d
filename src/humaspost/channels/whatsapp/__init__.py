"""WhatsApp through Meta's Cloud API: one message to each recipient of a post's audiences."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import ClassVar

from humaspost.channels.whatsapp import check as checking
from humaspost.channels.whatsapp import render as rendering
from humaspost.channels.whatsapp import rules as limits
from humaspost.channels.whatsapp import webhooks as webhooks
from humaspost.channels.whatsapp.config import LOOKUP_SCHEDULE, WhatsAppConfig, mask_number
from humaspost.model.account import AccountStatus
from humaspost.model.channel import ChannelContext, LookupSchedule, Session, WebhookSecrets
from humaspost.model.channel_event import ChannelEvent
from humaspost.model.post import Post
from humaspost.model.problem import Problem
from humaspost.model.rendition import Rendition
from humaspost.model.rules import Rules


class WhatsApp:
    """The channel ``whatsapp``."""

    name: ClassVar[str] = "whatsapp"
    Config: ClassVar[type[WhatsAppConfig]] = WhatsAppConfig
    aliases: ClassVar[Mapping[str, bool]] = {"wa": False}
    secrets: ClassVar[tuple[str, ...]] = ("access_token", "app_secret")
    webhook_secrets: ClassVar[WebhookSecrets] = WebhookSecrets(
        signature="app_secret", handshake="verify_token"
    )
    lookup_schedule: ClassVar[LookupSchedule] = LOOKUP_SCHEDULE

    def display_name(self, config: WhatsAppConfig) -> str:
        """Return the number, masked; before first contact the id of the number, masked."""
        if config.display_phone_number:
            return mask_number(config.display_phone_number)
        return f"{config.phone_number_id[:3]}**{config.phone_number_id[-2:]}"

    def platform_id(self, config: WhatsAppConfig) -> str | None:
        """Return the id of the phone number from the config."""
        return config.phone_number_id

    def rules(self, config: WhatsAppConfig) -> Rules:
        """Return WhatsApp's limits, with the rate and quota that Meta grants this number."""
        return limits.build_rules(rate=config.rate, daily_recipients=config.daily_recipients)

    def render(self, post: Post, config: WhatsAppConfig, rules: Rules, *, account: str) -> Rendition:
        """Return one message, and the template for people outside their service window."""
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
        """Return the problems of captions and templates."""
        return checking.check_post(rendition, account_status)

    def events(
        self, config: WhatsAppConfig, headers: Mapping[str, str], body: bytes, *, secret: str
    ) -> list[ChannelEvent] | None:
        """Return the events of this number and its templates, or None if the webhook is not Meta's.

        ``secret`` is the app's own secret.
        """
        number, business = config.phone_number_id, config.business_account_id
        return webhooks.parse_events(headers, body, secret=secret, phone_number_id=number, business=business)

    def answer_handshake(self, query: Mapping[str, str], *, secret: str) -> str | None:
        """Return the challenge to a caller with the verify token."""
        return webhooks.answer_handshake(query, secret=secret)

    def open(self, config: WhatsAppConfig, context: ChannelContext) -> AbstractContextManager[Session]:
        """Open a session with its own connections; requests is imported only now."""
        from humaspost.channels.whatsapp.session import open_session

        return open_session(config, context)
