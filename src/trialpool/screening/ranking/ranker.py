"""Records in the order in which they are best screened, learnt anew after every decision. Nothing is ever excluded by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialpool.errors import BadArgument
from trialpool.review.record import Record
from trialpool.screening.ranking.features import text_of, words_and_pairs
from trialpool.screening.ranking.models import MODELS

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ranking:
    """The records that nobody has decided yet, the likeliest relevant first.

    order : their identifiers
    scores : one for each, on a scale that means nothing but the order
    basis : what the order rests on, in words
    """

    order: tuple[str, ...]
    scores: tuple[float, ...]
    basis: str


class Ranker:
    """Ranks records by what was decided of others. It holds what was made of their texts, and is not changed by `rank`.

    Making one takes seconds for 10,000 records, ranking less than one: both may run in a background thread. When records
    are added to a review, make a new one; decisions are kept outside of it.

    Parameters
    ----------
    records : title and abstract are read; identifiers must differ
    criteria : text of the eligibility criteria or the question, by which to order until there are decisions of both kinds
    model : one of MODELS
    seed : of what is left to chance: the order without decisions and criteria, and of records with equal scores

    Raises
    ------
    BadArgument
        two records with one identifier, or no such model

    >>> from trialpool.review.record import Place
    >>> titles = ["Lenalidomide maintenance", "Maintenance with thalidomide", "Knee surgery", "Hip surgery"]
    >>> records = [Record(Place("pubmed.nbib", i), title=title) for i, title in enumerate(titles, 1)]
    >>> ranking = Ranker(records).rank({"pubmed.nbib#1": True, "pubmed.nbib#3": False})
    >>> ranking.order
    ('pubmed.nbib#2', 'pubmed.nbib#4')
    >>> print(ranking.basis)
    learnt from 1 relevant and 1 irrelevant records
    """

    def __init__(self, records: Sequence[Record], *, criteria: str = "", model: str = "elas-u4", seed: int = 1) -> None:
        if model not in MODELS:
            raise BadArgument(f"model is {model!r}. Use one of {', '.join(MODELS)}.")
        self.ids = tuple(record.id for record in records)
        self._row = {id_: row for row, id_ in enumerate(self.ids)}
        if len(self._row) < len(self.ids):
            twice = next(id_ for row, id_ in enumerate(self.ids) if self._row[id_] != row)
            raise BadArgument(f"Two records have the identifier {twice}. Give each its own.")
        features: Any = words_and_pairs([*map(text_of, records), criteria]) if records else None
        self._features: Any = None if features is None else features[: len(self.ids)]
        self._criteria = features[len(self.ids) :] if features is not None and criteria.strip() else None
        self._model, self._seed = model, seed
        self._chance = np.random.default_rng(seed).permutation(len(self.ids))

    def rank(self, decided: Mapping[str, bool]) -> Ranking:
        """The undecided records in order; `decided` says by identifier whether a record is relevant (`maybe` counts as relevant).

        The same decisions give the same order, whatever was asked before. BadArgument is raised where a decision names a record
        that is not there.
        """
        unknown = next((id_ for id_ in decided if id_ not in self._row), None)
        if unknown is not None:
            raise BadArgument(f"There is no record {unknown} to rank by. Make a Ranker of all records that are decided on.")
        rows = np.array(sorted(self._row[id_] for id_ in decided), dtype=np.int64)
        relevant = np.array([decided[self.ids[row]] for row in rows], dtype=bool)
        scores, basis = self.scores(rows, relevant)
        order = np.lexsort((self._chance, -scores))
        order = order[~np.isin(order, rows)]
        return Ranking(tuple(self.ids[row] for row in order), tuple(scores[order].tolist()), basis)

    def scores(self, rows: NDArray[np.int64], relevant: NDArray[np.bool_]) -> tuple[Floats, str]:
        """A score a record, decided ones too, and what it rests on; `rows` say which are decided, in rising order."""
        found, not_found = int(relevant.sum()), int((~relevant).sum())
        if found and not_found:
            scores = MODELS[self._model](self._features, rows, relevant, self._seed)
            return scores, f"learnt from {found} relevant and {not_found} irrelevant records"
        if found:
            return self._like(self._features[rows]), f"likeness to {found} relevant records"
        if self._criteria is not None:
            return self._like(self._criteria), "likeness to the criteria"
        return np.zeros(len(self.ids)), "chance"

    def _like(self, examples: Any) -> Floats:
        """Mean cosine of each record with the examples."""
        means: Floats = np.asarray((self._features @ examples.T).mean(axis=1), dtype=np.float64).ravel()
        return means
