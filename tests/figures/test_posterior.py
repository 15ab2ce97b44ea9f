"""Posterior densities: the curve, the interval under it, and its words."""

from __future__ import annotations

from tests.figures.more_examples import posterior
from tests.figures.seen import lines, shapes, texts

from trialpool.figures import style
from trialpool.figures.posterior import draw_posterior


def test_estimate_and_interval_are_printed_on_the_scale_of_the_parameter():
    found = texts(draw_posterior(posterior()))
    assert "0.64 (95% CrI 0.57–0.72)" in found
    assert "0.120 (95% CrI 0.010 to 0.270)" in found


def test_the_interval_is_shaded_from_limit_to_limit():
    effect, tau, key = shapes(draw_posterior(posterior()), style.REFERENCE)
    assert min(x for x, _ in effect.points) < max(x for x, _ in effect.points) < min(x for x, _ in tau.points)
    assert key.edge == style.HAIR


def test_priors_are_dashed():
    assert {line.dash for line in lines(draw_posterior(posterior()), style.QUIET)} == {"dashed"}


def test_only_an_effect_has_a_null():
    assert len(lines(draw_posterior(posterior()), style.HAIR)) == 2  # the key too
