"""From results to what figures show: forest plots of an analysis, its variations, its funnel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from trialpool.analysis.selection import level_of
from trialpool.figures.arm_cells import arm_cells, arm_heading
from trialpool.figures.forest import ForestLine, ForestPlot, GroupLine, NoteLine, StudyLine, draw_forest
from trialpool.figures.forests import difference_text_of, group_lines, total
from trialpool.figures.from_judgements import LightsBeside, lights_beside
from trialpool.figures.funnel import FunnelPlot, draw_funnel
from trialpool.figures.sensitivity import SensitivityLine, SensitivityPlot, draw_sensitivity
from trialpool.stats.distributions import z_quantile
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.pooling.choices import FIT_MAKERS, expect, expect_one_analysis
from trialpool.stats.pooling.pooled_effect import PooledEffect

if TYPE_CHECKING:
    from trialpool.analysis.findings import AnalysisFindings, Findings, Stratified
    from trialpool.figures.canvas import Figure

STATUS_MARKS = {"author": "§", "derived": "†", "recalled": "‡"}
STATUS_NOTES = {
    "author": "§ obtained from the investigators",
    "derived": "† put together from figures that were read",
    "recalled": "‡ written from memory, not verified",
}
FUNNEL_FROM = 3


def funnel(fit: PooledEffect, *, title: str = "", contours: bool = True) -> Figure:
    """A funnel plot of the effects that were pooled, about the common-effect estimate.

    >>> from trialpool.stats.effects.effects import effects
    >>> from trialpool.stats.pooling.pairwise import pool
    >>> len(funnel(pool(effects([-0.36, -0.73, -0.10], [0.02, 0.03, 0.01], measure="HR"))).svg()) > 1000
    True
    """
    expect("funnel", fit, PooledEffect, FIT_MAKERS)
    expect_one_analysis("funnel", fit)
    measure = MEASURES[fit.effects.measure]
    wi = 1 / fit.effects.vi
    return draw_funnel(
        FunnelPlot(
            yi=fit.effects.yi,
            vi=fit.effects.vi,
            labels=fit.effects.study,
            centre=float((wi * fit.effects.yi).sum() / wi.sum()),
            measure=measure.code,
            measure_name=measure.name,
            log=measure.log,
            title=title,
            level=fit.level,
            contours=contours,
        )
    )


def figures_of(findings: Findings) -> dict[str, Figure]:
    """Every figure of a report by its name: forest-ID, forest-ID-by-COLUMN, sensitivity-ID, cumulative-ID, funnel-ID."""
    return {name: figure for found in findings.analyses for name, figure in _figures_of(findings, found)}


def _figures_of(findings: Findings, found: AnalysisFindings) -> Iterator[tuple[str, Figure]]:
    id_, fit = found.analysis.id, found.fit
    if fit is None:
        return
    yield f"forest-{id_}", draw_forest(forest_plot(findings, found, found.subgroups[0] if found.subgroups else None))
    for stratified in found.subgroups[1:]:
        name = "-".join(stratified.by.split())
        yield f"forest-{id_}-by-{name}", draw_forest(forest_plot(findings, found, stratified))
    if found.sensitivity:
        yield f"sensitivity-{id_}", draw_sensitivity(sensitivity_plot(found))
    if found.cumulative is not None and fit.k > 1:
        yield f"cumulative-{id_}", draw_sensitivity(cumulative_plot(found))
    if fit.k >= FUNNEL_FROM:
        yield f"funnel-{id_}", funnel(fit, title=f"{found.outcome.name}: funnel plot")


def forest_plot(findings: Findings, found: AnalysisFindings, stratified: Stratified | None) -> ForestPlot:
    """The forest plot of an analysis, by the levels of a subgroup where one is given."""
    assert found.fit is not None
    plan, measure = findings.review.plan, found.measure
    lower = (found.outcome.favours_treatment, found.outcome.favours_control)
    statuses = dict.fromkeys(e.report.status for e in found.selection.effects)
    by = f" by {stratified.by}" if stratified else ""
    beside = lights_beside(found.risk_of_bias if plan.risk_of_bias.beside_forest else None)
    return ForestPlot(
        title=f"{found.outcome.name}{by}",
        lines=tuple(_lines(found, stratified, beside)),
        measure=measure.code,
        measure_name=found.measure_name,
        log=measure.log,
        level=found.analysis.level,
        treatment_header=f"{plan.treatment}\n{arm_heading(measure.code)}",
        control_header=f"{plan.control}\n{arm_heading(measure.code)}",
        favours_low=lower[0] if found.outcome.better == "lower" else lower[1],
        favours_high=lower[1] if found.outcome.better == "lower" else lower[0],
        footnotes=tuple(STATUS_NOTES[status] for status in statuses if status in STATUS_NOTES) + _footnotes(found) + beside.notes,
        light_headers=beside.headers,
        light_levels=beside.levels,
    )


def sensitivity_plot(found: AnalysisFindings) -> SensitivityPlot:
    """The analysis and its variations."""
    assert found.fit is not None
    lines = [_sensitivity_line("Primary analysis", found.fit, primary=True)]
    lines += [_sensitivity_line(v.label, v.fit, group=v.group) for v in found.sensitivity if v.fit is not None]
    return _variations(found, f"{found.outcome.name}: sensitivity", tuple(lines))


def cumulative_plot(found: AnalysisFindings) -> SensitivityPlot:
    """The analysis as its studies came in."""
    assert found.fit is not None
    assert found.cumulative is not None
    years = {e.unit.title: e.unit.year for e in found.selection.effects}
    lines = [_sensitivity_line(f"+ {title}" if years[title] else title, fit) for title, fit in found.cumulative]
    lines[-1] = _sensitivity_line(lines[-1].label, found.fit, primary=True)
    return _variations(found, f"{found.outcome.name}: as the studies were published", tuple(lines))


def _variations(found: AnalysisFindings, title: str, lines: tuple[SensitivityLine, ...]) -> SensitivityPlot:
    words = (found.outcome.favours_treatment, found.outcome.favours_control)
    low, high = words if found.outcome.better == "lower" else words[::-1]
    return SensitivityPlot(
        title=title,
        lines=lines,
        measure=found.measure.code,
        measure_name=found.measure_name,
        log=found.measure.log,
        level=found.analysis.level,
        favours_low=low,
        favours_high=high,
    )


def _sensitivity_line(label: str, fit: PooledEffect, *, primary: bool = False, group: str = "") -> SensitivityLine:
    low, high = (float(x) for x in fit.interval())
    return SensitivityLine(label=label, k=int(fit.k), estimate=float(fit.mu), low=low, high=high, primary=primary, group=group)


def _lines(found: AnalysisFindings, stratified: Stratified | None, beside: LightsBeside) -> Iterator[ForestLine]:
    assert found.fit is not None
    studies = tuple(_study_lines(found))
    if beside.rows:
        studies = tuple(replace(line, lights=lights) for line, lights in zip(studies, beside.rows, strict=True))
    if stratified is None:
        yield from studies
    else:
        levels = [level_of(effect, stratified.by) for effect in found.selection.effects]
        for level, fit in zip(stratified.result.levels, stratified.result.fits, strict=True):
            there = [study for study, of in zip(studies, levels, strict=True) if of == level]
            yield from group_lines(level, there, fit)
        rest = [study for study, of in zip(studies, levels, strict=True) if not of]
        if rest:
            yield GroupLine(label=f"{stratified.by} not known")
            yield from rest
    yield total(found.fit, found.analysis.prediction, studies=found.studies)
    if stratified is not None and len(stratified.result.levels) > 1:
        yield NoteLine(text=difference_text_of(stratified.result))


def _study_lines(found: AnalysisFindings) -> Iterator[StudyLine]:
    assert found.fit is not None
    z = z_quantile(found.analysis.level)
    for effect, weight in zip(found.selection.effects, found.fit.weights.tolist(), strict=True):
        d, (treatment, control) = effect.derivation, arm_cells(effect, found.outcome.measure)
        yield StudyLine(
            label=effect.unit.title,
            treatment=treatment,
            control=control,
            estimate=d.yi,
            low=d.yi - z * d.se,
            high=d.yi + z * d.se,
            weight=weight,
            marks=STATUS_MARKS.get(d.status, ""),
        )


def _footnotes(found: AnalysisFindings) -> tuple[str, ...]:
    first = found.outcome.reported_as[0]
    others: dict[str, list[str]] = {}
    for effect in found.selection.effects:
        if effect.report.outcome != first:
            others.setdefault(effect.report.outcome, []).append(effect.unit.title)
    return tuple(f"{name} stands in for {first} in {', '.join(titles)}." for name, titles in others.items())
