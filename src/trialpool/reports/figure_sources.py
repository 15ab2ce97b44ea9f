"""The source data of a report's figures: beside each, the rows and numbers that it draws."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from trialpool.analysis.findings import AnalysisFindings, Findings
from trialpool.analysis.judgements import judgements_of
from trialpool.figures.absolute_effects import absolute_rows
from trialpool.figures.drawn_numbers import (
    forest_rows,
    funnel_rows,
    gosh_rows,
    posterior_rows,
    sensitivity_rows,
    specification_rows,
)
from trialpool.figures.from_evidence import posterior_densities, specification_curve_of
from trialpool.figures.from_influence import gosh_of
from trialpool.figures.from_results import cumulative_plot, forest_plot, sensitivity_plot
from trialpool.reports.flow_json import count_rows
from trialpool.reports.html_curves import figure_name
from trialpool.reports.tables import Row, csv_text
from trialpool.stats.influence.residual_plots import baujat
from trialpool.stats.survival.kaplan_meier import kaplan_meier
from trialpool.stats.survival.reconstruct import Reconstruction
from trialpool.stats.tables import Tabular


def figure_sources(findings: Findings, names: Iterable[str]) -> dict[str, str]:
    """CSV text by name of the figure; a figure of a kind that is not known here has none."""
    made = {name: rows for found in findings.analyses for name, rows in _sources(findings, found)}
    if findings.flow is not None:
        made["flow"] = partial(count_rows, findings.flow)
    made |= {figure_name(found): partial(_curve, found.made) for found in findings.curves}
    return {name: csv_text(made[name]()) for name in names if name in made}


Made = Callable[[], Iterable[Row]]


def _sources(findings: Findings, found: AnalysisFindings) -> Iterator[tuple[str, Made]]:
    """What makes the rows of each figure that there can be."""
    id_ = found.analysis.id
    if found.fit is None:
        return
    first = found.subgroups[0] if found.subgroups else None
    yield f"forest-{id_}", lambda: forest_rows(forest_plot(findings, found, first))
    for of in found.subgroups[1:]:
        yield f"forest-{id_}-by-{'-'.join(of.by.split())}", lambda of=of: forest_rows(forest_plot(findings, found, of))  # type: ignore[misc]
    for i, of_tool in enumerate(judgements_of(found.risk_of_bias) if found.risk_of_bias is not None else ()):
        for kind in ("traffic-lights", "risk-of-bias"):
            yield f"{kind}-{id_}" + (f".{of_tool.tool.id}" if i else ""), lambda of=of_tool: _rows(of)  # type: ignore[misc]
    for kind, make in KINDS.items():
        yield f"{kind}-{id_}", lambda make=make: make(found)  # type: ignore[misc]


def _curve(made: Reconstruction) -> Iterator[Row]:
    """What was read of each arm, and the curve of the patients behind it."""
    for arm, read in made.curves.items():
        for time, survival in zip(read.time.tolist(), read.survival.tolist(), strict=True):
            yield {"arm": arm, "row": "read", "time": time, "survival": survival}
    for row in _rows(kaplan_meier(made.patients)):
        yield {"row": "patients"} | row


def _funnel(found: AnalysisFindings) -> Iterator[Row]:
    assert found.fit is not None
    yield from funnel_rows(found.fit.effects, "study")
    filled = found.robustness.trim_and_fill if found.robustness is not None else None
    if filled is not None:
        yield from funnel_rows(filled.added, "filled in")


def _rows(of: Tabular) -> Iterator[Row]:
    """A result's own table, row by row."""
    columns = of.table()
    for cells in zip(*columns.values(), strict=True):
        yield dict(zip(columns, cells, strict=True))


def _posterior(found: AnalysisFindings) -> Iterator[Row]:
    for density in posterior_densities(found.robustness.bayesian):  # type: ignore[union-attr, arg-type]
        yield from posterior_rows(density)


KINDS: dict[str, Callable[[Any], Iterable[Row]]] = {
    "sensitivity": lambda found: sensitivity_rows(sensitivity_plot(found)),
    "cumulative": lambda found: sensitivity_rows(cumulative_plot(found)),
    "funnel": _funnel,
    "multiverse": lambda found: specification_rows(specification_curve_of(found.robustness.multiverse)),
    "influence": lambda found: _rows(found.robustness.influence),
    "baujat": lambda found: _rows(baujat(found.fit)),
    "subsets": lambda found: gosh_rows(gosh_of(found.robustness.subsets)),
    "sequential": lambda found: _rows(found.robustness.sequential),
    "posterior": _posterior,
    "absolute": absolute_rows,
}
