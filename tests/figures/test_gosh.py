"""GOSH plots: every subset is counted once, wherever it lies."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from tests.figures.more_examples import gosh, gosh_nasty
from tests.figures.seen import discs, shapes, texts

from trialpool.figures import style
from trialpool.figures.gosh import draw_gosh, hexagons
from trialpool.figures.shading import STEPS, shade


def test_every_point_is_in_the_nearest_hexagon():
    x, y = np.random.default_rng(1).uniform(-3, 3, (2, 500))
    cells, counts = hexagons(x, y)
    assert counts.sum() == 500
    nearest = np.hypot(x[:, None] - cells[:, 0], y[:, None] - cells[:, 1]).argmin(1)
    assert np.bincount(nearest, minlength=len(cells)).tolist() == counts.tolist()


def test_shades_are_in_order():
    assert [shade(x) for x in (0, 1e-9, 0.5, 1)] == [style.PAPER, STEPS[0], STEPS[4], STEPS[-1]]
    greys = [sum(int(step[i : i + 2], 16) * w for i, w in ((1, 0.299), (3, 0.587), (5, 0.114))) for step in STEPS]
    assert all(a - b > 8 for a, b in pairwise(greys))


def test_few_subsets_are_dots():
    assert len(discs(draw_gosh(gosh(300)), style.STUDY)) == pytest.approx(300, abs=3)


def test_all_studies_are_a_diamond():
    assert len(shapes(draw_gosh(gosh(8191, tau2=True)), style.PREDICTION)) == 2  # the key too


def test_subsets_without_an_answer_are_left_out():
    assert draw_gosh(gosh_nasty()).description.startswith("GOSH plot of 997 subsets of studies")


def test_margins_of_a_study_are_named():
    assert "Margins: subsets with Morgan 2012 (IX)" in texts(draw_gosh(gosh(300)))


def test_a_quarter_million_subsets_are_few_marks():
    assert len(draw_gosh(gosh(262_143)).marks) < 4000
