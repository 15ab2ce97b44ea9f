"""Forest plots: each study with its numbers, square and interval; what was pooled as diamonds; all in one table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trialpool.figures import style
from trialpool.figures.intervals import Interval, side_of_square
from trialpool.figures.numerals import decimals_for, level_text, number_text, range_text, share_text
from trialpool.figures.row_table import Row, RowTable, draw_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trialpool.figures.canvas import Figure
    from trialpool.figures.lights import Light

NOT_ESTIMABLE = "Not estimable"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyLine:
    """One study, or one stratum of it.

    treatment, control  : text of the arm's column, such as "86/231"
    estimate, low, high : on the analysis scale (log for ratios); a limit that is not finite is drawn as an arrow
    expected            : estimate and limits that a model makes of the study, drawn below its own; None for none
    weight              : share of the pooled result, 0 to 1
    marks               : small raised signs after the label, such as a dagger that a footnote explains
    faint               : shown but not pooled
    lights              : levels of risk, one for each of the plot's columns of lights
    """

    label: str
    treatment: str = ""
    control: str = ""
    estimate: float
    low: float
    high: float
    expected: tuple[float, float, float] | None = None
    weight: float | None = None
    marks: str = ""
    faint: bool = False
    lights: tuple[Light, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLine:
    """The heading of a subgroup."""

    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledLine:
    """A pooled result, drawn as a diamond.

    prediction : limits for the effect of a next study, on the analysis scale; a row of its own below
    note       : heterogeneity in words; small, below
    overall    : of all studies: the dotted line stands at the first of these
    """

    label: str
    estimate: float
    low: float
    high: float
    prediction: tuple[float, float] | None = None
    note: str = ""
    overall: bool = False
    weight: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLine:
    """A remark between rows, in small type."""

    text: str


ForestLine = StudyLine | GroupLine | PooledLine | NoteLine


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestPlot:
    """What a forest plot shows, from top to bottom.

    measure, measure_name         : "HR" and "Hazard ratio"
    log                           : effects are logarithms, and shown as ratios
    level                         : confidence level of all intervals
    treatment_header, ...         : headers of the columns of the arms and of what is expected, each left out where no line fills it
    expected_interval             : what the limits of what is expected are: "CI" or "CrI"
    favours_low, favours_high     : what stands under the axis at either side of the null
    light_headers, light_levels   : what the columns of lights are, and what the lights mean, from best to worst
    """

    title: str
    lines: tuple[ForestLine, ...]
    measure: str
    measure_name: str
    log: bool
    level: float = 0.95
    treatment_header: str = "Treatment"
    control_header: str = "Control"
    expected_header: str = "Expected"
    expected_interval: str = "CI"
    favours_low: str = ""
    favours_high: str = ""
    show_weights: bool = True
    light_headers: tuple[str, ...] = ()
    light_levels: tuple[Light, ...] = ()
    footnotes: tuple[str, ...] = ()

    @property
    def studies(self) -> tuple[StudyLine, ...]:
        return tuple(line for line in self.lines if isinstance(line, StudyLine))

    @property
    def pooled(self) -> tuple[PooledLine, ...]:
        return tuple(line for line in self.lines if isinstance(line, PooledLine))


def draw_forest(plot: ForestPlot) -> Figure:
    """Draw the plot; its width suits a page, its height grows with its lines."""
    overall = [line.estimate for line in plot.pooled if line.overall]
    name = plot.measure_name or plot.measure
    table = RowTable(
        title=plot.title,
        description=describe_forest(plot),
        rows=tuple(_rows(plot, _Manner.of(plot))),
        cell_headers=tuple(header for header, _ in _cells(plot)),
        effect_header=f"{name}\n({level_text(plot.level)} CI)",
        weight_header="Weight" if plot.show_weights and _has_weights(plot) else "",
        light_headers=plot.light_headers,
        light_levels=plot.light_levels,
        axis_title=axis_title(name, log=plot.log),
        log=plot.log,
        reference=overall[0] if overall else math.nan,
        favours=(plot.favours_low, plot.favours_high),
        footnotes=plot.footnotes,
    )
    return draw_rows(table)


def axis_title(measure_name: str, *, log: bool) -> str:
    """What the axis measures, and that it is not linear."""
    return f"{measure_name} (log scale)" if log else measure_name


def _has_weights(plot: ForestPlot) -> bool:
    lines: list[StudyLine | PooledLine] = [*plot.studies, *plot.pooled]
    return any(line.weight is not None for line in lines)


def _cells(plot: ForestPlot) -> list[tuple[str, str]]:
    """Header and field of each column between labels and plot that any line fills."""
    cells = [
        (plot.treatment_header, "treatment"),
        (plot.control_header, "control"),
        (f"{plot.expected_header}\n({level_text(plot.level)} {plot.expected_interval})", "expected"),
    ]
    return [(header, field) for header, field in cells if any(getattr(line, field) for line in plot.studies)]


# --- lines to rows


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manner:
    """What the rows of one plot have in common."""

    log: bool
    level: str
    decimals: int
    cells: tuple[str, ...]
    grouped: bool
    weights: bool
    largest_weight: float

    @classmethod
    def of(cls, plot: ForestPlot) -> _Manner:
        lines: list[StudyLine | PooledLine] = [*plot.studies, *plot.pooled]
        shown = [(line.estimate, line.low, line.high) for line in lines]
        shown += [line.expected for line in plot.studies if line.expected]
        weights = [line.weight for line in plot.studies if line.weight is not None and math.isfinite(line.weight)]
        return cls(
            log=plot.log,
            level=level_text(plot.level),
            decimals=decimals_for(x for numbers in shown for x in numbers),
            cells=tuple(field for _, field in _cells(plot)),
            grouped=any(isinstance(line, GroupLine) for line in plot.lines),
            weights=plot.show_weights,
            largest_weight=max(weights, default=0.0),
        )

    def limits(self, low: float, high: float) -> str:
        return range_text(low, high, log=self.log, decimals=self.decimals)

    def effect(self, line: StudyLine | PooledLine) -> tuple[str, str]:
        if not math.isfinite(line.estimate):
            return "", NOT_ESTIMABLE
        estimate = number_text(line.estimate, log=self.log, decimals=self.decimals)
        return estimate, f"({self.limits(line.low, line.high)})"

    def cell(self, line: StudyLine, field: str) -> str:
        if field != "expected" or line.expected is None:
            return getattr(line, field) or ""
        estimate, low, high = line.expected
        return f"{number_text(estimate, log=self.log, decimals=self.decimals)} ({self.limits(low, high)})"

    def weight(self, share: float | None) -> str:
        return share_text(share) if self.weights else ""


def _rows(plot: ForestPlot, manner: _Manner) -> Iterator[Row]:
    for i, line in enumerate(plot.lines):
        match line:
            case StudyLine():
                yield _study_row(line, manner)
            case GroupLine():
                yield Row(label=line.label, kind="bold", space=5 if i else 0)
            case PooledLine():
                yield from _pooled_rows(line, manner, first=i == 0)
            case NoteLine():
                yield Row(label=line.text, kind="note")


def _study_row(line: StudyLine, manner: _Manner) -> Row:
    interval = Interval(
        estimate=line.estimate,
        low=line.low,
        high=line.high,
        size=side_of_square(line.weight, manner.largest_weight),
        colour=style.HAIR if line.faint else style.STUDY,
        open=line.faint or line.weight == 0,
    )
    return Row(
        label=line.label,
        marks=line.marks,
        faint=line.faint,
        indent=manner.grouped,
        cells=tuple(manner.cell(line, field) for field in manner.cells),
        interval=interval,
        second=_expected(line),
        effect=manner.effect(line),
        weight=manner.weight(line.weight),
        lights=line.lights,
    )


def _expected(line: StudyLine) -> Interval | None:
    if line.expected is None:
        return None
    estimate, low, high = line.expected
    return Interval(estimate=estimate, low=low, high=high, shape="kite", colour=style.PREDICTION)


def _pooled_rows(line: PooledLine, manner: _Manner, *, first: bool) -> Iterator[Row]:
    indent = manner.grouped and not line.overall
    colour = style.OVERALL if line.overall else style.SUBTOTAL
    yield Row(
        label=line.label,
        kind="bold",
        indent=indent,
        interval=Interval(estimate=line.estimate, low=line.low, high=line.high, shape="diamond", colour=colour),
        effect=manner.effect(line),
        weight=manner.weight(line.weight),
        space=4 if line.overall and not first else 0,
        rule=line.overall and not first,
    )
    if line.prediction is not None:
        yield _prediction_row(line.prediction, manner, indent=indent)
    if line.note:
        yield Row(label=line.note, kind="note", indent=indent)


def _prediction_row(limits: tuple[float, float], manner: _Manner, *, indent: bool) -> Row:
    low, high = limits
    return Row(
        label=f"{manner.level} prediction interval",
        indent=indent,
        interval=Interval(estimate=math.nan, low=low, high=high, shape="bar", colour=style.PREDICTION),
        effect=("", f"({manner.limits(low, high)})"),
    )


# --- in words


def describe_forest(plot: ForestPlot) -> str:
    """The plot in words, for who can't see it: how many studies, and every pooled result."""
    k, manner = len(plot.studies), _Manner.of(plot)
    name = plot.measure_name or plot.measure
    start = f"Forest plot of {k} {'study' if k == 1 else 'studies'}, {name} with {manner.level} confidence intervals."
    return " ".join([start, *(_describe_pooled(line, manner) for line in plot.pooled)])


def _describe_pooled(line: PooledLine, manner: _Manner) -> str:
    words = f"{line.label}: {' '.join(manner.effect(line)).strip()}"
    if line.prediction is not None:
        words += f", {manner.level} prediction interval {manner.limits(*line.prediction)}"
    return f"{words}."
