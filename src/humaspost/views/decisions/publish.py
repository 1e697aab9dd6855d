"""The output of ``publish`` before its question, and after an interruption."""

from collections.abc import Sequence

from humaspost.base.i18n import _
from humaspost.model.delivery import WAITING_STATES, State
from humaspost.model.post import Post, Visibility
from humaspost.model.reasons import AccountHold
from humaspost.model.records import AccountRecord, DeliveryRecord
from humaspost.reports.publish import PublishPreview
from humaspost.reports.renditions_of_post import RenditionPreview
from humaspost.views.deliveries import format_results
from humaspost.views.forecasts.price import format_estimate
from humaspost.views.forecasts.too_late import describe_lateness
from humaspost.views.renditions import format_summary
from humaspost.views.sender import format_pauses, format_stale_files
from humaspost.views.text import align_columns as aligned
from humaspost.views.text import display_width, escape_unsafe, truncate
from humaspost.views.times import TimeFormatter, format_duration


def format_publish_preview(
    publish_preview: PublishPreview, post: Post, *, clock: TimeFormatter, columns: int = 80
) -> list[str]:
    """Return the deliveries to send, the skipped accounts and a note about the post's date."""
    lines = [
        f"{escape_unsafe(post.id)}  {truncate(post.title, max(20, columns - display_width(post.id) - 2))}"
    ]
    if publish_preview.to_send:
        lines.append(_("Send NOW to the public:") if post.visibility is Visibility.PUBLIC else _("Send NOW:"))
        lines += aligned(
            (
                preview.account.name,
                escape_unsafe(preview.account.display_name),
                _format_amount(preview, remaining),
                format_estimate(preview, remaining),
            )
            for preview, remaining in publish_preview.to_send
        )
    else:
        lines.append(_("Nothing of it is to be sent."))
        lines += _format_reasons(publish_preview, post)
    if publish_preview.published:
        names = ", ".join(_format_published(*each) for each in publish_preview.published)
        lines.append(_("Published already, left alone: {names}").format(names=names))
    if publish_preview.unknown:
        lines.append(_("Perhaps live, left alone: {names}").format(names=", ".join(publish_preview.unknown)))
        lines.append(_("  settle it first: humaspost resolve {post}").format(post=post.id))
    if publish_preview.given_up:
        names = ", ".join(publish_preview.given_up)
        lines.append(_("Cancelled while the result was unknown, skipped: {names}").format(names=names))
    due = post.date.utc if post.date is not None else None
    for account, reason in publish_preview.expired:
        why = describe_lateness(State.EXPIRED, reason, due, clock)
        lines.append(_("Expired, left alone: {account}: {why}").format(account=account, why=why))
    if publish_preview.expired:
        remedy = _("  to send it, write new dates in {file}")
        lines.append(remedy.format(file=escape_unsafe(post.file)))
    lines += format_pauses(publish_preview.sender, clock)
    lines += format_stale_files(publish_preview.sender, clock)
    if not publish_preview.to_send:
        return lines
    lines += _format_date_note(post, clock)
    if publish_preview.cancelled_at is not None:
        message = _("It was cancelled by a person on {date}.")
        lines.append(message.format(date=clock.format_date(publish_preview.cancelled_at)))
    return lines


def _format_reasons(publish_preview: PublishPreview, post: Post) -> list[str]:
    """Return why nothing is sent, and what can be done."""
    lines = []
    if publish_preview.held_lists:
        message = _("its list {lists} is held; what is left of the post waits for it")
        names = publish_preview.held_lists
        lines = [message.format(lists=" ".join(names)), *format_list_steps(post.id, names)]
    elif post.audiences and not (publish_preview.published or publish_preview.unknown):
        lines = [_("no person on its lists may get a message; see them: humaspost audience list")]
    return lines


def _format_published(account: str, count: int, total: int) -> str:
    if count == total:
        return account
    return _("{account} ({count} of {total})").format(account=account, count=f"{count:,}", total=f"{total:,}")


def format_list_steps(post: str, lists: Sequence[str]) -> list[str]:
    """Return what ends the wait for held lists where ``publish`` would send to nobody."""
    return [
        _("nobody who waits for it is in both the old and the new list: mend it, then:"),
        _("humaspost audience import {lists}").format(lists=" ".join(lists)),
        _("or give up what waits: humaspost cancel {post}").format(post=escape_unsafe(post)),
    ]


def confirmation_question(publish_preview: PublishPreview) -> str:
    """Return the question before anything is sent; that about a cancelled post is another one."""
    return _("Send?") if publish_preview.cancelled_at is None else _("Publish it all the same?")


def format_interrupted(
    started_rows: Sequence[DeliveryRecord],
    post: Post,
    *,
    clock: TimeFormatter,
    was_cancelled: bool = False,
) -> list[str]:
    """Return the state of a post after an interruption.

    ``started_rows`` are its deliveries if one had started. ``was_cancelled`` = a person had cancelled it.
    """
    if started_rows:
        lines = format_results(started_rows)
        if any(row.state in WAITING_STATES for row in started_rows):
            lines.append(
                _(
                    "What waits goes out with the next sender. To stop everything: humaspost pause --reason WHY"
                )
            )
        return lines
    if was_cancelled:
        return [_("{post} is still cancelled.").format(post=escape_unsafe(post.id))]
    if post.date is not None and post.date.utc > clock.now:
        due = f"{clock.format_date(post.date.utc)} {clock.zone_name}"
        return [_("It is as before: it goes out at its date, {due}.").format(due=due)]
    return [_("It is as before: humaspost status --post {post}").format(post=post.id)]


def format_blocking_accounts(rows: Sequence[AccountRecord]) -> list[str]:
    """Return the accounts that hold the post back and why; it is sent after their release."""
    lines = []
    for row in rows:
        reason = f"{row.hold}: {row.hold_code} {row.hold_detail}".strip(": ")
        lines.append(
            _("{account} is held ({why}); what is left waits there.").format(
                account=row.name, why=escape_unsafe(reason)
            )
        )
        if row.hold in (AccountHold.LOGIN, AccountHold.QUOTA):
            remedy = _(
                "When it is free it goes out by itself, within its grace: humaspost account check {account}"
            )
            lines.append(remedy.format(account=row.name))
    return lines


def _format_amount(preview: RenditionPreview, remaining: int) -> str:
    if (
        preview.rules.is_per_recipient
        and preview.audience_size is not None
        and remaining != preview.audience_size
    ):
        return _("{left} of {what}").format(left=remaining, what=format_summary(preview))
    return format_summary(preview)


def _format_date_note(post: Post, clock: TimeFormatter) -> list[str]:
    if post.date is None:
        return []
    due = f"{clock.format_date(post.date.utc)} {clock.zone_name}"
    if post.date.utc > clock.now:
        time_until_due = format_duration(post.date.utc - clock.now)
        message = _("Its date is {due}, in {span}. It will not be sent again then.")
        return [message.format(due=due, span=time_until_due)]
    return [
        _("Its date was {due}, {span} ago.").format(due=due, span=format_duration(clock.now - post.date.utc))
    ]
