"""What the CSV files of RevMan Web have in common: how they come, their numbers and texts, judgements, references."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from html import unescape
from io import BytesIO
from pathlib import Path, PurePosixPath

from trialpool.errors import BadInput, Problem
from trialpool.formats.csv_table import Row, Table, table_of
from trialpool.formats.records.reading import records_in
from trialpool.review.record import Record
from trialpool.review.revman import BiasItem

SETTINGS, ROWS, SUBGROUPS = "overall-estimates-and-settings.csv", "data-rows.csv", "subgroup-estimates.csv"
INFORMATION, ARMS, RESULTS, BIAS = "study-information.csv", "study-arms.csv", "study-results.csv", "risk-of-bias.csv"
COVARIATES, CRITERIA = "covariates.csv", "criteria.csv"
SECTIONS = {"": "included", "excluded": "excluded", "awaiting": "awaiting", "ongoing": "ongoing"}
GIVE = "Give the data package of a review (a zip file, or the folder it was unpacked to)"
LARGEST = 1_000_000_000  # bytes, unpacked
JUDGEMENTS = {"low": "low", "high": "high", "unclear": "unclear", "some": "some-concerns"}  # by the first word
DOMAIN = re.compile(r"(?:Domain \((judgement|support)\): (.+)|(.+) \((judgement|support)\))", re.DOTALL)
NOTHING = frozenset({"", "#n/a", "n/a", "nan"})


@dataclass(frozen=True, slots=True)
class WebFile:
    """A file of the package: what it is called there, and its bytes."""

    name: str
    data: bytes


def web_files(path: Path) -> dict[str, WebFile]:
    """The files of a package by the end of their names, which begin with the number of the review."""
    if path.is_dir():
        found = {file.relative_to(path).as_posix(): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}
    elif path.suffix.lower() == ".csv":
        folders = (path.parent, *path.parent.parent.glob("*-study-data"))
        found = {file.name: file.read_bytes() for folder in folders for file in sorted(folder.iterdir()) if file.is_file()}
    else:
        found = _unzipped(path.read_bytes(), path.name)
    return {_ending(name): WebFile(PurePosixPath(name).name, data) for name, data in found.items()}


def _ending(name: str) -> str:
    """`study-information.csv` of `CD000001-study-data/CD000001-study-information.csv`; of other sections with their names."""
    file = PurePosixPath(name).name
    known = (
        SETTINGS,
        ROWS,
        SUBGROUPS,
        ARMS,
        RESULTS,
        BIAS,
        COVARIATES,
        CRITERIA,
        *(f"{s}-{INFORMATION}".strip("-") for s in ("excluded", "awaiting", "ongoing", "")),
    )
    records = tuple(f"{section}.ris" for section in SECTIONS.values())
    return next((end for end in (*known, *records) if file.lower() == end or file.lower().endswith(f"-{end}")), name)


def _unzipped(data: bytes, file: str) -> dict[str, bytes]:
    """The files of a zip file, and of one in it that holds the data."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            infos = [info for info in packed.infolist() if not info.is_dir()]
            if sum(info.file_size for info in infos) > LARGEST:
                raise BadInput([Problem(file, 0, "", f"it is larger than {LARGEST // 1_000_000} MB, unpacked", GIVE)])
            wanted = [info for info in infos if info.filename.lower().endswith((".csv", ".ris", "data.zip"))]
            found = {info.filename: packed.read(info) for info in wanted}
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError):
        mend = "Download it again, or give the folder it was unpacked to"
        raise BadInput([Problem(file, 0, "", "the zip file is damaged, or protected", mend)]) from None
    inner = [name for name in found if name.lower().endswith("data.zip")]
    own = {name: content for name, content in found.items() if name not in inner}
    return own | {name: content for one in inner for name, content in _unzipped(found[one], one).items()}


def web_table(files: Mapping[str, WebFile], end: str, required: tuple[str, ...], problems: list[Problem]) -> Table:
    """A table of the package; an empty one where it has none."""
    if end not in files:
        return Table(end, (), (), ())
    table = table_of(files[end].data, files[end].name, required=required)
    problems += [problem for problem in table.problems if "has a header and no rows" not in problem.what]
    return table


class Numbers:
    """The cells of tables; numbers that cannot be read become problems."""

    def __init__(self, tables: tuple[Table, ...], problems: list[Problem]) -> None:
        self.problems = problems
        self.file = {id(row): table.file for table in tables for row in table.rows}

    def cell(self, row: Row, column: str) -> str:
        value = row.cells.get(column, "")
        return "" if value.casefold() in NOTHING else value

    def number(self, row: Row, column: str) -> float | None:
        """A number; one with a decimal comma too, where there is no other way to read it."""
        cell = self.cell(row, column)
        if not cell:
            return None
        try:
            return float(cell.replace(",", ".") if cell.count(",") == 1 and "." not in cell else cell)
        except ValueError:
            self.problem(row, column, f"{cell!r} is not a number")
            return None

    def whole(self, row: Row, column: str) -> int | None:
        value = self.number(row, column)
        if value is not None and value != int(value):
            self.problem(row, column, f"{value} is not a whole number")
            return None
        return None if value is None else int(value)

    def problem(self, row: Row, column: str, what: str) -> None:
        self.problems.append(Problem(self.file[id(row)], row.number, column, what, "Correct it, or export the package again"))


def domains_in(columns: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """By domain the columns of its judgement and its support."""
    found: dict[str, dict[str, str]] = {}
    for column in columns:
        if match := DOMAIN.fullmatch(column):
            part, domain = (match[1], match[2]) if match[1] else (match[4], match[3])
            found.setdefault(domain.removesuffix(": All outcomes"), {})[part] = column
    return {domain: (parts["judgement"], parts.get("support", "")) for domain, parts in found.items() if "judgement" in parts}


def bias_items(row: Row, domains: Mapping[str, tuple[str, str]], outcome: str) -> Iterator[BiasItem]:
    for domain, (judgement, support) in domains.items():
        said = row.cells[judgement].strip().casefold()
        level = JUDGEMENTS.get(said.split()[0] if said else "")
        if level:
            text = plain_html(row.cells.get(support, ""))
            yield BiasItem(study=plain_html(row.cells["Study"]), domain=domain, judgement=level, support=text, outcome=outcome)


def references(file: WebFile | None, problems: list[Problem]) -> dict[str, list[Record]]:
    """References by the study that RevMan says they are of."""
    found: dict[str, list[Record]] = {}
    if file is None:
        return found
    try:
        records = records_in(file.data, file.name)
    except BadInput as bad:
        problems += [replace(problem, severity="warning") for problem in bad.problems]
        return found
    for record in records:
        for study in dict.fromkeys(value for name, value in record.further if name == "NS"):
            found.setdefault(study, []).append(record)
    return found


def plain_html(text: str) -> str:
    """A text without its tags, on one line.

    >>> plain_html("<p>Low risk;&nbsp;<b>3</b> of 5</p><p>lost</p>")
    'Low risk; 3 of 5 lost'
    """
    blocks = re.sub(r"</?(?:p|br|li|ul|ol|div|tr|td|h\d)\b[^>]*>", " ", text)
    return " ".join(unescape(re.sub(r"</?[A-Za-z][^>]*>", "", blocks)).split())
