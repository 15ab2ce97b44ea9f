"""Pairs of records worth comparing: those that share a key.

A key is a column; pairs are the self-join on it. Any engine that joins tables can do the same on more machines.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from trialpool.screening.deduplication.fields import Fields

Pairs = NDArray[np.int64]
_TITLE_LETTERS = 24
_LARGEST_BLOCK = 200


def candidate_pairs(fields: Fields) -> Pairs:
    """Rows (i, j), i < j, of the records that share at least one key, each pair once, shape (pairs, 2).

    A key that more than 200 records share (`editorial`) says nothing, and makes no pairs.
    """
    n = len(fields)
    codes = [first * n + second for first, second in (_pairs_within(*column) for column in key_columns(fields))]
    every = np.unique(np.concatenate([*codes, np.empty(0, dtype=np.int64)]))
    return np.stack([every // max(n, 1), every % max(n, 1)], axis=-1)


def key_columns(fields: Fields) -> Iterator[tuple[list[int], list[str]]]:
    """The key columns, each as rows and values; a record with two titles stands twice in a column of titles."""
    yield _known(fields.doi)
    yield _known(fields.pmid)
    rows = [row for row, titles in enumerate(fields.titles) for _ in titles]
    solid = [title.replace(" ", "") for titles in fields.titles for title in titles]
    yield rows, [title[:_TITLE_LETTERS] for title in solid]
    yield rows, [title[-_TITLE_LETTERS:] for title in solid]
    yield rows, [_longest_words(title) for titles in fields.titles for title in titles]
    yield _known([f"{v} {p}" if v and p else "" for v, p in zip(fields.volume, fields.first_page, strict=True)])
    yield _by_first_author(fields, fields.first_page)
    yield _by_first_author(fields, [f"{y} {v}" if y and v else "" for y, v in zip(fields.year, fields.volume, strict=True)])


def _known(values: list[str]) -> tuple[list[int], list[str]]:
    rows = [row for row, value in enumerate(values) if value]
    return rows, [values[row] for row in rows]


def _by_first_author(fields: Fields, values: list[str]) -> tuple[list[int], list[str]]:
    keys = [(row, f"{word} {value}") for row, value in enumerate(values) if value for word in sorted(fields.first[row])]
    return [row for row, _ in keys], [key for _, key in keys]


def _longest_words(title: str) -> str:
    """Three words that a title is likely to keep in every way of writing it."""
    return " ".join(sorted(set(title.split()), key=lambda word: (-len(word), word))[:3])


def _pairs_within(rows: list[int], values: list[str]) -> tuple[Pairs, Pairs]:
    """Every pair of rows that share a value; runs of equal size are handled together."""
    none = np.empty(0, dtype=np.int64)
    if not rows:
        return none, none
    _, key = np.unique(np.array(values), return_inverse=True)
    order = np.argsort(key, kind="stable")
    row = np.array(rows, dtype=np.int64)[order]
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    sizes = np.diff(starts, append=row.size)
    firsts, seconds = [none], [none]
    for size in np.unique(sizes[(sizes > 1) & (sizes <= _LARGEST_BLOCK)]):
        block = row[starts[sizes == size, np.newaxis] + np.arange(size)]
        a, b = np.triu_indices(size, k=1)
        one, other = block[:, a].ravel(), block[:, b].ravel()
        firsts.append(np.minimum(one, other)[one != other])
        seconds.append(np.maximum(one, other)[one != other])
    return np.concatenate(firsts), np.concatenate(seconds)
