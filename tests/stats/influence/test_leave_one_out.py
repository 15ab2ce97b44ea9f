"""leave_one_out and cumulative: against metafor, and against pooling the studies that are left."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stats.pooling.exact import exact_restricted_score
from tests.stats.reference_tables import EFFECTS_OF, REFERENCE, TAIL_AREA, Entry, columns, counted, each_of, effects_of, near, table
from tests.stats.strategies import LAW, Floats, studies, two_by_two_tables

from trialpool.errors import BadArgument
from trialpool.stats.effects.effects import effects
from trialpool.stats.influence.leave_one_out import Refits, cumulative, leave_one_out
from trialpool.stats.pooling.mantel_haenszel import mantel_haenszel
from trialpool.stats.pooling.pairwise import pool, pool_common

FIELDS = ("mu", "se", "df", "tau2", "Q", "k")
# metafor's Fisher scoring ends with a step below 1e-12, which far from quadratic convergence is not yet the end of the way
LAST_STEP = 1e-11
RELATIVE_TO_VI = 1e-7
MODELS: dict[str, Any] = {
    "common": pool_common,
    "REML-HK": pool,
    "PM-HK-floor": lambda these: pool(these, tau2="PM", ci="HK-floor"),
    "DL-t": lambda these: pool(these, tau2="DL", ci="t", level=0.9),
}
EVERY_MODEL = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


def refits_of(entry: Entry) -> Refits:
    these = effects_of(entry.data)
    fit = pool_common(these) if entry["method"] == "EE" else pool(these, tau2=entry["method"], ci="Wald")
    if entry["kind"] == "leave1out":
        return leave_one_out(fit)
    return cumulative(fit, columns(entry.data)["year"] if entry["kind"] == "cumul_year" else range(len(these.study)))


def test_refits_print_as_a_table() -> None:
    fit = pool_common(effects([-0.4, -0.5, -0.1], [0.01, 0.01, 0.01], ["A", "B", "C"]))
    lines = str(leave_one_out(fit)).splitlines()
    assert lines[0].split()[:3] == ["study", "k", "mu"]
    assert [line.split()[:3] for line in lines[1:]] == [["A", "2", "-0.3"], ["B", "2", "-0.25"], ["C", "2", "-0.45"]]


@each_of("refits", lambda entry: f"{entry['kind']}-{entry['method']}")
def test_agrees_with_metafor(entry: Entry) -> None:
    fits, expected = refits_of(entry).fits, entry.result
    assert fits.mu == near(expected["estimate"])
    assert fits.se == near(expected["se"])
    assert fits.statistic == near(expected["zval"])
    assert fits.p == near(expected["pval"], **TAIL_AREA)
    assert np.array(fits.interval()) == near([expected["ci.lb"], expected["ci.ub"]])
    assert fits.Q == near(expected["Q"])
    many = fits.k > 1  # of one study metafor says tau2 = 0, I2 = 0, H2 = 1 and a P of homogeneity of 1; we say nan
    assert fits.Q_p[many] == near(np.array(expected["Qp"])[many], **TAIL_AREA)
    spread = {"rel": 1e-8, "abs": RELATIVE_TO_VI} if entry["method"] == "REML" else REFERENCE
    assert 100 * fits.I2[many] == near(np.array(expected["I2"])[many], **spread)
    # metafor does not cut H2 = Q / df of a common effect at 1
    H2 = np.array(expected["H2"])[many]
    assert fits.H2[many] == near(np.maximum(H2, 1.0) if entry["method"] == "EE" else H2, **spread)
    if "tau2" in expected:
        last_step = {"rel": 1e-8, "abs": LAST_STEP} if entry["method"] == "REML" else REFERENCE
        assert fits.tau2[many] == near(np.array(expected["tau2"])[many], **last_step)


@each_of("refits", lambda entry: entry["kind"], [e for e in table("refits") if e["method"] == "REML"])
def test_where_metafor_stops_a_step_early_our_tau2_solves_the_equation_more_closely(entry: Entry) -> None:
    fits, theirs = refits_of(entry).fits, np.array(entry.result["tau2"], dtype=float)
    apart = (fits.k > 1) & (np.abs(fits.tau2 - theirs) > 1e-8 * theirs)
    for i in np.flatnonzero(apart):
        there = np.isfinite(fits.effects.vi[i])
        sample = (fits.effects.yi[there], fits.effects.vi[i, there])
        ours = exact_restricted_score(*sample, fits.tau2[i])
        if fits.tau2[i] == 0:
            assert ours < 0  # the likelihood falls from the boundary on: their tau2 is on its way there
        else:
            assert abs(ours) < abs(exact_restricted_score(*sample, theirs[i])) / 1000


@each_of("refits", lambda entry: f"{entry['kind']}-{entry['method']}")
def test_cumulates_in_metafors_order(entry: Entry) -> None:
    refits, expected = refits_of(entry), entry.result
    if entry["kind"] == "cumul_year":
        years = columns(entry.data)["year"]
        assert [years[int(label) - 1] for label in refits.labels] == [str(year) for year in expected["order"]]
    if "k" in expected:
        assert refits.fits.k.tolist() == expected["k"]


@each_of("mantel_haenszel_refits", lambda entry: f"{entry['kind']}-{entry['measure']}")
def test_of_a_mantel_haenszel_fit_agrees_with_metafor(entry: Entry) -> None:
    arms, _ = counted(entry.data)
    fit = mantel_haenszel(EFFECTS_OF[entry["measure"]](**arms))
    refits = cumulative(fit, range(len(fit.effects.study))) if "cumul" in entry["kind"] else leave_one_out(fit)
    expected = entry.result
    exists = np.isfinite(np.array(expected["estimate"], dtype=float))
    assert np.isfinite(refits.fits.mu).tolist() == exists.tolist()
    assert {one.method for _, one in refits} == {"MH"}
    assert refits.fits.mu == near(expected["estimate"])
    assert refits.fits.se == near(expected["se"])
    assert refits.fits.p == near(expected["pval"], **TAIL_AREA)
    assert refits.fits.Q[exists] == near(np.array(expected["Q"])[exists])


@given(arms=two_by_two_tables(min_k=3, min_events=1))
def test_of_a_mantel_haenszel_fit_is_pooling_the_others(arms: dict[str, Any]) -> None:
    for make in EFFECTS_OF.values():
        fit = mantel_haenszel(make(**arms), level=0.9)
        for i, (_, found) in enumerate(leave_one_out(fit)):
            alone = mantel_haenszel(make(**{name: np.delete(counts, i) for name, counts in arms.items()}), level=0.9)
            for name in FIELDS:
                assert getattr(found, name) == near(getattr(alone, name), **LAW), name
            assert (found.method, found.level) == ("MH", 0.9)


@EVERY_MODEL
@given(sample=studies(min_k=2))
def test_leave_one_out_is_pooling_the_others(sample: tuple[Floats, Floats], model: Any) -> None:
    yi, vi = sample
    for i, (_, found) in enumerate(leave_one_out(model(effects(yi, vi)))):
        alone = model(effects(np.delete(yi, i), np.delete(vi, i)))
        for name in FIELDS:
            assert getattr(found, name) == near(getattr(alone, name), **LAW), name
        assert (found.ci_method, found.level) == (alone.ci_method, alone.level)


@EVERY_MODEL
@given(sample=studies(min_k=2), data=st.data())
def test_cumulative_is_pooling_those_so_far(sample: tuple[Floats, Floats], data: st.DataObject, model: Any) -> None:
    yi, vi = sample
    years = data.draw(st.lists(st.integers(2000, 2005), min_size=len(yi), max_size=len(yi)))
    whole = model(effects(yi, vi))
    refits = cumulative(whole, years)
    order = sorted(range(len(yi)), key=lambda i: years[i])  # equal years keep their order
    assert refits.labels == tuple(str(i + 1) for i in order)
    for n, (_, found) in enumerate(refits, start=1):
        alone = model(effects(yi[order[:n]], vi[order[:n]]))
        for name in FIELDS:
            assert getattr(found, name) == near(getattr(alone, name), **LAW), name
    for name in FIELDS:
        assert getattr(refits.fits, name)[-1] == near(getattr(whole, name), **LAW), name


def test_each_analysis_carries_the_name_of_the_study_that_is_missing() -> None:
    fit = pool(effects([-0.4, -0.5, -0.1], [0.01, 0.01, 0.01], ["A", "A", "C"]))
    assert [(label, found.k) for label, found in leave_one_out(fit)] == [("A", 2), ("A", 2), ("C", 2)]
    assert [label for label, _ in cumulative(fit, [3, 1, 2])] == ["A", "C", "A"]


@pytest.mark.parametrize("by", [[2001], [2001, 2002, 2003, 2004]])
def test_an_order_of_another_length_is_refused(by: list[int]) -> None:
    with pytest.raises(BadArgument) as refusal:
        cumulative(pool(effects([0.1, 0.5, 0.9], [0.04, 0.02, 0.04])), by)
    assert str(refusal.value) == f"`by` has {len(by)} values for 3 studies. Give one for each."


def test_a_study_without_a_place_in_the_order_is_refused() -> None:
    fit = pool(effects([0.1, 0.5, 0.9], [0.04, 0.02, 0.04], ["A", "B", "C"]))
    with pytest.raises(BadArgument) as refusal:
        cumulative(fit, [2001, None, float("nan")])
    assert str(refusal.value) == "`by` has no value for B, C. Give one for each, or leave the study out."
