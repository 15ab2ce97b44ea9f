"""A screening that is finished, done again on paper: how soon would the ranking have shown what was included?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

import numpy as np
from numpy.typing import NDArray

from trialpool.errors import BadArgument, NotEstimable
from trialpool.review.record import Record
from trialpool.screening.ranking.metrics import METRICS, checked_order
from trialpool.screening.ranking.models import DEFAULT
from trialpool.screening.ranking.ranker import Ranker

Watch = Callable[[int, int], None]


@dataclass(frozen=True)
class SimulatedScreening:
    """One screening in the order that the ranking proposed.

    seed : of the records that were known at the start, and of the model
    known : those records: one relevant, one irrelevant
    order : identifiers of the others, as they were shown
    relevant : for each of these, whether it is relevant
    """

    seed: int
    known: tuple[str, ...]
    order: tuple[str, ...]
    relevant: tuple[bool, ...]

    @cached_property
    def metrics(self) -> Mapping[str, float]:
        """Each of METRICS, by name."""
        y = checked_order(self.relevant)
        return {name: compute(y) for name, (compute, _) in METRICS.items()}

    def __str__(self) -> str:
        return ", ".join(f"{name} {value:.3g}" for name, value in self.metrics.items())


def simulate_screening(
    records: Sequence[Record],
    relevant: Mapping[str, bool],
    *,
    seeds: Sequence[int] = (1, 2, 3),
    model: str = DEFAULT,
    retrain: float = 0.0,
    watch: Watch | None = None,
) -> tuple[SimulatedScreening, ...]:
    """Screen again what has been screened, once for each seed, as ASReview simulates it.

    One relevant and one irrelevant record, drawn by the seed, are known at the start. Then the record that ranks first is
    "decided" as it was in truth, the model learns anew, and so on until the last relevant record is found; what is left is
    irrelevant, and stands at the end.

    Parameters
    ----------
    records : of the finished screening
    relevant : by identifier, what was decided; all records must be in it
    seeds : a simulation for each
    model : one of MODELS
    retrain : 0 learns anew after every decision; 0.05 when there are 5% more decisions than at the last time, which is faster
    watch : called with the number of decisions made and to be made, at most, in all simulations

    Raises
    ------
    NotEstimable
        fewer than two relevant or two irrelevant records
    BadArgument
        records without a decision, or no such model

    >>> from trialpool.review.record import Place
    >>> titles = ["Lenalidomide maintenance", "Maintenance with thalidomide", "Knee surgery", "Hip surgery", "Knee and hip"]
    >>> records = [Record(Place("pubmed.nbib", i), title=title) for i, title in enumerate(titles, 1)]
    >>> run, = simulate_screening(records, {r.id: "ainte" in r.title for r in records}, seeds=[1])
    >>> run.order, run.relevant
    (('pubmed.nbib#2', 'pubmed.nbib#4', 'pubmed.nbib#5'), (True, False, False))
    """
    ranker = Ranker(records, model=model)
    missing = [id_ for id_ in ranker.ids if id_ not in relevant]
    if missing:
        raise BadArgument(f"{len(missing)} records have no decision, {missing[0]} among them. Leave them out.")
    y = np.array([bool(relevant[id_]) for id_ in ranker.ids], dtype=bool)
    if min(y.sum(), (~y).sum()) < 2:
        raise NotEstimable(f"{y.sum()} of {y.size} records are relevant. A simulation needs two of each kind at least.")
    runs = []
    for n, seed in enumerate(seeds):
        told = None if watch is None else _shifted(watch, n * y.size, len(seeds) * y.size)
        runs.append(_simulated(ranker, y, seed, retrain, told))
    return tuple(runs)


def medians(runs: Sequence[SimulatedScreening]) -> dict[str, float]:
    """The median of each metric over the simulations."""
    return {name: median(run.metrics[name] for run in runs) for name in METRICS}


def known_at_start(y: NDArray[np.bool_], seed: int) -> tuple[int, int]:
    """Rows of one relevant and one irrelevant record, drawn as ASReview draws them for a seed."""
    kinds = np.flatnonzero(y), np.flatnonzero(~y)
    first, second = (int(np.random.RandomState(seed).choice(rows, 1, replace=False)[0]) for rows in kinds)
    return first, second


def _simulated(ranker: Ranker, y: NDArray[np.bool_], seed: int, retrain: float, watch: Watch | None) -> SimulatedScreening:
    known = known_at_start(y, seed)
    decided = np.zeros(y.size, dtype=bool)
    decided[list(known)] = True
    order: list[int] = []
    while y[decided].sum() < y.sum():
        rows = np.flatnonzero(decided)
        first = ranker.rows_in_order(rows, y[rows], seed)[: max(1, int(retrain * rows.size))]
        decided[first] = True
        order.extend(first.tolist())
        if watch is not None:
            watch(len(order) + len(known), y.size)
    order.extend(np.flatnonzero(~decided).tolist())
    return SimulatedScreening(
        seed, tuple(ranker.ids[i] for i in known), tuple(ranker.ids[i] for i in order), tuple(bool(y[i]) for i in order)
    )


def _shifted(watch: Watch, before: int, of: int) -> Watch:
    return lambda done, _: watch(before + done, of)
