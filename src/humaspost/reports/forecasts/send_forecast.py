"""The forecast of one post on each of its accounts, as ``preview`` shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from humaspost.app.folder.scan import ScanResult
from humaspost.app.office import Office
from humaspost.model.delivery import State
from humaspost.model.plan import PlanRow
from humaspost.model.post import Post
from humaspost.model.reasons import FileHold
from humaspost.reports.forecasts.post_judge import PostForecast, PostJudge
from humaspost.reports.renditions_of_post import RenditionPreview


@dataclass(frozen=True, slots=True)
class SendForecast:
    """The forecast for a post on one account.

    ``forecast`` is None where the file itself keeps the post from being planned, for ``file_hold``. Deliveries
    that were ``published`` are not sent again, of ``total``; ``cancelled_at`` is when a person cancelled the post.
    """

    account: str
    forecast: PostForecast | None
    file_hold: FileHold | None = None
    published: int = 0
    total: int = 0
    cancelled_at: datetime | None = None


def send_forecasts(
    office: Office, scan: ScanResult, post: Post, previews: Sequence[RenditionPreview]
) -> list[SendForecast]:
    """Return the forecast of each account that the post names; ``plan`` asks the same judge."""
    judge = PostJudge(office)
    rows = {row.account.name: row for row in scan.plan.rows if row.post == post.id and row.file == post.file}
    hold = FileHold.DRAFT if post.draft else FileHold.ERROR
    return [
        _forecast(judge, rows[name], preview) if name in rows else SendForecast(name, None, hold)
        for preview in previews
        for name in (preview.account.name,)
    ]


def _forecast(judge: PostJudge, row: PlanRow, preview: RenditionPreview) -> SendForecast:
    size = (preview.audience_size or 0) if preview.rules.is_per_recipient else len(row.rendition.parts)
    entry = judge.entries.get((row.post, row.account.name))
    return SendForecast(
        row.account.name,
        judge.forecast(row, size),
        published=entry.counts[State.PUBLISHED] if entry is not None else 0,
        total=entry.counts.total() if entry is not None else 0,
        cancelled_at=judge.cancelled_at(row),
    )
