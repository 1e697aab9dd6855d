"""A configured identity on a channel, and what the platform says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from humaspost.base.canonical_json import Json
from humaspost.model.rendition import Fallback


@dataclass(frozen=True, slots=True)
class Account:
    """One ``[accounts.NAME]``; ``config`` is the channel's own pydantic model of it.

    ``display_name`` is what a person calls it (``@kotacontoh``, a masked number). ``on_unknown`` is
    ``look``, ``ask`` or ``retry``.
    """

    name: str
    channel: str
    config: Any
    display_name: str = ""
    default: bool = False
    on_unknown: str = "look"


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose credentials these are, by the platform's own id; ``expires_at`` None = no date known."""

    platform_id: str
    display_name: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """One WhatsApp template as approved; ``param_count`` counts the body's, ``header_kind`` is its medium or ''.

    ``param_names`` are the names of the body's parameters where they go by name. ``has_header_param`` = a
    header of text has a parameter, ``header_param_name`` what it is called where it goes by name.
    ``buttons`` by their place: ``url``, ``quick_reply``, …; ``url+`` wants the end of its address.
    ``body_lengths`` and ``header_lengths`` measure the text and the header's text: its own characters, then how often each
    parameter stands in it; () = not known.
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
    """What the platform decided of one template; "" as ``status``, or as ``name`` too = only asking tells what changed."""

    name: str
    language: str
    status: str = ""


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """What a platform said of an account, kept in the ledger and read offline; never more than that.

    ``quotas`` maps a quota's name to (used, total). ``extra`` is shown by ``doctor`` as it is.
    """

    taken_at: datetime
    expires_at: datetime | None = None
    quotas: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    templates: tuple[Template, ...] = ()
    extra: Mapping[str, Json] = field(default_factory=dict)

    def template_category(self, name: str, language: str) -> str:
        """What the platform has the template as (``MARKETING``, ``UTILITY``); "" where it has not told of it."""
        return next((t.category for t in self.templates if (t.name, t.language) == (name, language)), "")

    def with_template_status(self, change: TemplateStatusChange) -> "AccountStatus":
        """The same, with the template's status as it was decided; a template not in it is not made up."""
        template_id = (change.name, change.language)
        changed = [
            replace(t, status=change.status or t.status) if (t.name, t.language) == template_id else t
            for t in self.templates
        ]
        return replace(self, templates=tuple(changed))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; ``from_json`` is its inverse."""
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
        """The facts that ``to_json`` wrote."""
        expires = data["expires_at"]
        return AccountStatus(
            datetime.fromisoformat(data["taken_at"]),
            datetime.fromisoformat(expires) if expires else None,
            {name: (pair[0], pair[1]) for name, pair in data["quotas"].items()},
            tuple(_template_from_json(t) for t in data["templates"]),
            data["extra"],
        )


def is_marketing(fallback: Fallback, account_status: AccountStatus | None) -> bool:
    """Whether the template is advertising: as the platform has it, as the office calls it where that never told."""
    platform_category = (
        account_status.template_category(fallback.name, fallback.language) if account_status else ""
    )
    return (platform_category or fallback.category) == "MARKETING"


def _template_from_json(data: Mapping[str, Any]) -> Template:
    lists = {
        name: tuple(data.get(name, ()))
        for name in ("param_names", "buttons", "body_lengths", "header_lengths")
    }
    # What a newer version noted beside is nothing to this one, which may be put back any day.
    fields = {name: value for name, value in data.items() if name in Template.__slots__}
    return Template(**{**fields, **lists})
