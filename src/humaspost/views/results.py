"""What became of the deliveries that a command touched, account by account."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Row

from humaspost.base.i18n import _
from humaspost.model.delivery import State
from humaspost.views.deliveries import counted_words
from humaspost.views.json_output import counted
from humaspost.views.states import state_word
from humaspost.views.text import columns as aligned
from humaspost.views.text import safe


def result_lines(rows: Sequence[Row[Any]]) -> list[str]:
    """One line per part, or per account where it went to many people."""
    ordered = sorted(rows, key=lambda row: (row.post, row.account_name, row.part))
    table: list[tuple[str, ...]] = []
    for (post, account), group in groupby(ordered, key=lambda row: (row.post, row.account_name)):
        mine = list(group)
        if mine[0].recipient:
            table.append((post, account, counted_words(dict(counted(mine)))))
        else:
            table += [(post, account, _part(row, of=len(mine))) for row in mine]
    return aligned(table)


def _part(row: Row[Any], *, of: int) -> str:
    number = _("part {number}: ").format(number=row.part) if of > 1 else ""
    word = state_word(row.state)
    if row.state == State.PUBLISHED:
        return f"{number}{word}  {safe(row.url or '')}".rstrip()
    why = ": ".join(text for text in (row.code, row.detail) if text) or row.reason
    return f"{number}{word}  {safe(why)}".rstrip()
