"""How far a result can be trusted, as plain dictionaries and lists for findings.json (docs/findings.md)."""

from __future__ import annotations

from typing import Any

import numpy as np

from trialpool.analysis.findings import AnalysisFindings
from trialpool.analysis.multiverse import Multiverse
from trialpool.analysis.robustness import Robustness, SmallStudy
from trialpool.reports.robustness_checks import MIDDLE, checks, robust_answer
from trialpool.stats.bayes.pooling import BayesianPooling
from trialpool.stats.bias.rank_test import RankTest
from trialpool.stats.bias.trim_and_fill import TrimAndFill
from trialpool.stats.evidence.sequential_analysis import SequentialAnalysis
from trialpool.stats.influence.all_subsets import Outliers, Subsets
from trialpool.stats.influence.influence import Influence

SIDES = {-1: "below", 0: "neither", 1: "above"}
OF_A_STUDY = (
    "standardised",
    "studentised",
    "dffits",
    "cook",
    "cov_ratio",
    "tau2_deleted",
    "Q_deleted",
    "hat",
    "weights",
    "dfbetas",
)
OF_A_SPLIT = ("mu_with", "mu_without", "I2_with", "I2_without", "mu_share", "I2_share")


def robustness_data(found: AnalysisFindings) -> dict[str, Any] | None:
    """Everything of `Robustness`; None where nothing was pooled."""
    of = found.robustness
    if of is None or found.fit is None:
        return None
    return {
        "answer": robust_answer(found) or None,
        "checks": [{"part": c.part, "name": c.name, "found": c.found, "stands": c.stands or None} for c in checks(found)],
        "multiverse": _multiverse(of.multiverse, of) if of.multiverse else None,
        "influence": _influence(of.influence) if of.influence else [],
        "subsets": _subsets(of.subsets, of.outliers, float(found.fit.mu)) if of.subsets and of.outliers else None,
        "small_study": [_small_study(test) for test in of.small_study],
        "trim_and_fill": _trim_and_fill(of.trim_and_fill, found.analysis.prediction) if of.trim_and_fill else None,
        "sequential": _sequential(of.sequential) if of.sequential else None,
        "bayesian": _bayesian(of.bayesian, found) if of.bayesian else None,
        "not_run": [{"part": part, "why": why} for part, why in of.why_not.items()],
    }


def _multiverse(m: Multiverse, of: Robustness) -> dict[str, Any]:
    summary = of.choices or {}
    return {
        "n": m.n,
        "left_out": m.left_out,
        "conclusion": SIDES[m.conclusion],
        "holds": int(m.holds.sum()),
        "below": int((m.verdicts < 0).sum()),
        "above": int((m.verdicts > 0).sum()),
        "lowest": float(m.mu.min()),
        "median": float(np.median(m.mu)),
        "highest": float(m.mu.max()),
        "choices": [
            {"choice": name, "levels": list(m.levels[name]), "spread": spread, "flips": flips}
            for name, spread, flips in zip(summary["choice"], summary["spread"], summary["flips"], strict=True)
        ],
    }


def _influence(i: Influence) -> list[dict[str, Any]]:
    t, flags = i.table(), i.flags
    return [
        {"study": study}
        | {name: number(t[name][at]) for name in OF_A_STUDY}
        | {"beyond": [name for name, where in flags.items() if where[at]]}
        for at, study in enumerate(i.study)
    ]


def _subsets(s: Subsets, o: Outliers, mu: float) -> dict[str, Any]:
    low, middle, high = (float(x) for x in np.quantile(s.mu, (MIDDLE[0], 0.5, MIDDLE[1])))
    t = o.table()
    return {
        "n": s.n,
        "complete": s.complete,
        "low": low,
        "median": middle,
        "high": high,
        "same_side": float((np.sign(s.mu) == np.sign(mu)).mean()),
        "studies": [
            {"study": study} | {name: number(t[name][at]) for name in OF_A_SPLIT} | {"outlying": bool(t["outlying"][at])}
            for at, study in enumerate(o.study)
        ],
    }


def _small_study(of: SmallStudy) -> dict[str, Any]:
    test = of.test
    if test is None:
        return dict.fromkeys(("statistic", "df", "p", "slope", "se", "limit", "caution")) | {"method": of.method, "why_not": of.why}
    line: dict[str, Any] = dict.fromkeys(("df", "slope", "se", "limit"))
    if not isinstance(test, RankTest):
        limit = number(test.limit) if test.vanishes else None
        line = {"df": number(test.df), "slope": number(test.slope), "se": number(test.se), "limit": limit}
    said = {"statistic": number(test.statistic), "p": number(test.p), "caution": test.caution or None, "why_not": None}
    return {"method": of.method} | line | said


def _trim_and_fill(t: TrimAndFill, prediction: str) -> dict[str, Any]:
    return {
        "estimator": t.estimator,
        "side": t.side,
        "filled": t.k0,
        "se": number(t.se),
        "pooled": t.filled.to_dict(prediction=prediction),
        "caution": t.caution or None,
    }


def _sequential(s: SequentialAnalysis) -> dict[str, Any]:
    bounds, futility = s.boundaries.z, s.boundaries.futility
    return {
        "smallest_effect": s.smallest_effect,
        "level": s.level,
        "power": s.power,
        "spending": s.boundaries.spending,
        "diversity": s.diversity,
        "required": s.required,
        "fraction": s.information_fraction,
        "z": float(s.z[-1]),
        "boundary": number(s.boundary),
        "futility": number(s.futility),
        "verdict": s.verdict,
        "ci": _pair(s.interval()),
        "looks": [
            {
                "look": look,
                "k": int(s.k[i]),
                "information": float(s.information[i]),
                "fraction": float(s.t[i]),
                "estimate": float(s.mu[i]),
                "z": float(s.z[i]),
                "boundary": number(bounds[i]) if i < len(bounds) else None,
                "futility": number(futility[i]) if futility is not None and i < len(futility) else None,
            }
            for i, look in enumerate(s.looks)
        ],
        "cautions": list(s.cautions),
    }


def _bayesian(b: BayesianPooling, found: AnalysisFindings) -> dict[str, Any]:
    shown = found.measure.shown
    return {
        "effect_prior": str(b.effect_prior),
        "tau_prior": str(b.tau_prior),
        "level": b.level,
        "estimate": b.estimate,
        "ci": _pair(b.interval()),
        "tau": float(b.tau.median),
        "tau_ci": _pair(b.tau_interval()),
        "prediction": _pair(b.prediction_interval()),
        "p_below": b.probability_below(),
        "shown": {"estimate": shown(b.estimate), "ci": [shown(limit) for limit in b.interval()]},
        "cautions": list(b.cautions),
    }


def number(value: Any) -> float | None:
    """A number, or None where it does not exist or is infinite."""
    x = float(value)
    return x if np.isfinite(x) else None


def _pair(limits: tuple[Any, Any]) -> list[float | None]:
    return [number(limit) for limit in limits]
