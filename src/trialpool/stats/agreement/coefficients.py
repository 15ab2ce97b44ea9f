"""Coefficients of agreement from counts: unit i was put into category k by r_ik reviewers, shape (n, q).

Written for any number of reviewers, not all of whom judged every unit (Gwet KL, Handbook of Inter-Rater Reliability, 4th ed.,
2014, chapters 2 and 3; Br J Math Stat Psychol 2008;61:29-48). w_kl is the credit for a pair of categories: 1 on the diagonal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Coefficient:
    """A coefficient with its standard error (NaN where it cannot be had) and the number of units it rests on."""

    value: float
    se: float
    units: int


def observed(r: Array, w: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Share of agreeing pairs of reviewers in each unit, and which units have a pair at all."""
    r_i = r.sum(axis=-1)
    paired = r_i >= 2
    pairs = np.where(paired, r_i * (r_i - 1), 1.0)
    return np.where(paired, (r * (r @ w - 1)).sum(axis=-1) / pairs, 0.0), paired


def shares(r: Array) -> Array:
    """Share of each unit's reviewers in each category; a unit without reviewer has none."""
    of_each: Array = r / np.maximum(r.sum(axis=-1, keepdims=True), 1.0)
    return of_each


def percent_agreement(r: Array, w: Array) -> Coefficient:
    """Share of pairs of reviewers that agree, averaged over the units that have a pair (Gwet 2014, eq. 2.8)."""
    a_i, paired = observed(r, w)
    a, n = a_i[paired], int(paired.sum())
    return Coefficient(float(a.mean()), _standard_error(a - a.mean()), n)


def pabak(r: Array, w: Array) -> Coefficient:
    """Prevalence-adjusted, bias-adjusted kappa: chance agreement 1/q (Byrt, Bishop & Carlin, J Clin Epidemiol 1993;46:423-9).

    With q categories it is Brennan and Prediger's coefficient (Educ Psychol Meas 1981;41:687-99), 2 p - 1 for two.
    """
    p = percent_agreement(r, w)
    chance = float(w.mean())
    return Coefficient((p.value - chance) / (1 - chance), p.se / (1 - chance), p.units)


def gwet_ac1(r: Array, w: Array) -> Coefficient:
    """AC1, AC2 with weights: chance is the share of units hard to judge, T sum pi (1 - pi) / (q (q - 1)) (Gwet 2008, eq. 14)."""
    pi = shares(r)[r.sum(axis=-1) > 0].mean(axis=0)
    q = pi.size
    per_category = w.sum() / (q * (q - 1)) * (1 - pi)
    return _corrected_for_chance(r, w, chance=float(per_category @ pi), of_unit=shares(r) @ per_category)


def fleiss_kappa(r: Array, w: Array) -> Coefficient:
    """Kappa of several reviewers: chance is sum w pi pi (Fleiss, Psychol Bull 1971;76:378-82; missing ones: Gwet 2014, ch. 3)."""
    pi = shares(r)[r.sum(axis=-1) > 0].mean(axis=0)
    per_category = (w @ pi + w.T @ pi) / 2
    return _corrected_for_chance(r, w, chance=float(pi @ w @ pi), of_unit=shares(r) @ per_category)


def krippendorff_alpha(r: Array, w: Array) -> Coefficient:
    """Alpha, from units with two reviewers or more (Krippendorff, Content Analysis, 4th ed., 2019, ch. 12).

    The standard error is that of the jackknife over units.
    """
    r = r[r.sum(axis=-1) >= 2]
    r_i = r.sum(axis=-1)
    agreeing, used = (r * (r @ w - 1)).sum(axis=-1) / (r_i - 1), r_i
    totals = r.sum(axis=0)
    alpha = _alpha(agreeing.sum(), totals, w)
    if len(r) < 3:
        return Coefficient(float(alpha), np.nan, len(r))
    without = _alpha(agreeing.sum() - agreeing, totals - r, w)
    known = without[np.isfinite(without)]
    se = np.sqrt((len(r) - 1) / len(r) * ((known - known.mean()) ** 2).sum()) if known.size == used.size else np.nan
    return Coefficient(float(alpha), float(se), len(r))


def _alpha(agreeing: Array, totals: Array, w: Array) -> Array:
    """1 - D_o / D_e, of coincidences: D_o = 1 - agreeing / n, D_e = 1 - sum w n_k (n_l - [k = l]) / (n (n - 1))."""
    n = totals.sum(axis=-1)
    by_chance = ((totals @ w) * totals).sum(axis=-1) - totals @ np.diag(w)
    with np.errstate(divide="ignore", invalid="ignore"):
        result: Array = 1 - (1 - agreeing / n) / (1 - by_chance / (n * (n - 1)))
    return result


def _corrected_for_chance(r: Array, w: Array, *, chance: float, of_unit: Array) -> Coefficient:
    """(p_a - p_e) / (1 - p_e), and its linearised standard error (Gwet 2014, eq. 5.10: each unit's part in p_a and p_e)."""
    a_i, paired = observed(r, w)
    judged = r.sum(axis=-1) > 0
    n, n_paired = judged.sum(), paired.sum()
    agree = a_i[paired].mean()
    if chance >= 1:
        return Coefficient(np.nan, np.nan, int(n_paired))
    value = (agree - chance) / (1 - chance)
    part = np.where(paired, n / n_paired * (a_i - chance) / (1 - chance), 0.0)
    influence = part - 2 * (1 - value) * (of_unit - chance) / (1 - chance)
    return Coefficient(float(value), _standard_error(influence[judged] - value), int(n_paired))


def cohen_kappa(table: Array, w: Array) -> Coefficient:
    """Kappa of two reviewers from their cross table, shape (q, q), weighted by w (Cohen, Educ Psychol Meas 1960;20:37-46).

    Standard error after Fleiss, Cohen & Everitt (Psychol Bull 1969;72:323-7), eq. 8.
    """
    n = table.sum()
    p = table / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    p_o, p_e = (w * p).sum(), rows @ w @ columns
    if p_e >= 1:
        return Coefficient(np.nan, np.nan, int(n))
    mean_w = (w @ columns)[:, np.newaxis] + (rows @ w)[np.newaxis, :]
    spread = (p * (w * (1 - p_e) - mean_w * (1 - p_o)) ** 2).sum() - (p_o * p_e - 2 * p_e + p_o) ** 2
    return Coefficient(float((p_o - p_e) / (1 - p_e)), float(np.sqrt(max(spread, 0.0) / n) / (1 - p_e) ** 2), int(n))


def _standard_error(deviations: Array) -> float:
    n = deviations.size
    return float(np.sqrt((deviations**2).sum() / (n * (n - 1)))) if n > 1 else float("nan")
