"""Models that learn from decisions which records are relevant: a score a record, the higher the likelier."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Model = Callable[[Any, NDArray[np.int64], NDArray[np.bool_], int], Floats]


def elas_u4(features: Any, rows: NDArray[np.int64], relevant: NDArray[np.bool_], seed: int) -> Floats:
    """Scores of all records by ASReview's model ELAS u4: a linear support vector machine with squared hinge loss, C = 0.11.

    All irrelevant records together weigh 1 / 9.8 of all relevant ones, and the mean weight is 1. ASReview LAB 3.0.8,
    `asreview/models` (Apache 2.0), for the settings.

    Parameters
    ----------
    features : a row a record
    rows, relevant : which records are decided, and how; both kinds must be among them
    seed : of the order in which the solver goes through the records
    """
    from sklearn.svm import LinearSVC

    weights = np.where(relevant, 1.0, relevant.sum() / (9.8 * (~relevant).sum()))
    machine = LinearSVC(C=0.11, loss="squared_hinge", random_state=seed)
    machine.fit(features[rows], relevant, sample_weight=weights * (weights.size / weights.sum()))
    return np.asarray(machine.decision_function(features), dtype=float)


MODELS: dict[str, Model] = {"elas-u4": elas_u4}
