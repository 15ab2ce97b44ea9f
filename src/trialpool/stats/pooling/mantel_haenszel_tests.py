"""Tests that go with Mantel and Haenszel's estimate: of no effect in any trial, and of one odds ratio for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.distributions import chi2_p, p_text
from trialpool.stats.effects.effects import Effects
from trialpool.stats.effects.zero_cells import Cells
from trialpool.stats.exact.hypergeometric import expected_events, variance_of_events
from trialpool.stats.exact.person_time import person_time_of
from trialpool.stats.pooling.choices import EFFECT_MAKERS, expect
from trialpool.stats.pooling.mantel_haenszel import mh_odds_ratio, patients, tables
from trialpool.stats.tables import Tabular


@dataclass(frozen=True, slots=True, kw_only=True)
class MantelHaenszelTests(Tabular):
    """Tests that go with the Mantel-Haenszel estimate; arrays of shape (...) where the tables are a batch.

    cmh, cmh_corrected : Cochran-Mantel-Haenszel chi-squared (1 df) of no effect in any trial, without and with 0.5 taken off
    breslow_day, tarone : chi-squared (df) of one odds ratio for all trials, the second with Tarone's correction; nan for rates, for
                          one trial, and where the Mantel-Haenszel odds ratio does not exist
    df, k : trials with events and non-events less one; their number
    library : the data-frame library in which `to_frame` answers
    """

    cmh: Any
    cmh_corrected: Any
    breslow_day: Any
    tarone: Any
    df: Any
    k: Any
    library: str = ""

    @property
    def cmh_p(self) -> Any:
        return chi2_p(self.cmh, np.ones(np.shape(self.cmh)))

    @property
    def cmh_corrected_p(self) -> Any:
        return chi2_p(self.cmh_corrected, np.ones(np.shape(self.cmh)))

    @property
    def breslow_day_p(self) -> Any:
        return chi2_p(self.breslow_day, self.df)

    @property
    def tarone_p(self) -> Any:
        return chi2_p(self.tarone, self.df)

    def table(self) -> dict[str, list[Any]]:
        """A row a test, with the tests of each analysis of a batch below each other: test, statistic, df, p, k."""
        names = ("cmh", "cmh_corrected", "breslow_day", "tarone")
        columns: dict[str, list[Any]] = {"test": [], "statistic": [], "df": [], "p": [], "k": []}
        for name in names:
            df = 1 if name.startswith("cmh") else self.df
            parts = np.broadcast_arrays(getattr(self, name), df, getattr(self, f"{name}_p"), self.k)
            rows = zip(*(part.ravel().tolist() for part in parts), strict=True)
            for row in rows:
                for column, value in zip(columns, (name, *row), strict=True):
                    columns[column].append(value)
        return columns

    def __str__(self) -> str:
        if np.ndim(self.cmh):
            return f"Mantel-Haenszel tests, {np.size(self.cmh)} analyses"
        return f"Cochran-Mantel-Haenszel chi2(1) = {self.cmh:.2f}, {p_text(self.cmh_p)}; k = {self.k}"


def mantel_haenszel_tests(effects: Effects) -> MantelHaenszelTests:
    """Cochran-Mantel-Haenszel test of no effect, Breslow-Day and Tarone tests of one odds ratio for all trials.

    Parameters
    ----------
    effects : what `odds_ratio`, `risk_ratio` or `risk_difference` returned, of shape (..., k)

    Raises
    ------
    BadArgument
        where the effects did not come from counts
    NotEstimable
        where no trial has both events and non-events

    References
    ----------
    Mantel & Haenszel (1959), J Natl Cancer Inst 22:719-748; Breslow & Day (1980), Statistical methods in cancer research I,
    eq. 4.30; Tarone (1985), Biometrika 72:91-95

    >>> from trialpool.stats.effects.two_by_two import odds_ratio
    >>> tests = mantel_haenszel_tests(odds_ratio(events_t=[4, 6], n_t=[123, 306], events_c=[11, 29], n_c=[139, 303]))
    >>> tests.cmh.round(2), tests.breslow_day.round(3)
    (18.14, 0.953)
    """
    expect("mantel_haenszel_tests", effects, Effects, EFFECT_MAKERS)
    if effects.counts is None:
        raise BadArgument("mantel_haenszel_tests needs events and patients by arm: make the effects by odds_ratio.")
    tests = association_tests(tables(effects.counts))
    if np.ndim(tests.k) == 0 and tests.k == 0:
        raise NotEstimable(f"Cochran-Mantel-Haenszel test: no trial has both events and non-events (k = {effects.yi.shape[-1]}).")
    return replace(tests, library=effects.library)


def association_tests(cells: Cells) -> MantelHaenszelTests:
    """The tests of 2x2 tables, each cell (..., k)."""
    a, b, c, d = np.broadcast_arrays(*cells)
    n_t, n_c, m = a + b, c + d, a + c
    N = patients(Cells(a, b, c, d))
    with np.errstate(divide="ignore", invalid="ignore"):
        informative = (m > 0) & (b + d > 0) & (n_t > 0) & (n_c > 0)
        k = informative.sum(-1)
        difference = np.where(np.isfinite(N), a - n_t * m / N, 0.0).sum(-1)
        V = np.where(informative & (N > 1), n_t * n_c * m * (N - m) / (N**2 * (N - 1)), 0.0).sum(-1)
        odds_ratio = np.exp(mh_odds_ratio(Cells(a, b, c, d))[0])
        exists = np.isfinite(odds_ratio) & (odds_ratio > 0) & (k >= 2)
        expected = expected_events(np.where(exists, odds_ratio, 1.0)[..., np.newaxis], n_t, n_c, m)
        variance = np.where(informative, variance_of_events(expected, n_t, n_c, m), 0.0)
        excess = np.where(variance > 0, a - expected, 0.0)
        breslow_day = (excess**2 / np.where(variance > 0, variance, 1.0)).sum(-1)
        tarone = breslow_day - excess.sum(-1) ** 2 / variance.sum(-1)
    return MantelHaenszelTests(
        **_cmh(difference, V),
        breslow_day=np.where(exists, breslow_day, np.nan)[()],
        tarone=np.where(exists, tarone, np.nan)[()],
        df=k - 1,
        k=k,
    )


def mantel_haenszel_rate_tests(
    *, events_t: Any, time_t: Any, events_c: Any, time_c: Any, study: Sequence[str] | None = None
) -> MantelHaenszelTests:
    """The Cochran-Mantel-Haenszel test of events in person-time; arguments as in `mantel_haenszel_rates`.

    Rothman & Greenland (1998), Modern epidemiology, 2nd ed., ch. 15

    >>> mantel_haenszel_rate_tests(events_t=[9, 8], time_t=[413, 263], events_c=[19, 19], time_c=[398, 245]).cmh.round(2)
    9.19
    """
    data = person_time_of(events_t, time_t, events_c, time_c, study)
    x1, t1, x2, t2, T = data.events_t, data.time_t, data.events_c, data.time_c, data.time_t + data.time_c
    V = ((x1 + x2) * t1 * t2 / T**2).sum(-1)
    if np.ndim(V) == 0 and V == 0:
        raise NotEstimable(f"Cochran-Mantel-Haenszel test: no trial has an event (k = {len(data.study)}).")
    k = (x1 + x2 > 0).sum(-1)
    none = np.full(np.shape(V), np.nan)[()]
    found = MantelHaenszelTests(**_cmh((x1 - (x1 + x2) * t1 / T).sum(-1), V), breslow_day=none, tarone=none, df=k - 1, k=k)
    return replace(found, library=data.library)


def _cmh(difference: Any, V: Any) -> dict[str, Any]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return {"cmh": difference**2 / V, "cmh_corrected": np.maximum(np.abs(difference) - 0.5, 0.0) ** 2 / V}
