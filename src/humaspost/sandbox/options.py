"""One selectable behaviour of a pretend platform, and which values it takes."""

from dataclasses import dataclass
from typing import Any

_TYPE_NAMES: dict[type, str] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "an object",
}


@dataclass(frozen=True, slots=True)
class Option:
    """``default`` until it is set; a value is of the default's kind, or one of ``choices``, or null if ``nullable``.

    A default of None stands for a number that is not set.
    """

    default: Any
    description: str
    choices: tuple[str, ...] = ()
    nullable: bool = False

    @property
    def type_text(self) -> str:
        """What it takes, in words."""
        type_name = (
            " or ".join(self.choices) or _TYPE_NAMES[type(0 if self.default is None else self.default)]
        )
        return f"{type_name} or null" if self.nullable else type_name

    @property
    def help_text(self) -> str:
        """Its meaning and what it takes, in one line."""
        return f"{self.description} [{self.type_text}; default {self.default!r}]"

    def accepts(self, value: Any) -> bool:
        """Whether it can be set to ``value``: what it would only misread is not taken."""
        if value is None:
            return self.nullable
        if self.choices:
            return value in self.choices
        return _TYPE_NAMES.get(type(value)) == _TYPE_NAMES[type(0 if self.default is None else self.default)]
