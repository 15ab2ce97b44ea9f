"""Do the figures of a log-rank test agree: observed and expected events, their difference, chi-squared and P?"""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

from trialpool.stats.consistency.disagreement import Disagreement
from trialpool.stats.distributions import two_sided_p
from trialpool.stats.effects.deriving import TOUCHING
from trialpool.stats.effects.reported import Reported

Verdict = tuple[Disagreement, ...] | None
MEND = "Look which figure was mistyped, or is of another arm, test or analysis"


def log_rank_agrees(r: Reported) -> Verdict:
    """O_t + O_c = E_t + E_c; O - E = O_t - E_t; P is that of chi-squared with one degree of freedom; each within rounding."""
    said = [found for check in (_sums, _difference, _p) if (found := check(r)) is not None]
    return tuple(d for found in said for d in found) if said else None


def _sums(r: Reported) -> Verdict:
    if r.events_t is None or r.events_c is None or not (r.expected_t and r.expected_c):
        return None
    observed, expected = r.events_t + r.events_c, r.expected_t.value + r.expected_c.value
    if abs(observed - expected) <= r.expected_t.half + r.expected_c.half + TOUCHING:
        return ()
    return tuple(
        _found(
            ("expected_t", "expected_c", "events_t", "events_c"),
            f"{observed} events are observed and {expected:g} expected",
            f"the same: {r.events_t} + {r.events_c} = {observed}, {r.expected_t} + {r.expected_c} = {expected:g}",
        )
    )


def _difference(r: Reported) -> Verdict:
    if r.events_t is None or not (r.expected_t and r.o_minus_e):
        return None
    made, slack = r.events_t - r.expected_t.value, r.expected_t.half + r.o_minus_e.half + TOUCHING
    if abs(made - r.o_minus_e.value) <= slack:
        return ()
    expected = f"{r.events_t} - {r.expected_t} = {made:g}"
    if abs(-made - r.o_minus_e.value) <= slack:
        expected += "; it has the sign of the control arm"
    return tuple(_found(("o_minus_e", "events_t", "expected_t"), f"O - E is {r.o_minus_e}", expected))


def _p(r: Reported) -> Verdict:
    if r.p is None or r.p_sides != 2 or not r.chi2 or r.chi2.low < 0:
        return None
    least, most = (float(two_sided_p(sqrt(x))) for x in (r.chi2.high, r.chi2.low))
    low, high = {"=": (r.p.low, r.p.high), "<": (0.0, r.p.high), ">": (r.p.low, 1.0)}[r.p_operator]
    if low <= most + TOUCHING and least <= high + TOUCHING:
        return ()
    return tuple(
        _found(
            ("p", "chi2"),
            f"P {r.p_operator} {r.p} stands beside a chi-squared of {r.chi2}",
            f"with one degree of freedom its P is {least:.2g} to {most:.2g}",
        )
    )


def _found(columns: tuple[str, ...], what: str, expected: str) -> Iterator[Disagreement]:
    yield Disagreement(rule="log-rank", severity="warning", columns=columns, what=what, expected=expected, mend=MEND)
