"""The data of an analysis as different hands would choose them: which rows count, by which route, strata or whole, on which scale.

Every variant is a row of effects over the same units (studies, strata and whole studies): what a variant does not use is absent
there, so that all variants are one batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import comb

import numpy as np
from numpy.typing import NDArray

from trialpool.analysis.selection import ALL, PRIMARY, Selection, UnitEffect, select
from trialpool.review.plan import Outcome
from trialpool.review.report import Status
from trialpool.review.review import Review
from trialpool.review.study import Study
from trialpool.stats.arrays import Bools, Floats
from trialpool.stats.effects.derivation import Derivation
from trialpool.stats.effects.effects import Effects
from trialpool.stats.effects.two_by_two import TWO_BY_TWO
from trialpool.stats.effects.zero_cells import Cells, corrected

Key = tuple[str, str]
NOBODY = "none"

ROWS: dict[str, tuple[tuple[Status, ...], bool]] = {
    "primary": (PRIMARY, True),
    "read-only": (("read",), True),
    "all-rows": (ALL, False),
}
ROUTE_CHOICES: dict[str, Callable[[Derivation, int], bool]] = {
    "best": lambda d, place: place == 0,
    "second": lambda d, place: place == 1,
    "no-P": lambda d, place: "P" not in d.route.split(),
    "curve": lambda d, place: d.route.startswith(("landmark", "medians")),
}
COUNTED = ("events and patients", "percentages and patients")
OF_COUNTS = ("RR", "OR")  # both on the log scale: an estimate of the one can be set beside one of the other
ZERO_CELL_CHOICES = ("only", "treatment-arm", "none")

LABELS: dict[str, dict[str, str]] = {
    "rows": {
        "primary": "rows read, from authors or derived",
        "read-only": "only rows read at the source",
        "all-rows": "all rows, recalled ones too",
    },
    "route": {
        "best": "best route of each report",
        "second": "second-best route, where a report has one",
        "no-P": "best route that does not rest on a P value, where there is one",
        "curve": "medians or landmark survival, where a report has them",
    },
    "strata": {"apart": "strata as effects of their own", "whole": "whole studies, where these are reported"},
    "measure": {
        "HR": "hazard ratio",
        "RR": "risk ratio",
        "OR": "odds ratio",
        "RD": "risk difference",
        "IRR": "rate ratio",
        "MD": "mean difference",
        "SMD": "standardised mean difference",
    },
    "zero_cells": {
        "only": "0.5 added to tables with an empty cell",
        "treatment-arm": "correction by the size of the other arm",
        "none": "tables with an empty cell left out",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DataVariants:
    """v variants of the data over u units.

    levels : by choice, the levels that differ; a choice of one level changes nothing here
    codes  : (v, choices) index of the level of each choice
    units  : (u,) the studies and strata
    yi, vi : (v, u) effects and variances; vi is inf where a variant does not use a unit
    """

    levels: Mapping[str, tuple[str, ...]]
    codes: NDArray[np.intp]
    units: tuple[Study, ...]
    yi: Floats
    vi: Floats


def possible_levels(outcome: Outcome) -> dict[str, tuple[str, ...]]:
    """The levels of each choice about data, for an outcome of this measure; the plan's own comes first."""
    of_counts = outcome.measure in OF_COUNTS
    return {
        "rows": tuple(ROWS),
        "route": tuple(ROUTE_CHOICES),
        "strata": ("apart", "whole"),
        "measure": tuple(dict.fromkeys((outcome.measure, *OF_COUNTS))) if of_counts else (outcome.measure,),
        "zero_cells": ZERO_CELL_CHOICES if outcome.measure in (*OF_COUNTS, "RD") else ("only",),
    }


def data_variants(review: Review, outcome: Outcome, levels: Mapping[str, Sequence[str]]) -> DataVariants:
    """Every combination of the levels, without levels that give the same effects as an earlier one of their choice throughout."""
    found = dict(_variants(review, outcome, levels))
    keys = dict.fromkeys(key for effects in found.values() for key in effects)
    order = [unit for unit in _units(review) if unit.key in keys]
    names = list(levels)
    size = tuple(len(levels[name]) for name in names)
    yi, vi = np.zeros((*size, len(order))), np.full((*size, len(order)), np.inf)
    for codes, effects in found.items():
        for u, unit in enumerate(order):
            if unit.key in effects:
                yi[(*codes, u)], vi[(*codes, u)] = effects[unit.key]
    kept: dict[str, tuple[str, ...]] = {}
    for axis, name in enumerate(names):
        different = _different(yi, vi, axis)
        yi, vi = yi.take(different, axis), vi.take(different, axis)
        kept[name] = tuple(levels[name][i] for i in different)
    index = np.indices(yi.shape[:-1]).reshape(len(names), -1).T
    return DataVariants(levels=kept, codes=index, units=tuple(order), yi=yi.reshape(-1, len(order)), vi=vi.reshape(-1, len(order)))


def _different(yi: Floats, vi: Floats, axis: int) -> list[int]:
    """Levels along an axis whose effects are not those of an earlier one throughout."""
    both = np.moveaxis(np.stack([yi, vi]), axis + 1, 0)
    return [i for i in range(len(both)) if not any(np.array_equal(both[i], both[j]) for j in range(i))]


def _variants(
    review: Review, outcome: Outcome, levels: Mapping[str, Sequence[str]]
) -> Iterator[tuple[tuple[int, ...], dict[Key, tuple[float, float]]]]:
    """The level codes of each variant, in the order of `levels`, and its effects."""
    selections: dict[tuple[str, str], tuple[Selection, Selection]] = {}
    whole = review.model_copy(update={"reports": tuple(report for report in review.reports if not report.stratum)})
    for rows, measure in product(levels["rows"], levels["measure"]):
        statuses, by_status = ROWS[rows]
        of_measure = outcome.model_copy(update={"measure": measure})
        apart, of_whole = (select(r, of_measure, statuses=statuses, by_status=by_status) for r in (review, whole))
        selections[rows, measure] = apart, of_whole
    names = list(levels)
    for codes in product(*(range(len(levels[name])) for name in names)):
        level = {name: levels[name][code] for name, code in zip(names, codes, strict=True)}
        apart, of_whole = selections[level["rows"], level["measure"]]
        units = apart.effects if level["strata"] == "apart" else _whole_where_reported(apart, of_whole)
        yield codes, _effects(units, level["route"], level["measure"], level["zero_cells"])


def _whole_where_reported(apart: Selection, whole: Selection) -> tuple[UnitEffect, ...]:
    reported = {effect.unit.study: effect for effect in whole.effects}
    return tuple({e.unit.key: e for e in (reported.get(e.unit.study, e) for e in apart.effects)}.values())


def _effects(units: Sequence[UnitEffect], route: str, measure: str, zero_cells: str) -> dict[Key, tuple[float, float]]:
    """Effect and variance of each unit; without those that the policy for empty cells leaves out."""
    found: dict[Key, tuple[float, float]] = {}
    for unit in units:
        derivation = _by_route(unit, route)
        effect = derivation.yi, derivation.vi
        if zero_cells != "only" and derivation.route in COUNTED:
            effect = _recomputed(derivation, measure, zero_cells, effect)
        if np.isfinite(effect).all() and effect[1] > 0:
            found[unit.unit.key] = effect
    return found


def _by_route(unit: UnitEffect, route: str) -> Derivation:
    fits = (d for place, d in enumerate(unit.chosen.derivations) if ROUTE_CHOICES[route](d, place))
    return next(fits, unit.derivation)


def _recomputed(derivation: Derivation, measure: str, zero_cells: str, as_it_was: tuple[float, float]) -> tuple[float, float]:
    """The effect under another policy, where a cell is empty."""
    a, n_t, c, n_c = (float(derivation.inputs[name]) for name in ("events_t", "n_t", "events_c", "n_c"))
    cells = Cells(*(np.array([cell]) for cell in (a, n_t - a, c, n_c - c)))
    if min(a, n_t - a, c, n_c - c) > 0:
        return as_it_was
    with np.errstate(divide="ignore", invalid="ignore"):
        yi, vi = TWO_BY_TWO[measure](corrected(cells, zero_cells=zero_cells).cells)
    return float(yi[0]), float(vi[0])


def _units(review: Review) -> Iterator[Study]:
    """Every study and stratum in the order of studies.csv, and behind the strata of a study the study as a whole."""
    for study in dict.fromkeys(unit.study for unit in review.studies):
        units = review.units(study)
        yield from units
        if units[0].stratum:
            yield units[0].model_copy(update={"stratum": ""})


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRows:
    """Variants of the data without some of the studies, r of them.

    exclusions         : sets of studies that are left out
    variant, exclusion : (r,) indices
    away               : (exclusions, u)
    too_few            : how many such sets have fewer than two effects left
    """

    data: DataVariants
    exclusions: tuple[tuple[str, ...], ...]
    variant: NDArray[np.intp]
    exclusion: NDArray[np.intp]
    away: Bools
    too_few: int

    def effects(self, rows: slice, measure: str) -> Effects:
        vi = np.where(self.away[self.exclusion[rows]], np.inf, self.data.vi[self.variant[rows]])
        return Effects(yi=self.data.yi[self.variant[rows]], vi=vi, study=tuple(u.title for u in self.data.units), measure=measure)


def how_many_exclusions(ids: Sequence[str], data: DataVariants, leave_out: int) -> int:
    """The length of `exclusions_of`."""
    k = len(_excludable(ids, data))
    return (NOBODY in ids) + sum(comb(k, size) for size in range(1, leave_out + 1))


def exclusions_of(ids: Sequence[str], data: DataVariants, leave_out: int) -> list[tuple[str, ...]]:
    """Nobody, each study, each pair, ... of those that are in the data."""
    chosen = _excludable(ids, data)
    some = [those for size in range(1, leave_out + 1) for those in combinations(chosen, size)]
    return ([()] if NOBODY in ids else []) + some


def _excludable(ids: Sequence[str], data: DataVariants) -> list[str]:
    there = {unit.study for unit in data.units}
    return [id_ for id_ in ids if id_ in there]


def data_rows(data: DataVariants, exclusions: Sequence[tuple[str, ...]]) -> DataRows:
    """Every variant without each of the sets of studies that are in it, where two effects or more remain."""
    studies = list(dict.fromkeys(unit.study for unit in data.units))
    excluded = np.zeros((len(exclusions), len(studies)), dtype=bool)
    for e, some in enumerate(exclusions):
        excluded[e, [studies.index(study) for study in some]] = True
    of_unit = np.array([studies.index(unit.study) for unit in data.units], dtype=np.intp)
    there = np.isfinite(data.vi)  # (v, u)
    in_study = there @ (of_unit[:, np.newaxis] == np.arange(len(studies)))  # (v, studies)
    inside = ~(~in_study @ excluded.T)
    away = excluded[:, of_unit]
    left = there.astype(int) @ (~away.T).astype(int)
    variant, exclusion = np.nonzero(inside & (left >= 2))
    too_few = int((inside & (left < 2)).sum())
    return DataRows(data=data, exclusions=tuple(exclusions), variant=variant, exclusion=exclusion, away=away, too_few=too_few)
