"""`trialpool diff`: folders and revisions, in words, as data and as a page."""

from __future__ import annotations

import json
import subprocess

import pytest
from tests.cli.terminal import trialpool
from tests.formats.folders import PLAN, RESULTS, csv_text, folder, row, tree

WALD = PLAN.replace('outcome = "os"\n', 'outcome = "os"\ntau2 = "DL"\nci = "Wald"\n')
CHANGED = [*RESULTS[:2], row(study="c-2010", estimate="0.70", ci_low="0.60", ci_high="0.817")]


@pytest.fixture
def both(tmp_path):
    return folder(tmp_path / "old", toml=WALD), folder(tmp_path / "new", toml=WALD, results=CHANGED)


def test_the_difference_in_words(both):
    old, new = both
    before = tree(old), tree(new)
    ran = trialpool("diff", old, new)
    assert (ran.err, ran.code) == ("", 0)
    assert (
        ran.out
        == """\
1 of 1 pooled results changed; 1 conclusion did.

Overall survival (os): the conclusion changed.
  before  HR 0.80 (0.63–1.02), P = 0.076, k = 3, I² 64%: no clear difference between treatment and control
  after   HR 0.70 (0.62–0.80), P < 0.001, k = 3, I² 0%: the result favours treatment
  This comes of the change of results/os.csv, row 4 (c-2010, OS) alone. Without it the conclusion would be as before.

Studies added: none.
Studies removed: none.
Plan: the same.
Rows: 1 changed.
  results/os.csv, row 4 (c-2010, OS) changed
    estimate: 0.95 -> 0.70
    ci_low: 0.80 -> 0.60
    ci_high: 1.13 -> 0.817
"""
    )
    assert (tree(old), tree(new)) == before


def test_the_same_for_a_machine_and_as_a_page(both, tmp_path):
    page = tmp_path / "page.html"
    data = json.loads(trialpool("diff", *both, "--json", "--html", page).out)
    (result,) = data["results"]
    assert result["conclusion_changed"] is True
    assert result["before"]["k"] == 3
    assert [(s["enough"], s["needed"], s["rows"]) for s in result["steps"]] == [
        (True, True, [{"file": "results/os.csv", "row": 4}])
    ]
    assert data["rows"][0]["cells"][0] == {"column": "estimate", "before": "0.95", "after": "0.70"}
    text = page.read_text(encoding="utf-8")
    assert "Pooled results before and after" in text
    assert "<script" not in text


def test_nothing_differs(both):
    ran = trialpool("diff", both[0], both[0])
    assert ran.out.splitlines()[0] == "Nothing in the plan, the studies or the rows differs."


def test_revisions_of_git(tmp_path, both):
    old, new = both
    home = tmp_path / "repository"
    (home / "reviews").mkdir(parents=True)

    def git(*arguments):
        someone = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        subprocess.run(["git", *someone, *arguments], cwd=home, check=True, capture_output=True)

    git("init", "--quiet")
    made = folder(home / "reviews", toml=WALD)
    git("add", "-A")
    git("commit", "-qm", "first")
    git("tag", "v1")
    (made / "results/os.csv").write_text(csv_text(CHANGED), encoding="utf-8")
    git("commit", "-qam", "second")
    expected = trialpool("diff", old, new).out
    assert trialpool("diff", made, "--rev", "v1", "HEAD").out == expected
    missing = trialpool("diff", made, "--rev", "v9", "HEAD")
    assert missing.code == 1
    assert missing.err == "git has no v9:reviews/review. Give REVISION:PATH, or the path of a folder.\n"


def test_refusals(both, tmp_path):
    old, _ = both
    two = "Two versions are needed. Give two folders (or REVISION:PATH), or one folder with --rev OLD NEW.\n"
    assert (trialpool("diff", old).err, trialpool("diff", old, old, "--rev", "a", "b").err) == (two, two)
    gone = trialpool("diff", old, tmp_path / "none")
    assert gone.err.startswith(f"{tmp_path / 'none'}: there is no such folder.")
    broken = folder(tmp_path / "broken", results=[row(p="2")])
    assert trialpool("diff", old, broken).err.startswith(f"{broken}: results/os.csv, row 2, column p: 2 is outside 0 to 1.")
