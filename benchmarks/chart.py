"""A chart of lines over two logarithmic axes, as SVG."""

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, log10

from attrs import frozen

_COLOURS = ("#0b6e4f", "#c1440e", "#1f4e9c", "#8a6d00", "#6a3d9a", "#444444", "#d6336c", "#0891b2")
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM, _LEGEND = 780, 400, 70, 40, 50, 270


@frozen
class Axis:
    title: str
    low: float
    high: float
    start: float  # in pixels
    end: float

    def at(self, value: float) -> float:
        share = (log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    @property
    def ticks(self) -> list[float]:
        """At every decade; of fewer than two, in between as well."""
        steps = (1, 2, 5) if self.high - self.low < 2 else (1,)
        some = [step * 10**decade for decade in range(floor(self.low), ceil(self.high)) for step in steps]
        return [one for one in [*some, 10 ** ceil(self.high)] if self.low <= log10(one) <= self.high]


def chart(title: str, x: str, y: str, lines: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """Of each line its points, of positive numbers."""
    points = [point for line in lines.values() for point in line]
    across = _axis(x, [point[0] for point in points], _LEFT, _WIDTH - _LEGEND)
    up = _axis(y, [point[1] for point in points], _HEIGHT - _BOTTOM, _TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        f'font-size="12" role="img"><title>{escape(title)}</title>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="20" font-size="14">{escape(title)}</text>',
        f'<text x="{(across.start + across.end) / 2:.0f}" y="{_HEIGHT - 12}" text-anchor="middle">{escape(x)}</text>',
        f'<text x="16" y="{(up.start + up.end) / 2:.0f}" text-anchor="middle" '
        f'transform="rotate(-90 16 {(up.start + up.end) / 2:.0f})">{escape(y)}</text>',
    ]
    for tick in across.ticks:
        at = across.at(tick)
        parts.append(_rule(at, up.start, at, up.end))
        parts.append(f'<text x="{at:.1f}" y="{up.start + 18:.1f}" text-anchor="middle">{tick:,.10g}</text>')
    for tick in up.ticks:
        at = up.at(tick)
        parts.append(_rule(across.start, at, across.end, at))
        parts.append(f'<text x="{_LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{tick:,.10g}</text>')
    for number, (name, line) in enumerate(lines.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        places = [(across.at(a), up.at(b)) for a, b in line]
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in places)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.extend(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>' for a, b in places)
        row = _TOP + 14 + 18 * number
        parts.append(f'<circle cx="{_WIDTH - _LEGEND + 20}" cy="{row - 4}" r="4" fill="{colour}"/>')
        parts.append(f'<text x="{_WIDTH - _LEGEND + 30}" y="{row}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _axis(title: str, values: Sequence[float], start: float, end: float) -> Axis:
    """With room on both sides, and at least one decade."""
    low, high = log10(min(values)), log10(max(values))
    return Axis(title, min(low - 0.1, floor(high)), max(high + 0.1, ceil(low)), start, end)


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#dddddd"/>'
