"""The growth curve as an SVG file: time and memory over the number of papers, both axes logarithmic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

WIDTH, HEIGHT, LEFT, TOP, RIGHT = 380, 260, 64, 44, 36
#: The steepest growth that is allowed, drawn beside what was measured.
BOUND = 1.1
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#24292f}.title{font-weight:600;font-size:13px}.end{text-anchor:end}"
    ".mid{text-anchor:middle}.grid{stroke:#d8dee4}.line{fill:none;stroke:#0969da;stroke-width:2}.dot{fill:#0969da}"
    ".bound{fill:none;stroke:#8c959f;stroke-dasharray:5 4}.faint{fill:#57606a}"
)


def draw(points: Sequence[tuple[int, float, float]], path: Path) -> None:
    """Draw (papers, seconds, bytes) of several builds."""
    panels = [
        panel(0, "Seconds of the whole build", [(n, s) for n, s, _ in points]),
        panel(1, "Peak memory of all processes, MB", [(n, b / 1e6) for n, _, b in points]),
    ]
    width, height = 2 * (LEFT + WIDTH + RIGHT), TOP + HEIGHT + 52
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="Time and memory of a build over the number of papers"><style>{_STYLE}</style>'
        f'<rect width="{width}" height="{height}" fill="#fff"/>{"".join(panels)}</svg>\n',
        encoding="utf-8",
    )


def panel(number: int, title: str, points: Sequence[tuple[int, float]]) -> str:
    """One curve with its axes and the bound through its first point."""
    left = LEFT + number * (LEFT + WIDTH + RIGHT)
    xs, ys = [n for n, _ in points], [y for _, y in points]
    low, high = 10 ** math.floor(math.log10(min(ys) / 1.3)), 10 ** math.ceil(math.log10(max(ys)))
    end = min(xs[-1], xs[0] * (high / ys[0]) ** (1 / BOUND))
    right = 10 ** math.ceil(math.log10(xs[-1]))

    def at(n: float, y: float) -> tuple[float, float]:
        across = math.log(n / xs[0]) / math.log(right / xs[0])
        up = math.log(y / low) / math.log(high / low)
        return round(left + across * WIDTH, 1), round(TOP + (1 - up) * HEIGHT, 1)

    parts = [f'<text class="title" x="{left}" y="{TOP - 18}">{title}</text>']
    for power in range(round(math.log10(low)), round(math.log10(high)) + 1):
        x, y = at(xs[0], 10**power)
        parts.append(f'<path class="grid" d="M{x} {y}h{WIDTH}"/>')
        parts.append(f'<text class="end faint" x="{x - 8}" y="{y + 4}">{10**power:,}</text>')
    for power in range(math.ceil(math.log10(xs[0])), round(math.log10(right)) + 1):
        x, y = at(10**power, low)
        parts.append(f'<path class="grid" d="M{x} {y}v-{HEIGHT}"/>')
        parts.append(f'<text class="mid faint" x="{x}" y="{y + 18}">{10**power:,}</text>')
    parts.append(f'<text class="mid faint" x="{left + WIDTH / 2}" y="{TOP + HEIGHT + 38}">papers</text>')
    (x0, y0), (x1, y1) = at(xs[0], ys[0]), at(end, ys[0] * (end / xs[0]) ** BOUND)
    parts.append(f'<path class="bound" d="M{x0} {y0}L{x1} {y1}"/>')
    parts.append(f'<text class="faint end" x="{x1 - 4}" y="{y1 - 6}">n^{BOUND}</text>')
    parts.append(f'<path class="line" d="M{"L".join(f"{x} {y}" for x, y in map(at, xs, ys))}"/>')
    for n, value in points:
        x, y = at(n, value)
        parts.append(f'<circle class="dot" cx="{x}" cy="{y}" r="3.5"/>')
        parts.append(f'<text x="{x + 8}" y="{y + 15}">{value:,.0f}</text>')
    return "".join(parts)
