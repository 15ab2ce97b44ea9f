"""extraction/: a folder an extractor, each laid out as results/, and what a person decided where they differ."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from trialpool.errors import BadInput, Problem
from trialpool.formats.cells import read_row, unknown_columns
from trialpool.formats.csv_table import read_table
from trialpool.formats.report_rules import problems_of
from trialpool.formats.study_and_report_tables import Strata, entries_of, read_reports, read_studies
from trialpool.formats.whole_file import write_whole
from trialpool.review.extraction import DROPPED, KEPT, WHOLE_ROW, Adjudication
from trialpool.review.report import Report

FOLDER = "extraction"
FILE = f"{FOLDER}/adjudication.csv"
SETTLED = "results/extraction.csv"
COLUMNS = tuple(name for name in Adjudication.model_fields if name != "row")
REPORT_COLUMNS = tuple(name for name in Report.model_fields if name not in ("file", "row"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Extractions:
    """The rows of two extractors, every adjudication in its order, and what in the rows cannot be right."""

    extractors: tuple[str, str]
    first: tuple[Report, ...]
    second: tuple[Report, ...]
    rulings: tuple[Adjudication, ...]
    remarks: tuple[Problem, ...] = ()


def read_extractions(folder: Path, extractors: Sequence[str] = ()) -> Extractions:
    """What two extractors wrote.

    Parameters
    ----------
    folder : the review folder
    extractors : the names of two folders in extraction/; may be left out where there are just two

    Raises
    ------
    BadInput
        with every cell of either that cannot be used
    """
    problems: list[Problem] = []
    names = _two(folder, extractors)
    _, strata = read_studies(folder, problems)
    one, other = (read_reports(folder, f"{FOLDER}/{name}", strata, problems, rules=False) for name in names)
    rulings = read_adjudications(folder, problems)
    if errors := [problem for problem in problems if problem.severity == "error"]:
        raise BadInput(errors)
    remarks = tuple(replace(p, severity="warning") for report in (*one, *other) for p in problems_of(report))
    return Extractions(extractors=names, first=one, second=other, rulings=rulings, remarks=remarks)


def extraction_of(folder: Path) -> tuple[tuple[str, ...], int]:
    """The names of the extractors who have a table, and how many differences a person decided; nothing in a table is looked at."""
    entries, _ = entries_of(folder / FOLDER, FOLDER, "")
    try:
        names = tuple(path.name for path in entries if path.is_dir() and not path.name.startswith(".") and any(path.glob("*.csv")))
        return names, len({ruling.key for ruling in read_adjudications(folder, []) if ruling.who})
    except OSError:  # a folder that may not be looked into
        return (), 0


def _two(folder: Path, wanted: Sequence[str]) -> tuple[str, str]:
    mend = f"Give each extractor a folder in {FOLDER}/ with tables laid out as results/"
    entries, problem = entries_of(folder / FOLDER, FOLDER, mend)
    if problem is not None:
        raise BadInput([problem])
    there = [path.name for path in entries if path.is_dir() and not path.name.startswith(".")]
    chosen = list(wanted) or there
    listed = ", ".join(there) or "none"
    missing = [name for name in chosen if name not in there]
    if missing:
        raise BadInput([Problem(FOLDER, 0, "", f"there is no extractor {missing[0]!r}; there are {listed}", "Name two of them")])
    if len(chosen) != 2 or chosen[0] == chosen[1]:
        raise BadInput([Problem(FOLDER, 0, "", f"two extractors are compared; there are {listed}", "Name two with --extractors")])
    first, second = sorted(chosen)  # whoever is named first, an adjudication finds its difference
    return first, second


def read_adjudications(folder: Path, problems: list[Problem]) -> tuple[Adjudication, ...]:
    """The rows of extraction/adjudication.csv in their order; none where there is no such file."""
    if not (folder / FILE).exists():
        return ()
    table = read_table(folder / FILE, FILE, required=("study", "outcome", "column", "found", "agreed", "who"))
    problems += [*table.problems, *unknown_columns(table, Adjudication)]
    rulings = []
    for row in table.rows:
        values = read_row(row, table, Adjudication, problems)
        if values is not None:
            rulings.append(Adjudication(**values, row=row.number))
            problems += _problems(rulings[-1])
    return tuple(rulings)


def _problems(ruling: Adjudication) -> Iterator[Problem]:
    if ruling.agreed and not ruling.who:
        yield Problem(FILE, ruling.row, "who", "the cell is empty, and `agreed` is not", "Say who decided")
    if ruling.who and not ruling.why:
        yield Problem(FILE, ruling.row, "why", "the cell is empty, and `who` is not", "Say why: what the source says, and where")
    if ruling.who and ruling.column == WHOLE_ROW and ruling.agreed.casefold() not in (KEPT, DROPPED):
        mend = f"Write {KEPT} to keep the row, {DROPPED} to drop it"
        yield Problem(FILE, ruling.row, "agreed", f"{ruling.agreed!r} is neither {KEPT} nor {DROPPED}", mend)


def append_adjudications(folder: Path, rulings: Iterable[Adjudication]) -> int:
    """Add rows for a person to fill to extraction/adjudication.csv; what stands there stays. Returns how many were added."""
    path = folder / FILE
    there = path.read_bytes() if path.exists() else b""
    rows = [[_cell(getattr(ruling, name)) for name in COLUMNS] for ruling in rulings]
    if not rows:
        return 0
    text = _csv([] if there else [list(COLUMNS)], rows)
    write_whole(path, there + (b"" if not there or there.endswith(b"\n") else b"\n") + text.encode())
    return len(rows)


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def rows_csv(rows: Sequence[Mapping[str, str]]) -> str:
    """Rows of results/*.csv as text, with the columns that any of them fills, in the order of the format."""
    columns = [name for name in REPORT_COLUMNS if any(row.get(name) for row in rows)]
    return _csv([columns], [[row.get(name, "") for name in columns] for row in rows])


def _csv(*parts: list[list[str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    for rows in parts:
        writer.writerows(rows)
    return out.getvalue()


def checked_rows(folder: Path, text: str, file: str) -> list[Problem]:
    """What in the text of a table of reports cannot be used in this review; `file` is what messages call it."""
    problems: list[Problem] = []
    strata: Strata = read_studies(folder, [])[1]
    with tempfile.TemporaryDirectory(prefix="trialpool-rows-") as made:
        place = file.rpartition("/")[0]
        Path(made, place).mkdir(parents=True)
        Path(made, file).write_text(text, encoding="utf-8", newline="")
        read_reports(Path(made), place, strata, problems)
    return [problem for problem in problems if problem.severity == "error" and problem.file.startswith(file)]
