"""Specification curves: in how many analyses the conclusion holds, and what they chose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.figures.more_examples import specification_curve, specification_nasty
from tests.figures.seen import discs, shapes, texts

from trialpool.figures import style
from trialpool.figures.specification_curve import draw_specification_curve, summary


def test_analyses_are_in_the_order_of_their_estimates():
    plot = specification_curve(20)
    found = sorted((disc.x, -disc.y) for disc in discs(draw_specification_curve(plot))[:20])
    assert [y for _, y in found] == sorted(y for _, y in found)


def test_filled_discs_are_those_whose_interval_excludes_no_effect():
    plot = specification_curve(100)
    clear = int((plot.below | plot.above).sum())
    assert len(discs(draw_specification_curve(plot), style.STUDY)) == clear + 1  # the key too


@pytest.mark.parametrize("n", [20, 100])
def test_each_analysis_has_a_cell_for_each_choice(n):
    plot = specification_curve(n)
    cells = shapes(draw_specification_curve(plot), style.STUDY)
    assert len(cells) == 4 * n + int((plot.below | plot.above).sum())


def test_the_summary_counts():
    plot = replace(
        specification_curve(3), estimates=np.array([-1.0, 0, np.nan]), low=np.array([-2.0, -1, np.nan]), high=-np.ones(3)
    )
    plot = replace(plot, high=np.array([-0.5, 1, np.nan]))
    said = "The 95% interval lies below no effect in 1 of 2 analyses, above it in 0, and holds it in 1. 1 could not be estimated."
    assert summary(plot) == said


def test_medians_are_of_the_analyses_that_took_the_option():
    plot = specification_curve(100)
    taken = plot.choices[2].chosen == 1
    assert f"{np.exp(np.median(plot.estimates[taken])):.2f}" in texts(draw_specification_curve(plot))


def test_a_hundred_thousand_analyses_are_few_marks():
    figure = draw_specification_curve(specification_curve(100_000))
    assert len(figure.marks) < 4000
    assert figure.height < 500
    assert "100,000 analyses, in the order of their estimates" in texts(figure)


def test_an_option_that_nobody_took_has_no_median():
    assert "Never taken" in texts(draw_specification_curve(specification_nasty(12)))


def test_ties_keep_their_order():
    plot = replace(specification_curve(20), estimates=np.zeros(20))
    assert plot.order.tolist() == list(range(20))
