"""Kaplan-Meier figures that were read, with the patients behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from trialpool.analysis.findings import Findings
from trialpool.analysis.reconstructed_curves import CurveFindings
from trialpool.figures.heterogeneity import p_text
from trialpool.figures.numerals import difference_text, level_text
from trialpool.reports.html_figures import FigureView
from trialpool.reports.html_tables import Column, Table, cell, row, table
from trialpool.reports.wording import interval_text
from trialpool.stats.distributions import z_quantile

NOT_REACHED = "not reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveView:
    """One figure: the patients over what was read, a row an arm, and what the arms differ by."""

    id: str
    name: str
    figure: FigureView | None
    arms: Table
    sentences: tuple[str, ...]


def curve_views(findings: Findings, figures: Mapping[str, FigureView]) -> tuple[CurveView, ...]:
    """The figures in the order of their files."""
    return tuple(
        CurveView(
            id=f"{found.curve.name.casefold()}.curve",
            name=name_of(found),
            figure=figures.get(figure_name(found)),
            arms=_arms(found),
            sentences=tuple(_sentences(found)),
        )
        for found in findings.curves
    )


def name_of(found: CurveFindings) -> str:
    """`Attal 2012: OS`."""
    return f"{found.label}: {found.curve.outcome}"


def figure_name(found: CurveFindings) -> str:
    """As the figure's files are called."""
    return f"curve-{found.curve.name}"


def _arms(found: CurveFindings) -> Table:
    columns = (Column("Arm"), *(Column(head, "number") for head in ("Patients", "Events", "Events published", "Median")))
    columns += (Column("Furthest from a reading", "number"), Column("Not met", "long"))
    misses = {arm: [m.removeprefix(f"{arm}: ") for m in found.made.misses if m.startswith(f"{arm}: ")] for arm in found.made.fits}
    rows = [
        row(
            (
                cell(arm),
                cell(fit.n),
                cell(fit.events),
                cell(fit.wanted_events),
                cell(_median(found, arm)),
                cell(f"{fit.largest_miss:.4f}"),
                cell("; ".join(misses[arm])),
            )
        )
        for arm, fit in found.made.fits.items()
    ]
    return table(f"Patients behind the curves: {name_of(found)}", columns, rows)


def _median(found: CurveFindings, arm: str) -> str:
    median = found.kaplan_meier.median(arm)
    return f"{median:.1f}" if median < float("inf") else NOT_REACHED


def _sentences(found: CurveFindings) -> Iterator[str]:
    arms, unit = f"{found.treatment} against {found.control}", found.made.patients.unit
    if found.effect is None:
        yield f"No hazard ratio of {arms} can be had from these patients."
    else:
        e, half = found.effect, z_quantile(0.95) * found.effect.se
        shown = interval_text(e.log_hr, e.log_hr - half, e.log_hr + half, "HR")
        yield f"{arms[:1].upper()}{arms[1:]}: hazard ratio {shown} by a Cox model; {_left_open(e.inflation, e.draws)}."
    if found.means is not None:
        half = z_quantile(found.means.level) * found.means.se[0]
        difference, tau = found.means.difference[0], found.means.horizons[0]
        low, high = (difference_text(limit, 2) for limit in (difference - half, difference + half))
        yield (
            f"Mean survival up to {tau:g} {unit}: {found.means.treated[0]:.2f} and {found.means.control[0]:.2f} {unit}, a "
            f"difference of {difference_text(difference, 2)} ({level_text(found.means.level)} confidence interval {low} to {high})."
        )
    if found.proportional is not None:
        yield f"Test of proportional hazards: {p_text(found.proportional.p)}."


def _left_open(inflation: float, draws: int) -> str:
    if inflation != inflation:
        return "how much the figure leaves open could not be told"
    return f"what the figure leaves open adds {100 * (inflation - 1):.2g}% to its standard error ({draws} other data sets)"
