"""Summary plots of the risk of bias: for each domain the share of the studies, or of their weight, at each level."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trialpool.figures import style
from trialpool.figures.canvas import Sheet
from trialpool.figures.lettering import text_width, wrap
from trialpool.figures.lights import OFF, Light, draw_light_legend, ink_on, narrowest_legend
from trialpool.figures.traffic_lights import draw_footnotes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trialpool.figures.canvas import Figure

WIDEST_LABEL = 190.0
BAR, PLOT = 13.0, 260.0
BETWEEN = 6.0
TICKS = (0, 25, 50, 75, 100)
ROOM = 3.0  # at either side of a text within a bar


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelBar:
    """A bar: a share for each level and one for what is not judged, which sum to 1 (or to 0 where there is no study)."""

    label: str
    shares: tuple[float, ...]
    group: str = ""
    apart: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskOfBiasSummary:
    """What the plot shows; `levels` go from best to worst, and the shares of a bar are theirs and last that of no judgement."""

    title: str
    bars: tuple[LevelBar, ...]
    levels: tuple[Light, ...]
    axis_title: str
    footnotes: tuple[str, ...] = ()


def draw_risk_of_bias_summary(plot: RiskOfBiasSummary) -> Figure:
    """Draw the plot."""
    sheet = Sheet()
    label = min(max([text_width(bar.label, bold=bar.apart) for bar in plot.bars], default=0.0), WIDEST_LABEL)
    left = style.MARGIN + label + style.GAP
    page = math.ceil(max(left + PLOT + 2 * style.GAP, narrowest_legend(plot.levels) + 2 * style.MARGIN))
    y = style.MARGIN
    for line in wrap(plot.title, page - 2 * style.MARGIN, style.TITLE, bold=True) if plot.title else ():
        sheet.text(style.MARGIN, y + style.TITLE, line, size=style.TITLE, bold=True)
        y += style.TITLE * style.LEADING
    y = _draw_bars(sheet, plot, label, left, y + 5)
    y = _draw_axis(sheet, plot, left, y)
    lights = (*plot.levels, *([OFF] if any(bar.shares[-1] > 0 for bar in plot.bars) else []))
    y = draw_light_legend(sheet, lights, style.MARGIN, page - style.MARGIN, y + 7) + 2
    y = draw_footnotes(sheet, plot.footnotes, page - style.MARGIN, y)
    return sheet.figure(title=plot.title, description=describe_summary(plot), width=page, height=math.ceil(y + style.MARGIN))


def _draw_bars(sheet: Sheet, plot: RiskOfBiasSummary, label: float, left: float, y: float) -> float:
    group = ""
    for i, bar in enumerate(plot.bars):
        if bar.group and bar.group != group:
            sheet.text(style.MARGIN, y + style.SMALL + 1, bar.group, size=style.SMALL, colour=style.QUIET)
            y += style.SMALL * style.LEADING + 3
        group = bar.group
        if bar.apart and i:
            sheet.line((style.MARGIN, y + 1), (left + PLOT, y + 1), width=style.THIN, colour=style.HAIR)
            y += BETWEEN
        lines = wrap(bar.label, label, bold=bar.apart)
        height = max(BAR, len(lines) * style.TEXT * style.LEADING)
        middle = y + height / 2
        first = middle - (len(lines) - 1) * style.TEXT * style.LEADING / 2 + style.CAP * style.TEXT
        sheet.block(style.MARGIN, first, lines, bold=bar.apart)
        _draw_bar(sheet, bar, plot.levels, left, middle)
        y += height + BETWEEN
    return y


def _draw_bar(sheet: Sheet, bar: LevelBar, levels: tuple[Light, ...], left: float, middle: float) -> None:
    for light, start, share in _segments(bar, levels):
        x, end = left + PLOT * start, left + PLOT * (start + share)
        fill = light.colour or style.PAPER
        sheet.box(x, middle - BAR / 2, end, middle + BAR / 2, fill=fill, edge=style.QUIET, width=style.THIN)
        sign = f"{light.sign}:" if light.sign.isdigit() else light.sign
        for text in (f"{sign} {_percent(share)}".strip(), _percent(share), light.sign):
            if text and text_width(text, style.SMALL, bold=True) + 2 * ROOM <= end - x:
                looks = {"size": style.SMALL, "align": "center", "colour": ink_on(light.colour) if light.colour else style.QUIET}
                sheet.text((x + end) / 2, middle + style.CAP * style.SMALL, text, **looks)
                break


def _segments(bar: LevelBar, levels: tuple[Light, ...]) -> Iterator[tuple[Light, float, float]]:
    """Light, start and share of each piece that is there."""
    start = 0.0
    for light, share in zip((*levels, OFF), bar.shares, strict=True):
        if share > 0:
            yield light, start, share
        start += share


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%" if share >= 0.005 else "<1%"


def _draw_axis(sheet: Sheet, plot: RiskOfBiasSummary, left: float, y: float) -> float:
    y -= BETWEEN / 2
    sheet.line((left, y), (left + PLOT, y), width=style.LINE)
    for tick in TICKS:
        x = left + PLOT * tick / 100
        sheet.line((x, y), (x, y + 3), width=style.LINE)
        sheet.text(x, y + 4 + style.SMALL, f"{tick}%", size=style.SMALL, align="center")
    y += 4 + style.SMALL * style.LEADING
    sheet.text(left + PLOT / 2, y + style.SMALL + 2, plot.axis_title, size=style.SMALL, align="center")
    return y + style.SMALL * style.LEADING + 2


def describe_summary(plot: RiskOfBiasSummary) -> str:
    """The plot in words, for who can't see it."""
    bars = [
        f"{bar.label}: " + ", ".join(f"{_percent(share)} {light.name.lower()}" for light, _, share in _segments(bar, plot.levels))
        for bar in plot.bars
    ]
    return f"Risk of bias, {plot.axis_title.lower()}. {'; '.join(bars)}."
