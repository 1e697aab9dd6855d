"""The output of ``preview``: one post as each channel will show it."""

from collections.abc import Sequence
from typing import Any

from humaspost.base.i18n import _
from humaspost.model.post import Post, PublishTime
from humaspost.model.problem import Problem
from humaspost.model.rendition import Part
from humaspost.reports.renditions_of_post import RenditionPreview
from humaspost.views.problems import format_problem, problem_to_json
from humaspost.views.renditions import format_full, format_length
from humaspost.views.text import display_width, escape_unsafe, truncate
from humaspost.views.times import TimeFormatter


def format_preview(
    post: Post,
    previews: Sequence[RenditionPreview],
    problems: Sequence[Problem],
    *,
    clock: TimeFormatter,
    columns: int = 80,
) -> list[str]:
    """Return the head of the post, the parts of each account and the problems."""
    title = truncate(post.title, max(20, columns - display_width(post.id) - 2))
    lines = [f"{escape_unsafe(post.id)}  {title}", *_format_dates(post, clock)]
    for one in previews:
        lines += ["", *format_full(one, columns=columns)]
    if not previews:
        lines += ["", _("It names no channel that config.toml knows, so nothing would be shown.")]
    for problem in problems:
        lines += ["", *format_problem(problem, columns=columns)]
    return lines


def _format_dates(post: Post, clock: TimeFormatter) -> list[str]:
    draft = _("  (a draft: not sent)") if post.draft else ""
    if post.date is None:
        return [f"{post.file}{draft}"]
    due = clock.format_full(post.date.utc)
    expires = _(", expires {time}").format(time=clock.format_date(post.expires.utc)) if post.expires else ""
    return [f"{due}{expires}", f"{post.file}{draft}"]


def preview_to_json(
    post: Post, previews: Sequence[RenditionPreview], problems: Sequence[Problem]
) -> dict[str, Any]:
    """Return the document of ``preview --json``."""
    return {
        "schema": 1,
        "id": post.id,
        "file": post.file,
        "title": post.title,
        "date": _time_to_json(post.date),
        "expires": _time_to_json(post.expires),
        "draft": post.draft,
        "accounts": [_account_to_json(one) for one in previews],
        "problems": [problem_to_json(problem) for problem in problems],
    }


def _time_to_json(publish_time: PublishTime | None) -> str | None:
    return publish_time.utc.isoformat() if publish_time else None


def _account_to_json(preview: RenditionPreview) -> dict[str, Any]:
    return {
        "account": preview.account.name,
        "channel": preview.account.channel,
        "display_name": preview.account.display_name,
        "audience_size": preview.audience_size,
        "replies_to": preview.rendition.replies_to,
        "parts": [_part_to_json(part, preview) for part in preview.rendition.parts],
    }


def _part_to_json(part: Part, preview: RenditionPreview) -> dict[str, Any]:
    fallback = part.fallback
    return {
        "number": part.number,
        "text": part.text,
        "count": format_length(part, preview.rules),
        "media": [{"file": m.path, "type": m.mime, "alt": m.alt} for m in part.media],
        "extra": dict(part.extra),
        "template": {"name": fallback.name, "language": fallback.language, "params": list(fallback.params)}
        if fallback
        else None,
    }
