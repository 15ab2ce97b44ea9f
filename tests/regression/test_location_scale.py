"""location_scale: against metafor, by its own equations, and laws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.regression.reference import columns, effects_of, formula_of, table
from tests.stats.reference_tables import Entry, near
from tests.stats.strategies import FEW

from trialpool.errors import BadArgument, NotEstimable
from trialpool.formulas.regress import location_scale, regress
from trialpool.stats.effects.effects import Effects, effects
from trialpool.stats.regression.information import normal_log_likelihood
from trialpool.stats.regression.least_squares import least_squares
from trialpool.stats.regression.location_scale import LocationScale, location_scale_matrix

CI_OF = {"z": "Wald", "t": "t"}
# metafor's optimisers stop where the log-likelihood is within 1e-7 (identity link, constrained) or 1e-12 (log link) of the maximum;
# coefficients of the scale are then that near to ours as a flat maximum lets them be
HIGHER = 1e-11
OPTIMISED: dict[str, dict[str, Any]] = {"log": {"rel": 2e-5, "abs": 1e-7}, "identity": {"rel": 1e-3, "abs": 1e-6}}
LOCATION: dict[str, dict[str, Any]] = {"log": {"rel": 1e-6, "abs": 5e-8}, "identity": {"rel": 5e-4, "abs": 1e-6}}


def fit_of(entry: Entry) -> LocationScale:
    return location_scale(
        effects_of(entry.data),
        formula_of(entry.call),
        formula_of(entry.call, "scale"),
        columns(entry.data),
        link=entry["link"],
        method=entry["method"],
        ci=CI_OF[entry["test"]],
        missing="drop",
    )


def label(entry: Entry) -> str:
    names = f"{formula_of(entry.call)} | {formula_of(entry.call, 'scale')}"
    return f"{entry.data}-{names}-{entry['method']}-{entry['link']}-{entry['test']}"


@pytest.mark.parametrize("entry", table("location_scale"), ids=label)
def test_a_fit_agrees_with_metafor_or_is_more_likely(entry: Entry) -> None:
    fit, expected = fit_of(entry), entry.result
    link, numbers = entry["link"], entry.result["fit"][entry["method"]]
    assert fit.loglik >= numbers["ll"] - HIGHER
    assert fit.loglik == near(numbers["ll"], rel=0, abs=2e-7)
    assert list(fit.criteria) == near([numbers[name] for name in ("AIC", "BIC", "AICc")], rel=1e-7)
    assert (fit.k, fit.Q, fit.Q_p) == (expected["k"], near(expected["QE"]), near(expected["QEp"]))
    for found, suffix, tolerance in ((fit.coefficients, "", LOCATION[link]), (fit.scale_coefficients, ".alpha", OPTIMISED[link])):
        names = ("alpha" if suffix else "beta", "se", "stat", "pval", "ci.lb", "ci.ub")
        low, high = found.interval()
        ours = (found.estimate, found.se, found.statistic, found.p, low, high)
        for name, values in zip(names, ours, strict=True):
            expected_of = expected[name if name == "alpha" else name + suffix]
            assert values == near(expected_of, **tolerance), name
    assert fit.tau2[np.isfinite(fit.tau2)] == near(expected["tau2"], **OPTIMISED[link])
    wald, scale = fit.omnibus, fit.scale_omnibus
    df1, df2 = expected["QMdf"]
    assert wald.statistic == near(expected["QM"], **LOCATION[link])
    assert (wald.df1, wald.df2) == (df1, np.inf if df2 is None else df2)
    assert (scale.statistic, scale.p) == (near(expected["QS"], **OPTIMISED[link]), near(expected["QSp"], **OPTIMISED[link]))


def value(fit: LocationScale, alpha: Any) -> float:
    """The likelihood of a fit's data at another alpha, its own way."""
    here = np.isfinite(fit.tau2)
    eta = fit.spread.X[here] @ alpha
    total = fit.effects.vi[here] + (np.exp(eta) if fit.link == "log" else eta)
    yi, X = fit.effects.yi[here], fit.design.X[here]
    beta = least_squares(yi, 1 / total, X).beta
    return float(normal_log_likelihood(yi, total, X, beta, fit.method == "REML"))


@pytest.mark.parametrize("link", ["log", "identity"])
@pytest.mark.parametrize("method", ["ML", "REML"])
def test_its_covariance_is_the_inverse_of_the_numerical_curvature(method: str, link: str) -> None:
    name = "bangertdrowns2004"
    fit = location_scale(effects_of(name), "~ meta", "~ meta", columns(name), method=method, link=link, missing="drop")
    step = 1e-3 * np.sqrt(np.diag(fit.alpha_cov))
    H = np.empty((2, 2))
    for i in range(2):
        for j in range(2):
            a, b = np.eye(2)[i] * step[i], np.eye(2)[j] * step[j]
            corners = [value(fit, fit.alpha + s * a + t * b) * s * t for s in (1, -1) for t in (1, -1)]
            H[i, j] = sum(corners) / (4 * step[i] * step[j])
    assert np.linalg.inv(-H) == pytest.approx(fit.alpha_cov, rel=1e-4)


@pytest.mark.parametrize("method", ["ML", "REML"])
def test_with_one_tau2_it_is_a_meta_regression(method: str) -> None:
    data = columns("bcg.RR")
    one = location_scale(effects_of("bcg.RR"), "~ ablat", "~ 1", data, method=method)
    other = regress(effects_of("bcg.RR"), "~ ablat", data, tau2=method, ci="Wald")
    assert np.exp(one.alpha[0]) == pytest.approx(other.tau2, rel=1e-7)
    assert one.coefficients.estimate == near(other.beta, rel=1e-7)
    assert one.coefficients.se == near(other.se, rel=1e-7)
    assert one.loglik == pytest.approx(other.loglik(restricted=method == "REML"), rel=1e-10)
    assert list(one.criteria) == near(list(other.criteria), rel=1e-9)


@pytest.mark.parametrize("link", ["log", "identity"])
def test_two_groups_with_means_and_tau2_of_their_own_are_two_analyses(link: str) -> None:
    rng = np.random.default_rng(5)
    yi, vi = rng.normal(0, np.repeat([0.8, 0.2], 12)), rng.uniform(0.01, 0.05, 24)
    group = ["a"] * 12 + ["b"] * 12
    both = location_scale(effects(yi, vi), "~ 0 + g", "~ 0 + g", {"g": group}, method="ML", link=link)
    for j, part in enumerate((slice(12), slice(12, 24))):
        alone = regress(effects(yi[part], vi[part]), "~ 1", tau2="ML", ci="Wald")
        tau2 = np.exp(both.alpha[j]) if link == "log" else both.alpha[j]
        assert tau2 == pytest.approx(alone.tau2, rel=1e-6)
        assert both.coefficients.estimate[j] == pytest.approx(alone.beta[0], rel=1e-7)


def test_of_two_maxima_the_higher_is_found() -> None:
    """The moderator is skewed, and from a spread that is the same for all the nearest maximum is 0.0137 lower."""
    name = "bangertdrowns2004"
    fit = location_scale(effects_of(name), "~ meta", "~ ni", columns(name), method="ML", missing="drop")
    nearest = np.array([-2.58423784, -0.0039407])
    assert value(fit, nearest) == pytest.approx(fit.loglik - 0.0137, abs=1e-4)
    for shift in ([1e-3, 0], [-1e-3, 0], [0, 1e-5], [0, -1e-5]):
        assert value(fit, nearest + shift) < value(fit, nearest)


@pytest.mark.parametrize("link", ["log", "identity"])
@pytest.mark.parametrize("seed", range(8))
def test_nothing_on_a_wide_grid_is_more_likely(seed: int, link: str) -> None:
    """tau2 at both ends of a skewed moderator, each from as good as 0 to far above the truth."""
    rng = np.random.default_rng(seed)
    z = rng.lognormal(0, 1.2, 16)
    vi = rng.uniform(0.01, 0.2, 16)
    yi = rng.normal(0, np.sqrt(vi + np.exp(-3 + 0.5 * rng.normal() * (z - z.mean()))))
    try:
        fit = location_scale(effects(yi, vi), "~ 1", "~ z", {"z": z}, link=link, method="ML")
    except NotEstimable as refusal:
        assert "goes to 0" in str(refusal)  # noqa: PT017
        return
    ends = np.concatenate([[-30.0, -20.0, -14.0], np.linspace(-10, 4, 40)])
    ends = ends if link == "log" else np.exp(ends)
    low, high = (z.min(), z.max())
    slope = (ends - ends[:, np.newaxis]) / (high - low)
    alpha = np.stack([ends[:, np.newaxis] - slope * low, slope], axis=-1).reshape(-1, 2)
    eta = alpha @ np.stack([np.ones(16), z])
    total = vi + (np.exp(eta) if link == "log" else np.maximum(eta, 0.0))
    beta = least_squares(yi, 1 / total, np.ones((16, 1))).beta
    assert normal_log_likelihood(yi, total, np.ones((16, 1)), beta, False).max() <= fit.loglik + 1e-9


@FEW
@given(seed=st.integers(0, 10_000), shift=st.integers(-3000, 3000), factor=st.sampled_from([0.01, 0.5, 7.0, 300.0]))
def test_moving_and_stretching_a_scale_moderator_changes_no_tau2(seed: int, shift: int, factor: float) -> None:
    rng = np.random.default_rng(seed)
    z = rng.uniform(0, 1, 15)
    these = effects(rng.normal(0, 0.3 * np.exp(z)), rng.uniform(0.005, 0.02, 15))
    try:
        one = location_scale(these, "~ 1", "~ z", {"z": z})
        other = location_scale(these, "~ 1", "~ z", {"z": shift + factor * z})
    except NotEstimable:
        assume(False)
    assert other.loglik == pytest.approx(one.loglik, abs=1e-8)
    assert other.tau2 == near(one.tau2, rel=1e-4)
    assert other.scale_omnibus.statistic == near(one.scale_omnibus.statistic, rel=1e-3, abs=1e-6)


def test_predictions_have_a_tau2_of_their_own() -> None:
    data = columns("bcg.RR")
    fit = location_scale(effects_of("bcg.RR"), "~ ablat", "~ ablat", data)
    found = fit.predict({"ablat": [20, 40]})
    assert found.estimate == near(fit.design.rows({"ablat": [20, 40]}) @ fit.coefficients.estimate)
    assert found.tau2 == near(np.exp(fit.alpha[0] + fit.alpha[1] * np.array([20, 40])))
    low, high = found.prediction_interval(method="normal")
    assert (high - low) / 2 == near(1.959963984540054 * np.sqrt(found.tau2 + found.se**2))
    assert fit.predict().estimate == near(fit.design.X @ fit.coefficients.estimate)


def test_an_absent_study_changes_nothing() -> None:
    yi, vi = np.array([-0.2, -0.1, -0.3, -0.2, -1.5, 0.9, -0.6, 0.3]), np.full(8, 0.001)
    g = ["a"] * 4 + ["b"] * 4
    more = Effects(yi=np.append(yi, 5.0), vi=np.append(vi, np.inf), study=tuple("abcdefghi"))
    one = location_scale(effects(yi, vi), "~ 1", "~ g", {"g": g})
    other = location_scale(more, "~ 1", "~ g", {"g": [*g, "c"]})
    assert other.scale_coefficients.estimate == near(one.scale_coefficients.estimate)
    assert np.isnan(other.tau2[-1])


QUIET = [-0.2, -0.1, -0.3, -0.2, -1.5, 0.9, -0.6, 0.3]


def test_where_the_log_link_runs_away_it_says_so_and_the_identity_link_holds_tau2_at_0() -> None:
    these, data = effects(QUIET, [0.1] * 8, list("ABCDEFGH")), {"g": ["a"] * 4 + ["b"] * 4}
    with pytest.raises(NotEstimable) as refusal:
        location_scale(these, "~ 1", "~ g", data)
    said = str(refusal.value)
    assert said.startswith(
        "Location-scale model by REML, log link, k = 8: the likelihood rises as tau2 of A, B, C, D goes to 0, so the coefficients "
        "of log tau2 have no finite estimate (last gain "
    )
    assert said.endswith("steps). Use link='identity', which can hold tau2 at 0.")
    held = location_scale(these, "~ 1", "~ g", data, link="identity")
    assert held.tau2[:4] == near(np.zeros(4), abs=1e-12)
    assert np.isnan(held.scale_coefficients.se).all()
    assert held.notes == ("tau2 of A, B, C, D is held at 0; the coefficients of tau2 have no standard errors there",)
    assert max(value(held, [0.0, t]) for t in np.linspace(0.1, 3, 300)) <= held.loglik + 1e-12


def test_its_text_form() -> None:
    Z = [[1, 0]] * 4 + [[1, 1]] * 4
    fit = location_scale_matrix(effects(QUIET, [0.001] * 8), [[1]] * 8, Z, scale_names=["intercept", "open"])
    assert str(fit) == (
        "Location-scale model: k = 8, restricted maximum likelihood, log-likelihood -1.695\n"
        "\n"
        "Average effect\n"
        "           estimate      se              95% CI       P\n"
        "intercept   -0.2002  0.0406  -0.2798 to -0.1206  <0.001\n"
        "\n"
        "Spread (log tau2)\n"
        "           estimate      se              95% CI       P\n"
        "intercept   -5.1763  0.9585  -7.0549 to -3.2976  <0.001\n"
        "open         4.9877  1.1903    2.6547 to 7.3207  <0.001"
    )


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"link": "probit"}, "link='probit' is not known. Choose one of 'log', 'identity'."),
        ({"method": "DL"}, "method='DL' is not known. Choose one of 'REML', 'ML'."),
        ({"ci": "HK"}, "ci='HK' is not known. Choose one of 'Wald', 't'."),
        ({"level": 95}, "level=95 is not between 0 and 1. For a 95% interval give 0.95."),
    ],
)
def test_a_wrong_choice_is_refused(chosen: dict[str, Any], message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        location_scale(effects(QUIET, [0.001] * 8), **chosen)
    assert str(refusal.value) == message


def test_too_few_studies_are_refused() -> None:
    with pytest.raises(NotEstimable) as refusal:
        location_scale(effects([0.1, 0.2, 0.4], [0.1] * 3), "~ 1", "~ z", {"z": [1, 2, 3]})
    assert str(refusal.value) == (
        "Location-scale model by REML, k = 3, p = 1, q = 2: no residual degree of freedom is left. Leave moderators out."
    )
