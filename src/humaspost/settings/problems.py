"""The translation of pydantic's errors: each at its line of config.toml, without secrets."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from humaspost.base.i18n import _
from humaspost.base.suggest import nearest
from humaspost.model.problem import Position, Problem
from humaspost.settings.toml_positions import TomlPositions

_SECRET_NAME = re.compile(
    r"(?:^|_)(?:token|secret|password|passwd|passphrase|bearer|credential|credentials|api_key|private_key)(?:_|$)"
)
_SECRET_LINE = re.compile(
    r"""^(?P<key>.*?[\w"'-]*(?:token|secret|passw|passphrase|bearer|credential|api_?key|private_?key)[\w"'-]*\s*=\s*).*$""",
    re.IGNORECASE | re.DOTALL,
)
_URL_PASSWORD = re.compile(r"://[^/\s\"']*@")


class ConfigDocument:
    """The text of config.toml with the positions of its keys and values."""

    def __init__(self, file: str, text: str, positions: TomlPositions) -> None:
        self.file = file
        self.lines = text.splitlines()
        self.positions = positions

    def at_key(self, problem: Problem, path: str) -> Problem:
        """Return the problem with its caret under the key."""
        return self._with_excerpt(problem, self.positions.key_position(path))

    def at_value(self, problem: Problem, path: str) -> Problem:
        """Return the problem with its caret under the value."""
        return self._with_excerpt(problem, self.positions.value_position(path))

    def at_line(self, problem: Problem, position: Position) -> Problem:
        """Return the problem at a position that the TOML parser names."""
        return self._with_excerpt(problem, position)

    def _with_excerpt(self, problem: Problem, position: Position | None) -> Problem:
        position = position or Position(1, 1)
        line = self.lines[position.line - 1] if position.line <= len(self.lines) else ""
        return problem.with_position(self.file, position, mask_secrets(line))


def mask_secrets(line: str) -> str:
    """Return the line without values of secret names and without passwords in addresses."""
    return _URL_PASSWORD.sub("://***@", _SECRET_LINE.sub(r"\g<key>***", line))


def is_secret_name(key: str) -> bool:
    """Return True if a field of this name would contain a secret."""
    return _SECRET_NAME.search(key.lower().replace("-", "_")) is not None


def validation_problems(
    error: ValidationError, document: ConfigDocument, *, model: type[BaseModel], prefix: tuple[str, ...] = ()
) -> Iterable[Problem]:
    """Yield one problem per error; ``prefix`` is the path of the validated table in the file."""
    for detail in error.errors(include_input=False, include_url=False):
        location = tuple(str(part) for part in detail["loc"] if part != "[key]")
        path = ".".join((*prefix, *location))
        if is_secret_name(path.rpartition(".")[2]) and detail["type"] == "extra_forbidden":
            continue
        if detail["type"] == "extra_forbidden":
            yield document.at_key(_unknown_key(path, _allowed_keys(model, location)), path)
        elif detail["type"] == "missing":
            yield document.at_key(_missing_key(path), path.rpartition(".")[0])
        else:
            yield document.at_value(
                _invalid_value(path, detail["type"], detail.get("ctx", {}), detail["msg"]), path
            )


def _unknown_key(path: str, allowed_keys: list[str]) -> Problem:
    table, _dot, key = path.rpartition(".")
    message = _("there is no key {key!r} in {table}").format(key=key, table=_format_table(table))
    suggestion = nearest(key, allowed_keys)
    hint = (
        _("write: {key}").format(key=suggestion)
        if suggestion
        else _("known keys: {keys}").format(keys=", ".join(allowed_keys))
    )
    return Problem("config-unknown-key", message, hint, field=path)


def _missing_key(path: str) -> Problem:
    table, _dot, key = path.rpartition(".")
    message = _("{table} needs the key {key!r}").format(key=key, table=_format_table(table))
    return Problem("config-missing-key", message, _("add a line: {key} = ...").format(key=key), field=path)


def _format_table(path: str) -> str:
    return f"[{path}]" if path else "config.toml"


def _invalid_value(path: str, kind: str, ctx: Mapping[str, Any], message: str) -> Problem:
    key = path.rpartition(".")[2]
    describe = _DESCRIPTIONS.get(kind)
    description = _("{key!r} {wanted}").format(key=key, wanted=describe(ctx) if describe else message)
    return Problem("config-value", description, _example_value(key, kind, ctx), field=path)


def _example_value(key: str, kind: str, ctx: Mapping[str, Any]) -> str:
    """Return the hint with an example of a valid value."""
    examples = {
        "string": '"..."',
        "int": "30",
        "float": "1.5",
        "bool": "true",
        "list": "[...]",
        "tuple": "[...]",
    }
    if kind in ("enum", "literal_error"):
        value = f'"{_format_choices(ctx["expected"]).split(", ")[0]}"'
    elif kind == "value_error":
        return _("docs/config.md shows every key with an example")
    else:
        value = examples.get(kind.split("_")[0], "...")
    return _("write: {example}").format(example=f"{key} = {value}")


_DESCRIPTIONS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "string_type": lambda _ctx: _("must be text in quotes"),
    "string_too_short": lambda _ctx: _("must not be empty"),
    "string_too_long": lambda ctx: _("must be at most {n} characters").format(n=ctx["max_length"]),
    "int_type": lambda _ctx: _("must be a whole number without quotes"),
    "int_from_float": lambda _ctx: _("must be a whole number"),
    "int_parsing": lambda _ctx: _("must be a whole number without quotes"),
    "float_type": lambda _ctx: _("must be a number without quotes"),
    "bool_type": lambda _ctx: _("must be true or false, without quotes"),
    "bool_parsing": lambda _ctx: _("must be true or false, without quotes"),
    "list_type": lambda _ctx: _("must be a list: [..., ...]"),
    "tuple_type": lambda _ctx: _("must be a list: [..., ...]"),
    "dict_type": lambda _ctx: _("must be a table of its own"),
    "model_type": lambda _ctx: _("must be a table of its own"),
    "model_attributes_type": lambda _ctx: _("must be a table of its own"),
    "enum": lambda ctx: _("must be one of: {choices}").format(choices=_format_choices(ctx["expected"])),
    "literal_error": lambda ctx: _("must be one of: {choices}").format(
        choices=_format_choices(ctx["expected"])
    ),
    "greater_than_equal": lambda ctx: _("must be at least {n}").format(n=ctx["ge"]),
    "greater_than": lambda ctx: _("must be more than {n}").format(n=ctx["gt"]),
    "less_than_equal": lambda ctx: _("must be at most {n}").format(n=ctx["le"]),
    "less_than": lambda ctx: _("must be less than {n}").format(n=ctx["lt"]),
    "string_pattern_mismatch": lambda ctx: _("must match {pattern}").format(pattern=ctx["pattern"]),
    "value_error": lambda ctx: str(ctx["error"]),
}


def _format_choices(expected: str) -> str:
    return expected.replace("'", "").replace(" or ", ", ")


def _allowed_keys(model: type[BaseModel], loc: tuple[str, ...]) -> list[str]:
    """Return the fields of the table that contains ``loc``; searches nested tables."""
    table_model: type[BaseModel] | None = model
    for part in loc[:-1]:
        field = table_model.model_fields.get(part) if table_model else None
        table_model = _nested_model(field.annotation) if field else table_model
    return list(table_model.model_fields) if table_model else []


def _nested_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_nested_model(argument) for argument in getattr(annotation, "__args__", ()))
    return next((model for model in inner if model), None)


class ConfigError(Exception):
    """The config cannot be used; has all problems at once, so that one edit can fix them all."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems
