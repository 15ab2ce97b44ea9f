"""Records in the order in which they are best screened, learnt anew after every decision. Nothing is ever excluded by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.errors import BadArgument
from trialpool.review.record import Record
from trialpool.screening.ranking.features import Texts
from trialpool.screening.ranking.models import DEFAULT, MODELS, Flags, Floats, Rows


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

    Making one takes some ten seconds for 10,000 records, ranking less than one: both may run in a background thread. When records
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
    learnt from 1 relevant and 1 irrelevant record
    """

    def __init__(self, records: Sequence[Record], *, criteria: str = "", model: str = DEFAULT, seed: int = 1) -> None:
        if model not in MODELS:
            raise BadArgument(f"model is {model!r}. Use one of {', '.join(MODELS)}.")
        self.ids = tuple(record.id for record in records)
        self._row = {id_: row for row, id_ in enumerate(self.ids)}
        if len(self._row) < len(self.ids):
            twice = next(id_ for row, id_ in enumerate(self.ids) if self._row[id_] != row)
            raise BadArgument(f"Two records have the identifier {twice}. Give each its own.")
        self._model = MODELS[model](Texts(records))
        self._criteria, self._seed = criteria.strip(), seed

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
        scores, basis = self._scores(rows, relevant, self._seed)
        order = self._order(scores, rows, self._seed)
        return Ranking(tuple(self.ids[row] for row in order), tuple(scores[order].tolist()), basis)

    def rows_in_order(self, rows: Rows, relevant: Flags, seed: int) -> Rows:
        """The undecided rows, the likeliest first; `rows` and `relevant` say in rising order which are decided, and how."""
        return self._order(self._scores(rows, relevant, seed)[0], rows, seed)

    def _order(self, scores: Floats, rows: Rows, seed: int) -> Rows:
        chance = np.random.default_rng(seed).permutation(len(self.ids))  # decides between equal scores
        order = np.lexsort((chance, -np.round(scores, 9)))  # what only rounding tells apart is equal
        return order[~np.isin(order, rows)]

    def _scores(self, rows: Rows, relevant: Flags, seed: int) -> tuple[Floats, str]:
        """A score a record, decided ones too, and what it rests on."""
        found, not_found = int(relevant.sum()), int((~relevant).sum())
        if found and not_found:
            basis = f"learnt from {found} relevant and {_records(not_found, 'irrelevant')}"
            return self._model.scores(rows, relevant, seed), basis
        if found:
            return self._likeness(self._model.terms.matrix[rows[relevant]]), f"likeness to {_records(found, 'relevant')}"
        if self._criteria:
            return self._likeness(self._model.terms.of([self._criteria])), "likeness to the criteria"
        return np.zeros(len(self.ids)), "chance"

    def _likeness(self, examples: Any) -> Floats:
        """Mean cosine of each record with the examples, which are rows of terms."""
        likeness: Floats = np.asarray((self._model.terms.matrix @ examples.T).mean(axis=1), dtype=np.float64).ravel()
        return likeness


def _records(n: int, kind: str) -> str:
    return f"{n} {kind} record{'s' if n != 1 else ''}"
