"""From what two records have in common to a verdict, with its reasons.

Evidence is weighed in points, as Fellegi and Sunter (J Am Stat Assoc 1969;64:1183-1210) weigh agreements by the logarithm of
their likelihood ratio; the points below are such logarithms (base 2), rounded. A merge without a person needs more: that
nothing contradicts it. What is alike but contradicted goes to a person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from trialpool.screening.deduplication.comparison import Comparison

Verdict = Literal["same", "unsure", "related", "different"]
Flags = Any  # of booleans, a pair each
SAME, UNSURE = 12.0, 6.0
_LONG_TITLE, _SHORT_TITLE = 60, 25
_DISTINCT_TITLE, _LONG_ENOUGH = 30, 40
_OTHER_TEXT = 0.5  # likeness of abstracts below which they are not of one text


@dataclass(frozen=True)
class Evidence:
    """One piece of evidence: where it holds, how many points it gives, how it is said."""

    points: float
    words: str
    holds: Callable[[Comparison], Flags]


EVIDENCE: dict[str, tuple[Evidence, ...]] = {
    # of each line the first piece that holds counts
    "title": (
        Evidence(8, "same title", lambda c: c.title >= 0.99),
        Evidence(7, "nearly the same title", lambda c: c.title >= 0.95),
        Evidence(5, "one title is part of the other", lambda c: c.begins),
        Evidence(5, "much the same title", lambda c: c.title >= 0.90),
        Evidence(3, "similar titles", lambda c: c.title >= 0.85),
        Evidence(0, "somewhat similar titles", lambda c: c.title >= 0.75),
        Evidence(5, "all that says where it was published", lambda c: _own_place(c) & (c.authors >= 0.8)),
        Evidence(-20, "different titles", lambda c: c.title < 0.75),
    ),
    "length of title": (
        Evidence(1, "a long title", lambda c: c.title_letters >= _LONG_TITLE),
        Evidence(-2, "a short title", lambda c: c.title_letters < _SHORT_TITLE),
    ),
    "numbers": (
        Evidence(-1, "different numbers in the titles", lambda c: ~c.same_numbers & c.pages_long),
        Evidence(-6, "different numbers in the titles", lambda c: ~c.same_numbers),
    ),
    "notice": (Evidence(-10, "one is a notice (erratum, reply, comment)", lambda c: ~c.same_notices),),
    "authors": (
        Evidence(3, "same authors", lambda c: c.authors >= 0.8),
        Evidence(2, "many authors in common", lambda c: c.authors >= 0.5),
        Evidence(0, "few authors in common", lambda c: c.authors > 0),
        Evidence(-4, "no author in common", lambda c: c.authors == 0),
    ),
    "first author": (Evidence(1, "same first author", lambda c: c.first_author == 1),),
    "year": (
        Evidence(1, "same year", lambda c: c.years_apart == 0),
        Evidence(0, "one year apart", lambda c: c.years_apart == 1),
        Evidence(-3, "two years apart", lambda c: c.years_apart == 2),
        Evidence(-6, "years apart", lambda c: c.years_apart > 2),
    ),
    "volume": (Evidence(2, "same volume", lambda c: c.volume == 1), Evidence(-2, "different volumes", lambda c: c.volume == 0)),
    "issue": (Evidence(-3, "different issues", lambda c: c.issue == 0),),
    "page": (Evidence(3, "same page", lambda c: c.page == 1), Evidence(-3, "different pages", lambda c: c.page == 0)),
    "journal": (
        Evidence(2, "same journal", lambda c: c.journal == 1),
        Evidence(-3, "different journals", lambda c: c.journal == 0),
    ),
    "doi": (Evidence(6, "same DOI", lambda c: c.doi == 1), Evidence(-6, "different DOIs", lambda c: c.doi == 0)),
    "registration": (
        Evidence(8, "same registration", lambda c: c.registration == 1),
        Evidence(-8, "different registrations", lambda c: c.registration == 0),
    ),
    "pmid": (Evidence(8, "same PMID", lambda c: c.pmid == 1), Evidence(-8, "different PMIDs", lambda c: c.pmid == 0)),
    "abstract": (
        Evidence(3, "same abstract", lambda c: c.abstract >= 0.9),
        Evidence(1, "similar abstracts", lambda c: c.abstract >= 0.6),
        Evidence(-3, "different abstracts", lambda c: c.abstract >= 0),
    ),
    "kind": (Evidence(-6, "different kinds of publication", lambda c: c.kind == 0),),
}


def _identified(c: Comparison) -> Flags:
    return (c.doi == 1) | (c.pmid == 1) | (c.registration == 1)


def _one_doi_one_text(c: Comparison) -> Flags:
    """A DOI in common that is not that of a whole supplement, whose abstracts all have it."""
    return (c.doi == 1) & ~c.conference & (c.page != 0) & ~((c.abstract >= 0) & (c.abstract < _OTHER_TEXT))


def _one_text_in(c: Comparison) -> Flags:
    """What says that two records are of one text, whatever their titles."""
    return (c.pmid == 1) | (c.registration == 1) | c.pages_long | (c.abstract >= 0.9) | _one_doi_one_text(c)


def _same_place(c: Comparison) -> Flags:
    return (c.volume == 1) & (c.page == 1)


def _one_conference(c: Comparison) -> Flags:
    """Papers of one conference, a year apart: that of the meeting, and that of its proceedings."""
    return c.conference & (c.journal == 1) & (c.years_apart <= 1) & (c.title_letters >= _LONG_ENOUGH)


def _same_issue_and_text(c: Comparison) -> Flags:
    """A journal whose name stands there in two languages."""
    return (c.volume == 1) & (c.issue == 1) & (c.abstract >= 0.9)


def _one_record(c: Comparison) -> Flags:
    """One DOI, one title, one list of authors."""
    return (
        _one_doi_one_text(c)
        & (c.title >= 0.95)
        & ~c.other_word
        & (c.authors >= 0.8)
        & c.same_numbers
        & c.same_notices
        & (c.pmid != 0)
        & (c.registration != 0)
    )


def _one_text(c: Comparison) -> Flags:
    """One title, one abstract and one list of authors in one journal: published with two DOIs, or again with a correction."""
    text = (
        (c.title >= 0.95)
        & (c.title_letters >= _LONG_ENOUGH)
        & (c.abstract >= 0.98)
        & (c.authors >= 0.8)
        & (c.journal == 1)
        & (c.kind != 0)
        & (c.version != 0)
        & c.same_numbers
    )
    again = (c.volume == 1) & (c.issue == 1) & c.correction
    return text & (c.years_apart >= 0) & (c.years_apart <= 1) & ((c.same_notices & ~c.other_word) | again) & (c.pmid != 0)


def _own_place(c: Comparison) -> Flags:
    """A place that one article alone can have: journal, volume, issue and all pages, three of them or more."""
    return (c.journal == 1) & (c.volume == 1) & (c.issue == 1) & c.pages_long


def _recurring(c: Comparison) -> Flags:
    """A title that returns (`Editor's comments`, `Reply`), at another place."""
    elsewhere = (c.volume == 0) | (c.issue == 0) | (c.page == 0) | (c.doi == 0) | (c.years_apart > 0)
    return (c.title_letters < _LONG_ENOUGH) & elsewhere & ~_identified(c) & ((c.page != 1) | (c.doi == 0))


DOUBTS: dict[str, Callable[[Comparison], Flags]] = {
    # what keeps two alike records from being merged without a person
    "different numbers in the titles": lambda c: (
        ~c.same_numbers & ~c.pages_long & ~(c.doi == 1) & ~(_same_place(c) & (c.abstract >= 0.9))
    ),
    "different pages": lambda c: (c.page == 0) & ~_identified(c),
    "different journals": lambda c: (
        (c.journal == 0) & ~_identified(c) & ~((c.volume != 0) & c.pages_long) & ~_same_issue_and_text(c)
    ),
    "different kinds of publication": lambda c: (c.kind == 0) & ~_identified(c) & ~_same_place(c),
    "different DOIs": lambda c: (c.doi == 0) & ~_same_place(c),
    "different PMIDs": lambda c: c.pmid == 0,
    "different registrations": lambda c: c.registration == 0,
    "two versions by their DOIs": lambda c: c.version == 0,
    "one is marked as a notice about another publication": lambda c: ~c.same_mark & ~_identified(c) & ~_same_place(c),
    "another word in the title": lambda c: c.other_word & ~_one_text_in(c) & ~(c.begins & (c.page == 1)),
    "different abstracts": lambda c: (c.abstract >= 0) & (c.abstract < _OTHER_TEXT) & ~_identified(c) & ~c.pages_long,
    "the same page of another volume": lambda c: (
        (c.page == 1) & (c.volume == 0) & (c.years_apart != 0) & ~c.pages_long & ~_identified(c) & (c.abstract < 0.9)
    ),
    "no page, DOI or abstract in common, in different volumes or years": lambda c: (
        ((c.volume == 0) | ((c.years_apart > 0) & (c.volume != 1) & ~_one_conference(c)))
        & (c.page != 1)
        & ~_identified(c)
        & (c.abstract < 0.9)
    ),
    "no page, DOI or abstract in common, in different issues": lambda c: (
        (c.issue == 0) & (c.page != 1) & ~_identified(c) & (c.abstract < 0.9)
    ),
    "different issues, and a short title": lambda c: (c.issue == 0) & (c.title_letters < _DISTINCT_TITLE) & ~_identified(c),
    "titles differ in more than letters": lambda c: (c.title < 0.90) & ~c.begins & ~_own_place(c),
    "nothing says where it was published": lambda c: (
        (c.page != 1) & ~_identified(c) & (c.abstract < 0.9) & ~((c.journal == 1) & (c.title_letters >= _DISTINCT_TITLE))
    ),
}


@dataclass(frozen=True)
class Judgement:
    """The verdict on each pair, its points, and for pair i its reasons by `reasons(i)`.

    same : one publication, merged without a person
    unsure : alike, but something contradicts it: for a person
    related : not the same publication, but perhaps reports of one study (a meeting abstract and its article)

    weak : pairs that are `same` by title, authors and journal alone, without a page, number or abstract in common
    apart : pairs that are not `same` and that something contradicts; certainly_apart : those that identifiers contradict
    """

    comparison: Comparison
    verdict: NDArray[np.str_]
    points: NDArray[np.float64]
    chosen: dict[str, NDArray[np.int64]]
    doubts: dict[str, Flags]

    @property
    def weak(self) -> Flags:
        c = self.comparison
        return (self.verdict == "same") & ~_identified(c) & (c.page != 1) & (c.abstract < 0.9)

    @property
    def apart(self) -> Flags:
        return (self.verdict != "same") & np.logical_or.reduce(list(self.doubts.values()))

    @property
    def certainly_apart(self) -> Flags:
        c = self.comparison
        return (self.verdict != "same") & ((c.pmid == 0) | (c.registration == 0) | (c.version == 0))

    def reasons(self, pair: int) -> tuple[str, ...]:
        """Why, strongest evidence first; what speaks against it stands behind `but`."""
        found = [EVIDENCE[name][piece[pair]] for name, piece in self.chosen.items() if piece[pair] >= 0]
        ranked = sorted((e for e in found if e.points), key=lambda e: -abs(e.points))
        pro, contra = [e.words for e in ranked if e.points > 0], [e.words for e in ranked if e.points < 0]
        doubts = [words for words, holds in self.doubts.items() if holds[pair] and words not in contra]
        return (*pro, *(f"but {words}" for words in (*contra, *doubts)))


def judge(comparison: Comparison) -> Judgement:
    """The verdict on every pair."""
    chosen = {name: _first_that_holds(pieces, comparison) for name, pieces in EVIDENCE.items()}
    points = sum(
        np.where(piece >= 0, np.array([e.points for e in EVIDENCE[name]])[piece], 0.0) for name, piece in chosen.items()
    ) + np.zeros(len(comparison.pairs))
    doubts = {words: holds(comparison) for words, holds in DOUBTS.items()}
    doubtful = np.logical_or.reduce(list(doubts.values()))
    at_one_place = (
        _same_place(comparison)
        & (comparison.authors >= 0.5)
        & (comparison.journal == 1)
        & (comparison.title < 0.75)
        & comparison.pages_long
    )
    translated = _identified(comparison) & (comparison.page == 1) & (comparison.authors >= 0.5) & (comparison.title < 0.75)
    same_study = (
        (comparison.title >= 0.85)
        & (comparison.title_letters >= _LONG_ENOUGH)
        & ((comparison.authors >= 0.5) | (comparison.first_author == 1))
        & comparison.same_notices
    )
    no_authors = (comparison.title >= 0.99) & (comparison.title_letters >= _LONG_TITLE) & ~(comparison.authors >= 0)
    elsewhere = (comparison.journal == 0) | (comparison.kind == 0) | (comparison.years_apart > 1)
    verdict = np.select(
        [
            ((points >= SAME) & ~doubtful) | _one_record(comparison) | _one_text(comparison),
            (points >= UNSURE) & ~_recurring(comparison) & ~(same_study & elsewhere & ~_identified(comparison))
            | translated
            | at_one_place,
            (same_study | (no_authors & comparison.same_notices)) & elsewhere,
        ],
        ["same", "unsure", "related"],
        "different",
    )
    return Judgement(comparison, verdict, points, chosen, doubts)


def _first_that_holds(pieces: tuple[Evidence, ...], comparison: Comparison) -> NDArray[np.int64]:
    """Which piece counts for each pair; -1 for none."""
    return np.select([piece.holds(comparison) for piece in pieces], list(range(len(pieces))), -1).astype(np.int64)
