"""Rows of text around a plot of intervals: what forest plots and sensitivity plots have in common.

Columns are as wide as their texts, measured; a row is as high as its lines; so nothing overlaps and nothing is cut off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from trialpool.figures import style
from trialpool.figures.axis import Axis, draw_axis, effect_axis
from trialpool.figures.canvas import Sheet
from trialpool.figures.intervals import Interval, draw_arrow, draw_interval
from trialpool.figures.lettering import text_width, wrap
from trialpool.figures.lights import Light, draw_light, draw_light_legend, shown_lights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trialpool.figures.canvas import Figure
    from trialpool.figures.marks import Align

Kind = Literal["plain", "bold", "note"]

WIDEST_LABEL = 205.0
WIDEST_HEADER = 78.0
NARROWEST_NOTES = 165.0
PLOT_WIDTHS = (165.0, 250.0)
INDENT = 8.0
SPACE = 3.0  # between an estimate and its limits
MANY_ROWS = 30
LIGHT, LIGHT_CELL = 4.1, 12.5  # radius of a light, and the least width of its column
ABOVE, BELOW, MORE = 2.6, 4.2, 3.0  # from the middle of a row of two intervals to each; by how much it is higher


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the table.

    label, marks     : text at the left; marks are small and raised after it
    cells            : texts of the columns between label and plot, as many as the table has, or none: then the
                       label may run across these columns
    interval         : what is drawn in the plot
    second           : what is drawn below that, in a row that is higher for it
    effect           : estimate and limits as text
    weight           : text of the column after the plot's numbers
    lights           : levels of risk, in columns of their own at the right
    space, rule      : room above, in points; a thin rule across the table above
    """

    label: str
    marks: str = ""
    kind: Kind = "plain"
    faint: bool = False
    indent: bool = False
    cells: tuple[str, ...] = ()
    interval: Interval | None = None
    second: Interval | None = None
    effect: tuple[str, str] = ("", "")
    weight: str = ""
    lights: tuple[Light, ...] = ()
    space: float = 0.0
    rule: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RowTable:
    """A whole plot: headers, rows, the axis' meaning, and what stands under it.

    light_headers, light_levels : what the columns of lights are, and what the lights mean, from best to worst
    always    : values on the analysis scale that the axis must reach
    reference : dotted line, such as the overall estimate; nan for none
    band      : shaded range, such as the interval of the primary result
    """

    title: str
    description: str
    rows: tuple[Row, ...]
    label_header: str = "Study"
    cell_headers: tuple[str, ...] = ()
    effect_header: str
    weight_header: str = ""
    light_headers: tuple[str, ...] = ()
    light_levels: tuple[Light, ...] = ()
    axis_title: str
    log: bool
    always: tuple[float, ...] = ()
    reference: float = math.nan
    band: tuple[float, float] | None = None
    favours: tuple[str, str] = ("", "")
    footnotes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where each column stands, in points from the left edge of the page.

    label_end, text_end : where labels with cells beside them must end, and labels without
    cells, estimate, weight : right ends of what is set flush right
    lights              : middles of the columns of lights
    """

    label: float
    label_end: float
    text_end: float
    cells: tuple[float, ...]
    plot: tuple[float, float]
    estimate: float
    limits: float
    effect: float
    weight: float
    lights: tuple[float, ...]
    page: float


def draw_rows(table: RowTable) -> Figure:
    """Lay the table out and draw it."""
    sheet = Sheet()
    columns = _columns(table)
    y = _draw_title(sheet, table, columns)
    y = _draw_headers(sheet, table, columns, y)
    heights = [_height(row, table, columns) for row in table.rows]
    bottom = y + sum(heights) + sum(row.space for row in table.rows) + 4
    axis = _axis(table, columns)
    _draw_guides(sheet, table, axis, y, bottom, columns)
    for row, height in zip(table.rows, heights, strict=True):
        y += row.space
        _draw_row(sheet, row, columns, axis, y, _line_height(row, table))
        y += height
    y = draw_axis(sheet, axis, bottom, table.axis_title)
    y = _draw_favours(sheet, table.favours, axis, columns, y)
    if table.light_headers:
        lights = shown_lights(table.light_levels, [light for row in table.rows for light in row.lights])
        y = draw_light_legend(sheet, lights, columns.label, columns.page - style.MARGIN, y + 6, radius=LIGHT)
    y = _draw_footnotes(sheet, table.footnotes, columns, y)
    height = math.ceil(y + style.MARGIN)
    return sheet.figure(title=table.title, description=table.description, width=columns.page, height=height)


def _axis(table: RowTable, columns: Columns) -> Axis:
    drawn = [row.interval for row in table.rows if row.interval]
    left, right = columns.plot
    studies = [(each.low, each.high) for each in drawn if each.shape == "square"]
    pooled = [x for each in drawn if each.shape != "square" for x in (each.low, each.high)]
    pooled += [row.second.estimate for row in table.rows if row.second]
    return effect_axis(studies, always=(*pooled, *table.always), log=table.log, left=left, right=right)


# --- columns


def _columns(table: RowTable) -> Columns:
    label = _label_width(table)
    ends, x = [], style.MARGIN + label
    for i, header in enumerate(table.cell_headers):
        x += style.GAP + max(_widest([row.cells[i] for row in table.rows if row.cells]), _header_width(header))
        ends.append(x)
    text_end = max(x, style.MARGIN + _spanning_width(table))
    shift = text_end - x
    estimate = _widest([row.effect[0] for row in table.rows])
    effect = max(estimate + SPACE + _widest([row.effect[1] for row in table.rows]), _header_width(table.effect_header))
    weight = _weight_width(table)
    left = text_end + style.GAP
    rest = left + style.GAP + effect + weight + style.MARGIN
    plot = min(max(style.PAGE - rest, PLOT_WIDTHS[0]), PLOT_WIDTHS[1])
    start = left + plot + style.GAP
    widths = [max(LIGHT_CELL, _header_width(header) + 5) for header in table.light_headers]
    first = start + effect + weight + style.GAP / 2
    return Columns(
        label=style.MARGIN,
        label_end=style.MARGIN + label + shift,
        text_end=text_end,
        cells=tuple(end + shift for end in ends),
        plot=(left, left + plot),
        estimate=start + estimate,
        limits=start + estimate + SPACE,
        effect=start,
        weight=start + effect + weight,
        lights=tuple(first + sum(widths[:i]) + width / 2 for i, width in enumerate(widths)),
        page=math.ceil(rest + plot + (sum(widths) + style.GAP / 2 if widths else 0)),
    )


def _widest(texts: Sequence[str]) -> float:
    return max((text_width(text, bold=True) for text in texts), default=0.0)


def _header_width(header: str) -> float:
    return max((text_width(line, bold=True) for line in wrap(header, WIDEST_HEADER, bold=True)), default=0.0)


def _weight_width(table: RowTable) -> float:
    if not table.weight_header:
        return 0.0
    return style.GAP + max(_widest([row.weight for row in table.rows]), _header_width(table.weight_header))


def _own_width(row: Row) -> float:
    label = text_width(row.label, _size(row), bold=row.kind == "bold") + text_width(row.marks, style.MARK)
    return label + INDENT * row.indent + 1


def _label_width(table: RowTable) -> float:
    beside_cells = [_own_width(row) for row in table.rows if row.cells or (not table.cell_headers and row.kind != "note")]
    return min(max([_header_width(table.label_header), *beside_cells]), WIDEST_LABEL)


def _spanning_width(table: RowTable) -> float:
    """What labels that run across the columns of cells ask for; notes are content with less and break."""
    labels = [min(_own_width(row), WIDEST_LABEL) for row in table.rows if not row.cells and row.kind != "note"]
    notes = [min(_own_width(row), NARROWEST_NOTES) for row in table.rows if row.kind == "note"]
    return max([0.0, *labels, *notes])


# --- rows


def _size(row: Row) -> float:
    return style.SMALL if row.kind == "note" else style.TEXT


def _label_lines(row: Row, columns: Columns) -> tuple[str, ...]:
    end = columns.label_end if row.cells else columns.text_end
    width = end - columns.label - INDENT * row.indent - text_width(row.marks, style.MARK)
    return wrap(row.label, width, _size(row), bold=row.kind == "bold")


def _line_height(row: Row, table: RowTable) -> float:
    if row.kind == "note":
        return style.SMALL * 1.5
    return style.TEXT * (1.5 if len(table.rows) > MANY_ROWS else 1.75) + MORE * (row.second is not None)


def _height(row: Row, table: RowTable, columns: Columns) -> float:
    more = len(_label_lines(row, columns)) - 1
    return _line_height(row, table) + more * _size(row) * style.LEADING


def _draw_row(sheet: Sheet, row: Row, columns: Columns, axis: Axis, y: float, line_height: float) -> None:
    size, bold = _size(row), row.kind == "bold"
    looks = {"size": size, "bold": bold, "colour": style.QUIET if row.faint or row.kind == "note" else style.INK}
    middle = y + line_height / 2
    baseline = middle + style.CAP * size
    if row.rule:
        sheet.line((columns.label, y), (columns.page - style.MARGIN, y), width=style.THIN, colour=style.HAIR)
    if row.interval:
        draw_interval(sheet, row.interval, axis, middle - ABOVE * (row.second is not None))
    if row.second:
        draw_interval(sheet, row.second, axis, middle + BELOW)
    _draw_label(sheet, row, _label_lines(row, columns), columns, baseline, looks)
    for end, cell in zip(columns.cells, row.cells, strict=False):
        sheet.text(end, baseline, cell, align="right", **looks)
    sheet.text(columns.estimate, baseline, row.effect[0], align="right", **looks)
    sheet.text(columns.limits, baseline, row.effect[1], **looks)
    sheet.text(columns.weight, baseline, row.weight, align="right", **looks)
    for x, light in zip(columns.lights, row.lights, strict=False):
        draw_light(sheet, light, x, middle, LIGHT)


def _draw_label(sheet: Sheet, row: Row, lines: Sequence[str], columns: Columns, baseline: float, looks: dict[str, Any]) -> None:
    x = columns.label + INDENT * row.indent
    sheet.block(x, baseline, lines, **looks)
    last = baseline + (len(lines) - 1) * _size(row) * style.LEADING
    after = x + text_width(lines[-1], _size(row), bold=row.kind == "bold") + 0.8
    sheet.text(after, last - 0.38 * _size(row), row.marks, size=style.MARK, colour=looks["colour"])


# --- around the rows


def _draw_title(sheet: Sheet, table: RowTable, columns: Columns) -> float:
    y = style.MARGIN
    for line in wrap(table.title, columns.page - 2 * style.MARGIN, style.TITLE, bold=True) if table.title else ():
        sheet.text(columns.label, y + style.TITLE, line, size=style.TITLE, bold=True)
        y += style.TITLE * style.LEADING
    return y + 5 if table.title else y


def _draw_headers(sheet: Sheet, table: RowTable, columns: Columns, y: float) -> float:
    headers: list[tuple[float, Align, str]] = [(columns.label, "left", table.label_header)]
    headers += [(end, "right", text) for end, text in zip(columns.cells, table.cell_headers, strict=True)]
    headers += [(columns.effect, "left", table.effect_header), (columns.weight, "right", table.weight_header)]
    headers += [(x, "center", text) for x, text in zip(columns.lights, table.light_headers, strict=True)]
    wrapped = [(x, align, wrap(text, WIDEST_HEADER, bold=True)) for x, align, text in headers]
    most = max(len(lines) for _, _, lines in wrapped)
    for x, align, lines in wrapped:
        first = y + style.TEXT + (most - len(lines)) * style.TEXT * style.LEADING
        sheet.block(x, first, lines, align=align, bold=True)
    y += most * style.TEXT * style.LEADING + 2.5
    sheet.line((columns.label, y), (columns.page - style.MARGIN, y), width=style.LINE)
    return y + 2


def _draw_guides(sheet: Sheet, table: RowTable, axis: Axis, top: float, bottom: float, columns: Columns) -> None:
    """What lies under the rows: the band of the primary result, the null line and the line of the overall estimate."""
    if table.band:
        low, high = (axis.at(x) for x in table.band)
        sheet.box(low, top, high, bottom, fill=style.REFERENCE)
    sheet.line((axis.at(0), top), (axis.at(0), bottom), width=style.LINE, colour=style.HAIR)
    if axis.holds(table.reference):
        x = axis.at(table.reference)
        sheet.line((x, top), (x, bottom), width=style.LINE, colour=style.OVERALL, dash="dotted")


def _draw_favours(sheet: Sheet, favours: tuple[str, str], axis: Axis, columns: Columns, y: float) -> float:
    """What either side of the null means, with an arrow that points there; texts may run on beneath the columns."""
    if not any(favours):
        return y
    null, reach = axis.at(0), 4.0
    sides: list[tuple[str, float, float, Align, float]] = [
        (favours[0], -1, min(axis.left, null - 30), "right", null - reach - columns.label),
        (favours[1], +1, max(axis.right, null + 30), "left", columns.page - style.MARGIN - null - reach),
    ]
    lines = 0
    for text, side, end, align, room in sides:
        if text:
            draw_arrow(sheet, null + side * reach, end, y + 5)
            wrapped = wrap(text, room, style.SMALL)
            sheet.block(null + side * reach, y + 9 + style.SMALL, wrapped, size=style.SMALL, align=align)
            lines = max(lines, len(wrapped))
    return y + 9 + lines * style.SMALL * style.LEADING


def _draw_footnotes(sheet: Sheet, footnotes: Sequence[str], columns: Columns, y: float) -> float:
    y += 6 if footnotes else 0
    for note in footnotes:
        lines = wrap(note, columns.page - 2 * style.MARGIN, style.SMALL)
        sheet.block(columns.label, y + style.SMALL, lines, size=style.SMALL, colour=style.QUIET)
        y += len(lines) * style.SMALL * style.LEADING + 1.5
    return y
