"""Effects where a fit is taken, or a fit where effects are: refused with what makes the right one."""

from __future__ import annotations

import pytest

import trialpool as tp
from trialpool.errors import BadArgument

EFFECTS = tp.effects([-0.36, -0.73, -0.10], [0.02, 0.03, 0.01], measure="HR")
FIT = tp.pool(EFFECTS)
FIT_MAKERS = "pool, pool_common or mantel_haenszel"
EFFECT_MAKERS = "risk_ratio, hazard_ratio, effects or another maker of effects"


@pytest.mark.parametrize("pool", [tp.pool, tp.pool_common])
def test_effects_and_variances_apart_are_refused_in_a_sentence(pool):
    with pytest.raises(BadArgument) as refusal:
        pool([-0.36, -0.73], [0.02, 0.03])
    name = pool.__name__
    mend = f"{name}(effects(yi, vi)) pools effects and their variances."
    assert str(refusal.value) == f"{name} takes effects alone, and options by their names, not 2 things: {mend}"


def test_effects_are_no_forest():
    with pytest.raises(BadArgument) as refusal:
        tp.forest(EFFECTS)
    makers = "pool, pool_common, mantel_haenszel, peto, subgroups, regress or pool_bayesian"
    assert str(refusal.value) == f"forest takes what {makers} returns, not Effects."


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("funnel", lambda: tp.funnel(EFFECTS)),
        ("leave_one_out", lambda: tp.leave_one_out(EFFECTS)),
        ("cumulative", lambda: tp.cumulative(EFFECTS, [2001, 2005, 2010])),
    ],
)
def test_effects_are_no_fit(name, call):
    with pytest.raises(BadArgument) as refusal:
        call()
    assert str(refusal.value) == f"{name} takes what {FIT_MAKERS} returns, not Effects."


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("pool", lambda: tp.pool(FIT)),
        ("pool_common", lambda: tp.pool_common(FIT)),
        ("subgroups", lambda: tp.subgroups(FIT, ["x", "x", "y"])),
    ],
)
def test_a_fit_is_no_effects(name, call):
    with pytest.raises(BadArgument) as refusal:
        call()
    assert str(refusal.value) == f"{name} takes what {EFFECT_MAKERS} returns, not PooledEffect."


def test_bare_numbers_are_refused_too():
    with pytest.raises(BadArgument) as refusal:
        tp.pool([0.1, 0.2])
    assert str(refusal.value) == f"pool takes what {EFFECT_MAKERS} returns, not list."


REGRESSION = tp.regress_matrix(EFFECTS, [[1, 0], [1, 1], [1, 2]], model="common", ci="Wald")
IV_MAKERS = "pool, pool_common or regress"
EFFECTS_ARE_TAKEN = [
    "begg",
    "beta_binomial",
    "copas_model",
    "egger",
    "excess_significance",
    "fail_safe_n",
    "glmm",
    "limit_meta_analysis",
    "location_scale",
    "location_scale_matrix",
    "mantel_haenszel",
    "mantel_haenszel_tests",
    "model_average",
    "p_uniform_star",
    "pet_peese",
    "peto",
    "pool",
    "pool_bayesian",
    "pool_common",
    "rare_event_sensitivity",
    "regress",
    "regress_matrix",
    "regression_test",
    "selection_model",
    "small_study_test",
    "subgroups",
]
FITS_ARE_TAKEN = {
    **dict.fromkeys(
        [
            "absolute_effect",
            "absolute_survival",
            "all_subsets",
            "bootstrap_prediction_interval",
            "cumulative",
            "diversity",
            "drapery",
            "e_value",
            "fragility_index",
            "funnel",
            "labbe",
            "leave_one_out",
            "radial",
            "sequential_analysis",
        ],
        FIT_MAKERS,
    ),
    **dict.fromkeys(("baujat", "influence", "residual_quantiles"), IV_MAKERS),
    **dict.fromkeys(("bubble", "permutation_test", "robust", "likelihood_ratio_test"), "regress"),
    "radial_plot": "pool or pool_common",
    "rounding_edges": "pool or pool_common",
    "trim_and_fill": "risk_ratio, effects, pool or pool_common",
    "outliers": "all_subsets",
    "with_futility": "sequential_boundaries",
    "filled_funnel": "trim_and_fill",
    "cumulative_forest": "cumulative",
    "leave_one_out_forest": "leave_one_out",
}
# what a function needs beside its first argument, never looked at here
OTHERS = {
    "absolute_effect": {"baseline_risk": 0.1},
    "absolute_survival": {"baseline_survival": 0.5},
    "bootstrap_prediction_interval": {"rng": None},
    "cumulative": {"by": [1]},
    "leave_one_out_forest": {"fit": FIT},
    "likelihood_ratio_test": {"smaller": REGRESSION},
    "location_scale_matrix": {"X": [[1]], "Z": [[1]]},
    "model_average": {"effect": None, "tau": None},
    "regress": {"formula": "~ 1"},
    "regress_matrix": {"X": [[1]]},
    "robust": {"cluster": ["a"]},
    "sequential_analysis": {"by": [1], "smallest_effect": 0.8},
    "subgroups": {"by": ["a"]},
}


@pytest.mark.parametrize("name", EFFECTS_ARE_TAKEN)
@pytest.mark.parametrize("given", [FIT, [0.1, 0.2], None], ids=["fit", "list", "none"])
def test_what_takes_effects_takes_nothing_else(name, given):
    with pytest.raises(BadArgument) as refusal:
        getattr(tp, name)(given, **OTHERS.get(name, {}))
    assert str(refusal.value) == f"{name} takes what {EFFECT_MAKERS} returns, not {type(given).__name__}."


@pytest.mark.parametrize(("name", "makers"), FITS_ARE_TAKEN.items())
@pytest.mark.parametrize("given", [{"mu": 0.1}, [0.1, 0.2], None], ids=["dict", "list", "none"])
def test_what_takes_a_fit_takes_nothing_else(name, makers, given):
    with pytest.raises(BadArgument) as refusal:
        getattr(tp, name)(given, **OTHERS.get(name, {}))
    assert str(refusal.value) == f"{name} takes what {makers} returns, not {type(given).__name__}."


BATCH = tp.effects([[0.1, 0.2, 0.4], [0.2, 0.1, 0.4]], [[0.1, 0.2, 0.3], [0.1, 0.1, 0.2]])
FITS = tp.pool(BATCH)
REGRESSIONS = tp.regress_matrix(BATCH, [[1, 0], [1, 1], [1, 3]])


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("leave_one_out", FITS),
        ("cumulative", FITS),
        ("influence", FITS),
        ("baujat", FITS),
        ("funnel", FITS),
        ("drapery", FITS),
        ("radial_plot", FITS),
        ("bubble", REGRESSIONS),
    ],
)
def test_what_is_of_one_analysis_refuses_a_batch(name, given):
    with pytest.raises(BadArgument) as refusal:
        getattr(tp, name)(given, **OTHERS.get(name, {}))
    assert str(refusal.value) == f"{name} is of one analysis, and this fit is a batch of 2. Fit the one that is meant."


def test_subgroups_of_a_batch_are_refused():
    with pytest.raises(BadArgument) as refusal:
        tp.subgroups(BATCH, ["a", "b", "a"])
    assert str(refusal.value) == "subgroups is of one analysis, and these effects are a batch of 2. Take the one that is meant."
