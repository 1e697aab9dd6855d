"""The size of media that must fit a channel: padded, never cropped; reduced, never enlarged."""

import math
from dataclasses import dataclass

from humaspost.model.rules import MediaRules


@dataclass(frozen=True, slots=True)
class Geometry:
    """The image's own sides within a canvas whose rest is empty, all in pixels."""

    width: int
    height: int
    canvas_width: int
    canvas_height: int

    @property
    def is_padded(self) -> bool:
        """Return True if part of the canvas is empty."""
        return (self.width, self.height) != (self.canvas_width, self.canvas_height)


def fit_geometry(width: int, height: int, rules: MediaRules, *, step: int = 1) -> Geometry:
    """Return the largest geometry that the rules accept.

    Every side is a multiple of ``step`` (2 for a video).
    """
    canvas_width, canvas_height = _ideal_canvas(width, height, rules)
    scale = _scale_factor(canvas_width, canvas_height, rules)
    content = _round_down(width * scale, step), _round_down(height * scale, step)
    return Geometry(*content, *_padded_canvas(*content, rules, step))


def _ideal_canvas(width: int, height: int, rules: MediaRules) -> tuple[float, float]:
    min_ratio, max_ratio = rules.ratio or (0.0, math.inf)
    if rules.accepts_ratio(width, height):
        return width, height
    return max(width, height * min_ratio), max(height, width / max_ratio)


def _padded_canvas(width: int, height: int, rules: MediaRules, step: int) -> tuple[int, int]:
    """Return the smallest canvas around these sides with an accepted ratio, exact to the pixel."""
    if rules.ratio is None or rules.accepts_ratio(width, height):
        return width, height
    min_ratio, max_ratio = rules.ratio
    if width / height < min_ratio:
        canvas_width = _round_down(height * min_ratio, step)
        return (canvas_width if rules.accepts_ratio(canvas_width, height) else canvas_width + step), height
    canvas_height = _round_down(width / max_ratio, step)
    return width, (canvas_height if rules.accepts_ratio(width, canvas_height) else canvas_height + step)


def _scale_factor(canvas_width: float, canvas_height: float, rules: MediaRules) -> float:
    limits = [1.0]
    if rules.max_sides:
        limits += [
            rules.max_sides[0] / max(canvas_width, canvas_height),
            rules.max_sides[1] / min(canvas_width, canvas_height),
        ]
    if rules.width:
        limits.append(rules.width[1] / canvas_width)
    if rules.height:
        limits.append(rules.height[1] / canvas_height)
    return min(limits)


def _round_down(side: float, step: int) -> int:
    """Round down, so that no limit is exceeded, but ignore a floating-point error just below."""
    return max(step, math.floor(side / step + 1e-6) * step)
