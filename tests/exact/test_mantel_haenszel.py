"""Mantel-Haenszel for odds, risks and rates, and its tests: against metafor, by hand, laws, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from tests.exact.reference_results import CLOSED, arms, table
from tests.exact.trials import LAW, relabelled, swapped, trials, with_more

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.effects.effects import Counts, effects
from trialpool.stats.effects.two_by_two import odds_ratio, risk_difference, risk_ratio
from trialpool.stats.effects.zero_cells import corrected
from trialpool.stats.pooling.mantel_haenszel import MANTEL_HAENSZEL, mantel_haenszel, mantel_haenszel_rates, tables
from trialpool.stats.pooling.mantel_haenszel_tests import association_tests, mantel_haenszel_rate_tests, mantel_haenszel_tests

EFFECTS_OF = {"OR": odds_ratio, "RR": risk_ratio, "RD": risk_difference}
ENTRIES = [entry for entry in table("mantel_haenszel_peto") if "rma.mh" in entry["call"]]
OF_COUNTS = [entry for entry in ENTRIES if entry["measure"] in EFFECTS_OF]
OF_RATES = [entry for entry in ENTRIES if entry["measure"] not in EFFECTS_OF]
# metafor leaves double-zero trials out of Q of a risk difference; we keep them, as their difference is known
KEEPS_DOUBLE_ZEROS = {"nielweise2007", "yusuf1985"}


def name_of(entry: dict[str, Any]) -> str:
    return f"{entry['data']}-{entry['call'].split('(', 1)[1][:12]}-{entry['call'][-25:]}"


def level_of(entry: dict[str, Any]) -> float:
    return 0.9 if "level=90" in entry["call"] else 0.95


def is_corrected(entry: dict[str, Any]) -> bool:
    return "add=" in entry["call"]


@pytest.mark.parametrize("entry", [e for e in OF_COUNTS if not is_corrected(e)], ids=name_of)
def test_the_estimate_agrees_with_metafor(entry: dict[str, Any]) -> None:
    fit, expected = mantel_haenszel(EFFECTS_OF[entry["measure"]](**arms(entry["data"])), level=level_of(entry)), entry["result"]
    ours = [fit.mu, fit.se, fit.statistic, fit.p, *fit.interval()]
    assert ours == pytest.approx([expected[name] for name in ("beta", "se", "stat", "pval", "ci.lb", "ci.ub")], **CLOSED)
    if entry["measure"] != "RD" or entry["data"] not in KEEPS_DOUBLE_ZEROS:
        assert [fit.Q, fit.Q_p, fit.k] == pytest.approx([expected["QE"], expected["QEp"], expected["k.yi"]], rel=1e-8)
        assert [100 * fit.I2, fit.H2] == pytest.approx([expected["I2"], max(1.0, expected["H2"])], rel=1e-8)


@pytest.mark.parametrize("entry", [e for e in OF_COUNTS if is_corrected(e)], ids=name_of)
def test_the_formulas_agree_with_metafor_where_it_is_told_to_add_a_half(entry: dict[str, Any]) -> None:
    # mantel_haenszel never does; the cells after the correction are put into its formulas here
    cells = corrected(tables(Counts(**arms(entry["data"]))), double_zeros="keep").cells
    mu, var = MANTEL_HAENSZEL[entry["measure"]](cells)
    assert [mu, np.sqrt(var)] == pytest.approx([entry["result"][name] for name in ("beta", "se")], **CLOSED)


@pytest.mark.parametrize("entry", [e for e in OF_COUNTS if e["measure"] == "OR"], ids=name_of)
def test_the_tests_agree_with_metafor(entry: dict[str, Any]) -> None:
    cells = tables(Counts(**arms(entry["data"])))
    ours = association_tests(corrected(cells).cells if is_corrected(entry) else cells)
    expected = entry["result"]
    cmh, p = (ours.cmh, ours.cmh_p) if "correct=FALSE" in entry["call"] else (ours.cmh_corrected, ours.cmh_corrected_p)
    assert [cmh, p] == pytest.approx([expected["MH"], expected["MHp"]], rel=1e-8)
    both = [ours.breslow_day, ours.breslow_day_p, ours.tarone, ours.tarone_p]
    assert both == pytest.approx([expected[name] for name in ("BD", "BDp", "TA", "TAp")], rel=1e-8)
    assert ours.k == expected["k.pos"]


@pytest.mark.parametrize("entry", OF_RATES, ids=name_of)
def test_rates_agree_with_metafor(entry: dict[str, Any]) -> None:
    # no trial of hart1999 has an arm without events, so that adding a half to those that have changes nothing
    fit, expected = mantel_haenszel_rates(**arms(entry["data"]), measure=entry["measure"]), entry["result"]
    ours = [fit.mu, fit.se, fit.statistic, fit.p, *fit.interval(), fit.Q, fit.Q_p]
    names = ("beta", "se", "stat", "pval", "ci.lb", "ci.ub", "QE", "QEp")
    assert ours == pytest.approx([expected[name] for name in names], **CLOSED)
    assert [fit.k, 100 * fit.I2, fit.H2] == pytest.approx([expected["k"], expected["I2"], max(1.0, expected["H2"])], rel=1e-8)
    if "MH" in expected:
        tests = mantel_haenszel_rate_tests(**arms(entry["data"]))
        cmh, p = (tests.cmh, tests.cmh_p) if "correct=FALSE" in entry["call"] else (tests.cmh_corrected, tests.cmh_corrected_p)
        assert [cmh, p] == pytest.approx([expected["MH"], expected["MHp"]], **CLOSED)


def test_the_rate_formulas_by_hand() -> None:
    given_rates: dict[str, Any] = {"events_t": [4, 1], "time_t": [100, 30], "events_c": [8, 2], "time_c": [100, 10]}
    # T = 200 and 40: x1 t2 / T = 2 and 0.25, x2 t1 / T = 4 and 1.5, t1 t2 / T = 50 and 7.5
    assert np.exp(mantel_haenszel_rates(**given_rates).mu) == pytest.approx(2.25 / 5.5)
    assert mantel_haenszel_rates(**given_rates, measure="IRD").mu == pytest.approx((2.25 - 5.5) / 57.5)
    assert mantel_haenszel_rate_tests(**given_rates).cmh == pytest.approx((5 - 6 - 2.25) ** 2 / (12 / 4 + 3 * 300 / 1600))


# Laws


@given(trials())
def test_swapped_arms_and_relabelled_events_change_no_test(counts: dict[str, Any]) -> None:
    here = mantel_haenszel_tests(odds_ratio(**counts))
    for other in (swapped(counts), relabelled(counts), with_more(counts, events_t=0, n_t=50, events_c=0, n_c=70)):
        there = mantel_haenszel_tests(odds_ratio(**other))
        for name in ("cmh", "cmh_corrected", "breslow_day", "tarone", "df"):
            assert getattr(there, name) == pytest.approx(getattr(here, name), **LAW, nan_ok=True)


@given(trials(min_k=3, max_k=3))
def test_a_batch_of_tests_is_its_parts(counts: dict[str, Any]) -> None:
    parts = [counts, swapped(counts)]
    batch = mantel_haenszel_tests(odds_ratio(**{name: [part[name] for part in parts] for name in counts}))
    for i, part in enumerate(parts):
        alone = mantel_haenszel_tests(odds_ratio(**part))
        for name in ("cmh", "cmh_corrected", "breslow_day", "tarone", "k", "cmh_p", "tarone_p"):
            assert getattr(batch, name)[i] == pytest.approx(getattr(alone, name), rel=1e-12, abs=1e-13, nan_ok=True)


@given(trials())
def test_swapped_arms_turn_the_sign_of_rates(counts: dict[str, Any]) -> None:
    of_rates = {name.replace("n_", "time_"): values for name, values in counts.items()}
    for measure in ("IRR", "IRD"):
        there = mantel_haenszel_rates(**of_rates, measure=measure)
        back = mantel_haenszel_rates(**swapped(of_rates), measure=measure)
        assert [back.mu, back.se, back.Q] == pytest.approx([-there.mu, there.se, there.Q], **LAW)


@given(trials(min_k=1, max_k=1, min_events=1))
def test_one_trial_is_its_own_rate_ratio(counts: dict[str, Any]) -> None:
    fit = mantel_haenszel_rates(**{name.replace("n_", "time_"): values for name, values in counts.items()})
    assert [fit.mu, fit.se**2, fit.Q] == pytest.approx([fit.effects.yi[0], fit.effects.vi[0], 0.0], **LAW)


def test_a_trial_without_events_is_absent_from_a_rate_ratio() -> None:
    fit = mantel_haenszel_rates(events_t=[3, 0], time_t=[90, 50], events_c=[5, 0], time_c=[80, 50], study=["A", "B"])
    assert (fit.k, fit.notes[0]) == (1, "B: left out: no events in either arm say nothing of a ratio")


def test_a_missing_count_leaves_its_trial_out() -> None:
    three: dict[str, Any] = {"events_t": [4, None, 6], "n_t": [123, 40, 306], "events_c": [11, 3, 29], "n_c": [139, 40, 303]}
    two = {name: [values[0], values[2]] for name, values in three.items()}
    lacking, without = odds_ratio(**three, missing="drop"), odds_ratio(**two)
    assert mantel_haenszel(lacking).mu == pytest.approx(mantel_haenszel(without).mu, rel=1e-14)
    assert mantel_haenszel_tests(lacking).tarone == pytest.approx(mantel_haenszel_tests(without).tarone, rel=1e-12)


# Edges, and what is refused


def test_less_than_half_an_event_from_expectation_is_nothing_after_the_correction() -> None:
    tests = mantel_haenszel_tests(odds_ratio(events_t=[5], n_t=[100], events_c=[5], n_c=[101]))
    assert (tests.cmh > 0, tests.cmh_corrected, tests.cmh_corrected_p) == (True, 0.0, 1.0)


def test_no_odds_ratio_leaves_the_test_of_no_effect() -> None:
    tests = mantel_haenszel_tests(odds_ratio(events_t=[0, 0], n_t=[50, 60], events_c=[3, 2], n_c=[50, 60]))
    assert tests.cmh == pytest.approx((1.5 + 1) ** 2 / (50 * 50 * 3 * 97 / (100**2 * 99) + 60 * 60 * 2 * 118 / (120**2 * 119)))
    assert np.isnan([tests.breslow_day, tests.tarone, tests.breslow_day_p]).all()


NO_RATE = "in every trial the same arm has no event, so the ratio of the weighted sums does not exist"
BAD_RATES = (
    "Events and times cannot be used: events_t is 1.5 for A; time_t is 0 for A. Events are whole numbers, 0 or more. "
    "Time at risk is above 0."
)
REFUSED: list[tuple[Any, type[Exception], str]] = [
    (
        lambda: mantel_haenszel_rates(events_t=[0, 0], time_t=[9, 9], events_c=[1, 2], time_c=[9, 9]),
        NotEstimable,
        f"Mantel-Haenszel IRR, k = 2: {NO_RATE}.",
    ),
    (
        lambda: mantel_haenszel_rates(events_t=[0], time_t=[9], events_c=[0], time_c=[9], measure="IRD"),
        NotEstimable,
        "Mantel-Haenszel IRD, k = 1: no trial has an event, so the difference has no variance.",
    ),
    (
        lambda: mantel_haenszel_rates(events_t=[1], time_t=[9], events_c=[2], time_c=[9], measure="RR"),
        BadArgument,
        "measure='RR' is not known. Choose one of 'IRR', 'IRD'.",
    ),
    (lambda: mantel_haenszel_rates(events_t=[1.5], time_t=[0], events_c=[2], time_c=[9], study=["A"]), BadArgument, BAD_RATES),
    (
        lambda: mantel_haenszel_rate_tests(events_t=[0], time_t=[9], events_c=[0], time_c=[9]),
        NotEstimable,
        "Cochran-Mantel-Haenszel test: no trial has an event (k = 1).",
    ),
    (
        lambda: mantel_haenszel_tests(odds_ratio(events_t=[0], n_t=[9], events_c=[0], n_c=[9])),
        NotEstimable,
        "Cochran-Mantel-Haenszel test: no trial has both events and non-events (k = 1).",
    ),
    (
        lambda: mantel_haenszel_tests(effects([0.1], [0.2])),
        BadArgument,
        "mantel_haenszel_tests needs events and patients by arm: make the effects by odds_ratio.",
    ),
]


@pytest.mark.parametrize(("call", "error", "message"), REFUSED)
def test_refusals(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as refusal:
        call()
    assert str(refusal.value) == message
