"""Planes: lines end at their edges, axes hold what is on them, names keep off everything."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialpool.figures.canvas import Sheet
from trialpool.figures.legend import Key, draw_legend
from trialpool.figures.marks import Shape, Text
from trialpool.figures.names import draw_names
from trialpool.figures.plane import Plane, draw_band, number_axis, placed, present, radii

PLANE = Plane(x=placed(number_axis([0, 10], room=100, pad=0), 50, 150), y=placed(number_axis([0, 10], room=100, pad=0), 200, 100))


def test_upwards_on_the_plane_is_upwards_on_the_page():
    assert (PLANE.at(0, 0), PLANE.at(10, 10), PLANE.box) == ((50, 200), (150, 100), (50, 100, 150, 200))


def test_a_line_within_is_drawn_whole():
    assert PLANE.runs([0, 5, 10], [0, 10, 0]) == [((50, 200), (100, 100), (150, 200))]


def test_a_line_that_leaves_is_cut_at_the_edge():
    assert PLANE.runs([-10, 20], [5, 5]) == [((50, 150), (150, 150))]
    assert PLANE.runs([0, 10], [0, 20]) == [((50, 200), (100, 100))]


def test_a_line_outside_is_not_drawn():
    assert PLANE.runs([0, 10], [11, 12]) == PLANE.runs([-5, -1], [-1, -5]) == PLANE.runs([3, 3], [-9, -4]) == []


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_line_is_broken_where_a_value_is_not_finite(bad):
    assert PLANE.runs([0, 1, 2, 3, 4], [0, 0, bad, 0, 0]) == [((50, 200), (60, 200)), ((80, 200), (90, 200))]


def test_a_line_that_comes_back_is_two_runs():
    assert len(PLANE.runs([0, 5, 10], [5, 40, 5])) == 2


@given(st.lists(st.tuples(*[st.floats(-1e6, 1e6)] * 2), min_size=2, max_size=6))
def test_what_is_drawn_is_on_the_plane(points):
    xs, ys = zip(*points, strict=True)
    left, top, right, bottom = PLANE.box
    assert all(left <= x <= right and top <= y <= bottom for run in PLANE.runs(xs, ys) for x, y in run)


def test_a_band_has_a_gap_where_a_limit_is_unknown():
    sheet = Sheet()
    draw_band(sheet, PLANE, [0, 1, 2, 3, 4], [1, 1, math.nan, 1, 1], [2, 2, 2, math.inf, 2], "#000000")
    shapes = [mark for mark in sheet.marks if isinstance(mark, Shape)]
    assert [len(shape.points) for shape in shapes] == [4, 4]
    assert min(y for shape in shapes for _, y in shape.points) == 100  # infinity is at the edge


@given(st.lists(st.floats(-1e6, 1e6) | st.just(math.nan) | st.just(math.inf), max_size=5), st.booleans())
def test_an_axis_holds_its_numbers_and_its_ticks(values, from_zero):
    values = [abs(x) for x in values] if from_zero else values
    axis = number_axis(values, room=200, low=0.0 if from_zero else None)
    assert axis.low < axis.high
    assert all(axis.holds(x) for x in values if math.isfinite(x))
    assert all(axis.holds(tick.value) for tick in axis.ticks)


def test_areas_stand_for_weights():
    found = radii(np.array([4.0, 1.0, np.nan, np.inf, 0.0]), largest=10)
    assert found[:2].tolist() == [10, 5]
    assert found[2] == found[3] == found[4] < 2
    assert len(set(radii(np.zeros(3)))) == 1


def test_rows_that_are_not_finite_are_left_out():
    assert list(present([1, math.nan, 3, 4], [1, 2, math.inf, 4])) == [0, 3]


def test_names_keep_off_discs_and_lines_or_are_left_out():
    sheet, disc = Sheet(), (100.0, 150.0, 3.0)
    draw_names(sheet, [("Right", disc)], within=(50, 100, 150, 200), discs=[disc])
    assert sheet.marks[0].x > 103
    sheet = Sheet()
    draw_names(sheet, [("Left", disc)], within=(50, 100, 150, 200), discs=[disc], lines=[[(106, 100), (106, 200)]])
    assert sheet.marks[0].x < 97
    sheet = Sheet()
    draw_names(sheet, [("Nowhere to go", disc)], within=(95, 145, 105, 155), discs=[disc])
    assert sheet.marks == []


def test_a_legend_goes_on_in_the_next_row():
    sheet = Sheet()
    end = draw_legend(sheet, [Key(text=f"A key with words {i}") for i in range(8)], 10, 200, 0)
    texts = [mark for mark in sheet.marks if isinstance(mark, Text)]
    assert len({mark.y for mark in texts}) > 2
    assert end > max(mark.y for mark in texts)
    assert draw_legend(sheet, [], 10, 200, 7) == 7
