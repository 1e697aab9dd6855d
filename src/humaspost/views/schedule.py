"""What the daemon says when it starts, and what comes next."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection

from humaspost import __version__
from humaspost.app.office import Office
from humaspost.app.scan import ScanResult
from humaspost.base.i18n import _, ngettext
from humaspost.ledger.queries import totals
from humaspost.model.records import PostTotals
from humaspost.reports.plan_outlook import plan_outlook
from humaspost.views.states import state_word
from humaspost.views.status import status_report
from humaspost.views.text import escape_unsafe, wrap_text
from humaspost.views.times import TimeFormatter


def format_header(office: Office, scan: ScanResult, *, clock: TimeFormatter, columns: int = 80) -> list[str]:
    """Which office, its accounts, its posts."""
    first = _("humaspost {version}  office {root}  times in {zone}  Ctrl-C stops safely")
    lines = [first.format(version=__version__, root=office.settings.root, zone=clock.zone_name)]
    accounts = ", ".join(
        f"{name} {channel_names} {words}"
        for name, channel_names, words in status_report(office, clock).accounts
    )
    lines += _hanging_indent(_("accounts"), accounts or _("none"), columns)
    return [*lines, *_hanging_indent(_("posts"), _format_posts(office, scan), columns)]


def _hanging_indent(word: str, text: str, columns: int) -> list[str]:
    lines = wrap_text(text, columns, indent=" " * 10)
    return [f"{word:<10}{lines[0].lstrip()}", *lines[1:]] if lines else [word]


def _format_posts(office: Office, scan: ScanResult) -> str:
    post_kinds = plan_outlook(office, scan)
    files = {post.file for post in scan.posts} | {p.file for p in scan.problems}
    folder = office.settings.posts.name
    count = ngettext("{folder}/ watched: {count} file", "{folder}/ watched: {count} files", len(files))
    kinds = Counter({"scheduled": len({one.row.post for one in post_kinds.upcoming})})
    kinds.update(one.kind for one in post_kinds.not_sending)
    words = {"error": _("error"), "draft": _("draft")}
    parts = [f"{kinds[kind]} {words.get(kind) or state_word(kind)}" for kind in kinds if kinds[kind]]
    return ", ".join([count.format(folder=escape_unsafe(folder), count=len(files)), *parts])


def format_next(conn: Connection, clock: TimeFormatter) -> str:
    """``next: sp-2027-014 tomorrow 08:30 to x, instagram, whatsapp (17)``."""
    entries = [
        entry for entry in totals.list_by_post(conn) if entry.waiting_count and entry.due_at > clock.now
    ]
    if not entries:
        return _("next: nothing; waiting for new files")
    first = min(entries, key=lambda entry: (entry.due_at, entry.id))
    simultaneous = [e for e in entries if e.id == first.id and e.due_at == first.due_at]
    return _("next: {post} {when} to {accounts}").format(
        post=first.id, when=clock.format_near(first.due_at), accounts=_format_targets(simultaneous)
    )


def _format_targets(entries: Sequence[PostTotals]) -> str:
    return ", ".join(f"{e.account} ({e.waiting_count:,})" if e.audiences else e.account for e in entries)
