"""The derivation of an effect as the page shows it: the reported row, the route, and what else could have been taken."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from trialpool.analysis.findings import AnalysisFindings
from trialpool.analysis.route_agreement import routes_of
from trialpool.analysis.selection import Candidate, MissingUnit, UnitEffect
from trialpool.errors import Problem
from trialpool.figures.numerals import difference_text, level_text, share_text
from trialpool.reports.html_links import source_links
from trialpool.reports.html_tables import Link, Tag, status_tag
from trialpool.reports.wording import interval_text
from trialpool.review.report import STATUSES, Report
from trialpool.stats.distributions import z_quantile
from trialpool.stats.effects.accuracy import Gap
from trialpool.stats.effects.derivation import Derivation, Refusal
from trialpool.stats.effects.measure import Measure

TOLD_APART = ("source", "locator", "quote", "status", "note", "file", "row")
LACKING = "needs "  # how a refusal begins where figures are missing
TELLING = 0.005  # differences that do not print as 0.00
SAME = 5e-5  # limits closer than the last digit shown

Noticed = Mapping[tuple[str, int], tuple[Problem, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteView:
    """A route: the effect that it gives, on both scales, its formula, and what rounding leaves open."""

    name: str
    effect: str
    log_effect: str
    se: str
    formula: str
    worked: str
    assumptions: tuple[str, ...]
    open_effect: str
    open_se: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """A reported row with all that stands in it, where every route leads from there, and why it does not count.

    spread  : from where to where the routes lead, where there are several
    apart   : which routes differ from the first by more than rounding explains, and whether their own errors do
    lacking : routes for which the row lacks figures; `refusals` are the others that lead nowhere
    """

    place: str
    outcome: str
    tag: Tag | None
    status: str
    figures: tuple[tuple[str, str, str], ...]
    source: tuple[Link, ...]
    locator: str
    quote: str
    note: str
    routes: tuple[RouteView, ...]
    spread: str
    apart: tuple[str, ...]
    refusals: tuple[Refusal, ...]
    lacking: tuple[Refusal, ...]
    rejected: str
    noticed: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivationView:
    """A study (or stratum) in an analysis: the report that counts, and the others; `why` where none does."""

    id: str
    title: str
    scale: str
    effect: str
    weight: str
    chosen: ReportView | None
    others: tuple[ReportView, ...]
    why: str = ""


def derivation(effect: UnitEffect, found: AnalysisFindings, id_: str, weight: float, noticed: Noticed) -> DerivationView:
    """How a chosen effect came about."""
    return DerivationView(
        id=id_,
        title=effect.unit.title,
        scale=scale(found.measure),
        effect=f"{found.measure.code} {of_study(effect.derivation, found)}",
        weight=share_text(weight),
        chosen=_report(effect.chosen, found, noticed),
        others=tuple(_report(other, found, noticed) for other in effect.others),
    )


def no_derivation(missing: MissingUnit, found: AnalysisFindings, id_: str, noticed: Noticed) -> DerivationView:
    """What there is of a study that has no effect, and why none of it counts."""
    return DerivationView(
        id=id_,
        title=missing.unit.title,
        scale=scale(found.measure),
        effect="not in the analysis",
        weight="",
        chosen=None,
        others=tuple(_report(candidate, found, noticed) for candidate in missing.candidates),
        why=missing.reason,
    )


def of_study(d: Derivation, found: AnalysisFindings) -> str:
    """The effect of one study with its interval at the level of the analysis: `0.48 (0.36–0.63)`."""
    half = z_quantile(found.analysis.level) * d.se
    return interval_text(d.yi, d.yi - half, d.yi + half, found.outcome.measure)


def scale(measure: Measure) -> str:
    """The analysis scale by name: `log HR`, `RD`."""
    return f"log {measure.code}" if measure.log else measure.code


def effect_heading(found: AnalysisFindings) -> str:
    """The heading of a column of effects: `HR (95% CI)`."""
    return f"{found.measure.code} ({level_text(found.analysis.level)} CI)"


def _report(candidate: Candidate, found: AnalysisFindings, noticed: Noticed) -> ReportView:
    report = candidate.report
    return ReportView(
        place=place(report),
        outcome=report.outcome,
        tag=status_tag(report.status),
        status=STATUSES[report.status],
        figures=tuple(_figures(report)),
        source=source_links(report.source),
        locator=report.locator,
        quote=report.quote,
        note=report.note,
        routes=tuple(_route(d, found) for d in candidate.derivations),
        spread=_spread(candidate, found),
        apart=tuple(_apart(g) for g in routes_of(candidate, found.outcome.measure).gaps if g.first is candidate.derivations[0]),
        refusals=tuple(r for r in candidate.refusals if not r.reason.startswith(LACKING)),
        lacking=tuple(r for r in candidate.refusals if r.reason.startswith(LACKING)),
        rejected=candidate.rejected,
        noticed=noticed.get((report.file, report.row), ()),
    )


def _spread(candidate: Candidate, found: AnalysisFindings) -> str:
    """From where to where the routes lead; empty where there is one."""
    if len(candidate.derivations) < 2:
        return ""
    routes = routes_of(candidate, found.outcome.measure)
    effects = [difference_text(found.measure.shown(limit), 2) for limit in routes.spread]
    errors = [f"{se:.3f}" for se in routes.se_spread]
    return f"{len(candidate.derivations)} routes: {found.measure.code} {_between(*effects)}, SE {_between(*errors)}"


def _between(low: str, high: str) -> str:
    return f"{low} throughout" if low == high else f"{low} to {high}"


def _apart(g: Gap) -> str:
    """Two routes whose ranges by rounding do not meet, and whether that is more than such routes differ by."""
    parts = [
        f"{distance:.2f} in {what} (such routes: up to {allowed:.2f})"
        for what, distance, allowed in (("effect", g.effect, g.effect_allowed), ("log SE", g.se, g.se_allowed))
        if distance >= TELLING and math.isfinite(allowed)
    ]
    verdict = ": more than their own errors explain" if g.beyond_method else ""
    return f"{g.second.route}: {' and '.join(parts) or 'less than 0.01'} beyond rounding{verdict}"


def place(report: Report) -> str:
    """File and row of a report, as a spreadsheet counts."""
    return f"{report.file}, row {report.row}"


def _figures(report: Report) -> Iterator[tuple[str, str, str]]:
    """Every filled cell of the row but those that are told apart: column, value, and what the column means."""
    for column, field in Report.model_fields.items():
        value = getattr(report, column)
        if column in report.model_fields_set and column not in TOLD_APART and value not in (None, ""):
            yield column, cell_text(value), (field.description or "").replace("`", "")


def cell_text(value: object) -> str:
    """A cell as it was written; the `=` before a P value is left out."""
    return format(value, "f") if isinstance(value, Decimal) else str(value).removeprefix("= ")


def _route(d: Derivation, found: AnalysisFindings) -> RouteView:
    return RouteView(
        name=d.route,
        effect=f"{found.measure.code} {of_study(d, found)}",
        log_effect=difference_text(d.yi, 4),
        se=f"{d.se:.4f}",
        formula=d.formula,
        worked=d.worked,
        assumptions=d.assumptions,
        open_effect=_open_effect(d, found),
        open_se=_span(d.se_low, d.se_high),
    )


def _open_effect(d: Derivation, found: AnalysisFindings) -> str:
    span = _span(d.yi_low, d.yi_high)
    if not found.measure.log or " to " not in span:
        return span
    shown = [difference_text(found.measure.shown(limit), 3) for limit in (d.yi_low, d.yi_high)]
    return f"{span} ({found.measure.code} {shown[0]} to {shown[1]})"


def _span(low: float, high: float) -> str:
    """From where to where; `throughout` where rounding moves nothing, and that it can't be told where a limit is infinite."""
    if not math.isfinite(low) or not math.isfinite(high):
        return "cannot be told"
    if high - low < SAME:
        return f"{difference_text(low, 4)} throughout"
    return f"{difference_text(low, 4)} to {difference_text(high, 4)}"
