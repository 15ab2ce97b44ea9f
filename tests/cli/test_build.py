"""`trialpool build`: what it prints, what it writes, and what bad input leaves as it was."""

from __future__ import annotations

import json

import pytest
from tests.cli.terminal import Ran, trialpool
from tests.formats.folders import COUNTS_PLAN, PLAN, RESULTS, STUDIES, counts, findings, folder, row, tree

from trialpool.figures.canvas import FORMATS
from trialpool.reports import build
from trialpool.reports.answers import answer

SECOND = (
    '[[outcomes]]\nid = "pfs"\nname = "PFS"\nmeasure = "HR"\nreported_as = ["PFS"]\n[[analyses]]\nid = "pfs"\noutcome = "pfs"\n'
)


def answers(made):
    """The sentences on each outcome, which are tested with the reports."""
    return [" ".join(answer(found)) for found in findings(made).analyses]


@pytest.fixture
def without_drawing(monkeypatch):
    """Figures are empty files: what they look like is tested with them."""
    monkeypatch.setattr(build, "_draw", lambda figure: build.Drawn(dict.fromkeys(FORMATS, b""), b""))


def test_a_new_review_builds_and_builds_the_same_again(tmp_path):
    assert trialpool("new", tmp_path / "x").code == 0
    before = tree(tmp_path / "x")
    ran = trialpool("build", tmp_path / "x")
    assert (ran.code, ran.err) == (0, "")
    report = tree(tmp_path / "x" / "report")
    assert {path for path in report if "figures/" not in path} == {
        "figures", "findings.json", "index.html", "tables", "tables/effects.csv", "tables/inconsistencies.csv",
        "tables/published.csv", "tables/results.csv", "tables/sensitivity.csv", "tables/studies.csv",
        "tables/multiverse.csv", "tables/influence.csv", "tables/subsets.csv", "tables/small_study.csv", "tables/sequential.csv",
        "tables/summary_of_findings.csv", "tables/evidence_profile.csv", "review.docx", "review.pdf",
        "tables.xlsx", "tables/excluded.csv", "tables/risk_of_bias.csv", "prisma-checklist.csv",
    }  # fmt: skip
    assert {path.rpartition(".")[2] for path in report if "figures/" in path} == {*FORMATS, "csv"}
    assert all(content for path, content in report.items() if "." in path and path != "tables/inconsistencies.csv")
    assert trialpool("build", tmp_path / "x") == ran
    assert tree(tmp_path / "x" / "report") == report
    after = tree(tmp_path / "x")
    assert {path: after[path] for path in after if not path.startswith("report")} == before


@pytest.mark.usefixtures("without_drawing")
def test_the_answer_and_the_place_of_the_report_are_printed(tmp_path):
    made = folder(tmp_path)
    ran = trialpool("build", made)
    assert (ran.err, ran.code) == ("", 0)
    assert ran.out.splitlines() == [*answers(made), f"Report: {made / 'report' / 'index.html'}"]


@pytest.mark.usefixtures("without_drawing")
def test_names_that_figures_cannot_write_are_said(tmp_path):
    named = [study | {"label": label} for study, label in zip(STUDIES, ("北京 2001", "Müller 2005", "Λ 京 2010"), strict=True)]
    ran = trialpool("build", folder(tmp_path, studies=named))
    assert (ran.err, ran.code) == ("", 0)
    assert ran.out.splitlines()[0] == (
        "warning: the figures show boxes in 北京 2001, Λ 京 2010, for their font has no 北京. "
        "Write such names in Latin, Greek or Cyrillic letters."
    )


@pytest.mark.usefixtures("without_drawing")
def test_cautions_are_printed_after_the_answers(tmp_path):
    toml = PLAN.replace("[[outcomes]]", 'cautions = ["No trial was blinded.", "Two are abstracts."]\n[[outcomes]]')
    made = folder(tmp_path, toml=toml, results=[*RESULTS[:2], RESULTS[2] | {"status": "derived"}])
    assert trialpool("build", made).out.splitlines() == [
        *answers(made),
        "caution: No trial was blinded.",
        "caution: Two are abstracts.",
        "caution: Of the 3 rows of this review 2 are read and 1 are derived.",
        f"Report: {made / 'report' / 'index.html'}",
    ]


@pytest.mark.usefixtures("without_drawing")
def test_what_is_odd_is_said_and_counted(tmp_path):
    wrong = row(estimate="0.80", ci_low="0.50", ci_high="0.90")
    made = folder(tmp_path, results=[wrong, *RESULTS[1:]], studies=[cells | {"Label": ""} for cells in STUDIES])
    lines = trialpool("build", made).out.splitlines()
    assert lines[0] == "warning: studies.csv, row 1, column Label: it was read as a moderator. Rename it label if that is meant."
    assert lines[2:] == [
        f"1 thing in the rows to look at: trialpool check {made}",
        f"Report: {made / 'report' / 'index.html'}",
    ]


@pytest.mark.usefixtures("without_drawing")
def test_an_outcome_without_a_usable_row_is_said_and_the_rest_is_built(tmp_path):
    made = folder(tmp_path, toml=PLAN + SECOND)
    lines = trialpool("build", made).out.splitlines()
    assert (
        lines[0] == "warning: review.toml, outcomes[2].reported_as: no row of results/*.csv has the outcome 'PFS'. Reported are OS."
    )
    assert lines[1:3] == answers(made)
    pfs = json.loads((made / "report" / "findings.json").read_text(encoding="utf-8"))["analyses"][1]
    assert (pfs["k"], pfs["pooled"], pfs["why_not_pooled"]) == (0, None, "no report of pfs can be used")
    assert "no report of pfs can be used" in (made / "report" / "index.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("without_drawing")
def test_json_is_one_document_with_the_answers_and_the_places(tmp_path):
    made = folder(tmp_path)
    ran = trialpool("build", made, "--json")
    said = json.loads(ran.out)
    assert (ran.err, ran.code) == ("", 0)
    assert list(said) == ["problems", "usable", "report", "findings", "answers", "cautions"]
    assert (said["problems"], said["usable"]) == ([], True)
    assert (said["report"], said["findings"]) == (str(made / "report/index.html"), str(made / "report/findings.json"))
    assert [" ".join(said["answers"]["os"])] == answers(made)


def test_json_of_bad_input_holds_the_problems_and_nothing_is_written(tmp_path):
    made = folder(tmp_path, results=[row(p="2")])
    before = tree(made)
    ran = trialpool("build", made, "--json")
    assert (ran.err, ran.code) == ("", 1)
    assert json.loads(ran.out) == {
        "problems": [
            {
                "severity": "error",
                "file": "results/os.csv",
                "row": 2,
                "column": "p",
                "what": "2 is outside 0 to 1",
                "mend": "Give P as a share, such as 0.03",
            }
        ],
        "usable": False,
    }
    assert tree(made) == before


@pytest.mark.usefixtures("without_drawing")
@pytest.mark.parametrize(
    "rows",
    [[counts("a-2001", 5, 100, 9, 100)], [counts("a-2001", 0, 100, 0, 100), counts("b-2005", 0, 50, 0, 60)]],
    ids=["one study", "no events at all"],
)
def test_little_to_pool_is_no_error(tmp_path, rows):
    made = folder(tmp_path, toml=COUNTS_PLAN, results=rows)
    ran = trialpool("build", made)
    assert (ran.err, ran.code) == ("", 0)
    assert ran.out.splitlines()[0] == answers(made)[0]


@pytest.mark.usefixtures("without_drawing")
def test_a_disk_that_is_full_is_a_sentence_and_the_old_report_stays(tmp_path, monkeypatch):
    made = folder(tmp_path)
    assert trialpool("build", made).code == 0
    before = tree(made)

    def full(figure):
        raise OSError(28, "No space left on device", "report")

    monkeypatch.setattr(build, "_draw", full)
    assert trialpool("build", made) == Ran("", "report: No space left on device.\n", 1)
    assert tree(made) == before
