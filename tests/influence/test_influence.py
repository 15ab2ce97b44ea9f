"""influence, baujat, radial, residual_quantiles: against metafor, and against fits by hand without the study."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from tests.influence.reference import fit_of, table
from tests.stats.reference_tables import TAIL_AREA, Entry, counted, near
from tests.stats.strategies import LAW, Floats, studies

from trialpool.errors import BadArgument, NotEstimable
from trialpool.formulas.regress import regress
from trialpool.stats.effects.effects import Effects, effects
from trialpool.stats.effects.two_by_two import odds_ratio, risk_ratio
from trialpool.stats.influence.influence import CUTOFFS, Influence, influence
from trialpool.stats.influence.leave_one_out import cumulative, leave_one_out
from trialpool.stats.influence.residual_plots import baujat, radial, residual_quantiles
from trialpool.stats.pooling.mantel_haenszel import mantel_haenszel
from trialpool.stats.pooling.pairwise import pool, pool_common
from trialpool.stats.pooling.peto import peto

# metafor's Fisher scoring ends with a step below 1e-12, which is not the end of the way where it converges slowly, in the fits
# without a study above all: what is computed from tau2 has what is left of the way in it
LAST_STEP: dict[str, Any] = {"rel": 1e-8, "abs": 1e-9}
MEASURES = {
    "rstudent": "studentised",
    "dffits": "dffits",
    "cook.d": "cook",
    "cov.r": "cov_ratio",
    "tau2.del": "tau2_deleted",
    "QE.del": "Q_deleted",
    "hat": "hat",
}
THREE = effects([0.1, 0.5, 0.9], [0.04, 0.02, 0.04], ["A", "B", "C"])


def each_of(*kinds: str) -> pytest.MarkDecorator:
    chosen = [e for e in table("diagnostics") if e["kind"] in kinds]
    names = [f"{e.data}-{e['kind']}-{e['method']}{'-mods' if 'mods' in e.call else ''}" for e in chosen]
    return pytest.mark.parametrize("entry", chosen, ids=names)


@each_of("influence")
def test_agrees_with_metafor(entry: Entry) -> None:
    found, theirs = influence(fit_of(entry)), entry.result["inf"]
    for name, ours in MEASURES.items():
        assert getattr(found, ours) == near(theirs[name], **LAST_STEP), name
    assert 100 * found.weights == near(theirs["weight"], **LAST_STEP)
    assert found.dfbetas.T == near(list(entry.result["dfbs"].values()), **LAST_STEP)
    assert found.influential.tolist() == entry.result["is.infl"]


@each_of("rstandard", "rstudent")
def test_residuals_agree_with_metafor(entry: Entry) -> None:
    found = influence(fit_of(entry))
    ours = found.standardised if entry["kind"] == "rstandard" else found.studentised
    assert ours == near(entry.result["z"], **LAST_STEP)


@each_of("baujat", "radial", "qqnorm")
def test_coordinates_agree_with_metafor(entry: Entry) -> None:
    plot: Any = {"baujat": baujat, "radial": radial, "qqnorm": residual_quantiles}[entry["kind"]]
    points = plot(fit_of(entry))
    assert points.x == near(entry.result["x"], **LAST_STEP)
    assert points.y == near(entry.result["y"], **LAST_STEP)


@pytest.mark.parametrize("entry", table("peto_refits"), ids=[f"{e.data}-{e['kind']}" for e in table("peto_refits")])
def test_of_petos_method_leaving_out_and_cumulating_agree_with_metafor(entry: Entry) -> None:
    fit = peto(odds_ratio(**counted(entry.data)[0]))
    refits = cumulative(fit, range(len(fit.effects.study))) if "cumul" in entry["kind"] else leave_one_out(fit)
    theirs, many = entry.result, refits.fits.k > 1
    assert {one.method for _, one in refits} == {"Peto"}
    assert refits.fits.mu == near(theirs["estimate"])
    assert refits.fits.se == near(theirs["se"])
    assert refits.fits.p == near(theirs["pval"], **TAIL_AREA)
    assert np.array(refits.fits.interval()) == near([theirs["ci.lb"], theirs["ci.ub"]])
    assert refits.fits.Q == near(theirs["Q"], rel=1e-8, abs=1e-12)
    assert refits.fits.Q_p[many] == near(np.array(theirs["Qp"])[many], **TAIL_AREA)
    found = influence(fit)  # of the one-step estimates
    there = np.isfinite(fit.effects.vi)
    assert found.Q_deleted == near(leave_one_out(fit).fits.Q[there])


def test_every_reference_entry_is_tested() -> None:
    assert {e["kind"] for e in table("diagnostics")} == {"influence", "rstandard", "rstudent", "baujat", "radial", "qqnorm"}
    assert len(table("diagnostics")) == 57


@given(sample=studies(min_k=3))
def test_is_what_leaving_each_study_out_shows(sample: tuple[Floats, Floats]) -> None:
    yi, vi = sample
    fit = pool(effects(yi, vi), tau2="DL", ci="Wald")
    found, refits = influence(fit), leave_one_out(fit).fits
    assert found.tau2_deleted == near(refits.tau2, **LAW)
    assert found.Q_deleted == near(refits.Q, **LAW)
    assert found.studentised == near((yi - refits.mu) / np.sqrt(vi + refits.tau2 + refits.se**2), **LAW)
    assert found.cook == near(((fit.mu - refits.mu) / fit.se) ** 2, **LAW)
    assert found.cov_ratio == near((refits.se / fit.se) ** 2, **LAW)
    assert found.hat == near(fit.weights, **LAW)
    assert (found.weights.sum(), found.hat.sum()) == (near(1, **LAW), near(1, **LAW))


@given(sample=studies(min_k=3))
def test_of_a_common_effect_studentised_squared_is_what_a_study_adds_to_q(sample: tuple[Floats, Floats]) -> None:
    fit = pool_common(effects(*sample))
    found = influence(fit)
    assert fit.Q - found.Q_deleted == near(found.studentised**2, rel=1e-6, abs=1e-7)  # a difference of two Q
    assert found.studentised == near(found.standardised, **LAW)
    assert baujat(fit).x.sum() == near(fit.Q, **LAW)


@given(sample=studies(min_k=3))
def test_shift_scale_and_order_leave_the_measures(sample: tuple[Floats, Floats]) -> None:
    yi, vi = sample
    found = influence(pool(effects(yi, vi), tau2="DL"))
    moved = influence(pool(effects(3 - 2 * yi[::-1], 4 * vi[::-1]), tau2="DL"))
    for name, sign in {"studentised": -1, "dffits": -1, "cook": 1, "cov_ratio": 1, "hat": 1, "Q_deleted": 1}.items():
        assert getattr(moved, name)[::-1] == near(sign * getattr(found, name), rel=1e-7, abs=1e-8), name


@given(sample=studies(min_k=4))
def test_the_interval_of_the_fit_does_not_matter(sample: tuple[Floats, Floats]) -> None:
    these = effects(*sample)
    assert influence(pool(these, ci="HK")).table() == influence(pool(these, ci="Wald")).table()
    assert influence(pool(these)).table() == {
        name: near(column, **LAW) if name not in ("study", "influential") else column
        for name, column in influence(regress(these, "~ 1", {})).table().items()
        if not name.startswith("dfbetas")
    } | {"dfbetas": near(influence(pool(these)).dfbetas[:, 0], **LAW)}


def test_a_study_that_is_absent_has_no_row() -> None:
    there = pool(THREE)
    absent = pool(Effects(yi=np.array([0.1, 7, 0.5, 0.9]), vi=np.array([0.04, np.inf, 0.02, 0.04]), study=("A", "X", "B", "C")))
    assert influence(absent).table() == influence(there).table()
    assert radial(absent).table() == radial(there).table()


def test_a_large_outlier_is_flagged_by_each_cutoff_that_it_passes() -> None:
    found = influence(pool_common(effects([0.0, 0.1, -0.1, 0.05, 3.0], [0.2, 0.2, 0.2, 0.2, 0.03], list("ABCDE"))))
    assert {name: where.tolist()[4] for name, where in found.flags.items()} == dict.fromkeys(CUTOFFS, True)
    assert found.table()["influential"][4] == "DFFITS, Cook, hat, DFBETAS"


def test_in_blocks_the_numbers_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    fit = pool(effects(rng.normal(0, 1, 30), rng.uniform(0.1, 1, 30)))
    whole = influence(fit)
    monkeypatch.setattr("trialpool.stats.influence.deletion.ROWS", 70)
    for name, column in influence(fit).table().items():
        assert column == (near(whole.table()[name], **LAW) if name not in ("study", "influential") else whole.table()[name])


def test_frames_and_columns() -> None:
    found: Influence = influence(pool(THREE))
    assert list(found.to_frame("pandas").columns) == list(found.table())
    assert list(found.table())[:3] == ["study", "standardised", "studentised"]
    assert list(baujat(pool(THREE)).to_frame("polars").columns) == ["study", "x", "y"]
    assert "<th>Normal quantile</th>" in residual_quantiles(pool(THREE))._repr_html_()
    with_year = regress(effects([0.1, 0.5, 0.9, 0.2], [0.04] * 4), "~ year", {"year": [1, 2, 4, 5]})
    assert [name for name in influence(with_year).table() if name.startswith("dfbetas")] == ["dfbetas intercept", "dfbetas year"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: pool(effects(np.ones((2, 4, 3)), np.ones((2, 4, 3)))),
            "influence is of one analysis, and this fit is a batch of 8. Fit the one that is meant.",
        ),
        (
            lambda: mantel_haenszel(risk_ratio(events_t=[1, 2], n_t=[9, 9], events_c=[3, 4], n_c=[9, 9])),
            "influence goes with inverse-variance weights, not Mantel-Haenszel. Leave-one-out goes with both.",
        ),
        (
            lambda: regress(THREE, "~ 1", {}, weights="equal"),
            "influence goes with inverse-variance weights, not equal ones. Fit without `weights`.",
        ),
    ],
)
def test_fits_that_it_does_not_go_with_are_refused(make: Any, message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        influence(make())
    assert str(refusal.value) == message


def test_too_few_studies_are_refused() -> None:
    two = effects([0.1, 0.5], [0.04, 0.02])
    with pytest.raises(NotEstimable) as refusal:
        baujat(pool(two))
    assert str(refusal.value) == "baujat, random effects, k = 2: without one of them too few remain; 3 studies are the fewest."
    assert influence(pool_common(two)).studentised == near(np.array([-1, 1]) * 0.4 / np.sqrt(0.06))
    with pytest.raises(NotEstimable) as refusal:
        influence(pool_common(effects([0.1], [0.04])))
    assert str(refusal.value) == "influence, common effects, k = 1: without one of them too few remain; 2 studies are the fewest."
