"""A configured account on a channel, and the status that its platform reports."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from humaspost.base.canonical_json import Json
from humaspost.model.rendition import Fallback


@dataclass(frozen=True, slots=True)
class Account:
    """One ``[accounts.NAME]`` of the config.

    ``config`` is the channel's own pydantic model. ``display_name`` is the name that people use
    (``@kotacontoh``, a masked number). ``on_unknown`` is ``look``, ``ask`` or ``retry``.
    """

    name: str
    channel: str
    config: Any
    display_name: str = ""
    default: bool = False
    on_unknown: str = "look"


@dataclass(frozen=True, slots=True)
class Identity:
    """The owner of the credentials, by the platform's own id; ``expires_at`` None if unknown."""

    platform_id: str
    display_name: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """One WhatsApp template as the platform approved it.

    ``param_count`` counts the parameters of the body. ``header_kind`` is the header's medium or "".
    ``param_names`` are the names of the body's parameters, if they have names. ``has_header_param`` is
    True if a text header has a parameter; ``header_param_name`` is its name, if it has one.
    ``buttons`` are in order: ``url``, ``quick_reply``, …; ``url+`` needs the end of its address.
    ``body_lengths`` and ``header_lengths`` measure the body and the text header: first the number of fixed
    characters, then how often each parameter appears; () if unknown.
    """

    name: str
    language: str
    status: str
    category: str
    param_count: int
    header_kind: str = ""
    param_names: tuple[str, ...] = ()
    has_header_param: bool = False
    header_param_name: str = ""
    buttons: tuple[str, ...] = ()
    body_lengths: tuple[int, ...] = ()
    header_lengths: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TemplateStatusChange:
    """The platform's decision on one template.

    An empty ``status``, or an empty ``name`` too, means that only a request shows what changed.
    """

    name: str
    language: str
    status: str = ""


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """The last status that a platform reported of an account; the ledger keeps it.

    ``quotas`` maps a quota's name to (used, total). ``doctor`` shows ``extra`` unchanged.
    """

    taken_at: datetime
    expires_at: datetime | None = None
    quotas: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    templates: tuple[Template, ...] = ()
    extra: Mapping[str, Json] = field(default_factory=dict)

    def template_category(self, name: str, language: str) -> str:
        """Return the platform's category (``MARKETING``, ``UTILITY``), or "" if it reported none."""
        return next((t.category for t in self.templates if (t.name, t.language) == (name, language)), "")

    def with_template_status(self, change: TemplateStatusChange) -> "AccountStatus":
        """Return the status with the template's new status; an unknown template is not added."""
        template_id = (change.name, change.language)
        changed = [
            replace(t, status=change.status or t.status) if (t.name, t.language) == template_id else t
            for t in self.templates
        ]
        return replace(self, templates=tuple(changed))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON; ``from_json`` is the inverse."""
        templates = [{name: getattr(t, name) for name in Template.__slots__} for t in self.templates]
        return {
            "taken_at": self.taken_at.isoformat(),
            "expires_at": self.expires_at.isoformat() if self.expires_at else None,
            "quotas": {name: list(pair) for name, pair in self.quotas.items()},
            "templates": templates,
            "extra": dict(self.extra),
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "AccountStatus":
        """Return the status that ``to_json`` wrote."""
        expires = data["expires_at"]
        return AccountStatus(
            datetime.fromisoformat(data["taken_at"]),
            datetime.fromisoformat(expires) if expires else None,
            {name: (pair[0], pair[1]) for name, pair in data["quotas"].items()},
            tuple(_template_from_json(t) for t in data["templates"]),
            data["extra"],
        )


def is_marketing(fallback: Fallback, account_status: AccountStatus | None) -> bool:
    """Return True if the template is marketing.

    The platform's category counts; the office's own category counts if the platform reported none.
    """
    platform_category = (
        account_status.template_category(fallback.name, fallback.language) if account_status else ""
    )
    return (platform_category or fallback.category) == "MARKETING"


def _template_from_json(data: Mapping[str, Any]) -> Template:
    lists = {
        name: tuple(data.get(name, ()))
        for name in ("param_names", "buttons", "body_lengths", "header_lengths")
    }
    # A newer version may have stored more fields. A downgrade to this version must still read them.
    fields = {name: value for name, value in data.items() if name in Template.__slots__}
    return Template(**{**fields, **lists})
