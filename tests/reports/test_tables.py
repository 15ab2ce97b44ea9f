"""The tables of a report: one figure a cell, the same figures as in findings.json, and text as it was entered."""

from __future__ import annotations

import csv
import io
import json
import math

import pytest
from tests.formats.folders import PLAN, RESULTS, STUDIES, findings, folder, row

from trialpool.reports.findings_json import findings_json
from trialpool.reports.tables import POOLED, tables_of


def tables(found):
    return {name: list(csv.DictReader(io.StringIO(text, newline=""))) for name, text in tables_of(found).items()}


@pytest.fixture
def found(tmp_path):
    published = [{"review": "r", "outcome": "os", "measure": "HR", "estimate": "0.9", "ci_low": "0.8", "ci_high": "1.0"}]
    return findings(folder(tmp_path, toml=PLAN + 'subgroups = ["drug"]\n', published=published))


def test_there_is_a_row_for_each_result(found):
    made = tables(found)
    assert {name: len(rows) for name, rows in made.items()} == {
        "studies.csv": 3, "effects.csv": 3, "results.csv": 3, "sensitivity.csv": 12, "published.csv": 1, "inconsistencies.csv": 0,
        "multiverse.csv": 8, "influence.csv": 3, "subsets.csv": 3, "small_study.csv": 0, "sequential.csv": 0,
        "summary_of_findings.csv": 1, "evidence_profile.csv": 8, "excluded.csv": 0, "risk_of_bias.csv": 0,
    }  # fmt: skip
    assert [(r["analysis"], r["by"], r["level"], r["k"]) for r in made["results.csv"]] == [
        ("os", "", "all", "3"), ("os", "drug", "old", "1"), ("os", "drug", "new", "2"),
    ]  # fmt: skip


def test_the_figures_are_those_of_findings_json(found):
    made, analysis = tables(found), json.loads(findings_json(found))["analyses"][0]
    for cells, pooled in [(made["results.csv"][0], analysis["pooled"])] + [
        (r, v["pooled"]) for r, v in zip(made["sensitivity.csv"], analysis["sensitivity"], strict=True)
    ]:
        expected = {**pooled, "ci_low": pooled["ci"][0], "ci_high": pooled["ci"][1], "shown_estimate": pooled["shown"]["estimate"]}
        assert [cells[name] for name in POOLED if name in expected] == [
            "" if expected[name] is None else str(expected[name]) for name in POOLED if name in expected
        ]
    assert [float(r["yi"]) for r in made["effects.csv"]] == [effect["yi"] for effect in analysis["effects"]]
    assert sum(float(r["weight"]) for r in made["effects.csv"]) == pytest.approx(1, rel=1e-12)
    first = made["effects.csv"][0]
    assert float(first["shown_estimate"]) == pytest.approx(0.80, rel=1e-12)
    assert math.log(float(first["shown_ci_high"])) == pytest.approx(
        math.log(0.80) + (math.log(1.07) - math.log(0.60)) / 2, rel=1e-9
    )
    assert (made["published.csv"][0]["estimate"], made["published.csv"][0]["ours"]) == (
        "0.9",
        str(analysis["pooled"]["shown"]["estimate"]),
    )


def test_text_comes_back_as_it_was_entered(tmp_path):
    note = 'a "quoted", long\nnote; =1+1'
    made = tables(findings(folder(tmp_path, studies=[STUDIES[0] | {"note": note, "label": "Å – 2001"}, *STUDIES[1:]])))
    assert (made["studies.csv"][0]["note"], made["studies.csv"][0]["label"]) == (note, "Å – 2001")
    assert made["effects.csv"][0]["label"] == "Å – 2001"


def test_disagreements_have_their_table(tmp_path):
    made = tables(findings(folder(tmp_path, results=[row(estimate="0.80", ci_low="0.50", ci_high="0.90"), *RESULTS[1:]])))
    assert [(p["file"], p["row"], p["column"]) for p in made["inconsistencies.csv"]] == [("results/os.csv", "2", "estimate")]


def test_without_a_usable_row_the_tables_are_there_and_empty(tmp_path):
    made = tables(findings(folder(tmp_path, results=[row(status="recalled")])))
    assert made["effects.csv"] == []
    assert [(r["analysis"], r["estimate"]) for r in made["results.csv"]] == [("os", "")]
