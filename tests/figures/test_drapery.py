"""Drapery plots: a P value for every effect."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from tests.figures.more_examples import drapery
from tests.figures.seen import lines, texts

from trialpool.figures import style
from trialpool.figures.drapery import THREAD, draw_drapery, p_values


def test_p_values_are_those_of_normal_and_t():
    xs = np.linspace(-3, 3, 7)
    assert p_values(xs, 0.5, 0.4) == pytest.approx(2 * stats.norm.sf(abs(xs - 0.5) / 0.4))
    assert p_values(xs, 0.5, 0.4, 3) == pytest.approx(2 * stats.t.sf(abs(xs - 0.5) / 0.4, 3))


def test_without_an_error_only_the_effect_itself_is_possible():
    assert p_values(np.array([-1.0, 0, 1]), 0.0, 0.0).tolist() == [0, 1, 0]


@pytest.mark.parametrize("k", [0, 1, 3, 18, 60])
def test_every_study_has_its_curve(k):
    assert len(lines(draw_drapery(drapery(k)), THREAD)) == k + 1  # and the key


def test_a_next_study_is_drawn_where_it_can_be_said():
    assert "A next study" not in texts(draw_drapery(drapery(1)))
    assert lines(draw_drapery(drapery(1)), style.PREDICTION) == []
    assert len(lines(draw_drapery(drapery(3)), style.PREDICTION)) == 2
