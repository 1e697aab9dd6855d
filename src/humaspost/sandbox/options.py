"""One selectable behaviour of a pretend platform, and which values it takes."""

from dataclasses import dataclass
from typing import Any

_KINDS: dict[type, str] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "an object",
}


@dataclass(frozen=True, slots=True)
class Switch:
    """``default`` until it is set; a value is of the default's kind, or one of ``choices``, or null if ``nullable``.

    A default of None stands for a number that is not set.
    """

    default: Any
    meaning: str
    choices: tuple[str, ...] = ()
    nullable: bool = False

    @property
    def kind(self) -> str:
        """What it takes, in words."""
        named = " or ".join(self.choices) or _KINDS[type(0 if self.default is None else self.default)]
        return f"{named} or null" if self.nullable else named

    @property
    def told(self) -> str:
        """Its meaning and what it takes, in one line."""
        return f"{self.meaning} [{self.kind}; default {self.default!r}]"

    def takes(self, value: Any) -> bool:
        """Whether it can be set to ``value``: what it would only misread is not taken."""
        if value is None:
            return self.nullable
        if self.choices:
            return value in self.choices
        return _KINDS.get(type(value)) == _KINDS[type(0 if self.default is None else self.default)]
