"""What effect sizes refuse, in whole messages, and what they leave out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from trialpool.errors import BadArgument
from trialpool.stats.effects.across_scales import correlation_from_means, odds_ratio_from_means, smd_from_counts
from trialpool.stats.effects.association import phi_coefficient, tetrachoric_correlation
from trialpool.stats.effects.change import mean_change, mean_change_ratio, standardised_mean_change
from trialpool.stats.effects.correlation import correlation
from trialpool.stats.effects.effects import effects
from trialpool.stats.effects.group_mean import mean
from trialpool.stats.effects.matched_pairs import crossover_odds_ratio, matched_odds_ratio
from trialpool.stats.effects.mean_difference import mean_difference, standardised_mean_difference
from trialpool.stats.effects.partial_correlation import partial_correlation, semi_partial_correlation
from trialpool.stats.effects.proportion import proportion
from trialpool.stats.effects.rate import rate, rate_ratio
from trialpool.stats.effects.ratio_of_means import ratio_of_means
from trialpool.stats.effects.reliability import cronbach_alpha
from trialpool.stats.effects.superiority import area_under_curve
from trialpool.stats.effects.two_by_two import odds_ratio, risk_ratio
from trialpool.stats.effects.variability import cv_ratio, variability_ratio
from trialpool.stats.exact.glmm import glmm
from trialpool.stats.pooling.subgroups import subgroups

ARMS: dict[str, Any] = {"events_t": [4, 6], "n_t": [123, 306], "events_c": [11, 29], "n_c": [139, 303]}
MEANS: dict[str, Any] = {"mean_t": [5, 6], "sd_t": [1, 2], "n_t": [20, 30], "mean_c": [4, 4], "sd_c": [1, 2], "n_c": [20, 30]}
CHANGE: dict[str, Any] = {"mean_post": [5], "sd_post": [1], "mean_pre": [4], "sd_pre": [1], "n": [20], "r": [0.5]}
PAIRS: dict[str, Any] = {"both": [20], "only_t": [12], "only_c": [5], "neither": [41]}
MODEL: dict[str, Any] = {"t": [2.1], "n": [60], "predictors": [3]}
ABOVE_0 = "A standard deviation is above 0."
SIZE = "A group with a standard deviation has 2 patients or more, in whole numbers."
LOG = "Means have to be above 0 for a logarithm."
GIVE = 'Give what is missing, or leave its study out with missing="drop".'
MEANS_AND_SDS = "Means and standard deviations cannot be used: "


@pytest.mark.parametrize("make", [mean_difference, standardised_mean_difference, odds_ratio_from_means, correlation_from_means])
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"sd_t": [0, 2]}, f"{MEANS_AND_SDS}sd_t is 0 for A. {ABOVE_0}"),
        ({"sd_c": [1, -2]}, f"{MEANS_AND_SDS}sd_c is -2 for B. {ABOVE_0}"),
        ({"n_t": [1, 30]}, f"{MEANS_AND_SDS}n_t is 1 for A. {SIZE}"),
        ({"n_t": [20.5, 30]}, f"{MEANS_AND_SDS}n_t is 20.5 for A. {SIZE}"),
        ({"mean_t": [np.inf, 6]}, f"{MEANS_AND_SDS}mean_t is inf for A. Values are finite numbers."),
        ({"mean_t": [None, 6]}, f"{MEANS_AND_SDS}mean_t is nan for A. {GIVE}"),
        (
            {"mean_t": [None, 6], "sd_t": [0, -1], "n_c": [20, 1]},
            f"{MEANS_AND_SDS}mean_t is nan for A; sd_t is 0 for A; sd_t is -1 for B; n_c is 1 for B. {GIVE} {ABOVE_0} {SIZE}",
        ),
        ({"mean_t": ["5", "6"]}, "mean_t holds text, '5'. Give numbers; None or nan where a value is missing."),
        ({"mean_t": [5]}, "Columns differ in length: mean_t 1, sd_t 2, n_t 2, mean_c 2, sd_c 2, n_c 2, study 2."),
        ({"missing": "ignore"}, "missing='ignore' is not known. Choose one of 'raise', 'drop'."),
    ],
)
def test_means_that_can_not_be(make: Callable[..., Any], wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        make(**(MEANS | {"study": ["A", "B"]} | wrong))
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ratio_of_means(**(MEANS | {"mean_c": [-4, 0]})), f"{MEANS_AND_SDS}mean_c is -4 for 1; mean_c is 0 for 2. {LOG}"),
        (lambda: cv_ratio(**(MEANS | {"mean_t": [0, 1]})), f"{MEANS_AND_SDS}mean_t is 0 for 1. {LOG}"),
        (lambda: mean_change_ratio(**(CHANGE | {"mean_pre": [0]})), f"{MEANS_AND_SDS}mean_pre is 0 for 1. {LOG}"),
        (lambda: mean(mean=[-1], sd=[1], n=[9], transform="log"), f"{MEANS_AND_SDS}mean is -1 for 1. {LOG}"),
        (
            lambda: variability_ratio(sd_t=[0], n_t=[5], sd_c=[1], n_c=[5]),
            f"Standard deviations cannot be used: sd_t is 0 for 1. {ABOVE_0}",
        ),
        (
            lambda: mean_change(**(CHANGE | {"r": [1.2]})),
            f"{MEANS_AND_SDS}r is 1.2 for 1. A correlation lies between -1 and 1.",
        ),
        (
            lambda: standardised_mean_change(**{k: v for k, v in CHANGE.items() if k != "sd_post"}, standardiser="change"),
            "standardiser='change' needs sd_post. Give it, or choose 'pre', which needs sd_pre alone.",
        ),
        (
            lambda: correlation(r=[1, -1.5, 0.2], n=[30, 30, 3]),
            (
                "Correlations cannot be used: r is 1 for 1; r is -1.5 for 2; n is 3 for 3. "
                "A correlation lies between -1 and 1. A correlation needs 4 patients or more, in whole numbers."
            ),
        ),
        (
            lambda: proportion(events=[11, 2.5, -1], n=[10, 10, 0]),
            (
                "Counts cannot be used: events is 2.5 for 2; events is -1 for 3; n is 0 for 3; 11 events among 10 patients for 1 "
                "(events, n). Counts are whole, not negative, and fit in their arm."
            ),
        ),
        (
            lambda: rate(events=[-1, 2], time=[10, 0]),
            (
                "Events and times cannot be used: events is -1 for 1; time is 0 for 2. "
                "Events are whole numbers, 0 or more. Time at risk is above 0."
            ),
        ),
        (
            lambda: rate_ratio(events_t=[1], time_t=[-3], events_c=[1], time_c=[2]),
            "Events and times cannot be used: time_t is -3 for 1. Time at risk is above 0.",
        ),
        (
            lambda: matched_odds_ratio(**(PAIRS | {"only_t": [1.5]})),
            "Pairs cannot be used: only_t is 1.5 for 1. Pairs are counted in whole numbers, 0 or more.",
        ),
        (
            lambda: matched_odds_ratio(both=[0], only_t=[0], only_c=[0], neither=[0], study=["A"]),
            "There are no pairs for A. Leave the study out.",
        ),
        (
            lambda: matched_odds_ratio(**PAIRS, zero_cells="empirical"),
            "zero_cells='empirical' is not known. Choose one of 'only', 'none', 'any', 'all'.",
        ),
        (
            lambda: crossover_odds_ratio(events_t=[40], n_t=[32], events_c=[5], n_c=[46], r=-2),
            (
                "Counts cannot be used: r is -2 for 1; 40 events among 32 patients for 1 (events_t, n_t). "
                "A correlation lies between -1 and 1. Counts are whole, not negative, and fit in their arm."
            ),
        ),
        (
            lambda: partial_correlation(**(MODEL | {"predictors": [0]})),
            "Regression results cannot be used: predictors is 0 for 1. A model has 1 predictor or more, in whole numbers.",
        ),
        (
            lambda: partial_correlation(**(MODEL | {"n": [5]})),
            (
                "Regression results cannot be used: 5 patients for 3 predictors for 1 (n, predictors). "
                "A model needs at least 3 patients more than predictors."
            ),
        ),
        (
            lambda: semi_partial_correlation(**MODEL, r_squared=[1.3]),
            "Regression results cannot be used: r_squared is 1.3 for 1. A share lies between 0 and 1.",
        ),
        (
            lambda: cronbach_alpha(alpha=[1.0], items=1, n=[2]),
            (
                "Reliabilities cannot be used: alpha is 1 for 1; items is 1 for 1; n is 2 for 1. Alpha is below 1. "
                "Alpha needs 2 items or more, in whole numbers. Alpha needs 3 patients or more, in whole numbers."
            ),
        ),
        (
            lambda: area_under_curve(auc=[1.0], n_t=[20], n_c=[20]),
            "Areas cannot be used: auc is 1 for 1. A share lies between 0 and 1.",
        ),
        (
            lambda: standardised_mean_difference(**MEANS, standardiser="control", variance="UB"),
            "variance='UB' is not known. Choose one of 'LS', 'LS2'.",
        ),
        (
            lambda: standardised_mean_difference(**MEANS, standardiser="glass"),
            "standardiser='glass' is not known. Choose one of 'pooled', 'average', 'control', 'control-unequal'.",
        ),
        (lambda: risk_ratio(**ARMS, variance="UB"), "variance='UB' is not known. Choose one of 'LS', 'AV'."),
        (lambda: risk_ratio(**ARMS, double_zeros="no"), "double_zeros='no' is not known. Choose one of 'drop', 'keep'."),
        (
            lambda: risk_ratio(**ARMS, zero_cells="always"),
            "zero_cells='always' is not known. Choose one of 'only', 'none', 'any', 'all', 'treatment-arm', 'empirical'.",
        ),
        (lambda: correlation(r=[0.1], n=[20], transform="Z"), "transform='Z' is not known. Choose one of 'none', 'unbiased', 'z'."),
        (
            lambda: smd_from_counts(**ARMS, method="logit"),
            "method='logit' is not known. Choose one of 'logistic', 'cox', 'probit'.",
        ),
        (
            lambda: phi_coefficient(**(ARMS | {"events_t": [4, None]})),
            f"Counts cannot be used: events_t is nan for 2. {GIVE}",
        ),
        (lambda: proportion(events=[], n=[]), "There are no studies: every column is empty."),
        (
            lambda: correlation_from_means(**MEANS, kind="tetrachoric"),
            "kind='tetrachoric' is not known. Choose one of 'point-biserial', 'biserial'.",
        ),
        (
            lambda: correlation_from_means(**MEANS, kind="biserial", variance="CS"),
            "variance='CS' is not known. Choose one of 'ST'.",
        ),
    ],
)
def test_what_is_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        call()
    assert str(refusal.value) == message


# What is missing


def test_a_study_that_lacks_a_value_is_left_out_where_asked_for() -> None:
    found = mean_difference(**(MEANS | {"sd_t": [None, 2]}), missing="drop", study=["A", "B"])
    assert found.vi.tolist() == [np.inf, 4 / 30 + 4 / 30]
    assert found.yi.tolist() == [0, 2]
    assert found.notes == {"A": "left out: sd_t is missing"}
    assert found.k == 1


def test_what_is_there_has_to_be_right_all_the_same() -> None:
    with pytest.raises(BadArgument) as refusal:
        mean_difference(**(MEANS | {"sd_t": [None, -2]}), missing="drop")
    assert str(refusal.value) == f"{MEANS_AND_SDS}sd_t is -2 for 2. {ABOVE_0}"


@pytest.mark.parametrize("frame", [dict, pd.DataFrame, pl.DataFrame, pa.table], ids=["lists", "pandas", "polars", "arrow"])
def test_missing_is_missing_in_columns_of_any_kind(frame: Callable[..., Any]) -> None:
    columns = frame(ARMS | {"events_t": [4, None]})
    found = risk_ratio(**{name: columns[name] for name in ARMS}, missing="drop")
    assert found.notes == {"2": "left out: events_t is missing"}
    assert np.isfinite(found.vi).tolist() == [True, False]


def test_a_missing_count_does_not_touch_the_policies_and_averages_of_others() -> None:
    holey: dict[str, Any] = {name: [*values, None] for name, values in ARMS.items()}
    choices: tuple[dict[str, Any], ...] = (
        {"zero_cells": "any"},
        {"zero_cells": "all"},
        {"zero_cells": "empirical"},
        {"variance": "AV"},
    )
    for options in choices:
        found, alone = risk_ratio(**holey, **options, missing="drop"), risk_ratio(**ARMS, **options)
        assert found.yi[:2].tolist() == alone.yi.tolist()
        assert found.vi[:2].tolist() == alone.vi.tolist()
        assert found.notes["3"] == "left out: events_t is missing"


def test_a_plain_number_stands_for_all_studies() -> None:
    assert (
        cronbach_alpha(alpha=[0.9, 0.8], items=20, n=[50, 60]).vi.tolist()
        == cronbach_alpha(alpha=[0.9, 0.8], items=[20, 20], n=[50, 60]).vi.tolist()
    )
    assert correlation(r=0.3, n=40).k == 1


# What cannot be had


def test_a_correlation_of_a_table_with_an_empty_cell_is_left_out() -> None:
    found = tetrachoric_correlation(events_t=[0], n_t=[20], events_c=[5], n_c=[20], zero_cells="none")
    assert found.notes == {"1": "left out: an empty cell and no correction"}
    assert np.isfinite(tetrachoric_correlation(events_t=[0], n_t=[20], events_c=[5], n_c=[20]).vi).all()


def test_a_standardised_mean_of_two_patients_has_no_correction() -> None:
    found = mean(mean=[3, 3], sd=[1, 1], n=[2, 20], transform="standardised")
    assert found.notes == {"1": "left out: too few patients for this standardised difference"}


def test_a_z_of_a_biserial_correlation_beyond_1_is_left_out() -> None:
    found = correlation_from_means(mean_t=[9], sd_t=[1], n_t=[20], mean_c=[1], sd_c=[1], n_c=[20], kind="biserial", transform="z")
    assert found.notes == {"1": "left out: the biserial correlation is not between -1 and 1"}


def test_pairs_that_do_not_differ_are_left_out() -> None:
    found = matched_odds_ratio(both=[5, 5], only_t=[0, 3], only_c=[0, 2], neither=[9, 9], zero_cells="none")
    assert found.notes == {"1": "left out: no pair that differs says nothing of a ratio"}


def test_studies_of_the_same_name_keep_a_note_each() -> None:
    found = rate(events=[5.0, 6.0, 7.0], time=[2.0, None, None], study=["A", "A", "A"], missing="drop")
    said = "left out: time is missing"
    assert found.notes == {"A (study 2)": said, "A (study 3)": said}
    with pytest.raises(BadArgument) as refusal:
        rate(events=[5.0, -1.0, -1.0], time=[2.0, 3.0, 4.0], study=["A", "A", "A"])
    assert str(refusal.value).startswith(
        "Events and times cannot be used: events is -1 for A (study 2); events is -1 for A (study 3)."
    )


def test_subgroups_and_models_of_studies_of_the_same_name_keep_a_note_each() -> None:
    these = effects([0.1, 0.2, 0.3, 0.4], [0.1, 0.1, 0.1, 0.1], ["A", "A", "B", "C"])
    notes = [fit.effects.notes for fit in subgroups(these, [None, None, "x", "x"]).fits]
    assert [list(each) for each in notes] == [["A (study 1)", "A (study 2)"]]
    trials = odds_ratio(
        events_t=[0, 0, 2, 5], n_t=[9, 9, 20, 15], events_c=[0, 0, 9, 6], n_c=[9, 9, 19, 15], study=["A", "A", "B", "C"]
    )
    assert list(glmm(trials, method="CM.EL", model="common").left_out) == ["A (study 1)", "A (study 2)"]
