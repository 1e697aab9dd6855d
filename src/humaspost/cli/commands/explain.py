"""``humaspost explain CODE``."""

from typing import Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.options import Json
from humaspost.cli.terminal import columns, give, say


def explain(
    code: Annotated[str | None, typer.Argument(metavar="CODE", help=_("as it stands in error[CODE]"))] = None,
    json: Json = False,
) -> None:
    """What a code means and what to do; without CODE every code."""
    from humaspost.views.explain import codes, explanation, near

    if code is None:
        known = codes()
        if json:
            give({"schema": 1, "codes": {name: _(text) for name, text in sorted(known.items())}})
        else:
            say(sorted(known))
        return
    lines = explanation(code.strip("[]"), columns=columns())
    if lines is None:
        known_ones = ", ".join(near(code)) or _("see them all: humaspost explain")
        raise typer.BadParameter(_("there is no code {code!r} ({near})").format(code=code, near=known_ones))
    if json:
        give({"schema": 1, "code": lines[0], "text": " ".join(line.strip() for line in lines[1:])})
    else:
        say(lines)
