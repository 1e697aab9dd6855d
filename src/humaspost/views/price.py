"""What sending would cost about, where the channel's rules know."""

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal

from humaspost.base.i18n import _
from humaspost.views.renditions import Shown

_CENT, _MILL = Decimal("0.01"), Decimal("0.001")


def estimate(shown: Shown, left: int) -> Decimal | None:
    """US$ for the ``left`` last parts; None = the rules know no price."""
    price = shown.rules.price
    if price is None or left <= 0:
        return None
    return sum((price.of(part) for part in shown.rendition.parts[-left:]), Decimal(0))


def about(shown: Shown, left: int) -> str:
    """``about US$ 0.20``, or nothing."""
    amount = estimate(shown, left)
    return "" if amount is None else _("about US$ {amount}").format(amount=dollars(amount))


def total_line(all_shown: Iterable[tuple[Shown, int]]) -> str:
    """What all of them cost together, by channel; nothing where no price is known."""
    totals: dict[str, Decimal] = {}
    for shown, left in all_shown:
        amount = estimate(shown, left)
        if amount is not None:
            channel = shown.account.channel
            totals[channel] = totals.get(channel, Decimal(0)) + amount
    message = _("{channel} charges about US$ {amount} for them, pay-per-use.")
    return " ".join(message.format(channel=name, amount=dollars(sum_)) for name, sum_ in totals.items())


def dollars(amount: Decimal) -> str:
    """``0.20``; below ten cents to the tenth of a cent: ``0.015``."""
    return str(amount.quantize(_CENT if amount >= Decimal("0.1") else _MILL, rounding=ROUND_HALF_EVEN))
