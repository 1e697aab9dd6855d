"""A channel's limits as data, each with its source page and the date it was read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from humaspost.model.post import MediaKind
from humaspost.model.rendition import Attachment, Part

#: We stay this far below the platform's limit, because its clock and ours differ.
SAFETY_MARGIN = 0.95

#: Returns the length of a text in the channel's own units.
Measure = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Source:
    """The source of a number: a public address and the date it was read."""

    url: str
    read_on: date


@dataclass(frozen=True, slots=True)
class Limit:
    """One number with its unit.

    Units are ``weighted characters``, ``bytes``, ``pixels``, ``seconds`` and ``items``.
    """

    value: float
    unit: str
    source: Source


@dataclass(frozen=True, slots=True)
class TextRules:
    """The limit of one part's text; ``upper_bound`` is fast and never below ``measure``."""

    limit: Limit
    measure: Measure
    upper_bound: Measure = len


@dataclass(frozen=True, slots=True)
class VideoRules:
    """The limits of a video, an audio file or a GIF; empty or None means no limit.

    Names are as in ``Video``. ``frame_rate`` (min, max) is per second. ``bit_rate`` in bits per second,
    ``sample_rate`` in Hz, ``audio_channels``, ``frames`` and ``max_total_pixels`` (width × height × frames)
    are maxima. ``index_first`` is True if the moov box must come first. ``mono_audio_codecs`` are those of
    ``audio_codecs`` that are accepted with one channel only. ``audio_streams`` is how many audio tracks
    are allowed. ``profiles`` of the codec play everywhere; others are accepted, but some phones cannot
    play them.
    """

    codecs: tuple[str, ...] = ()
    pixel_formats: tuple[str, ...] = ()
    audio_codecs: tuple[str, ...] = ()
    frame_rate: tuple[float, float] | None = None
    bit_rate: int | None = None
    sample_rate: int | None = None
    audio_channels: int | None = None
    mono_audio_codecs: tuple[str, ...] = ()
    audio_streams: int | None = None
    profiles: tuple[str, ...] = ()
    frames: int | None = None
    max_total_pixels: int | None = None
    index_first: bool = False


@dataclass(frozen=True, slots=True)
class MediaRules:
    """The limits of one kind of media; ``media.fit`` converts images to ``convert_to``.

    ``ratio`` is width / height (min, max), ``width`` and ``height`` pixels (min, max), ``max_sides`` the
    maximum of the longer and the shorter side in either orientation, ``duration`` seconds (min, max); None
    means no limit. ``mimes`` of a video name its containers, ``video`` limits the streams inside.
    ``alt_required`` is True if an alternative text is required.
    """

    mimes: tuple[str, ...]
    max_bytes: Limit
    source: Source
    convert_to: str | None = None
    ratio: tuple[float, float] | None = None
    width: tuple[int, int] | None = None
    duration: tuple[float, float] | None = None
    max_count: int = 1
    height: tuple[int, int] | None = None
    max_sides: tuple[int, int] | None = None
    video: VideoRules | None = None
    alt_required: bool = True

    def accepts_ratio(self, width: int, height: int) -> bool:
        """Return True if the ratio of these sides is allowed; no platform documents any rounding."""
        return self.ratio is None or self.ratio[0] <= width / height <= self.ratio[1]


@dataclass(frozen=True, slots=True)
class Rate:
    """A limit of ``count`` writes in ``seconds``; ``burst`` of them may be sent at once.

    It applies per account or per recipient.
    """

    name: str
    count: float
    seconds: float
    burst: float
    source: Source
    per_recipient: bool = False


@dataclass(frozen=True, slots=True)
class Quota:
    """A limit of ``count`` in a rolling window of ``seconds``.

    ``counts_recipients`` counts recipients outside their service window. ``counts_preparation`` counts the
    preparation steps that report it (``NotReady.used_quota``), not public writes.
    """

    name: str
    count: int
    seconds: float
    source: Source
    counts_recipients: bool = False
    counts_preparation: bool = False

    @property
    def usable(self) -> int:
        """Return the usable part of the quota, below it by the safety margin; at least one."""
        return max(1, int(self.count * SAFETY_MARGIN))


@dataclass(frozen=True, slots=True)
class Unsupported:
    """An operation that the platform cannot do (``retract``, ``edit``, ``text-only``), and why."""

    operation: str
    reason: str
    source: Source


@dataclass(frozen=True, slots=True)
class Price:
    """The platform's price of a part in US$; ``linked_part`` if it ``has_link``.

    Otherwise ``plain_part``. ``alt`` is added for each alternative text of media in ``alt_kinds``. The
    price is never a promise.
    """

    plain_part: Decimal
    linked_part: Decimal
    alt: Decimal
    alt_kinds: tuple[MediaKind, ...]
    has_link: Callable[[str], bool]
    source: Source

    def estimate(self, part: Part) -> Decimal:
        """Return the estimated price of one part."""
        texts = sum(bool(item.alt) and item.kind in self.alt_kinds for item in part.media)
        return (self.linked_part if self.has_link(part.text) else self.plain_part) + texts * self.alt


def _no_extras(_part: Part) -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that a channel refuses, for one account.

    ``is_public`` refuses restricted posts. ``is_per_recipient`` gives every delivery a recipient.
    ``max_parts`` > 1 allows threads, as ``parts_source`` documents; with None there the platform documents
    no limit, and this one is ours. ``alt`` is the longest alternative text. ``media`` is by kind; a missing
    kind is not accepted. ``placement_rules`` overrides it for media in another placement: by
    ``Attachment.use`` (``story``), then by kind. ``max_media`` is the limit of items in one part.
    ``media_required`` refuses text-only posts. ``keys`` are the channel's own front-matter fields with
    their meanings. ``price`` is None if parts are free or the price is unknown. ``describe_extras`` returns
    a sentence for each extra of a part, beside its text and media (``Part.extra``).
    """

    is_public: bool
    text: TextRules
    media: Mapping[MediaKind, MediaRules]
    max_media: int
    alt: Limit
    max_parts: int = 1
    parts_source: Source | None = None
    is_per_recipient: bool = False
    media_required: bool = False
    public_url_required: bool = False
    rates: tuple[Rate, ...] = ()
    quotas: tuple[Quota, ...] = ()
    unsupported: tuple[Unsupported, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)
    placement_rules: Mapping[str, Mapping[MediaKind, MediaRules]] = field(default_factory=dict)
    price: Price | None = None
    describe_extras: Callable[[Part], Sequence[str]] = _no_extras

    def media_rules_for(self, item: Attachment) -> MediaRules | None:
        """Return the limits of this medium where it is shown; None if its kind is not accepted."""
        return self.placement_rules.get(item.use, self.media).get(item.kind)

    def with_platform_quotas(self, totals: Mapping[str, tuple[int, int]]) -> "Rules":
        """Return the rules with the account's totals from the platform (``AccountStatus.quotas``)."""
        quotas = tuple(
            replace(quota, count=totals[quota.name][1]) if totals.get(quota.name, (0, 0))[1] > 0 else quota
            for quota in self.quotas
        )
        return replace(self, quotas=quotas)
