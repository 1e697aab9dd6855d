"""The output of ``cancel``, before its question and after it."""

from collections.abc import Sequence
from typing import Any

from humaspost.base.i18n import _, ngettext
from humaspost.model.records import CancelCounts
from humaspost.reports.cancellation import CancelPreview
from humaspost.views.text import align_columns as aligned
from humaspost.views.text import escape_unsafe
from humaspost.views.times import TimeFormatter


def format_cancel_preview(preview: CancelPreview) -> list[str]:
    """Return what the cancel stops, and what it comes too late for, by account."""
    lines = [
        _("Cancel {post}: nothing more of it is sent.").format(post=escape_unsafe(preview.post)),
        *aligned((counts.account, _format_counts(counts)) for counts in preview.counts),
    ]
    if any(counts.published for counts in preview.counts):
        lines.append(_("What is published stays published."))
    return lines


def _format_counts(counts: CancelCounts) -> str:
    labels = (
        (counts.stopped, _("to stop: {count}")),
        (counts.published, _("already published: {count}")),
        (counts.sending, _("being sent now: {count}")),
        (counts.unknown, _("result unknown: {count}")),
        (counts.expired, _("expired: {count}")),
    )
    return ", ".join(label.format(count=f"{count:,}") for count, label in labels if count) or _("nothing")


def format_pointless(preview: CancelPreview, *, clock: TimeFormatter) -> list[str]:
    """Return why a cancel changes nothing."""
    post = escape_unsafe(preview.post)
    if preview.cancelled_at is not None:
        message = _("{post} was already cancelled, on {date}; nothing of it is waiting.")
        return [message.format(post=post, date=clock.format_date(preview.cancelled_at))]
    lines = [_("Nothing of {post} is waiting to be sent.").format(post=post)]
    published = sum(counts.published for counts in preview.counts)
    return [*lines, *_format_published(published)]


def format_cancelled(post: str, counts: Sequence[CancelCounts], *, missing_file: str = "") -> list[str]:
    """Return what the cancel stopped, what it came too late for, and what undoes it.

    ``missing_file`` is the post's file if it is not there: ``publish`` needs it.
    """
    stopped, published, sending, unknown = _totals(counts)
    lines = [
        ngettext("{count} delivery is stopped.", "{count} deliveries are stopped.", stopped).format(
            count=f"{stopped:,}"
        ),
        *_format_published(published),
    ]
    if sending:
        message = ngettext(
            "{count} is being sent now: humaspost status --post {post}",
            "{count} are being sent now: humaspost status --post {post}",
            sending,
        )
        lines.append(message.format(count=f"{sending:,}", post=post))
    if unknown:
        message = ngettext(
            "The result of {count} is unknown, it might be published: humaspost resolve {post}",
            "The results of {count} are unknown, they might be published: humaspost resolve {post}",
            unknown,
        )
        lines.append(message.format(count=f"{unknown:,}", post=post))
    remedy = (
        _("To send the rest after all, bring the file {file} back, then: humaspost publish {post}")
        if missing_file
        else _("To send the rest after all, at once: humaspost publish {post}")
    )
    return [*lines, remedy.format(post=post, file=escape_unsafe(missing_file))]


def _format_published(published: int) -> list[str]:
    message = ngettext(
        "{count} was already published; to delete it, do so on the platform.",
        "{count} were already published; to delete them, do so on the platform.",
        published,
    )
    return [message.format(count=f"{published:,}")] if published else []


def _totals(counts: Sequence[CancelCounts]) -> tuple[int, int, int, int]:
    stopped, published = sum(one.stopped for one in counts), sum(one.published for one in counts)
    return stopped, published, sum(one.sending for one in counts), sum(one.unknown for one in counts)


def cancel_to_json(post: str, counts: Sequence[CancelCounts]) -> dict[str, Any]:
    """Return the document of ``cancel --json``."""
    stopped, published, sending, unknown = _totals(counts)
    return {
        "schema": 1,
        "post": post,
        "stopped": stopped,
        "published": published,
        "sending": sending,
        "unknown": unknown,
        "accounts": [
            {
                "account": one.account,
                "stopped": one.stopped,
                "published": one.published,
                "sending": one.sending,
                "unknown": one.unknown,
            }
            for one in counts
        ],
    }
