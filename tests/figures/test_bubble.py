"""Bubble plots: effects where their moderators are, with the line that was fitted."""

from __future__ import annotations

import numpy as np
import pytest
from tests.figures.more_examples import bubble, bubble_nasty
from tests.figures.seen import discs, shapes, texts

from trialpool.figures import style
from trialpool.figures.bubble import draw_bubble


@pytest.mark.parametrize("k", [0, 1, 3, 18, 60])
def test_every_study_is_a_disc(k):
    assert len(discs(draw_bubble(bubble(k)), style.STUDY)) == k + 1


def test_what_cannot_be_shown_is_left_out():
    assert bubble_nasty().shown == [0, 1, 2]


def test_a_factor_has_a_tick_a_level():
    found = texts(draw_bubble(bubble(18, factor=True)))
    x_title = found.index("Year of publication")
    assert found[x_title - 2 : x_title] == ["0", "1"]


def test_without_a_line_there_is_no_band():
    assert shapes(draw_bubble(bubble(1)), style.REFERENCE) == []
    assert len(shapes(draw_bubble(bubble(3)), style.REFERENCE)) == 2  # the key too


def test_discs_stand_where_moderator_and_effect_say():
    plot = bubble(18)
    found = sorted((disc.x, disc.y) for disc in discs(draw_bubble(plot), style.STUDY)[:18])
    order = np.lexsort((-plot.yi, plot.x))
    assert np.corrcoef([x for x, _ in found], plot.x[order])[0, 1] == pytest.approx(1)
    assert np.corrcoef([y for _, y in found], plot.yi[order])[0, 1] == pytest.approx(-1)
