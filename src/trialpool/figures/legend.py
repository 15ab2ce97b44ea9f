"""What lines, discs and shades mean: samples with their words, in rows under a plot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from trialpool.figures import style
from trialpool.figures.lettering import text_width, wrap

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trialpool.figures.canvas import Sheet
    from trialpool.figures.marks import Dash

KEY = 16.0  # length of a sample
AFTER = 4.0  # between a sample and its words
Sample = Literal["line", "shade", "disc", "ring", "diamond", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A sample and what it means."""

    text: str
    sample: Sample = "line"
    colour: str = style.OVERALL
    dash: Dash = "solid"
    width: float = style.LINE


def draw_legend(sheet: Sheet, keys: Iterable[Key], left: float, right: float, y: float) -> float:
    """Keys beside each other while there is room, then in the next row; returns where the next thing can start."""
    x, row = left, style.SMALL * 1.7
    for key in keys:
        lead = 0.0 if key.sample == "none" else KEY + AFTER
        room = right - left - lead
        lines = (key.text,) if text_width(key.text, style.SMALL) <= room else wrap(key.text, room, style.SMALL)
        width = lead + max(text_width(line, style.SMALL) for line in lines)
        if x > left and (x + width > right or len(lines) > 1):
            x, y = left, y + row
        _draw_sample(sheet, key, x, y + style.SMALL / 2)
        baseline = y + style.SMALL / 2 + style.CAP * style.SMALL
        sheet.block(x + lead, baseline, lines, size=style.SMALL, colour=style.QUIET)
        x += width + style.GAP
        if len(lines) > 1:
            x, y = left, y + row + (len(lines) - 1) * style.SMALL * style.LEADING
    return y + row if x > left else y


def _draw_sample(sheet: Sheet, key: Key, x: float, y: float) -> None:
    match key.sample:
        case "line":
            sheet.line((x, y), (x + KEY, y), width=key.width, colour=key.colour, dash=key.dash)
        case "shade":
            sheet.box(x, y - 3.2, x + KEY, y + 3.2, fill=key.colour, edge=style.HAIR, width=style.THIN)
        case "disc":
            sheet.disc(x + KEY / 2, y, 3.0, fill=key.colour, edge=style.PAPER, width=style.THIN)
        case "ring":
            sheet.disc(x + KEY / 2, y, 3.0, fill=style.PAPER, edge=key.colour, width=style.LINE)
        case "diamond":
            x += KEY / 2
            sheet.shape((x - 3.4, y), (x, y - 3.4), (x + 3.4, y), (x, y + 3.4), fill=key.colour)
