"""`trialpool flow`: the diagram of a review, or of counts in a file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.cli.terminal import trialpool
from tests.formats.folders import PLAN, folder

BY_NAME = "Give a whole number, 0 or more, or such numbers by name: { PubMed = 310, Embase = 420 }."
COUNTS = "databases = { PubMed = 10, Embase = 5 }\nduplicates = 4\nexcluded = 6\nnot_retrieved = 0\nexcluded_reports = 1\n"


@pytest.mark.parametrize("suffix", ["svg", "pdf", "png"])
def test_counts_in_toml_are_drawn(tmp_path, suffix):
    counts, out = tmp_path / "flow.toml", tmp_path / f"flow.{suffix}"
    counts.write_text(COUNTS + "new_studies = 4\n", encoding="utf-8")
    ran = trialpool("flow", "--counts", counts, "--out", out)
    assert (ran.out, ran.err, ran.code) == (f"Flow diagram: {out}\n", "", 0)
    assert out.stat().st_size > 3000


def test_letters_and_width(tmp_path):
    counts, out = tmp_path / "flow.toml", tmp_path / "flow.svg"
    counts.write_text(COUNTS + "new_studies = 4\n", encoding="utf-8")
    trialpool("flow", "--counts", counts, "--out", out, "--letters", "--width", "241", "--title", "The flow")
    text = out.read_text(encoding="utf-8")
    assert 'width="241pt"' in text
    assert ">The flow</text>" in text


def test_what_cannot_be_is_said_and_drawn(tmp_path):
    made = folder(tmp_path, toml=PLAN + "\n[flow]\n" + COUNTS.replace("excluded_reports = 1", "excluded_reports = 3"))
    out = tmp_path / "flow.svg"
    ran = trialpool("flow", made, "--out", out)
    said, drawn = ran.out.splitlines()
    assert said == (
        "error: review.toml, flow.new_studies: 3 new studies of 2 new reports: a study has at least one report. Correct the one or "
        "the other."
    )
    assert drawn == f"Flow diagram: {out}"
    assert ran.code == 1


@pytest.mark.parametrize("with_studies", [True, False])
def test_a_review_that_has_no_results_yet_has_a_flow(tmp_path, with_studies):
    made = folder(tmp_path, toml=PLAN + "\n[flow]\n" + COUNTS + "new_reports = 4\n")
    shutil.rmtree(made / "results")
    if not with_studies:
        (made / "studies.csv").unlink()
    ran = trialpool("flow", made, "--out", tmp_path / "flow.svg", "--letters")
    assert (ran.err, ran.code, ran.out.splitlines()[-1]) == ("", 0, f"Flow diagram: {tmp_path / 'flow.svg'}")
    text = (tmp_path / "flow.svg").read_text(encoding="utf-8")
    assert ("Studies included in review" in text, "meta-analysis" in text) == (True, False)


def test_what_is_wrong_in_a_review_without_results_is_said(tmp_path):
    made = folder(tmp_path, toml=PLAN + "\n[flow]\nexcluded = -1\n")
    shutil.rmtree(made / "results")
    ran = trialpool("flow", made, "--out", tmp_path / "flow.svg")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("review.toml, flow.excluded: ")


def test_what_it_needs(tmp_path):
    made = folder(tmp_path)
    both = trialpool("flow", made, "--counts", tmp_path / "x.csv")
    assert (both.err, both.code) == ("Give a review folder, or --counts with a file.\n", 1)
    nothing = trialpool("flow", made)
    assert nothing.err == f"{made} has neither a search/ nor counts under [flow] in review.toml. Give one of them.\n"
    wrong = trialpool("flow", "--counts", _toml(tmp_path, "screend = 3\nexcluded = -1\n"))
    assert wrong.err.splitlines() == [
        "flow.toml, excluded: -1 cannot be used. " + BY_NAME,
        "flow.toml, screend: there is no such key. Did you mean screened?",
    ]


def _toml(at: Path, text: str) -> Path:
    (at / "flow.toml").write_text(text, encoding="utf-8")
    return at / "flow.toml"


def test_a_folder_that_is_not_there_is_said_by_its_name(tmp_path):
    counts = _toml(tmp_path, COUNTS + "new_studies = 4\n")
    ran = trialpool("flow", "--counts", counts, "--out", tmp_path / "nowhere" / "flow.svg")
    assert (ran.err, ran.code) == (f"{tmp_path / 'nowhere'}: there is no such folder.\n", 1)
