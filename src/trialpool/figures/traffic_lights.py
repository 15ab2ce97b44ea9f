"""Traffic-light plots: a light for each study and domain, and one over all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trialpool.figures import style
from trialpool.figures.canvas import Sheet
from trialpool.figures.legend import Key, draw_legend
from trialpool.figures.lettering import text_width, wrap
from trialpool.figures.lights import OFF, Light, draw_light, draw_light_legend, narrowest_legend, shown_lights
from trialpool.figures.numerals import share_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trialpool.figures.canvas import Figure

WIDEST_LABEL = 205.0
CELL = 21.0
NARROWEST = 330.0  # so that the legend below has lines worth the name
ROW, TIGHT_ROW, MANY_ROWS = 14.5, 13.0, 30


@dataclass(frozen=True, slots=True, kw_only=True)
class LightColumn:
    """A column of lights.

    head  : what stands above it
    name  : what that means, explained below; empty where the head says all
    group : heading over neighbouring columns
    apart : set apart from the column before it, as the judgement over all domains is
    """

    head: str
    name: str = ""
    group: str = ""
    apart: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LightRow:
    """A study; a light for each column, OFF where nothing is judged, and text of the last column."""

    label: str
    lights: tuple[Light, ...]
    weight: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficLights:
    """What the plot shows, from top to bottom; `levels` are explained below it, from best to worst."""

    title: str
    columns: tuple[LightColumn, ...]
    rows: tuple[LightRow, ...]
    levels: tuple[Light, ...]
    footnotes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """Where things stand: middles of the columns, the right end of the table (the page may be wider), the page."""

    label: float
    middles: tuple[float, ...]
    right: float
    page: float
    row: float


def draw_traffic_lights(plot: TrafficLights) -> Figure:
    """Draw the plot; its height grows with its rows, its width with its columns."""
    sheet, at = Sheet(), _layout(plot)
    y = _draw_title(sheet, plot.title, at)
    y = _draw_heads(sheet, plot, at, y)
    for i, row in enumerate(plot.rows):
        y = _draw_row(sheet, row, at, y, last=i == len(plot.rows) - 1)
    y = _draw_below(sheet, plot, at, y + 7)
    description = describe_traffic_lights(plot)
    return sheet.figure(title=plot.title, description=description, width=at.page, height=math.ceil(y + style.MARGIN))


def _layout(plot: TrafficLights) -> _Layout:
    label = max([text_width("Study", bold=True), *(text_width(row.label) for row in plot.rows)], default=0.0)
    x = style.MARGIN + min(label, WIDEST_LABEL) + style.GAP / 2
    middles = []
    for i, column in enumerate(plot.columns):
        new_group = i and column.group != plot.columns[i - 1].group
        x += style.GAP * (column.apart or bool(new_group)) / 2
        width = max(CELL, max(text_width(line, bold=True) for line in _head(column)) + 8)
        middles.append(x + width / 2)
        x += width
    weights = [row.weight for row in plot.rows if row.weight]
    if weights:
        x += style.GAP / 2 + max(text_width(text) for text in (*weights, "Weight*"))
    page = max(x + style.MARGIN, NARROWEST, narrowest_legend(plot.levels) + 2 * style.MARGIN)
    row = TIGHT_ROW if len(plot.rows) > MANY_ROWS else ROW
    return _Layout(label=min(label, WIDEST_LABEL), middles=tuple(middles), right=x, page=math.ceil(page), row=row)


def _head(column: LightColumn) -> tuple[str, ...]:
    return wrap(column.head, 3 * CELL, bold=True)


def _draw_title(sheet: Sheet, title: str, at: _Layout) -> float:
    y = style.MARGIN
    for line in wrap(title, at.page - 2 * style.MARGIN, style.TITLE, bold=True) if title else ():
        sheet.text(style.MARGIN, y + style.TITLE, line, size=style.TITLE, bold=True)
        y += style.TITLE * style.LEADING
    return y + 5 if title else y


def _draw_heads(sheet: Sheet, plot: TrafficLights, at: _Layout, y: float) -> float:
    y = _draw_groups(sheet, plot, at, y)
    heads = [_head(column) for column in plot.columns]
    most = max((len(lines) for lines in heads), default=1)
    bottom = y + most * style.TEXT * style.LEADING
    for x, lines in zip(at.middles, heads, strict=True):
        first = y + style.TEXT + (most - len(lines)) * style.TEXT * style.LEADING
        sheet.block(x, first, lines, align="center", bold=True)
    last = y + style.TEXT + (most - 1) * style.TEXT * style.LEADING
    sheet.text(style.MARGIN, last, "Study", bold=True)
    if any(row.weight for row in plot.rows):
        sheet.text(at.right, last, "Weight", bold=True, align="right")
    sheet.line((style.MARGIN, bottom + 2.5), (at.right, bottom + 2.5), width=style.LINE)
    return bottom + 4.5


def _draw_groups(sheet: Sheet, plot: TrafficLights, at: _Layout, y: float) -> float:
    groups: dict[str, list[float]] = {}
    for column, x in zip(plot.columns, at.middles, strict=True):
        if column.group:
            groups.setdefault(column.group, []).append(x)
    lines = {name: wrap(name, xs[-1] - xs[0] + CELL, style.SMALL) for name, xs in groups.items()}
    most = max((len(of) for of in lines.values()), default=0)
    for name, xs in groups.items():
        first = y + style.SMALL + (most - len(lines[name])) * style.SMALL * style.LEADING
        sheet.block(xs[0] - CELL / 2, first, lines[name], size=style.SMALL, colour=style.QUIET)
        rule = y + most * style.SMALL * style.LEADING + 1
        sheet.line((xs[0] - CELL / 2, rule), (xs[-1] + CELL / 2, rule), width=style.THIN, colour=style.HAIR)
    return y + (most * style.SMALL * style.LEADING + 4 if most else 0)


def _draw_row(sheet: Sheet, row: LightRow, at: _Layout, y: float, *, last: bool) -> float:
    lines = wrap(row.label, at.label)
    height = at.row + (len(lines) - 1) * style.TEXT * style.LEADING
    middle = y + at.row / 2
    sheet.block(style.MARGIN, middle + style.CAP * style.TEXT, lines)
    for x, light in zip(at.middles, row.lights, strict=True):
        draw_light(sheet, light, x, middle)
    sheet.text(at.right, middle + style.CAP * style.TEXT, row.weight, align="right")
    if not last:
        sheet.line((style.MARGIN, y + height), (at.right, y + height), width=style.THIN, colour=style.REFERENCE)
    return y + height


def _draw_below(sheet: Sheet, plot: TrafficLights, at: _Layout, y: float) -> float:
    """The levels, the domains by their heads, and footnotes."""
    right = at.page - style.MARGIN
    lights = shown_lights(plot.levels, [light for row in plot.rows for light in row.lights])
    y = draw_light_legend(sheet, lights, style.MARGIN, right, y) + 3
    named = [Key(text=f"{column.head}  {column.name}", sample="none") for column in plot.columns if column.name]
    y = draw_legend(sheet, named, style.MARGIN, right, y)
    return draw_footnotes(sheet, plot.footnotes, right, y)


def draw_footnotes(sheet: Sheet, footnotes: Sequence[str], right: float, y: float) -> float:
    """Small lines under a plot; returns where the next thing can start."""
    for note in footnotes:
        lines = wrap(note, right - style.MARGIN, style.SMALL)
        sheet.block(style.MARGIN, y + style.SMALL, lines, size=style.SMALL, colour=style.QUIET)
        y += len(lines) * style.SMALL * style.LEADING + 1.5
    return y


def weight_text(share: float | None) -> str:
    """A share of the weight as the last column prints it."""
    return "" if share is None else share_text(share)


def describe_traffic_lights(plot: TrafficLights) -> str:
    """The plot in words, for who can't see it: each column with how many are at each level."""
    k = len(plot.rows)
    columns = []
    for i, column in enumerate(plot.columns):
        found = [row.lights[i].name for row in plot.rows]
        counted = [
            f"{found.count(name)} {name.lower()}" for name in dict.fromkeys([*(level.name for level in plot.levels), OFF.name])
        ]
        there = ", ".join(text for text in counted if not text.startswith("0 "))
        columns.append(f"{column.name or column.head}: {there}" if there else column.name or column.head)
    return f"Traffic-light plot of {k} {'study' if k == 1 else 'studies'}. {'; '.join(columns)}."
