"""Every result of a public function as a frame, as plain values and as HTML: one without them fails here."""

from __future__ import annotations

import dataclasses
import inspect
import json
from collections.abc import Callable
from pathlib import Path
from types import UnionType
from typing import Any, get_args

import numpy as np
import pandas as pd
import polars as pl
import pytest

import trialpool as tp
from trialpool.analysis.findings import Findings
from trialpool.figures.canvas import Figure
from trialpool.review.review import Review
from trialpool.stats.bayes.priors import TauPrior
from trialpool.stats.effects.effects import Effects
from trialpool.stats.tables import Tabular

COUNTS = {
    "events_t": [4, 6, 3, 62, 33, 18, 8, 5],
    "n_t": [123, 306, 231, 1361, 507, 154, 254, 269],
    "events_c": [11, 29, 11, 248, 47, 37, 10, 9],
    "n_c": [139, 303, 220, 1288, 576, 144, 262, 249],
}
OR = tp.odds_ratio(**COUNTS)
TWICE = tp.odds_ratio(**{name: [values, values] for name, values in COUNTS.items()})
RR = tp.risk_ratio(**COUNTS)
BATCH = dataclasses.replace(RR, vi=np.stack([RR.vi, 2 * RR.vi]))
FIT = tp.pool(RR)
COMMON = tp.pool_common(RR)
TIME = {"events_t": [9, 8, 3], "time_t": [413, 263, 487], "events_c": [19, 19, 15], "time_c": [398, 245, 478]}
X = np.column_stack([np.ones(8), np.arange(8.0)])
HAZARD = tp.pool(tp.effects([-0.4, -0.3, -0.5], [0.02, 0.03, 0.04], measure="HR"))
REGRESSION = tp.regress_matrix(RR, X)

# A call, or several, of each public function of ROOMS whose result is none of PLAIN, and of others.
EXAMPLES: dict[str, Callable[[], Any] | tuple[Callable[[], Any], ...]] = {
    "absolute_effect": lambda: tp.absolute_effect(FIT, baseline_risk=0.1),
    "absolute_survival": lambda: tp.absolute_survival(HAZARD, baseline_survival=0.6),
    "all_subsets": lambda: tp.all_subsets(COMMON),
    "baujat": lambda: tp.baujat(FIT),
    "begg": (lambda: tp.begg(RR), lambda: tp.begg(BATCH)),
    "beta_binomial": (lambda: tp.beta_binomial(OR), lambda: tp.beta_binomial(TWICE)),
    "combine_groups": lambda: tp.combine_groups(mean=[[1.0, 2.0]], sd=[[1.0, 1.5]], n=[[10, 20]]),
    "copas_model": lambda: tp.copas_model(RR, gamma0=[0.0, 1.0], gamma1=[0.1, 0.2]),
    "cumulative": lambda: tp.cumulative(FIT, range(8)),
    "e_value": lambda: tp.e_value(FIT),
    "e_value_of": lambda: tp.e_value_of(0.6, 0.4, 0.9),
    "egger": (lambda: tp.egger(RR), lambda: tp.egger(BATCH)),
    "excess_significance": lambda: tp.excess_significance(RR),
    "fail_safe_n": lambda: tp.fail_safe_n(RR),
    "fragility_index": lambda: tp.fragility_index(tp.pool_common(RR)),
    "glmm": (lambda: tp.glmm(OR, method="CM.AL"), lambda: tp.glmm(TWICE, method="CM.AL")),
    "glmm_proportion": lambda: tp.glmm_proportion(events=[16, 10, 8], n=[17, 12, 20], model="common"),
    "glmm_rate": lambda: tp.glmm_rate(events=[9, 8, 3], time=[413, 263, 487], model="common"),
    "glmm_rates": lambda: tp.glmm_rates(**TIME, model="common"),
    "influence": lambda: tp.influence(FIT),
    "leave_one_out": lambda: tp.leave_one_out(FIT),
    "likelihood_ratio_test": lambda: tp.likelihood_ratio_test(REGRESSION, tp.regress_matrix(RR, X[:, :1])),
    "limit_meta_analysis": (lambda: tp.limit_meta_analysis(RR), lambda: tp.limit_meta_analysis(BATCH)),
    "location_scale": lambda: tp.location_scale(RR, "~ x", scale="~ x", data={"x": X[:, 1]}),
    "location_scale_matrix": lambda: tp.location_scale_matrix(RR, X, X[:, :1]),
    "mantel_haenszel": lambda: tp.mantel_haenszel(OR),
    "mantel_haenszel_rate_tests": lambda: tp.mantel_haenszel_rate_tests(**TIME),
    "mantel_haenszel_rates": lambda: tp.mantel_haenszel_rates(**TIME),
    "mantel_haenszel_tests": lambda: tp.mantel_haenszel_tests(OR),
    "mean_from_quantiles": lambda: tp.mean_from_quantiles(median=[5, 6], q1=[3, 4], q3=[8, 9], n=[40, 50]),
    "model_average": lambda: tp.model_average(RR, effect=tp.NormalEffect(0, 1), tau=tp.HalfNormal(0.5)),
    "multiverse": lambda: tp.multiverse(review(), "pfs", choices={"tau2": ["DL"], "ci": ["Wald"]}, leave_out=0),
    "outliers": lambda: tp.outliers(tp.all_subsets(COMMON)),
    "p_uniform_star": (lambda: tp.p_uniform_star(RR), lambda: tp.p_uniform_star(BATCH, alternative="less")),
    "permutation_test": lambda: tp.permutation_test(REGRESSION, n=50, rng=np.random.default_rng(1)),
    "pet_peese": (lambda: tp.pet_peese(RR), lambda: tp.pet_peese(BATCH)),
    "peto": lambda: tp.peto(OR),
    "peto_hazard_ratio": lambda: tp.peto_hazard_ratio(o_minus_e=[-3.0, -5.0], v=[4.0, 6.0]),
    "pool": (lambda: FIT, lambda: tp.pool(BATCH), lambda: FIT.best_predictions),
    "pool_bayesian": lambda: tp.pool_bayesian(RR, tau=tp.HalfNormal(0.5)),
    "pool_common": lambda: COMMON,
    "proportion_interval": lambda: tp.proportion_interval(events=[0, 15], n=[20, 148]),
    "radial": lambda: tp.radial(FIT),
    "rare_event_sensitivity": lambda: tp.rare_event_sensitivity(OR),
    "regress": lambda: tp.regress(RR, "~ x", data={"x": X[:, 1]}),
    "regress_matrix": (
        lambda: REGRESSION,
        lambda: REGRESSION.coefficients,
        lambda: REGRESSION.omnibus,
        REGRESSION.predict,
    ),
    "regression_test": (lambda: tp.regression_test(RR), lambda: tp.regression_test(BATCH)),
    "residual_quantiles": lambda: tp.residual_quantiles(FIT),
    "robust": lambda: tp.robust(REGRESSION, [1, 1, 2, 2, 3, 3, 4, 4]),
    "rounding_edges": lambda: tp.rounding_edges(
        tp.pool(tp.hazard_ratio(hr=["0.62", "0.93"], ci_low=["0.57", "0.85"], ci_high=["0.67", "1.01"]))
    ),
    "selection_model": (lambda: tp.selection_model(RR), lambda: tp.selection_model(BATCH, alternative="less")),
    "sequential_analysis": lambda: tp.sequential_analysis(COMMON, range(8), smallest_effect=0.8, futility=True),
    "sequential_boundaries": lambda: tp.sequential_boundaries([0.5, 1.0]),
    "small_study_test": lambda: tp.small_study_test(OR, "Harbord"),
    "subgroups": lambda: tp.subgroups(RR, list("aabbaabb")),
    "survival_difference": lambda: tp.survival_difference(survival_t=0.555, n_t=491, survival_c=0.5, n_c=485),
    "trim_and_fill": lambda: tp.trim_and_fill(FIT),
    "with_futility": lambda: tp.with_futility(tp.sequential_boundaries([0.5, 1.0])),
}
# Public functions that return something else than a result with a table, and why.
NO_TABLE = {
    "published_curve": "what a reconstruction is made from",
    "read_flow": "counts that the flow diagram is drawn from",
    "read_registration": "one study of a registry, many kinds of facts",
    "read_revman": "a review as RevMan keeps it; its outcomes have tables",
    "read_text": "a text that claims are looked for in",
    "screen_records": "a session at which decisions are made",
    "screening_state": "where every record stands, to be asked for each",
    "stopping_advice": "an advice in words",
}
ROOMS = tuple(
    f"trialpool.{room}"
    for room in (
        "formulas",
        *(f"stats.{part}" for part in ("bayes", "bias", "effects", "evidence", "exact", "influence", "pooling", "regression")),
    )
)
PLAIN = (
    Figure,
    Findings,
    Review,
    TauPrior,
    Effects,
    Path,
    float,
    str,
    int,
    bytes,
    dict,
    type(None),
    tuple,
    np.ndarray,
)  # Effects: test_tables.py


def review() -> Any:
    return tp.read_review(Path(__file__).parents[2] / "reviews/imid-maintenance")


def kinds_of(function: Any) -> tuple[Any, ...]:
    """The classes that a function is said to return."""
    known = {
        "tuple": tuple,
        "float": float,
        "str": str,
        "int": int,
        "bytes": bytes,
        "dict": dict,
        "None": type(None),
        "Figure": Figure,
    } | inspect.unwrap(function).__globals__
    named = [known[name.partition("[")[0]] for name in function.__annotations__["return"].split(" | ")]
    return tuple(kind for one in named for kind in (get_args(one) if isinstance(one, UnionType) else (one,)))


def is_plain(kind: Any) -> bool:
    origin = getattr(kind, "__origin__", kind)
    return kind is Any or (isinstance(origin, type) and issubclass(origin, PLAIN))


RESULTS = sorted(
    name for name in tp.__all__ if inspect.isfunction(getattr(tp, name)) and not all(map(is_plain, kinds_of(getattr(tp, name))))
)


def test_every_result_of_a_public_function_has_three_forms_or_a_reason_why_not() -> None:
    without = set()
    for name in RESULTS:
        for kind in kinds_of(getattr(tp, name)):
            own = all(hasattr(kind, form) for form in ("to_frame", "to_dict", "_repr_html_", "table"))
            if not is_plain(kind) and not (own and kind.table is not Tabular.table):
                without.add(name)
    assert without <= NO_TABLE.keys()


def test_every_method_of_meta_analysis_has_an_example() -> None:
    expected = [name for name in RESULTS if getattr(tp, name).__module__.startswith(ROOMS)]
    assert [name for name in expected if name not in EXAMPLES] == []
    assert [name for name in EXAMPLES if name not in RESULTS] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_results_have_three_forms(name: str) -> None:
    makers = EXAMPLES[name]
    for make in makers if isinstance(makers, tuple) else (makers,):
        result = make()
        table = result.table()
        lengths = {len(values) for values in table.values()}
        assert len(lengths) == 1
        rows = lengths.pop()
        assert rows > 0
        for library in (pd, pl):
            framed = result.to_frame(library.__name__)
            assert isinstance(framed, library.DataFrame)
            assert list(framed.columns) == list(table)
            assert len(framed) == rows
        assert set(json.loads(json.dumps(result.to_dict()))) >= set()  # plain values: NumPy's would be refused
        assert result.to_dict()
        html = result._repr_html_()
        assert html.startswith("<table>")
        assert html.count("<th>") >= 2
        assert "0x" not in html
        assert len(str(result).splitlines()[0]) < 300


def test_results_are_frozen() -> None:
    for makers in EXAMPLES.values():
        result = (makers[0] if isinstance(makers, tuple) else makers)()
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(result, dataclasses.fields(result)[0].name, None)


def test_a_single_result_is_plain_values_and_a_batch_lists() -> None:
    single, batch = tp.egger(RR), tp.egger(BATCH)
    assert single.to_dict()["slope"] == single.slope
    assert single.to_dict()["ci_low"] == single.interval()[0]
    assert batch.to_dict()["slope"] == batch.slope.tolist()
    assert batch.table()["ci_high"] == batch.interval()[1].tolist()


def test_frames_come_out_in_the_library_of_the_data() -> None:
    made = tp.risk_ratio(**{name: pl.Series(values) for name, values in COUNTS.items()})
    fit, odds = tp.pool(made), tp.odds_ratio(**{name: pl.Series(values) for name, values in COUNTS.items()})
    twice = tp.subgroups(made, list("aabbaabb"))
    bias = (tp.egger(made), tp.begg(made), tp.fail_safe_n(made), tp.trim_and_fill(fit), tp.pet_peese(made))
    models = (tp.regress_matrix(made, X), tp.glmm(odds, model="common"), tp.beta_binomial(odds), tp.mantel_haenszel_tests(odds))
    for result in (fit, twice, *bias, *models, tp.rare_event_sensitivity(odds), tp.leave_one_out(fit)):
        assert isinstance(result.to_frame(), pl.DataFrame)
    assert isinstance(tp.egger(RR).to_frame(), pd.DataFrame)
