"""`trialpool prepare`: rows of what is open, at the end of the file; what stands there stays."""

from __future__ import annotations

import csv

import pytest
from tests.analysis.test_flow import BOTH, TITLES, review
from tests.cli.terminal import trialpool
from tests.formats.folders import RESULTS, folder, problems, tree
from tests.formats.risk_rows import low, said
from tests.formats.test_risk_of_bias import TWO_OUTCOMES

from trialpool.formats.review_folder import read_review

FIRST = ["1.1", "1.2", "1.3", "2.1", "2.2", "2.6", "3.1", "4.1", "4.2", "5.1", "5.2", "5.3"]  # asked whatever is answered
HEADER = "study,stratum,outcome,tool,domain,question,answer,quote,source,reviewer,note"


def rows_of(made, file="risk_of_bias.csv"):
    with (made / file).open(encoding="utf-8", newline="") as read:
        return list(csv.DictReader(read))


def prepare(made, *options):
    ran = trialpool("prepare", made, *(options or ("risk-of-bias",)))
    assert (ran.err, ran.code) == ("", 0)
    return ran.out


def test_every_result_gets_the_questions_that_are_asked_and_a_second_time_none(tmp_path):
    made = folder(tmp_path, results=RESULTS[:2])
    assert prepare(made) == f"24 rows added to {made}/risk_of_bias.csv. Fill in `answer`.\n"
    assert (made / "risk_of_bias.csv").read_text(encoding="utf-8").splitlines()[:5] == [
        HEADER,
        "a-2001,,,rob2-assignment,D1,1.1,,,,,",
        "a-2001,,,rob2-assignment,D1,1.2,,,,,",
        "a-2001,,,rob2-assignment,D1,1.3,,,,,",
        "a-2001,,os,rob2-assignment,D2,2.1,,,,,",
    ]
    rows = rows_of(made)
    assert [row["question"] for row in rows] == FIRST * 2
    before = tree(made)
    assert prepare(made) == "Every open question has its row.\n"
    assert tree(made) == before
    waits = "wait for an answer. Answer them; where nothing is known, most tools have NI."
    assert [problem for problem in problems(made) if "risk_of_bias" in problem] == [
        f"note: risk_of_bias.csv, answer: rows 2 to 13 of a-2001 {waits}",
        f"note: risk_of_bias.csv, answer: rows 14 to 25 of b-2005 {waits}",
    ]
    review = read_review(made)
    assert (review.risk_of_bias, len(review.unanswered)) == ((), 24)


def test_rows_that_are_there_stay_to_the_byte_and_an_answer_brings_the_next_question(tmp_path):
    text = "tool;study;domain;question;answer;outcome;note\r\n" + "".join(
        f"rob2-assignment;a-2001;{row['domain']};{row['question']};{row['answer']};;\r\n" for row in low("a-2001", but=("D3",))
    )
    text += "rob2-assignment;a-2001;D3;3.1;NI;;not, said"  # without an end of the line
    made = folder(tmp_path, results=RESULTS[:1], risk_of_bias=text)
    prepare(made)
    assert (made / "risk_of_bias.csv").read_bytes() == f"{text}\r\nrob2-assignment;a-2001;D3;3.2;;os;\r\n".encode()


def test_a_result_of_each_outcome_and_the_first_domain_once(tmp_path):
    made = folder(tmp_path, toml=TWO_OUTCOMES, results=RESULTS[:1])
    prepare(made)
    found = [(row["outcome"], row["question"]) for row in rows_of(made)]
    apart = FIRST[3:]
    assert found == [("", id_) for id_ in FIRST[:3]] + [(outcome, id_) for outcome in ("os", "pfs") for id_ in apart]


def test_a_judged_domain_and_a_question_that_somebody_disputes_are_not_asked_again(tmp_path):
    rows = [
        *low("a-2001", but=("D1", "D5")),
        said("a-2001", "D5", "judgement", "low"),
        *(said("a-2001", "D1", id_, "Y", reviewer="ae") for id_ in ("1.1", "1.2")),
        *(said("a-2001", "D1", id_, "N", reviewer="bk") for id_ in ("1.1", "1.2")),
    ]
    made = folder(
        tmp_path, results=RESULTS[:1], risk_of_bias=[row | {"outcome": "", "reviewer": row.get("reviewer", "")} for row in rows]
    )
    prepare(made)
    assert [row["question"] for row in rows_of(made)[len(rows) :]] == ["1.3"]


def test_each_reviewer_has_rows_of_their_own(tmp_path):
    made = folder(tmp_path, results=RESULTS[:1])
    for who in ("ae", "bk"):
        prepare(made, "risk-of-bias", "--reviewer", who)
    assert [(row["reviewer"], row["question"]) for row in rows_of(made)] == [(who, id_) for who in ("ae", "bk") for id_ in FIRST]


def test_the_tool_is_the_one_that_is_named_or_judges_already(tmp_path):
    made = folder(tmp_path, results=RESULTS[:1])
    prepare(made, "risk-of-bias", "--tool", "robins-i-v2")
    rows = rows_of(made)
    assert [(row["domain"], row["question"]) for row in rows] == [(f"D{i}", "judgement") for i in range(1, 7)]
    assert prepare(made) == "Every open question has its row.\n"
    ran = trialpool("prepare", made, "risk-of-bias", "--tool", "rob3")
    known = "quadas-2, rob2-adhering, rob2-assignment, robins-i-v2"
    message = f"risk_of_bias.csv, tool: there is no tool 'rob3'. Put its definition into tools/, or use one of {known}.\n"
    assert (ran.err, ran.code) == (message, 1)


def test_a_study_without_results_has_nothing_to_judge(tmp_path):
    made = folder(tmp_path, results=[RESULTS[0] | {"outcome": "weight"}])
    assert prepare(made) == "No outcome of review.toml has a row in results/ yet, so that there is nothing to judge.\n"
    assert not (made / "risk_of_bias.csv").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            b"study,tool,domain,question,answer\na-2001,rob2-assignment,D1,1.1,Y\n",
            (
                "risk_of_bias.csv, row 1, column outcome: the column is missing, and a row that is to be added fills it. "
                "Add it to the header, and its comma to every row; nothing was written.\n"
            ),
        ),
        (
            b"study,outcome,tool,domain,question,answer,note\na-2001,,rob2-assignment,D1,1.1,Y,M\xfcller\n",
            "risk_of_bias.csv: the text is not UTF-8. Save it as 'CSV UTF-8'; nothing was written.\n",
        ),
        (
            b"study,tool,domain,question,answer\nnobody,rob2-assignment,D1,1.1,Y\n",
            "risk_of_bias.csv, row 2, column study: studies.csv has no study 'nobody'. Add it there, or correct it.\n",
        ),
    ],
)
def test_a_file_that_cannot_take_the_rows_is_left_alone(tmp_path, text, said):
    made = folder(tmp_path, risk_of_bias=text)
    before = tree(made)
    ran = trialpool("prepare", made, "risk-of-bias")
    assert (ran.err, ran.code, tree(made)) == (said, 1, before)


def test_what_was_included_gets_a_row_and_waits_for_its_study(tmp_path):
    review(tmp_path, **BOTH, **{"screening/included.csv": "study,record\nb-2005,b.ris#2\n"})
    made = tmp_path / "review"
    assert prepare(made, "included") == f"1 row added to {made}/screening/included.csv. Fill in `study`.\n"
    assert (made / "screening/included.csv").read_text(encoding="utf-8") == "study,record\nb-2005,b.ris#2\n,a.ris#1\n"
    assert prepare(made, "included") == "Every publication that was included has its row.\n"
    waits = "note: screening/included.csv, study: row 3 waits for the study that is reported. Fill in a study of studies.csv."
    assert [problem for problem in problems(made) if "included" in problem] == [waits]
    check = trialpool("check", made).out
    assert waits in check
    assert "is not said to be a report of a study" not in check
    assert "no report of" not in check


def test_a_file_that_is_made_has_the_titles(tmp_path):
    review(tmp_path, **BOTH)
    made = tmp_path / "review"
    prepare(made, "included")
    assert rows_of(made, "screening/included.csv") == [
        {"record": id_, "study": "", "title": TITLES[i]} for id_, i in (("a.ris#1", 0), ("b.ris#2", 4))
    ]


def test_before_anything_is_included_there_is_nothing_to_prepare(tmp_path):
    assert prepare(folder(tmp_path), "included") == "No publication is included yet.\n"
