"""Price estimates, for channels whose rules have a price."""

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal

from humaspost.base.i18n import _
from humaspost.reports.renditions_of_post import RenditionPreview

_CENT, _MILL = Decimal("0.01"), Decimal("0.001")


def estimate_price(preview: RenditionPreview, remaining: int) -> Decimal | None:
    """Return US$ for the last ``remaining`` parts, or None without a price."""
    price = preview.rules.price
    if price is None or remaining <= 0:
        return None
    return sum((price.estimate(part) for part in preview.rendition.parts[-remaining:]), Decimal(0))


def format_estimate(preview: RenditionPreview, remaining: int) -> str:
    """Return ``about US$ 0.20``, or "" without a price."""
    amount = estimate_price(preview, remaining)
    return "" if amount is None else _("about US$ {amount}").format(amount=format_dollars(amount))


def format_total(previews: Iterable[tuple[RenditionPreview, int]]) -> str:
    """Return the estimated total by channel, or "" without a price."""
    totals: dict[str, Decimal] = {}
    for preview, remaining in previews:
        amount = estimate_price(preview, remaining)
        if amount is not None:
            channel = preview.account.channel
            totals[channel] = totals.get(channel, Decimal(0)) + amount
    message = _("{channel} charges about US$ {amount} for them, pay-per-use.")
    return " ".join(
        message.format(channel=name, amount=format_dollars(sum_)) for name, sum_ in totals.items()
    )


def format_dollars(amount: Decimal) -> str:
    """Return ``0.20``; below ten cents to a tenth of a cent: ``0.015``."""
    return str(amount.quantize(_CENT if amount >= Decimal("0.1") else _MILL, rounding=ROUND_HALF_EVEN))
