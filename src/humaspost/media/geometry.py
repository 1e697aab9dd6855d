"""How large a medium comes out that must fit a channel: padded, never cropped; made smaller, never larger."""

import math
from dataclasses import dataclass

from humaspost.model.rules import MediaRules


@dataclass(frozen=True, slots=True)
class Shape:
    """The picture's own sides, within a canvas whose rest is left empty; all in pixels."""

    width: int
    height: int
    canvas_width: int
    canvas_height: int

    @property
    def is_padded(self) -> bool:
        """Whether some of the canvas stays empty."""
        return (self.width, self.height) != (self.canvas_width, self.canvas_height)


def shaped(width: int, height: int, rules: MediaRules, *, step: int = 1) -> Shape:
    """The largest shape that the rules take; every side is a multiple of ``step`` (2 for a video)."""
    across, down = _padded(width, height, rules)
    scale = _scale(across, down, rules)
    inner = _rounded(width * scale, step), _rounded(height * scale, step)
    return Shape(*inner, *_canvas(*inner, rules, step))


def _padded(width: int, height: int, rules: MediaRules) -> tuple[float, float]:
    narrow, broad = rules.ratio or (0.0, math.inf)
    if rules.takes_ratio(width, height):
        return width, height
    return max(width, height * narrow), max(height, width / broad)


def _canvas(width: int, height: int, rules: MediaRules, step: int) -> tuple[int, int]:
    """The least canvas around these sides whose ratio is taken, to the pixel."""
    if rules.ratio is None or rules.takes_ratio(width, height):
        return width, height
    narrow, broad = rules.ratio
    if width / height < narrow:
        across = _rounded(height * narrow, step)
        return (across if rules.takes_ratio(across, height) else across + step), height
    down = _rounded(width / broad, step)
    return width, (down if rules.takes_ratio(width, down) else down + step)


def _scale(across: float, down: float, rules: MediaRules) -> float:
    limits = [1.0]
    if rules.frame:
        limits += [rules.frame[0] / max(across, down), rules.frame[1] / min(across, down)]
    if rules.width:
        limits.append(rules.width[1] / across)
    if rules.height:
        limits.append(rules.height[1] / down)
    return min(limits)


def _rounded(side: float, step: int) -> int:
    """Down, so that no limit is crossed; but for what floating point left below a whole number."""
    return max(step, math.floor(side / step + 1e-6) * step)
