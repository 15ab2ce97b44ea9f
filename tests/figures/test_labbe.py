"""L'Abbe plots: risks in percent, and the curve that an effect measure means."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from tests.figures.more_examples import labbe, labbe_nasty
from tests.figures.seen import discs, texts

from trialpool.figures import style
from trialpool.figures.labbe import draw_labbe


@pytest.mark.parametrize("k", [0, 1, 3, 18, 60])
def test_every_study_is_a_disc(k):
    assert len(discs(draw_labbe(labbe(k)), style.STUDY)) == k + 1  # and the key


def test_a_study_that_lacks_a_count_or_a_patient_is_left_out():
    assert len(discs(draw_labbe(labbe_nasty()), style.STUDY)) == 4 + 1


def test_areas_stand_for_patients():
    plot = labbe(3)
    found = sorted(disc.radius for disc in discs(draw_labbe(plot), style.STUDY)[:3])
    n = np.sort(plot.n_t + plot.n_c)
    assert np.array(found) ** 2 / found[-1] ** 2 == pytest.approx(n / n[-1])


@pytest.mark.parametrize(
    ("measure", "mu", "treated"), [("RR", math.log(0.5), 20.0), ("OR", math.log(0.5), 25.0), ("RD", -0.1, 30.0)]
)
def test_the_line_is_what_the_effect_makes_of_a_control_risk(measure, mu, treated):
    line = replace(labbe(3), measure=measure, mu=mu).line
    assert line is not None
    assert np.interp(40.0, *line) == pytest.approx(treated)


@pytest.mark.parametrize(("measure", "mu"), [("HR", -0.5), ("RR", math.nan)])
def test_without_an_effect_on_risks_there_is_no_line(measure, mu):
    plot = replace(labbe(3), measure=measure, mu=mu)
    assert plot.line is None
    assert not any("Pooled" in text for text in texts(draw_labbe(plot)))


def test_a_risk_cannot_leave_0_to_1():
    line = replace(labbe(3), measure="RR", mu=math.log(3)).line
    assert line is not None
    assert np.nanmax(line[1]) <= 100
    assert np.isnan(line[1][-1])
