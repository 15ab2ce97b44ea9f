"""What is done about empty cells of 2x2 tables: named policies, each what it adds to the cells of the two arms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.arrays import Bools, Floats
from trialpool.stats.pooling.choices import choose

DOUBLE_ZEROS = {
    "drop": "a trial without an event, or with nothing but events, in both arms is left out",
    "keep": "such a trial is treated as any other, by the policy for empty cells",
}


class Cells(NamedTuple):
    """The four cells of a 2x2 table, each (..., k): events and non-events with treatment (a, b) and control (c, d)."""

    a: Floats
    b: Floats
    c: Floats
    d: Floats


class Added(NamedTuple):
    """What is added to each cell of the treatment arm and of the control arm, (..., k)."""

    t: Any
    c: Any


def has_empty_cell(cells: Cells) -> Bools:
    """(..., k) trials with a zero anywhere."""
    return np.asarray(np.minimum(np.minimum(cells.a, cells.b), np.minimum(cells.c, cells.d)) == 0)


def is_double_zero(cells: Cells) -> Bools:
    """(..., k) trials without an event, or with nothing but events, in both arms."""
    return np.asarray((cells.a + cells.c == 0) | (cells.b + cells.d == 0))


def nothing(cells: Cells, considered: Bools, add: float) -> Added:
    """Nothing is added; a trial whose formula divides by an empty cell is left out."""
    return Added(np.zeros(considered.shape), np.zeros(considered.shape))


def only(cells: Cells, considered: Bools, add: float) -> Added:
    """The amount is added to the four cells of a trial that has an empty one. Haldane (1956), Ann Hum Genet 20:309-311."""
    k = add * (has_empty_cell(cells) & considered)
    return Added(k, k)


def if_any(cells: Cells, considered: Bools, add: float) -> Added:
    """The amount is added to the cells of every trial, if any of them has an empty one."""
    k = add * ((has_empty_cell(cells) & considered).any(-1, keepdims=True) & considered)
    return Added(k, k)


def always(cells: Cells, considered: Bools, add: float) -> Added:
    """The amount is added to the cells of every trial. Gart & Zweifel (1967), Biometrika 54:181-187."""
    k = add * considered
    return Added(k, k)


def treatment_arm(cells: Cells, considered: Bools, add: float) -> Added:
    """By the size of the opposite arm: k_t = 1 / (R + 1), k_c = R / (R + 1), R = n_c / n_t, for a trial with an empty cell.

    The two sum to 1, twice the usual 0.5 (to 2 `add` in general), and a trial without events has an odds ratio close to 1 however
    unequal its arms. Sweeting, Sutton & Lambert (2004), Stat Med 23:1351-1375.
    """
    return _shared(cells, considered, add, 1.0)


def empirical(cells: Cells, considered: Bools, add: float) -> Added:
    """Towards the pooled odds ratio of the other trials: k_t = W / (R + W), k_c = R / (R + W), R = n_c / n_t.

    W is the Mantel-Haenszel odds ratio of the trials without an empty cell, of which there has to be one; in a batch, an analysis
    without any has nothing corrected. The two sum to 2 `add`, as above. Sweeting, Sutton & Lambert (2004), Stat Med 23:1351-1375.
    """
    usable = considered & ~has_empty_cell(cells) & np.isfinite(sum(cells))
    a, b, c, d = (np.where(usable, cell, 0.0) for cell in cells)
    N = np.where(usable, a + b + c + d, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        W = (a * d / N).sum(-1, keepdims=True) / (b * c / N).sum(-1, keepdims=True)
    if W.ndim == 1 and not np.isfinite(W).all() and (has_empty_cell(cells) & considered).any():
        raise NotEstimable(
            f"zero_cells='empirical', k = {considered.shape[-1]}: no trial is without an empty cell, so there is no odds ratio to "
            "correct towards. Choose 'treatment-arm', or a method that needs no correction."
        )
    return _shared(cells, considered, add, W)


ZERO_CELLS: dict[str, Callable[[Cells, Bools, float], Added]] = {
    "only": only,
    "none": nothing,
    "any": if_any,
    "all": always,
    "treatment-arm": treatment_arm,
    "empirical": empirical,
}


class Corrected(NamedTuple):
    """Cells after the policy, and which trials it touched or left out, (..., k)."""

    cells: Cells
    touched: Any
    left_out: Any


class Policy(NamedTuple):
    """What a caller chose about empty cells."""

    zero_cells: str
    add: float
    double_zeros: str

    def applied(self, cells: Cells) -> Corrected:
        return corrected(cells, zero_cells=self.zero_cells, add=self.add, double_zeros=self.double_zeros)


def corrected(cells: Cells, *, zero_cells: str = "only", add: float = 0.5, double_zeros: str = "keep") -> Corrected:
    """Cells after the policy for empty ones.

    Parameters
    ----------
    zero_cells : a key of ZERO_CELLS
    add : the amount, 0 or more; for "treatment-arm" and "empirical" half of what both arms get together
    double_zeros : a key of DOUBLE_ZEROS; those that are dropped neither get nor cause a correction
    """
    choose("zero_cells", zero_cells, ZERO_CELLS)
    choose("double_zeros", double_zeros, DOUBLE_ZEROS)
    if not 0 <= add < np.inf:
        raise BadArgument(f"add={add!r} cannot be added to a cell. Give 0 or more, such as 0.5.")
    left_out = is_double_zero(cells) & (double_zeros == "drop")
    added = ZERO_CELLS[zero_cells](cells, ~left_out, add)
    filled = Cells(cells.a + added.t, cells.b + added.t, cells.c + added.c, cells.d + added.c)
    return Corrected(filled, (added.t > 0) | (added.c > 0), left_out)


def correction_note(zero_cells: str, add: float) -> str:
    """What stands in the result of a trial that was corrected."""
    shared = f"{2 * add:g} shared by the arms, by the {{}}, and added to their cells, one of which was empty"
    return {
        "only": f"{add:g} added to the four cells, one of which was empty",
        "any": f"{add:g} added to the four cells, as to those of all trials, one of which has an empty cell",
        "all": f"{add:g} added to the four cells, as to those of all trials",
        "treatment-arm": shared.format("size of the other arm"),
        "empirical": shared.format("odds ratio of the other trials"),
    }.get(zero_cells, "")


def _shared(cells: Cells, considered: Bools, add: float, odds_ratio: Any) -> Added:
    touched = has_empty_cell(cells) & considered
    R = (cells.c + cells.d) / (cells.a + cells.b)
    return Added(*(np.where(touched, 2 * add * part / (R + odds_ratio), 0.0) for part in (odds_ratio, R)))
