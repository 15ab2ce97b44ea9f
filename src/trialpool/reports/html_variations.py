"""The analysis done otherwise, as tables: by subgroup, by other models and rows, without each study, and as studies came in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from trialpool.analysis.findings import AnalysisFindings, Stratified, Variation
from trialpool.reports.html_derivation import effect_heading
from trialpool.reports.html_figures import FigureView, stratum_figure
from trialpool.reports.html_tables import Column, Group, Row, Table, cell, row, status_tag, table
from trialpool.reports.wording import effect_text, listed, p_text, percent_text, tau2_text
from trialpool.review.report import STATUSES
from trialpool.stats.pooling.pooled_effect import PooledEffect

NONE = "–"
NUMBER = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubgroupView:
    """The levels of one column: their results, the test between them, the forest plot where it is not the main one."""

    by: str
    table: Table
    test: str
    without: str
    figure: FigureView | None


def subgroup(stratified: Stratified, found: AnalysisFindings, name: str, figures: Mapping[str, FigureView]) -> SubgroupView:
    """The subgroups by one column."""
    heads = ("k", effect_heading(found), "P", "I²", "τ²")
    columns = (Column(_capital(stratified.by)), *(Column(head, NUMBER) for head in heads))
    levels = zip(stratified.result.levels, stratified.result.fits, strict=True)
    without = f"Without a level, and in no subgroup: {listed(stratified.without_level)}." if stratified.without_level else ""
    return SubgroupView(
        by=stratified.by,
        table=table(f"{name} by {stratified.by}", columns, (_level(level, fit) for level, fit in levels)),
        test=_test(stratified),
        without=without,
        figure=stratum_figure(figures, found.analysis.id, stratified.by),
    )


def _level(level: str, fit: PooledEffect) -> Row:
    return row(cell(text) for text in (level, int(fit.k), effect_text(fit), bare_p(fit.p), *spread(fit)))


def _test(stratified: Stratified) -> str:
    result = stratified.result
    if result.df < 1:
        return "There is one level, so nothing is compared."
    if not np.isfinite(result.Q):
        return "Subgroups cannot be compared: one of them has no estimate, for an arm has no event in any of its studies."
    if np.isfinite(result.df2):
        test = f"F = {result.Q / result.df:.2f} on {result.df} and {result.df2:.0f} degrees of freedom"
    else:
        test = f"Q = {result.Q:.2f} on {result.df} degree{'s' if result.df > 1 else ''} of freedom"
    return f"Test for a difference between subgroups: {test}, {p_text(result.p)}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def bare_p(p: float) -> str:
    """P as it stands under a heading that says P: `0.017`, `< 0.001`."""
    return p_text(p).removeprefix("P ").removeprefix("= ")


def spread(fit: PooledEffect) -> tuple[str, str]:
    """I2 and tau2 as text; dashes for one study, and for the tau2 of a common effect."""
    if fit.k < 2:
        return NONE, NONE
    return percent_text(fit.I2), tau2_text(fit.tau2) if fit.model == "random" else NONE


def statuses_text(statuses: Iterable[str]) -> str:
    """Rows by status: `17 read, 1 derived`."""
    counts = Counter(statuses)
    return ", ".join(f"{counts[status]} {status}" for status in STATUSES if counts[status])


# --- sensitivity


def variations(found: AnalysisFindings, name: str, *, left_out: bool) -> Table | None:
    """The primary analysis and its variations: those that leave out a study, or all others; None where there are none."""
    chosen = [v for v in found.sensitivity if v.id.startswith("without:") == left_out]
    if not chosen or found.fit is None:
        return None
    heads = ("k", effect_heading(found), "P", "I²")
    columns = (Column("Analysis", "long"), *(Column(head, NUMBER) for head in heads), Column("Rests on rows", "brief"))
    groups = [Group(rows=(_result("Primary analysis", found.fit, total=True),))]
    for head in dict.fromkeys(v.group for v in chosen):
        rows = tuple(_variation(v) for v in chosen if v.group == head)
        groups.append(Group(rows=rows, head="" if left_out else head))
    caption = "Each study left out in turn" if left_out else "Sensitivity analyses"
    return table(f"{caption}: {name}", columns, groups)


def _variation(variation: Variation) -> Row:
    if variation.fit is None:
        return row((cell(variation.label), cell(""), cell("none", below=variation.why), cell(""), cell(""), cell("")))
    return _result(variation.label, variation.fit)


def _result(label: str, fit: PooledEffect, *, total: bool = False) -> Row:
    """A result with the rows that it rests on; one that rests on recalled rows says so in a mark beside the number."""
    there = zip(fit.effects.derivations, np.isfinite(fit.effects.vi), strict=False)
    statuses = [d.status for d, present in there if d is not None and present]
    mark = status_tag("recalled") if "recalled" in statuses else None
    first, numbers = (
        cell(label, tag=mark),
        (int(fit.k), effect_text(fit), bare_p(fit.p), spread(fit)[0], statuses_text(statuses)),
    )
    return row((first, *map(cell, numbers)), total=total)


def cumulative(found: AnalysisFindings, name: str) -> Table | None:
    """The result after each study, in the order of publication; None with fewer than two."""
    if found.cumulative is None or found.fit is None or found.fit.k < 2:
        return None
    years = {effect.unit.title: effect.unit.year for effect in found.selection.effects}
    heads = ("Year", "k", effect_heading(found))
    columns = (Column("With"), *(Column(head, NUMBER) for head in heads))
    rows = (row(map(cell, (study, years.get(study), int(fit.k), effect_text(fit)))) for study, fit in found.cumulative)
    return table(f"As the studies were published: {name}", columns, rows)
