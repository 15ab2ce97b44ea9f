"""`trialpool extract`: effects of a text as rows for a person to look at; nothing is overwritten, no review touched unasked."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from tests.cli.terminal import Ran, trialpool
from tests.formats.folders import folder, tree

from trialpool.formats.review_folder import check_folder

WORDS = (
    "Overall survival: adjusted HR 0.750 (95% CI 0.63-0.90; P < .001), drug vs placebo.\n\n"
    "Response: OR 1.5 (1.1-2.0), P = NS. Dose: GMR 1.04 (0.99-1.09). Risk difference 5.5% (95% CI 1.0% to 10.0%). "
    "HbA1c: MD -0.30% (95% CI -0.50% to -0.10%)."
)


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "140")
    (tmp_path / "abstract.txt").write_text(WORDS, encoding="utf-8")
    return tmp_path


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_rows_are_proposed_in_a_file_of_their_own(desk):
    ran = trialpool("extract", "abstract.txt", "--study", "a-2001")
    assert (ran.code, ran.err) == (0, "")
    assert "Not proposed, for results/*.csv has no such measure: ROM 1.04 (0.99 to 1.09)" in ran.out
    assert ran.out.endswith("4 rows proposed in abstract-proposals.csv. Look at each: accept it, change it, or drop it.\n")
    first, second, third, fourth = rows(desk / "abstract-proposals.csv")
    wanted = {
        "study": "a-2001",
        "outcome": "OS",
        "measure": "HR",
        "estimate": "0.750",
        "ci_low": "0.63",
        "ci_high": "0.90",
        "ci_level": "95",
        "orientation": "",
        "p": "<0.001",
        "analysis": "drug vs placebo; adjusted",
        "source": "abstract.txt",
        "locator": "line 1",
        "quote": "Overall survival: adjusted HR 0.750 (95% CI 0.63-0.90; P < .001), drug vs placebo.",
        "status": "read",
    }
    assert {name: first[name] for name in wanted} == wanted
    assert (second["measure"], second["p"], second["ci_level"], second["locator"]) == ("OR", "", "", "line 3")
    assert "P is said to be not significant" in second["note"]
    assert (third["measure"], third["estimate"], third["ci_low"], third["ci_high"]) == ("RD", "0.055", "0.010", "0.100")
    assert (fourth["measure"], fourth["estimate"], fourth["ci_low"], fourth["ci_high"]) == ("MD", "-0.30", "-0.50", "-0.10")


def test_one_limit_alone_is_no_interval_and_stands_in_the_note(desk):
    words = "OS was not inferior (HR 0.80; one-sided 97.5% CI, -∞ to 1.14). Stroke: HR 0.95, upper limit of the 95% CI 1.12."
    (desk / "bound.txt").write_text(words, encoding="utf-8")
    trialpool("extract", "bound.txt")
    first, second = rows(desk / "bound-proposals.csv")
    interval = ("estimate", "ci_low", "ci_high", "ci_level", "ci_sides")
    assert [first[name] for name in interval] == ["0.80", "", "1.14", "97.5", "1"]
    assert first["note"].endswith("the limit is one-sided, and there is no other")
    assert [second[name] for name in interval] == ["0.95", "", "", "", ""]
    assert second["note"].endswith(
        "the upper limit 1.12 (95%) is printed without the other, and not whether it is one-sided: "
        "put it into ci_high, with ci_sides = 1 if it is"
    )
    review = folder(
        desk,
        studies=[{"study": "a-2001", "label": "A 2001", "year": 2001}],
        results=[first | {"study": "a-2001", "orientation": "treatment_vs_control"}],
    )
    assert check_folder(review)[1] == ()


def test_nothing_is_overwritten(desk):
    trialpool("extract", "abstract.txt")
    before = tree(desk)
    refused = "abstract-proposals.csv exists already, and nothing is overwritten. Move it away, or give another name with --out.\n"
    assert trialpool("extract", "abstract.txt") == Ran("", refused, 1)
    assert tree(desk) == before
    assert trialpool("extract", "abstract.txt", "--out", "other.csv").code == 0
    assert rows(desk / "other.csv") == rows(desk / "abstract-proposals.csv")


def test_a_review_gets_rows_only_where_that_is_asked_and_all_is_said(desk):
    made = folder(desk)
    before = tree(made)
    trialpool("extract", "abstract.txt")
    assert tree(made) == before
    ran = trialpool("extract", "abstract.txt", "--into", made)
    assert ran == Ran("", "no study is named. Name one with --study: a-2001, b-2005, c-2010.\n", 1)
    ran = trialpool("extract", "abstract.txt", "--into", made, "--study", "a-2001")
    assert ran.err.startswith("which arm is compared with which is not said. Say it with --orientation: treatment_vs_control or ")
    assert trialpool("extract", "abstract.txt", "--into", made, "--study", "a-2001", "--orientation", "wrong").code == 1
    assert tree(made) == before
    options = ("--study", "a-2001", "--orientation", "treatment_vs_control", "--source", "https://example.org/a")
    ran = trialpool("extract", "abstract.txt", "--into", made, *options)
    assert ran.code == 0
    assert "names no outcome, or the figures can't be right: RD 5.5% (95% CI 1.0 to 10.0)" in ran.out
    review, problems = check_folder(made)
    assert [str(p) for p in problems if p.severity == "error"] == []
    assert review is not None
    added = [report for report in review.reports if report.file == "results/abstract.csv"]
    assert next((r.outcome, r.measure, r.status, r.source) for r in added) == ("OS", "HR", "read", "https://example.org/a")
    assert trialpool("extract", "abstract.txt", "--into", made, *options).code == 1


def test_a_text_without_effects_writes_nothing(desk):
    (desk / "abstract.txt").write_text("Median survival was 46 months (95% CI 40-52).", encoding="utf-8")
    ran = trialpool("extract", "abstract.txt")
    said = "No effect statement that results/*.csv could hold was found in this text; nothing was written.\n"
    assert (ran.code, ran.out) == (0, said)
    assert [path.name for path in desk.iterdir()] == ["abstract.txt"]


def test_two_places_at_once_are_refused(desk):
    ran = trialpool("extract", "abstract.txt", "--out", "a.csv", "--into", "b")
    assert (ran.code, ran.err) == (1, "--out and --into are both given. Give one: a file, or a review whose results/ gets one.\n")


TRIAL = Path(__file__).parents[1] / "formats/registry/trial.json"


def test_a_registry_file_is_listed_where_nothing_is_named(desk):
    ran = trialpool("extract", TRIAL)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("NCT00000102  Examplumab Maintenance in Myeloma\nPHASE3; COMPLETED; 300 participants; arms: ")
    assert "2 serious adverse events: Deep vein thrombosis, Sepsis" in ran.out
    assert not list(desk.glob("*.csv"))


def test_a_registry_file_gives_rows(desk):
    args = ("--outcome", "PFS=progression", "--events", "deep vein", "--treatment", "Examplumab", "--control", "Placebo")
    ran = trialpool("extract", TRIAL, *args, "--study", "maintain")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith("3 rows proposed in trial-proposals.csv. Look at each: accept it, change it, or drop it.\n")
    assert [(row["outcome"], row["estimate"], row["events_t"]) for row in rows(desk / "trial-proposals.csv")] == [
        ("PFS", "0.60", ""),
        ("PFS", "1.67", ""),
        ("Deep vein thrombosis (serious)", "", "7"),
    ]


def test_rows_of_a_registry_go_into_a_review_that_can_be_read(desk):
    review = folder(desk / "review")
    args = ("--outcome", "OS=overall", "--events", "serious", "--treatment", "Examplumab", "--control", "Placebo")
    ran = trialpool("extract", TRIAL, *args, "--into", review, "--study", "a-2001")
    assert (ran.code, ran.err) == (0, "")
    assert (
        "Not put into the review: OS, $.resultsSection.outcomeMeasuresModule.outcomeMeasures[1].analyses[0]: "
        "the interval does not hold its estimate" in ran.out
    )
    assert [row["outcome"] for row in rows(review / "results/trial.csv")] == ["Total (serious)"]
    assert check_folder(review)[0] is not None
