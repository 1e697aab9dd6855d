"""The demo's final table: counted in the ledger and on the sandbox, never assumed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from humaspost.base.i18n import _, ngettext
from humaspost.sandbox.platforms import PLATFORMS
from humaspost.views.text import display_width, escape_unsafe, pad

_EMPTY_CELL = "-"


@dataclass(frozen=True, slots=True)
class DemoDay:
    """The results of the demo.

    ``expected`` counts deliveries by (post, channel). ``deliveries`` come from the ledger, ``objects`` from
    the sandbox. ``idle`` maps posts that are not sent to the reason.
    """

    order: tuple[str, ...]
    expected: Mapping[tuple[str, str], int]
    drafts: Mapping[str, str]
    deliveries: Sequence[Mapping[str, Any]]
    objects: Sequence[Mapping[str, Any]]

    def live_objects(self, post: str, channel: str) -> list[Mapping[str, Any]]:
        """Return the public objects that the ledger records for this post on this channel."""
        by_id = {(o["channel"], o["id"]): o for o in self.objects if not o["deleted"]}
        post_deliveries = [d for d in self.deliveries if (d["post"], d["channel"]) == (post, channel)]
        keys = [(channel, d["remote_id"]) for d in post_deliveries if d["state"] == "published"]
        return [by_id[key] for key in keys if key in by_id]

    @property
    def counts(self) -> Counter[str]:
        """Return deliveries by state; ``published`` only if the platform has the object."""
        states = Counter(d["state"] for d in self.deliveries if d["state"] != "published")
        states["published"] = sum(self.published_count(channel) for channel in PLATFORMS)
        return states

    def published_count(self, channel: str) -> int:
        """Return how many objects of all posts are published on a channel."""
        return sum(len(self.live_objects(post, channel)) for post in self.order)

    @property
    def is_complete(self) -> bool:
        """Return True if exactly the expected objects are published and no outcome is unknown."""
        all_published = all(len(self.live_objects(*pair)) == count for pair, count in self.expected.items())
        total = sum(self.expected.values())
        return all_published and total == len(self.deliveries) == len(self.objects) and total > 0


def format_table(day: DemoDay) -> list[str]:
    """Return one line per post and one column per channel."""
    rows: list[tuple[str, ...]] = [(_("POST"), *(name.upper() for name in PLATFORMS))]
    rows += [(post, *(_format_cell(day, post, channel) for channel in PLATFORMS)) for post in day.order]
    totals = (_("published"), *(f"{day.published_count(channel):,}" for channel in PLATFORMS))
    cell_rows = [row for row in [*rows, totals] if row[0] not in day.drafts]
    widths = [max(display_width(row[n]) for row in cell_rows) + 2 for n in range(len(rows[0]))]
    widths[0] = max(widths[0], *(display_width(post) + 2 for post in day.order))
    lines = [
        _format_line(row, widths) if row[0] not in day.drafts else _format_drafts(row[0], day, widths)
        for row in rows
    ]
    return [*lines, "  " + "-" * (sum(widths) - 2), _format_line(totals, widths)]


def _format_line(row: Sequence[str], widths: Sequence[int]) -> str:
    return (
        "  "
        + "".join(pad(escape_unsafe(cell), width) for cell, width in zip(row, widths, strict=True)).rstrip()
    )


def _format_drafts(post: str, day: DemoDay, widths: Sequence[int]) -> str:
    return (
        "  "
        + pad(escape_unsafe(post), widths[0])
        + _("not sent: {why}").format(why=escape_unsafe(day.drafts[post]))
    )


def _format_cell(day: DemoDay, post: str, channel: str) -> str:
    expected = day.expected.get((post, channel), 0)
    if not expected:
        return _EMPTY_CELL
    live = day.live_objects(post, channel)
    if channel == "whatsapp":
        return _("{count} of {total}").format(count=len(live), total=expected)
    if len(live) < expected:
        return _("{count} of {total} MISSING").format(count=expected - len(live), total=expected)
    if channel == "instagram":
        return _format_instagram_media([item for one in live for item in one["media"]])
    polls = sum(bool(public_object["poll"]) for public_object in live)
    if polls == len(live):
        return ngettext("{count} poll", "{count} polls", polls).format(count=polls)
    return ngettext("{count} post", "{count} posts", len(live)).format(count=len(live))


def _format_instagram_media(media: Sequence[Mapping[str, Any]]) -> str:
    """Return the text for a reel if there is only one video, else for the carousel's images."""
    if [item["type"].partition("/")[0] for item in media] == ["video"]:
        return _("{count} reel").format(count=1)
    return ngettext("{count} image", "{count} images", len(media)).format(count=len(media))


def format_summary(day: DemoDay, *, seconds: float) -> list[str]:
    """Return the summary of the numbers."""
    counts = day.counts
    states = [
        _("{count} deliveries published").format(count=counts["published"]),
        _("{count} failed").format(count=counts["failed"]),
        _("{count} unknown").format(count=counts["unknown"]),
    ]
    others = sum(counts[state] for state in counts if state not in ("published", "failed", "unknown"))
    if others:
        states.append(_("{count} not sent").format(count=others))
    draft_count = len(day.drafts)
    if draft_count:
        states.append(
            ngettext("{count} post left alone", "{count} posts left alone", draft_count).format(
                count=draft_count
            )
        )
    return [f"{', '.join(states)}. {seconds:.0f} s."]
