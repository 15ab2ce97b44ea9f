"""`trialpool simulate` and `trialpool bench screening`: what they print and write."""

import json
from pathlib import Path

import pytest
from tests.cli.terminal import trialpool
from tests.cli.test_screen import review
from tests.formats.folders import PLAN

from trialpool.formats.decision_file import append_decision
from trialpool.review.screening import ScreeningDecision

EXAMPLE = Path(__file__).parents[2] / "docs/examples/finished-screening.csv"


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_prints_metrics_rules_and_advice_and_draws_the_curve(tmp_path):
    ran = trialpool("simulate", EXAMPLE, "--seeds", "2", "--out", "curve.svg")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0].startswith("finished-screening: 70 records, 8 relevant; model ")
    assert [line.split()[0] for line in lines[4:7]] == ["1", "2", "median"]
    assert "Loss: area between the recall curve and the best possible one; 0 is best, 0.5 is chance, 1 is worst." in lines
    assert any(line.startswith("When the advice is to stop: ") for line in lines)
    assert lines[-1] == "Recall curve: curve.svg"
    assert "Recall over records screened in 2 simulations" in (tmp_path / "curve.svg").read_text(encoding="utf-8")


@pytest.fixture
def finished(tmp_path):
    """A review whose first four of five publications one reviewer has decided; of the two included one was kept as full text."""
    folder = review(tmp_path, n=5, plan=PLAN + "\n[screening]\nreviewers = 1\n")
    rows = [(1, "title-abstract", "include"), (2, "title-abstract", "exclude"), (3, "title-abstract", "include")]
    rows += [(4, "title-abstract", "exclude"), (1, "full-text", "include"), (3, "full-text", "exclude")]
    for n, stage, decision in rows:
        append_decision(folder, ScreeningDecision(f"a.ris#{n}", stage, decision, reviewer="mk", time="2026-03-01T09:30:00Z"))
    return folder


def test_a_review_folder(finished):
    ran = trialpool("simulate", finished, "--seeds", "1")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("review: 4 records, 2 relevant, 1 without a decision left out; model ")


def test_full_texts_of_a_review_folder(finished):
    ran = trialpool("simulate", finished, "--label", "full-text")
    assert ran.code == 1
    assert ran.err == "1 of 4 records are relevant. A simulation needs two of each kind at least.\n"
    ran = trialpool("simulate", finished, "--label", "both")
    assert ran.err == "label is 'both'. Of a review folder it is one of title-abstract, full-text.\n"


def test_what_cannot_be_read_ends_in_a_sentence():
    ran = trialpool("simulate", "nothing.csv")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "nothing.csv: there is no such file. Give a CSV file with records and decisions.\n"
    ran = trialpool("simulate", EXAMPLE, "--model", "gpt")
    assert (ran.code, ran.err.split(".")[0]) == (1, "model is 'gpt'")


def test_the_bench_prints_sets_and_rules(tmp_path):
    (tmp_path / "Estrogens.csv").write_bytes(EXAMPLE.read_bytes())  # a name of which ASReview's figures are known
    topic = {"n_pool": 200, "rel_positions_abstract": [1, 2, 5]}
    (tmp_path / "two_rankings.jsonl").write_text(json.dumps(topic), encoding="utf-8")
    ran = trialpool("bench", "screening", "--data", tmp_path, "--retrain", "0.2")
    assert (ran.code, ran.err) == (0, "")
    row = next(line for line in ran.out.splitlines() if line.startswith("Estrogens"))
    assert row.split()[1:4] == ["70", "8", "5"]
    assert "(0.272)" in row
    assert "Rules of stopping in the 1 orders of two_rankings.jsonl" in ran.out


def test_the_bench_needs_sets(tmp_path):
    ran = trialpool("bench", "screening", "--data", tmp_path / "none")
    assert ran.code == 1
    assert ran.err.endswith("there is no CSV file in it. Give the folder that holds the labelled sets.\n")
