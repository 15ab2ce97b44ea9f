"""What two records have in common, for many pairs at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from trialpool.screening.deduplication.blocking import Pairs
from trialpool.screening.deduplication.fields import Fields
from trialpool.screening.deduplication.journals import same_journal
from trialpool.screening.deduplication.titles import CORRECTIONS
from trialpool.screening.deduplication.wording import differ_in_a_word

Numbers = NDArray[np.float64]
Verdicts = NDArray[np.int8]  # 1 agree, 0 differ, -1 unknown
_SHORTEST_BEGINNING = 20
_LONGEST_ARTICLE = 60
_TWO_DIGITS = 10
_ELECTRONIC = "#"
_NAME_BEGINNING = 4
_ALIKE = 0.75


@dataclass(frozen=True)
class Comparison:
    """A column a comparison; row i is pair i. Agreement: 1 the same, 0 different, -1 not known of one of the two.

    title : how alike the titles are, 0 to 1
    begins : whether one title is the beginning or the end of the other: cut off, without subtitle, without the name of its section
    title_letters : letters of the shorter title
    authors : share of the shorter list's family names that the longer has; -1 unknown
    other_word : whether the titles differ in a word, and not only in how the same words are written
    version : whether the DOIs are of one version (1), or of two versions of one publication (0)
    same_mark : whether none or both are marked as a notice by their database
    correction : whether the notices in the titles differ by nothing but words for a correction
    years_apart : -1 unknown
    conference : whether both are known to be from a conference
    pages_long : whether first and last page are the same, and three pages or more: no other article has them in that volume
    abstract : how alike the abstracts begin, 0 to 1; -1 unknown
    """

    pairs: Pairs
    title: Numbers
    begins: NDArray[np.bool_]
    other_word: NDArray[np.bool_]
    title_letters: NDArray[np.int64]
    same_numbers: NDArray[np.bool_]
    same_notices: NDArray[np.bool_]
    correction: NDArray[np.bool_]
    authors: Numbers
    first_author: Verdicts
    years_apart: NDArray[np.int64]
    journal: Verdicts
    volume: Verdicts
    issue: Verdicts
    page: Verdicts
    pages_long: NDArray[np.bool_]
    doi: Verdicts
    pmid: Verdicts
    version: Verdicts
    registration: Verdicts
    same_mark: NDArray[np.bool_]
    kind: Verdicts
    conference: NDArray[np.bool_]
    abstract: Numbers


def compare(fields: Fields, pairs: Pairs) -> Comparison:
    """The records of each pair compared field by field."""
    solid = [tuple(title.replace(" ", "") for title in titles) for titles in fields.titles]
    years = np.array(fields.year, dtype=np.int64)[pairs]
    letters = np.array([len(titles[0]) for titles in solid], dtype=np.int64)[pairs].min(axis=-1, initial=2**31)
    title = _title_likeness(fields, solid, pairs)
    begins = np.array([_begins(solid[i][0], solid[j][0]) for i, j in pairs.tolist()], dtype=bool)
    return Comparison(
        pairs=pairs,
        title=title,
        begins=begins,
        other_word=_other_words(fields, pairs, begins | (title >= _ALIKE)),
        title_letters=letters,
        same_numbers=np.array([fields.numbers[i] == fields.numbers[j] for i, j in pairs.tolist()], dtype=bool),
        same_notices=np.array([fields.notices[i] == fields.notices[j] for i, j in pairs.tolist()], dtype=bool),
        correction=np.array([fields.notices[i] ^ fields.notices[j] <= CORRECTIONS for i, j in pairs.tolist()], dtype=bool),
        authors=np.array([_authors_shared(fields, i, j) for i, j in pairs.tolist()], dtype=float),
        first_author=_per_pair(_share_one, fields.first, pairs),
        years_apart=np.where((years > 0).all(axis=-1), np.abs(years[:, 0] - years[:, 1]), -1),
        journal=_per_pair(_journals, fields.journal, pairs),
        volume=_agreement(fields.volume, pairs),
        issue=_agreement(fields.issue, pairs),
        page=_per_pair(_same_page, list(zip(fields.first_page, fields.last_page, strict=True)), pairs),
        pages_long=_per_pair(_same_pages, list(zip(fields.first_page, fields.last_page, strict=True)), pairs) == 1,
        doi=_agreement(fields.doi, pairs),
        pmid=_agreement(fields.pmid, pairs),
        version=_per_pair(_versions, fields.versioned, pairs),
        registration=_agreement(fields.registration, pairs),
        same_mark=np.array([fields.marked[i] == fields.marked[j] for i, j in pairs.tolist()], dtype=bool),
        kind=_agreement(fields.kind, pairs),
        conference=np.all(np.array([kind == "conference" for kind in fields.kind], dtype=bool)[pairs], axis=-1),
        abstract=_abstract_likeness(fields.abstract, pairs),
    )


def _title_likeness(fields: Fields, solid: list[tuple[str, ...]], pairs: Pairs) -> Numbers:
    """The best of: letters without spaces, letters with, words in any order, over every pair of the records' titles."""
    of_pair = [(n, a, b) for n, (i, j) in enumerate(pairs.tolist()) for a in range(len(solid[i])) for b in range(len(solid[j]))]
    row = np.array([n for n, _, _ in of_pair], dtype=np.int64)
    left, right = pairs[row, 0].tolist(), pairs[row, 1].tolist()
    likeness = np.zeros(len(row))
    for titles, scorer in ((solid, fuzz.ratio), (fields.titles, fuzz.token_sort_ratio)):
        one = [titles[i][a] for i, (_, a, _) in zip(left, of_pair, strict=True)]
        other = [titles[j][b] for j, (_, _, b) in zip(right, of_pair, strict=True)]
        likeness = np.maximum(likeness, process.cpdist(one, other, scorer=scorer, workers=-1) / 100.0)
    best = np.zeros(len(pairs))
    np.maximum.at(best, row, likeness)
    return best


def _other_words(fields: Fields, pairs: Pairs, alike: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of titles that are alike; where a record has several, those of the two that come closest."""
    found = np.zeros(len(pairs), dtype=bool)
    for n in np.flatnonzero(alike):
        i, j = pairs[n]
        found[n] = all(differ_in_a_word(one, other) for one in fields.titles[i] for other in fields.titles[j])
    return found


def _versions(one: tuple[str, str], other: tuple[str, str]) -> int:
    return int(one == other) if one[0] and one[0] == other[0] else -1


def _abstract_likeness(abstracts: list[str], pairs: Pairs) -> Numbers:
    known = np.array([bool(abstracts[i] and abstracts[j]) for i, j in pairs.tolist()], dtype=bool)
    likeness = np.full(len(pairs), -1.0)
    one, other = ([abstracts[row] for row in pairs[known, side].tolist()] for side in (0, 1))
    likeness[known] = process.cpdist(one, other, scorer=fuzz.ratio, workers=-1) / 100.0
    return likeness


def _agreement(values: list[str], pairs: Pairs) -> Verdicts:
    _, code = np.unique(np.array(["", *values]), return_inverse=True)
    of_pair = (code[1:] if values else code[:0])[pairs]
    known = (of_pair != code[0]).all(axis=-1)
    return np.where(known, of_pair[:, 0] == of_pair[:, 1], -1).astype(np.int8)


def _same_page(one: tuple[str, str], other: tuple[str, str]) -> int:
    """Whether two page ranges can be of one publication: one holds a page of the other, or the end of one is all that is known."""
    if not (one[0] and other[0]):
        last, abbreviated = sorted((one[1], other[1]), key=len, reverse=True)
        if not abbreviated:
            return -1
        return int(last.endswith(abbreviated)) if len(abbreviated) > 1 or not last.endswith(abbreviated) else -1
    if one[0] == other[0] or (one[1] == other[1] and len(one[1]) > 2):
        return 1
    if _ELECTRONIC in one[0] + other[0]:
        return 0 if _ELECTRONIC in one[0] and _ELECTRONIC in other[0] else -1
    (a, b), (c, d) = ((int(first), int(last or first)) for first, last in (one, other))
    inside = (a <= c <= d <= b or c <= a <= b <= d) and min(a, c) >= _TWO_DIGITS
    return int(inside and 0 <= b - a <= _LONGEST_ARTICLE and 0 <= d - c <= _LONGEST_ARTICLE)


def _same_pages(one: tuple[str, str], other: tuple[str, str]) -> int:
    return int(one == other and bool(one[0] and one[1]) and _ELECTRONIC not in one[0] and int(one[1]) - int(one[0]) >= 2)


def _per_pair(verdict: Callable[[Any, Any], int], values: Sequence[Any], pairs: Pairs) -> Verdicts:
    return np.array([verdict(values[i], values[j]) for i, j in pairs.tolist()], dtype=np.int8)


def _begins(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return len(short) >= _SHORTEST_BEGINNING and (long.startswith(short) or long.endswith(short))


def _authors_shared(fields: Fields, i: int, j: int) -> float:
    """By family names; where none is shared, by all words of the names, for some exports exchange given and family names."""
    share = _overlap(fields.families[i], fields.families[j])
    return _overlap(fields.names[i], fields.names[j]) if share == 0 else share


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    fewer = min(len(one), len(other))
    return (
        sum(_has(other if len(one) == fewer else one, word) for word in (one if len(one) == fewer else other)) / fewer
        if fewer
        else -1.0
    )


def _has(words: frozenset[str], word: str) -> bool:
    """Whether the word is there, or one that differs from it by its ending (`hiess`, `hiessl`)."""
    return word in words or (len(word) > _NAME_BEGINNING and any(_one_ending(word, other) for other in words))


def _one_ending(word: str, other: str) -> bool:
    return abs(len(word) - len(other)) == 1 and len(other) > _NAME_BEGINNING and (word.startswith(other) or other.startswith(word))


def _share_one(one: frozenset[str], other: frozenset[str]) -> int:
    return int(any(_has(other, word) for word in one)) if one and other else -1


def _journals(one: str, other: str) -> int:
    return int(same_journal(one, other)) if one and other else -1
