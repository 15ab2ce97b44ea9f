"""Influence panel: a row a study, those that stand out marked."""

from __future__ import annotations

import numpy as np
import pytest
from tests.figures.more_examples import influence_nasty, influence_panel
from tests.figures.seen import discs, shapes, texts

from trialpool.figures import style
from trialpool.figures.influence_panel import Diagnostic, InfluencePanel, draw_influence_panel


@pytest.mark.parametrize("k", [0, 1, 3, 18, 60, 400])
def test_every_value_is_drawn_once(k):
    plot = influence_panel(k)
    figure = draw_influence_panel(plot)
    marked = sum(plot.marked)
    assert len(discs(figure, style.STUDY)) == 7 * (k - marked) + 1
    assert len(shapes(figure, style.PREDICTION)) == 7 * marked + bool(marked)


def test_a_study_stands_out_beyond_any_limit():
    one = Diagnostic(name="One", values=np.array([0.0, 3, np.nan, -3]), limits=(-2, 2))
    other = Diagnostic(name="Other", values=np.array([9.0, 0, 0, 0]), limits=(float("nan"), 8))
    plot = InfluencePanel(labels=("A", "B", "C", "D"), diagnostics=(one, other))
    assert plot.marked == [True, True, False, True]
    said = "Influence diagnostics of 4 studies (One, Other); 3 stand out: A, B, D."
    assert draw_influence_panel(plot).description == said


def test_flags_go_before_limits():
    assert influence_nasty().marked == [True, False, True, False, False]


def test_of_many_studies_only_those_that_stand_out_are_named():
    plot = influence_panel(400)
    standing_out = {label for label, mark in zip(plot.labels, plot.marked, strict=True) if mark}
    assert 0 < len([text for text in texts(draw_influence_panel(plot)) if text in standing_out]) <= sum(plot.marked)


def test_a_thousand_studies_fit_on_a_page():
    assert draw_influence_panel(influence_panel(1000)).height < 760


def test_no_name_of_a_diagnostic_breaks_within_a_word():
    names = (
        "Studentised residual",
        "DFFITS",
        "Cook's distance",
        "Covariance ratio",
        "τ² without",
        "Q without",
        "Hat value",
        "DFBETAS",
    )
    plot = InfluencePanel(
        labels=("A very long label of a study 2001", "B"),
        diagnostics=tuple(Diagnostic(name=name, values=np.array([0.1, 0.2])) for name in names),
    )
    shown = texts(draw_influence_panel(plot))
    assert {word for name in names for word in name.split()} <= {word for text in shown for word in text.split()}
