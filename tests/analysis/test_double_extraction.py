"""Two extractors held against each other: what differs, what is only rounding, and the rows that come of it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.formats.folders import GOOD

from trialpool.analysis.double_extraction import compare_extractions, is_rounding, kind_of, settled_rows
from trialpool.formats.cells import parser_of
from trialpool.review.extraction import Adjudication
from trialpool.review.report import Report

WHO = ("ae", "bk")


def report(row=2, **cells):
    cells = {name: parser_of(Report, name)(str(value)) for name, value in (GOOD | cells).items()}
    return Report(**cells, file="extraction/x/os.csv", row=row)


def ruling(cell, agreed, who="cm"):
    of = cell if hasattr(cell, "column") else cell.report
    column = getattr(cell, "column", "row")
    keys = {"study": of.study, "stratum": of.stratum, "outcome": of.outcome, "column": column, "found": cell.found}
    return Adjudication(**keys, agreed=agreed, who=who, when=date(2026, 11, 28), why="p. 3 says so")


@pytest.mark.parametrize(
    ("column", "one", "other", "kind"),
    [
        ("estimate", "0.62", "0.617", "rounding"),
        ("estimate", "0.62", "0.615", "rounding"),
        ("estimate", "0.61", "0.615", "differs"),  # a half goes up, or to the even neighbour, never down to 0.61
        ("estimate", "0.62", "0.26", "differs"),
        ("estimate", "0.62", "", "differs"),
        ("n_t", "120", "119.6", "rounding"),
        ("p", "<0.001", "<0.0010", "rounding"),
        ("p", "<0.001", "0.0008", "differs"),
        ("p", "0.03", ">0.03", "differs"),
        ("curve_t", "100 83", "100 83.0", "differs"),
        ("status", "read", "derived", "differs"),
        ("locator", "p. 3", "Table 2", "words"),
    ],
)
def test_how_two_cells_differ(column, one, other, kind):
    assert kind_of(column, one, other) == kind_of(column, other, one) == kind


@given(st.decimals(-1000, 1000, places=4), st.integers(0, 3))
def test_a_number_and_its_rounding_are_so_called(number, places):
    assert is_rounding(f"{number:f}", f"{round(number, places):f}")


def test_equal_tables_need_nobody():
    found = compare_extractions([report(), report(study="b-2005")], [report(study="b-2005", row=9), report()], WHO)
    assert (found.cells, found.lone, found.open, found.differing) == ((), (), (), 0)
    assert found.compared == 2 * (len(GOOD) - 2)  # study and outcome bring rows together
    assert [row["study"] for row in settled_rows(found)] == ["a-2001", "b-2005"]
    assert settled_rows(found)[0] == {k: str(v) for k, v in GOOD.items()} | {"note": "extracted by ae and bk"}


def test_differences_wait_for_a_person_but_for_rounding_and_words():
    one = [report(ci_low="0.6", locator="p. 3", note="see figure")]
    other = [report(estimate="0.08", ci_low="0.60", locator="Table 2", quote="HR 0.80")]
    found = compare_extractions(one, other, WHO)
    assert [(c.column, c.kind, c.open) for c in found.cells] == [
        ("estimate", "differs", True),
        ("ci_low", "rounding", False),
        ("locator", "words", False),
    ]
    assert found.cells[0].found == "ae: 0.80 | bk: 0.08"
    assert len(found.open) == 1
    settled = compare_extractions(one, other, WHO, [ruling(found.cells[0], "0.80")])
    assert settled.open == ()
    (row,) = settled_rows(settled)
    assert (row["estimate"], row["ci_low"], row["locator"], row["quote"]) == ("0.80", "0.60", "p. 3", "HR 0.80")
    assert row["note"] == "see figure; extracted by ae and bk; estimate settled by cm"


def test_the_last_ruling_counts_and_one_of_other_values_does_not():
    one, other = [report()], [report(estimate="0.08")]
    (cell,) = compare_extractions(one, other, WHO).cells
    again = compare_extractions(one, other, WHO, [ruling(cell, "0.80"), ruling(cell, "0.81", "dw")])
    assert (again.cells[0].agreed, again.cells[0].ruling.who) == ("0.81", "dw")
    changed = compare_extractions(one, [report(estimate="0.09")], WHO, [ruling(cell, "0.80")])
    assert changed.cells[0].open
    assert len(changed.unused) == 1


def test_a_cell_can_be_settled_as_empty():
    one, other = [report(p="0.13")], [report()]
    (cell,) = compare_extractions(one, other, WHO).cells
    (row,) = settled_rows(compare_extractions(one, other, WHO, [ruling(cell, "")]))
    assert "p" not in row


def test_a_row_of_one_alone_is_kept_or_dropped_by_a_person():
    one, other = [report(), report(study="b-2005", row=3), report(study="c-2010", row=4)], [report()]
    found = compare_extractions(one, other, WHO)
    assert [row.found for row in found.lone] == ["only ae: measure HR, estimate 0.80, ci_low 0.60, ci_high 1.07"] * 2
    assert len(found.open) == 2
    done = compare_extractions(one, other, WHO, [ruling(found.lone[0], "yes"), ruling(found.lone[1], "no")])
    assert done.open == ()
    rows = settled_rows(done)
    assert [row["study"] for row in rows] == ["a-2001", "b-2005"]
    assert rows[1]["note"] == "extracted by ae only; kept by cm"


def test_two_rows_of_one_outcome_are_matched_by_what_they_have_in_common():
    first = [report(locator="p. 1"), report(row=3, estimate="0.70", ci_low="0.50", ci_high="0.98", landmark="36", locator="p. 9")]
    second = [report(estimate="0.70", ci_low="0.50", ci_high="0.89", landmark="36", locator="p. 9"), report(row=3, locator="p. 1")]
    found = compare_extractions(first, second, WHO)
    assert [(c.column, c.values) for c in found.cells] == [("ci_high", ("0.98", "0.89"))]
