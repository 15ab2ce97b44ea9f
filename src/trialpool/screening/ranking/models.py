"""Models that learn from decisions which records are relevant: a score a record, the higher the likelier."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from trialpool.screening.ranking.features import WordsAndPairs

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Model(Protocol):
    """What was made of the texts once, and scores all records by what was decided of some."""

    def scores(self, rows: Rows, relevant: Flags, seed: int) -> Floats:
        """A score a record; `rows` and `relevant` say which are decided and how, and both kinds must be among them."""


class ElasU4:
    """ASReview's model ELAS u4: TF-IDF of words and pairs, and a linear support vector machine with squared hinge loss, C = 0.11.

    All irrelevant records together weigh 1 / 9.8 of all relevant ones, and the mean weight is 1. The settings are those of
    ASReview LAB 3.0.8 (`asreview/models`).
    """

    def __init__(self, words: WordsAndPairs) -> None:
        self.features = words.matrix

    def scores(self, rows: Rows, relevant: Flags, seed: int) -> Floats:
        from sklearn.svm import LinearSVC

        weights = np.where(relevant, 1.0, relevant.sum() / (9.8 * (~relevant).sum()))
        machine = LinearSVC(C=0.11, loss="squared_hinge", random_state=seed)
        machine.fit(self.features[rows], relevant, sample_weight=weights * (weights.size / weights.sum()))
        return np.asarray(machine.decision_function(self.features), dtype=float)


MODELS: dict[str, Callable[[WordsAndPairs], Model]] = {"elas-u4": ElasU4}
DEFAULT = "elas-u4"
