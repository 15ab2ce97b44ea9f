"""The figure of reconstructed over read curves."""

from __future__ import annotations

from tests.survival.reference_cases import curves

import trialpool as tp
from trialpool.figures.marks import Text


def test_shows_curves_points_and_the_risk_table() -> None:
    made = tp.reconstruct(curves("small_coarse_risk_table", "km_exact"), unit="months")
    figure = tp.survival_curve(made, title="Small trial")
    assert figure.description == (
        "Survival curves of reconstructed patients over 100 points as read; "
        "53 events among 60 in control, 45 events among 58 in research."
    )
    written = {mark.text for mark in figure.marks if isinstance(mark, Text)}
    assert {"Small trial", "At risk", "control", "research", "Time (months)", "As read from the figure"} <= written
    assert figure.svg() == tp.survival_curve(made, title="Small trial").svg()
