"""The prediction interval of Nagashima, Noma and Furukawa: a parametric bootstrap that lets tau2 be uncertain."""

from __future__ import annotations

from typing import Any

import numpy as np

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.arrays import Floats
from trialpool.stats.pooling.choices import FIT_MAKERS, checked_level, expect
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.pooling.projection import Projection, projection
from trialpool.stats.pooling.quadratic_forms import eigenvalues
from trialpool.stats.weighted_chi_squared import weighted_chi2_sf

KNOTS = 400  # values of tau2 at which its confidence distribution is computed; drawing between them adds less than the draws do


def bootstrap_prediction_interval(
    fit: PooledEffect, *, rng: np.random.Generator, draws: int = 20_000, level: float | None = None
) -> tuple[float, float]:
    """Limits between which the effect of a new study of the same kind lies, by a parametric bootstrap.

    tau2 is drawn from the confidence distribution that the exact distribution of Cochran's Q gives it, P(Q > q; tau2), and cut
    at 0; then the new effect is mu(tau2) + z tau - t se(tau2) with z normal, t of k - 1 degrees of freedom and se that of Hartung
    and Knapp; the limits are percentiles of these. It was made for few studies, where mu -+ t sqrt(tau2 + se^2) covers too
    little.

    Parameters
    ----------
    fit : a single random-effects analysis of at least two studies; only its effects and level are used
    rng : where the draws come from, such as np.random.default_rng(2019)
    draws : how many; the limits vary by about 2.5 sd / sqrt(draws)
    level : confidence level; that of the fit where not given

    Returns
    -------
    lower and upper limit on the analysis scale (log for ratios)

    Raises
    ------
    BadArgument
        for a batch of analyses, a common-effect model or fewer than 100 draws
    NotEstimable
        with fewer than two studies

    References
    ----------
    Nagashima, Noma & Furukawa (2019), Stat Methods Med Res 28:1689-1702, section 3

    >>> from trialpool.stats.effects.effects import effects
    >>> from trialpool.stats.pooling.pairwise import pool
    >>> fit = pool(effects([-0.36, -0.73, -0.10, -0.42], [0.02, 0.03, 0.01, 0.05]))
    >>> low, high = bootstrap_prediction_interval(fit, rng=np.random.default_rng(2019))
    >>> round(low, 1), round(high, 1)
    (-1.4, 0.6)
    """
    expect("bootstrap_prediction_interval", fit, PooledEffect, FIT_MAKERS)
    if np.ndim(fit.k) or fit.model != "random":
        raise BadArgument("The bootstrap prediction interval is of a single random-effects analysis.")
    if draws < 100:
        raise BadArgument(f"draws={draws} are too few for percentiles. Give at least 100.")
    if fit.k < 2:
        raise NotEstimable(f"Bootstrap prediction interval: k = {fit.k}, and it needs 2.")
    level = fit.level if level is None else checked_level(level)
    here = np.isfinite(fit.effects.vi)
    yi, vi = fit.effects.yi[here], fit.effects.vi[here]
    tau2 = drawn_tau2(yi, vi, rng.random(draws))
    k = len(yi)
    wi = 1 / (vi + tau2[:, np.newaxis])
    shares = wi / wi.sum(-1, keepdims=True)
    mu = shares @ yi
    se = np.sqrt((shares * (yi - mu[:, np.newaxis]) ** 2).sum(-1) / (k - 1))
    new = mu + rng.standard_normal(draws) * np.sqrt(tau2) - rng.standard_t(k - 1, draws) * se
    low, high = np.quantile(new, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def drawn_tau2(yi: Floats, vi: Floats, uniform: Floats) -> Floats:
    """tau2 at which P(Q > q) = uniform, q being Cochran's Q of yi, vi (k,); 0 where that is more even without heterogeneity."""
    P = projection(1 / vi[:, np.newaxis])
    q = float(P.quadratic(yi[:, np.newaxis])[0])
    top = _top(P, vi, q)
    knots = float(vi.min()) * np.expm1(np.linspace(0, np.log1p(top / float(vi.min())), KNOTS))
    drawn: Floats = np.interp(uniform, np.maximum.accumulate(_share_above(P, vi, q, knots)), knots, left=0.0)
    return drawn


def _top(P: Projection, vi: Floats, q: float) -> float:
    """A tau2 beyond which one draw in a million lies."""
    top = float(vi.max()) + q * float(vi.max())
    while _share_above(P, vi, q, np.array([top]))[0] < 1 - 1e-6 and top < 1e12 * (1 + q) * float(vi.max()):
        top *= 4
    return top


def _share_above(P: Projection, vi: Floats, q: float, tau2: Floats) -> Any:
    """P(Q > q) at each tau2 (n,)."""
    each = Projection(np.broadcast_to(P.ai, (len(vi), len(tau2))), P.columns)
    return weighted_chi2_sf(q, eigenvalues(each, vi[:, np.newaxis] + tau2))
