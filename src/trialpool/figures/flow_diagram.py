"""The PRISMA 2020 flow diagram: its four templates, as large as what the boxes say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from trialpool.errors import BadArgument
from trialpool.figures import style
from trialpool.figures.canvas import Figure, Sheet
from trialpool.figures.flow_boxes import LABELS, Row, boxes_of
from trialpool.figures.flow_layout import APART, BAND, INDENT, PAD, FlowLayout, Placed, Way
from trialpool.figures.lettering import text_width, wrap
from trialpool.review.flow import FlowCounts
from trialpool.review.flow_arithmetic import completed, disagreements

if TYPE_CHECKING:
    from trialpool.errors import Problem
    from trialpool.figures.flow_boxes import Box

NAME = "PRISMA 2020 flow diagram"
ARROW = 3.6
NARROWEST = 160.0  # of the diagram as a whole
SECTIONS: dict[Row, str] = {
    "identified": "identification", "screened": "screening", "sought": "screening", "assessed": "screening",
    "included": "included", "total": "included", "pooled": "included",
}  # fmt: skip


def flow_diagram(
    counts: FlowCounts,
    *,
    title: str = "",
    labels: Mapping[str, str] | None = None,
    width: float | None = None,
    notes: bool = True,
) -> Figure:
    """The PRISMA 2020 flow diagram of a review; which of the four templates it is follows from the counts.

    Parameters
    ----------
    counts : the counts; those that follow from others are filled in
    title : stands above the diagram; none where left out
    labels : other words for a box, by its key: `{"screened": "Hits screened"}`
    width : in points; where it is too small for the columns (241 is a column of a journal), the arms stand under each other
    notes : whether counts that do not add up, and differences between records and reports, are said under the diagram

    Returns
    -------
    Figure: boxes as large as their words; `save("flow.svg", letters=True)` writes text that a drawing program can edit

    References
    ----------
    Page et al. (2021), BMJ 372:n71

    >>> counts = FlowCounts(databases=730, duplicates=130, excluded=550, not_retrieved=2, excluded_reports=28, new_studies=18)
    >>> flow_diagram(counts).title
    'PRISMA 2020 flow diagram'
    """
    if not isinstance(counts, FlowCounts):
        raise BadArgument(f"flow_diagram draws FlowCounts, not {type(counts).__name__}. Make it by FlowCounts(...).")
    if width is not None and width < NARROWEST:
        raise BadArgument(f"width is {width:g} points. Give {NARROWEST:g} or more, or leave it out.")
    problems = disagreements(counts) if notes else ()
    boxes = boxes_of(completed(counts), labels)
    layout = FlowLayout.of(boxes, width)
    sheet = Sheet()
    placed = layout.placed(boxes, _draw_title(sheet, title, layout.width))
    _draw_sections(sheet, layout, placed, {**LABELS, **(labels or {})})
    for way in layout.ways(placed):
        _draw_way(sheet, way)
    for each in placed:
        _draw_box(sheet, each)
    bottom = _draw_notes(sheet, problems, layout.width, max(each.bottom for each in placed))
    return sheet.figure(title=title or NAME, description=_description(boxes, problems), width=layout.width, height=bottom)


def _draw_title(sheet: Sheet, title: str, width: float) -> float:
    """Returns where the diagram can start."""
    if not title:
        return style.MARGIN
    lines = wrap(title, width - 2 * style.MARGIN, style.TITLE, bold=True)
    sheet.block(style.MARGIN, style.MARGIN + style.TITLE, lines, size=style.TITLE, bold=True)
    return style.MARGIN + len(lines) * style.TITLE * style.LEADING + style.GAP / 2


def _draw_sections(sheet: Sheet, layout: FlowLayout, placed: Sequence[Placed], labels: Mapping[str, str]) -> None:
    """The names of the sections beside their rows; the head of an arm and the previous version have none."""
    for section, rows in groupby(layout.rows(placed), key=lambda row: "" if row.arm == "previous" else SECTIONS.get(row.row, "")):
        there = list(rows)
        if section:
            _draw_section(sheet, labels[section], there[0].top, there[-1].bottom)


def _draw_section(sheet: Sheet, name: str, top: float, bottom: float) -> None:
    """Where the rows are shorter than the name it reaches into the space between them, and then its letters get smaller."""
    left, right, long = style.MARGIN, style.MARGIN + BAND, text_width(name, bold=True) + PAD
    more = max(0.0, min(APART / 2 - 1, (long - (bottom - top)) / 2))
    size = min(style.TEXT, style.TEXT * (bottom - top + 2 * more) / long)
    sheet.box(left, top - more, right, bottom + more, fill=style.SUBTOTAL)
    baseline = (left + right) / 2 + style.CAP * size
    sheet.text(baseline, (top + bottom) / 2, name, size=size, bold=True, colour=style.PAPER, align="center", turned=True)


def _draw_way(sheet: Sheet, way: Way) -> None:
    """A line through points, with an arrow where it ends in a box."""
    *_, (x0, y0), (x, y) = way.points
    across, down = (x > x0) - (x < x0), (y > y0) - (y < y0)
    end = (x - across * ARROW, y - down * ARROW) if way.arrow else (x, y)
    sheet.line(*way.points[:-1], end, width=style.LINE, colour=style.INK)
    if way.arrow:
        half = ARROW / 2
        back = (end[0] - down * half, end[1] + across * half), (end[0] + down * half, end[1] - across * half)
        sheet.shape((x, y), *back, fill=style.INK)


def _draw_box(sheet: Sheet, each: Placed) -> None:
    if each.box.row == "head":
        sheet.box(each.left, each.top, each.right, each.bottom, fill=style.REFERENCE)
    else:
        fill = style.CONTOURS[-1] if each.box.beside else style.PAPER
        sheet.box(each.left, each.top, each.right, each.bottom, fill=fill, edge=style.HAIR, width=style.LINE)
    baseline = each.top + PAD + style.TEXT * (style.LEADING / 2 + style.CAP)
    if each.box.row == "head":
        baseline += (each.bottom - each.top - each.height_of_words) / 2
    for i, line in enumerate(each.lines):
        y = baseline + i * style.TEXT * style.LEADING
        if each.box.row == "head":
            sheet.text(each.centre, y, line.text, bold=True, align="center")
        else:
            sheet.text(each.left + PAD + line.indent * INDENT, y, line.text, bold=line.bold)


def _draw_notes(sheet: Sheet, problems: Sequence[Problem], width: float, bottom: float) -> float:
    """What does not add up and what changes its unit, in sentences; returns where the sheet ends."""
    y = bottom + style.GAP / 2
    for problem in problems:
        for line in wrap(note_of(problem), width - 2 * style.MARGIN, style.SMALL):
            y += style.SMALL * style.LEADING
            sheet.text(style.MARGIN, y, line, size=style.SMALL, colour=style.QUIET)
        y += style.SMALL * 0.4
    return round(y + style.MARGIN, 2)


def note_of(problem: Problem) -> str:
    """A problem as the diagram says it."""
    start = "Records and reports" if problem.severity == "note" else "Does not add up"
    what = problem.what.replace(" - ", " \u2212 ")
    return f"{start}: {what}."


def _description(boxes: Sequence[Box], problems: Sequence[Problem]) -> str:
    said = [" ".join(line.text.rstrip(":") + (":" if line.text.endswith(":") else ";") for line in box.lines) for box in boxes]
    sentences = [f"{text.rstrip(';:')}." for text in said]
    return " ".join((f"{NAME}.", *sentences, *map(note_of, problems)))
