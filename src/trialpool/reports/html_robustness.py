"""How robust a result is, as the page shows it: an answer, the checks at a glance, then a part each with figure and table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.analysis.findings import AnalysisFindings
from trialpool.analysis.multiverse import CHOICES
from trialpool.analysis.robustness import Robustness
from trialpool.figures.numerals import number_text
from trialpool.reports import html_variations
from trialpool.reports.answers import robustness_text, small_study_text
from trialpool.reports.html_figures import FigureView
from trialpool.reports.html_tables import Column, Table, cell, row, table
from trialpool.reports.html_variations import NONE, NUMBER
from trialpool.reports.robustness_checks import checks, robust_answer, share_text
from trialpool.reports.robustness_text import (
    CANNOT_TELL,
    NOT_TO_RELY_ON,
    bayesian_text,
    influence_text,
    multiverse_text,
    number,
    sequential_text,
    small_study_test_text,
    subsets_text,
    trim_and_fill_text,
)
from trialpool.reports.wording import percent_text, tau2_text
from trialpool.stats.evidence.sequential_analysis import SequentialAnalysis
from trialpool.stats.influence.all_subsets import Outliers

HEADINGS = {
    "sensitivity": ("Sensitivity analyses", "Sensitivity"),
    "multiverse": ("Every defensible analysis (multiverse)", "Multiverse"),
    "influence": ("Influence of each study", "Influence"),
    "subsets": ("Subsets of the studies (GOSH)", "Subsets"),
    "cumulative": ("As the studies were published", "Over time"),
    "sequential": ("Trial sequential analysis", "Sequential"),
    "funnel": ("Small-study effects", "Small studies"),
    "bayesian": ("Bayesian model", "Bayesian"),
}  # heading, and what the contents call it


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A table that is shown on demand, under what is to be chosen."""

    summary: str
    table: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class PartView:
    """One way to look at how far a result can be trusted: sentences, tables, figures, tables on demand, and its limits."""

    id: str
    heading: str
    short: str
    sentences: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    figures: tuple[FigureView, ...] = ()
    folded: tuple[Folded, ...] = ()
    limits: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.sentences or self.tables or self.figures or self.folded)


@dataclass(frozen=True, slots=True, kw_only=True)
class RobustnessView:
    """The whole of it; `parts` is empty where there is nothing."""

    answer: str
    checks: Table | None
    parts: tuple[PartView, ...]
    cannot_tell: str = CANNOT_TELL


def robustness_view(found: AnalysisFindings, name: str, figures: Mapping[str, FigureView]) -> RobustnessView:
    """Gather what the page shows."""
    parts = [part for id_ in HEADINGS for part in [_part(id_, found, name, figures)] if not part.empty]
    return RobustnessView(answer=robust_answer(found), checks=_checks(found, name), parts=tuple(parts))


def _checks(found: AnalysisFindings, name: str) -> Table | None:
    made = checks(found)
    if not made:
        return None
    heads = (Column("Check"), Column("Stands?"), Column("What it found", "long"))
    rows = (
        row((cell(check.name, f"#{found.analysis.id}.{check.part}"), cell(check.stands or NONE), cell(check.found)))
        for check in made
    )
    return table(f"How robust: {name}", heads, rows)


def _part(id_: str, found: AnalysisFindings, name: str, figures: Mapping[str, FigureView]) -> PartView:
    heading, short = HEADINGS[id_]
    content = CONTENT[id_](found, found.robustness, name)
    shown = tuple(figures[f"{kind}-{found.analysis.id}"] for kind in FIGURES[id_] if f"{kind}-{found.analysis.id}" in figures)
    why = _why_not(found, id_)
    content["sentences"] = tuple(text for text in (*content.get("sentences", ()), why) if text)
    return PartView(id=id_, heading=heading, short=short, figures=shown, **content)


def _why_not(found: AnalysisFindings, id_: str) -> str:
    why = found.robustness.why_not.get(PART_OF.get(id_, id_), "") if found.robustness else ""
    return f"Not run: {why}" if why else ""


PART_OF = {"funnel": "small-study"}
FIGURES = {
    "sensitivity": ("sensitivity",),
    "multiverse": ("multiverse",),
    "influence": ("influence", "baujat"),
    "subsets": ("subsets",),
    "cumulative": ("cumulative",),
    "sequential": ("sequential",),
    "funnel": ("funnel",),
    "bayesian": ("posterior",),
}


def _sensitivity(found: AnalysisFindings, of: Robustness | None, name: str) -> dict[str, Any]:
    variations = html_variations.variations(found, name, left_out=False)
    without = html_variations.variations(found, name, left_out=True)
    folded = (Folded(summary="Table of the analyses without each study", table=without),) if without else ()
    return {"sentences": (robustness_text(found),), "tables": (variations,) if variations else (), "folded": folded}


def _cumulative(found: AnalysisFindings, of: Robustness | None, name: str) -> dict[str, Any]:
    made = html_variations.cumulative(found, name)
    return {"folded": (Folded(summary="The same as a table", table=made),) if made else ()}


def _multiverse(found: AnalysisFindings, of: Robustness | None, name: str) -> dict[str, Any]:
    if of is None or of.multiverse is None or of.choices is None:
        return {}
    summary = of.choices
    heads = (
        Column("Choice"),
        Column("Ways", NUMBER),
        Column("Moves the estimate by", NUMBER),
        Column("Decides the conclusion in", NUMBER),
    )
    rows = zip(summary["choice"], summary["levels"], summary["spread"], summary["flips"], strict=True)
    made = table(
        f"How much each choice matters: {name}",
        heads,
        (row(map(cell, (CHOICES[c], n, _moved(found, spread), share_text(flips)))) for c, n, spread, flips in rows if n > 1),
        note="Means over all pairs of ways of a choice, all else the same: how far apart their estimates are, and in what share of "
        "the pairs the conclusion holds in only one of the two.",
    )
    return {"sentences": (multiverse_text(found),), "tables": (made,), "limits": (NOT_TO_RELY_ON["multiverse"],)}


def _moved(found: AnalysisFindings, spread: float) -> str:
    """A difference on the analysis scale: as a factor for ratios."""
    return f"× {np.exp(spread):.3f}" if found.measure.log else f"{spread:.4f}"


def _influence(found: AnalysisFindings, of: Robustness | None, name: str) -> dict[str, Any]:
    if of is None or of.influence is None:
        return {}
    t = of.influence.table()
    heads = ("Residual", "DFFITS", "Cook", "Cov. ratio", "τ² without", "Q without", "Hat", "DFBETAS")
    columns = (Column("Study"), *(Column(head, NUMBER) for head in heads), Column("Beyond"))
    keys = ("studentised", "dffits", "cook", "cov_ratio", "tau2_deleted", "Q_deleted", "hat", "dfbetas")
    rows = []
    for i, study in enumerate(t["study"]):
        cells = [tau2_text(t[key][i]) if key == "tau2_deleted" else number(t[key][i]) for key in keys]
        rows.append(row(map(cell, (study, *cells, t["influential"][i]))))
    made = table(f"Influence of each study: {name}", columns, rows)
    folded = (Folded(summary="Table of the influence of each study", table=made),)
    return {"sentences": (influence_text(found),), "folded": folded, "limits": (NOT_TO_RELY_ON["influence"],)}


def _subsets(found: AnalysisFindings, of: Robustness | None, name: str) -> dict[str, Any]:
    if of is None or of.outliers is None:
        return {}
    made = table(
        f"Subsets with and without each study: {name}",
        (
            Column("Study"),
            *(Column(head, NUMBER) for head in ("Estimate with", "without", "I² with", "without", "Share of the scatter")),
        ),
        (row(map(cell, cells)) for cells in _split_cells(found, of.outliers)),
        note="Means over the subsets that contain a study and over those that do not; the share is how much of the variance of the "
        "estimates lies between the two.",
    )
    folded = (Folded(summary="Table of the subsets with and without each study", table=made),)
    return {"sentences": (subsets_text(found),), "folded": folded, "limits": (NOT_TO_RELY_ON["subsets"],)}


def _split_cells(found: AnalysisFindings, of: Outliers) -> Iterator[tuple[str, ...]]:
    log = found.measure.log
    columns = (
        of.study,
        of.mu_with.tolist(),
        of.mu_without.tolist(),
        of.I2_with.tolist(),
        of.I2_without.tolist(),
        of.mu_share.tolist(),
    )
    for study, mu, mu_without, I2, I2_without, share in zip(*columns, strict=True):
        estimates = number_text(mu, log=log), number_text(mu_without, log=log)
        yield study, *estimates, percent_text(I2), percent_text(I2_without), share_text(share)


def _sequential(found: AnalysisFindings, of: Robustness | None, name: str) -> dict[str, Any]:
    if of is None or of.sequential is None:
        return {}
    s = of.sequential
    limits = (*map(_sentence, s.cautions), *map(_sentence, s.notes), NOT_TO_RELY_ON["sequential"])
    folded = (Folded(summary="Table of the looks", table=_looks(s, name)),)
    return {"sentences": (sequential_text(found, s),), "folded": folded, "limits": limits}


def _looks(s: SequentialAnalysis, name: str) -> Table:
    heads = ("k", "Information", "Cumulative z", "Boundary", "Futility")
    columns = (Column("Look"), *(Column(head, NUMBER) for head in heads))
    return table(f"Looks of the sequential analysis: {name}", columns, (row(map(cell, cells)) for cells in _look_cells(s)))


def _look_cells(s: SequentialAnalysis) -> Iterator[tuple[Any, ...]]:
    futility = s.boundaries.futility
    for i, look in enumerate(s.looks):
        bound = s.boundaries.z[i] if i < len(s.boundaries.z) else np.nan
        wedge = futility[i] if futility is not None and i < len(futility) else np.nan
        limits = number(bound) if np.isfinite(bound) else NONE, number(wedge) if np.isfinite(wedge) else ""
        yield look, int(s.k[i]), percent_text(s.t[i]), number(s.z[i]), *limits


def _funnel(found: AnalysisFindings, of: Robustness | None, name: str) -> dict[str, Any]:
    if of is None or "small-study" in of.why_not or found.fit is None:
        return {}
    if not of.small_study:
        return {"sentences": (small_study_text(found),)}
    said = [small_study_test_text(found, s.test) if s.test is not None else f"{s.method}: not run. {s.why}" for s in of.small_study]
    cautions = [f"{s.test.method}: {s.test.caution}." for s in of.small_study if s.test is not None and s.test.caution]
    filled = of.trim_and_fill
    if filled is not None and filled.caution:
        cautions.append(f"Trim and fill: {filled.caution}.")
    return {"sentences": (*said, trim_and_fill_text(found)), "limits": (*cautions, NOT_TO_RELY_ON["small-study"])}


def _bayesian(found: AnalysisFindings, of: Robustness | None, name: str) -> dict[str, Any]:
    if of is None or of.bayesian is None:
        return {}
    return {
        "sentences": (bayesian_text(found),),
        "limits": (*map(_sentence, of.bayesian.cautions), NOT_TO_RELY_ON["bayesian"]),
    }


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


CONTENT = {
    "sensitivity": _sensitivity,
    "multiverse": _multiverse,
    "influence": _influence,
    "subsets": _subsets,
    "cumulative": _cumulative,
    "sequential": _sequential,
    "funnel": _funnel,
    "bayesian": _bayesian,
}
