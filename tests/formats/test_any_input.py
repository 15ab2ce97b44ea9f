"""Whatever stands in the files: a problem with its place, or findings without a NaN; never another exception or a warning."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.formats.folders import PLAN, STUDIES, csv_text
from tests.formats.risk_rows import low, open_label, said

from trialpool.analysis.run import analyse
from trialpool.formats.review_folder import check_folder
from trialpool.formats.tool_definition import PACKAGED
from trialpool.reports.findings_json import findings_json
from trialpool.reports.tables import tables_of

NUMBERS = ["0", "1", "-1", "0.5", "1.00", "0.01", "100", "99.9", "7", "12.3", "1e11", "1e-20", "0.999999999999", "1000000"]
ODD = [
    "", "1e999", "0e999", "1e-999", "NaN", "inf", "1_000", "1,234", "0,62", "0\u00b762", "\u22120.5", "<0.001", ">0.5", "P = 1",
    "5%", "yes", "no", "maybe", "read", "recalled", "HR", "RR", "OR", "RD", "treatment", "control", "treatment_vs_control", "OS",
    "EFS", "x" * 200, "a\nb", '"', "=1+1", "\x1b[31m", "\u202e", "\U0001f600", "overall", "drug=new", "old", "a-2001", "9" * 40,
]  # fmt: skip
VALUES = [
    "1", '"x"', "[]", "{}", "nan", "true", "0.5", "1e-9", "0.9999999", '"REML"', '"PM"', '"DL"', '"HK"', '"HK-floor"', '"Wald"',
    '"t"', '"HTS"', '"normal"', '"RD"', '"OR"', '"RR"', '"HR"', '"higher"', '["OS", "EFS"]', '["drug"]', '["drug x note"]',
    '"common"', '""',
]  # fmt: skip


def template():
    """The files of the review that `trialpool new` makes: counts of 13 trials."""
    folder = Path(str(files("trialpool.formats") / "template"))
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.suffix in {".csv", ".toml"}
    }


def survival():
    """A review in which every route to a hazard ratio is taken, by studies with and without strata."""
    studies = [*STUDIES, *({"study": "d-2012", "stratum": s, "label": "D", "year": 2012, "drug": "old"} for s in ("young", "aged"))]
    whole = {"study": "a-2001", "outcome": "OS", "status": "read", "source": "p. 1", "note": ""}
    arms = {"n_t": "100", "n_c": "98"}
    results = [
        {**whole, "measure": "HR", "estimate": "0.80", "ci_low": "0.60", "ci_high": "1.07", "orientation": "treatment_vs_control"},
        {**whole, **arms, "study": "b-2005", "p": "0.04", "median_t": "24.1", "median_c": "18", "follow_up": "36", "stratum": ""},
        {**whole, "study": "b-2005", "o_minus_e": "-5.1", "v": "20.3", "p_sides": "1", "status": "derived"},
        {**whole, **arms, "study": "c-2010", "landmark": "36", "survival_t": "60", "survival_c": "52", "p": "<0.05", "use": "yes"},
        {
            **whole,
            **arms,
            "study": "c-2010",
            "events_t": "40",
            "events_c": "51",
            "p": "0.2",
            "outcome": "EFS",
            "favours": "treatment",
        },
        {**whole, **arms, "study": "d-2012", "stratum": "young", "pct_t": "10", "pct_c": "12.5", "p": "0.5", "favours": "control"},
        {
            **whole,
            "study": "d-2012",
            "measure": "HR",
            "estimate": "1.1",
            "ci_level": "90",
            "ci_low": "0.9",
            "ci_high": "1.4",
            "favours": "control",
        },
    ]
    published = [
        {"review": "r", "scope": "drug=new", "outcome": "os", "measure": "HR", "estimate": "0.9", "ci_low": "0.8", "ci_high": "1"}
    ]
    rows = {"studies.csv": studies, "results/os.csv": results, "published.csv": published}
    plan = PLAN.replace('["OS"]', '["OS", "EFS"]') + 'subgroups = ["drug"]\n'
    return {"review.toml": plan.encode(), **{name: csv_text(cells).encode() for name, cells in rows.items()}}


def judged():
    """The same with judgements by a packaged tool and by one of the review, reviewers who differ, and an override."""
    tool = PACKAGED / "quadas-2.toml"
    rows = [
        *low("a-2001"),
        *low("b-2005", but=("D4",)),
        *open_label("b-2005", outcome="os", reviewer="R1"),
        said("b-2005", "D4", "4.1", "PN", reviewer="R2"),
        said("b-2005", "overall", "judgement", "low", note="x", reviewer="consensus"),
        said("d-2012", "D1", "direction", "unpredictable", stratum="young", quote="q", source="p. 1"),
        {"study": "c-2010", "tool": "quadas-2", "domain": "D1", "question": "judgement", "answer": "Unclear"},
    ]
    plan = survival()["review.toml"].decode().replace('["drug"]', '["drug", "risk of bias"]')
    more = {"risk_of_bias.csv": csv_text(rows).encode(), "tools/quadas-2.toml": tool.read_bytes()}
    return survival() | more | {"review.toml": (plan + '\n[risk_of_bias]\ntools = ["quadas-2"]\n').encode()}


REVIEWS = {"template": template(), "survival": survival(), "judged": judged()}


def with_other_cell(draw, text):
    table = list(csv.reader(io.StringIO(text, newline="")))
    if not any(table):
        return text
    i = draw(st.sampled_from([i for i, cells in enumerate(table) if cells]))
    table[i][draw(st.integers(0, len(table[i]) - 1))] = draw(st.sampled_from([*NUMBERS, *ODD]))
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(table)
    return out.getvalue()


def with_other_value(draw, text):
    lines = text.split("\n")
    i = draw(st.integers(0, len(lines) - 1))
    key, equals, _ = lines[i].partition("=")
    lines[i] = (
        f"{key}= {draw(st.sampled_from(VALUES))}" if equals else draw(st.sampled_from(["", "x", "[[outcomes]]", "level = 2"]))
    )
    return "\n".join(lines)


def with_other_lines(draw, text):
    lines = text.split("\n")
    i, j = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
    changed = {"drop": lines[:i] + lines[i + 1 :], "repeat": lines[: i + 1] + lines[i:], "cut": lines[:i]}
    lines[i], lines[j] = lines[j], lines[i]
    return "\n".join(draw(st.sampled_from([lines, *changed.values()])))


def with_other_bytes(draw, content):
    i, j = sorted((draw(st.integers(0, len(content))), draw(st.integers(0, len(content)))))
    return content[:i] + draw(st.binary(max_size=3)) + content[j if draw(st.booleans()) else i + 1 :]


@st.composite
def mutated(draw):
    """A review of which one to six places are otherwise."""
    review = dict(REVIEWS[draw(st.sampled_from(sorted(REVIEWS)))])
    for _ in range(draw(st.integers(1, 6))):
        name = draw(st.sampled_from(sorted(review)))
        try:
            text = review[name].decode()
            in_place = with_other_value if name.endswith(".toml") else with_other_cell
            change = draw(st.sampled_from([in_place, in_place, in_place, with_other_lines]))
            review[name] = change(draw, text).encode()
        except (UnicodeDecodeError, csv.Error):
            review[name] = with_other_bytes(draw, review[name])
        if draw(st.integers(0, 9)) == 0:
            review[name] = with_other_bytes(draw, review[name])
    return review


def outcome(review):
    """What comes of a review: the problems, and the findings where there are some."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in review.items():
            (Path(folder) / name).parent.mkdir(exist_ok=True)
            (Path(folder) / name).write_bytes(content)
        read, problems = check_folder(folder)
        return problems, None if read is None else analyse(read)


def refuse_constant(constant):
    raise AssertionError(constant)


@settings(max_examples=300)
@given(mutated())
def test_any_folder_ends_in_problems_or_in_findings(review):
    problems, found = outcome(review)
    assert (found is None) == any(problem.severity == "error" for problem in problems)
    for problem in problems:
        assert problem.file
        assert problem.what
        assert len(str(problem)) < 1500
    if found is not None:
        json.loads(findings_json(found), parse_constant=refuse_constant)
        assert set(tables_of(found)) == {
            "studies.csv", "effects.csv", "results.csv", "sensitivity.csv", "published.csv", "inconsistencies.csv",
            "multiverse.csv", "influence.csv", "subsets.csv", "small_study.csv", "sequential.csv",
            "summary_of_findings.csv", "evidence_profile.csv", "excluded.csv", "risk_of_bias.csv",
        }  # fmt: skip


@pytest.mark.parametrize("name", REVIEWS)
def test_what_is_mutated_is_sound_to_begin_with(name):
    problems, found = outcome(REVIEWS[name])
    assert [problem for problem in problems if problem.severity == "error" or name != "judged"] == []
    assert found is not None
    assert all(analysis.fit is not None for analysis in found.analyses)
