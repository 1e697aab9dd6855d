"""What the daemon says when it starts, and what comes next."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from humaspost import __version__
from humaspost.app.office import Office
from humaspost.app.scan import Scan
from humaspost.base.i18n import _, ngettext
from humaspost.ledger.queries import totals
from humaspost.model.delivery import WAITING
from humaspost.reports.plan_outlook import fate
from humaspost.views.states import state_word
from humaspost.views.status import screen
from humaspost.views.text import safe, wrap
from humaspost.views.times import Clock


def head_lines(office: Office, found: Scan, *, clock: Clock, columns: int = 80) -> list[str]:
    """Which office, its accounts, its posts."""
    first = _("humaspost {version}  office {root}  times in {zone}  Ctrl-C stops safely")
    lines = [first.format(version=__version__, root=office.settings.root, zone=clock.zone_name)]
    accounts = ", ".join(f"{name} {shown} {words}" for name, shown, words in screen(office, clock).accounts)
    lines += _hanging(_("accounts"), accounts or _("none"), columns)
    return [*lines, *_hanging(_("posts"), _posts(office, found), columns)]


def _hanging(word: str, text: str, columns: int) -> list[str]:
    lines = wrap(text, columns, indent=" " * 10)
    return [f"{word:<10}{lines[0].lstrip()}", *lines[1:]] if lines else [word]


def _posts(office: Office, found: Scan) -> str:
    seen = fate(office, found)
    files = {post.file for post in found.posts} | {p.file for p in found.problems}
    folder = office.settings.posts.name
    count = ngettext("{folder}/ watched: {count} file", "{folder}/ watched: {count} files", len(files))
    kinds = Counter({"scheduled": len({one.row.post for one in seen.coming})})
    kinds.update(one.kind for one in seen.unsent)
    words = {"error": _("error"), "draft": _("draft")}
    parts = [f"{kinds[kind]} {words.get(kind) or state_word(kind)}" for kind in kinds if kinds[kind]]
    return ", ".join([count.format(folder=safe(folder), count=len(files)), *parts])


def next_line(conn: Connection, clock: Clock) -> str:
    """``next: sp-2027-014 tomorrow 08:30 to x, instagram, whatsapp (17)``."""
    entries = [entry for entry in totals.by_post(conn) if _waits(entry) and entry["due_at"] > clock.now]
    if not entries:
        return _("next: nothing; waiting for new files")
    first = min(entries, key=lambda entry: (entry["due_at"], entry["id"]))
    same = [e for e in entries if e["id"] == first["id"] and e["due_at"] == first["due_at"]]
    return _("next: {post} {when} to {accounts}").format(
        post=first["id"], when=clock.near(first["due_at"]), accounts=_targets(same)
    )


def _waits(entry: Mapping[str, Any]) -> int:
    return sum(entry["counts"][state] for state in WAITING)


def _targets(entries: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(
        f"{e['account']} ({_waits(e):,})" if e["audiences"] else str(e["account"]) for e in entries
    )
