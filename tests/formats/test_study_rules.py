"""studies.csv: identifiers, strata, years, numbers of patients and the names of columns."""

from __future__ import annotations

import pytest
from tests.cli.refusals import refused
from tests.formats.folders import STUDIES, folder, problems

from trialpool.formats.review_folder import read_review

TWICE = "Give each study its own identifier, or strata their names"


def study(**cells):
    return STUDIES[0] | cells


def with_studies(tmp_path, *rows):
    return folder(tmp_path, studies=[*STUDIES[1:], *rows], results=[{"study": "b-2005", "outcome": "OS", "status": "read"}])


@pytest.mark.parametrize(
    ("rows", "messages"),
    [
        ([study(study="b-2005")], [f"row 4, column study: 'b-2005' stands in row 2 already. {TWICE}."]),
        (
            [study(stratum="old"), study(stratum="young"), study(stratum="old")],
            [f"row 6, column study: 'a-2001', stratum 'old', stands in row 4 already. {TWICE}."],
        ),
        (
            [study(stratum="old"), study(stratum="")],
            [
                ("row 5, column stratum: 'a-2001' has rows with strata, and this row names none. "
                "Name the stratum, or remove the row: reports of the whole study need none."),
            ],
        ),
        ([study(study="")], ["row 4, column study: the cell is empty. Every row needs it."]),
        ([study(label=" ")], ["row 4, column label: the cell is empty. Every row needs it."]),
        (
            [study(study="A  2001\nb")],
            ["row 4, column study: 'A  2001\\nb' holds a space. Write A-2001-b, here and in the other files."],
        ),
        ([study(year="20o8")], [
            "row 4, column year: '20o8' is not a number. Correct it, or leave the cell empty where nothing was reported.",
        ]),
        ([study(year="")], ["row 4, column year: the cell is empty. Every row needs it."]),
        ([study(year="208")], ["row 4, column year: 208 is no year of publication. Give all four digits."]),
        ([study(year="2008.5")], [
            "row 4, column year: 2008.5 is not a whole number. Counts are whole; a percentage has its own column.",
        ]),
        ([study(n_t="-5", n_c="0")], [
            "row 4, column n_t: -5 patients were randomised. Leave the cell empty where the number is not known.",
            "row 4, column n_c: 0 patients were randomised. Leave the cell empty where the number is not known.",
        ]),
        ([study(n_t="1,204", n_c="n/a")], [
            "row 4, column n_t: '1,204' separates thousands. Write 1204.",
            "row 4, column n_c: 'n/a' is not a number. Correct it, or leave the cell empty where nothing was reported.",
        ]),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_used_is_refused(tmp_path, rows, messages):
    assert refused(with_studies(tmp_path, *rows)) == [f"studies.csv, {message}" for message in messages]


def test_a_bad_row_does_not_make_its_results_strangers(tmp_path):
    made = folder(tmp_path, studies=[study(year="?"), *STUDIES[1:]])
    assert refused(made) == [
        "studies.csv, row 2, column year: '?' is not a number. Correct it, or leave the cell empty where nothing was reported."
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "studies.csv: the file is missing. Every review folder needs it."),
        (b"", "studies.csv: the file is empty. Give it a header row (study, label, year, ...) and the data."),
        (
            "study,label\na-2001,A 2001\n",
            "studies.csv, row 1, column year: missing among the columns (study, label). Add the column.",
        ),
    ],
)
def test_a_bad_file_is_one_problem_and_not_one_for_each_result(tmp_path, content, message):
    assert refused(folder(tmp_path, studies=content)) == [message]


def test_a_column_that_is_nearly_a_known_one_is_read_as_a_moderator_and_said(tmp_path):
    made = folder(tmp_path, studies=[cells | {"N_t": "5", "Registry": "", "pmcid": ""} for cells in STUDIES])
    assert problems(made) == [
        "warning: studies.csv, row 1, column N_t: it was read as a moderator. Rename it n_t if that is meant.",
        "warning: studies.csv, row 1, column Registry: it was read as a moderator. Rename it registry if that is meant.",
    ]
    assert read_review(made).studies[0].moderators == {"drug": "old", "N_t": "5", "Registry": "", "pmcid": ""}


def test_labels_may_repeat_and_both_rows_are_kept(tmp_path):
    made = folder(tmp_path, studies=[STUDIES[0], STUDIES[1] | {"label": "A 2001"}, STUDIES[2]])
    assert problems(made) == []
    assert [unit.label for unit in read_review(made).studies] == ["A 2001", "A 2001", "C 2010"]


def test_spaces_around_identifiers_do_not_count(tmp_path):
    made = folder(tmp_path, studies=[STUDIES[0] | {"study": "  a-2001\u00a0"}, *STUDIES[1:]])
    assert problems(made) == []
    assert read_review(made).studies[0].study == "a-2001"
