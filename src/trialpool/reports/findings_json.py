"""findings.json: the results as a stable, documented, versioned interface (docs/findings.md)."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from trialpool.analysis.findings import AnalysisFindings, Comparison, Findings, Stratified, Variation
from trialpool.analysis.reconstructed_curves import CurveFindings
from trialpool.analysis.selection import UnitEffect
from trialpool.errors import Problem
from trialpool.reports.answers import answer, cautions
from trialpool.reports.certainty_json import certainty_data, summary_data
from trialpool.reports.flow_json import flow_data
from trialpool.reports.risk_of_bias_json import risk_of_bias_data
from trialpool.reports.robustness_json import robustness_data
from trialpool.stats.bias.egger import EggerTest
from trialpool.stats.pooling.pooled_effect import PooledEffect

FORMAT = 1


def findings_json(findings: Findings) -> str:
    """The findings as JSON text: the same findings give the same bytes."""
    return json.dumps(findings_data(findings), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def findings_data(findings: Findings) -> dict[str, Any]:
    """The findings as plain dictionaries and lists; numbers that do not exist are None."""
    return {
        "format": FORMAT,
        "title": findings.review.plan.title,
        "cautions": list(cautions(findings.review)),
        "summary_of_findings": summary_data(findings),
        "analyses": [_analysis(found) for found in findings.analyses],
        "crude": [
            {
                "source": crude.published.review,
                "outcome": crude.published.outcome,
                "measure": crude.measure.code,
                "crude_ratio_of_totals": crude.estimate,
                "published_estimate": _decimal(crude.published.estimate),
            }
            for crude in findings.crude
        ],
        "curves": [_curve(found) for found in findings.curves],
        "inconsistencies": [problem_data(problem) for problem in findings.inconsistencies],
        "flow": flow_data(findings.flow),
        "remarks": list(findings.review.remarks),
    }


def _curve(found: CurveFindings) -> dict[str, Any]:
    """What the patients behind a figure give."""
    effect, test = found.effect, found.proportional
    return {
        "name": found.curve.name,
        "treatment": found.treatment,
        "control": found.control,
        "arms": [
            {"arm": arm, "n": fit.n, "events": fit.events, "largest_miss": fit.largest_miss} for arm, fit in found.made.fits.items()
        ],
        "misses": list(found.made.misses),
        "log_hr": effect.log_hr if effect else None,
        "se": effect.se if effect else None,
        "se_inflation": _number(effect.inflation) if effect else None,
        "proportional_hazards_p": _number(test.p) if test else None,
    }


def problem_data(problem: Problem) -> dict[str, Any]:
    """A problem with its parts by name."""
    return {
        "severity": problem.severity,
        "file": problem.file,
        "row": problem.row or None,
        "column": problem.column or None,
        "what": problem.what,
        "mend": problem.mend,
    }


def _analysis(found: AnalysisFindings) -> dict[str, Any]:
    plan = found.analysis
    return {
        "id": plan.id,
        "outcome": found.outcome.id,
        "name": found.outcome.name,
        "measure": found.outcome.measure,
        "unit": found.outcome.unit,
        "model": plan.model,
        "scale": "log" if found.measure.log else "identity",
        "level": plan.level,
        "k": len(found.selection.effects),
        "studies": found.studies,
        "answer": list(answer(found)),
        "effects": [_effect(effect) for effect in found.selection.effects],
        "missing": [{"study": m.unit.study, "stratum": m.unit.stratum, "why": m.reason} for m in found.selection.missing],
        "pooled": _pooled(found.fit, plan.prediction),
        "why_not_pooled": found.why or None,
        "subgroups": [row for stratified in found.subgroups for row in _subgroups(stratified, plan.prediction)],
        "subgroup_tests": [_test(stratified) for stratified in found.subgroups],
        "sensitivity": [_variation(variation, plan.prediction) for variation in found.sensitivity],
        "cumulative": [
            {"added": title, "k": int(fit.k), "pooled": _pooled(fit, plan.prediction)} for title, fit in (found.cumulative or ())
        ],
        "egger": _egger(found.egger, found.no_egger),
        "robustness": robustness_data(found),
        "certainty": certainty_data(found),
        "risk_of_bias": risk_of_bias_data(found),
        "published": [_published(comparison) for comparison in found.published],
    }


def _effect(effect: UnitEffect) -> dict[str, Any]:
    d, r = effect.derivation, effect.report
    return {
        "study": effect.unit.study,
        "stratum": effect.unit.stratum,
        "label": effect.unit.title,
        "year": effect.unit.year,
        "reported_outcome": r.outcome,
        "yi": _number(d.yi),
        "vi": _number(d.vi),
        "se": _number(d.se),
        "route": d.route,
        "status": d.status,
        "source": d.source,
        "locator": d.locator,
        "file": r.file,
        "row": r.row,
        "formula": d.formula,
        "worked": d.worked,
        "inputs": dict(d.inputs),
        "assumptions": list(d.assumptions),
        "se_rounding": [_number(d.se_low), _number(d.se_high)],
        "other_routes": [
            {"route": other.route, "yi": _number(other.yi), "se": _number(other.se)} for other in effect.chosen.derivations[1:]
        ],
        "other_reports": [
            {
                "file": c.report.file,
                "row": c.report.row,
                "status": c.report.status,
                "route": c.derivations[0].route if c.derivations else None,
                "yi": _number(c.derivations[0].yi) if c.derivations else None,
                "se": _number(c.derivations[0].se) if c.derivations else None,
                "why_not": c.rejected,
            }
            for c in effect.others
        ],
    }


def _pooled(fit: PooledEffect | None, prediction: str) -> dict[str, Any] | None:
    return None if fit is None else fit.to_dict(prediction=prediction)


def _subgroups(stratified: Stratified, prediction: str) -> list[dict[str, Any]]:
    return [
        {"by": stratified.by, "level": level, "k": int(fit.k), "pooled": _pooled(fit, prediction)}
        for level, fit in zip(stratified.result.levels, stratified.result.fits, strict=True)
    ]


def _test(stratified: Stratified) -> dict[str, Any]:
    r = stratified.result
    return {
        "by": stratified.by,
        "tau2": r.tau2,
        "Q": _number(r.Q),
        "df": r.df,
        "df2": _number(r.df2),
        "p": _number(r.p),
        "without_level": list(stratified.without_level),
    }


def _variation(variation: Variation, prediction: str) -> dict[str, Any]:
    return {
        "id": variation.id,
        "label": variation.label,
        "k": int(variation.fit.k) if variation.fit else 0,
        "pooled": _pooled(variation.fit, prediction),
        "why_not": variation.why or None,
    }


def _egger(test: EggerTest | None, why: str) -> dict[str, Any]:
    if test is None:
        return dict.fromkeys(("slope", "se", "df", "p", "limit")) | {"why_not": why}
    return {
        "slope": _number(test.slope),
        "se": _number(test.se),
        "df": int(test.df),
        "p": _number(test.p),
        "limit": _number(test.limit),
        "why_not": None,
    }


def _published(comparison: Comparison) -> dict[str, Any]:
    row = comparison.published
    return {
        "source": row.review,
        "scope": row.scope,
        "measure": row.measure,
        "estimate": _decimal(row.estimate),
        "ci": [_decimal(row.ci_low), _decimal(row.ci_high)] if row.ci_low is not None and row.ci_high is not None else None,
        "level": float(row.ci_level) / 100,
        "p": str(row.p) if row.p else None,
        "k": row.k,
        "status": row.status,
        "url": row.source,
        "agrees": comparison.agrees,
        "why": comparison.why,
    }


def _number(value: Any) -> float | None:
    number = float(value)
    return number if np.isfinite(number) else None


def _decimal(value: Any) -> float | None:
    return None if value is None else float(value)
