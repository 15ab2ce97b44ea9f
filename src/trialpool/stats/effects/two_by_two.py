"""Risk ratio, odds ratio, risk difference, arcsine difference and Peto odds ratio from the events and patients of two arms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from trialpool.stats.arrays import Floats
from trialpool.stats.effects.columns import Columns, Pair, Rule, columns_of
from trialpool.stats.effects.effects import Counts, Effect, Effects, average, effects_of
from trialpool.stats.effects.zero_cells import ZERO_CELLS, Cells, Policy, corrected, correction_note
from trialpool.stats.pooling.choices import choose

__all__ = [
    "TWO_BY_TWO",
    "ZERO_CELLS",
    "Cells",
    "arcsine_difference",
    "cells_of",
    "corrected",
    "odds_ratio",
    "peto_odds_ratio",
    "risk_difference",
    "risk_ratio",
]
COUNTS = "Counts are whole, not negative, and fit in their arm"
WHOLE = Rule(lambda x: (x >= 0) & (x == np.floor(x)), COUNTS)
PATIENTS = Rule(lambda n: (n >= 1) & (n == np.floor(n)), COUNTS)
NO_MORE = "{:g} events among {:g} patients"


def log_risk_ratio(cells: Cells) -> Effect:
    """log RR = log(a/n1) - log(c/n2); var = 1/a - 1/n1 + 1/c - 1/n2. Katz et al. (1978), Biometrics 34:469-474."""
    a, b, c, d = cells
    return np.log(a / (a + b)) - np.log(c / (c + d)), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)


def log_odds_ratio(cells: Cells) -> Effect:
    """log OR = log(ad / bc); var = 1/a + 1/b + 1/c + 1/d. Woolf (1955), Ann Hum Genet 19:251-253."""
    a, b, c, d = cells
    return np.log(a * d) - np.log(b * c), 1 / a + 1 / b + 1 / c + 1 / d


def difference_of_risks(cells: Cells) -> Effect:
    """RD = a/n1 - c/n2; var = ab/n1^3 + cd/n2^3."""
    a, b, c, d = cells
    return a / (a + b) - c / (c + d), a * b / (a + b) ** 3 + c * d / (c + d) ** 3


def difference_of_arcsines(cells: Cells) -> Effect:
    """AS = asin sqrt(a/n1) - asin sqrt(c/n2); var = 1/(4 n1) + 1/(4 n2). Ruecker et al. (2009), Stat Med 28:721-738."""
    a, b, c, d = cells
    return np.arcsin(np.sqrt(a / (a + b))) - np.arcsin(np.sqrt(c / (c + d))), 1 / (4 * (a + b)) + 1 / (4 * (c + d))


def peto_log_odds_ratio(cells: Cells) -> Effect:
    """log OR = (O - E) / V, var = 1 / V; O = a, E = n1 m / N, V = n1 n2 m (N - m) / (N^2 (N - 1)) with m = a + c events.

    Yusuf, Peto, Lewis, Collins & Sleight (1985), Prog Cardiovasc Dis 27:335-371, appendix.
    """
    a, b, c, d = cells
    n1, n2, m = a + b, c + d, a + c
    N = n1 + n2
    V = n1 * n2 * m * (N - m) / (N**2 * (N - 1))
    return (a - n1 * m / N) / V, 1 / V


TWO_BY_TWO: dict[str, Callable[[Cells], Effect]] = {
    "RR": log_risk_ratio,
    "OR": log_odds_ratio,
    "RD": difference_of_risks,
    "AS": difference_of_arcsines,
    "PETO": peto_log_odds_ratio,
}


def average_risks(cells: Cells) -> tuple[Floats, Floats, Floats, Floats]:
    """n1, n2 and the events per patient of each arm in all studies together."""
    n1, n2 = cells.a + cells.b, cells.c + cells.d
    return n1, n2, average(cells.a / n1, n1), average(cells.c / n2, n2)


def risk_ratio_variance_of_average(cells: Cells) -> Floats:
    """(1 - p1) / (n1 p1) + (1 - p2) / (n2 p2), p1 and p2 the risks of all studies together."""
    n1, n2, p1, p2 = average_risks(cells)
    return (1 - p1) / (n1 * p1) + (1 - p2) / (n2 * p2)


def odds_ratio_variance_of_average(cells: Cells) -> Floats:
    """1 / (n1 p1 (1 - p1)) + 1 / (n2 p2 (1 - p2)), p1 and p2 the risks of all studies together."""
    n1, n2, p1, p2 = average_risks(cells)
    return 1 / (n1 * p1 * (1 - p1)) + 1 / (n2 * p2 * (1 - p2))


def risk_difference_variance_of_average(cells: Cells) -> Floats:
    """p1 (1 - p1) / n1 + p2 (1 - p2) / n2, p1 and p2 the risks of all studies together."""
    n1, n2, p1, p2 = average_risks(cells)
    return p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2


def unbiased_risk_difference_variance(cells: Cells) -> Floats:
    """p1 (1 - p1) / (n1 - 1) + p2 (1 - p2) / (n2 - 1), unbiased for binomial counts."""
    a, b, c, d = cells
    return a * b / ((a + b) ** 2 * (a + b - 1)) + c * d / ((c + d) ** 2 * (c + d - 1))


VARIANCES: dict[str, dict[str, Callable[[Cells], Floats]]] = {
    "RR": {"LS": lambda cells: log_risk_ratio(cells)[1], "AV": risk_ratio_variance_of_average},
    "OR": {"LS": lambda cells: log_odds_ratio(cells)[1], "AV": odds_ratio_variance_of_average},
    "RD": {
        "LS": lambda cells: difference_of_risks(cells)[1],
        "UB": unbiased_risk_difference_variance,
        "AV": risk_difference_variance_of_average,
    },
    "AS": {"LS": lambda cells: difference_of_arcsines(cells)[1]},
    "PETO": {"LS": lambda cells: peto_log_odds_ratio(cells)[1]},
}  # LS: large sample; UB: unbiased; AV: large sample at the average risks, so that a trial's weight does not depend on its events


def risk_ratio(
    *,
    events_t: Any,
    n_t: Any,
    events_c: Any,
    n_c: Any,
    study: Sequence[str] | None = None,
    zero_cells: str = "only",
    add: float = 0.5,
    double_zeros: str = "drop",
    variance: str = "LS",
    missing: str = "raise",
) -> Effects:
    """Log risk ratios of treatment against control.

    Parameters
    ----------
    events_t, n_t, events_c, n_c : (..., k) events and patients by arm, whole numbers
    study : (k,) labels
    zero_cells : what is done about empty cells. "only" adds to the four cells of a trial that has one; "none" adds nothing; "any"
        adds to all trials if one of them has one; "all" adds to all trials; "treatment-arm" and "empirical" share twice the amount
        between the arms of a trial that has one, by the size of the other arm, or towards the odds ratio of the other trials
    add : the amount
    double_zeros : "drop" leaves out a trial without events (or with nothing but events) in both arms, "keep" treats it as any other
    variance : "LS", the large-sample variance, or "AV", the same at the average risks of all trials
    missing : "raise" refuses a missing value, "drop" leaves its study out

    Returns
    -------
    Effects on the log scale. What is left out is absent (infinite variance), and `notes` says so, as it does of each correction.

    Raises
    ------
    BadArgument
        for text, missing or negative counts, fractions, more events than patients, an empty arm, unequal lengths

    References
    ----------
    Katz, Baptista, Azen & Pike (1978), Biometrics 34:469-474; Sweeting, Sutton & Lambert (2004), Stat Med 23:1351-1375

    >>> rr = risk_ratio(events_t=[4, 6], n_t=[123, 306], events_c=[11, 29], n_c=[139, 303])
    >>> rr.yi.round(4)
    array([-0.8893, -1.5854])
    """
    arms = arms_of(events_t, n_t, events_c, n_c, study, missing)
    return _two_by_two("RR", arms, Policy(zero_cells, add, double_zeros), variance)


def odds_ratio(
    *,
    events_t: Any,
    n_t: Any,
    events_c: Any,
    n_c: Any,
    study: Sequence[str] | None = None,
    zero_cells: str = "only",
    add: float = 0.5,
    double_zeros: str = "drop",
    variance: str = "LS",
    missing: str = "raise",
) -> Effects:
    """Log odds ratios of treatment against control; arguments, result and errors as in `risk_ratio`.

    References
    ----------
    Woolf (1955), Ann Hum Genet 19:251-253; the correction of 0.5 after Haldane (1956), Ann Hum Genet 20:309-311

    >>> odds_ratio(events_t=[4], n_t=[123], events_c=[11], n_c=[139]).yi.round(4)
    array([-0.9387])
    """
    arms = arms_of(events_t, n_t, events_c, n_c, study, missing)
    return _two_by_two("OR", arms, Policy(zero_cells, add, double_zeros), variance)


def risk_difference(
    *,
    events_t: Any,
    n_t: Any,
    events_c: Any,
    n_c: Any,
    study: Sequence[str] | None = None,
    zero_cells: str = "only",
    add: float = 0.5,
    double_zeros: str = "keep",
    variance: str = "LS",
    missing: str = "raise",
) -> Effects:
    """Differences in risk, treatment minus control; arguments, result and errors as in `risk_ratio`.

    A trial without events in both arms is kept, with 0.5 added to its cells: a difference near 0, with a variance. `variance` may
    also be "UB", unbiased for binomial counts.

    >>> risk_difference(events_t=[4], n_t=[123], events_c=[11], n_c=[139]).yi.round(4)
    array([-0.0466])
    """
    arms = arms_of(events_t, n_t, events_c, n_c, study, missing)
    return _two_by_two("RD", arms, Policy(zero_cells, add, double_zeros), variance)


def arcsine_difference(
    *,
    events_t: Any,
    n_t: Any,
    events_c: Any,
    n_c: Any,
    study: Sequence[str] | None = None,
    zero_cells: str = "none",
    add: float = 0.5,
    double_zeros: str = "keep",
    missing: str = "raise",
) -> Effects:
    """Differences of the arcsines of the root of the risks; arguments, result and errors as in `risk_ratio`.

    The variance depends on the sizes of the arms alone, so that a trial without events has its place without a correction.

    References
    ----------
    Ruecker, Schwarzer, Carpenter & Olkin (2009), Stat Med 28:721-738

    >>> arcsine_difference(events_t=[0], n_t=[50], events_c=[2], n_c=[50]).yi.round(4)
    array([-0.2014])
    """
    arms = arms_of(events_t, n_t, events_c, n_c, study, missing)
    return _two_by_two("AS", arms, Policy(zero_cells, add, double_zeros), "LS")


def peto_odds_ratio(
    *,
    events_t: Any,
    n_t: Any,
    events_c: Any,
    n_c: Any,
    study: Sequence[str] | None = None,
    zero_cells: str = "none",
    add: float = 0.5,
    double_zeros: str = "drop",
    missing: str = "raise",
) -> Effects:
    """Log odds ratios by Peto's one-step method; arguments, result and errors as in `risk_ratio`.

    One empty cell needs no correction. Good for rare events in arms of like size without large effects; biased elsewhere.

    References
    ----------
    Yusuf, Peto, Lewis, Collins & Sleight (1985), Prog Cardiovasc Dis 27:335-371

    >>> peto_odds_ratio(events_t=[0], n_t=[50], events_c=[2], n_c=[50]).yi.round(4)
    array([-2.0204])
    """
    arms = arms_of(events_t, n_t, events_c, n_c, study, missing)
    return _two_by_two("PETO", arms, Policy(zero_cells, add, double_zeros), "LS")


def arms_of(events_t: Any, n_t: Any, events_c: Any, n_c: Any, study: Sequence[str] | None, missing: str = "raise") -> Columns:
    """Checked events and patients of two arms; everything that is wrong with them is said at once."""
    return columns_of(
        "Counts",
        {"events_t": events_t, "n_t": n_t, "events_c": events_c, "n_c": n_c},
        {"events_t": WHOLE, "n_t": PATIENTS, "events_c": WHOLE, "n_c": PATIENTS},
        Pair(("events_t", "n_t"), lambda e, n: e <= n, NO_MORE, COUNTS),
        Pair(("events_c", "n_c"), lambda e, n: e <= n, NO_MORE, COUNTS),
        study=study,
        missing=missing,
    )


def cells_of(counts: Counts) -> Cells:
    """The 2x2 tables of arms with events and patients."""
    return Cells(counts.events_t, counts.n_t - counts.events_t, counts.events_c, counts.n_c - counts.events_c)


def effects_of_cells(measure: str, arms: Columns, policy: Policy, formula: Callable[[Cells], Effect], *, ratio: bool) -> Effects:
    """Effects by a formula of the four cells, after the policy for empty ones."""
    counts = Counts(**arms.values)
    mended = policy.applied(cells_of(counts))
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = formula(mended.cells)
    silent = "left out: no events, or nothing but events, in both arms" + (" say nothing of a ratio" if ratio else "")
    return effects_of(
        measure,
        arms,
        effect,
        left_out={silent: mended.left_out},
        corrected={correction_note(policy.zero_cells, policy.add): mended.touched},
        otherwise="left out: an empty cell and no correction",
        counts=counts,
    )


def _two_by_two(measure: str, arms: Columns, policy: Policy, variance: str) -> Effects:
    vi_of = VARIANCES[measure][choose("variance", variance, VARIANCES[measure])]

    def formula(cells: Cells) -> Effect:
        return TWO_BY_TWO[measure](cells)[0], vi_of(cells)

    return effects_of_cells(measure, arms, policy, formula, ratio=measure in {"RR", "OR", "PETO"})
