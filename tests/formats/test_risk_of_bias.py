"""risk_of_bias.csv: what is refused row by row, and what the rows of a review must obey together."""

from __future__ import annotations

import pytest
from tests.cli.refusals import refused
from tests.formats.folders import PLAN, STUDIES, folder, problems
from tests.formats.risk_rows import low, open_label, said

from trialpool.formats.review_folder import read_review
from trialpool.review.assessments import assessed, assessments_of

ALL_LOW = [row for study in ("a-2001", "b-2005", "c-2010") for row in low(study)]
ANSWERS = "Y, PY, PN, N, NI"
TWO_OUTCOMES = PLAN.replace(
    "[[analyses]]",
    '[[outcomes]]\nid = "pfs"\nname = "PFS"\nmeasure = "HR"\nreported_as = ["PFS", "OS"]\n\n[[analyses]]\nid = "pfs"\n'
    'outcome = "pfs"\n\n[[analyses]]',
)


def test_a_sound_file_has_no_problem_and_its_answers_are_as_the_tool_writes_them(tmp_path):
    rows = [row | {"answer": {"Y": "yes", "N": "n"}[row["answer"]]} for row in ALL_LOW]
    made = folder(tmp_path, risk_of_bias=rows)
    assert problems(made) == []
    review = read_review(made)
    assert {row.answer for row in review.risk_of_bias} == {"Y", "N"}
    assert list(review.tools) == ["rob2-assignment"]
    assert [each.overall.level for each in assessments_of(review)] == ["low", "low", "low"]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"study": "nobody"}, "study: studies.csv has no study 'nobody'. Add it there, or correct it."),
        (
            {"stratum": "old"},
            "stratum: studies.csv has no stratum 'old' of a-2001; it has none. Correct it, or leave it empty for the whole study.",
        ),
        (
            {"outcome": "pfs"},
            "outcome: review.toml has no outcome 'pfs'. Leave it empty for every outcome, or use one of os.",
        ),
        ({"tool": "rob2-assignmnet"}, "tool: there is no tool 'rob2-assignmnet'. Did you mean rob2-assignment?"),
        (
            {"domain": "D6"},
            "domain: RoB 2, effect of assignment to treatment has no domain 'D6'. Use one of D1, D2, D3, D4, D5, overall.",
        ),
        (
            {"question": "2.1"},
            (
                "question: domain D1 of RoB 2, effect of assignment to treatment has no question '2.1'. "
                "Use one of 1.1, 1.2, 1.3, judgement, direction."
            ),
        ),
        ({"answer": "maybe"}, f"answer: 'maybe' is no answer to 1.1 of D1. Use one of {ANSWERS}."),
        ({"answer": "NA"}, f"answer: 'NA' is no answer to 1.1 of D1. Use one of {ANSWERS}."),
        (
            {"question": "judgement", "answer": "medium"},
            "answer: 'medium' is no answer to judgement of D1. Use one of low, some-concerns, high.",
        ),
        (
            {"question": "direction", "answer": "left"},
            (
                "answer: 'left' is no answer to direction of D1. Use one of favours-treatment, favours-control, towards-null, "
                "away-from-null, unpredictable."
            ),
        ),
        (
            {"domain": "overall"},
            "question: '1.1' is no question of the overall judgement. Use judgement or direction.",
        ),
    ],
)
def test_a_row_that_the_tool_or_the_review_does_not_know_is_refused(tmp_path, cells, message):
    made = folder(tmp_path, risk_of_bias=[said("a-2001", "D1", "1.1", "Y") | cells])
    assert refused(made) == [f"risk_of_bias.csv, row 2, column {message}"]


def test_a_question_without_no_information_does_not_take_it(tmp_path):
    made = folder(tmp_path, risk_of_bias=[said("a-2001", "D3", "3.2", "NI")])
    message = "answer: 'NI' is no answer to 3.2 of D3. Use one of Y, PY, PN, N, NA."
    assert refused(made) == [f"risk_of_bias.csv, row 2, column {message}"]


def test_a_reviewer_answers_once(tmp_path):
    rows = [*ALL_LOW, said("a-2001", "D1", "1.1", "PY"), said("a-2001", "D1", "1.1", "Y", reviewer="R1")]
    assert refused(folder(tmp_path, risk_of_bias=rows)) == [
        (
            "risk_of_bias.csv, row 41, column question: 1.1 of D1 is answered in row 2 already. "
            "Remove one, or say in `reviewer` who gave which."
        )
    ]


def test_an_override_needs_its_reason(tmp_path):
    rows = [*ALL_LOW, said("a-2001", "D3", "judgement", "High"), said("b-2005", "overall", "judgement", "some-concerns")]
    reason = "and no reason is given. Give the reason, or remove the row: then the answers decide."
    assert refused(folder(tmp_path, risk_of_bias=rows)) == [
        f"risk_of_bias.csv, row 41, column note: high of D3 differs from low, which the answers lead to, {reason}",
        f"risk_of_bias.csv, row 42, column note: some-concerns of overall differs from low, which the answers lead to, {reason}",
    ]
    given = [*ALL_LOW, said("a-2001", "D3", "judgement", "High", note="12 of 40 were lost, all in one arm")]
    (tmp_path / "again").mkdir()
    review = read_review(folder(tmp_path / "again", risk_of_bias=given))
    found = assessed(review, review.studies[0], "os")
    assert (found.domains[2].proposed, found.domains[2].level, found.domains[2].overridden) == ("low", "high", True)
    assert (found.domains[2].reason, found.overall.level) == ("12 of 40 were lost, all in one arm", "high")


def test_a_judgement_that_agrees_with_the_answers_needs_no_reason(tmp_path):
    assert problems(folder(tmp_path, risk_of_bias=[*ALL_LOW, said("a-2001", "D3", "judgement", "low")])) == []


def test_reviewers_who_differ_leave_the_question_open_until_their_consensus(tmp_path):
    two = [said("a-2001", "D1", "1.2", "Y", reviewer="R1"), said("a-2001", "D1", "1.2", "NI", reviewer="R2")]
    rest = [row for row in ALL_LOW if (row["study"], row["question"]) != ("a-2001", "1.2")]
    made = folder(tmp_path, risk_of_bias=[*two, *rest])
    assert problems(made) == [
        (
            "warning: risk_of_bias.csv, row 3, column answer: reviewers differ on 1.2 of D1 (R1 Y, R2 NI), "
            "so that it counts as open. Add a row with the reviewer `consensus`."
        )
    ]
    review = read_review(made)
    found = assessed(review, review.studies[0], "os")
    assert (found.domains[0].level, found.domains[0].disputed, found.level) == ("", ("1.2",), None)
    (tmp_path / "again").mkdir()
    agreed = folder(tmp_path / "again", risk_of_bias=[*two, said("a-2001", "D1", "1.2", "NI", reviewer="consensus"), *rest])
    assert problems(agreed) == []
    review = read_review(agreed)
    assert assessed(review, review.studies[0], "os").domains[0].level == "some-concerns"


def test_an_answer_to_a_question_that_is_not_asked_is_left_aside(tmp_path):
    made = folder(tmp_path, risk_of_bias=[*ALL_LOW, said("a-2001", "D4", "4.4", "Y"), said("a-2001", "D4", "4.5", "NA")])
    assert problems(made) == [
        (
            "warning: risk_of_bias.csv, row 41, column question: question 4.4 is not asked after the answers before it. "
            "It is left aside; look at the answers before it."
        )
    ]


def test_NA_is_no_answer_to_a_question_that_is_asked(tmp_path):
    rows = [row for row in ALL_LOW if (row["study"], row["domain"]) != ("a-2001", "D3")]
    rows += [said("a-2001", "D3", "3.1", "N"), said("a-2001", "D3", "3.2", "NA")]
    made = folder(tmp_path, risk_of_bias=rows)
    assert problems(made) == [
        "note: risk_of_bias.csv: a-2001 (os): no answer yet to D3 3.2. Answer them; where nothing is known, most tools have NI."
    ]
    review = read_review(made)
    assert assessed(review, review.studies[0], "os").domains[2].level == ""


def test_what_is_open_of_some_outcomes_alone_names_them(tmp_path):
    rows = [*low("a-2001", but=("D1", "D4")), said("a-2001", "D1", "1.1", "Y")]
    rows += [said("a-2001", "D4", "4.1", "N"), said("a-2001", "D4", "4.2", "N", outcome="os"), said("a-2001", "D4", "4.3", "N")]
    assert problems(folder(tmp_path, toml=TWO_OUTCOMES, risk_of_bias=rows))[1:] == [
        (
            "note: risk_of_bias.csv: a-2001: no answer yet to D1 1.2 1.3 (os, pfs); D4 4.2 (pfs). "
            "Answer them; where nothing is known, most tools have NI."
        )
    ]


def test_what_is_open_is_noted_once_a_study_and_is_no_remark_of_the_report(tmp_path):
    made = folder(tmp_path, toml=TWO_OUTCOMES, risk_of_bias=[*low("a-2001", but=("D1", "D2")), said("a-2001", "D1", "1.1", "Y")])
    assert problems(made) == [
        "note: risk_of_bias.csv: nothing is said of b-2005, c-2010. Add rows for them.",
        (
            "note: risk_of_bias.csv: a-2001 (os, pfs): no answer yet to D1 1.2 1.3; D2 2.1 2.2 2.6. "
            "Answer them; where nothing is known, most tools have NI."
        ),
    ]
    assert read_review(made).remarks == ()


def test_one_domain_at_high_risk_settles_it_and_one_at_some_concerns_does_not(tmp_path):
    """RoB 2: high over all where at least one domain is at high risk, whatever the others are."""
    seen = [said("a-2001", "D1", "1.1", "N"), said("a-2001", "D1", "1.2", "PN"), said("a-2001", "D1", "1.3", "NI")]
    rows = [*seen, said("b-2005", "D1", "1.1", "Y"), said("b-2005", "D1", "1.2", "NI"), said("b-2005", "D1", "1.3", "NI")]
    review = read_review(folder(tmp_path, risk_of_bias=rows))
    assert {(each.unit.study, each.domains[0].level, each.overall.level) for each in assessments_of(review)} == {
        ("a-2001", "high", "high"),
        ("b-2005", "some-concerns", ""),
    }


def test_outcomes_are_judged_apart(tmp_path):
    rows = [*low("a-2001", but=("D4",)), *open_label("a-2001", outcome="pfs"), said("a-2001", "D4", "4.1", "N", outcome="os")]
    rows += [said("a-2001", "D4", "4.2", "N", outcome="os"), said("a-2001", "D4", "4.3", "NI"), said("a-2001", "D4", "4.4", "N")]
    review = read_review(folder(tmp_path, toml=TWO_OUTCOMES, risk_of_bias=rows))
    assert {each.outcome: each.overall.level for each in assessments_of(review)} == {"os": "low", "pfs": "high"}


def test_strata_share_the_rows_of_their_study_and_may_have_their_own(tmp_path):
    studies = [STUDIES[0] | {"stratum": "old"}, STUDIES[0] | {"stratum": "young"}, *STUDIES[1:]]
    rows = [*low("a-2001"), *open_label("a-2001", stratum="young")]
    results = [
        {"study": "a-2001", "stratum": stratum, "outcome": "OS", "measure": "HR", "estimate": "0.8", "ci_low": "0.6",
         "ci_high": "1.07", "orientation": "treatment_vs_control", "status": "read"}
        for stratum in ("old", "young")
    ]  # fmt: skip
    review = read_review(folder(tmp_path, studies=studies, results=results, risk_of_bias=rows))
    assert [(each.unit.stratum, each.overall.level) for each in assessments_of(review)] == [("old", "low"), ("young", "high")]


OWN = """\
format = 1
id = "ours"
name = "Our own list"

[[levels]]
id = "good"
name = "Good"

[[levels]]
id = "bad"
name = "Bad"
high = true

[[domains]]
id = "A"
name = "Funding"

[overall]
rule = "none"
"""


def test_a_tool_of_the_review_is_judged_without_code(tmp_path):
    rows = [{"study": "a-2001", "tool": "ours", "domain": "A", "question": "judgement", "answer": "bad"}]
    made = folder(tmp_path, risk_of_bias=rows, tools={"ours.toml": OWN})
    review = read_review(made)
    found = assessed(review, review.studies[0], "os")
    assert (found.domains[0].level, found.level) == ("bad", None)
    (tmp_path / "again").mkdir()
    rows += [{"study": "a-2001", "tool": "ours", "domain": "overall", "question": "judgement", "answer": "bad"}]
    assert refused(folder(tmp_path / "again", risk_of_bias=rows, tools={"ours.toml": OWN})) == [
        "risk_of_bias.csv, row 3, column domain: Our own list has no judgement over all domains. Remove the row."
    ]


def test_a_domain_takes_the_levels_that_it_can_have(tmp_path):
    row = {"study": "a-2001", "tool": "robins-i-v2", "domain": "D1", "question": "judgement", "answer": "low"}
    assert refused(folder(tmp_path, risk_of_bias=[row])) == [
        (
            "risk_of_bias.csv, row 2, column answer: 'low' is no answer to judgement of D1. "
            "Use one of low-but-confounding, moderate, serious, critical."
        )
    ]


def test_domains_that_a_person_judges_lead_to_the_worst_of_them(tmp_path):
    levels = {"D1": "low-but-confounding", "D2": "low", "D3": "moderate", "D4": "low", "D5": "low", "D6": "low"}
    rows = [
        {"study": "a-2001", "tool": "robins-i-v2", "domain": domain, "question": "judgement", "answer": level}
        for domain, level in levels.items()
    ]
    review = read_review(folder(tmp_path, risk_of_bias=rows))
    assert assessed(review, review.studies[0], "os").overall.level == "moderate"
    (tmp_path / "again").mkdir()
    review = read_review(folder(tmp_path / "again", risk_of_bias=rows[:2] + rows[3:]))
    assert assessed(review, review.studies[0], "os").overall.level == ""


def test_applicability_does_not_count_and_there_is_no_overall_judgement(tmp_path):
    rows = [
        {"study": "a-2001", "tool": "quadas-2", "domain": domain, "question": "judgement", "answer": "Low"}
        for domain in ("D1", "D2", "D3", "D4")
    ]
    made = folder(tmp_path, risk_of_bias=rows)
    assert problems(made)[1] == (
        "note: risk_of_bias.csv: a-2001 (os): no answer yet to A1 judgement; A2 judgement; A3 judgement. Judge them."
    )
    review = read_review(made)
    assert assessed(review, review.studies[0], "os").level is None


def test_of_two_tools_review_toml_says_which_counts(tmp_path):
    rows = [*ALL_LOW, {"study": "a-2001", "tool": "ours", "domain": "A", "question": "judgement", "answer": "bad"}]
    made = folder(tmp_path, risk_of_bias=rows, tools={"ours.toml": OWN})
    assert refused(made) == [
        (
            "risk_of_bias.csv, row 41, column tool: a-2001 is judged by rob2-assignment and by ours. "
            "Say under [risk_of_bias] of review.toml which counts, by tools = [...]."
        )
    ]
    (tmp_path / "again").mkdir()
    toml = PLAN + '\n[risk_of_bias]\ntools = ["ours"]\n'
    review = read_review(folder(tmp_path / "again", toml=toml, risk_of_bias=rows, tools={"ours.toml": OWN}))
    assert [assessed(review, unit, "os").tool.id for unit in review.studies] == ["ours", "rob2-assignment", "rob2-assignment"]


def test_the_plan_cannot_name_a_tool_that_is_not_there(tmp_path):
    made = folder(tmp_path, toml=PLAN + '\n[risk_of_bias]\ntools = ["rob1"]\n', risk_of_bias=ALL_LOW)
    known = "quadas-2, rob2-adhering, rob2-assignment, robins-i-v2"
    message = f"there is no tool 'rob1'. Put its definition into tools/, or use one of {known}."
    assert refused(made) == [f"review.toml, risk_of_bias.tools: {message}"]


def test_a_subgroup_by_risk_of_bias_needs_judgements(tmp_path):
    toml = PLAN + 'subgroups = ["risk of bias"]\n'
    assert refused(folder(tmp_path, toml=toml)) == [
        "review.toml, analyses[1].subgroups: no result is judged. Judge results in risk_of_bias.csv, or remove the subgroup."
    ]


def test_a_column_of_the_same_name_is_left_aside(tmp_path):
    studies = [study | {"risk of bias": "low"} for study in STUDIES]
    assert problems(folder(tmp_path, studies=studies, risk_of_bias=ALL_LOW)) == [
        (
            "warning: studies.csv, row 1, column risk of bias: risk_of_bias.csv gives the column 'risk of bias', "
            "so that this one is left aside. Rename it, or remove it."
        )
    ]
