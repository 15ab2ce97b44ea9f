"""Trial sequential analysis: the path of z, and which boundary it crossed."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from tests.figures.more_examples import sequential, sequential_nasty
from tests.figures.seen import discs, texts

from trialpool.figures import style
from trialpool.figures.sequential_analysis import draw_sequential_analysis


@pytest.mark.parametrize("m", [0, 1, 3, 18, 60])
def test_every_look_is_a_disc(m):
    assert len(discs(draw_sequential_analysis(sequential(m)), style.STUDY)) == m


def test_the_first_crossing_is_said():
    plot = sequential(3)
    assert plot.crossed == ""
    assert replace(plot, z=np.array([0.1, 50, -50])).crossed == "upper"
    assert replace(plot, z=np.array([0.1, -50, 50])).crossed == "lower"


def test_required_information_is_printed():
    assert "Required: 3,210" in texts(draw_sequential_analysis(replace(sequential(3), required=3210.0)))
    assert not any("Required" in text for text in texts(draw_sequential_analysis(replace(sequential(3), required=math.nan))))


def test_looks_that_are_not_known_are_left_out():
    assert sequential_nasty().looks == [0, 1]


def test_the_description_says_how_far_it_is():
    plot = replace(sequential(3), information=np.array([100.0, 200, 500]), z=np.array([1.0, 1, 1.5]), required=2000.0)
    assert draw_sequential_analysis(plot).description == (
        "Trial sequential analysis of 3 looks. Cumulative z is 1.50 at 500 (Patients), 25% of the 2,000 required. "
        "No monitoring boundary was crossed."
    )
