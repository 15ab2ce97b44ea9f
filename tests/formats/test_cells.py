"""Cells as people and spreadsheets write them: read as they were meant, or refused with what to write instead."""

from __future__ import annotations

from decimal import Decimal

import pytest

from trialpool.formats.cells import BadCell, choice, decimal, p_value, whole
from trialpool.review.report import PValue

EMPTY = "Correct it, or leave the cell empty where nothing was reported"
PERCENTAGE = "is a percentage. Give the number of patients here; a percentage has its own column, pct_t or pct_c"
ALONE = "Keep the number; what stands beside it has its own column, or goes into the note"


def refusal(parse, cell):
    with pytest.raises(BadCell) as refused:
        parse(cell)
    return f"{refused.value.what}. {refused.value.mend}."


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("0.62", "0.62"),
        ("0.620", "0.620"),
        (" 0.5 ", "0.5"),
        ("\u00a00.5\u00a0", "0.5"),
        ("+0.5", "0.5"),
        ("5e-1", "0.5"),
        ("1E2", "1E+2"),
        (".5", "0.5"),
        ("5.", "5"),
        ("-3", "-3"),
        ("0\u00b762", "0.62"),
        ("0\u221962", "0.62"),
        ("\u22120.5", "-0.5"),
        ("1e12", "1E+12"),
        ("1e-30", "1E-30"),
    ],
)
def test_a_number_is_read_with_the_decimals_it_was_printed_to(cell, number):
    assert str(decimal(cell)) == number


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("n/a", f"'n/a' is not a number. {EMPTY}."),
        ("NR", f"'NR' is not a number. {EMPTY}."),
        ("\u00b2", f"'\u00b2' is not a number. {EMPTY}."),
        ("@SUM(A1)", f"'@SUM(A1)' is not a number. {EMPTY}."),
        ("--1", f"'--1' is not a number. {EMPTY}."),
        ("x" * 100, f"'{'x' * 40}'... (100 characters) is not a number. {EMPTY}."),
        ("NaN", f"'NaN' is not a finite number. {EMPTY}."),
        ("-inf", f"'-inf' is not a finite number. {EMPTY}."),
        ("Infinity", f"'Infinity' is not a finite number. {EMPTY}."),
        ("1e999", "1e999 is larger than anything reported. Correct it."),
        ("0e999", "0e999 is larger than anything reported. Correct it."),
        ("1e-99", "1e-99 is smaller than anything reported. Correct it; a P value may be given as <0.001."),
        ("9" * 31, f"'{'9' * 31}' has more digits than anything reported. Give it as it was printed."),
        ("0,62", "'0,62' has a decimal comma. Write 0.62."),
        ("0,620", "'0,620' has a decimal comma. Write 0.620."),
        (",5", "',5' has a decimal comma. Write .5."),
        ("1.234,5", "'1.234,5' has a decimal comma. Write 1234.5."),
        ("1,234", "'1,234' holds a comma. Write 1.234 if it is the decimal point, 1234 if it separates thousands."),
        ("1,234,567", "'1,234,567' separates thousands. Write 1234567."),
        ("1,234.5", "'1,234.5' separates thousands. Write 1234.5."),
        ("1 234", "'1 234' separates thousands. Write 1234."),
        ("1\u202f234", "'1\\u202f234' separates thousands. Write 1234."),
        ("1_000", "'1_000' separates thousands. Write 1000."),
        ("1_0", f"'1_0' is not a number. {EMPTY}."),
        ("20o8", f"'20o8' is not a number. {EMPTY}."),
        ("0.62*", f"'0.62*' is not a number alone. {ALONE}."),
        ("0.62 (0.57-0.67)", f"'0.62 (0.57-0.67)' is not a number alone. {ALONE}."),
        ("0.57\u20130.67", f"'0.57\u20130.67' is not a number alone. {ALONE}."),
        ("12%", "'12%' holds a percent sign. Write 12."),
        ("<0.62", "'<0.62' is not a number. Only a P value takes a sign."),
        ("=1+1", "'=1+1' is not a number. Only a P value takes a sign."),
        ("\uff11.\uff15", "'\uff11.\uff15' is not written in plain digits. Write 1.5."),
        ("\u0663", "'\u0663' is not written in plain digits. Write 3."),
        ("\u20130.5", "'\u20130.5' is not written in plain digits. Write -0.5."),
    ],
)
def test_what_is_no_number_is_refused_with_what_to_write(cell, message):
    assert refusal(decimal, cell) == message


def test_a_count_is_whole():
    assert [whole(cell) for cell in ("12", "12.0", "1e3", "0", "-5")] == [12, 12, 1000, 0, -5]


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("4,5", "'4,5' has a decimal comma, and 4.5 is not a whole number. Counts are whole; a percentage has its own column."),
        ("4,0", "'4,0' has a decimal comma. Write 4.0."),
        ("5.5", "5.5 is not a whole number. Counts are whole; a percentage has its own column."),
        (
            "1.234",
            (
                "1.234 is not a whole number. Counts are whole; a percentage has its own column. "
                "Write 1234 if the point separates thousands."
            ),
        ),
        ("1,234", "'1,234' separates thousands. Write 1234."),
        ("12%", f"'12%' {PERCENTAGE}."),
        ("12.5 %", f"'12.5 %' {PERCENTAGE}."),
        ("n/a", f"'n/a' is not a number. {EMPTY}."),
        ("1e999", "1e999 is larger than anything reported. Correct it."),
    ],
)
def test_what_is_no_count_is_refused(cell, message):
    assert refusal(whole, cell) == message


@pytest.mark.parametrize(
    ("cell", "operator", "value"),
    [
        ("0.03", "=", "0.03"),
        ("= 0.03", "=", "0.03"),
        ("P = .03", "=", "0.03"),
        ("p<0.001", "<", "0.001"),
        ("\u22640.05", "<", "0.05"),
        (">=0.05", ">", "0.05"),
        ("> 0.05", ">", "0.05"),
        ("0\u00b70004", "=", "0.0004"),
        ("0", "=", "0"),
        ("1", "=", "1"),
    ],
)
def test_a_p_value_keeps_its_sign(cell, operator, value):
    assert p_value(cell) == PValue(value=Decimal(value), operator=operator)


HOW_P = "Give P as 0.03, <0.001 or >0.05; leave the cell empty where it was not reported"


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("1.5", "1.5 is outside 0 to 1. Give P as a share, such as 0.03."),
        ("-0.1", "-0.1 is outside 0 to 1. Give P as a share, such as 0.03."),
        ("< -0.1", "< -0.1 is outside 0 to 1. Give P as a share, such as 0.03."),
        ("5%", "'5%' holds a percent sign. Give P as a share: 0.05."),
        ("<0.1%", "'<0.1%' holds a percent sign. Give P as a share: <0.001."),
        ("0,03", "'0,03' has a decimal comma. Write 0.03."),
        ("n.s.", f"'n.s.' is not a P value. {HOW_P}."),
        ("<", f"'<' is not a P value. {HOW_P}."),
        ("0.03 (trend)", f"'0.03 (trend)' is not a P value. {HOW_P}."),
        ("NaN", f"'NaN' is not a finite number. {EMPTY}."),
    ],
)
def test_what_is_no_p_value_is_refused(cell, message):
    assert refusal(p_value, cell) == message


def test_a_choice_is_read_in_any_case_and_a_wrong_one_is_told_the_right_ones():
    use = choice(("", "yes", "no"))
    assert [use(cell) for cell in ("yes", "No", "")] == ["yes", "no", ""]
    assert refusal(use, "maybe") == "'maybe' is not one of yes, no. Use one of these."
