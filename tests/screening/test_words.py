"""Words of the protocol in a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialpool.screening.words import marks


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("Randomised, randomly, non-random, pseudorandom", ["random*"], ["Randomised", "randomly", "random"]),
        ("maintenance MAINTENANCE maintenances", ["maintenance"], ["maintenance", "MAINTENANCE"]),
        ("case  report\nof case reports", ["case report"], ["case  report"]),
        ("lenalidomide maintenance", ["maintenance", "lenalidomide maintenance"], ["lenalidomide maintenance"]),
        ("c.1 cx1 (RR)", ["c.1", "(rr)"], ["c.1", "(RR)"]),
        ("anything", ["*", " "], []),
        ("immunmodulation immunomodulation", ["immun*modulation"], ["immunmodulation", "immunomodulation"]),
    ],
)
def test_words_and_stems(text, words, found):
    assert [text[mark.start : mark.end] for mark in marks(text, words)] == found


def test_what_speaks_for_both_speaks_against():
    assert [mark.speaks_for for mark in marks("retrospective trial", ["retrospective", "trial"], ["retrospective"])] == [
        "exclude",
        "include",
    ]


@given(st.text(max_size=60), st.lists(st.text(max_size=6), max_size=4), st.lists(st.text(max_size=6), max_size=4))
def test_marks_are_in_order_apart_and_within_the_text(text, include, exclude):
    found = marks(text, include, exclude)
    edges = [edge for mark in found for edge in (mark.start, mark.end)]
    assert edges == sorted(edges)
    assert all(0 <= mark.start < mark.end <= len(text) for mark in found)
