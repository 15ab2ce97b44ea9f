"""Models that learn from decisions which records are relevant: a score a record, the higher the likelier."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from trialpool.screening.ranking.features import Terms, Texts, topics

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Flags = NDArray[np.bool_]

COST, RATIO = 0.11, 9.8  # of ELAS u4: C, and the weight of all relevant records over that of all irrelevant ones
TOPICS_COUNT = 0.3  # spread of the scores by topics, beside that by words, when many relevant records are known
HALFWAY = 5  # relevant records, beside the first, with which topics count half of that
PENALTY = 2.0  # of the regression on topics
UNDECIDED = 0.3  # weight of an undecided record, as an irrelevant one, beside a decided one
SHIFT_OF_TITLES = 0.2  # variance of the shift of records with a title alone
TITLE_COUNTS = 0.7  # how far the score of a title alone is from the mean, beside that of a title with abstract


class Model(Protocol):
    """What was made of the texts once, and scores all records by what was decided of some."""

    terms: Terms

    def scores(self, rows: Rows, relevant: Flags, seed: int) -> Floats:
        """A score a record; `rows` and `relevant` say which are decided and how, and both kinds must be among them."""


class ElasU4:
    """ASReview's model ELAS u4: TF-IDF of words and pairs, and a linear support vector machine with squared hinge loss, C = 0.11.

    All irrelevant records together weigh 1 / 9.8 of all relevant ones, and the mean weight is 1. The settings are those of
    ASReview LAB 3.0.8 (`asreview/models`).
    """

    def __init__(self, texts: Texts) -> None:
        self.terms = Terms(texts.texts)

    def scores(self, rows: Rows, relevant: Flags, seed: int) -> Floats:
        return support_vectors(self.terms.matrix, rows, relevant, seed)


class WordsAndTopics:
    """A support vector machine on cut words and their pairs, mixed with a regression on topics; missing texts are no evidence.

    Topics count the more, the more relevant records are known: with one they count nothing.
    """

    def __init__(self, texts: Texts) -> None:
        self.terms = Terms(texts.texts, cut=True)
        self._texts = texts
        self._topics = np.hstack([topics(self.terms.matrix), np.ones((len(texts.texts), 1))])
        self._cross = self._topics.T @ self._topics

    def scores(self, rows: Rows, relevant: Flags, seed: int) -> Floats:
        by_words = support_vectors(self.terms.matrix, rows, relevant, seed)
        by_topics = self._by_topics(rows, relevant)
        spread, more = by_topics.std(), int(relevant.sum()) - 1
        count = TOPICS_COUNT * more / (more + HALFWAY)
        mixed = by_words + count * by_words.std() * (by_topics - by_topics.mean()) / (spread if spread > 0 else 1.0)
        return self._where_text_is_lacking(mixed, rows, relevant)

    def _by_topics(self, rows: Rows, relevant: Flags) -> Floats:
        """Ridge regression of +1 and -1 on topics, in which undecided records count a little as irrelevant ones."""
        x, n = self._topics, len(self._topics)
        found, not_found = int(relevant.sum()), int((~relevant).sum())
        of_irrelevant = found / (RATIO * (not_found + UNDECIDED * (n - rows.size)))
        mean_one = rows.size / (found * (1 + 1 / RATIO))
        decided = x[rows]
        weights = np.where(relevant, 1.0, of_irrelevant)
        within = (decided.T * weights) @ decided
        others = UNDECIDED * of_irrelevant * (self._cross - decided.T @ decided)
        towards = decided.T @ np.where(relevant, 1.0, -of_irrelevant) - UNDECIDED * of_irrelevant * (x.sum(0) - decided.sum(0))
        penalty = np.diag(np.append(np.full(x.shape[1] - 1, PENALTY), 1e-6))
        return np.asarray(x @ np.linalg.solve(mean_one * (within + others) + penalty, mean_one * towards))

    def _where_text_is_lacking(self, scores: Floats, rows: Rows, relevant: Flags) -> Floats:
        """A record without text gets the mean score, one with a title alone is drawn towards it: what is lacking is imputed by
        its mean. Both kinds are then shifted by what was decided of such records."""
        empty, short = self._texts.empty, self._texts.title_only
        if empty.all() or not (empty | short).any():
            return scores
        mean, weights = scores[~empty].mean(), _weights(relevant)
        scores = np.where(empty, mean, np.where(short, mean + TITLE_COUNTS * (scores - mean), scores))
        for kind, variance in ((empty, 1.0), (short, SHIFT_OF_TITLES)):
            of_kind = kind[rows]
            shift = _shift(scores[rows[of_kind]], weights[of_kind], relevant[of_kind], variance)
            scores = np.where(kind, scores + shift, scores)
        return scores


def support_vectors(features: Any, rows: Rows, relevant: Flags, seed: int) -> Floats:
    """The linear machine of ELAS u4, learnt from the decided rows in an order by `seed`: its score of all."""
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=COST, loss="squared_hinge", random_state=seed)
    machine.fit(features[rows], relevant, sample_weight=_weights(relevant))
    return np.asarray(machine.decision_function(features), dtype=np.float64)


def _weights(relevant: Flags) -> Floats:
    weights: Floats = np.where(relevant, 1.0, relevant.sum() / (RATIO * (~relevant).sum()))
    return np.asarray(weights * (weights.size / weights.sum()), dtype=np.float64)


def _shift(scores: Floats, weights: Floats, relevant: Flags, variance: float) -> float:
    """What the machine would add to the scores of these decided records, had they a term of their own; by Newton's method.

    The least of d^2 / (2 variance) + C sum(w (1 - y (score + d))^2) over those that are within the margin.
    """
    y, d = np.where(relevant, 1.0, -1.0), 0.0
    for _ in range(20):
        lacking = np.maximum(1 - y * (scores + d), 0)
        slope = d / variance - 2 * COST * float((weights * y * lacking).sum())
        step = slope / (1 / variance + 2 * COST * float(weights[lacking > 0].sum()))
        d -= step
        if abs(step) < 1e-9:
            break
    return d


MODELS: dict[str, Callable[[Texts], Model]] = {"trialpool": WordsAndTopics, "elas-u4": ElasU4}
DEFAULT = "trialpool"
