"""Rank tests of small-study effects: Kendall's correlation of standardised effects with their variances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.errors import NotEstimable
from trialpool.stats.arrays import Floats, count
from trialpool.stats.bias.cautions import OF_ASYMMETRY, caution
from trialpool.stats.bias.weighted_line import less_rounding
from trialpool.stats.distributions import p_text, two_sided_p
from trialpool.stats.effects.effects import Effects
from trialpool.stats.pooling.choices import EFFECT_MAKERS, choose, expect
from trialpool.stats.pooling.weighted import mean, weights
from trialpool.stats.tables import Summary

EXACT_UP_TO = 300  # studies; beyond, the exact and the normal P agree to 4 digits
REFERENCES = {
    "auto": "exact where there are no ties and no more than 300 studies, and normal elsewhere",
    "exact": "the distribution over all orders of the studies; normal where there are ties",
    "normal": "the normal approximation, its variance corrected for ties, without a correction for continuity",
}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RankTest(Summary):
    """Kendall's rank correlation of standardised effects with variances. Numbers are (...) where `effects` is a batch.

    effects : what was tested
    method  : what the test is called
    S, se   : concordant less discordant pairs, and its standard error without a correlation
    tau     : Kendall's tau-b, -1 to 1
    p       : two-sided P
    exact   : whether P is exact
    k       : number of studies
    reasons : names of what `caution` looks at
    """

    COLUMNS = ("method", "tau", "S", "se", "statistic", "p", "exact", "k", "caution")

    effects: Effects
    method: str
    S: Any
    se: Any
    tau: Any
    p: Any
    exact: Any
    k: Any
    reasons: tuple[str, ...]

    @property
    def statistic(self) -> Any:
        """S / se: z."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.S / self.se

    @property
    def caution(self) -> str:
        """Why the test should not be relied on; empty where nothing speaks against it."""
        return caution(self.effects, self.reasons)

    def __repr__(self) -> str:
        return f"<RankTest: {self}>"

    def __str__(self) -> str:
        if np.ndim(self.S):
            return f"{self.method}, {np.size(self.S)} analyses"
        return f"{self.method}: Kendall's tau = {self.tau:.3f}, {p_text(self.p)}{' (exact)' if self.exact else ''}"


def begg(effects: Effects, *, reference: str = "auto") -> RankTest:
    """Begg and Mazumdar's test: are standardised effects correlated with their variances?

    (yi - mu) / sqrt(vi - 1 / sum wi), mu the common effect, against vi.

    Parameters
    ----------
    effects : effects of k studies, or a batch of the shape (..., k)
    reference : "auto", "exact" or "normal": what P is by

    Raises
    ------
    NotEstimable
        with fewer than three studies, or where all variances are equal

    References
    ----------
    Begg & Mazumdar (1994), Biometrics 50:1088-1101

    >>> from trialpool.stats.effects.effects import effects
    >>> begg(effects([-0.1, -0.2, -0.5, -0.6], [0.01, 0.02, 0.06, 0.09]))
    <RankTest: Begg's test: Kendall's tau = -1.000, P = 0.083 (exact)>
    """
    expect("begg", effects, Effects, EFFECT_MAKERS)
    yi, vi = effects.yi, effects.vi
    wi = weights(vi)
    mu = np.asarray(mean(yi, wi))[..., np.newaxis]
    apart = less_rounding(np.where(np.isfinite(vi), yi - mu, 0.0), yi)
    with np.errstate(divide="ignore", invalid="ignore"):
        standardised = apart / np.sqrt(np.where(np.isfinite(vi), vi, 1.0) - 1 / wi.sum(-1, keepdims=True))
    return rank_test(effects, "Begg's test", standardised, vi, reference=reference)


def rank_test(
    effects: Effects, method: str, x: Floats, y: Floats, *, reference: str, reasons: tuple[str, ...] = OF_ASYMMETRY
) -> RankTest:
    """Kendall's correlation of x with y, (..., k), over the studies that are present."""
    choose("reference", reference, REFERENCES)
    there, k = np.isfinite(effects.vi), count(effects.vi)
    S, ties_x, ties_y = kendall(x, y, there)
    variance = variance_of_kendall(k, ties_x, ties_y)
    if np.ndim(k) == 0 and np.ndim(S) == 0 and (k < 3 or not variance > 0):
        raise NotEstimable(f"{method}: {f'k = {k}, and it needs 3' if k < 3 else 'what it ranks is the same for all studies'}.")
    with np.errstate(divide="ignore", invalid="ignore"):
        se = np.sqrt(variance)
        tau = S / np.sqrt((pairs(k) - ties_x.pairs) * (pairs(k) - ties_y.pairs))
        p_normal = two_sided_p(S / se)
    no_ties = (ties_x.pairs == 0) & (ties_y.pairs == 0) & (k >= 3)
    exact = no_ties & (reference != "normal") & ((reference == "exact") | (k <= EXACT_UP_TO))
    p = np.where(exact, exact_p(S, np.where(exact, k, 0)), p_normal)[()]
    return RankTest(effects=effects, method=method, S=S, se=se[()], tau=tau[()], p=p, exact=exact[()], k=k, reasons=reasons)


@dataclass(frozen=True, slots=True)
class Ties:
    """Sums over groups of t equal values, (...) each: t(t - 1)/2, t(t - 1)(t - 2) and t(t - 1)(2t + 5)."""

    pairs: Any
    triples: Any
    fives: Any


def kendall(x: Floats, y: Floats, there: Any) -> tuple[Any, Ties, Ties]:
    """S, concordant less discordant pairs, and the ties of x and y; (..., k) each, over where `there` holds.

    >>> kendall(np.array([1.0, 2, 3, 3]), np.array([1.0, 3, 2, 4]), np.ones(4, dtype=bool))[0]
    3.0
    """
    both = there[..., :, np.newaxis] & there[..., np.newaxis, :]
    values = [np.where(there, v, 0.0) for v in (x, y)]
    signs = [np.where(both, np.sign(v[..., :, np.newaxis] - v[..., np.newaxis, :]), 0.0) for v in values]
    S = (signs[0] * signs[1]).sum((-1, -2)) / 2
    ties = [np.where(there, ((sign == 0) & both).sum(-1), 1.0) for sign in signs]  # how many are equal to each
    sums = [Ties((t - 1).sum(-1) / 2, ((t - 1) * (t - 2)).sum(-1), ((t - 1) * (2 * t + 5)).sum(-1)) for t in ties]
    return S, sums[0], sums[1]


def pairs(k: Any) -> Any:
    """k (k - 1) / 2."""
    return k * (k - 1) / 2


def variance_of_kendall(k: Any, x: Ties, y: Ties) -> Any:
    """The variance of S over all orders, with ties in both. Kendall (1970), Rank Correlation Methods, 4th ed., ch. 4."""
    k = np.asarray(k, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (
            (k * (k - 1) * (2 * k + 5) - x.fives - y.fives) / 18
            + np.where(k > 2, x.triples * y.triples / (9 * k * (k - 1) * (k - 2)), 0.0)
            + 2 * x.pairs * y.pairs / (k * (k - 1))
        )


def exact_p(S: Any, k: Any) -> Any:
    """Twice the smaller tail of S over all orders of k studies, at most 1; nan for fewer than two.

    >>> exact_p(-6, 4).round(4)
    0.0833
    """
    S, k = np.broadcast_arrays(np.asarray(S, dtype=float), np.asarray(k))
    p = np.full(S.shape, np.nan)
    for one in np.unique(k[k >= 2]):
        tails = np.cumsum(inversions(int(one)))
        discordant = np.rint((pairs(one) - np.abs(S[k == one])) / 2).astype(int)  # the smaller of the two, by symmetry
        p[k == one] = np.minimum(1.0, 2 * tails[np.clip(discordant, 0, len(tails) - 1)])
    return p[()]


def inversions(k: int) -> Floats:
    """The share of the orders of k things that have 0, 1, ... k(k-1)/2 inversions: the product of (1 + x + ... + x^i) / (i + 1).

    >>> inversions(3) * 6
    array([1., 2., 2., 1.])
    """
    shares = np.ones(1)
    for i in range(1, k):
        running = np.cumsum(np.concatenate([shares, np.zeros(i)]))
        running[i + 1 :] -= running[: -i - 1].copy()
        shares = running / (i + 1)
    return np.asarray(shares)
