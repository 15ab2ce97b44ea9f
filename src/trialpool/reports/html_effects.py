"""The effects that were pooled, the studies that are missing, and the derivations of both."""

from __future__ import annotations

from collections.abc import Iterator

from trialpool.analysis.findings import AnalysisFindings, Findings
from trialpool.analysis.selection import UnitEffect
from trialpool.figures.arm_cells import arm_cells, arm_heading
from trialpool.figures.numerals import share_text
from trialpool.reports.html_derivation import DerivationView, Noticed, derivation, effect_heading, no_derivation, of_study
from trialpool.reports.html_places import Places
from trialpool.reports.html_tables import Cell, Column, Row, Table, cell, row, status_tag, table
from trialpool.reports.wording import effect_text
from trialpool.review.report import MEAN_DIFFERENCES


def effects(found: AnalysisFindings, findings: Findings, name: str, places: Places) -> Table | None:
    """A row a study (or stratum) that leads to its derivation, and the pooled effect below; None where nothing was pooled."""
    if found.fit is None:
        return None
    plan, counted = findings.review.plan, _counted(found)
    of_arm = arm_heading(found.outcome.measure) if counted else "N"
    columns = (
        Column("Study"),
        Column(effect_heading(found), "number"),
        Column("Status"),
        Column("Weight", "number"),
        Column("Route", "brief"),
        Column("Outcome as reported"),
        Column(f"{plan.treatment}, {of_arm}", "number"),
        Column(f"{plan.control}, {of_arm}", "number"),
    )
    rows = [_effect(i, found, places, counted=counted) for i in range(len(found.selection.effects))]
    pooled = (cell("All studies"), cell(effect_text(found.fit)), cell(""), cell("100%"), *(cell("") for _ in range(4)))
    return table(f"Effects that were pooled: {name}", columns, (*rows, row(pooled, total=True)), wide=True)


def _counted(found: AnalysisFindings) -> bool:
    """Does any report give events, or a measurement?"""
    arms = [e.arms for e in found.selection.effects]
    measured = found.outcome.measure in MEAN_DIFFERENCES
    return measured or any(a.events_t is not None or a.events_c is not None for a in arms)


def _effect(i: int, found: AnalysisFindings, places: Places, *, counted: bool) -> Row:
    effect = found.selection.effects[i]
    assert found.fit is not None
    return row(
        (
            cell(effect.unit.title, f"#{places[(found.analysis.id, *effect.unit.key)]}"),
            cell(of_study(effect.derivation, found)),
            Cell(tag=status_tag(effect.report.status)),
            cell(share_text(float(found.fit.weights[i]))),
            cell(effect.derivation.route),
            cell(effect.report.outcome),
            *map(cell, _arms(effect, found.outcome.measure, counted=counted)),
        )
    )


def _arms(effect: UnitEffect, measure: str, *, counted: bool) -> tuple[str, str]:
    """What is known by arm, or the patients alone."""
    if counted:
        return arm_cells(effect, measure)
    arms = effect.arms
    return ("" if arms.n_t is None else str(arms.n_t)), ("" if arms.n_c is None else str(arms.n_c))


def derivations(found: AnalysisFindings, places: Places, noticed: Noticed) -> Iterator[DerivationView]:
    """How each effect came about; then, of the studies that are missing, what there is."""
    id_ = found.analysis.id
    weights = found.fit.weights.tolist() if found.fit is not None else []
    for effect, weight in zip(found.selection.effects, weights, strict=found.fit is not None):
        yield derivation(effect, found, places[(id_, *effect.unit.key)], weight, noticed)
    for missing in found.selection.missing:
        if missing.candidates:
            yield no_derivation(missing, found, places[(id_, *missing.unit.key)], noticed)


def missing_studies(found: AnalysisFindings, name: str, places: Places) -> Table | None:
    """Studies without an effect, why, and how many reports of theirs there are."""
    columns = (Column("Study"), Column("Why", "long"), Column("Reports", "number"))
    rows = []
    for missing in found.selection.missing:
        id_ = places.get((found.analysis.id, *missing.unit.key), "")
        title = cell(missing.unit.title, f"#{id_}" if id_ else "")
        rows.append(row((title, cell(missing.reason), cell(len(missing.candidates)))))
    return table(f"Studies that are missing: {name}", columns, rows) if rows else None
