"""Leave-one-out and cumulative analyses: the same model, run as a batch in which some of the studies are absent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Floats, first_each, without_each
from trialpool.stats.pooling.choices import FIT_MAKERS, expect, expect_one_analysis
from trialpool.stats.pooling.mantel_haenszel import mantel_haenszel, without
from trialpool.stats.pooling.pairwise import pool, pool_common
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.pooling.subgroups import each
from trialpool.stats.tables import Tabular, frame, html_table, text_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Refits(Tabular):
    """One analysis run on several choices of its studies; `print` shows it as a table.

    labels : the study that was left out, or the last that was added, one an analysis
    fits   : a batch of that many analyses
    """

    labels: tuple[str, ...]
    fits: PooledEffect

    def table(self) -> dict[str, list[Any]]:
        """A row an analysis: the study that was left out or added, and the columns of `PooledEffect.table`."""
        return {"study": list(self.labels)} | self.fits.table()

    def to_frame(self, library: str = "") -> Any:
        """The columns of `table` as a frame of the caller's library, or of `library`: "pandas", "polars" or "pyarrow"."""
        return frame(self.table(), library or self.fits.effects.library)

    def __str__(self) -> str:
        return text_table(self.table())

    def _repr_html_(self) -> str:
        return html_table(self.table())

    def __iter__(self) -> Iterator[tuple[str, PooledEffect]]:
        return zip(self.labels, each(self.fits), strict=True)


def leave_one_out(fit: PooledEffect) -> Refits:
    """The same model without each of the studies in turn.

    >>> from trialpool.stats.effects.effects import effects
    >>> fit = pool(effects([-0.4, -0.5, -0.1], [0.01, 0.01, 0.01], ["A", "B", "C"]), ci="Wald")
    >>> for study, without in leave_one_out(fit):
    ...     print(study, without.mu.round(2))
    A -0.3
    B -0.25
    C -0.45
    """
    expect("leave_one_out", fit, PooledEffect, FIT_MAKERS)
    expect_one_analysis("leave_one_out", fit)
    return Refits(labels=fit.effects.study, fits=refit(fit, without_each(fit.effects.vi)))


def cumulative(fit: PooledEffect, by: Sequence[Any]) -> Refits:
    """The same model as the studies came in, `by` being what they are ordered by (year); equal values keep their order.

    >>> from trialpool.stats.effects.effects import effects
    >>> fit = pool(effects([-0.4, -0.5, -0.1], [0.01, 0.01, 0.01], ["A", "B", "C"]), ci="Wald")
    >>> [(study, so_far.k, so_far.mu.round(2)) for study, so_far in cumulative(fit, [2012, 2006, 2008])]
    [('B', 1, -0.5), ('C', 2, -0.3), ('A', 3, -0.33)]
    """
    expect("cumulative", fit, PooledEffect, FIT_MAKERS)
    expect_one_analysis("cumulative", fit)
    if len(by) != len(fit.effects.study):
        raise BadArgument(f"`by` has {len(by)} values for {len(fit.effects.study)} studies. Give one for each.")
    unknown = [study for study, value in zip(fit.effects.study, by, strict=True) if value is None or value == "" or value != value]
    if unknown:
        raise BadArgument(f"`by` has no value for {', '.join(unknown)}. Give one for each, or leave the study out.")
    order = np.argsort(np.asarray(by), kind="stable")
    return Refits(labels=tuple(fit.effects.study[i] for i in order), fits=refit(fit, first_each(fit.effects.vi, order)))


def refit(fit: PooledEffect, vi: Floats) -> PooledEffect:
    """The same model with other variances, (..., k): studies are absent where these are infinite."""
    if fit.method == "MH":
        return mantel_haenszel(without(fit.effects, np.isinf(vi) & np.isfinite(fit.effects.vi)), level=fit.level)
    batch = replace(fit.effects, vi=vi)
    if fit.model == "common":
        return replace(pool_common(batch, ci=fit.ci_method, level=fit.level), method=fit.method)
    return pool(batch, tau2=fit.tau2_method, ci=fit.ci_method, level=fit.level)
