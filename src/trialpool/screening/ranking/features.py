"""What a model sees of records: words and pairs of words, weighed by how rare they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trialpool.review.record import Record


def text_of(record: Record) -> str:
    """Title and abstract, as one text."""
    return f"{record.title} {record.abstract}".strip()


class WordsAndPairs:
    """TF-IDF of words and pairs of words: a sparse row a text, of length 1. The settings are those of ASReview's ELAS u4.

    texts : as given
    matrix : a row a text
    """

    def __init__(self, texts: Sequence[str]) -> None:
        from scipy.sparse import csr_array
        from sklearn.feature_extraction.text import TfidfVectorizer

        self.texts = tuple(texts)
        common = 0.95 if len(texts) > 20 else 1.0  # of a few texts a word may well be in all
        self._vectoriser = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_df=common)
        try:
            self.matrix: Any = self._vectoriser.fit_transform(texts)
        except ValueError:  # no text has a word
            self._vectoriser.fit(["nothing"])
            self.matrix = csr_array((len(texts), 1), dtype=np.float64)

    def of(self, texts: Sequence[str]) -> Any:
        """Rows for other texts, of the words that these have."""
        return self._vectoriser.transform(texts)
