"""Funnel plots: points where the numbers say, precise studies on top."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.figures.examples import funnel
from tests.figures.more_examples import filled_funnel

from trialpool.figures import style
from trialpool.figures.canvas import Figure
from trialpool.figures.funnel import FunnelPlot, draw_funnel
from trialpool.figures.marks import Disc, Line, Shape, Text


def discs(figure: Figure) -> list[Disc]:
    return [mark for mark in figure.marks if isinstance(mark, Disc)]


def texts(figure: Figure) -> list[str]:
    return [mark.text for mark in figure.marks if isinstance(mark, Text)]


def dashed(figure: Figure) -> list[Line]:
    return [mark for mark in figure.marks if isinstance(mark, Line) and mark.dash == "dashed"][:2]


@pytest.mark.parametrize("k", [0, 1, 3, 18, 60])
def test_every_study_is_a_disc(k):
    assert len(discs(draw_funnel(funnel(k)))) == k


def test_discs_stand_where_effect_and_error_say():
    plot = funnel(18)
    found = discs(draw_funnel(plot))
    assert np.corrcoef([disc.x for disc in found], plot.yi)[0, 1] == pytest.approx(1)
    assert np.corrcoef([disc.y for disc in found], np.sqrt(plot.vi))[0, 1] == pytest.approx(1)


def test_a_disc_is_within_the_funnel_where_its_study_is():
    plot = funnel(60)
    figure = draw_funnel(plot)
    (tip, left), (_, right) = (line.points for line in dashed(figure))
    slope = (right[0] - tip[0]) / (right[1] - tip[1])
    drawn = [abs(disc.x - tip[0]) < slope * (disc.y - tip[1]) for disc in discs(figure)]
    assert left[0] - tip[0] == pytest.approx(tip[0] - right[0])
    assert drawn == list(np.abs(plot.yi - plot.centre) < 1.959964 * np.sqrt(plot.vi))


def test_an_absent_study_is_left_out():
    plot = funnel(5)
    assert len(discs(draw_funnel(replace(plot, vi=np.where(np.arange(5) == 2, np.inf, plot.vi))))) == 4
    assert len(discs(draw_funnel(replace(plot, yi=np.where(np.arange(5) == 2, np.nan, plot.yi))))) == 4


def test_of_many_studies_only_those_outside_are_named():
    plot = funnel(60)
    outside = {label for label, y, v in zip(plot.labels, plot.yi, plot.vi, strict=True) if abs(y - plot.centre) > 1.959964 * v**0.5}
    named = set(texts(draw_funnel(plot))) & set(plot.labels)
    assert named
    assert named <= outside


def test_few_studies_are_named():
    plot = replace(funnel(3), yi=np.array([-0.9, -0.1, -0.75]), vi=np.array([0.1, 0.2, 0.3]) ** 2)
    assert set(plot.labels) <= set(texts(draw_funnel(plot)))


def test_contours_are_explained():
    plain, shaded = draw_funnel(funnel(18)), draw_funnel(funnel(18, contours=True))
    added = set(texts(shaded)) - set(texts(plain))
    assert added == {"P < .01", "P = .01 to .05", "P = .05 to .10", "P > .10"}
    fills = {mark.fill for mark in shaded.marks if isinstance(mark, Shape)}
    assert set(style.CONTOURS) <= fills


def test_centre_is_printed_on_the_scale_of_the_measure():
    assert "Common effect, 0.63" in texts(draw_funnel(funnel(3)))
    assert "Common effect, −0.47" in texts(draw_funnel(funnel(3, log=False)))


@pytest.mark.parametrize("centre", [np.nan, np.inf, 50.0])
def test_a_centre_that_cannot_be_shown_leaves_the_funnel_out(centre):
    figure = draw_funnel(replace(funnel(3), centre=float(centre)))
    assert (dashed(figure), len(discs(figure))) == ([], 3)


def test_equal_and_tiny_errors_are_drawn():
    plot = FunnelPlot(yi=np.zeros(3), vi=np.full(3, 1e-8), labels=("A", "B", "C"), centre=0.0, **measure())
    assert len(discs(draw_funnel(plot))) == 3


def measure() -> dict[str, object]:
    return {"measure": "MD", "measure_name": "Mean difference", "log": False, "title": "Tiny"}


def test_the_description_counts_who_is_outside():
    assert draw_funnel(funnel(3)).description == (
        "Funnel plot of 3 studies: Hazard ratio against standard error, about 0.63; 0 outside the pseudo 95% confidence limits."
    )


def test_studies_that_were_filled_in_are_hollow():
    plot = filled_funnel(18)
    figure = draw_funnel(plot)
    hollow = [disc for disc in discs(figure) if disc.fill == style.PAPER]
    assert len(hollow) == 4 + 1  # the key too
    assert {"Filled in: 4", "Pooled effect with these, 0.70"} <= set(texts(figure))
    assert figure.description.endswith("4 filled in; with them the pooled effect is 0.70.")


def test_the_axes_reach_studies_that_were_filled_in():
    plot = replace(funnel(3), filled_yi=np.array([3.0]), filled_vi=np.array([4.0]))
    figure = draw_funnel(plot)
    assert all(0 < disc.x < figure.width and 0 < disc.y < figure.height for disc in discs(figure))
