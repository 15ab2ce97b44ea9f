"""One analysis as the page shows it, from its main figure to what others published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from trialpool.analysis.findings import AnalysisFindings, Findings, Stratified, Variation
from trialpool.figures.numerals import difference_text, share_text
from trialpool.reports import html_published
from trialpool.reports.answers import answer, differences, heterogeneity_text, rests_on, robustness_text, small_study_text
from trialpool.reports.html_derivation import (
    DerivationView,
    Noticed,
    derivation,
    effect_heading,
    no_derivation,
    of_study,
)
from trialpool.reports.html_figures import FigureView, stratum_figure
from trialpool.reports.html_places import Places
from trialpool.reports.html_tables import Cell, Column, Group, Row, Table, cell, row, status_tag, table
from trialpool.reports.wording import effect_text, listed, p_text, percent_text, prediction_text, tau2_text
from trialpool.review.report import STATUSES
from trialpool.stats.pooling.pooled_effect import PooledEffect

NONE = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubgroupView:
    """The levels of one column: their results, the test between them, the forest plot where it is not the main one."""

    by: str
    table: Table
    test: str
    without: str
    figure: FigureView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeView:
    """Everything of one analysis; what it has not is empty or None."""

    id: str
    name: str
    definition: str
    why: str
    answer: tuple[str, ...]
    numbers: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    forest: FigureView | None
    heterogeneity: str
    subgroups: tuple[SubgroupView, ...]
    effects: Table | None
    derivations: tuple[DerivationView, ...]
    robustness: str
    variations: Table | None
    without_each: Table | None
    sensitivity: FigureView | None
    cumulative: FigureView | None
    cumulative_table: Table | None
    funnel: FigureView | None
    small_studies: str
    missing: Table | None
    compared: Table | None
    uncompared: Table | None
    differences: tuple[str, ...]


def outcome_view(
    found: AnalysisFindings, findings: Findings, figures: Mapping[str, FigureView], places: Places, noticed: Noticed
) -> OutcomeView:
    """Gather what the page shows of an analysis."""
    id_, name = found.analysis.id, name_of(found, findings)
    return OutcomeView(
        id=id_,
        name=name,
        definition=found.outcome.definition,
        why=found.why,
        answer=answer(found),
        numbers=tuple(_numbers(found)),
        notes=found.fit.notes if found.fit is not None else (),
        forest=figures.get(f"forest-{id_}"),
        heterogeneity=heterogeneity_text(found) if found.fit is not None else "",
        subgroups=tuple(_subgroup(s, found, name, figures) for s in found.subgroups),
        effects=_effects(found, findings, name, places),
        derivations=tuple(_derivations(found, places, noticed)),
        robustness=robustness_text(found),
        variations=_variations(found, name, left_out=False),
        without_each=_variations(found, name, left_out=True),
        sensitivity=figures.get(f"sensitivity-{id_}"),
        cumulative=figures.get(f"cumulative-{id_}"),
        cumulative_table=_cumulative(found, name),
        funnel=figures.get(f"funnel-{id_}"),
        small_studies=small_study_text(found) if found.fit is not None else "",
        missing=_missing(found, name, places),
        compared=html_published.compared(found, name),
        uncompared=html_published.uncompared(found, name),
        differences=differences(found),
    )


def name_of(found: AnalysisFindings, findings: Findings) -> str:
    """The outcome's name, with the id of the analysis where the outcome is analysed more than once."""
    several = sum(a.outcome.id == found.outcome.id for a in findings.analyses) > 1
    return f"{found.outcome.name} ({found.analysis.id})" if several else found.outcome.name


def rests_on_counts(found: AnalysisFindings) -> str:
    """Rows by status: `17 read, 1 derived`."""
    return _counts([effect.report.status for effect in found.selection.effects])


def spread(fit: PooledEffect) -> tuple[str, str]:
    """I2 and tau2 as text; a dash with one study."""
    return (percent_text(fit.I2), tau2_text(fit.tau2)) if fit.k > 1 else (NONE, NONE)


def _counts(statuses: list[str]) -> str:
    return ", ".join(f"{statuses.count(status)} {status}" for status in STATUSES if status in statuses)


def _numbers(found: AnalysisFindings) -> Iterator[tuple[str, str]]:
    fit = found.fit
    if fit is None:
        return
    I2, tau2 = spread(fit)
    predicted = prediction_text(fit, found.analysis.prediction)
    yield effect_heading(found), effect_text(fit)
    yield "P", _bare(p_text(fit.p))
    yield "Prediction interval", NONE if predicted == "not estimable" else predicted
    yield "I²", I2
    yield "τ²", tau2
    yield "Studies", str(int(fit.k))
    yield "Rows", rests_on_counts(found)


def _bare(p: str) -> str:
    """`P = 0.017` as it stands under a heading P: `0.017`."""
    return p.removeprefix("P ").removeprefix("= ")


# --- subgroups


def _subgroup(stratified: Stratified, found: AnalysisFindings, name: str, figures: Mapping[str, FigureView]) -> SubgroupView:
    result = stratified.result
    columns = (
        Column(_capital(stratified.by)),
        Column("k", "number"),
        Column(effect_heading(found), "number"),
        Column("P", "number"),
        Column("I²", "number"),
        Column("τ²", "number"),
    )
    rows = (_level(level, fit) for level, fit in zip(result.levels, result.fits, strict=True))
    return SubgroupView(
        by=stratified.by,
        table=table(f"{name} by {stratified.by}", columns, rows),
        test=_test(stratified),
        without=f"Without a level, and in no subgroup: {listed(stratified.without_level)}." if stratified.without_level else "",
        figure=stratum_figure(figures, found.analysis.id, stratified.by),
    )


def _level(level: str, fit: PooledEffect) -> Row:
    return row(
        (cell(_capital(level)), cell(int(fit.k)), cell(effect_text(fit)), cell(_bare(p_text(fit.p))), *map(cell, spread(fit)))
    )


def _test(stratified: Stratified) -> str:
    result = stratified.result
    if result.df < 1:
        return "There is one level, so nothing is compared."
    if np.isfinite(result.df2):
        test = f"F = {result.Q / result.df:.2f} on {result.df} and {result.df2:.0f} degrees of freedom"
    else:
        test = f"Q = {result.Q:.2f} on {result.df} degree{'s' if result.df > 1 else ''} of freedom"
    return f"Test for a difference between subgroups: {test}, {p_text(result.p)}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# --- effects and their derivations


def _effects(found: AnalysisFindings, findings: Findings, name: str, places: Places) -> Table | None:
    if found.fit is None:
        return None
    plan = findings.review.plan
    columns = (
        Column("Study"),
        Column("Outcome as reported"),
        Column(f"{plan.treatment}, events/N", "number"),
        Column(f"{plan.control}, events/N", "number"),
        Column(effect_heading(found), "number"),
        Column("Weight", "number"),
        Column("Route"),
        Column("Status"),
    )
    rows = [_effect(i, found, places) for i in range(len(found.selection.effects))]
    total = (cell("All studies"), cell(""), cell(""), cell(""), cell(effect_text(found.fit)), cell("100%"), cell(""), cell(""))
    return table(f"Effects that were pooled: {name}", columns, (*rows, row(total, total=True)), wide=True)


def _effect(i: int, found: AnalysisFindings, places: Places) -> Row:
    effect = found.selection.effects[i]
    report, unit = effect.report, effect.unit
    assert found.fit is not None
    return row(
        (
            cell(unit.title, f"#{places[(found.analysis.id, *unit.key)]}"),
            cell(report.outcome),
            cell(arm_text(report.events_t, unit.n_t if report.n_t is None else report.n_t)),
            cell(arm_text(report.events_c, unit.n_c if report.n_c is None else report.n_c)),
            cell(of_study(effect.derivation, found)),
            cell(share_text(float(found.fit.weights[i]))),
            cell(effect.derivation.route),
            Cell(tag=status_tag(report.status)),
        )
    )


def arm_text(events: int | None, n: int | None) -> str:
    """`86/231`; a dash for what is not known, and nothing where neither is.

    >>> arm_text(86, 231), arm_text(None, 231), arm_text(None, None)
    ('86/231', '–/231', '')
    """
    if events is None and n is None:
        return ""
    return f"{NONE if events is None else events}/{NONE if n is None else n}"


def _derivations(found: AnalysisFindings, places: Places, noticed: Noticed) -> Iterator[DerivationView]:
    id_ = found.analysis.id
    weights = found.fit.weights.tolist() if found.fit is not None else [float("nan")] * len(found.selection.effects)
    for effect, weight in zip(found.selection.effects, weights, strict=True):
        yield derivation(effect, found, places[(id_, *effect.unit.key)], weight, noticed)
    for missing in found.selection.missing:
        if missing.candidates:
            yield no_derivation(missing, found, places[(id_, *missing.unit.key)], noticed)


def _missing(found: AnalysisFindings, name: str, places: Places) -> Table | None:
    if not found.selection.missing:
        return None
    columns = (Column("Study"), Column("Why", "long"), Column("Reports", "number"))
    rows = (
        row((cell(m.unit.title, _href(found, m.unit.key, places)), cell(m.reason), cell(len(m.candidates))))
        for m in found.selection.missing
    )
    return table(f"Studies that are missing: {name}", columns, rows)


def _href(found: AnalysisFindings, key: tuple[str, str], places: Places) -> str:
    id_ = places.get((found.analysis.id, *key), "")
    return f"#{id_}" if id_ else ""


# --- variations


def _variations(found: AnalysisFindings, name: str, *, left_out: bool) -> Table | None:
    chosen = [v for v in found.sensitivity if v.id.startswith("without:") == left_out]
    if not chosen or found.fit is None:
        return None
    columns = (
        Column("Analysis", "long"),
        Column("k", "number"),
        Column(effect_heading(found), "number"),
        Column("P", "number"),
        Column("I²", "number"),
        Column("Rests on"),
    )
    primary = _variation_row("Primary analysis", found.fit, total=True)
    groups = [Group(rows=(primary,))]
    for head in dict.fromkeys(v.group for v in chosen):
        rows = tuple(_variation(v) for v in chosen if v.group == head)
        groups.append(Group(rows=rows, head="" if left_out else head))
    caption = "Each study left out in turn" if left_out else "Sensitivity analyses"
    return table(f"{caption}: {name}", columns, groups)


def _variation(variation: Variation) -> Row:
    if variation.fit is None:
        return row((cell(variation.label), cell(""), cell("none", below=variation.why), cell(""), cell(""), cell("")))
    return _variation_row(variation.label, variation.fit)


def _variation_row(label: str, fit: PooledEffect, *, total: bool = False) -> Row:
    """A result with the rows that it rests on; one that rests on recalled rows says so in a mark."""
    there = zip(fit.effects.derivations, np.isfinite(fit.effects.vi), strict=False)
    statuses = Counter(d.status for d, present in there if d is not None and present)
    mark = status_tag("recalled") if statuses["recalled"] else None
    return row(
        (
            cell(label, tag=mark),
            cell(int(fit.k)),
            cell(effect_text(fit)),
            cell(_bare(p_text(fit.p))),
            cell(spread(fit)[0]),
            cell(_counts(list(statuses.elements()))),
        ),
        total=total,
    )


def _cumulative(found: AnalysisFindings, name: str) -> Table | None:
    if found.cumulative is None or found.fit is None or found.fit.k < 2:
        return None
    years = {effect.unit.title: effect.unit.year for effect in found.selection.effects}
    columns = (Column("With"), Column("Year", "number"), Column("k", "number"), Column(effect_heading(found), "number"))
    rows = (row((cell(study), cell(years.get(study)), cell(int(fit.k)), cell(effect_text(fit)))) for study, fit in found.cumulative)
    return table(f"As the studies were published: {name}", columns, rows)


def shown_difference(x: float) -> str:
    """A number on the analysis scale with four decimals."""
    return difference_text(x, 4)


def read_only_text(found: AnalysisFindings) -> str:
    """The result from `read` rows alone, where not all are; what there is to say where it can't be had."""
    if all(effect.report.status == "read" for effect in found.selection.effects):
        return ""
    read_only = found.variation("read-only")
    if read_only is None:
        return rests_on(found)
    return f"{effect_text(read_only.fit)}, k = {int(read_only.fit.k)}" if read_only.fit is not None else read_only.why
