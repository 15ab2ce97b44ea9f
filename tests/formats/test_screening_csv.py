"""screening/*.csv: every row that breaks a rule is said, and a file whose writing was cut short is still read."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialpool.errors import TrialpoolError
from trialpool.formats.decision_file import append_decision, decision_line
from trialpool.formats.screening_csv import read_decisions, read_included
from trialpool.review.plan import ScreeningPlan
from trialpool.review.screening import ReportOfStudy, ScreeningDecision

PLAN = ScreeningPlan.model_validate({"reasons": ["wrong population", "wrong design"]})
RECORDS = ["a.ris#1", "a.ris#2", "b.nbib#1"]
HEADER = "record,stage,decision,reason,note,reviewer,time,role\n"
GOOD = "a.ris#1,title-abstract,include,,,mk,2026-03-01,reviewer\n"
DECISION = ScreeningDecision("a.ris#1", "full-text", "exclude", "wrong design", "a, b", "mk", "2026-03-01T09:30:00Z")


def written(folder: Path, text: str | bytes, name: str = "decisions-mk.csv") -> Path:
    (folder / "screening").mkdir(exist_ok=True)
    (folder / "screening" / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def decisions_of(folder: Path):
    problems: list = []
    return read_decisions(folder, PLAN, RECORDS, problems), [f"{problem.severity}: {problem}" for problem in problems]


def test_a_sound_file(tmp_path):
    folder = written(tmp_path, HEADER + GOOD + decision_line(DECISION))
    found, problems = decisions_of(folder)
    assert found == (
        ScreeningDecision("a.ris#1", "title-abstract", "include", "", "", "mk", "2026-03-01", row=2),
        ScreeningDecision("a.ris#1", "full-text", "exclude", "wrong design", "a, b", "mk", "2026-03-01T09:30:00Z", row=3),
    )
    assert problems == []
    assert decisions_of(tmp_path / "other") == ((), [])


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            "a.ris#9,title-abstract,include,,,mk,2026-03-01,reviewer",
            "column record: there is no record 'a.ris#9'. a.ris has a.ris#1 to a.ris#2.",
        ),
        (
            "c#1,title-abstract,include,,,mk,2026-03-01,reviewer",
            "column record: there is no record 'c#1'. Write the file in search/ and the place in it, as pubmed.nbib#12.",
        ),
        (
            "a.ris#1,abstract,include,,,mk,2026-03-01,reviewer",
            "column stage: 'abstract' is not one of title-abstract, full-text. Use one of these.",
        ),
        (
            "a.ris#1,full-text,yes,,,mk,2026-03-01,reviewer",
            "column decision: 'yes' is not one of include, exclude, maybe, unavailable, undo. Use one of these.",
        ),
        (
            "a.ris#1,title-abstract,unavailable,,,mk,2026-03-01,reviewer",
            "column decision: 'unavailable' says that the full text is not to be had. Use it at the stage full-text.",
        ),
        (
            "a.ris#1,full-text,exclude,wrong desing,,mk,2026-03-01,reviewer",
            "column reason: 'wrong desing' is not among the reasons in review.toml. Did you mean wrong design? Or add it there.",
        ),
        (
            "a.ris#1,full-text,exclude,,,mk,2026-03-01,reviewer",
            "column reason: a full text is excluded without a reason. Give one of wrong population, wrong design.",
        ),
        (
            "a.ris#1,full-text,include,wrong design,,mk,2026-03-01,reviewer",
            "column reason: a reason of exclusion with the decision 'include'. Leave it empty; use note.",
        ),
        (
            "a.ris#1,full-text,include,,,jl,2026-03-01,reviewer",
            (
                "column reviewer: a decision of 'jl' in the file of 'mk'. Correct it, or move the row to the file of that "
                "reviewer; each has one."
            ),
        ),
        (
            "a.ris#1,full-text,include,,,mk,1 March,reviewer",
            "column time: '1 March' is no time. Write 2026-03-01T09:30:00Z, or a date as 2026-03-01.",
        ),
        (
            "a.ris#1,full-text,include,,,mk,2026-02-30,reviewer",
            "column time: '2026-02-30' is no time. Write 2026-03-01T09:30:00Z, or a date as 2026-03-01.",
        ),
        (
            "a.ris#1,full-text,include,,,mk,2026-03-01,boss",
            "column role: 'boss' is not one of reviewer, adjudicator. Use one of these.",
        ),
        (",full-text,include,,,mk,2026-03-01,reviewer", "column record: the cell is empty. Every row needs it."),
    ],
)
def test_a_row_that_breaks_a_rule(tmp_path, row, said):
    _, problems = decisions_of(written(tmp_path, HEADER + GOOD + row + "\n"))
    assert problems == [f"error: screening/decisions-mk.csv, row 3, {said}"]


def test_columns_that_are_missing_or_not_known(tmp_path):
    found, problems = decisions_of(written(tmp_path, "record,stage,decision,vote,time\na.ris#1,full-text,include,1,2026-03-01\n"))
    assert found == ()
    assert problems == [
        (
            "error: screening/decisions-mk.csv, row 1, column reviewer: missing among the columns (record, stage, decision, vote, "
            "time). Add the column."
        ),
        "error: screening/decisions-mk.csv, row 1, column vote: there is no such column. Did you mean note?",
    ]


def test_other_files_are_said_not_to_be_read(tmp_path):
    for name in ("decision-jl.csv", "decisions-.csv", "README.md", "included.csv", "duplicates.csv", ".hidden"):
        written(tmp_path, HEADER + GOOD, name)
    mend = "it is not read. Decisions stand in decisions-REVIEWER.csv, such as decisions-mk.csv; put anything else elsewhere."
    assert decisions_of(tmp_path) == (
        (),
        [f"warning: screening/decision-jl.csv: {mend}", f"warning: screening/decisions-.csv: {mend}"],
    )


def test_screening_that_is_a_file(tmp_path):
    (tmp_path / "screening").write_text("")
    assert decisions_of(tmp_path) == ((), ["error: screening: this is a file, not a folder. Make it a folder, or remove it."])


# Appending


def test_a_new_file_gets_its_header(tmp_path):
    path = append_decision(tmp_path, DECISION)
    assert path == tmp_path / "screening/decisions-mk.csv"
    assert path.read_text() == HEADER + 'a.ris#1,full-text,exclude,wrong design,"a, b",mk,2026-03-01T09:30:00Z,reviewer\n'


TEXT = st.text(max_size=20)


@given(note=TEXT, reason=TEXT)
def test_whatever_a_text_holds_a_decision_is_one_line_that_comes_back(tmp_path_factory, note, reason):
    folder = tmp_path_factory.mktemp("review")
    decision = ScreeningDecision("a.ris#1", "full-text", "exclude", reason, note, "mk", "2026-03-01")
    try:
        append_decision(folder, decision)
    except UnicodeEncodeError:  # half a surrogate pair, which no keyboard writes
        return
    text = (folder / "screening/decisions-mk.csv").read_bytes()
    assert text.count(b"\n") == 2
    problems: list = []
    found = read_decisions(folder, None, None, problems)
    if "\0" in note + reason:
        return
    assert [(row.reason, row.note) for row in found] == [(" ".join(reason.split()), " ".join(note.split()))]
    assert problems == []


CUT = ScreeningDecision("a.ris#1", "full-text", "exclude", "wrong design", 'naïve "x", β', "mk", "2026-03-01T09:30:00Z")
LINE = decision_line(CUT).encode()


@pytest.mark.parametrize("length", range(1, len(LINE)))
def test_a_line_that_was_cut_short_is_said_and_costs_nothing_else(tmp_path, length):
    """Cut after each of its bytes: alone, then with a decision after it."""
    written(tmp_path, (HEADER + GOOD).encode() + LINE[:length])
    whole = length == len(LINE) - 1
    found, problems = decisions_of(tmp_path)
    assert [row.decision for row in found] == ["include", *["exclude"] * whole]
    start = "warning: screening/decisions-mk.csv, row 3: the row was not written to its end, and is not counted (record "
    assert [problem.startswith(start) for problem in problems] == [True] * (not whole)
    append_decision(tmp_path, ScreeningDecision("a.ris#2", "title-abstract", "maybe", "", "é", "mk", "2026-03-02"))
    found, problems = decisions_of(tmp_path)
    kept = [row.decision for row in found]
    assert kept[0] == "include"
    assert (found[-1].record, found[-1].note) == ("a.ris#2", "é")
    if kept == ["include", "maybe"]:
        assert [problem.startswith(start) for problem in problems] == [True]
    else:  # it was whole but for its line break, or for its last word, which says what is said where it is left out
        assert kept == ["include", "exclude", "maybe"]
        assert problems == []


def test_a_file_with_other_columns_is_not_written_to(tmp_path):
    folder = written(tmp_path, "record;stage\na;b\n")
    with pytest.raises(TrialpoolError) as refused:
        append_decision(folder, DECISION)
    assert str(refused.value) == (
        f"{folder}/screening/decisions-mk.csv: the columns are 'record;stage'. To go on in it, make them {HEADER.strip()}, with "
        "commas, in this order."
    )


def test_a_file_that_a_spreadsheet_saved_is_gone_on_in(tmp_path):
    written(tmp_path, "\ufeff" + (HEADER + GOOD).replace("\n", "\r\n"))
    append_decision(tmp_path, DECISION)
    found, problems = decisions_of(tmp_path)
    assert ([row.decision for row in found], problems) == (["include", "exclude"], [])


def _append(folder: Path, n: int) -> None:
    for i in range(n):
        append_decision(
            folder, ScreeningDecision("a.ris#1", "title-abstract", "include", "", "x" * 500 + str(i), "mk", "2026-03-01")
        )


def test_two_programs_may_write_at_once(tmp_path):
    append_decision(tmp_path, DECISION)
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_append, args=(tmp_path, 50)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found, problems = decisions_of(tmp_path)
    assert (len(found), problems) == (101, [])


# included.csv


def test_reports_of_studies(tmp_path):
    text = "record,study\na.ris#1,attal-2006\na.ris#2,atal-2006\nc#1,attal-2006\na.ris#1,attal-2006\n,x\n"
    written(tmp_path, text, "included.csv")
    problems: list = []
    reports, unassigned = read_included(tmp_path, RECORDS, ["attal-2006"], problems)
    assert (reports[0], unassigned) == (ReportOfStudy("a.ris#1", "attal-2006"), ())
    assert [f"{problem.severity}: {problem}" for problem in problems] == [
        "error: screening/included.csv, row 3, column study: studies.csv has no study 'atal-2006'. Did you mean attal-2006?",
        (
            "error: screening/included.csv, row 4, column record: there is no record 'c#1'. Write the file in search/ and the "
            "place in it, as pubmed.nbib#12."
        ),
        "warning: screening/included.csv, row 5: it says the same as row 2. Remove it.",
        "error: screening/included.csv, row 6, column record: the cell is empty. Every row needs it.",
    ]
    assert read_included(tmp_path / "other", RECORDS, [], problems) == ((), ())
