"""Models that are fitted to one analysis at a time, over a batch: the fits, and their numbers as arrays of the batch's shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import numpy as np

from trialpool.errors import NotEstimable
from trialpool.stats.arrays import Floats
from trialpool.stats.effects.effects import Counts, Effects
from trialpool.stats.exact.mixed_model_fit import MixedModelFit
from trialpool.stats.tables import Tabular

Fit = TypeVar("Fit")
Index = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Fits(Tabular, Generic[Fit]):
    """The fits of a batch of analyses of shape (...). A number that a fit has is an array of that shape here.

    fits  : of the analyses, those of the last axis next to each other
    shape : (...)
    """

    fits: tuple[Fit, ...]
    shape: tuple[int, ...]

    def __getitem__(self, at: int | Index) -> Fit:
        """The fit of one analysis."""
        index = at if isinstance(at, tuple) else (at,)
        return self.fits[int(np.arange(len(self.fits)).reshape(self.shape)[index])]

    def __iter__(self) -> Iterator[Fit]:
        return iter(self.fits)

    def __len__(self) -> int:
        return len(self.fits)

    def stacked(self, of: Callable[[Fit], Any]) -> Any:
        """What `of` says of each fit, of shape (...) and then that of one; nan for None."""
        values = [np.nan if (value := of(fit)) is None else value for fit in self.fits]
        return np.array(values).reshape(self.shape + np.shape(values[0]))

    @property
    def mu(self) -> Floats:
        """(...) pooled effects."""
        return self._numbers("mu")

    @property
    def estimate(self) -> Floats:
        """The same as mu."""
        return self.mu

    @property
    def se(self) -> Floats:
        """(...) standard errors of mu."""
        return self._numbers("se")

    @property
    def statistic(self) -> Floats:
        """(...) mu / se."""
        return self._numbers("statistic")

    @property
    def p(self) -> Floats:
        """(...) two-sided P values of no effect."""
        return self._numbers("p")

    @property
    def loglik(self) -> Floats:
        """(...) log-likelihoods, with all constants."""
        return self._numbers("loglik")

    @property
    def k(self) -> Floats:
        """(...) numbers of trials that the models are of."""
        return self._numbers("k")

    def interval(self, level: float | None = None) -> tuple[Floats, Floats]:
        """Confidence limits of mu, (...) each."""
        limits = self.stacked(lambda fit: fit.interval(level))  # type: ignore[attr-defined]
        return limits[..., 0], limits[..., 1]

    def _numbers(self, name: str) -> Floats:
        numbers: Floats = self.stacked(lambda fit: getattr(fit, name))
        return numbers

    def _columns(self, *names: str) -> dict[str, list[Any]]:
        limits = zip(("ci_low", "ci_high"), self.interval(), strict=True)
        columns = {name: self._numbers(name) for name in ("k", "mu", "se", "p", "loglik", *names)} | dict(limits)
        return {name: values.ravel().tolist() for name, values in columns.items()}

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self}>"

    def __str__(self) -> str:
        return f"{len(self.fits)} analyses"


class MixedModelFits(Fits[MixedModelFit]):
    """The generalised linear mixed models of a batch; a number of a `MixedModelFit` is an array of shape (...) here.

    Besides what follows: `fits`, `shape`, `mu`, `se`, `statistic`, `p`, `loglik`, `k` and `interval()`. The fit of one analysis is
    got by its place, as in batch[2] or batch[0, 1].
    """

    __slots__ = ()

    @property
    def tau2(self) -> Floats:
        """(...) variances between trials."""
        return self._numbers("tau2")

    @property
    def sigma2(self) -> Floats:
        """(...) variances between trials of the level; nan where that is not random."""
        return self._numbers("sigma2")

    @property
    def I2(self) -> Floats:
        """(...) shares of the variance that are between trials."""
        return self._numbers("I2")

    @property
    def coefficients(self) -> Floats:
        """(..., p) coefficients, the intercept first."""
        return self._numbers("coefficients")

    @property
    def covariance(self) -> Floats:
        """(..., p, p) their covariance."""
        return self._numbers("covariance")

    def prediction_interval(self, level: float | None = None) -> tuple[Floats, Floats]:
        """Limits between which the effect of a new trial lies, (...) each; nan for a common effect."""
        limits = self.stacked(lambda fit: fit.prediction_interval(level))
        return limits[..., 0], limits[..., 1]

    def table(self) -> dict[str, list[Any]]:
        """A row an analysis: k, mu, se, p, loglik, tau2, ci_low, ci_high."""
        return self._columns("tau2")


def fit_each(shape: tuple[int, ...], title: str, fit: Callable[[Index], Fit]) -> tuple[Fit, ...]:
    """The fits of all analyses of a batch; those that have none are named all at once.

    Raises
    ------
    NotEstimable
        where an analysis has no answer, with the place of each such analysis
    """
    fits, failed = [], []
    for at in np.ndindex(*shape):
        try:
            fits.append(fit(at))
        except NotEstimable as reason:
            failed.append(f"Analysis {list(at) if len(at) > 1 else at[0]}: {reason}")
    if failed:
        many = int(np.prod(shape))
        raise NotEstimable(f"{title}: {len(failed)} of {many} analyses of the batch have no answer. " + " ".join(failed))
    return tuple(fits)


def shape_of_batch(*columns: Floats) -> tuple[int, ...]:
    """The leading axes of columns of shape (..., k)."""
    return np.broadcast_shapes(*(column.shape for column in columns))[:-1]


def member(effects: Effects, counts: Counts, at: Index) -> Effects:
    """One analysis of a batch of effects from counts."""
    arms = (counts.events_t, counts.n_t, counts.events_c, counts.n_c)
    *whole, yi, vi = np.broadcast_arrays(*arms, effects.yi, effects.vi)
    events_t, n_t, events_c, n_c = (column[at] for column in whole)
    return replace(effects, yi=yi[at], vi=vi[at], counts=Counts(events_t=events_t, n_t=n_t, events_c=events_c, n_c=n_c))
