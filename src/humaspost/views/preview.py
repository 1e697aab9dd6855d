"""``preview``: one post as every channel will show it."""

from collections.abc import Sequence
from typing import Any

from humaspost.base.i18n import _
from humaspost.model.post import Post, When
from humaspost.model.problem import Problem
from humaspost.model.rendition import Part
from humaspost.views.problems import problem_json, problem_lines
from humaspost.views.renditions import Shown, counted, full
from humaspost.views.text import cut, safe, width
from humaspost.views.times import Clock


def preview_lines(
    post: Post, shown: Sequence[Shown], problems: Sequence[Problem], *, clock: Clock, columns: int = 80
) -> list[str]:
    """The post's head, every account's parts, and what is wrong with it."""
    title = cut(post.title, max(20, columns - width(post.id) - 2))
    lines = [f"{safe(post.id)}  {title}", *_when(post, clock)]
    for one in shown:
        lines += ["", *full(one, columns=columns)]
    if not shown:
        lines += ["", _("It names no channel that config.toml knows, so nothing would be shown.")]
    for problem in problems:
        lines += ["", *problem_lines(problem, columns=columns)]
    return lines


def _when(post: Post, clock: Clock) -> list[str]:
    draft = _("  (a draft: not sent)") if post.draft else ""
    if post.date is None:
        return [f"{post.file}{draft}"]
    due = clock.full(post.date.utc)
    expires = _(", expires {time}").format(time=clock.date(post.expires.utc)) if post.expires else ""
    return [f"{due}{expires}", f"{post.file}{draft}"]


def preview_json(post: Post, shown: Sequence[Shown], problems: Sequence[Problem]) -> dict[str, Any]:
    """The document of ``preview --json``."""
    return {
        "schema": 1,
        "id": post.id,
        "file": post.file,
        "title": post.title,
        "date": _moment(post.date),
        "expires": _moment(post.expires),
        "draft": post.draft,
        "accounts": [_account(one) for one in shown],
        "problems": [problem_json(problem) for problem in problems],
    }


def _moment(when: When | None) -> str | None:
    return when.utc.isoformat() if when else None


def _account(shown: Shown) -> dict[str, Any]:
    return {
        "account": shown.account.name,
        "channel": shown.account.channel,
        "shown": shown.account.shown,
        "people": shown.people,
        "replies_to": shown.rendition.replies_to,
        "parts": [_part(part, shown) for part in shown.rendition.parts],
    }


def _part(part: Part, shown: Shown) -> dict[str, Any]:
    fallback = part.fallback
    return {
        "number": part.number,
        "text": part.text,
        "count": counted(part, shown.rules),
        "media": [{"file": m.path, "type": m.mime, "alt": m.alt} for m in part.media],
        "extra": dict(part.extra),
        "template": {"name": fallback.name, "language": fallback.language, "params": list(fallback.params)}
        if fallback
        else None,
    }
