"""What a model sees of records: terms (words and pairs of words), weighed by how rare they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialpool.review.record import Record

_ENDS_OF_WORDS = re.compile(r"(?<=\w{6})\w+")


class Texts:
    """Title and abstract of each record as one text, and what is lacking.

    empty : which records have neither title nor abstract
    title_only : which have a title and no abstract
    """

    def __init__(self, records: Sequence[Record]) -> None:
        self.texts = tuple(f"{record.title} {record.abstract}".strip() for record in records)
        abstract = np.array([bool(record.abstract.strip()) for record in records], dtype=bool)
        self.empty: NDArray[np.bool_] = np.array([not text for text in self.texts], dtype=bool)
        self.title_only: NDArray[np.bool_] = ~abstract & ~self.empty


class Terms:
    """TF-IDF of words and pairs of words: a sparse row a text, of length 1. The settings are those of ASReview's ELAS u4.

    texts : as given
    cut : words count as the same from the sixth letter on (`randomised`, `randomization`)
    """

    def __init__(self, texts: Sequence[str], *, cut: bool = False) -> None:
        from scipy.sparse import csr_array
        from sklearn.feature_extraction.text import TfidfVectorizer

        common = 0.95 if len(texts) > 20 else 1.0  # of a few texts a word may well be in all
        prepared = {"preprocessor": cut_words} if cut else {}
        self._vectoriser = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_df=common, **prepared)
        try:
            self.matrix: Any = self._vectoriser.fit_transform(texts)
        except ValueError:  # no text has a word
            self._vectoriser.fit(["nothing"])
            self.matrix = csr_array((len(texts), 1), dtype=np.float64)

    def of(self, texts: Sequence[str]) -> Any:
        """Rows for other texts, of the terms that these have."""
        return self._vectoriser.transform(texts)


def cut_words(text: str) -> str:
    """Words in small letters, cut behind the sixth.

    >>> cut_words("Randomised or randomization?")
    'random or random?'
    """
    return _ENDS_OF_WORDS.sub("", text.lower())


def topics(matrix: Any, most: int = 100) -> NDArray[np.float64]:
    """Terms of two texts or more that go together brought into few columns (latent semantic analysis): rows of length 1, or 0.

    Deerwester et al. (1990), J Am Soc Inf Sci 41:391-407.
    """
    from sklearn.decomposition import TruncatedSVD

    matrix = matrix[:, np.flatnonzero(matrix.count_nonzero(axis=0) > 1)]
    k = min(most, *(side - 1 for side in matrix.shape))
    if k < 1:
        return np.zeros((matrix.shape[0], 1))
    found = TruncatedSVD(k, n_iter=3, random_state=0).fit_transform(matrix)
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    return np.asarray(found / np.where(lengths > 0, lengths, 1.0), dtype=np.float64)
