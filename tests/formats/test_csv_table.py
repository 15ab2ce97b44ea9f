"""CSV files as spreadsheets and people leave them: encodings, separators, quotes, blank and ragged rows."""

from __future__ import annotations

import codecs

import pytest
from tests.cli.refusals import refused
from tests.formats.folders import GOOD, RESULTS, STUDIES, csv_text, folder, problems, row

from trialpool.formats.csv_table import read_table
from trialpool.formats.review_folder import read_review

SOUND = csv_text(RESULTS)
HEADER = ",".join(GOOD)
LINE = ",".join(map(str, GOOD.values()))
AS_EXCEL = "The file was read as Windows-1252, as Excel writes it; save it as 'CSV UTF-8'"


def table(tmp_path, text, **options):
    path = tmp_path / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(path, "table.csv", **options)


@pytest.mark.parametrize(
    "text",
    [
        SOUND.encode("utf-8-sig"),
        SOUND.replace("\n", "\r\n").encode(),
        SOUND.replace("\n", "\r").encode(),
        SOUND.replace("\n", "\n\n").encode(),
        SOUND.replace("\n", "\n" + "," * HEADER.count(",") + "\n").encode(),
        ("\n\n" + SOUND).encode(),
        SOUND.replace("OS", '"OS"').encode(),
        SOUND.replace("OS", " OS ").replace("a-2001", "a-2001\u00a0").encode(),
        SOUND.rstrip("\n").encode(),
        SOUND.replace("\n", ",,,\n").replace("status,,,", "status").encode(),
    ],
    ids=["BOM", "CRLF", "CR", "blank lines", "empty rows", "blank lines first", "quotes", "spaces", "no last line end", "commas"],
)
def test_these_files_are_read_without_a_word(tmp_path, text):
    made = folder(tmp_path, results=text)
    assert problems(made) == []
    assert [(r.study, r.outcome, str(r.estimate), r.status) for r in read_review(made).reports] == [
        ("a-2001", "OS", "0.80", "read"),
        ("b-2005", "OS", "0.62", "read"),
        ("c-2010", "OS", "0.95", "read"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            SOUND.replace(",", ";").encode(),
            "results/os.csv, row 1: columns are separated by semicolons. They were read so; save with commas.",
        ),
        (
            SOUND.replace(",", "\t").encode(),
            "results/os.csv, row 1: columns are separated by tabs. They were read so; save with commas.",
        ),
        (SOUND.encode("utf-16"), "results/os.csv: the text is UTF-16. It was read so; save as UTF-8."),
        (
            codecs.BOM_UTF16_BE + SOUND.encode("utf-16-be"),
            "results/os.csv: the text is UTF-16. It was read so; save as UTF-8.",
        ),
        (
            csv_text([*RESULTS[:2], RESULTS[2] | {"note": "après"}]).encode("cp1252"),
            f"results/os.csv, row 4: byte 0xe8 is not UTF-8. {AS_EXCEL}.",
        ),
    ],
    ids=["semicolons", "tabs", "UTF-16 LE", "UTF-16 BE", "Windows-1252"],
)
def test_these_files_are_read_and_it_is_said_so(tmp_path, text, message):
    made = folder(tmp_path, results=text)
    assert problems(made) == [f"warning: {message}"]
    review = read_review(made)
    assert len(review.reports) == 3
    assert review.remarks == (message,)


def test_what_windows_wrote_is_read_as_it_was_meant(tmp_path):
    made = folder(tmp_path, studies=csv_text([STUDIES[0] | {"label": "Å 2001 – “é”"}, *STUDIES[1:]]).encode("cp1252"))
    assert problems(made) == [f"warning: studies.csv, row 2: byte 0xc5 is not UTF-8. {AS_EXCEL}."]
    assert read_review(made).studies[0].label == "Å 2001 – “é”"


def test_rows_count_as_a_spreadsheet_does_whatever_stands_within_quotes(tmp_path):
    said = 'two lines,\nand a "third"\r\nof it'
    text = csv_text([row(note=said), row(study="b-2005", note=said), row(study="nobody", note="après")])
    made = folder(tmp_path, results=text.replace("\nb-2005", "\n\n\nb-2005").encode("cp1252"))
    assert problems(made) == [
        f"warning: results/os.csv, row 6: byte 0xe8 is not UTF-8. {AS_EXCEL}.",
        "error: results/os.csv, row 6, column study: studies.csv has no study 'nobody'. Add it there, or correct it.",
    ]


def test_decimal_commas_of_a_file_with_semicolons_are_named(tmp_path):
    made = folder(tmp_path, results=SOUND.replace(",", ";").replace("0.62", "0,62"))
    assert refused(made) == ["results/os.csv, row 3, column estimate: '0,62' has a decimal comma. Write 0.62."]
    assert problems(made) == [
        "warning: results/os.csv, row 1: columns are separated by semicolons. They were read so; save with commas.",
        "error: results/os.csv, row 3, column estimate: '0,62' has a decimal comma. Write 0.62.",
    ]


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        (b"", ["results/os.csv: the file is empty. Give it a header row (study, outcome, status, ...) and the data."]),
        (b" \n\r\n", ["results/os.csv: the file is empty. Give it a header row (study, outcome, status, ...) and the data."]),
        (
            codecs.BOM_UTF8,
            ["results/os.csv: the file is empty. Give it a header row (study, outcome, status, ...) and the data."],
        ),
        (b"PK\x03\x04\0\0", ["results/os.csv: the file is not text (it holds zero bytes). Save it as 'CSV UTF-8'."]),
        (SOUND.encode("utf-16-le"), ["results/os.csv: the file is not text (it holds zero bytes). Save it as 'CSV UTF-8'."]),
        (
            f"{HEADER},p,p,n_t,n_t\n{LINE},,,,\n",
            [
                "results/os.csv, row 1, column n_t: the column stands twice. Rename or remove one.",
                "results/os.csv, row 1, column p: the column stands twice. Rename or remove one.",
            ],
        ),
        (
            f"{HEADER},,medain_t,Source,xyz\n{LINE},,,,\n",
            [
                "results/os.csv, row 1: column 9 has no name. Name it or remove it.",
                "results/os.csv, row 1, column medain_t: there is no such column. Did you mean median_t?",
                "results/os.csv, row 1, column Source: there is no such column. Did you mean source?",
                "results/os.csv, row 1, column xyz: there is no such column. docs/review-folder.md lists those that there are.",
            ],
        ),
        (
            "\nstudy,Outcome,p\na-2001,OS,2\n",
            [
                ("results/os.csv, row 2, column outcome: missing among the columns (study, Outcome, p). "
                "Add the column, or rename Outcome if that is meant."),
                "results/os.csv, row 2, column status: missing among the columns (study, Outcome, p). Add the column.",
                "results/os.csv, row 2, column Outcome: there is no such column. Did you mean outcome?",
                "results/os.csv, row 3, column p: 2 is outside 0 to 1. Give P as a share, such as 0.03.",
            ],
        ),
        (
            f"{HEADER}\n{LINE},one,too many\n{LINE}\n",
            [
                ("results/os.csv, row 2: 10 cells under 8 columns; the first without a column is 'one'. "
                "Put quotes around a text that holds a comma."),
            ],
        ),
        (
            f'{HEADER},note\n{LINE},"never closed\n{LINE},\n',
            [
                ("results/os.csv, row 2: the row cannot be read (unexpected end of data). Look for a quote that is not closed, or "
                "that stands within a text; the rows after it were not read."),
            ],
        ),
        (
            f'{HEADER},note\n\n{LINE},\n{LINE},"a "quoted" word"\n{LINE},\n',
            [
                ("results/os.csv, row 4: the row cannot be read (',' expected after '\"'). Look for a quote that is not closed, or "
                "that stands within a text; the rows after it were not read."),
            ],
        ),
        (
            f"{HEADER},note\n{LINE},{'x' * 200_000}\n",
            [
                ("results/os.csv, row 2: the row cannot be read (field larger than field limit (131072)). Look for a quote that is "
                "not closed, or that stands within a text; the rows after it were not read."),
            ],
        ),
    ],
    ids=[
        "empty", "blank", "BOM alone", "zip", "UTF-16 without mark", "columns twice", "unknown columns", "missing columns",
        "too many cells", "open quote", "quote within", "endless cell",
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused(tmp_path, text, messages):
    assert refused(folder(tmp_path, results=text)) == messages


def test_a_row_that_is_too_short_is_read_and_said(tmp_path):
    made = folder(tmp_path, studies=STUDIES[:1], results=f"{HEADER},note\n{LINE}\n{LINE},\n")
    assert problems(made) == [
        "warning: results/os.csv, row 2: 8 cells under 9 columns. The rest was taken as empty; look whether a cell is lacking."
    ]


def test_a_header_alone_is_an_error_only_where_rows_are_needed(tmp_path):
    made = folder(tmp_path, studies="study,label,year\n", results=HEADER, published="review,outcome\n")
    assert problems(made) == [
        "error: studies.csv: the file has a header and no rows. Add the data.",
        "warning: results/os.csv: the file has a header and no rows. Add the data.",
        "warning: published.csv: the file has a header and no rows. Add the data.",
    ]


def test_very_long_cells_are_kept_and_shown_short(tmp_path):
    long = "x" * 100_000
    made = folder(tmp_path, results=[row(study=long, note=long), row(estimate=long)])
    assert refused(made) == [
        (
            f"results/os.csv, row 2, column study: studies.csv has no study '{'x' * 40}'... (100000 characters). "
            "Add it there, or correct it."
        ),
        (
            f"results/os.csv, row 3, column estimate: '{'x' * 40}'... (100000 characters) is not a number. "
            "Correct it, or leave the cell empty where nothing was reported."
        ),
    ]
    assert read_review(folder(tmp_path / "again", results=[row(note=long)])).reports[0].note == long


def test_what_looks_like_a_formula_stays_text(tmp_path):
    made = folder(tmp_path, results=[row(note='=HYPERLINK("x")', source="@SUM(A1)", locator="-1+2")])
    report = read_review(made).reports[0]
    assert (report.note, report.source, report.locator) == ('=HYPERLINK("x")', "@SUM(A1)", "-1+2")


def test_a_missing_file_is_a_problem_and_no_exception(tmp_path):
    read = read_table(tmp_path / "nothing.csv", "nothing.csv")
    assert list(map(str, read.problems)) == ["nothing.csv: the file is missing. Every review folder needs it."]
    assert not read.whole


def test_a_folder_that_is_called_like_a_file_is_a_problem_and_no_exception(tmp_path):
    read = read_table(tmp_path, "studies.csv")
    assert list(map(str, read.problems)) == ["studies.csv: the file cannot be read (Is a directory). Check its permissions."]
