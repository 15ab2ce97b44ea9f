"""Sensitivity plots: each answer in a row, over the band of the primary one."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from tests.figures.examples import HR, sensitivity
from tests.figures.test_forest import diamonds, scale, squares, texts

from trialpool.figures import style
from trialpool.figures.marks import Shape, Text
from trialpool.figures.sensitivity import SensitivityLine, SensitivityPlot, draw_sensitivity


def test_every_line_is_a_row_with_its_studies():
    plot = sensitivity()
    figure = draw_sensitivity(plot)
    rows = {mark.y for mark in figure.marks if isinstance(mark, Text) and mark.text in {line.label for line in plot.lines}}
    assert len(rows) == len(plot.lines) == 25
    assert texts(figure).count("18") == sum(line.k == 18 for line in plot.lines)


def test_groups_have_one_heading_each():
    found = texts(draw_sensitivity(sensitivity()))
    assert [found.count(group) for group in ("Model", "Rows", "Leaving out")] == [1, 1, 1]


def test_the_band_is_the_primary_interval_and_its_estimate_a_diamond():
    figure = draw_sensitivity(sensitivity())
    at = scale(figure)
    band = next(mark for mark in figure.marks if isinstance(mark, Shape) and mark.fill == style.REFERENCE)
    (diamond,) = diamonds(figure)
    assert [band.points[0][0], band.points[1][0]] == pytest.approx([at(-0.56), at(-0.39)], abs=0.01)
    assert [diamond.points[0][0], diamond.points[2][0]] == pytest.approx([at(-0.56), at(-0.39)], abs=0.01)
    assert len(squares(figure)) == 24


def test_without_a_primary_line_there_is_no_band():
    plot = sensitivity()
    figure = draw_sensitivity(replace(plot, lines=plot.lines[1:]))
    assert [mark for mark in figure.marks if isinstance(mark, Shape) and mark.fill == style.REFERENCE] == []


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_result_that_cannot_be_had_is_said(bad):
    lines = (
        SensitivityLine(label="Primary", k=3, estimate=-0.5, low=-1, high=-0.1, primary=True),
        SensitivityLine(label="Without A", k=2, estimate=bad, low=bad, high=bad),
    )
    assert "Not estimable" in texts(draw_sensitivity(SensitivityPlot(title="", lines=lines, **HR)))


def test_a_primary_result_without_limits_has_no_band_beyond_the_axis():
    primary = SensitivityLine(label="Primary", k=1, estimate=-0.5, low=-math.inf, high=math.inf, primary=True)
    figure = draw_sensitivity(SensitivityPlot(title="", lines=(primary,), **HR))
    assert all(0 <= x <= figure.width for mark in figure.marks if isinstance(mark, Shape) for x, _ in mark.points)


def test_the_description_gives_the_primary_result_and_the_range():
    assert draw_sensitivity(sensitivity(0)).description == (
        "Sensitivity plot of 1 analysis, Hazard ratio. Primary analysis: 0.63 (0.57–0.68). Estimates range over 0.63–0.63."
    )
