"""Every defensible way of doing an analysis, done: how many come to its conclusion, and which choice matters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialpool.analysis.data_variants import (
    LABELS,
    NOBODY,
    DataRows,
    data_rows,
    data_variants,
    exclusions_of,
    how_many_exclusions,
    possible_levels,
)
from trialpool.analysis.pooled_by_plan import pooled
from trialpool.analysis.selection import select
from trialpool.errors import BadArgument, NotEstimable
from trialpool.review.plan import COMMON, Analysis, Outcome, goes_together
from trialpool.review.review import Review
from trialpool.stats.arrays import Bools, Floats
from trialpool.stats.effects.effects import Effects
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.pooling.choices import choose
from trialpool.stats.pooling.intervals import INTERVAL_NAMES, INTERVALS
from trialpool.stats.pooling.pairwise import fit
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.pooling.tau2 import TAU2, TAU2_NAMES
from trialpool.stats.tables import frame, html_table

TAU2_CHOICES = ("REML", "PM", "DL", "ML", "HE", "SJ", COMMON)
AS_PLANNED = {"rows": "primary", "route": "best", "strata": "apart", "zero_cells": "only", "excluded": NOBODY}
AND = " + "
MOST_LEFT_OUT = 3
MOST = 5_000_000  # analyses
BLOCK = 20_000  # analyses pooled at a time
CHOICES = {
    "tau2": "Between-study variance",
    "ci": "Interval",
    "rows": "Rows that count",
    "route": "Route from figures to effect",
    "strata": "Strata",
    "measure": "Effect measure",
    "zero_cells": "Empty cells",
    "excluded": "Studies left out",
}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Multiverse:
    """n analyses of one question, each with a level of each choice.

    outcome    : name of the outcome
    measure    : code of its effect measure
    planned    : the analysis of the plan
    levels     : by choice, its levels
    labels     : the same in words
    codes      : by choice, (n,) index of the level that an analysis has
    mu         : (n,) pooled effect on the analysis scale
    low, high  : (n,) confidence limits; nan where an interval does not exist
    tau2       : (n,) between-study variance
    k          : (n,) number of effects
    left_out   : how many combinations were not run, as fewer than two effects remain
    """

    outcome: str
    measure: str
    planned: PooledEffect
    levels: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, NDArray[np.intp]]
    mu: Floats
    low: Floats
    high: Floats
    tau2: Floats
    k: NDArray[np.intp]
    left_out: int = 0

    @property
    def n(self) -> int:
        """Number of analyses."""
        return len(self.mu)

    @property
    def verdicts(self) -> NDArray[np.intp]:
        """(n,) -1 where the interval lies below no effect, 1 where it lies above, 0 where it holds it or does not exist."""
        return verdict(self.low, self.high)

    @property
    def conclusion(self) -> int:
        """The verdict of the planned analysis."""
        return int(verdict(*(np.asarray(limit) for limit in self.planned.interval())))

    @property
    def holds(self) -> Bools:
        """(n,) whether an analysis has the verdict of the planned one: its direction, or that neither is shown."""
        found: Bools = self.verdicts == self.conclusion
        return found

    @property
    def share(self) -> float:
        """Share of the analyses in which the conclusion of the planned one holds, 0 to 1."""
        return float(self.holds.mean())

    @property
    def spread(self) -> dict[str, float]:
        """By choice, how far it moves the estimate: the mean absolute difference between two of its levels, all else the same.

        On the analysis scale (log for ratios); 0 for a choice of one level.
        """
        return {name: _mean(_pair_differences(self._grid(self.mu), axis)) for axis, name in enumerate(self.levels)}

    @property
    def flips(self) -> dict[str, float]:
        """By choice, how often it decides: the share of pairs of its levels, all else the same, in only one of which the conclusion
        holds."""
        return {name: _mean(_pair_differences(self._grid(self.holds), axis)) for axis, name in enumerate(self.levels)}

    @property
    def moves_most(self) -> str:
        """The choice with the largest spread."""
        spread = self.spread
        return max(spread, key=lambda name: spread[name])

    @property
    def planned_at(self) -> int | None:
        """Which of the analyses is the planned one; None where `choices` left it out."""
        level = {"tau2": self.planned.tau2_method or COMMON, "ci": self.planned.ci_method} | AS_PLANNED | {"measure": self.measure}
        at = [self.codes[name] == index_of(level[name], self.levels[name]) for name in self.levels]
        found = np.flatnonzero(np.logical_and.reduce(at))
        return int(found[0]) if found.size else None

    def level_of(self, choice: str) -> list[str]:
        """(n,) the level that each analysis has of a choice."""
        choose("choice", choice, self.levels)
        return [self.levels[choice][code] for code in self.codes[choice].tolist()]

    def table(self) -> dict[str, list[Any]]:
        """A row an analysis: a column each choice, k, mu, ci_low, ci_high, tau2_estimate, estimate (as shown), holds."""
        shown = MEASURES[self.measure].shown
        columns: dict[str, list[Any]] = {name: self.level_of(name) for name in self.levels}
        numbers = {"k": self.k, "mu": self.mu, "ci_low": self.low, "ci_high": self.high, "tau2_estimate": self.tau2}
        columns |= {name: values.tolist() for name, values in numbers.items()}
        return columns | {"estimate": [shown(mu) for mu in columns["mu"]], "holds": self.holds.tolist()}

    def to_dict(self) -> dict[str, list[Any]]:
        """The columns of `table`, as plain lists."""
        return self.table()

    def to_frame(self, library: str = "") -> Any:
        """The columns of `table` as a frame: "pandas", "polars" or "pyarrow"; by itself, the first of these that is installed."""
        return frame(self.table(), library)

    def summary(self) -> dict[str, list[Any]]:
        """A row a choice, that which moves the estimate most coming first: choice, levels, spread, flips."""
        spread, flips = self.spread, self.flips
        order = sorted(self.levels, key=lambda name: -spread[name])
        return {
            "choice": order,
            "levels": [len(self.levels[name]) for name in order],
            "spread": [spread[name] for name in order],
            "flips": [flips[name] for name in order],
        }

    def _repr_html_(self) -> str:
        return html_table(self.summary(), caption=str(self))

    def __repr__(self) -> str:
        return f"<Multiverse: {self}>"

    def __str__(self) -> str:
        shown = [f"{MEASURES[self.measure].shown(mu):.2f}" for mu in (self.mu.min(), self.mu.max())]
        said = {-1: "below no effect", 0: "no effect not excluded", 1: "above no effect"}[self.conclusion]
        return (
            f"{self.outcome}, {self.n} analyses, estimates from {shown[0]} to {shown[1]}; the conclusion ({said}) holds in "
            f"{100 * self.share:.1f}%; {CHOICES[self.moves_most].lower()} moves the estimate most"
        )

    def _grid(self, values: Any) -> Floats:
        """Values of all combinations, an axis a choice; nan where a combination was not run."""
        grid = np.full(tuple(len(levels) for levels in self.levels.values()), np.nan)
        grid[tuple(self.codes[name] for name in self.levels)] = values
        return grid


def verdict(low: Floats, high: Floats) -> NDArray[np.intp]:
    """On which side of no effect an interval lies: -1, 1, or 0 where it holds it or does not exist."""
    return (low > 0).astype(np.intp) - (high < 0).astype(np.intp)


def index_of(level: str, levels: Sequence[str]) -> int:
    """Index of a level, -1 where it is not among them."""
    return levels.index(level) if level in levels else -1


def multiverse(
    review: Review,
    analysis_id: str,
    *,
    choices: Mapping[str, Sequence[str]] | None = None,
    leave_out: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Multiverse:
    """Run an analysis of the plan in every defensible way.

    Parameters
    ----------
    review : a review, as `read_review` gives it
    analysis_id : which analysis of the plan
    choices : by choice, the levels that are defensible here; a choice that is not given has all of its levels. The choices are
        "tau2" (any that `pool` takes, or "common"; by default seven of them), "ci" (combined only with the estimators that an
        interval goes with; the common effect has the Wald interval alone), "rows" ("primary", "read-only", "all-rows"), "route"
        ("best", "second", "no-P", "curve"), "strata" ("apart", "whole"), "measure" and "zero_cells" (of counts) and "excluded"
        ("none", or a study, by its id)
    leave_out : how many studies are left out at once at most, each with all of its strata: 0, 1, 2 or 3
    progress : called with the number of analyses done and to do, after each part

    Returns
    -------
    Multiverse. A level that changes no effect of this review is not counted, nor is leaving out a study that is not in.

    Raises
    ------
    BadArgument
        for an unknown analysis, choice or level, or more than five million combinations
    NotEstimable
        where no report of the outcome can be used

    References
    ----------
    Steegen, Tuerlinckx, Gelman & Vanpaemel (2016), Perspect Psychol Sci 11:702-712; Simonsohn, Simmons & Nelson (2020), Nat Hum
    Behav 4:1208-1214; in meta-analysis: Voracek, Kossmeier & Tran (2019), Z Psychol 227:64-82

    >>> from trialpool.formats.review_folder import read_review
    >>> found = multiverse(read_review("reviews/imid-maintenance"), "pfs", choices={"tau2": ["REML", "DL"]}, leave_out=0)
    >>> found.n, found.share, found.moves_most
    (336, 1.0, 'rows')
    """
    analysis, outcome = _planned(review, analysis_id)
    levels = _levels(review, analysis, outcome, choices or {})
    pairs = _pairs(levels)
    if leave_out not in range(MOST_LEFT_OUT + 1):
        raise BadArgument(f"leave_out={leave_out!r} is not 0, 1, 2 or 3.")
    selection = select(review, outcome)
    if not selection.effects:
        raise NotEstimable(f"Multiverse, {outcome.name}, k = 0: no report of the outcome can be used.")
    data = data_variants(review, outcome, {name: levels[name] for name in possible_levels(outcome)})
    _not_too_many(how_many_exclusions(levels["excluded"], data, leave_out) * len(data.vi) * len(pairs))
    rows = data_rows(data, exclusions_of(levels["excluded"], data, leave_out))
    if not rows.variant.size:
        raise NotEstimable(f"Multiverse, {outcome.name}: no combination leaves two effects to pool.")
    levels |= dict(data.levels) | {"excluded": tuple(AND.join(some) or NOBODY for some in rows.exclusions)}
    for place, name in enumerate(("tau2", "ci")):
        levels[name] = tuple(level for level in levels[name] if level in {pair[place] for pair in pairs})
    mu, low, high, tau2, k = _run(rows, pairs, outcome.measure, analysis.level, progress)
    return Multiverse(
        outcome=outcome.name,
        measure=outcome.measure,
        planned=pooled(selection.effects, analysis, outcome),
        levels=levels,
        labels=_words(levels, review),
        codes=_codes(levels, rows, pairs),
        mu=mu,
        low=low,
        high=high,
        tau2=tau2,
        k=k,
        left_out=rows.too_few * len(pairs),
    )


def _pairs(levels: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Estimators with the intervals that go with them."""
    tau2, ci = levels["tau2"], levels["ci"]
    pairs = [(t, c) for t in tau2 for c in ci if goes_together(t, c)]
    if not pairs:
        raise BadArgument(f"ci={list(ci)!r} does not go with tau2={list(tau2)!r}. Add 'Wald', which goes with every one.")
    return pairs


def _not_too_many(combinations: int) -> None:
    if combinations > MOST:
        too_many = f"These are {combinations:,} combinations, more than {MOST:,}"
        raise BadArgument(f"{too_many}. Leave out fewer studies at once, or give fewer levels.")


def _run(
    rows: DataRows, pairs: Sequence[tuple[str, str]], measure: str, level: float, progress: Callable[[int, int], None] | None
) -> tuple[Any, ...]:
    """mu, low, high, tau2 and k of all analyses, a part of them at a time."""
    parts = []
    total, step = len(rows.variant), max(1, BLOCK // len(pairs))
    for start in range(0, total, step):
        parts.append(_pooled(rows.effects(slice(start, start + step), measure), pairs, level))
        if progress is not None:
            progress(min(start + step, total) * len(pairs), total * len(pairs))
    return tuple(np.concatenate(column).ravel() for column in zip(*parts, strict=True))


def _codes(levels: Mapping[str, Sequence[str]], rows: DataRows, pairs: Sequence[tuple[str, str]]) -> dict[str, NDArray[np.intp]]:
    """By choice, the index of the level of each analysis: the pairs of one set of data follow each other."""
    r, p = len(rows.variant), len(pairs)
    of_data = dict(zip(rows.data.levels, rows.data.codes[rows.variant].T, strict=True)) | {"excluded": rows.exclusion}
    codes = {name: np.repeat(code, p).astype(np.intp) for name, code in of_data.items()}
    for place, name in enumerate(("tau2", "ci")):
        codes[name] = np.tile(np.array([levels[name].index(pair[place]) for pair in pairs], dtype=np.intp), r)
    return {name: codes[name] for name in CHOICES}


def _planned(review: Review, analysis_id: str) -> tuple[Analysis, Outcome]:
    ids = [analysis.id for analysis in review.plan.analyses]
    choose("analysis_id", analysis_id, ids)
    analysis = review.plan.analyses[ids.index(analysis_id)]
    return analysis, review.outcome(analysis.outcome)


def _levels(review: Review, analysis: Analysis, outcome: Outcome, given: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """The levels of every choice, in the order of CHOICES: those given, or all."""
    usual = possible_levels(outcome)
    usual |= {
        "tau2": tuple(dict.fromkeys((analysis.tau2 if analysis.model == "random" else COMMON, *TAU2_CHOICES))),
        "ci": tuple(INTERVALS),
    }
    usual["excluded"] = (NOBODY, *dict.fromkeys(unit.study for unit in review.studies))
    known = usual | {"tau2": (*TAU2, COMMON)}
    for name, chosen in given.items():
        if name not in CHOICES:
            raise BadArgument(f"{name!r} is not a choice. Choose among {', '.join(map(repr, CHOICES))}.")
        if isinstance(chosen, str) or not chosen:
            raise BadArgument(f"choices[{name!r}] is {chosen!r}. Give a list of levels, such as [{known[name][0]!r}].")
        for level in chosen:
            choose(name, level, known[name])
    return {name: tuple(dict.fromkeys(given.get(name, usual[name]))) for name in CHOICES}


def _pooled(effects: Effects, pairs: Sequence[tuple[str, str]], level: float) -> list[Floats]:
    """mu, low, high, tau2 and k, (rows, pairs) each; tau2 is estimated once for all intervals that go with it."""
    estimates: dict[str, Any] = {}
    columns = []
    for tau2, ci in pairs:
        if tau2 not in estimates:
            estimates[tau2] = np.zeros(len(effects.vi)) if tau2 == COMMON else TAU2[tau2](effects.yi, effects.vi)
        model, method = (COMMON, "") if tau2 == COMMON else ("random", tau2)
        one = fit(effects, estimates[tau2], model=model, tau2_method=method, ci=ci, level=level)
        with np.errstate(divide="ignore", invalid="ignore"):
            columns.append((one.mu, *one.interval(), one.tau2, one.k))
    return [np.stack(column, axis=1) for column in zip(*columns, strict=True)]


def _words(levels: Mapping[str, Sequence[str]], review: Review) -> dict[str, tuple[str, ...]]:
    """What a figure or a table calls the levels."""
    names = {unit.study: unit.label for unit in review.studies}
    words = LABELS | {"tau2": TAU2_NAMES | {COMMON: "common effect"}, "ci": INTERVAL_NAMES}
    said = {name: tuple(words[name][level] for level in chosen) for name, chosen in levels.items() if name in words}
    without = (" and ".join(names.get(id_, "") for id_ in level.split(AND)) for level in levels["excluded"])
    return said | {"excluded": tuple(f"without {those}" if those else "all studies" for those in without)}


def _pair_differences(grid: Floats, axis: int) -> Floats:
    """Mean absolute difference between the levels of an axis, nan where fewer than two were run.

    Of the sorted values, x_r is above r - 1 others and below m - r: the sum over pairs is sum (2r - m - 1) x_r.
    """
    ordered = np.sort(np.moveaxis(grid, axis, -1), axis=-1)  # nan come last
    m = np.isfinite(ordered).sum(-1, keepdims=True)
    r = np.arange(1, ordered.shape[-1] + 1)
    total = np.where(r <= m, (2 * r - m - 1) * np.nan_to_num(ordered), 0.0).sum(-1)
    pairs = m[..., 0] * (m[..., 0] - 1) / 2
    return np.where(pairs > 0, total / np.where(pairs > 0, pairs, 1), np.nan)


def _mean(values: Floats) -> float:
    there = values[np.isfinite(values)]
    return float(there.mean()) if there.size else 0.0
