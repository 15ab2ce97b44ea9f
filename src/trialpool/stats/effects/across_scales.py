"""One measure from the figures of another: standardised differences from counts, odds ratios and correlations from means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.special import ndtri

from trialpool.stats.arrays import Floats
from trialpool.stats.effects.correlation import fisher_z
from trialpool.stats.effects.effects import Effect, Effects, effects_of
from trialpool.stats.effects.mean_difference import Groups, groups_of, homoscedastic_variance, pooled_sd
from trialpool.stats.effects.superiority import density
from trialpool.stats.effects.two_by_two import arms_of, effects_of_cells, log_odds_ratio
from trialpool.stats.effects.zero_cells import Cells, Policy
from trialpool.stats.pooling.choices import choose

LOGISTIC = np.pi / np.sqrt(3)  # the SD of a standard logistic variable
COX = 1.65  # the same for a normal variable, by Cox (1970), The Analysis of Binary Data


def scaled(effect: Effect, by: float) -> Effect:
    """An effect in another unit."""
    yi, vi = effect
    return by * yi, by**2 * vi


def probit_difference(cells: Cells) -> Effect:
    """Phi^-1(p1) - Phi^-1(p2); var = 2 pi p1 (1-p1) exp(z1^2)/n1 + the same of the control group.

    Glass, McGaw & Smith (1981), Meta-Analysis in Social Research; Sanchez-Meca et al. (2003), Psychol Methods 8:448-467.
    """
    a, b, c, d = cells
    n1, n2 = a + b, c + d
    p1, p2 = a / n1, c / n2
    z1, z2 = ndtri(p1), ndtri(p2)
    vi = p1 * (1 - p1) * np.exp(z1**2) / n1 + p2 * (1 - p2) * np.exp(z2**2) / n2
    return z1 - z2, 2 * np.pi * vi


FROM_COUNTS: dict[str, Callable[[Cells], Effect]] = {
    "logistic": lambda cells: scaled(log_odds_ratio(cells), 1 / LOGISTIC),
    "cox": lambda cells: scaled(log_odds_ratio(cells), 1 / COX),
    "probit": probit_difference,
}
FROM_MEANS = {"logistic": LOGISTIC, "cox": COX}


def uncorrected_d(g: Groups) -> Effect:
    """d = (m1 - m2) / s; var = 1/n1 + 1/n2 + d^2 / (2 (n1 + n2))."""
    d = (g.m1 - g.m2) / pooled_sd(g)
    return d, homoscedastic_variance(g, d)


def point_biserial(g: Groups) -> Floats:
    """r = d / sqrt(d^2 + h), h = m/n1 + m/n2, m = n1 + n2 - 2. Tate (1954), Ann Math Stat 25:603-607."""
    d, h = uncorrected_d(g)[0], h_of(g)
    return d / np.sqrt(d**2 + h)


def h_of(g: Groups) -> Floats:
    """m/n1 + m/n2, m = n1 + n2 - 2."""
    return (g.n1 + g.n2 - 2) * (1 / g.n1 + 1 / g.n2)


def point_biserial_of_two_samples(g: Groups) -> Effect:
    """r with the variance of d carried over, h^2 / (h + d^2)^3 var(d): the sizes of the groups were fixed."""
    d, v = uncorrected_d(g)
    h = h_of(g)
    return point_biserial(g), h**2 / (h + d**2) ** 3 * v


def point_biserial_of_one_sample(g: Groups) -> Effect:
    """r; var = (1 - r^2)^2 / N [1 + r^2 (1 - 6pq) / (4pq)], p = n1/N: N alone was fixed. Tate (1954); Das Gupta (1960)."""
    r, N = point_biserial(g), g.n1 + g.n2
    pq = g.n1 * g.n2 / N**2
    return r, (1 - r**2) ** 2 / N * (1 + r**2 * (1 - 6 * pq) / (4 * pq))


def biserial(g: Groups) -> Effect:
    """rb; var = [pq/f^2 - rb^2 (5/2 + (p - q) z/f - pq z^2/f^2) + rb^4] / (N - 1), rb the point-biserial r times sqrt(pq) / f.

    z is the p quantile of the normal distribution, p = n1/N, and f the density there. An rb beyond -1 or 1, which samples can
    have, gets the variance of that limit.

    Soper (1914), Biometrika 10:384-390; Jacobs & Viechtbauer (2017), Res Synth Methods 8:161-180.
    """
    N = g.n1 + g.n2
    p, q = g.n1 / N, g.n2 / N
    z = ndtri(p)
    f = density(z)
    rb = point_biserial(g) * np.sqrt(p * q) / f
    bounded = np.clip(rb, -1, 1)
    vi = (p * q / f**2 - bounded**2 * (2.5 + (p - q) * z / f - p * q * z**2 / f**2) + bounded**4) / (N - 1)
    return rb, vi


CORRELATIONS: dict[tuple[str, str], tuple[str, str, Callable[[Groups], Effect]]] = {
    ("point-biserial", "ST"): ("RPB", "ZPB", point_biserial_of_two_samples),
    ("point-biserial", "CS"): ("RPB", "ZPB", point_biserial_of_one_sample),
    ("biserial", "ST"): ("RBIS", "ZBIS", biserial),
}


def smd_from_counts(
    *,
    events_t: Any,
    n_t: Any,
    events_c: Any,
    n_c: Any,
    study: Sequence[str] | None = None,
    method: str = "logistic",
    zero_cells: str = "only",
    add: float = 0.5,
    double_zeros: str = "drop",
    missing: str = "raise",
) -> Effects:
    """Standardised mean differences of an outcome that was cut in two; other arguments, result and errors as in `risk_ratio`.

    Parameters
    ----------
    method : "logistic", log OR sqrt(3) / pi (the outcome logistic; Hasselblad & Hedges); "cox", log OR / 1.65; "probit", the
        difference of the probits of the risks (the outcome normal)

    References
    ----------
    Hasselblad & Hedges (1995), Psychol Bull 117:167-178; Chinn (2000), Stat Med 19:3127-3131; Sanchez-Meca, Marin-Martinez &
    Chacon-Moscoso (2003), Psychol Methods 8:448-467

    >>> smd_from_counts(events_t=[4], n_t=[123], events_c=[11], n_c=[139]).yi.round(4)
    array([-0.5175])
    """
    formula = FROM_COUNTS[choose("method", method, FROM_COUNTS)]
    arms = arms_of(events_t, n_t, events_c, n_c, study, missing)
    return effects_of_cells("SMD", arms, Policy(zero_cells, add, double_zeros), formula, ratio=True)


def odds_ratio_from_means(
    *,
    mean_t: Any,
    sd_t: Any,
    n_t: Any,
    mean_c: Any,
    sd_c: Any,
    n_c: Any,
    study: Sequence[str] | None = None,
    method: str = "logistic",
    missing: str = "raise",
) -> Effects:
    """Log odds ratios that an outcome would have, cut in two, from its means; data and errors as in `mean_difference`.

    Parameters
    ----------
    method : "logistic", d pi / sqrt(3), or "cox", 1.65 d; d is Cohen's, without the small-sample correction

    >>> found = odds_ratio_from_means(mean_t=[55], sd_t=[47], n_t=[155], mean_c=[75], sd_c=[64], n_c=[156])
    >>> found.yi.round(4)
    array([-0.6458])
    """
    by = FROM_MEANS[choose("method", method, FROM_MEANS)]
    found, g = groups_of(mean_t, sd_t, n_t, mean_c, sd_c, n_c, study, missing)
    return effects_of("OR", found, scaled(uncorrected_d(g), by))


def correlation_from_means(
    *,
    mean_t: Any,
    sd_t: Any,
    n_t: Any,
    mean_c: Any,
    sd_c: Any,
    n_c: Any,
    study: Sequence[str] | None = None,
    kind: str = "point-biserial",
    transform: str = "none",
    variance: str = "ST",
    missing: str = "raise",
) -> Effects:
    """Correlations of group and outcome; data and errors as in `mean_difference`.

    Parameters
    ----------
    kind : "point-biserial", where the groups are two by nature, or "biserial", where a normal variable was cut to make them
    transform : "none", or "z" for Fisher's z
    variance : of point-biserial correlations: "ST" for groups whose sizes were fixed, "CS" for one sample

    References
    ----------
    Jacobs & Viechtbauer (2017), Res Synth Methods 8:161-180

    >>> found = correlation_from_means(mean_t=[55], sd_t=[47], n_t=[155], mean_c=[75], sd_c=[64], n_c=[156])
    >>> found.yi.round(4)
    array([-0.1758])
    """
    choose("kind", kind, dict.fromkeys(name for name, _ in CORRELATIONS))
    choose("variance", variance, [v for name, v in CORRELATIONS if name == kind])
    raw, z, formula = CORRELATIONS[kind, variance]
    choose("transform", transform, ("none", "z"))
    found, g = groups_of(mean_t, sd_t, n_t, mean_c, sd_c, n_c, study, missing)
    with np.errstate(invalid="ignore", divide="ignore"):
        effect = formula(g) if transform == "none" else fisher_z(formula(g))
    unusable = "left out: the biserial correlation is not between -1 and 1" if transform == "z" else "left out: it has no variance"
    return effects_of(raw if transform == "none" else z, found, effect, otherwise=unusable)
