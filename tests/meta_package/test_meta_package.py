"""Two arms, means, proportions, rates, correlations and subgroups against R's meta, through the public names only."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import trialpool as tp

HERE = Path(__file__).parents[1] / "reference" / "meta"
Entry = dict[str, Any]
EXACT: dict[str, Any] = {"rel": 1e-10, "abs": 1e-14}
META_TAU2: dict[str, Any] = {"rel": 1e-5, "abs": 5e-5}  # metafor's defaults end at a step of 1e-5, with PM at 1e-4
BY_TAU2: dict[str, Any] = {"rel": 1e-5, "abs": 1e-8}  # what of subgroups rests on such a tau2, here about 0.1 to 0.4

TWO_BY_TWO = {"OR": tp.odds_ratio, "RR": tp.risk_ratio, "RD": tp.risk_difference, "ASD": tp.arcsine_difference}
PROPORTIONS = {"PLOGIT": "logit", "PFT": "double-arcsine", "PAS": "arcsine", "PLN": "log", "PRAW": "none"}
RATES = {"IRLN": "log", "IRS": "sqrt", "IRFT": "freeman-tukey", "IR": "none"}
RATES_OF_TWO = {"IRR": tp.rate_ratio, "IRD": tp.rate_difference}
SUBGROUPS = {"subgroup", "subgroup_taucommon", "HR_peto_subgroup"}

# What is not compared of a kind. Everything else of it is.
COCHRAN = "another estimator, with the SE of the ratio of the totals, see its test; the random effect is compared"
EXCEPTIONS = {"metainc_Cochran": COCHRAN}
STUDY_LIMITS = {"CP": "Clopper-Pearson", "WS": "Wilson", "AC": "Agresti-Coull", "SA": "Wald"}
# Whose effects of studies differ, by the start of the id. There the pooled effect is that of the effects that meta printed.
EMPTY_CELLS = ("nielweise2007", "lau1992")
OTHER_EFFECTS = {
    "metabin-RR": "with empty cells meta adds 0.5 to events and to patients, we to events and to non-events",
    "metabin-RD": "with empty cells meta corrects the variance only, we the difference too",
    "metacont-SMD-Cohen": "another variance of d",
    "metacont-SMD-Glass": "d^2/(2 (n_c - 1)) in the variance, where we have d^2/(2 n_c)",
    "metacont-SMD-exact": "the approximate correction, 1 - 3/(4 N - 9), with a variance of its own",
    "metaprop-PLN": "where all have the event meta leaves the logarithm at 0 and corrects the variance",
    "metaprop-PRAW": "where all or none have the event meta corrects the variance only",
}
OF_EMPTY_CELLS = {"metabin-RR", "metabin-RD", "metaprop-PLN", "metaprop-PRAW"}


@cache
def entries() -> tuple[Entry, ...]:
    return tuple(json.loads((HERE / "results.json").read_text(encoding="utf-8")))


@cache
def data_sets() -> dict[str, dict[str, list[Any]]]:
    return {e["data"]: e["columns"] for e in json.loads((HERE / "data_sets.json").read_text(encoding="utf-8"))}


def columns(entry: Entry) -> dict[str, list[Any]]:
    return {name: values for name, values in data_sets()[entry["data"]].items() if name != "group"}


def measure(entry: Entry) -> str:
    return str(re.findall(r'sm="(\w+)"', entry["call"])[0])


def by(entry: Entry) -> str:
    return str(entry["call"].split("(")[0])


def method(entry: Entry) -> str:
    named = re.search(r'method="(\w+)"', entry["call"])
    default = "MH" if by(entry) == "metabin" and measure(entry) != "ASD" else "Inverse"
    return named[1] if named else default


def family(entry: Entry) -> str:
    variant = re.search(r"Cohen|Glass|exact", entry["call"]) if by(entry) == "metacont" else None
    return "-".join([by(entry), measure(entry), *([variant[0]] if variant else [])])


def label(entry: Entry) -> str:
    return f"{entry['kind']}-{family(entry)}-{entry['data']}"


def each(chosen: Iterable[Entry]) -> pytest.MarkDecorator:
    found = list(chosen)
    return pytest.mark.parametrize("entry", found, ids=[label(e) for e in found])


def near(expected: Any, **tolerance: float) -> Any:
    return pytest.approx(np.asarray(expected, dtype=float), **(tolerance or EXACT))


def smd(entry: Entry, **arms: Any) -> Any:
    if "Cohen" in entry["call"]:
        return tp.standardised_mean_difference(**arms, correct=False)
    if "Glass" in entry["call"]:
        return tp.standardised_mean_difference(**arms, standardiser="control", correct=False)
    return tp.standardised_mean_difference(**arms, variance="UB")


def means(entry: Entry) -> Any:
    arms: dict[str, Any] = {**columns(entry), "missing": "drop"}
    if measure(entry) == "MD":
        return tp.mean_difference(**arms)
    return tp.ratio_of_means(**arms, correct=False) if measure(entry) == "ROM" else smd(entry, **arms)


def counts(entry: Entry) -> Any:
    if method(entry) == "Peto":
        return tp.peto_odds_ratio(**columns(entry))
    return TWO_BY_TWO[measure(entry)](**columns(entry))


def rates(entry: Entry) -> Any:
    there = columns(entry)
    return tp.rate(events=there["events_t"], time=there["time_t"], transform=RATES[measure(entry)])


EFFECTS: dict[str, Callable[[Entry], Any]] = {
    "metabin": counts,
    "metacont": means,
    "metaprop": lambda e: tp.proportion(**columns(e), transform=PROPORTIONS[measure(e)]),
    "metarate": rates,
    "metainc": lambda e: RATES_OF_TWO[measure(e)](**columns(e)),
    "metacor": lambda e: tp.correlation(**columns(e), transform={"ZCOR": "z", "COR": "none"}[measure(e)]),
    "metagen": lambda e: tp.effects(**columns(e), measure="HR"),
}


def differs(entry: Entry) -> bool:
    """Whether the effects of the studies are others than ours by definition."""
    name = family(entry)
    return name in OTHER_EFFECTS and (name not in OF_EMPTY_CELLS or entry["data"] in (*EMPTY_CELLS, "pritz1997"))


def printed(entry: Entry) -> Any:
    """The effects that meta printed, of the studies that have one."""
    yi, sei = (np.array(entry["result"][name], dtype=float) for name in ("TE", "seTE"))
    there = np.isfinite(yi) & np.isfinite(sei)
    return tp.effects(yi[there], sei[there] ** 2)


def ours(entry: Entry) -> Any:
    return printed(entry) if differs(entry) else EFFECTS[by(entry)](entry)


def tau2_method(entry: Entry) -> str:
    named = re.search(r'method\.tau="(\w+)"', entry["call"])
    return named[1] if named else "REML"


def corrected(entry: Entry) -> bool:
    """Whether meta adds 0.5 to empty cells before it pools by Mantel and Haenszel."""
    return method(entry) == "MH" and "MH.exact" not in entry["call"] and entry["data"] in EMPTY_CELLS


POOLED = [e for e in entries() if not e["kind"].startswith("study_ci")]
WITH_EFFECTS = [e for e in POOLED if "TE" in e["result"]]
BY_SIZE = [e for e in POOLED if e["kind"] == "metabin_SSW"]
COMMON = [e for e in POOLED if e["kind"] not in EXCEPTIONS and e not in BY_SIZE]
RANDOM = [e for e in POOLED if e not in BY_SIZE]
OF_ONE_STUDY = [e for e in entries() if e["kind"].removeprefix("study_ci_") in STUDY_LIMITS]
OWN_LIMITS = [e for e in entries() if e["kind"] == "study_ci_NAsm"]
MH_DIFFERENCES = [e for e in entries() if e["kind"] == "metabin_MH" and measure(e) == "RD"]


def test_every_entry_is_compared_or_named_as_an_exception() -> None:
    compared = [label(e) for e in [*COMMON, *BY_SIZE, *OWN_LIMITS, *OF_ONE_STUDY]]
    assert {label(e) for e in entries()} == {*compared, *(label(e) for e in entries() if e["kind"] in EXCEPTIONS)}
    assert {e["kind"] for e in entries()} >= EXCEPTIONS.keys()
    assert {family(e) for e in WITH_EFFECTS if differs(e)} == OTHER_EFFECTS.keys()


@each(e for e in WITH_EFFECTS if not differs(e))
def test_effects_of_studies(entry: Entry) -> None:
    found, expected = EFFECTS[by(entry)](entry), printed(entry)
    there = np.isfinite(found.vi)
    assert found.yi[there] == near(expected.yi)
    assert found.sei[there] == near(expected.sei)


@each(e for e in WITH_EFFECTS if differs(e))
def test_effects_that_are_said_to_differ_do(entry: Entry) -> None:
    found, expected = EFFECTS[by(entry)](entry), printed(entry)
    there = np.isfinite(found.vi)
    assert [found.yi[there], found.sei[there]] != [near(expected.yi), near(expected.sei)]
    assert found.yi[there] == pytest.approx(expected.yi, rel=0.03, abs=0.05)


@each(COMMON)
def test_common_effect(entry: Entry) -> None:
    expected = entry["result"]
    if method(entry) != "MH":
        fit = tp.pool_common(ours(entry))
    elif by(entry) == "metainc":
        fit = tp.mantel_haenszel_rates(**columns(entry), measure=measure(entry))
    elif corrected(entry) and measure(entry) != "RD":
        fit = tp.mantel_haenszel(doubled(entry))
        assert [fit.mu, fit.se * np.sqrt(2)] == near([expected["TE.common"], expected["seTE.common"]])
        return
    else:
        fit = tp.mantel_haenszel(counts(entry))
    if entry in MH_DIFFERENCES:  # see the test of their standard error
        assert fit.mu == pytest.approx(expected["TE.common"], rel=2e-3 if corrected(entry) else 1e-10)
        return
    assert [fit.mu, fit.se] == near([expected["TE.common"], expected["seTE.common"]])
    assert [*fit.interval()] == near([expected["lower.common"], expected["upper.common"]])


def doubled(entry: Entry) -> Any:
    """Tables with 0.5 in the four cells of those with an empty one, times 2: the estimate stays, the variance is halved."""
    a, n_t, c, n_c = (2 * np.array(columns(entry)[name]) for name in ("events_t", "n_t", "events_c", "n_c"))
    empty = ((a == 0) | (c == 0) | (a == n_t) | (c == n_c)) & (a + c > 0)
    return TWO_BY_TWO[measure(entry)](events_t=a + empty, n_t=n_t + 2 * empty, events_c=c + empty, n_c=n_c + 2 * empty)


@each(MH_DIFFERENCES)
def test_standard_error_of_a_mantel_haenszel_difference_is_by_another_formula(entry: Entry) -> None:
    """meta's is that of Greenland and Robins (1985), with 0.5 in empty cells; ours that of Sato, Greenland and Robins (1989)."""
    a, n_t, c, n_c = (np.array(columns(entry)[name]) for name in ("events_t", "n_t", "events_c", "n_c"))
    add = 0.5 * ((a == 0) | (c == 0) | (a == n_t) | (c == n_c))
    a, b, c, d = a + add, n_t - a + add, c + add, n_c - c + add
    n_t, n_c = a + b, c + d
    N = n_t + n_c
    theirs = np.sqrt(np.sum((a * b * n_c**3 + c * d * n_t**3) / (n_t * n_c * N**2))) / np.sum(n_t * n_c / N)
    assert theirs == near(entry["result"]["seTE.common"])
    assert tp.mantel_haenszel(counts(entry)).se == pytest.approx(theirs, rel=0.02)


@each(RANDOM)
def test_random_effect_at_their_tau2(entry: Entry) -> None:
    expected, these = entry["result"], ours(entry)
    ci = "HK" if entry["kind"] == "metabin_HK_PM" else "Wald"
    fit = tp.regress_matrix(these, [[1.0]] * len(these.yi), tau2=expected["tau2"], ci=ci).coefficients
    assert [*fit.estimate, *fit.se] == near([expected["TE.random"], expected["seTE.random"]])
    assert [*np.ravel(fit.interval())] == near([expected["lower.random"], expected["upper.random"]])


@each(POOLED)
def test_tau2_and_q(entry: Entry) -> None:
    expected, these = entry["result"], ours(entry)
    fit = tp.pool(these, tau2=tau2_method(entry), ci="Wald")
    assert [int(fit.k), fit.Q, fit.Q_p] == near([expected["k"], expected["Q"], expected["pval.Q"]])
    assert fit.tau2 == near(expected["tau2"], **META_TAU2)
    if tau2_method(entry) == "REML":
        there = np.isfinite(these.vi)
        mine, theirs = (restricted(these.yi[there], these.vi[there], tau2) for tau2 in (fit.tau2, expected["tau2"]))
        assert mine >= theirs - 1e-10  # their steps may end on the way up, ours at the top


def restricted(yi: Any, vi: Any, tau2: float) -> float:
    """The restricted log-likelihood, but for a constant."""
    wi = 1 / (vi + tau2)
    mu = (wi * yi).sum() / wi.sum()
    return float((np.log(wi).sum() - np.log(wi.sum()) - (wi * (yi - mu) ** 2).sum()) / 2)


@each(e for e in entries() if e["kind"] in SUBGROUPS)
def test_subgroups(entry: Entry) -> None:
    expected, group = entry["result"], data_sets()[entry["data"]]["group"]
    share = "common" if "tau.common=TRUE" in entry["call"] else "separate"
    random = tp.subgroups(ours(entry), group, tau2=tau2_method(entry), ci="Wald", share=share)
    common = tp.subgroups(ours(entry), group, ci="Wald", model="common")
    assert list(random.levels) == [str(level) for level in expected["subgroup.levels"]]
    assert [[fit.k, fit.Q] for fit in random.fits] == near(np.transpose([expected["k.w"], expected["Q.w"]]))
    assert [fit.tau2 for fit in random.fits] == near(expected["tau2.w"], **META_TAU2)
    for found, model, tolerance in ((random, "random", BY_TAU2), (common, "common", EXACT)):
        assert [fit.mu for fit in found.fits] == near(expected[f"TE.{model}.w"], **tolerance)
        assert [fit.se for fit in found.fits] == near(expected[f"seTE.{model}.w"], **tolerance)
        assert [found.Q, found.p] == near([expected[f"Q.b.{model}"], expected[f"pval.Q.b.{model}"]], **tolerance)
        assert found.df == expected["df.Q.b"]


@each(OWN_LIMITS)
def test_limits_of_single_proportions_on_the_analysis_scale(entry: Entry) -> None:
    found = EFFECTS["metaprop"](entry)
    alone = [tp.pool_common(tp.effects([yi], [vi])).interval() for yi, vi in zip(found.yi, found.vi, strict=True)]
    assert alone == near(np.transpose([entry["result"]["lower"], entry["result"]["upper"]]))


@each(OF_ONE_STUDY)
def test_limits_of_single_proportions(entry: Entry) -> None:
    there = columns(entry)
    found = tp.proportion_interval(**there, method=STUDY_LIMITS[entry["kind"].removeprefix("study_ci_")])
    for ours_, theirs in ((found.low, "lower"), (found.high, "upper")):  # which meta puts on the scale of the double arcsine
        x, n = ours_ * np.array(there["n"]), np.array(there["n"])
        transformed = (np.arcsin(np.sqrt(x / (n + 1))) + np.arcsin(np.sqrt((x + 1) / (n + 1)))) / 2
        assert transformed == near(entry["result"][theirs], rel=1e-8)


@each(BY_SIZE)
def test_weights_by_the_sizes_of_the_arms(entry: Entry) -> None:
    expected, there = entry["result"], columns(entry)
    n_t, n_c = (np.array(there[name]) for name in ("n_t", "n_c"))
    kept = np.isfinite(np.array(expected["TE"], dtype=float)) & np.isfinite(np.array(expected["seTE"], dtype=float))
    weights, ones = (n_t * n_c / (n_t + n_c))[kept], [[1.0]] * int(kept.sum())
    for tau2, model in ((0.0, "common"), (expected["tau2"], "random")):
        fit = tp.regress_matrix(printed(entry), ones, weights=weights, tau2=tau2, ci="Wald").coefficients
        assert [*fit.estimate] == near([expected[f"TE.{model}"]])
        if expected.get(f"seTE.{model}") is not None:
            assert [*fit.se, *np.ravel(fit.interval())] == near([expected[f"{n}.{model}"] for n in ("seTE", "lower", "upper")])
        else:  # meta gives no standard error here, as its weights of studies left out are missing
            assert expected[f"pval.{model}"] == 1


@each(e for e in entries() if e["kind"] == "metainc_Cochran")
def test_the_standard_error_by_cochran_is_that_of_the_ratio_of_the_totals(entry: Entry) -> None:
    there = columns(entry)
    totals = np.sum(there["events_t"]), np.sum(there["events_c"])
    assert np.sqrt(1 / totals[0] + 1 / totals[1]) == near(entry["result"]["seTE.common"])
    assert tp.mantel_haenszel_rates(**there).mu == pytest.approx(entry["result"]["TE.common"], abs=0.05)
