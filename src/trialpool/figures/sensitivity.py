"""Sensitivity plots: the same question answered in other ways, a row each, over the band of the primary answer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trialpool.figures import style
from trialpool.figures.forest import NOT_ESTIMABLE, axis_title
from trialpool.figures.intervals import Interval
from trialpool.figures.numerals import decimals_for, level_text, number_text, range_text
from trialpool.figures.row_table import Row, RowTable, draw_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trialpool.figures.canvas import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class SensitivityLine:
    """One way to answer: k studies, pooled on the analysis scale; lines of one group stand under its heading."""

    label: str
    k: int
    estimate: float
    low: float
    high: float
    primary: bool = False
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SensitivityPlot:
    """What a sensitivity plot shows, from top to bottom; the band is that of the first primary line."""

    title: str
    lines: tuple[SensitivityLine, ...]
    measure: str
    measure_name: str
    log: bool
    level: float = 0.95
    favours_low: str = ""
    favours_high: str = ""
    footnotes: tuple[str, ...] = ()

    @property
    def primary(self) -> SensitivityLine | None:
        return next((line for line in self.lines if line.primary), None)


def draw_sensitivity(plot: SensitivityPlot) -> Figure:
    """Draw the plot; its width suits a page, its height grows with its lines."""
    primary, name = plot.primary, plot.measure_name or plot.measure
    table = RowTable(
        title=plot.title,
        description=describe_sensitivity(plot),
        rows=tuple(_rows(plot)),
        label_header="Analysis",
        cell_headers=("Studies",),
        effect_header=f"{name}\n({level_text(plot.level)} CI)",
        axis_title=axis_title(name, log=plot.log),
        log=plot.log,
        reference=primary.estimate if primary else math.nan,
        band=(primary.low, primary.high) if primary else None,
        favours=(plot.favours_low, plot.favours_high),
        footnotes=plot.footnotes,
    )
    return draw_rows(table)


def _rows(plot: SensitivityPlot) -> Iterator[Row]:
    group = ""
    grouped = any(line.group for line in plot.lines)
    for i, line in enumerate(plot.lines):
        if line.group and line.group != group:
            yield Row(label=line.group, kind="bold", space=5 if i else 0)
        group = line.group
        yield _row(line, plot, indent=grouped and bool(line.group))


def _row(line: SensitivityLine, plot: SensitivityPlot, *, indent: bool) -> Row:
    interval = Interval(
        estimate=line.estimate,
        low=line.low,
        high=line.high,
        shape="diamond" if line.primary else "square",
        colour=style.OVERALL if line.primary else style.STUDY,
    )
    return Row(
        label=line.label,
        kind="bold" if line.primary else "plain",
        indent=indent,
        cells=(str(line.k),),
        interval=interval,
        effect=_effect(line, plot),
    )


def _effect(line: SensitivityLine, plot: SensitivityPlot) -> tuple[str, str]:
    if not math.isfinite(line.estimate):
        return "", NOT_ESTIMABLE
    decimals = decimals_for(x for each in plot.lines for x in (each.estimate, each.low, each.high))
    limits = range_text(line.low, line.high, log=plot.log, decimals=decimals)
    return number_text(line.estimate, log=plot.log, decimals=decimals), f"({limits})"


def describe_sensitivity(plot: SensitivityPlot) -> str:
    """The plot in words: the primary result, and from where to where the others range."""
    name, primary = plot.measure_name or plot.measure, plot.primary
    estimates = [line.estimate for line in plot.lines if math.isfinite(line.estimate)]
    count = "1 analysis" if len(plot.lines) == 1 else f"{len(plot.lines)} analyses"
    words = f"Sensitivity plot of {count}, {name}."
    if primary:
        words += f" {primary.label}: {' '.join(_effect(primary, plot)).strip()}."
    if estimates:
        ends = range_text(min(estimates), max(estimates), log=plot.log, decimals=decimals_for(estimates))
        words += f" Estimates range over {ends}."
    return words
