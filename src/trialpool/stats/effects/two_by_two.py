"""Risk ratio, odds ratio and risk difference from the events and patients of two arms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Floats
from trialpool.stats.effects.columns import labels_of, numbers
from trialpool.stats.effects.effects import Counts, Effects

ZERO_CELLS = {
    "only": "0.5 is added to the four cells of a trial that has an empty cell",
    "none": "nothing is added; a trial with an empty cell that the formula divides by is left out",
}


class Cells(NamedTuple):
    """The four cells of a 2x2 table, each (..., k): events and non-events with treatment (a, b) and control (c, d)."""

    a: Floats
    b: Floats
    c: Floats
    d: Floats


def log_risk_ratio(cells: Cells) -> tuple[Floats, Floats]:
    """log RR = log(a/n1) - log(c/n2); var = 1/a - 1/n1 + 1/c - 1/n2. Katz et al. (1978), Biometrics 34:469-474."""
    a, b, c, d = cells
    return np.log(a / (a + b)) - np.log(c / (c + d)), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)


def log_odds_ratio(cells: Cells) -> tuple[Floats, Floats]:
    """log OR = log(ad / bc); var = 1/a + 1/b + 1/c + 1/d. Woolf (1955), Ann Hum Genet 19:251-253."""
    a, b, c, d = cells
    return np.log(a * d) - np.log(b * c), 1 / a + 1 / b + 1 / c + 1 / d


def difference_of_risks(cells: Cells) -> tuple[Floats, Floats]:
    """RD = a/n1 - c/n2; var = ab/n1^3 + cd/n2^3."""
    a, b, c, d = cells
    return a / (a + b) - c / (c + d), a * b / (a + b) ** 3 + c * d / (c + d) ** 3


TWO_BY_TWO: dict[str, Callable[[Cells], tuple[Floats, Floats]]] = {
    "RR": log_risk_ratio,
    "OR": log_odds_ratio,
    "RD": difference_of_risks,
}


def risk_ratio(
    *, events_t: Any, n_t: Any, events_c: Any, n_c: Any, study: Sequence[str] | None = None, zero_cells: str = "only"
) -> Effects:
    """Log risk ratios of treatment against control.

    Parameters
    ----------
    events_t, n_t, events_c, n_c : (..., k) events and patients by arm, whole numbers
    study : (k,) labels
    zero_cells : "only" adds 0.5 to the four cells of a trial with an empty cell; "none" adds nothing

    Returns
    -------
    Effects on the log scale. A trial without any event (or with nothing but events) in both arms says nothing of a ratio: it
    is absent (infinite variance), and `notes` says so, as it does of each correction.

    Raises
    ------
    BadArgument
        for text, missing or negative counts, fractions, more events than patients, an empty arm, unequal lengths

    References
    ----------
    Katz, Baptista, Azen & Pike (1978), Biometrics 34:469-474

    >>> rr = risk_ratio(events_t=[4, 6], n_t=[123, 306], events_c=[11, 29], n_c=[139, 303])
    >>> rr.yi.round(4)
    array([-0.8893, -1.5854])
    """
    return _two_by_two("RR", events_t, n_t, events_c, n_c, study, zero_cells)


def odds_ratio(
    *, events_t: Any, n_t: Any, events_c: Any, n_c: Any, study: Sequence[str] | None = None, zero_cells: str = "only"
) -> Effects:
    """Log odds ratios of treatment against control; arguments, result and errors as in `risk_ratio`.

    References
    ----------
    Woolf (1955), Ann Hum Genet 19:251-253; the correction of 0.5 after Haldane (1956), Ann Hum Genet 20:309-311

    >>> odds_ratio(events_t=[4], n_t=[123], events_c=[11], n_c=[139]).yi.round(4)
    array([-0.9387])
    """
    return _two_by_two("OR", events_t, n_t, events_c, n_c, study, zero_cells)


def risk_difference(
    *, events_t: Any, n_t: Any, events_c: Any, n_c: Any, study: Sequence[str] | None = None, zero_cells: str = "only"
) -> Effects:
    """Differences in risk, treatment minus control; arguments, result and errors as in `risk_ratio`.

    A trial without events in both arms is kept, with 0.5 added to its cells: a difference near 0, with a variance.

    >>> risk_difference(events_t=[4], n_t=[123], events_c=[11], n_c=[139]).yi.round(4)
    array([-0.0466])
    """
    return _two_by_two("RD", events_t, n_t, events_c, n_c, study, zero_cells)


def counts_of(events_t: Any, n_t: Any, events_c: Any, n_c: Any, study: Sequence[str] | None) -> tuple[Counts, tuple[str, ...]]:
    """Checked counts and labels; everything that is wrong with them is said at once."""
    columns = {
        name: numbers(name, values) for name, values in {"events_t": events_t, "n_t": n_t, "events_c": events_c, "n_c": n_c}.items()
    }
    labels = labels_of(study, columns)
    wrong = [
        f"{name} is {value:g} for {labels[i % len(labels)]}"
        for name, column in columns.items()
        for i, value in enumerate(column.ravel())
        if not (value >= 0 and value == np.floor(value) and np.isfinite(value)) or (value == 0 and name.startswith("n_"))
    ]
    for arm in "tc":
        events, n = np.broadcast_arrays(columns[f"events_{arm}"], columns[f"n_{arm}"])
        wrong += [
            f"{e:g} events among {m:g} patients for {labels[i % len(labels)]} (events_{arm}, n_{arm})"
            for i, (e, m) in enumerate(zip(events.ravel(), n.ravel(), strict=True))
            if e > m
        ]
    if wrong:
        raise BadArgument("Counts cannot be used: " + "; ".join(wrong) + ". Counts are whole, not negative, and fit in their arm.")
    return Counts(**columns), labels


def cells_of(counts: Counts) -> Cells:
    """The 2x2 tables of arms with events and patients."""
    return Cells(counts.events_t, counts.n_t - counts.events_t, counts.events_c, counts.n_c - counts.events_c)


def corrected(cells: Cells, *, zero_cells: str = "only", add: float = 0.5) -> tuple[Cells, Any]:
    """Cells after the zero-cell policy, and which trials it touched (..., k)."""
    if zero_cells not in ZERO_CELLS:
        raise BadArgument(f"zero_cells={zero_cells!r} is not known. Choose one of {', '.join(map(repr, ZERO_CELLS))}.")
    empty = np.minimum(np.minimum(cells.a, cells.b), np.minimum(cells.c, cells.d)) == 0
    touched = empty if zero_cells == "only" else np.zeros_like(empty)
    return Cells(*(cell + add * touched for cell in cells)), touched


def _two_by_two(
    measure: str, events_t: Any, n_t: Any, events_c: Any, n_c: Any, study: Sequence[str] | None, zero_cells: str
) -> Effects:
    counts, labels = counts_of(events_t, n_t, events_c, n_c, study)
    cells = cells_of(counts)
    mended, touched = corrected(cells, zero_cells=zero_cells)
    with np.errstate(divide="ignore", invalid="ignore"):
        yi, vi = TWO_BY_TWO[measure](mended)
    silent = (cells.a + cells.c == 0) | (cells.b + cells.d == 0) if measure != "RD" else np.zeros_like(touched)
    unusable = ~np.isfinite(yi) | ~np.isfinite(vi) | (vi <= 0)
    absent = silent | unusable
    notes = _notes(labels, silent, unusable & ~silent, touched & ~silent)
    return Effects(
        yi=np.where(absent, 0.0, yi), vi=np.where(absent, np.inf, vi), study=labels, measure=measure, counts=counts, notes=notes
    )


def _notes(labels: tuple[str, ...], silent: Any, unusable: Any, touched: Any) -> dict[str, str]:
    reasons = {
        "left out: no events, or nothing but events, in both arms say nothing of a ratio": silent,
        "left out: an empty cell and no correction": unusable,
        "0.5 added to the four cells, one of which was empty": touched,
    }
    return {labels[i]: reason for reason, where in reasons.items() for i in np.flatnonzero(where.reshape(-1, len(labels)).any(0))}
