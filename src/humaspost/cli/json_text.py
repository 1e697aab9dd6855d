"""JSON as text, without secrets."""

import json
from collections.abc import Iterator
from json.encoder import encode_basestring_ascii
from typing import Any

from humaspost.base.redaction import redact_output

_STEP = 2


def redact_document(document: Any) -> Any:
    """Return the document with each of its texts redacted."""
    match document:
        case str():
            return redact_output(document)
        case dict():
            return {key: redact_document(value) for key, value in document.items()}
        case list() | tuple():
            return [redact_document(value) for value in document]
        case _:
            return document


def format_json(document: object, *, indent: int = 0) -> str:
    """Return the redacted document as ``json.dumps`` with ``indent=2`` does.

    Its lines begin ``indent`` deeper. The encoder of Python that indents takes four times as long, and a plan of an archive has 200,000 values.
    """
    # The types are those of JSON: `match` and `isinstance` take longer than all the rest.
    if type(document) is str:
        return encode_basestring_ascii(redact_output(document))
    if isinstance(document, dict) and document:
        return _enclose("{", _format_items(document, indent + _STEP), "}", indent)
    if isinstance(document, list | tuple) and document:
        entries = (format_json(value, indent=indent + _STEP) for value in document)
        return _enclose("[", entries, "]", indent)
    return json.dumps(redact_document(document))


def _format_items(document: dict[Any, Any], indent: int) -> Iterator[str]:
    for key, value in document.items():
        # What else may be a key, the encoder knows.
        name = encode_basestring_ascii(key) if isinstance(key, str) else json.dumps({key: 0})[1:-4]
        yield f"{name}: {format_json(value, indent=indent)}"


def _enclose(start: str, entries: Iterator[str], end: str, indent: int) -> str:
    line_break = "\n" + " " * (indent + _STEP)
    return f"{start}{line_break}{f',{line_break}'.join(entries)}{line_break[:-_STEP]}{end}"
