"""``humaspost explain CODE``."""

from typing import Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.options import JsonOption
from humaspost.cli.terminal import print_json, print_text, terminal_columns


def explain(
    code: Annotated[str | None, typer.Argument(metavar="CODE", help=_("as it stands in error[CODE]"))] = None,
    json: JsonOption = False,
) -> None:
    """What a code means and what to do; without CODE every code."""
    from humaspost.views.states import all_codes, format_explanation, similar_codes

    if code is None:
        explanations_by_code = all_codes()
        if json:
            print_json(
                {"schema": 1, "codes": {name: _(text) for name, text in sorted(explanations_by_code.items())}}
            )
        else:
            print_text(sorted(explanations_by_code))
        return
    lines = format_explanation(code.strip("[]"), columns=terminal_columns())
    if lines is None:
        explanations = ", ".join(similar_codes(code)) or _("see them all: humaspost explain")
        raise typer.BadParameter(_("there is no code {code!r} ({near})").format(code=code, near=explanations))
    if json:
        print_json({"schema": 1, "code": lines[0], "text": " ".join(line.strip() for line in lines[1:])})
    else:
        print_text(lines)
