"""A selectable behaviour of a simulated platform and its allowed values."""

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
    """An option and its ``default``; a value has the default's type, or is one of ``choices``.

    ``nullable`` also allows null. A default of None means a number that is not set.
    """

    default: Any
    description: str
    choices: tuple[str, ...] = ()
    nullable: bool = False

    @property
    def type_text(self) -> str:
        """Return the allowed values in words."""
        type_name = (
            " or ".join(self.choices) or _TYPE_NAMES[type(0 if self.default is None else self.default)]
        )
        return f"{type_name} or null" if self.nullable else type_name

    @property
    def help_text(self) -> str:
        """Return the meaning and the allowed values in one line."""
        return f"{self.description} [{self.type_text}; default {self.default!r}]"

    def accepts(self, value: Any) -> bool:
        """Return True if ``value`` is allowed; a type that would be misread is not."""
        if value is None:
            return self.nullable
        if self.choices:
            return value in self.choices
        return _TYPE_NAMES.get(type(value)) == _TYPE_NAMES[type(0 if self.default is None else self.default)]
