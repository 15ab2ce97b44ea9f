"""Plots to draw: what a review has, and what a review should never have but does."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from tests.figures.flow_examples import FLOW
from tests.figures.more_examples import MORE
from tests.figures.result_examples import FROM_RESULTS
from tests.figures.risk_examples import RISK

from trialpool.figures.canvas import Figure
from trialpool.figures.forest import ForestPlot, GroupLine, NoteLine, PooledLine, StudyLine, draw_forest
from trialpool.figures.funnel import FunnelPlot, draw_funnel
from trialpool.figures.sensitivity import SensitivityLine, SensitivityPlot, draw_sensitivity

NAMES = ("Attal 2006", "Spencer 2009", "Lokhorst 2010", "Morgan 2012 (IX)", "Stewart 2013", "Barlogie 2008")
NOTE = "Heterogeneity: τ² = 0.012, I² = 34% (0–62%), Q = 25.8, df = 17, P = .08"
FAVOURS = {"favours_low": "Favours IMiD maintenance", "favours_high": "Favours control"}
HR = {"measure": "HR", "measure_name": "Hazard ratio", "log": True}
RD = {"measure": "RD", "measure_name": "Risk difference", "log": False}

OVERALL = PooledLine(
    label="Random effects (REML, Hartung–Knapp)",
    estimate=math.log(0.62),
    low=math.log(0.57),
    high=math.log(0.67),
    prediction=(math.log(0.45), math.log(0.9)),
    note=NOTE,
    overall=True,
    weight=1.0,
)


def study_lines(k: int, seed: int = 1) -> list[StudyLine]:
    rng = np.random.default_rng(seed)
    se = rng.uniform(0.08, 0.5, k)
    y = rng.normal(-0.45, np.hypot(se, 0.1))
    return [
        StudyLine(
            label=NAMES[i % len(NAMES)],
            treatment=f"{90 + i}/{231 + i}",
            control=f"{130 + i}/{230 + i}",
            estimate=float(y[i]),
            low=float(y[i] - 1.96 * se[i]),
            high=float(y[i] + 1.96 * se[i]),
            weight=float(se[i] ** -2 / (se**-2).sum()),
            marks="†" if i % 5 == 0 else "",
        )
        for i in range(k)
    ]


def simple(k: int) -> ForestPlot:
    notes = ("† Result recalled from memory, not verified at the source.",)
    return ForestPlot(
        title=f"Progression-free survival, k = {k}",
        lines=(*study_lines(k), OVERALL),
        treatment_header="IMiD n/N",
        control_header="Control n/N",
        footnotes=notes,
        **HR,
        **FAVOURS,
    )


def subgroups() -> ForestPlot:
    lines: list[StudyLine | GroupLine | PooledLine | NoteLine] = []
    for seed, drug in enumerate(("Thalidomide", "Lenalidomide", "Pomalidomide after autologous transplantation")):
        subtotal = replace(OVERALL, label="Subtotal", overall=False, note="I² = 12%, τ² = 0.004, P = .31", weight=0.33)
        lines += [GroupLine(label=drug), *study_lines(6, seed), subtotal]
    lines += [
        replace(OVERALL, label="All studies"),
        NoteLine(text="Test for subgroup differences: Q = 3.20, df = 2, P = .20"),
    ]
    return ForestPlot(title="Overall survival by drug", lines=tuple(lines), **HR, **FAVOURS)


def differences() -> ForestPlot:
    lines = [replace(line, estimate=line.estimate / 9, low=line.low / 9, high=line.high / 9) for line in study_lines(5)]
    pooled = PooledLine(label="Pooled", estimate=-0.05, low=-0.1, high=0.01, overall=True)
    return ForestPlot(title="Risk difference", lines=(*lines, pooled), **RD, **FAVOURS)


def line(label: str, estimate: float, low: float, high: float, **more: object) -> StudyLine:
    return StudyLine(label=label, estimate=estimate, low=low, high=high, **more)  # type: ignore[arg-type]


def nasty() -> ForestPlot:
    long = "A very long label that goes on and on, with an acronym (MYELOMA-XI-INTENSIVE-PATHWAY) and its stratum"
    lines = (
        line(long, -0.5, -1, 0, treatment="12/200", control="30/199", weight=0.5, marks="†‡"),
        line("Dup 2001", -0.4, -0.9, 0.1, weight=0.3),
        line("Dup 2001", -0.4, -0.9, 0.1, weight=0.2),
        line("Şçžöß Łódź 2004 $x_1$ 山田\t\x00", 0.2, -math.inf, math.inf, weight=0.0),
        line("Huge", 1, -8, 9.5, weight=0.001),
        line("Beyond", 12, 9, 15, weight=0.001),
        line("Nothing", math.nan, math.nan, math.nan),
        line("No limits", 0.1, math.nan, math.nan, faint=True),
        line("Overflow", 800, 700, 1000, weight=math.nan),
        line("Faint", 0.1, -0.2, 0.4, faint=True),
        line("", -0.1, -0.2, 0.4),
        line("Pneumonoultramicroscopicsilicovolcanoconiosis" * 3, -0.1, -0.2, 0.4),
        NoteLine(text="A note between rows, rather long, to be wrapped so that it does not run into the plot beside it"),
        replace(OVERALL, prediction=(-math.inf, math.inf), note="x " * 100),
        PooledLine(label="Nothing", estimate=math.nan, low=math.nan, high=math.nan),
    )
    return ForestPlot(
        title="Nasty " * 30,
        lines=lines,
        measure="RR",
        measure_name="Risk ratio of a composite endpoint with a name that will not end before the line does",
        log=True,
        level=0.975,
        favours_low="Favours something that has quite a long name indeed, so long that it must be wrapped " * 2,
        favours_high="Favours the control, which in most of these trials was no maintenance at all or a placebo " * 2,
        footnotes=("A long footnote. " * 30, 'b <&> "c"'),
    )


def funnel(k: int, *, log: bool = True, contours: bool = False) -> FunnelPlot:
    rng = np.random.default_rng(k)
    se = rng.uniform(0.06, 0.5, k)
    return FunnelPlot(
        yi=rng.normal(-0.45, np.hypot(se, 0.15)),
        vi=se**2,
        labels=tuple(NAMES[i % len(NAMES)] for i in range(k)),
        centre=-0.47,
        measure="HR" if log else "MD",
        measure_name="Hazard ratio" if log else "Mean difference",
        log=log,
        title=f"Funnel plot, k = {k}",
        contours=contours,
    )


def sensitivity(n: int = 24) -> SensitivityPlot:
    rng = np.random.default_rng(n)
    groups = ["Model", "Rows", "Leaving out"]
    lines = [SensitivityLine(label="Primary analysis", k=18, estimate=-0.47, low=-0.56, high=-0.39, primary=True)]
    for i in range(n):
        m, half = rng.normal(-0.47, 0.03), rng.uniform(0.08, 0.14)
        group = groups[min(2, i // 4)]
        more = SensitivityLine(label=f"Way {i}", k=18 - i // 4, estimate=m, low=m - half, high=m + half, group=group)
        lines.append(more)
    return SensitivityPlot(title="Sensitivity of the pooled hazard ratio", lines=tuple(lines), **HR, **FAVOURS)


def _forest(*lines: StudyLine | GroupLine | PooledLine | NoteLine) -> Figure:
    return draw_forest(ForestPlot(title="Edge", lines=lines, **HR, **FAVOURS))


FIGURES = {
    "forest-1": lambda: draw_forest(simple(1)),
    "forest-3": lambda: draw_forest(simple(3)),
    "forest-18": lambda: draw_forest(simple(18)),
    "forest-60": lambda: draw_forest(simple(60)),
    "subgroups": lambda: draw_forest(subgroups()),
    "differences": lambda: draw_forest(differences()),
    "nasty": lambda: draw_forest(nasty()),
    "no-lines": _forest,
    "no-studies": lambda: _forest(GroupLine(label="None"), OVERALL),
    "one-point": lambda: _forest(line("Point", 0.0, 0.0, 0.0)),
    "far-away": lambda: _forest(line("Far", 4.0, 3.9, 4.1), line("Near", 0.01, 0.005, 0.015)),
    "all-infinite": lambda: _forest(line("All", 0.3, -math.inf, math.inf)),
    "funnel-0": lambda: draw_funnel(funnel(0)),
    "funnel-1": lambda: draw_funnel(funnel(1)),
    "funnel-3": lambda: draw_funnel(funnel(3)),
    "funnel-18": lambda: draw_funnel(funnel(18, contours=True)),
    "funnel-60": lambda: draw_funnel(funnel(60, log=False, contours=True)),
    "sensitivity": lambda: draw_sensitivity(sensitivity()),
    "sensitivity-0": lambda: draw_sensitivity(SensitivityPlot(title="", lines=(), **HR)),
    **MORE,
    **RISK,
    **FROM_RESULTS,
    **FLOW,
}
