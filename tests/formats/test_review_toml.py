"""review.toml: every wrong key and value is named by its place, with the mend; all of them at once."""

from __future__ import annotations

import pytest
from tests.cli.refusals import refused
from tests.formats.folders import PLAN, folder

from trialpool.formats.review_folder import read_review

ESTIMATORS = "Use 'REML', 'PM', 'DL', 'DL2', 'DLIT', 'ML', 'EB', 'HE', 'HS', 'HSk', 'SJ', 'SJIT', 'PMM', 'GENQ' or 'GENQM'."

THERE = "Correct it there; text stands in double quotes."
TEXT = "Put it in double quotes."
NO_IDENTIFIER = "is no identifier. Use small letters, digits, - and _, beginning with a letter or a digit."
LEVEL = "is not between 0 and 1. For a 95% interval give 0.95."


def in_analysis(line):
    return PLAN + line + "\n"


@pytest.mark.parametrize(
    ("toml", "messages"),
    [
        (None, [": the file is missing. Every review folder needs it; `trialpool new` makes one."]),
        (PLAN.encode("utf-16"), [": the text is not UTF-8. Save it as UTF-8."]),
        (PLAN.replace("none", "Å").encode("cp1252"), [": the text is not UTF-8. Save it as UTF-8."]),
        (
            PLAN.replace('"OS"', "OS"),
            [": this is not TOML (Invalid value (at line 8, column 16)). Correct it there; text stands in double quotes."],
        ),
        (
            PLAN + "tau2 = 1\ntau2 = 2\n",
            [": this is not TOML (Cannot overwrite a value (at line 14, column 9)). " + THERE],
        ),
        (
            PLAN + "x = " + "[" * 5000,
            [": this is not TOML (nested too deeply). Correct it; text stands in double quotes."],
        ),
        (
            "",
            [
                ", format: the key is missing. Add it.",
                ", title: the key is missing. Add it.",
                ", outcomes: the key is missing. Head it with [[outcomes]].",
                ", analyses: the key is missing. Head it with [[analyses]].",
            ],
        ),
        (PLAN.replace("format = 1", "format = 2"), [", format: 2 is not known. Use 1."]),
        (PLAN.replace("format = 1", 'format = "1"'), [", format: '1' is not known. Use 1."]),
        (PLAN.replace('"Drug against none"', "5"), [f", title: 5 is not text. {TEXT}"]),
        (PLAN.replace('"Drug against none"', "1979-05-27"), [f", title: datetime.date(1979, 5, 27) is not text. {TEXT}"]),
        (PLAN.replace('"Drug against none"', '" "'), [", title: the text is empty. Write something."]),
        (PLAN.replace("title", "titel"), [
            ", title: the key is missing. Add it.",
            ", titel: there is no such key. Did you mean title?",
        ]),
        (PLAN.replace("[[outcomes]]", 'cautions = "No trial."\n[[outcomes]]'), [
            ", cautions: 'No trial.' is not a list. Put it in brackets, such as [\"PFS\"].",
        ]),
        (PLAN.replace("[[outcomes]]", 'cautions = ["No trial.", " "]\n[[outcomes]]'), [
            ", cautions[2]: the text is empty. Write something.",
        ]),
        (PLAN.replace("[[outcomes]]", "question = 5\n[[outcomes]]"), [
            ", question: 5 is not a table. Head it with [question].",
        ]),
        (PLAN.replace("[[outcomes]]", "[question]\nwho = 1\ntext = 2\n[[outcomes]]"), [
            f", question.text: 2 is not text. {TEXT}",
            ", question.who: there is no such key. Known are text, population, intervention, comparison, outcomes, designs.",
        ]),
        (PLAN.replace("[[outcomes]]", "[outcomes]"), [
            ", outcomes: {'id': 'os', 'name': 'Overall survival',... is not a list. Head it with [[outcomes]].",
        ]),
        ('format = 1\ntitle = "T"\noutcomes = []\nanalyses = 5\n', [
            ", outcomes: the list is empty. Head it with [[outcomes]].",
            ", analyses: 5 is not a list. Head it with [[analyses]].",
        ]),
        (
            PLAN.replace('"HR"', '"ROM"'),
            [", outcomes[1].measure: 'ROM' is not known. Use 'HR', 'RR', 'OR', 'RD', 'IRR', 'MD' or 'SMD'."],
        ),
        (PLAN.replace("measure", "mesure"), [
            ", outcomes[1].measure: the key is missing. Add it.",
            ", outcomes[1].mesure: there is no such key. Did you mean measure?",
        ]),
        (PLAN.replace('["OS"]', '"OS"'), [
            ", outcomes[1].reported_as: 'OS' is not a list. Put it in brackets, such as [\"PFS\"].",
        ]),
        (PLAN.replace('["OS"]', "[]"), [", outcomes[1].reported_as: the list is empty. Give at least one."]),
        (PLAN.replace('["OS"]', '["OS", ""]'), [", outcomes[1].reported_as[2]: the text is empty. Write something."]),
        (PLAN.replace('id = "os"\nname', 'id = "Overall survival"\nname'), [
            f", outcomes[1].id: 'Overall survival' {NO_IDENTIFIER}",
        ]),
        (PLAN.replace('id = "os"\nname', 'id = "../os"\nname'), [f", outcomes[1].id: '../os' {NO_IDENTIFIER}"]),
        (in_analysis("level = 95"), [f", analyses[1].level: 95 {LEVEL}"]),
        (in_analysis("level = 0"), [f", analyses[1].level: 0 {LEVEL}"]),
        (in_analysis("level = nan"), [f", analyses[1].level: nan {LEVEL}"]),
        (in_analysis('level = "95%"'), [
            ", analyses[1].level: '95%' is not a number. Write it without quotes, such as 0.95.",
        ]),
        (in_analysis("level = []"), [", analyses[1].level: [] is not a number. Write it without quotes, such as 0.95."]),
        (in_analysis('tau2 = "reml"\nci = "HKSJ"\nprediction = "T"\nsubgroup_tau2 = "own"\nsensitivity = ["gosh", "dl-wald"]'), [
            f", analyses[1].tau2: 'reml' is not known. {ESTIMATORS}",
            ", analyses[1].ci: 'HKSJ' is not known. Use 'HK', 'HK-floor', 'HK-wider', 'HK-IQWiG', 'Wald', 't', 'KR', 'PL' or 'HC'.",
            ", analyses[1].prediction: 'T' is not known. Use 't', 'HTS' or 'normal'.",
            ", analyses[1].subgroup_tau2: 'own' is not known. Use 'separate' or 'common'.",
            (", analyses[1].sensitivity[1]: 'gosh' is not known. Use 'hk-floor', 'dl-wald', 'common', 'random-effects', "
            "'mantel-haenszel', 'read-only', 'all-rows', 'rounding-edges', 'without-high-risk', 'low-risk-only' "
            "or 'leave-one-out'."),
        ]),
        (in_analysis('subgroups = "drug"'), [
            ", analyses[1].subgroups: 'drug' is not a list. Put it in brackets, such as [\"PFS\"].",
        ]),
        (PLAN + PLAN.partition("\n\n")[2].replace('outcome = "os"', 'outcome = "pfs"'), [
            ", outcomes: the id 'os' stands twice. Give each its own.",
            ", analyses: the id 'os' stands twice. Give each its own.",
            ", analyses[2].outcome: there is no outcome 'pfs'. Use one of os.",
        ]),
        (in_analysis('subgroups = ["drugs", "drug", "drug", "drug x age", "year"]\nsensitivity = ["common", "common"]'), [
            ", analyses[1].subgroups: 'drug' stands twice. Remove one.",
            ", analyses[1].sensitivity: 'common' stands twice. Remove one.",
            ", analyses[1].subgroups: studies.csv has no column 'drugs'. Its further columns are drug.",
            ", analyses[1].subgroups: studies.csv has no column 'age'. Its further columns are drug.",
            ", analyses[1].subgroups: the column 'year' is not for subgroups. Its further columns are drug.",
        ]),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused(tmp_path, toml, messages):
    assert refused(folder(tmp_path, toml=toml)) == [f"review.toml{message}" for message in messages]


def test_numbers_of_thousands_of_digits_are_refused(tmp_path):
    (message,) = refused(folder(tmp_path, toml=PLAN + "x = " + "9" * 5000))
    assert message.startswith("review.toml: this is not TOML (Exceeds the limit (4300 digits)")


def test_a_byte_order_mark_is_passed_over(tmp_path):
    assert read_review(folder(tmp_path, toml=PLAN.encode("utf-8-sig"))).plan.title == "Drug against none"


def test_studies_without_further_columns_have_no_subgroups(tmp_path):
    made = folder(
        tmp_path,
        toml=in_analysis('subgroups = ["drug"]'),
        studies="study,label,year\na-2001,A,2001\nb-2005,B,2005\nc-2010,C,2010\n",
    )
    assert refused(made) == ["review.toml, analyses[1].subgroups: studies.csv has no column 'drug'. Add a column for it there."]
