"""subgroups: against metafor's regressions on a factor, laws, and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stats.reference_tables import CI_OF, TAIL_AREA, Entry, columns, each_of, effects_of, near, table
from tests.stats.strategies import FEW, LAW, SAME, Floats, studies

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.arrays import indicators
from trialpool.stats.distributions import chi2_p
from trialpool.stats.effects.effects import Effects, effects
from trialpool.stats.pooling.pairwise import pool, pool_common
from trialpool.stats.pooling.subgroups import Subgroups, subgroups
from trialpool.stats.pooling.tau2 import TAU2
from trialpool.stats.pooling.weighted import cochran_q

# Under "t" metafor has the k - G degrees of freedom of the regression in all its tests. Our "t" is the interval of each
# subgroup by itself, with its own k - 1, and the test between them is chi-squared; only Q, mu and se are comparable.
OTHER_DF = {"t"}
BETWEEN = [entry for entry in table("subgroups") if entry["mods"] != "~ 0 + alloc"]
BY_LEVEL = [entry for entry in table("subgroups") if entry["mods"] == "~ 0 + alloc"]
FIELDS = ("mu", "se", "df", "tau2", "Q", "k", "statistic", "p", "H2", "Q_p")


def subgroups_of(entry: Entry) -> Subgroups:
    chosen: dict[str, Any] = {"model": "common"} if entry["method"] == "EE" else {"tau2": entry["method"]}
    by = columns(entry.data)[entry["by"]]
    return subgroups(effects_of(entry.data), by, share="common", ci=CI_OF[entry["test"]], **chosen)


def label(entry: Entry) -> str:
    return f"{entry['by']}-{entry['method']}-{entry['test']}"


@each_of("subgroups", label, BETWEEN)
def test_the_test_between_levels_agrees_with_metafor(entry: Entry) -> None:
    found, expected = subgroups_of(entry), entry.result
    df, df2 = expected["QMdf"]
    assert found.df == df
    assert found.Q == near(expected["QM"] * df if df2 else expected["QM"])  # metafor divides it where it makes an F test
    assert [fit.tau2 for fit in found.fits] == near([expected["tau2"]] * (df + 1))
    if entry["test"] not in OTHER_DF:
        assert found.df2 == (df2 or np.inf)
        assert found.p == near(expected["QMp"], **TAIL_AREA)


@each_of("subgroups", label, BY_LEVEL)
def test_each_level_agrees_with_metafor(entry: Entry) -> None:
    found, expected = subgroups_of(entry), entry.result
    levels = [name.removeprefix(entry["by"]) for name in expected["coef_names"]]
    assert sorted(found.levels) == levels
    for i, level in enumerate(levels):
        fit = found.fits[found.levels.index(level)]
        assert [fit.mu, fit.se, fit.statistic] == near([expected[name][i] for name in ("beta", "se", "stat")])
        if entry["test"] not in OTHER_DF:
            assert [*fit.interval()] == near([expected["ci.lb"][i], expected["ci.ub"][i]])
            assert fit.p == near(expected["pval"][i], **TAIL_AREA)


def test_the_reference_tables_hold_every_method_and_interval() -> None:
    assert {entry["method"] for entry in BETWEEN} == {entry["method"] for entry in BY_LEVEL} == {"EE", "DL", "PM", "REML"}
    assert {entry["test"] for entry in BETWEEN} == set(CI_OF)
    assert {entry["test"] for entry in BY_LEVEL} == {"z", "knha"}


# Laws

METHODS = pytest.mark.parametrize("tau2", TAU2)
CIS = pytest.mark.parametrize("ci", ["HK", "HK-floor", "Wald", "t"])
PAIRS = pytest.mark.parametrize(
    ("tau2", "ci"), [(tau2, "HK") for tau2 in TAU2] + [("REML", ci) for ci in ("HK-floor", "Wald", "t")]
)


def same_fit(one: Any, other: Any, tolerance: dict[str, float] = SAME) -> None:
    for name in FIELDS:
        assert getattr(one, name) == near(getattr(other, name), **tolerance), name


@PAIRS
@pytest.mark.parametrize("share", ["separate", "common"])
@FEW
@given(sample=studies())
def test_one_level_is_the_pooled_effect(sample: tuple[Floats, Floats], share: str, ci: str, tau2: str) -> None:
    these = effects(*sample)
    found = subgroups(these, ["all"] * len(these.study), tau2=tau2, ci=ci, share=share)
    same_fit(found.fits[0], pool(these, tau2=tau2, ci=ci))
    assert (found.levels, found.df, found.Q) == (("all",), 0, near(0.0, **SAME))
    assert np.isnan(found.p)


@PAIRS
@FEW
@given(sample=studies(min_k=2), data=st.data())
def test_with_separate_tau2_each_level_is_pooled_by_itself(
    sample: tuple[Floats, Floats], data: st.DataObject, ci: str, tau2: str
) -> None:
    yi, vi = sample
    by = data.draw(st.lists(st.sampled_from("abc"), min_size=len(yi), max_size=len(yi)))
    found = subgroups(effects(yi, vi), by, tau2=tau2, ci=ci)
    assert list(found.levels) == list(dict.fromkeys(by))
    for level, fit in zip(found.levels, found.fits, strict=True):
        at = [i for i, its in enumerate(by) if its == level]
        same_fit(fit, pool(effects(yi[at], vi[at]), tau2=tau2, ci=ci), LAW)


@METHODS
@FEW
@given(sample=studies(min_k=2), data=st.data())
def test_the_test_between_levels_is_cochrans_q_of_their_effects(
    sample: tuple[Floats, Floats], data: st.DataObject, tau2: str
) -> None:
    yi, vi = sample
    by = data.draw(st.lists(st.sampled_from("abc"), min_size=len(yi), max_size=len(yi)))
    found = [subgroups(effects(yi, vi), by, tau2=tau2, ci=ci) for ci in ("Wald", "HK")]
    mu, se = (np.array([getattr(fit, name) for fit in found[0].fits]) for name in ("mu", "se"))
    for one in found:  # a Hartung-Knapp standard error of two studies that agree has no part in it
        assert one.Q == near(cochran_q(mu, se**2), **LAW)
        assert one.p == near(chi2_p(one.Q, len(mu) - 1), **LAW)


@given(sample=studies(min_k=2), data=st.data())
def test_q_of_a_common_effect_splits_into_within_and_between(sample: tuple[Floats, Floats], data: st.DataObject) -> None:
    yi, vi = sample
    by = data.draw(st.lists(st.sampled_from("abc"), min_size=len(yi), max_size=len(yi)))
    found = subgroups(effects(yi, vi), by, model="common", ci="Wald")
    whole = pool_common(effects(yi, vi))
    assert found.Q + sum(fit.Q for fit in found.fits) == near(whole.Q, rel=1e-9, abs=1e-8)


@PAIRS
@FEW
@given(sample=studies(min_k=3), data=st.data())
def test_with_a_common_tau2_all_levels_have_that_of_the_strata(
    sample: tuple[Floats, Floats], data: st.DataObject, ci: str, tau2: str
) -> None:
    yi, vi = sample
    by = data.draw(st.lists(st.sampled_from("ab"), min_size=len(yi), max_size=len(yi)))
    found = subgroups(effects(yi, vi), by, tau2=tau2, ci=ci, share="common")
    codes = np.array([found.levels.index(level) for level in by])
    shared = TAU2[tau2](yi, vi, indicators(codes, len(found.levels)))
    for fit in found.fits:
        assert fit.tau2 == near(np.nan if fit.k == 0 else shared, **SAME)


@CIS
def test_an_absent_study_changes_nothing_and_gives_no_level(ci: str) -> None:
    three = effects([-0.4, -0.5, -0.1, -0.2], [0.01, 0.02, 0.01, 0.03])
    by = ["a", "a", "b", "b"]
    more = Effects(yi=np.append(three.yi, 7.0), vi=np.append(three.vi, np.inf), study=(*three.study, "gone"))
    for share in ("separate", "common"):
        with_it = subgroups(more, [*by, "c"], ci=ci, share=share)
        without = subgroups(three, by, ci=ci, share=share)
        assert with_it.levels == without.levels == ("a", "b")
        assert (with_it.Q, with_it.p, with_it.df2) == (without.Q, without.p, without.df2)
        for one, other in zip(with_it.fits, without.fits, strict=True):
            same_fit(one, other)


def test_levels_of_one_study_each_share_no_tau2() -> None:
    found = subgroups(effects([0.1, 0.9], [0.04, 0.02]), ["a", "b"], ci="Wald")
    assert [fit.k for fit in found.fits] == [1, 1]
    assert found.Q == pytest.approx(0.8**2 / 0.06)
    assert [fit.mu for fit in found.fits] == [0.1, 0.9]


# What is refused


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"share": "both"}, "share='both' is not known. Choose one of 'separate', 'common'."),
        ({"model": "fixed"}, "model='fixed' is not known. Choose one of 'random', 'common', 'mantel-haenszel'."),
        ({"tau2": "XX"}, f"tau2='XX' is not known. Choose one of {', '.join(map(repr, TAU2))}."),
        ({"tau2": "XX", "share": "common"}, f"tau2='XX' is not known. Choose one of {', '.join(map(repr, TAU2))}."),
        (
            {"ci": "z"},
            "ci='z' is not known. Choose one of 'HK', 'HK-floor', 'HK-wider', 'HK-IQWiG', 'Wald', 't', 'KR', 'PL', 'HC'.",
        ),
        ({"ci": "KR", "share": "common"}, "ci='KR' is not known. Choose one of 'HK', 'HK-floor', 'Wald', 't'."),
        ({"ci": "z", "share": "common"}, "ci='z' is not known. Choose one of 'HK', 'HK-floor', 'Wald', 't'."),
        ({"level": 95}, "level=95 is not between 0 and 1. For a 95% interval give 0.95."),
        ({"by": ["a"]}, "`by` has 1 values for 3 studies. Give one for each."),
        ({"by": ["a", "b", "a", "b"]}, "`by` has 4 values for 3 studies. Give one for each."),
    ],
)
def test_a_wrong_choice_is_refused(arguments: dict[str, Any], message: str) -> None:
    three = effects([0.1, 0.5, 0.9], [0.04, 0.02, 0.04])
    with pytest.raises(BadArgument) as refusal:
        subgroups(three, **({"by": ["a", "b", "a"]} | arguments))
    assert str(refusal.value) == message


@pytest.mark.parametrize("nothing", [None, float("nan"), ""])
def test_a_study_without_a_level_is_left_out_and_the_notes_say_so(nothing: Any) -> None:
    four = effects([-0.4, -0.5, -0.1, -0.2], [0.01, 0.02, 0.01, 0.03], ["A", "B", "C", "D"])
    found = subgroups(four, ["a", "a", nothing, "b"])
    assert found.levels == ("a", "b")
    assert [fit.k for fit in found.fits] == [2, 1]
    assert found.fits[0].notes[0] == "C: left out of the subgroups, as it has no level"


def test_without_any_level_there_are_no_subgroups() -> None:
    with pytest.raises(NotEstimable) as refusal:
        subgroups(effects([0.1, 0.5], [0.04, 0.02]), [None, None])
    assert str(refusal.value) == "Subgroups: no study that is present has a level."


def test_one_subgroup_is_compared_with_nothing() -> None:
    only = subgroups(effects([-0.4, -0.5], [0.01, 0.02]), ["a", "a"], ci="Wald")
    assert str(only).splitlines()[0] == "1 subgroup, and no other to compare it with"
