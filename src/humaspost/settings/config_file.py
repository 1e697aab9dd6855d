"""The pydantic models of config.toml; a channel's own fields belong to its Config."""

import os
import re
from datetime import timedelta
from typing import Annotated, Any, Literal

# Else pydantic reads the entry points of every installed package, in search of plug-ins of its own.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from humaspost.base.i18n import _
from humaspost.model.post import Late


def _parse_duration(value: object) -> timedelta:
    return parse_duration(str(value))


Duration = Annotated[timedelta, BeforeValidator(_parse_duration)]
Text = Annotated[str, Field(min_length=1, max_length=4096)]


class StrictModel(BaseModel):
    """A table without unknown fields or type conversion, and without values in messages."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class TypeTable(StrictModel):
    """The table ``[policy.types.NAME]``."""

    late: Annotated[Late, Field(strict=False)] | None = None
    grace: Duration | None = None
    priority: Annotated[int, Field(ge=1, le=9)] | None = None
    during_pause: bool = False
    approval: bool = False


class PolicyTable(StrictModel):
    """The table ``[policy]``."""

    grace: Duration = timedelta(minutes=60)
    late: Annotated[Late, Field(strict=False)] = Late.ASK
    settle: Duration = timedelta(seconds=1)
    same_text_days: Annotated[int, Field(ge=0, le=3650)] = 30
    line_breaks: Literal["keep", "join"] = "keep"
    types: dict[str, TypeTable] = {}


class MediaTable(StrictModel):
    """The table ``[media]``."""

    public_base_url: Text | None = None
    folder: Text | None = None
    upload_url: Text | None = None
    bucket: (
        Annotated[str, Field(pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._/-]*)?$")] | None
    ) = None
    endpoint: Text | None = None
    region: Text | None = None
    convert: bool = False


class AudienceTable(StrictModel):
    """The table ``[audiences.NAME]``."""

    file: Text


class AccountTable(BaseModel):
    """The table ``[accounts.NAME]``: common fields; the rest is kept for the channel's Config."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True, hide_input_in_errors=True)

    channel: Text
    default: bool = False
    on_unknown: Literal["look", "ask", "retry"] = "look"


class ConfigFile(StrictModel):
    """The whole file."""

    timezone: Text = "Asia/Jakarta"
    language: Literal["id", "en"] = "id"
    posts: Text = "posts"
    state: Text = ".humaspost"
    demo: bool = False
    accounts: dict[str, AccountTable] = {}
    audiences: dict[str, AudienceTable] = {}
    media: MediaTable | None = None
    policy: PolicyTable = PolicyTable()


def channel_keys(account: AccountTable) -> dict[str, Any]:
    """Return the fields of an account that belong to its channel."""
    return dict(account.model_extra or {})


_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_PATTERN = re.compile(r"(\d{1,6})\s?([smhd])")


def parse_duration(text: str) -> timedelta:
    """Return the duration that the text means; raise ValueError with the expected form."""
    match = _PATTERN.fullmatch(text.strip())
    if match is None:
        raise ValueError(_('must be a number and s, m, h or d: "60m"'))
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
