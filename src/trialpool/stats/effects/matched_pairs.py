"""Events in matched pairs and crossover trials: odds ratio, risk ratio, risk difference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Floats
from trialpool.stats.effects.columns import CORRELATION, Pair, Rule, columns_of
from trialpool.stats.effects.effects import Effect, Effects, effects_of
from trialpool.stats.effects.two_by_two import COUNTS, NO_MORE, PATIENTS, WHOLE
from trialpool.stats.effects.zero_cells import Cells, Policy, corrected, correction_note
from trialpool.stats.pooling.choices import choose

PAIRS = Rule(WHOLE.holds, "Pairs are counted in whole numbers, 0 or more")
NO_PAIRS = "left out: no pair that differs says nothing of a ratio"
POLICIES = ("only", "none", "any", "all")


class Pairs(NamedTuple):
    """Pairs by outcome, each (..., k): the event in both, with treatment alone, with control alone, in neither."""

    a: Floats
    b: Floats
    c: Floats
    d: Floats


def marginal_log_odds_ratio(p: Pairs) -> Effect:
    """log of p1 (1 - p2) / (p2 (1 - p1)), p1 = (a + b)/n, p2 = (a + c)/n.

    var = [1/(p1 (1-p1)) + 1/(p2 (1-p2)) - 2 D / (p1 (1-p1) p2 (1-p2))] / n, D = (ad - bc)/n^2, by the delta method.

    Becker & Balagtas (1993), Biometrics 49:997-1009.
    """
    n = p.a + p.b + p.c + p.d
    p1, p2 = (p.a + p.b) / n, (p.a + p.c) / n
    w1, w2, D = p1 * (1 - p1), p2 * (1 - p2), (p.a * p.d - p.b * p.c) / n**2
    return np.log(p1 / (1 - p1)) - np.log(p2 / (1 - p2)), (1 / w1 + 1 / w2 - 2 * D / (w1 * w2)) / n


def conditional_log_odds_ratio(p: Pairs) -> Effect:
    """log(b / c); var = 1/b + 1/c. McNemar (1947), Psychometrika 12:153-157; Curtin et al. (2002), Stat Med 21:2145-2159."""
    return np.log(p.b) - np.log(p.c), 1 / p.b + 1 / p.c


def peto_log_odds_ratio_of_pairs(p: Pairs) -> Effect:
    """(O - E) / V = 2 (b - c) / (b + c); var = 1 / V = 4 / (b + c), O = b, E = (b + c) / 2, V = (b + c) / 4."""
    return 2 * (p.b - p.c) / (p.b + p.c), 4 / (p.b + p.c)


def log_risk_ratio_of_pairs(p: Pairs) -> Effect:
    """log((a + b) / (a + c)); var = (b + c) / ((a + b)(a + c))."""
    return np.log(p.a + p.b) - np.log(p.a + p.c), (p.b + p.c) / ((p.a + p.b) * (p.a + p.c))


def risk_difference_of_pairs(p: Pairs) -> Effect:
    """(b - c)/n; var = [b/n + c/n - (b - c)^2/n^2] / n."""
    n = p.a + p.b + p.c + p.d
    return (p.b - p.c) / n, (p.b / n + p.c / n - ((p.b - p.c) / n) ** 2) / n


ODDS_RATIOS: dict[str, tuple[str, Callable[[Pairs], Effect]]] = {
    "conditional": ("MPORC", conditional_log_odds_ratio),
    "marginal": ("MPOR", marginal_log_odds_ratio),
    "peto": ("MPPETO", peto_log_odds_ratio_of_pairs),
}


def matched_odds_ratio(
    *,
    both: Any,
    only_t: Any,
    only_c: Any,
    neither: Any,
    study: Sequence[str] | None = None,
    kind: str = "conditional",
    zero_cells: str = "only",
    add: float = 0.5,
    missing: str = "raise",
) -> Effects:
    """Log odds ratios of matched pairs or of a crossover trial.

    Parameters
    ----------
    both, only_t, only_c, neither : (..., k) pairs with the event in both, with treatment alone, with control alone, in neither
    study : (k,) labels
    kind : "conditional", from the pairs that differ; "marginal", of the risks with treatment and with control, as an unmatched
        trial has it; "peto", conditional by Peto's one-step method
    zero_cells : where `add` is added to the four cells: "only" in a trial with an empty one, "none", "any", "all"
    add : the amount
    missing : "raise" refuses a missing value, "drop" leaves its study out

    References
    ----------
    McNemar (1947), Psychometrika 12:153-157; Elbourne et al. (2002), Int J Epidemiol 31:140-149

    >>> found = matched_odds_ratio(both=[20], only_t=[12], only_c=[5], neither=[41])
    >>> found.yi.round(4), found.vi.round(4)
    (array([0.8755]), array([0.2833]))
    """
    measure, formula = ODDS_RATIOS[choose("kind", kind, ODDS_RATIOS)]
    return _pairs(measure, formula, (both, only_t, only_c, neither), study, (zero_cells, add), missing)


def matched_risk_ratio(
    *,
    both: Any,
    only_t: Any,
    only_c: Any,
    neither: Any,
    study: Sequence[str] | None = None,
    zero_cells: str = "only",
    add: float = 0.5,
    missing: str = "raise",
) -> Effects:
    """Log risk ratios of matched pairs; arguments as in `matched_odds_ratio`.

    >>> matched_risk_ratio(both=[20], only_t=[12], only_c=[5], neither=[41]).yi.round(4)
    array([0.2469])
    """
    return _pairs("MPRR", log_risk_ratio_of_pairs, (both, only_t, only_c, neither), study, (zero_cells, add), missing)


def matched_risk_difference(
    *,
    both: Any,
    only_t: Any,
    only_c: Any,
    neither: Any,
    study: Sequence[str] | None = None,
    zero_cells: str = "only",
    add: float = 0.5,
    missing: str = "raise",
) -> Effects:
    """Risk differences of matched pairs, treatment minus control; arguments as in `matched_odds_ratio`.

    >>> matched_risk_difference(both=[20], only_t=[12], only_c=[5], neither=[41]).yi.round(4)
    array([0.0897])
    """
    return _pairs("MPRD", risk_difference_of_pairs, (both, only_t, only_c, neither), study, (zero_cells, add), missing)


def crossover_odds_ratio(
    *,
    events_t: Any,
    n_t: Any,
    events_c: Any,
    n_c: Any,
    r: Any,
    study: Sequence[str] | None = None,
    zero_cells: str = "only",
    add: float = 0.5,
    missing: str = "raise",
) -> Effects:
    """Marginal log odds ratios of a crossover trial that reports its two periods as if they were two groups.

    log(ad / bc); var = 1/a + 1/b + 1/c + 1/d - 2 r m / sqrt(abcd), m = (n_t + n_c) / 2 pairs, in whole numbers (halves to even).

    Parameters
    ----------
    events_t, n_t, events_c, n_c : (..., k) events and patients with treatment and with control
    r : (..., k) correlation (phi) of the outcomes of a patient, from a trial that reports the pairs; a plain number stands for all
    study, zero_cells, add, missing : as in `matched_odds_ratio`

    References
    ----------
    Becker & Balagtas (1993), Biometrics 49:997-1009; Elbourne et al. (2002), Int J Epidemiol 31:140-149

    >>> crossover_odds_ratio(events_t=[20], n_t=[32], events_c=[5], n_c=[46], r=0.4).vi.round(4)
    array([0.2171])
    """
    given = {"events_t": events_t, "n_t": n_t, "events_c": events_c, "n_c": n_c, "r": r}
    rules = {"events_t": WHOLE, "n_t": PATIENTS, "events_c": WHOLE, "n_c": PATIENTS, "r": CORRELATION}
    fits = [Pair((f"events_{arm}", f"n_{arm}"), lambda e, n: e <= n, NO_MORE, COUNTS) for arm in "tc"]
    found = columns_of("Counts", given, rules, *fits, study=study, missing=missing)
    x1, n1, x2, n2, phi = (found[name] for name in given)
    mended = corrected(Cells(x1, n1 - x1, x2, n2 - x2), zero_cells=choose("zero_cells", zero_cells, POLICIES), add=add)
    a, b, c, d = mended.cells
    m = np.rint((a + b + c + d) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        yi = np.log(a * d) - np.log(b * c)
        vi = 1 / a + 1 / b + 1 / c + 1 / d - 2 * phi * m / np.sqrt(a * b * c * d)
    note = {correction_note(zero_cells, add): mended.touched}
    return effects_of("MPOR", found, (yi, vi), corrected=note, otherwise="left out: an empty cell and no correction")


def _pairs(
    measure: str,
    formula: Callable[[Pairs], Effect],
    given: tuple[Any, Any, Any, Any],
    study: Sequence[str] | None,
    policy: tuple[str, float],
    missing: str,
) -> Effects:
    names = ("both", "only_t", "only_c", "neither")
    columns = dict(zip(names, given, strict=True))
    found = columns_of("Pairs", columns, dict.fromkeys(names, PAIRS), study=study, missing=missing)
    cells = Cells(*(found[name] for name in names))
    none = np.asarray(cells.a + cells.b + cells.c + cells.d == 0)
    if none.any():
        raise BadArgument(f"There are no pairs for {', '.join(found.labels_where(none))}. Leave the study out.")
    zero_cells, add = policy
    mended = Policy(choose("zero_cells", zero_cells, POLICIES), add, "keep").applied(cells)
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = formula(Pairs(*mended.cells))
    note = {correction_note(zero_cells, add): mended.touched}
    return effects_of(measure, found, effect, corrected=note, otherwise=NO_PAIRS)
