"""The output of ``schedule``: its first lines and the next post."""

from collections.abc import Sequence

from humaspost import __version__
from humaspost.base.i18n import _, ngettext
from humaspost.reports.schedule import NextPost, ScheduleStart, Target
from humaspost.views.accounts import format_account_state
from humaspost.views.states import state_word
from humaspost.views.text import escape_unsafe, wrap_text
from humaspost.views.times import TimeFormatter


def format_header(start: ScheduleStart, *, clock: TimeFormatter, columns: int = 80) -> list[str]:
    """Return the office, its accounts and its posts."""
    first = _("humaspost {version}  office {root}  times in {zone}  Ctrl-C stops safely")
    lines = [first.format(version=__version__, root=start.root, zone=clock.zone_name)]
    accounts = ", ".join(
        f"{account.name} {account.display_name} {format_account_state(account, clock)}"
        for account in start.accounts
    )
    lines += _hanging_indent(_("accounts"), accounts or _("none"), columns)
    return [*lines, *_hanging_indent(_("posts"), _format_posts(start), columns)]


def _hanging_indent(word: str, text: str, columns: int) -> list[str]:
    lines = wrap_text(text, columns, indent=" " * 10)
    return [f"{word:<10}{lines[0].lstrip()}", *lines[1:]] if lines else [word]


def _format_posts(start: ScheduleStart) -> str:
    count = ngettext("{folder}/ watched: {count} file", "{folder}/ watched: {count} files", start.file_count)
    words = {"error": _("error"), "draft": _("draft")}
    parts = [
        f"{number} {words.get(kind) or state_word(kind)}"
        for kind, number in start.post_counts.items()
        if number
    ]
    return ", ".join([count.format(folder=escape_unsafe(start.folder), count=start.file_count), *parts])


def format_next(post: NextPost | None, clock: TimeFormatter) -> str:
    """Return ``next: sp-2027-014 tomorrow 08:30 to x, instagram, whatsapp (17)``."""
    if post is None:
        return _("next: nothing; waiting for new files")
    return _("next: {post} {when} to {accounts}").format(
        post=post.post, when=clock.format_near(post.due_at), accounts=_format_targets(post.targets)
    )


def _format_targets(targets: Sequence[Target]) -> str:
    return ", ".join(
        target.account if target.recipients is None else f"{target.account} ({target.recipients:,})"
        for target in targets
    )
