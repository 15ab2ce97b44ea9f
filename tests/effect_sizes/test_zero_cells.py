"""Empty cells: each policy by hand, double zeros, and what stands in the notes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.effects.proportion import proportion
from trialpool.stats.effects.rate import rate, rate_difference, rate_ratio
from trialpool.stats.effects.two_by_two import arcsine_difference, odds_ratio, peto_odds_ratio, risk_difference, risk_ratio

# a trial with an empty cell, one without, and one without events
THREE: dict[str, Any] = {"events_t": [0, 4, 0], "n_t": [50, 100, 60], "events_c": [3, 8, 0], "n_c": [100, 100, 20]}
A, B, C = (0, 50, 3, 97), (4, 96, 8, 92), (0, 60, 0, 20)
SILENT = "left out: no events, or nothing but events, in both arms say nothing of a ratio"


def log_or(cells: tuple[float, ...], add_t: float = 0.0, add_c: float | None = None) -> float:
    add_c = add_t if add_c is None else add_c
    a, b, c, d = cells
    return float(np.log((a + add_t) * (d + add_c) / ((b + add_t) * (c + add_c))))


R = 100 / 50  # n_c / n_t of the first trial
W = (4 * 92) / (96 * 8)  # the odds ratio of the second, which has no empty cell


@pytest.mark.parametrize(
    ("policy", "expected", "notes"),
    [
        ("only", [log_or(A, 0.5), log_or(B), None], {"1": "0.5 added to the four cells, one of which was empty"}),
        ("none", [None, log_or(B), None], {"1": "left out: an empty cell and no correction"}),
        (
            "any",
            [log_or(A, 0.5), log_or(B, 0.5), None],
            dict.fromkeys(("1", "2"), "0.5 added to the four cells, as to those of all trials, one of which has an empty cell"),
        ),
        (
            "all",
            [log_or(A, 0.5), log_or(B, 0.5), None],
            dict.fromkeys(("1", "2"), "0.5 added to the four cells, as to those of all trials"),
        ),
        (
            "treatment-arm",
            [log_or(A, 1 / (R + 1), R / (R + 1)), log_or(B), None],
            {"1": "1 shared by the arms, by the size of the other arm, and added to their cells, one of which was empty"},
        ),
        (
            "empirical",
            [log_or(A, W / (R + W), R / (R + W)), log_or(B), None],
            {"1": "1 shared by the arms, by the odds ratio of the other trials, and added to their cells, one of which was empty"},
        ),
    ],
)
def test_each_policy_by_hand(policy: str, expected: list[float | None], notes: dict[str, str]) -> None:
    found = odds_ratio(**THREE, zero_cells=policy)
    assert np.isfinite(found.vi).tolist() == [value is not None for value in expected]
    assert found.yi == pytest.approx([value or 0.0 for value in expected])
    assert found.notes == notes | {"3": SILENT}


def test_the_amount() -> None:
    assert odds_ratio(**THREE, add=0.1).yi[0] == pytest.approx(log_or(A, 0.1))
    assert odds_ratio(**THREE, add=0.1).notes["1"] == "0.1 added to the four cells, one of which was empty"
    halved = odds_ratio(**THREE, add=0.25, zero_cells="treatment-arm")
    assert halved.yi[0] == pytest.approx(log_or(A, 0.5 / (R + 1), 0.5 * R / (R + 1)))
    assert odds_ratio(**THREE, add=0).notes["1"] == "left out: an empty cell and no correction"


def test_double_zeros_are_kept_where_asked_for() -> None:
    kept = odds_ratio(**THREE, double_zeros="keep")
    assert kept.yi[2] == pytest.approx(log_or(C, 0.5))
    assert kept.notes["3"] == "0.5 added to the four cells, one of which was empty"
    # by the size of the other arm, a trial without events has an odds ratio near 1 however unequal its arms
    assert abs(odds_ratio(**THREE, double_zeros="keep", zero_cells="treatment-arm").yi[2]) < 0.05 < abs(kept.yi[2])
    dropped = risk_difference(**THREE, double_zeros="drop")
    assert dropped.vi[2] == np.inf
    assert dropped.notes["3"] == "left out: no events, or nothing but events, in both arms"


def test_the_defaults() -> None:
    for ratio in (risk_ratio, odds_ratio):
        assert ratio(**THREE).vi[2] == np.inf
        assert ratio(**THREE).yi.tolist() == ratio(**THREE, zero_cells="only", add=0.5, double_zeros="drop").yi.tolist()
    assert np.isfinite(risk_difference(**THREE).vi).all()
    # neither of these needs a correction
    assert arcsine_difference(**THREE).notes == {}
    assert np.isfinite(arcsine_difference(**THREE).vi).all()
    assert peto_odds_ratio(**THREE).notes == {"3": SILENT}


def test_an_empirical_correction_needs_a_trial_without_an_empty_cell() -> None:
    with pytest.raises(NotEstimable) as refusal:
        odds_ratio(events_t=[0, 0], n_t=[50, 50], events_c=[3, 2], n_c=[50, 50], zero_cells="empirical")
    assert str(refusal.value) == (
        "zero_cells='empirical', k = 2: no trial is without an empty cell, so there is no odds ratio to correct towards. "
        "Choose 'treatment-arm', or a method that needs no correction."
    )


@pytest.mark.parametrize("add", [-0.5, np.inf, np.nan])
def test_amounts_that_can_not_be(add: float) -> None:
    message = f"add={add!r} cannot be added to a cell. Give 0 or more, such as 0.5."
    calls: tuple[Callable[[], Any], ...] = (
        lambda: risk_ratio(**THREE, add=add),
        lambda: proportion(events=[1], n=[10], add=add),
        lambda: rate(events=[1], time=[10], add=add),
    )
    for call in calls:
        with pytest.raises(BadArgument) as refusal:
            call()
        assert str(refusal.value) == message


def test_proportions() -> None:
    one: dict[str, Any] = {"events": [0, 3, 10], "n": [10, 10, 10]}
    note = "0.5 added to events and non-events, one of which was 0"
    assert proportion(**one).yi == pytest.approx([np.log(0.5 / 10.5), np.log(3 / 7), np.log(10.5 / 0.5)])
    assert proportion(**one).notes == {"1": note, "3": note}
    assert proportion(**one, zero_cells="any").yi[1] == pytest.approx(np.log(3.5 / 7.5))
    assert np.isfinite(proportion(**one, zero_cells="none").vi).tolist() == [False, True, False]
    for transform in ("arcsine", "double-arcsine"):
        assert proportion(**one, transform=transform).notes == {}
        assert np.isfinite(proportion(**one, transform=transform).vi).all()


def test_rates() -> None:
    two: dict[str, Any] = {"events_t": [0, 3, 0], "time_t": [10, 20, 30], "events_c": [2, 6, 0], "time_c": [10, 20, 30]}
    found = rate_ratio(**two)
    assert found.yi[:2] == pytest.approx([np.log(0.5 / 2.5), np.log(0.5)])
    assert found.notes == {
        "1": "0.5 added to the events, of which there were none",
        "3": "left out: no events in either arm say nothing of a ratio",
    }
    assert rate_ratio(**two, double_zeros="keep").yi[2] == 0
    assert rate_ratio(**two, zero_cells="all").yi[1] == pytest.approx(np.log(3.5 / 6.5))
    assert rate_difference(**two).yi == pytest.approx([(0.5 - 2.5) / 10, -3 / 20, 0])
    assert rate_difference(**two, transform="sqrt").notes == {}
    assert rate(events=[0], time=[4]).yi == pytest.approx([np.log(0.5 / 4)])
    assert rate(events=[0], time=[4], zero_cells="none").notes == {"1": "left out: no events and no correction"}
