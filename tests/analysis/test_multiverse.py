"""The multiverse: its analyses are those that one would run one at a time, and its sums are those of its own table."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.formats.folders import COUNTS_PLAN, PLAN, RESULTS, STUDIES, counts, folder, row

from trialpool.analysis.data_variants import ROUTE_CHOICES, ROWS
from trialpool.analysis.multiverse import CHOICES, Multiverse, multiverse
from trialpool.analysis.run import analyse
from trialpool.errors import BadArgument, NotEstimable
from trialpool.formats.review_folder import read_review
from trialpool.review.plan import goes_together
from trialpool.stats.effects.two_by_two import odds_ratio, risk_ratio
from trialpool.stats.pooling.intervals import INTERVALS
from trialpool.stats.pooling.pairwise import pool
from trialpool.stats.pooling.tau2 import TAU2

FLAGSHIP = Path(__file__).parents[2] / "reviews/imid-maintenance"
NOT_IN_IT = ("mantel-haenszel", "rounding-edges", "without-high-risk", "low-risk-only")
SAME: dict[str, Any] = {"rel": 1e-9, "abs": 1e-11}
ONE = {"tau2": ["REML"], "ci": ["Wald"], "rows": ["primary"], "route": ["best"], "strata": ["apart"]}
STRATA = (STUDIES[0] | {"stratum": "old"}, STUDIES[0] | {"stratum": "young"}, *STUDIES[1:])
MIXED = [
    row(status="derived", estimate="0.81", ci_low="0.6", ci_high="1.1"),
    row(status="recalled", estimate="0.82"),
    row(study="b-2005", estimate="0.63", ci_low="0.5", ci_high="0.8", p="0.001", events_t="40", n_t="90", events_c="60", n_c="90"),
    row(study="c-2010", estimate="0.84", status="recalled"),
]


def of_flagship(id_: str, **chosen: Any) -> Multiverse:
    return multiverse(read_review(FLAGSHIP), id_, **chosen)


def found(tmp_path: Path, *, choices: Any = None, leave_out: int = 1, **files: Any) -> Multiverse:
    return multiverse(read_review(folder(tmp_path, **files)), "os", choices=choices, leave_out=leave_out)


def the_one(result: Multiverse, **levels: str) -> int:
    """Where the analysis with these levels is."""
    at = [np.array(result.level_of(choice)) == level for choice, level in levels.items()]
    (index,) = np.flatnonzero(np.logical_and.reduce(at))
    return int(index)


@pytest.mark.parametrize("id_", ["pfs", "os", "spm"])
def test_what_the_sensitivity_set_varies_is_in_it(id_: str) -> None:
    result, findings = of_flagship(id_), analyse(read_review(FLAGSHIP))[id_]
    plan = {"tau2": "REML", "ci": "HK", "rows": "primary", "route": "best", "excluded": "none"}
    plan |= {name: levels[0] for name, levels in result.levels.items() if name not in plan}
    assert result.planned_at == the_one(result, **plan)
    changes = {"dl-wald": {"tau2": "DL", "ci": "Wald"}, "common": {"tau2": "common", "ci": "Wald"}}
    changes |= {"hk-floor": {"ci": "HK-floor"}, "read-only": {"rows": "read-only"}, "all-rows": {"rows": "all-rows"}}
    for variation in findings.sensitivity:
        if variation.fit is None or variation.id.startswith(NOT_IN_IT):
            continue
        change = changes.get(variation.id, {"excluded": variation.id.removeprefix("without:")})
        at = the_one(result, **(plan | change))
        ours = (result.mu[at], result.low[at], result.high[at], result.tau2[at], result.k[at])
        fit = variation.fit
        assert ours == pytest.approx((fit.mu, *fit.interval(), fit.tau2, fit.k), **SAME), variation.id


def test_each_analysis_is_pooling_what_its_levels_say(tmp_path: Path) -> None:
    result = found(tmp_path, choices={"rows": ["primary"], "route": ["best"]})
    yi, vi = analyse(read_review(folder(tmp_path / "again")))["os"].fit.effects.yi, None
    assert result.n == sum(goes_together(t, c) for t in result.levels["tau2"] for c in INTERVALS) * 4
    fit = result.planned
    for at in range(result.n):
        levels = {name: result.level_of(name)[at] for name in ("tau2", "ci", "excluded")}
        kept = [i for i, study in enumerate(STUDIES) if study["study"] != levels["excluded"]]
        yi, vi = fit.effects.yi[kept], fit.effects.vi[kept]
        tau2 = 0.0 if levels["tau2"] == "common" else float(TAU2[levels["tau2"]](yi, vi))
        wi = 1 / (vi + tau2)
        mu = (wi * yi).sum() / wi.sum() if levels["ci"] != "HC" else (yi / vi).sum() / (1 / vi).sum()
        assert (result.mu[at], result.tau2[at]) == pytest.approx((mu, tau2), **SAME)
        assert result.low[at] < result.mu[at] < result.high[at]


def test_shares_spread_and_flips_are_those_of_the_table() -> None:
    result = of_flagship("os", choices={"tau2": ["REML", "DL", "common"], "ci": ["HK", "Wald"]})
    table = result.table()
    side = [(low > 0) - (high < 0) for low, high in zip(table["ci_low"], table["ci_high"], strict=True)]
    assert result.verdicts.tolist() == side
    assert result.conclusion == side[result.planned_at or 0]
    assert result.share == pytest.approx(np.mean([one == result.conclusion for one in side]))
    for choice in CHOICES:
        others = [name for name in CHOICES if name != choice]
        groups: dict[Any, list[int]] = {}
        for i in range(result.n):
            groups.setdefault(tuple(table[name][i] for name in others), []).append(i)
        moved, flipped = [], []
        for group in groups.values():
            if len(group) > 1:
                pairs = list(combinations(group, 2))
                moved.append(np.mean([abs(table["mu"][i] - table["mu"][j]) for i, j in pairs]))
                flipped.append(np.mean([table["holds"][i] != table["holds"][j] for i, j in pairs]))
        assert result.spread[choice] == pytest.approx(np.mean(moved) if moved else 0), choice
        assert result.flips[choice] == pytest.approx(np.mean(flipped) if flipped else 0), choice
    assert result.moves_most == result.summary()["choice"][0]
    assert result.summary()["spread"] == sorted(result.spread.values(), reverse=True)


def test_rows_are_varied_by_their_status(tmp_path: Path) -> None:
    chosen = {"tau2": ["common"], "ci": ["Wald"], "route": ["best"]}
    result = found(tmp_path, results=[*MIXED, row(study="a-2001", estimate="0.7")], choices=chosen, leave_out=0)
    assert (result.levels["rows"], result.k.tolist()) == (("primary", "all-rows"), [2, 3])  # read-only is the same as primary
    result = found(tmp_path / "derived", results=[*MIXED, row(study="c-2010")], choices=chosen, leave_out=0)
    assert (result.levels["rows"], result.k.tolist()) == (
        ("primary", "read-only"),
        [3, 2],
    )  # status decides between equal routes


def test_routes_are_varied_where_a_report_has_several(tmp_path: Path) -> None:
    results = [
        row(estimate="0.8", ci_low="", ci_high="", p="0.04", events_t="90", n_t="150", events_c="100", n_c="150")
        | {"median_t": "30", "median_c": "20"},
        row(study="b-2005"),
    ]
    review = read_review(folder(tmp_path, results=results))
    result = multiverse(review, "os", choices={"tau2": ["common"], "ci": ["Wald"]}, leave_out=0)
    routes = {d.route: d for d in analyse(review)["os"].selection.effects[0].chosen.derivations}
    assert list(routes)[:2] == ["estimate and events", "P and events"]
    named = {"best": "estimate and events", "second": "P and events", "curve": "medians and events"}
    assert result.levels["route"] == ("best", "second", "curve")  # no-P is the same as best here
    other = analyse(review)["os"].selection.effects[1].derivation
    for level in result.levels["route"]:
        both = [routes[named[level]], other]
        wi = np.array([1 / d.vi for d in both])
        at = the_one(result, route=level)
        assert result.mu[at] == pytest.approx((wi * [d.yi for d in both]).sum() / wi.sum(), **SAME)


def test_a_study_with_strata_enters_apart_or_as_a_whole(tmp_path: Path) -> None:
    results = [row(stratum="old"), row(stratum="young", estimate="0.70"), row(estimate="0.76"), *RESULTS[1:]]
    result = found(tmp_path, studies=STRATA, results=results, choices={"tau2": ["common"], "ci": ["Wald"], "route": ["best"]})
    assert result.levels["strata"] == ("apart", "whole")
    assert [result.k[the_one(result, strata=level, excluded="none")] for level in ("apart", "whole")] == [4, 3]
    assert [result.k[the_one(result, strata=level, excluded="a-2001")] for level in ("apart", "whole")] == [2, 2]
    unreported = found(tmp_path / "apart", studies=STRATA, results=[results[0], results[1], *RESULTS[1:]])
    assert unreported.levels["strata"] == ("apart",)


def test_counts_are_varied_by_measure_and_by_what_is_done_about_empty_cells(tmp_path: Path) -> None:
    arms = [(0, 100, 8, 110), (6, 90, 9, 95), (12, 200, 20, 210)]
    rows = [counts(study["study"], *arm) for study, arm in zip(STUDIES, arms, strict=True)]
    result = found(tmp_path, toml=COUNTS_PLAN, results=rows, choices={"tau2": ["DL"], "ci": ["Wald"]}, leave_out=0)
    assert (result.levels["measure"], result.levels["zero_cells"]) == (("RR", "OR"), ("only", "treatment-arm", "none"))
    columns = dict(zip(("events_t", "n_t", "events_c", "n_c"), zip(*arms, strict=True), strict=True))
    for measure, make in {"RR": risk_ratio, "OR": odds_ratio}.items():
        for policy in result.levels["zero_cells"]:
            alone = pool(make(**columns, zero_cells=policy), tau2="DL", ci="Wald")
            at = the_one(result, measure=measure, zero_cells=policy)
            assert (result.mu[at], result.tau2[at], result.k[at]) == pytest.approx((alone.mu, alone.tau2, alone.k), **SAME)


def test_a_study_that_is_not_in_is_not_left_out_and_too_few_are_counted(tmp_path: Path) -> None:
    result = found(tmp_path, results=[*MIXED, row(study="a-2001", estimate="0.7")], choices={"tau2": ["PM"], "ci": ["t"]})
    table = result.table()
    assert sorted(set(zip(table["rows"], table["excluded"], table["k"], strict=True))) == [
        ("all-rows", "a-2001", 2),
        ("all-rows", "b-2005", 2),
        ("all-rows", "c-2010", 2),
        ("all-rows", "none", 3),
        ("primary", "none", 2),
    ]
    assert result.left_out == 2 * len(result.levels["route"])  # of primary rows, a-2001 or b-2005 left out


def test_several_studies_can_be_left_out_at_once() -> None:
    result = of_flagship("spm", choices=ONE | {"measure": ["RR"]}, leave_out=2)
    assert result.n == 1 + 5 + 10
    assert "stewart-2013 + attal-2012" in result.levels["excluded"]
    assert result.labels["excluded"][:2] == ("all studies", "without Stewart 2013")
    assert "without Stewart 2013 and Attal 2012" in result.labels["excluded"]
    some = of_flagship("spm", choices=ONE | {"measure": ["RR"], "excluded": ["attal-2012"]})
    assert (some.n, some.planned_at, some.levels["excluded"]) == (1, None, ("attal-2012",))


def test_the_same_review_gives_the_same_numbers_in_parts_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = of_flagship("spm")
    seen: list[tuple[int, int]] = []
    monkeypatch.setattr("trialpool.analysis.multiverse.BLOCK", 300)
    parts = of_flagship("spm", progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (whole.n, whole.n)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    for name, column in whole.table().items():
        assert parts.table()[name] == (pytest.approx(column, rel=1e-7, abs=1e-9) if isinstance(column[0], float) else column), name
    assert of_flagship("spm").table() == parts.table()


def test_every_level_has_words() -> None:
    for id_ in ("os", "spm"):
        result = of_flagship(id_)
        assert list(result.labels) == list(result.levels) or set(result.labels) == set(result.levels) == set(CHOICES)
        assert all(len(result.labels[name]) == len(levels) for name, levels in result.levels.items())
    assert set(result.levels["rows"]) <= set(ROWS)
    assert set(result.levels["route"]) <= set(ROUTE_CHOICES)


def test_tables_and_words(tmp_path: Path) -> None:
    result = found(tmp_path, choices=ONE)
    columns = [*CHOICES, "k", "mu", "ci_low", "ci_high", "tau2_estimate", "estimate", "holds"]
    assert list(result.to_frame("polars").columns) == columns
    assert repr(result) == (
        "<Multiverse: Overall survival, 4 analyses, estimates from 0.71 to 0.91; the conclusion (no effect not excluded) holds in "
        "75.0%; studies left out moves the estimate most>"
    )
    assert "<th>spread</th>" in result._repr_html_()


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"choices": {"colour": ["red"]}}, f"'colour' is not a choice. Choose among {', '.join(map(repr, CHOICES))}."),
        ({"choices": {"ci": "HK"}}, "choices['ci'] is 'HK'. Give a list of levels, such as ['HK']."),
        ({"choices": {"rows": []}}, "choices['rows'] is []. Give a list of levels, such as ['primary']."),
        ({"choices": {"rows": ["mine"]}}, "rows='mine' is not known. Choose one of 'primary', 'read-only', 'all-rows'."),
        ({"choices": {"measure": ["RR"]}}, "measure='RR' is not known. Choose one of 'HR'."),
        (
            {"choices": {"excluded": ["d"]}},
            "excluded='d' is not known. Choose one of 'none', 'a-2001', 'b-2005', 'c-2010'.",
        ),
        (
            {"choices": {"tau2": ["DL", "PM"], "ci": ["KR"]}},
            "ci=['KR'] does not go with tau2=['DL', 'PM']. Add 'Wald', which goes with every one.",
        ),
        ({"leave_out": 4}, "leave_out=4 is not 0, 1, 2 or 3."),
    ],
)
def test_choices_that_cannot_be_made_are_refused(tmp_path: Path, chosen: Any, message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        found(tmp_path, **chosen)
    assert str(refusal.value) == message


def test_an_analysis_that_is_not_planned_is_refused() -> None:
    with pytest.raises(BadArgument) as refusal:
        of_flagship("qol")
    assert str(refusal.value) == "analysis_id='qol' is not known. Choose one of 'pfs', 'os', 'spm'."


def test_too_many_analyses_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trialpool.analysis.multiverse.MOST", 800)
    with pytest.raises(BadArgument) as refusal:
        of_flagship("pfs", choices=ONE, leave_out=3)  # 1 + 17 + 136 + 680
    many = "These are 834 combinations, more than 800. Leave out fewer studies at once, or give fewer levels."
    assert str(refusal.value) == many


def test_what_cannot_be_had_says_why(tmp_path: Path) -> None:
    with pytest.raises(NotEstimable) as refusal:
        found(tmp_path, results=[row(status="recalled")])
    assert str(refusal.value) == "Multiverse, Overall survival, k = 0: no report of the outcome can be used."
    with pytest.raises(NotEstimable) as refusal:
        found(tmp_path / "one", results=[row()])
    assert str(refusal.value) == "Multiverse, Overall survival: no combination leaves two effects to pool."


def test_the_estimator_of_the_plan_is_among_them(tmp_path: Path) -> None:
    result = found(tmp_path, toml=PLAN + 'tau2 = "HS"\nci = "t"\n')
    assert result.levels["tau2"][0] == "HS"
    assert result.planned_at is not None
    assert result.mu[result.planned_at] == pytest.approx(result.planned.mu, **SAME)


@pytest.mark.parametrize("estimates", [("0.80", "0.80"), ("0.80", "0.80", "0.80"), ("0.10", "9.00")])
def test_where_an_interval_does_not_exist_or_says_nothing_it_excludes_nothing(tmp_path: Path, estimates: tuple[str, ...]) -> None:
    rows = [row(study=study["study"], estimate=one) for study, one in zip(STUDIES, estimates, strict=False)]
    rows = [
        one | {"ci_low": f"{float(one['estimate']) * 0.75:.4f}", "ci_high": f"{float(one['estimate']) / 0.75:.4f}"} for one in rows
    ]
    result = found(tmp_path, results=rows)
    nothing = ~(np.isfinite(result.low) & np.isfinite(result.high))
    assert (result.verdicts[nothing] == 0).all()
    assert np.isfinite(result.mu).all()
    assert 0 <= result.share <= 1


def test_risk_differences_keep_their_scale(tmp_path: Path) -> None:
    arms = [(0, 100, 8, 110), (6, 90, 9, 95), (12, 200, 20, 210)]
    rows = [counts(study["study"], *arm) for study, arm in zip(STUDIES, arms, strict=True)]
    result = found(tmp_path, toml=PLAN.replace('"HR"', '"RD"'), results=rows)
    assert result.levels["measure"] == ("RD",)
    assert (np.abs(result.mu) < 0.2).all()
