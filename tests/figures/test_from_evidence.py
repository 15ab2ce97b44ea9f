"""How firm an answer is, drawn: the numbers are those of the results."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import norm
from tests.figures.result_examples import studies
from tests.figures.seen import shapes, texts

import trialpool as tp
from trialpool.errors import BadArgument
from trialpool.figures import from_evidence
from trialpool.figures.from_evidence import _choice

YI = [-0.62, -0.45, -0.71, -0.12, -0.38, -0.25, -0.81, 0.05, -0.33, -0.55]
VI = [0.08, 0.03, 0.11, 0.01, 0.02, 0.04, 0.15, 0.02, 0.09, 0.05]


@pytest.fixture
def drawn(monkeypatch):
    """What the calls hand to the drawings."""
    seen = []
    for name in ("draw_specification_curve", "draw_sequential_analysis", "draw_posterior", "draw_funnel"):
        monkeypatch.setattr(from_evidence, name, seen.append)
    return seen


# specification curve


@pytest.fixture(scope="module")
def many():
    review = tp.read_review("reviews/imid-maintenance")
    return tp.multiverse(review, "os", choices={"tau2": ["REML", "DL"], "ci": ["Wald"]}, leave_out=1)


def test_the_curve_has_every_analysis_with_its_choices(many, drawn):
    tp.specification_curve(many)
    (curve,) = drawn
    assert len(curve.estimates) == many.n
    assert curve.primary == many.planned_at
    names = [choice.name for choice in curve.choices]
    assert "Between-study variance" in names
    assert "Interval" not in names  # there is one only
    for choice in curve.choices:
        assert len(choice.options) > 1
        assert set(np.unique(choice.chosen)) <= set(range(len(choice.options)))
    assert int((curve.below | curve.above).sum()) == int((many.verdicts != 0).sum())


def test_of_many_studies_left_out_only_how_many_is_drawn():
    levels = ("none", *(f"s{i}" for i in range(20)), *(f"s{i} + s{i + 1}" for i in range(19)))
    labels = ("all studies", *(f"without {level}" for level in levels[1:]))
    found = SimpleNamespace(levels={"excluded": levels}, labels={"excluded": labels}, codes={"excluded": np.arange(40)})
    choice = _choice(found, "excluded")
    assert choice.options == ("All studies", "Without one study", "Without 2 studies")
    assert np.bincount(choice.chosen).tolist() == [1, 20, 19]


# sequential analysis


def sequential(**options):
    of = studies(18)
    return tp.sequential_analysis(tp.pool(of.effects, ci="Wald"), of.year, smallest_effect=0.8, **options)


def test_looks_and_boundaries_are_those_of_the_analysis(drawn):
    found = sequential()
    tp.sequential_analysis_plot(found)
    (plot,) = drawn
    assert plot.information == pytest.approx(100 * found.t)
    assert plot.z == pytest.approx(found.z)
    assert plot.labels == tuple(map(str, found.looks))
    assert plot.upper[: len(found.boundaries.z)] == pytest.approx(found.boundaries.z)
    assert plot.lower == pytest.approx(-plot.upper)
    assert plot.conventional == pytest.approx(1.959964)
    assert bool(plot.crossed) == bool(found.crossed)


@pytest.mark.parametrize(
    ("smallest", "futility"), [*((effect, False) for effect in (0.5, 0.7, 0.8, 0.85, 0.9, 0.95)), (0.7, True), (0.8, True)]
)
def test_the_words_say_of_a_crossing_what_the_analysis_says(smallest, futility, drawn):
    of = studies(60)
    fit = tp.pool(of.effects, ci="Wald")
    found = tp.sequential_analysis(fit, of.year, smallest_effect=smallest, futility=futility)
    tp.sequential_analysis_plot(found)
    assert bool(drawn[0].crossed) == bool(found.crossed)


def test_boundaries_go_on_to_the_required_information(drawn):
    of = studies(3)
    found = tp.sequential_analysis(tp.pool(of.effects, ci="Wald"), of.year, smallest_effect=0.9)
    assert found.information_fraction < 1
    tp.sequential_analysis_plot(found)
    (plot,) = drawn
    assert plot.boundary_information[-1] == pytest.approx(100)
    expected = tp.sequential_boundaries([*found.boundaries.t, 1.0]).z
    assert plot.upper == pytest.approx(expected)
    assert plot.upper[:-1] == pytest.approx(found.boundaries.z)


def test_futility_is_a_wedge_about_no_effect(drawn):
    found = sequential(futility=True)
    tp.sequential_analysis_plot(found)
    (plot,) = drawn
    assert plot.futility_upper == pytest.approx(found.boundaries.futility)
    assert plot.futility_lower == pytest.approx(-found.boundaries.futility)
    assert "Futility" in texts(from_evidence_figure(found))


def from_evidence_figure(found):
    from trialpool.figures.sequential_analysis import draw_sequential_analysis

    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(from_evidence, "draw_sequential_analysis", seen.append)
        tp.sequential_analysis_plot(found)
    return draw_sequential_analysis(seen[0])


# posterior


def test_densities_integrate_to_one_and_hold_the_interval(drawn):
    tp.posterior_plot(tp.pool_bayesian(tp.effects(YI, VI, measure="HR"), effect=tp.NormalEffect(0, 1)))
    mu, tau, new = drawn[0].densities
    for density in (mu, tau, new):
        assert np.trapezoid(density.density, density.grid) == pytest.approx(1, abs=2e-3)
        inside = (density.grid >= density.low) & (density.grid <= density.high)
        assert np.trapezoid(density.density[inside], density.grid[inside]) == pytest.approx(0.95, abs=0.02)
    assert mu.prior == pytest.approx(norm.pdf(mu.grid))
    assert tau.prior == pytest.approx(2 * norm.pdf(tau.grid, scale=0.5))
    assert new.prior is None


def test_an_improper_prior_is_not_drawn(drawn):
    tp.posterior_plot(tp.pool_bayesian(tp.effects(YI, VI, measure="HR"), tau=tp.FlatTau()))
    assert [density.prior for density in drawn[0].densities] == [None, None, None]


def test_what_is_known_has_no_density(drawn):
    tp.posterior_plot(tp.pool_bayesian(tp.effects(YI, VI, measure="HR"), tau=tp.KnownTau(0.1)))
    assert [density.name for density in drawn[0].densities] == ["Hazard ratio", "Hazard ratio in a new study"]
    known = tp.pool_bayesian(tp.effects(YI, VI, measure="HR"), effect=tp.KnownEffect(0.0), tau=tp.KnownTau(0.0))
    with pytest.raises(BadArgument) as refused:
        tp.posterior_plot(known)
    assert str(refused.value) == "posterior_plot: effect and tau are known, so there is no density to draw."


# selection funnel


def test_bands_hold_the_p_values_of_their_step(drawn):
    found = tp.selection_model(tp.effects(YI, VI, measure="HR"), steps=(0.025, 0.5))
    tp.selection_funnel(found)
    (plot,) = drawn
    assert found.alternative == "less"
    assert (plot.adjusted, plot.centre) == pytest.approx((float(found.mu), float(found.mu_without)))
    z = np.array(YI) / np.sqrt(VI)
    inside = [sum(any(low < x <= high for low, high in band.sides) for x in z) for band in plot.selection]
    assert inside == found.studies_by_step.tolist()
    assert [band.share for band in plot.selection] == pytest.approx((found.delta / found.delta.max()).tolist())


@pytest.mark.parametrize("alternative", ["greater", "less", "two-sided"])
def test_bands_cover_every_z_once(alternative, drawn):
    options = {"alternative": alternative, "steps": (0.05, 0.6), "delta": [1, 0.5, 0.25]}
    tp.selection_funnel(tp.selection_model(tp.effects(YI, VI, measure="HR"), **options))
    for z in np.linspace(-4, 4, 33):
        p = {"greater": norm.sf(z), "less": norm.cdf(z), "two-sided": 2 * norm.sf(abs(z))}[alternative]
        held = [band.share for band in drawn[0].selection if any(low < z < high for low, high in band.sides)]
        expected = [1, 0.5, 0.25][int(np.searchsorted([0.05, 0.6], p))]
        assert held == ([] if z == 0 and alternative == "two-sided" else [expected])


def test_the_shades_fill_the_plane(drawn):
    """The areas of the bands sum to that of the plane."""
    found = tp.selection_model(tp.effects(YI, VI, measure="HR"), delta=[1, 0.5, 0.2], steps=(0.025, 0.7))
    tp.selection_funnel(found)
    from trialpool.figures.funnel import draw_funnel

    figure = draw_funnel(drawn[0])
    fills = ["#ffffff", "#e1e1e1", "#cfcfcf"]
    bands = [max((shape for shape in shapes(figure, fill) if len(shape.points) > 2), key=_not_paper(figure)) for fill in fills]
    left, right = min(x for band in bands for x, _ in band.points), max(x for band in bands for x, _ in band.points)
    top, bottom = min(y for band in bands for _, y in band.points), max(y for band in bands for _, y in band.points)
    assert sum(map(_area, bands)) == pytest.approx((right - left) * (bottom - top), rel=1e-9)


def _not_paper(figure):
    page = figure.width * figure.height
    return lambda shape: _area(shape) if _area(shape) < 0.99 * page else 0.0


def _area(shape):
    x, y = np.array(shape.points).T
    return abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2


def test_other_shapes_show_the_effect_alone(drawn):
    found = tp.selection_model(tp.effects(YI, VI, measure="HR"), "negative exponential")
    tp.selection_funnel(found)
    assert drawn[0].selection == ()
    assert drawn[0].adjusted == pytest.approx(float(found.mu))


def test_a_batch_is_refused():
    batch = tp.selection_model(tp.effects([YI, YI], [VI, VI]), alternative="less", steps=(0.025,))
    with pytest.raises(BadArgument) as refused:
        tp.selection_funnel(batch)
    assert str(refused.value) == "A funnel plot is of one analysis, not of a batch. Draw the analyses one at a time."
