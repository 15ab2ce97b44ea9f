"""Mixed and beta-binomial models over a batch: its parts to the last digit, and what has no answer is named by its place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import trialpool as tp
from trialpool.errors import BadArgument, NotEstimable

EXACT: dict[str, Any] = {"rel": 1e-12, "abs": 1e-13, "nan_ok": True}
COUNTS = {
    "events_t": np.array([[[0, 1, 2, 5], [3, 1, 0, 4]], [[9, 8, 3, 2], [1, 0, 2, 0]]]),
    "n_t": np.array([116, 44, 208, 151]),
    "events_c": np.array([[[3, 3, 9, 6], [1, 4, 2, 2]], [[4, 9, 12, 3], [2, 3, 5, 0]]]),
    "n_c": np.array([117, 35, 195, 157]),
}
TIMES = {"events_t": COUNTS["events_t"], "time_t": COUNTS["n_t"], "events_c": COUNTS["events_c"], "time_c": COUNTS["n_c"]}
NUMBERS = ("mu", "se", "p", "tau2", "sigma2", "loglik", "k", "I2", "coefficients", "covariance")
MODELS = [(method, model) for method in ("UM.FS", "UM.RS", "CM.EL", "CM.AL") for model in ("common", "random")]
PLACES = [(i, j) for i in range(2) for j in range(2)]


def part(columns: dict[str, Any], at: tuple[int, int]) -> dict[str, Any]:
    return {name: values[at] if np.ndim(values) == 3 else values for name, values in columns.items()}


def same_as_its_parts(batch: Any, alone: dict[tuple[int, int], Any], names: tuple[str, ...]) -> None:
    assert batch.shape == (2, 2)
    for at, fit in alone.items():
        for name in names:
            expected = getattr(fit, name)
            assert getattr(batch, name)[at] == pytest.approx(np.nan if expected is None else expected, **EXACT)
        assert np.array(batch.interval(0.9))[:, *at] == pytest.approx(np.array(fit.interval(0.9)), **EXACT)
        assert batch[at].study == fit.study


@pytest.mark.parametrize(("method", "model"), MODELS)
def test_a_batch_of_odds_ratios_is_its_parts(method: str, model: str) -> None:
    batch = tp.glmm(tp.odds_ratio(**COUNTS), method=method, model=model)
    alone = {at: tp.glmm(tp.odds_ratio(**part(COUNTS, at)), method=method, model=model) for at in PLACES}
    same_as_its_parts(batch, alone, NUMBERS)
    for at, fit in alone.items():
        assert np.array(batch.prediction_interval())[:, *at] == pytest.approx(np.array(fit.prediction_interval()), **EXACT)


@pytest.mark.parametrize("method", ["UM.FS", "CM.EL"])
def test_a_batch_of_rate_ratios_is_its_parts(method: str) -> None:
    alone = {at: tp.glmm_rates(**part(TIMES, at), method=method) for at in PLACES}
    same_as_its_parts(tp.glmm_rates(**TIMES, method=method), alone, NUMBERS)


def test_a_batch_of_proportions_and_of_rates_is_its_parts() -> None:
    events, n = COUNTS["events_c"], COUNTS["n_c"]
    alone = {at: tp.glmm_proportion(events=events[at], n=n) for at in PLACES}
    same_as_its_parts(tp.glmm_proportion(events=events, n=n), alone, NUMBERS)
    alone = {at: tp.glmm_rate(events=events[at], time=n, ci="t") for at in PLACES}
    same_as_its_parts(tp.glmm_rate(events=events, time=n, ci="t"), alone, NUMBERS)


def test_a_batch_of_beta_binomial_models_is_its_parts() -> None:
    alone = {at: tp.beta_binomial(tp.odds_ratio(**part(COUNTS, at))) for at in PLACES}
    same_as_its_parts(tp.beta_binomial(tp.odds_ratio(**COUNTS)), alone, ("mu", "se", "p", "rho", "log_odds_c", "loglik", "k"))


def test_moderators_serve_all_analyses_of_a_batch() -> None:
    options: dict[str, Any] = {"method": "CM.AL", "model": "common", "moderators": {"year": [0, 1, 2, 3]}}
    batch = tp.glmm(tp.odds_ratio(**COUNTS), **options)
    assert batch.coefficients.shape == (2, 2, 2)
    alone = tp.glmm(tp.odds_ratio(**part(COUNTS, (1, 0))), **options)
    assert batch.coefficients[1, 0] == pytest.approx(alone.coefficients, **EXACT)


def test_a_trial_without_counts_is_absent_from_its_analysis_alone() -> None:
    counts = {name: np.array(np.broadcast_to(values, (2, 2, 4)), dtype=float) for name, values in COUNTS.items()}
    for values in counts.values():
        values[0, 1, 2] = np.nan
    batch = tp.glmm(tp.odds_ratio(**counts, missing="drop"), method="CM.EL", model="common")
    assert batch.k.tolist() == [[4, 3], [4, 3]]
    assert list(batch[0, 1].left_out) == ["3"]


def test_analyses_without_an_answer_are_named_all_at_once() -> None:
    lost = COUNTS | {"events_t": COUNTS["events_t"].copy()}
    lost["events_t"][0, 1] = lost["events_t"][1, 1] = 0
    why = "because an empty cell points the same way in every trial"
    for call, title, said in (
        (lambda: tp.glmm(tp.odds_ratio(**lost), method="CM.AL"), "GLMM CM.AL random OR", why),
        (lambda: tp.beta_binomial(tp.odds_ratio(**lost)), "Beta-binomial OR", "an arm has no event"),
    ):
        with pytest.raises(NotEstimable) as refusal:
            call()
        message = str(refusal.value)
        assert message.startswith(f"{title}: 2 of 4 analyses of the batch have no answer. Analysis [0, 1]: {title}: ")
        assert message.count(said.removeprefix("because ")) == 2
        assert "Analysis [1, 1]: " in message


def test_effects_that_are_a_batch_of_one_set_of_counts_are_refused() -> None:
    batch = tp.leave_one_out(tp.pool_common(tp.odds_ratio(**part(COUNTS, (0, 0))))).fits.effects
    for call, name in ((lambda: tp.glmm(batch), "glmm"), (lambda: tp.beta_binomial(batch), "beta_binomial")):
        with pytest.raises(BadArgument) as refusal:
            call()
        assert str(refusal.value) == (
            f"{name} is of counts, which are of shape (4,); the effects are a batch of shape (4,). Make them by odds_ratio from "
            "counts of the batch."
        )


def test_a_batch_has_a_table_of_its_analyses() -> None:
    batch = tp.beta_binomial(tp.odds_ratio(**COUNTS))
    table = batch.table()
    assert table["mu"] == batch.mu.ravel().tolist()
    assert list(table) == ["k", "mu", "se", "p", "loglik", "rho", "ci_low", "ci_high"]
    assert len(batch) == len(list(batch)) == 4
    assert repr(batch) == "<BetaBinomialFits: 4 analyses>"
