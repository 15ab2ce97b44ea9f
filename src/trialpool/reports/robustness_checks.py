"""How robust a result is at a glance: what each check found, and whether the conclusion stands in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.analysis.findings import AnalysisFindings
from trialpool.analysis.multiverse import CHOICES, verdict
from trialpool.analysis.robustness import Robustness
from trialpool.figures.numerals import number_text
from trialpool.reports import answers
from trialpool.reports.wording import effect_text, interval_text, listed, p_text, percent_text
from trialpool.stats.influence.leave_one_out import leave_one_out
from trialpool.stats.pooling.pooled_effect import PooledEffect

MIDDLE = (0.025, 0.975)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One way to doubt a result.

    part   : where in the page it is shown
    name   : what was done
    found  : what came of it
    stands : whether, or in how many, the conclusion stands; empty where the check does not say
    doubt  : where it does not stand, as the end of a sentence; empty where it does
    """

    part: str
    name: str
    found: str
    stands: str = ""
    doubt: str = ""


def robust_answer(found: AnalysisFindings) -> str:
    """One sentence: the conclusion, and in which of the checks it does not stand."""
    made = checks(found)
    if found.fit is None or not any(check.stands for check in made):
        return ""
    conclusion = f"The conclusion ({answers.verdict(found, found.fit)})"
    doubts = [check.doubt for check in made if check.doubt]
    if not doubts:
        return f"{conclusion} stands in every check that was made."
    return f"{conclusion} does not stand everywhere: it changes {listed(doubts)}."


def checks(found: AnalysisFindings) -> tuple[Check, ...]:
    """Every check that was made, in the order of the page."""
    if found.fit is None or found.robustness is None:
        return ()
    return tuple(check for make in CHECKS for check in make(found, found.fit, found.robustness))


def side(fit: Any) -> int:
    """-1 or 1 where an interval lies below or above no effect, 0 where it holds it or does not exist."""
    low, high = fit.interval()
    return int(verdict(np.asarray(low), np.asarray(high)))


def yes_or_no(stands: bool) -> str:
    return "yes" if stands else "no"


def how_many(some: int, of: int) -> str:
    """`all 25`, or `135,178 of 142,400 (94.9%)`."""
    return f"all {of:,}" if some == of else f"{some:,} of {of:,} ({share_text(some / of)})"


def share_text(share: float) -> str:
    """A share as percent, never rounded to all or none.

    >>> share_text(0.9494), share_text(0.99999), share_text(0.00001), share_text(1.0)
    ('94.9%', 'over 99.9%', 'under 0.1%', '100%')
    """
    if share in (0.0, 1.0):
        return f"{100 * share:.0f}%"
    return "over 99.9%" if share > 0.9995 else "under 0.1%" if share < 0.0005 else f"{100 * share:.1f}%"


# --- one function a check


def _sensitivity(found: AnalysisFindings, fit: PooledEffect, of: Robustness) -> Iterator[Check]:
    """The rounding of printed figures is a check of its own."""
    rounded = {v.id: v.fit for v in found.sensitivity if v.fit is not None and v.id.startswith("rounding-edges:")}
    others = [v.fit for v in found.sensitivity if v.fit is not None and v.id not in rounded]
    for name, what, fits in (
        ("Sensitivity analyses", "sensitivity analyses", others),
        ("Rounding of printed figures", "analyses at the edges of rounding", list(rounded.values())),
    ):
        if fits:
            yield _same_in(fits, fit, found, name, what)


def _same_in(fits: list[PooledEffect], fit: PooledEffect, found: AnalysisFindings, name: str, what: str) -> Check:
    same, n = sum(side(again) == side(fit) for again in fits), len(fits)
    mu = [float(again.mu) for again in fits]
    return Check(
        part="sensitivity",
        name=name,
        found=f"Estimates from {range_of(found, min(mu), max(mu))}",
        stands=f"in {how_many(same, n)}",
        doubt="" if same == n else f"in {n - same} of {n} {what}",
    )


def _multiverse(found: AnalysisFindings, fit: PooledEffect, of: Robustness) -> Iterator[Check]:
    m = of.multiverse
    if m is None or of.choices is None:
        return
    holds = int(m.holds.sum())
    yield Check(
        part="multiverse",
        name="Every defensible analysis (multiverse)",
        found=f"Estimates from {range_of(found, float(m.mu.min()), float(m.mu.max()))}; {CHOICES[of.choices['choice'][0]].lower()} "
        "moves them most",
        stands=f"in {how_many(holds, m.n)}",
        doubt="" if holds == m.n else f"in {m.n - holds:,} of {m.n:,} defensible analyses ({share_text(1 - holds / m.n)})",
    )


def _influence(found: AnalysisFindings, fit: PooledEffect, of: Robustness) -> Iterator[Check]:
    if of.influence is None:
        return
    out = [study for study, it_does in zip(of.influence.study, of.influence.influential, strict=True) if it_does]
    if not out:
        yield Check(part="influence", name="Influence of each study", found="No study stands out")
        return
    without = {study: again for study, again in leave_one_out(fit) if study in out}
    words = [f"without {study} {effect_text(again)}" for study, again in without.items()]
    changed = [study for study, again in without.items() if side(again) != side(fit)]
    yield Check(
        part="influence",
        name="Influence of each study",
        found=f"{listed(out)} stand{'s' if len(out) == 1 else ''} out; {listed(words)}",
        stands=yes_or_no(not changed),
        doubt=f"without {listed(changed)}" if changed else "",
    )


def _subsets(found: AnalysisFindings, fit: PooledEffect, of: Robustness) -> Iterator[Check]:
    if of.subsets is None or of.outliers is None:
        return
    low, high = (float(x) for x in np.quantile(of.subsets.mu, MIDDLE))
    splits = [study for study, it_does in zip(of.outliers.study, of.outliers.outlying, strict=True) if it_does]
    said = f"{listed(splits)} split{'s' if len(splits) == 1 else ''} them" if splits else "no study splits them"
    kind = "all" if of.subsets.complete else "a sample of"
    yield Check(
        part="subsets",
        name="Subsets of the studies (GOSH)",
        found=f"95% of {kind} {of.subsets.n:,} estimates from {range_of(found, low, high)}; {said}",
    )


def _small_study(found: AnalysisFindings, fit: PooledEffect, of: Robustness) -> Iterator[Check]:
    tests = [f"{of_test.test.method} {p_text(of_test.test.p)}" for of_test in of.small_study if of_test.test is not None]
    if tests:
        yield Check(part="funnel", name="Tests of small-study effects", found=f"{listed(tests)}")
    filled = of.trim_and_fill
    if filled is None:
        return
    if not filled.k0:
        yield Check(part="funnel", name="Trim and fill", found="No study is filled in", stands="yes")
        return
    stands, n = side(filled.filled) == side(fit), f"{filled.k0} stud{'y' if filled.k0 == 1 else 'ies'}"
    yield Check(
        part="funnel",
        name="Trim and fill",
        found=f"With {n} filled in {effect_text(filled.filled)}",
        stands=yes_or_no(stands),
        doubt="" if stands else f"with {n} filled in for asymmetry",
    )


def _sequential(found: AnalysisFindings, fit: PooledEffect, of: Robustness) -> Iterator[Check]:
    s = of.sequential
    if s is None:
        return
    stands = (s.verdict == "crossed") if side(fit) else s.verdict in ("reached", "futile")
    yield Check(
        part="sequential",
        name="Trial sequential analysis",
        found=f"{percent_text(s.information_fraction)} of the information required; {SHORT[s.verdict]}",
        stands=yes_or_no(stands),
        doubt="" if stands else f"when repeated looks are allowed for ({SHORT[s.verdict]})",
    )


SHORT = {
    "crossed": "the boundary is crossed",
    "futile": "the futility boundary is crossed",
    "reached": "no boundary is crossed",
    "inconclusive": "no boundary is crossed, which is inconclusive",
}


def _bayesian(found: AnalysisFindings, fit: PooledEffect, of: Robustness) -> Iterator[Check]:
    b = of.bayesian
    if b is None:
        return
    stands = side(b) == side(fit)
    effect = interval_text(b.estimate, *b.interval(), found.outcome.measure)
    doubt = "" if stands else f"by the Bayesian model ({effect})"
    yield Check(part="bayesian", name="Bayesian model", found=effect, stands=yes_or_no(stands), doubt=doubt)


CHECKS: tuple[Callable[[AnalysisFindings, PooledEffect, Robustness], Iterator[Check]], ...] = (
    _sensitivity,
    _multiverse,
    _influence,
    _subsets,
    _sequential,
    _small_study,
    _bayesian,
)


def range_of(found: AnalysisFindings, low: float, high: float) -> str:
    """Two estimates as shown, with `to` between them."""
    log = found.measure.log
    return f"{number_text(low, log=log)} to {number_text(high, log=log)}"
