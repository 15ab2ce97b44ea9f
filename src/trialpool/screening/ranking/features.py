"""What a model sees of records: words and pairs of words, weighed by how rare they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trialpool.review.record import Record


def text_of(record: Record) -> str:
    """Title and abstract, as one text."""
    return f"{record.title} {record.abstract}".strip()


def words_and_pairs(texts: Sequence[str]) -> Any:
    """TF-IDF of words and pairs of words: a sparse row a text, of length 1. The settings are those of ASReview's ELAS u4."""
    from scipy.sparse import csr_array
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectoriser = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_df=0.95 if len(texts) > 20 else 1.0)
    try:
        return vectoriser.fit_transform(texts)
    except ValueError:  # no text has a word
        return csr_array((len(texts), 1), dtype=float)
