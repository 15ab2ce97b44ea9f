"""What a result hangs on, drawn: the numbers are those of the results, and of metafor."""

from __future__ import annotations

import numpy as np
import pytest
from tests.figures.result_examples import studies
from tests.figures.seen import discs, texts

import trialpool as tp
from trialpool.errors import BadArgument, NotEstimable
from trialpool.figures import from_influence, style

BCG = {
    "events_t": [4, 6, 3, 62, 33, 180, 8, 505, 29, 17, 186, 5, 27],
    "n_t": [123, 306, 231, 13598, 5069, 1541, 2545, 88391, 7499, 1716, 50634, 2498, 16913],
    "events_c": [11, 29, 11, 248, 47, 372, 10, 499, 45, 65, 141, 3, 29],
    "n_c": [139, 303, 220, 12867, 5808, 1451, 629, 88391, 7277, 1665, 27338, 2341, 17854],
}
# metafor 5.0-1: res <- rma(yi, vi, data=dat, method="REML"); baujat(res)
BAUJAT_Y = [0.001538, 0.112107, 0.024349, 0.237774, 0.066986, 0.000333, 0.107909, 0.198965, 0.018382, 0.111390, 0.048971, 0.061835]
BAUJAT_X = [0.047818, 1.493411, 0.550875, 1.586050, 0.677711, 0.016006, 1.531903, 1.663846, 0.162523, 1.116848, 0.432221, 1.592239]


@pytest.fixture(scope="module")
def rr():
    return tp.risk_ratio(**BCG)


@pytest.fixture
def drawn(monkeypatch):
    """What the calls hand to the drawings."""
    seen = []
    for name in ("draw_baujat", "draw_radial", "draw_gosh", "draw_influence_panel"):
        monkeypatch.setattr(from_influence, name, seen.append)
    return seen


def test_baujat_plot_agrees_with_metafor(rr, drawn):
    tp.baujat_plot(tp.pool(rr, ci="Wald"))
    assert drawn[0].contribution[:12] == pytest.approx(BAUJAT_X, abs=2e-5)
    assert drawn[0].influence[:12] == pytest.approx(BAUJAT_Y, abs=2e-5)


def test_baujat_plot_shows_the_points_of_baujat(rr, drawn):
    for fit in (tp.pool_common(rr), tp.regress(rr, "~ x", {"x": list(range(13))})):
        drawn.clear()
        tp.baujat_plot(fit)
        points = tp.baujat(fit)
        assert np.array_equal(drawn[0].contribution, points.x)
        assert np.array_equal(drawn[0].influence, points.y)


def test_one_study_has_no_baujat_plot():
    with pytest.raises(NotEstimable):
        tp.baujat_plot(tp.pool(tp.effects([0.1], [0.04])))


def test_an_absent_study_is_left_out(rr):
    absent = tp.risk_ratio(**{name: [*column, 0 if "events" in name else 20] for name, column in BCG.items()})
    assert len(discs(tp.baujat_plot(tp.pool(absent)))) == len(discs(tp.baujat_plot(tp.pool(rr)))) == 13


def test_radial_plot_has_the_points_of_metafor_and_of_radial(rr, drawn):
    fit = tp.pool(rr)
    tp.radial_plot(fit)
    assert drawn[0].points[0][:2] == pytest.approx((1.251146, -1.112658), abs=2e-5)
    assert drawn[0].points[12][:2] == pytest.approx((1.612383, -0.027917), abs=2e-5)
    points = tp.radial(fit)
    assert [point[:2] for point in drawn[0].points] == [pytest.approx(xy) for xy in zip(points.x, points.y, strict=True)]
    assert (drawn[0].mu, drawn[0].z) == pytest.approx((points.slope, points.band))


def test_one_study_has_a_radial_plot():
    assert tp.radial_plot(tp.pool(tp.effects([0.1], [0.04]))).svg()


def test_the_influence_plot_marks_what_the_flags_say(rr):
    found = tp.influence(tp.pool(studies(60).effects))
    marked = {label for label, it_is in zip(found.study, found.influential, strict=True) if it_is}
    bold = {mark.text for mark in tp.influence_plot(found).marks if getattr(mark, "bold", False) and mark.align == "right"}
    assert bold == marked != set()


def test_limits_in_the_influence_plot_are_the_cut_offs(drawn):
    fit = tp.pool(studies(60).effects)
    found = tp.influence(fit)
    tp.influence_plot(found)
    panel = {diagnostic.name: diagnostic for diagnostic in drawn[0].diagnostics}
    for name, flag in (("DFFITS", "DFFITS"), ("Cook's distance", "Cook"), ("Hat value", "hat"), ("DFBETAS", "DFBETAS")):
        assert np.array_equal(panel[name].beyond, found.flags[flag]), name


def test_with_moderators_the_furthest_dfbetas_is_shown(drawn):
    of = studies(60)
    found = tp.influence(tp.regress(of.effects, "~ latitude", {"latitude": of.latitude}))
    tp.influence_plot(found)
    shown = drawn[0].diagnostics[-1]
    assert shown.name == "DFBETAS, furthest"
    assert np.abs(shown.values) == pytest.approx(np.abs(found.dfbetas).max(-1))
    assert np.array_equal(shown.beyond, found.flags["DFBETAS"])


def test_gosh_shows_all_subsets_and_where_all_studies_are(rr, drawn):
    fit = tp.pool(rr, tau2="DL")
    subsets = tp.all_subsets(fit)
    tp.gosh(subsets, study="1")
    tp.gosh(subsets, spread="tau2")
    assert len(drawn[0].mu) == 2**13 - 14
    assert drawn[0].all_studies == pytest.approx((float(fit.mu), float(fit.I2)))
    assert drawn[0].within.sum() == 2**12 - 1
    assert drawn[1].all_studies == pytest.approx((float(fit.mu), float(fit.tau2)))
    assert drawn[1].within is None


def test_a_sample_without_all_studies_has_no_diamond(drawn):
    tp.gosh(tp.all_subsets(tp.pool(studies(60).effects), n=50, rng=np.random.default_rng(1)))
    assert drawn[0].all_studies is None


def test_gosh_begins_at_no_heterogeneity():
    same = tp.gosh(tp.all_subsets(tp.pool(tp.effects([-0.4, -0.5, -0.3], [0.04] * 3))))
    assert not any(text.startswith("−") and text.endswith(("5", "0")) and "0." not in text for text in texts(same))
    assert "0" in texts(same)


@pytest.mark.parametrize(
    ("draw", "maker"),
    [
        (tp.influence_plot, "influence"),
        (tp.gosh, "all_subsets"),
        (tp.radial_plot, "pool or pool_common"),
        (tp.specification_curve, "multiverse"),
        (tp.sequential_analysis_plot, "sequential_analysis"),
        (tp.posterior_plot, "pool_bayesian"),
        (tp.selection_funnel, "selection_model"),
    ],
)
def test_other_objects_are_refused(draw, maker):
    with pytest.raises(BadArgument) as refused:
        draw(studies(3).effects)
    assert str(refused.value) == f"{draw.__name__} takes what {maker} returns, not Effects."


def test_an_unknown_spread_is_refused():
    with pytest.raises(BadArgument) as refused:
        tp.gosh(tp.all_subsets(tp.pool(studies(3).effects)), spread="H2")
    assert str(refused.value) == "spread='H2' is not known. Choose one of 'I2', 'tau2'."


def test_studies_of_the_influence_plot_are_blue_and_those_that_stand_out_not():
    figure = tp.influence_plot(tp.influence(tp.pool(studies(60).effects)))
    found = tp.influence(tp.pool(studies(60).effects))
    inside = int((~found.influential).sum())
    assert len(discs(figure, style.STUDY)) == 8 * inside + 1  # and the key
