"""Correlation of the rows and columns of 2x2 tables: phi, Yule's Q and Y, the tetrachoric correlation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from trialpool.stats.arrays import Floats
from trialpool.stats.effects.correlation import fisher_z
from trialpool.stats.effects.effects import Effect, Effects
from trialpool.stats.effects.two_by_two import arms_of, effects_of_cells
from trialpool.stats.effects.zero_cells import Cells, Policy
from trialpool.stats.pooling.choices import choose

NODES, WEIGHTS = np.polynomial.legendre.leggauss(64)
HALVINGS = 54  # of the interval of pi that the angle of a correlation lies in: to rounding


def phi(cells: Cells) -> Floats:
    """(ad - bc) / sqrt(r1 r2 c1 c2), the margins in the root. Yule (1912), J R Stat Soc 75:579-652."""
    a, b, c, d = cells
    return (a * d - b * c) / np.sqrt((a + b) * (c + d) * (a + c) * (b + d))


def phi_variance_of_one_sample(cells: Cells) -> Floats:
    """The large-sample variance of phi where N alone was fixed (one sample, cross-sectional).

    [1 - phi^2 + phi (1 + phi^2 / 2) u - 3/4 phi^2 w] / N with u = (r1 - r2)(c1 - c2) / sqrt(r1 r2 c1 c2) and
    w = (r1 - r2)^2 / (r1 r2) + (c1 - c2)^2 / (c1 c2), margins as shares.

    Bishop, Fienberg & Holland (1975), Discrete Multivariate Analysis, section 11.3.
    """
    a, b, c, d = cells
    N = a + b + c + d
    r1, r2, c1, c2 = (a + b) / N, (c + d) / N, (a + c) / N, (b + d) / N
    p = phi(cells)
    u = (r1 - r2) * (c1 - c2) / np.sqrt(r1 * r2 * c1 * c2)
    w = (r1 - r2) ** 2 / (r1 * r2) + (c1 - c2) ** 2 / (c1 * c2)
    return (1 - p**2 + p * (1 + p**2 / 2) * u - 0.75 * p**2 * w) / N


def phi_variance_of_two_samples(cells: Cells) -> Floats:
    """The large-sample variance of phi where the sizes of the arms were fixed (stratified sampling), by the delta method.

    phi = sqrt(r1 r2) (p1 - p2) / sqrt(q (1 - q)), q = r1 p1 + r2 p2, p1 and p2 independent binomial shares.
    """
    a, b, c, d = cells
    n1, n2 = a + b, c + d
    r1, r2, p1, p2 = n1 / (n1 + n2), n2 / (n1 + n2), a / n1, c / n2
    q = r1 * p1 + r2 * p2
    s = q * (1 - q)
    along_q = -0.5 * (p1 - p2) * (1 - 2 * q) / s**1.5
    by_p1, by_p2 = 1 / np.sqrt(s) + along_q * r1, -1 / np.sqrt(s) + along_q * r2
    return r1 * r2 * (by_p1**2 * p1 * (1 - p1) / n1 + by_p2**2 * p2 * (1 - p2) / n2)


PHI_VARIANCES: dict[str, Callable[[Cells], Floats]] = {"CS": phi_variance_of_one_sample, "ST": phi_variance_of_two_samples}


def yule_q(cells: Cells) -> Effect:
    """Q = (ad - bc) / (ad + bc); var = (1 - Q^2)^2 (1/a + 1/b + 1/c + 1/d) / 4. Yule (1900), Phil Trans R Soc A 194:257-319."""
    a, b, c, d = cells
    Q = (a * d - b * c) / (a * d + b * c)
    return Q, (1 - Q**2) ** 2 * (1 / a + 1 / b + 1 / c + 1 / d) / 4


def yule_y(cells: Cells) -> Effect:
    """Y = (sqrt(ad) - sqrt(bc)) / (sqrt(ad) + sqrt(bc)); var = (1 - Y^2)^2 (1/a + 1/b + 1/c + 1/d) / 16.

    Yule (1912), J R Stat Soc 75:579-652.
    """
    a, b, c, d = cells
    Y = (np.sqrt(a * d) - np.sqrt(b * c)) / (np.sqrt(a * d) + np.sqrt(b * c))
    return Y, (1 - Y**2) ** 2 * (1 / a + 1 / b + 1 / c + 1 / d) / 16


def bivariate_normal(h: Floats, k: Floats, angle: Floats) -> Floats:
    """P(X < h, Y < k) for standard normal X and Y whose correlation is sin(angle).

    Phi(h) Phi(k) + 1 / (2 pi) integral over 0 to angle of exp(-(h^2 - 2hk sin t + k^2) / (2 cos^2 t)) dt, by 64 Gauss-Legendre
    nodes. Drezner & Wesolowsky (1990), J Stat Comput Simul 35:101-107.

    >>> bivariate_normal(np.zeros(1), np.zeros(1), np.array([np.pi / 6]))        # 1/4 + angle / (2 pi)
    array([0.33333333])
    """
    t = angle[..., np.newaxis] * (NODES + 1) / 2
    h_, k_ = h[..., np.newaxis], k[..., np.newaxis]
    height = np.exp(-(h_**2 - 2 * h_ * k_ * np.sin(t) + k_**2) / (2 * np.cos(t) ** 2))
    return np.asarray(ndtr(h) * ndtr(k) + angle * (WEIGHTS * height).sum(-1) / (4 * np.pi))


def tetrachoric(cells: Cells) -> Effect:
    """The correlation of two normal variables that were cut in two, by maximum likelihood, and its large-sample variance.

    h and k cut off the margins, and rho solves P(X < h, Y < k; rho) = a / N: three figures for three unknowns. With
    u = Phi((k - rho h) / sqrt(1 - rho^2)), w the same with h and k exchanged, and the density f at (h, k), the delta method for
    the four multinomial shares gives var = (sum p x^2 - (sum p x)^2) / (N f^2), x = (1 - u - w, -u, -w, 0) over cells a, b, c, d.

    Pearson (1900), Phil Trans R Soc A 195:1-47; Brown & Benedetti (1977), Psychometrika 42:347-355.
    """
    N = sum(cells)
    pa, pb, pc, _ = (cell / N for cell in cells)
    h, k = ndtri(pa + pb), ndtri(pa + pc)
    low, high = np.full(h.shape, -np.pi / 2), np.full(h.shape, np.pi / 2)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        below = bivariate_normal(h, k, middle) < pa
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    rho, root = np.sin((low + high) / 2), np.cos((low + high) / 2)
    u, w = ndtr((k - rho * h) / root), ndtr((h - rho * k) / root)
    f = np.exp(-(h**2 - 2 * rho * h * k + k**2) / (2 * root**2)) / (2 * np.pi * root)
    mean = pa * (1 - u - w) - pb * u - pc * w
    vi = (pa * (1 - u - w) ** 2 + pb * u**2 + pc * w**2 - mean**2) / (N * f**2)
    empty = np.minimum(np.minimum(cells.a, cells.b), np.minimum(cells.c, cells.d)) == 0  # rho is 1 or -1, without a variance
    return np.where(empty, np.nan, rho), vi


TRANSFORMS: dict[str, Callable[[Effect], Effect]] = {"none": lambda effect: effect, "z": fisher_z}


def phi_coefficient(
    *,
    events_t: Any,
    n_t: Any,
    events_c: Any,
    n_c: Any,
    study: Sequence[str] | None = None,
    transform: str = "none",
    variance: str = "CS",
    zero_cells: str = "none",
    add: float = 0.5,
    double_zeros: str = "drop",
    missing: str = "raise",
) -> Effects:
    """Phi coefficients, the correlations of arm and event; the other arguments, result and errors as in `risk_ratio`.

    Parameters
    ----------
    transform : "none", or "z" for Fisher's z
    variance : "CS" for one sample that was cross-classified, "ST" for arms whose sizes were fixed

    >>> phi_coefficient(events_t=[4], n_t=[123], events_c=[11], n_c=[139]).yi.round(4)
    array([-0.1001])
    """
    vi_of = PHI_VARIANCES[choose("variance", variance, PHI_VARIANCES)]
    measure = {"none": "PHI", "z": "ZPHI"}[choose("transform", transform, TRANSFORMS)]
    arms = arms_of(events_t, n_t, events_c, n_c, study, missing)
    return effects_of_cells(
        measure,
        arms,
        Policy(zero_cells, add, double_zeros),
        lambda cells: TRANSFORMS[transform]((phi(cells), vi_of(cells))),
        ratio=False,
    )


def yules_q(
    *,
    events_t: Any,
    n_t: Any,
    events_c: Any,
    n_c: Any,
    study: Sequence[str] | None = None,
    zero_cells: str = "only",
    add: float = 0.5,
    double_zeros: str = "drop",
    missing: str = "raise",
) -> Effects:
    """Yule's Q, the odds ratio brought to -1 to 1: (OR - 1) / (OR + 1); arguments, result and errors as in `risk_ratio`.

    >>> yules_q(events_t=[4], n_t=[123], events_c=[11], n_c=[139]).yi.round(4)
    array([-0.4377])
    """
    arms = arms_of(events_t, n_t, events_c, n_c, study, missing)
    return effects_of_cells("YUQ", arms, Policy(zero_cells, add, double_zeros), yule_q, ratio=False)


def yules_y(
    *,
    events_t: Any,
    n_t: Any,
    events_c: Any,
    n_c: Any,
    study: Sequence[str] | None = None,
    zero_cells: str = "only",
    add: float = 0.5,
    double_zeros: str = "drop",
    missing: str = "raise",
) -> Effects:
    """Yule's Y: (sqrt(OR) - 1) / (sqrt(OR) + 1); arguments, result and errors as in `risk_ratio`.

    >>> yules_y(events_t=[4], n_t=[123], events_c=[11], n_c=[139]).yi.round(4)
    array([-0.2305])
    """
    arms = arms_of(events_t, n_t, events_c, n_c, study, missing)
    return effects_of_cells("YUY", arms, Policy(zero_cells, add, double_zeros), yule_y, ratio=False)


def tetrachoric_correlation(
    *,
    events_t: Any,
    n_t: Any,
    events_c: Any,
    n_c: Any,
    study: Sequence[str] | None = None,
    transform: str = "none",
    zero_cells: str = "only",
    add: float = 0.5,
    double_zeros: str = "drop",
    missing: str = "raise",
) -> Effects:
    """Tetrachoric correlations of what two cuts made a 2x2 table of; other arguments, result and errors as in `risk_ratio`.

    Parameters
    ----------
    transform : "none", or "z" for Fisher's z

    >>> tetrachoric_correlation(events_t=[4], n_t=[123], events_c=[11], n_c=[139]).yi.round(4)
    array([-0.2631])
    """
    measure = {"none": "RTET", "z": "ZTET"}[choose("transform", transform, TRANSFORMS)]
    arms = arms_of(events_t, n_t, events_c, n_c, study, missing)
    formula: partial[Effect] = partial(_tetrachoric, transform=transform)
    return effects_of_cells(measure, arms, Policy(zero_cells, add, double_zeros), formula, ratio=False)


def _tetrachoric(cells: Cells, transform: str) -> Effect:
    return TRANSFORMS[transform](tetrachoric(cells))
