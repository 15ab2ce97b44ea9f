"""Reviews of means and rates, from the rows of a folder to the pooled result: metafor's, through the reference tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.formats.folders import findings, folder, problems

from trialpool.analysis.findings import Findings
from trialpool.reports.answers import answer
from trialpool.reports.methods_text import methods
from trialpool.reports.summary_of_findings import summary_of_findings

REFERENCE = Path(__file__).parents[1] / "reference"
PLAN = """\
format = 1
title = "A review of means and rates"

[[outcomes]]
id = "stay"
name = "Length of stay"
measure = "MD"
unit = "days"
reported_as = ["stay"]

[[outcomes]]
id = "smd"
name = "Length of stay, standardised"
measure = "SMD"
reported_as = ["stay"]

[[outcomes]]
id = "fits"
name = "Strokes"
measure = "IRR"
reported_as = ["strokes"]
"""
ANALYSES = "".join(f'\n[[analyses]]\nid = "{id_}"\noutcome = "{id_}"\nrobustness = []\n' for id_ in ("stay", "smd", "fits"))
STUDIES = [{"study": f"s{i}", "label": f"Study {i}", "year": 1990 + i} for i in range(1, 10)]
CERTAINTY = """\
format = 1

[[outcomes]]
analysis = "stay"
counted = "the length of stay"
target = "mid"
mid = { difference = 2, why = "Two days" }
risk_of_bias = { down = 0 }
inconsistency = { down = 1, why = "They differ" }
indirectness = { down = 0 }
imprecision = { down = 2, why = "It holds what matters both ways" }
publication_bias = { down = 0 }
override = { level = "low", why = "An example" }
"""


def read(path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((REFERENCE / path).read_text(encoding="utf-8"))
    return found


def rows() -> list[dict[str, object]]:
    means = next(s["columns"] for s in read("bias/means.json") if s["data"] == "normand1999")
    rates = next(s["columns"] for s in read("effect_sizes/data_sets.json") if s["data"] == "hart1999")
    stays: list[dict[str, object]] = [
        {"study": f"s{i + 1}", "outcome": "stay", "measure": "MD", "status": "read"}
        | {name: f"{column[i]:g}" for name, column in means.items()}
        for i in range(9)
    ]
    names = {"events_t": "x1i", "time_t": "t1i", "events_c": "x2i", "time_c": "t2i"}
    return stays + [
        {"study": f"s{i + 1}", "outcome": "strokes", "measure": "IRR", "status": "read"}
        | {name: f"{rates[column][i]:g}" for name, column in names.items()}
        for i in range(6)
    ]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    at = folder(tmp_path_factory.mktemp("means"), toml=PLAN + ANALYSES, studies=STUDIES, results=rows(), certainty=CERTAINTY)
    assert problems(at) == []
    return findings(at)


@pytest.mark.parametrize(("id_", "data"), [("stay", "normand1999.MD"), ("smd", "normand1999.SMD"), ("fits", "hart1999.IRR")])
def test_pools_what_metafor_pools(found: Findings, id_: str, data: str) -> None:
    by = {(row["data"], row["method"], row["test"]): row["result"] for row in read("pooled.json")}
    metafor, fit = by[data, "REML", "knha"], found[id_].fit
    assert fit is not None
    assert fit.mu == pytest.approx(metafor["beta"][0], rel=1e-7)
    assert fit.se == pytest.approx(metafor["se"][0], rel=1e-6)
    assert fit.tau2 == pytest.approx(metafor["tau2"], rel=1e-6, abs=1e-8)


def test_the_answer_says_the_unit(found: Findings) -> None:
    assert answer(found["stay"])[0].startswith(
        "Length of stay: no clear difference between treatment and control in 9 studies (mean difference −15.11 days, 95% "
    )
    assert "(standardised mean difference −0.54, 95% confidence interval" in answer(found["smd"])[0]
    assert found["stay"].measure_name == "Mean difference (days)"


def test_the_methods_say_how_means_and_rates_were_had(found: Findings) -> None:
    headings = [paragraph.heading for paragraph in methods(found)]
    assert headings[1:3] == ["Mean differences", "Rate ratios"]
    assert "Hedges' g" in methods(found)[1].text


def test_the_summary_of_findings_shows_the_difference_itself(found: Findings) -> None:
    row = summary_of_findings(found).rows[0]
    assert (row.comparator, row.difference, row.events, row.patients) == (None, None, None, 1158)
    assert row.relative == pytest.approx(-15.106, abs=1e-3)
    assert row.statement == (
        "Treatment may reduce the length of stay (15.11 days lower, 95% confidence interval from 36.32 days lower to 6.11 days "
        "higher); the interval also holds little or no difference and an increase that matters."
    )
    assert summary_of_findings(found).footnotes[0].text == "Smallest difference that matters: 2 days. Two days."
    profile = found["stay"].certainty
    assert profile is not None
    assert [hint.found for hint in profile.hints if hint.name == "Optimal information size"] == [
        (
            "the studies carry 87% of the information that one trial needs for a difference of 2 at a power of 80%; the interval "
            "crosses its threshold already"
        )
    ]


def test_better_higher_turns_what_a_difference_favours(tmp_path: Path) -> None:
    plan = PLAN.replace('unit = "days"', 'unit = "days"\nbetter = "higher"') + ANALYSES
    row = {"study": "s1", "outcome": "stay", "measure": "MD", "estimate": "-5", "se": "0.1", "status": "read"}
    row |= {"orientation": "treatment_vs_control"}
    at = folder(tmp_path, toml=plan, studies=STUDIES, results=[row, row | {"study": "s2", "estimate": "-5.1"}])
    assert "favours control" in answer(findings(at)["stay"])[0]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"se": "1"}, "column se: the standard error of a mean difference, and the row has none."),
        ({"mean_t": "5", "mean_low_t": "6"}, "column mean_t: the lower limit 6 is on the wrong side of the mean 5."),
        ({"q1_c": "9", "median_c": "7"}, "column q1_c: the lower quartile 9 is above the median 7."),
        ({"min_t": "9", "max_t": "7"}, "column min_t: the least value 9 is above the largest value 7."),
        ({"events_t": "9", "n_t": "7", "measure": ""}, "column events_t: 9 events among 7 patients."),
        ({"median_t": "-3"}, "column median_t: -3 is not above 0."),
    ],
)
def test_rows_of_measurements_obey_their_rules(tmp_path: Path, cells: dict[str, object], said: str) -> None:
    at = folder(
        tmp_path, toml=PLAN + ANALYSES, studies=STUDIES, results=[{"study": "s1", "outcome": "stay", "status": "read"} | cells]
    )
    assert any(f"row 2, {said}" in problem for problem in problems(at))


def test_medians_of_measurements_may_be_negative_and_events_may_recur(tmp_path: Path) -> None:
    quantiles = {f"{name}_{arm}": value for arm in "tc" for name, value in (("q1", "-4"), ("median", "-3"), ("q3", "0"))}
    results: list[dict[str, object]] = [
        {"study": "s1", "outcome": "stay", "status": "read", "n_t": "20", "n_c": "20"} | quantiles,
        {"study": "s1", "outcome": "strokes", "measure": "IRR", "status": "read", "events_t": "30", "n_t": "20"}
        | {"events_c": "45", "n_c": "20", "time_t": "400", "time_c": "395"},
    ]
    at = folder(tmp_path, toml=PLAN + ANALYSES, studies=STUDIES[:1], results=results)
    assert problems(at) == []
    assert [e.derivation.route for e in findings(at)["stay"].selection.effects] == ["medians and quartiles"]
