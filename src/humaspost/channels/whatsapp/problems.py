"""A finding of WhatsApp's own."""

from humaspost.model.problem import Problem, Severity


def problem(
    code: str, message: str, *, hint: str, field: str, severity: Severity = Severity.ERROR
) -> Problem:
    """The finding, on this channel, with the key it stands in."""
    return Problem(code, message, hint, field=field, channel="whatsapp", severity=severity)
