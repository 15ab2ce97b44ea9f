"""Forest plots of every kind of result: what is drawn is what the result says."""

from __future__ import annotations

import numpy as np
import pytest
from tests.figures.result_examples import studies

import trialpool as tp
from trialpool.errors import BadArgument
from trialpool.figures import forests
from trialpool.figures.forest import ForestPlot, GroupLine, NoteLine, PooledLine

COUNTS = {"events_t": [4, 6, 3, 9], "n_t": [123, 306, 231, 200], "events_c": [11, 29, 11, 14], "n_c": [139, 303, 220, 210]}


@pytest.fixture
def plot_of(monkeypatch):
    """What a call hands to the drawing."""

    def drawn(fit, **options) -> ForestPlot:
        seen: list[ForestPlot] = []
        monkeypatch.setattr(forests, "draw_forest", seen.append)
        tp.forest(fit, **options)
        return seen[0]

    return drawn


def test_subgroups_have_their_studies_subtotals_and_test(plot_of):
    rr = tp.risk_ratio(**COUNTS, study=["A", "B", "C", "D"])
    found = tp.subgroups(rr, ["low", "high", "low", "high"])
    plot, whole = plot_of(found), tp.pool(rr)
    assert [line.label for line in plot.lines if not isinstance(line, NoteLine)] == [
        "low",
        "A",
        "C",
        "Subtotal",
        "high",
        "B",
        "D",
        "Subtotal",
        "Random effects, 4 studies",
    ]
    pooled = [line for line in plot.lines if isinstance(line, PooledLine)]
    assert [line.estimate for line in pooled] == pytest.approx([*(float(fit.mu) for fit in found.fits), float(whole.mu)])
    assert (pooled[2].low, pooled[2].high) == pytest.approx(whole.interval())
    assert pooled[2].prediction == pytest.approx(whole.prediction_interval())
    assert [line.weight for line in plot.studies] == pytest.approx(whole.weights[[0, 2, 1, 3]].tolist())
    assert pooled[0].weight == pytest.approx(whole.weights[0] + whole.weights[2])
    assert plot.lines[-1] == NoteLine(text=f"Test for subgroup differences: Q = {found.Q:.2f} (df = 1, P = {found.p:.2f})")
    assert plot.studies[0].treatment == "4/123"


def test_subgroups_that_share_tau2_say_their_f_test(plot_of):
    of = studies(18)
    found = tp.subgroups(of.effects, of.drug, share="common")
    expected = f"Test for subgroup differences: F = {found.Q / 2:.2f} (df = 2 and 15, P = {found.p:.3f})"
    assert plot_of(found).lines[-1] == NoteLine(text=expected)


def test_subgroups_of_a_common_effect_have_a_common_effect_in_all(plot_of):
    of = studies(18)
    plot = plot_of(tp.subgroups(of.effects, of.drug, model="common", ci="Wald"))
    assert plot.pooled[-1].estimate == pytest.approx(float(tp.pool_common(of.effects).mu))
    assert plot.pooled[-1].prediction is None


def test_a_study_without_a_level_is_named_below(plot_of):
    four = tp.effects([-0.4, -0.5, -0.1, -0.2], [0.01] * 4, ["A", "B", "C", "D"])
    plot = plot_of(tp.subgroups(four, ["x", "x", "y", None]))
    assert plot.footnotes == ("Not in a subgroup, and left out: D.",)
    assert [line.label for line in plot.studies] == ["A", "B", "C"]


def test_one_level_has_no_test(plot_of):
    lines = plot_of(tp.subgroups(studies(3).effects, ["x"] * 3)).lines
    assert isinstance(lines[0], GroupLine)
    assert not any(isinstance(line, NoteLine) for line in lines)


def test_a_regression_shows_fitted_effects_with_their_limits(plot_of):
    of = studies(18)
    fit = tp.regress(of.effects, "~ latitude", {"latitude": of.latitude})
    plot = plot_of(fit)
    low, high = fit.predict().interval()
    assert [line.expected for line in plot.studies] == [
        pytest.approx(row) for row in zip(fit.fitted.tolist(), low.tolist(), high.tolist(), strict=True)
    ]
    assert sum(line.weight for line in plot.studies) == pytest.approx(1)
    assert plot.pooled == ()
    assert plot.expected_header == "Fitted"
    assert plot.lines[-2] == NoteLine(text=f"Test of {fit.omnibus}")


def test_a_bayesian_fit_shows_shrunken_effects(plot_of):
    of = studies(18)
    fit = tp.pool_bayesian(of.effects)
    plot = plot_of(fit)
    low, high = fit.study_effects.interval()
    shown = np.array([line.expected for line in plot.studies]).T
    assert shown == pytest.approx(np.array([fit.study_effects.median, low, high]))
    own = np.array([line.estimate for line in plot.studies])
    assert (np.abs(shown[0] - fit.estimate) <= np.abs(own - fit.estimate) + 0.02).all()
    (pooled,) = plot.pooled
    assert (pooled.estimate, pooled.low, pooled.high) == pytest.approx((fit.estimate, *fit.interval()))
    assert pooled.prediction == pytest.approx(fit.prediction_interval())
    assert plot.expected_header == "Given the others"
    assert plot.footnotes[-1] == "Priors: effect flat, τ half-normal (scale 0.5)."


@pytest.mark.parametrize("make", [tp.pool_bayesian, tp.pool])
def test_an_absent_study_is_named_and_has_no_effect(make, plot_of):
    rr = tp.risk_ratio(events_t=[4, 0, 3], n_t=[12, 20, 23], events_c=[7, 0, 6], n_c=[13, 20, 22], study=["A", "None", "C"])
    line = plot_of(make(rr)).studies[1]
    assert (line.label, line.faint, line.expected) == ("None", True, None)
    assert np.isnan(line.estimate)


def test_a_study_that_lacks_a_count_shows_what_there_is(plot_of):
    rr = tp.risk_ratio(events_t=[4, None], n_t=[12, 20], events_c=[7, 3], n_c=[13, 20], study=["A", "B"], missing="drop")
    assert (plot_of(tp.pool(rr)).studies[1].treatment, plot_of(tp.pool(rr)).studies[1].control) == ("–/20", "3/20")


def test_other_objects_are_refused():
    with pytest.raises(BadArgument) as refused:
        tp.forest(studies(3).effects)
    makers = "pool, pool_common, mantel_haenszel, peto, subgroups, regress or pool_bayesian"
    assert str(refused.value) == f"forest takes what {makers} returns, not Effects."


def test_a_batch_is_refused():
    batch = tp.pool(tp.effects([[-0.4, -0.5], [-0.1, 0.2]], [[0.01, 0.02]] * 2))
    with pytest.raises(BadArgument) as refused:
        tp.forest(batch)
    assert str(refused.value) == "A forest plot is of one analysis, not of a batch. Draw the analyses one at a time."
