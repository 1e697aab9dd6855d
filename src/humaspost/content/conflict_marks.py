"""Marks of a merge that was not settled: the file holds two versions of one post."""

import re

from humaspost.base.i18n import _
from humaspost.content.report import FileReport
from humaspost.model.problem import Position

_BEGIN = re.compile(r"^(?:<{7}|>{7}|\|{7})(?:[ \t].*)?$", re.MULTILINE)


def report_conflict_marks(text: str, report: FileReport) -> bool:
    """Return True after reporting that the text of the file has the marks of a merge."""
    mark = _BEGIN.search(text) if "<<<<<<<" in text or ">>>>>>>" in text else None
    if mark is None:
        return False
    message = _("the file holds two versions of the post: a merge that nobody settled")
    hint = _("keep the version that is right, and delete the lines <<<<<<<, ======= and >>>>>>>")
    position = Position(1 + text.count("\n", 0, mark.start()), 1, len(mark[0]))
    report.add_error("merge-conflict", message, hint=hint, position=position)
    return True
