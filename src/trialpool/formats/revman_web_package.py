"""The data package of a review in RevMan Web, or of one in the Cochrane Library: analyses with their rows and stored results."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from html import unescape
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from trialpool.errors import BadInput, Problem
from trialpool.formats.csv_table import Row, Table, table_of
from trialpool.formats.records.reading import records_in
from trialpool.review.record import Record
from trialpool.review.revman import (
    BiasItem,
    Kind,
    RevManComparison,
    RevManOutcome,
    RevManReview,
    RevManRow,
    RevManStudy,
    RevManSubgroup,
    StoredResult,
)

GIVE = "Give the data package of a review (a zip file, or the folder it was unpacked to)"
SETTINGS, ROWS, SUBGROUPS = "overall-estimates-and-settings.csv", "data-rows.csv", "subgroup-estimates.csv"
INFORMATION, BIAS = "study-information.csv", "risk-of-bias.csv"
LARGEST = 1_000_000_000  # bytes, unpacked
Number = Callable[[Row, str], float | None]
KINDS: Mapping[str, Kind] = {
    "dichotomous": "dichotomous",
    "continuous": "continuous",
    "contrast level": "generic",
    "o-e and variance": "o-e",
    "generic inverse variance": "generic",
}
MEASURES = {
    "odds ratio": "OR",
    "peto odds ratio": "OR",
    "risk ratio": "RR",
    "risk difference": "RD",
    "mean difference": "MD",
    "std. mean difference": "SMD",
    "standardized mean difference": "SMD",
    "standardised mean difference": "SMD",
    "hazard ratio": "HR",
    "rate ratio": "IRR",
}
METHODS = {"mh": "MH", "mantel-haenszel": "MH", "iv": "IV", "inverse variance": "IV", "peto": "Peto", "exp_o_e_var": "Peto"}
INTERVALS = {"wald": "Wald", "hksj": "HK"}
ESTIMATORS = {"reml": "REML", "dl": "DL", "dersimonian-laird": "DL", "dersimonian and laird": "DL"}
STORED = {
    "estimate": "Mean",
    "ci_low": "CI start",
    "ci_high": "CI end",
    "pi_low": "PI start",
    "pi_high": "PI end",
    "z": "Effect Z",
    "t": "Effect T",
    "p": "Effect P",
    "chi2": "Heterogeneity Chi\u00b2",
    "chi2_p": "Heterogeneity P",
    "tau2": "Heterogeneity Tau\u00b2",
    "Q": "Subgroup Chi\u00b2",
    "Q_p": "Subgroup P",
    "weight": "Weight",
}
SHARES = {"I2": "Heterogeneity I\u00b2", "Q_I2": "Subgroup I\u00b2"}
ARMS = {"events_t": "Experimental cases", "n_t": "Experimental N", "events_c": "Control cases", "n_c": "Control N"}
MEANS = {
    "mean_t": "Experimental mean",
    "sd_t": "Experimental SD",
    "mean_c": "Control mean",
    "sd_c": "Control SD",
}
JUDGEMENTS = {"low": "low", "high": "high", "unclear": "unclear", "some": "some-concerns"}  # by the first word
SECTIONS = {"": "included", "excluded": "excluded", "awaiting": "awaiting", "ongoing": "ongoing"}
DOMAIN = re.compile(r"(?:Domain \((judgement|support)\): (.+)|(.+) \((judgement|support)\))", re.DOTALL)
NOTHING = frozenset({"", "#n/a", "n/a", "nan"})


def is_data_package(path: Path) -> bool:
    """Whether it is a zip file, or a folder with analyses of RevMan Web in it."""
    if path.is_dir():
        return any(path.rglob(f"*{SETTINGS}"))
    return path.is_file() and (path.suffix.lower() == ".zip" or path.name.lower().endswith(SETTINGS))


def read_data_package(path: Path) -> RevManReview:
    """A review out of its data package, of version 1 (until September 2024) or 2.

    Parameters
    ----------
    path : the zip file as downloaded, the folder it was unpacked to, or its ...-overall-estimates-and-settings.csv, with the other
        files beside it

    Raises
    ------
    BadInput
        where it is none, or is of diagnostic test accuracy; or with every number that cannot be read, by file, row and column
    """
    files = _files(path)
    if SETTINGS not in files or ROWS not in files:
        accuracy = any(name.endswith("parameters.csv") for name in files)
        what = (
            "this is a review of diagnostic test accuracy, which has no pairwise data"
            if accuracy
            else "there are no analyses in it"
        )
        raise BadInput([Problem(path.name, 0, "", what, GIVE)])
    problems: list[Problem] = []
    settings = _table(files, SETTINGS, ("Analysis group", "Analysis number", "Analysis name", "Data type"), problems)
    rows = _table(files, ROWS, ("Analysis group", "Analysis number", "Study"), problems)
    subgroups = _table(files, SUBGROUPS, ("Analysis group", "Analysis number", "Subgroup"), problems)
    if errors := [problem for problem in problems if problem.severity == "error"]:
        raise BadInput(dict.fromkeys(errors))
    reader = _Reader(settings, rows, subgroups, problems)
    comparisons = tuple(reader.comparisons())
    bias = (*reader.bias(), *_bias(_table(files, BIAS, ("Study",), problems)))
    studies = _studies(files, reader, problems)
    if errors := [problem for problem in problems if problem.severity == "error"]:
        raise BadInput(dict.fromkeys(errors))
    review = files[SETTINGS].name.removesuffix(SETTINGS).strip("-")
    return RevManReview(
        file=path.name,
        title=review or path.stem,
        doi=f"10.1002/14651858.{review}" if re.fullmatch(r"CD\d{6}(\.pub\d+)?", review) else "",
        version=f"Web (data package, version {2 if reader.second else 1})",
        studies=studies,
        comparisons=comparisons,
        bias=tuple(dict.fromkeys(bias)),
        remarks=(*(str(problem) for problem in problems), *reader.remarks),
    )


@dataclass(frozen=True, slots=True)
class _File:
    """A file of the package: what it is called there, and its bytes."""

    name: str
    data: bytes


def _files(path: Path) -> dict[str, _File]:
    """The files of a package by the end of their names, which begin with the number of the review."""
    if path.is_dir():
        found = {file.relative_to(path).as_posix(): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}
    elif path.name.lower().endswith(SETTINGS):
        folders = (path.parent, *path.parent.parent.glob("*-study-data"))
        found = {file.name: file.read_bytes() for folder in folders for file in sorted(folder.iterdir()) if file.is_file()}
    else:
        found = _unzipped(path.read_bytes(), path.name)
    return {_ending(name): _File(PurePosixPath(name).name, data) for name, data in found.items()}


def _ending(name: str) -> str:
    """`study-information.csv` of `CD000001-study-data/CD000001-study-information.csv`; of other sections with their names."""
    file = PurePosixPath(name).name
    known = (SETTINGS, ROWS, SUBGROUPS, BIAS, *(f"{s}-{INFORMATION}".strip("-") for s in ("excluded", "awaiting", "ongoing", "")))
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


def _table(files: Mapping[str, _File], end: str, required: tuple[str, ...], problems: list[Problem]) -> Table:
    """A table of the package; an empty one where it has none."""
    if end not in files:
        return Table(end, (), (), ())
    table = table_of(files[end].data, files[end].name, required=required)
    problems += [problem for problem in table.problems if "has a header and no rows" not in problem.what]
    return table


class _Reader:
    """Analyses with their rows; numbers that cannot be read become problems."""

    def __init__(self, settings: Table, rows: Table, subgroups: Table, problems: list[Problem]) -> None:
        self.settings, self.problems = settings, problems
        self.second = "CI/PI level" in settings.columns
        self.rows, self.subgroups = self._by_analysis(rows), self._by_analysis(subgroups)
        self.file = {id(row): table.file for table in (settings, rows, subgroups) for row in table.rows}
        self.remarks: list[str] = []
        self.domains = _domains(rows.columns)

    def _by_analysis(self, table: Table) -> dict[tuple[str, str], list[Row]]:
        found: dict[tuple[str, str], list[Row]] = {}
        for row in table.rows:
            found.setdefault((row.cells["Analysis group"], row.cells["Analysis number"]), []).append(row)
        return found

    def comparisons(self) -> Iterator[RevManComparison]:
        groups = dict.fromkeys(row.cells["Analysis group"] for row in self.settings.rows)
        for group in groups:
            of = [row for row in self.settings.rows if row.cells["Analysis group"] == group]
            number = self.whole(of[0], "Analysis group") or 0
            yield RevManComparison(
                id=f"CMP-{number:03d}",
                number=number,
                name=plain_html(of[0].cells.get("Analysis group name", "")),
                outcomes=tuple(self.outcome(number, row) for row in of),
            )

    def outcome(self, comparison: int, s: Row) -> RevManOutcome:
        key = (s.cells["Analysis group"], s.cells["Analysis number"])
        number = self.whole(s, "Analysis number") or 0
        id_ = f"CMP-{comparison:03d}.{number:02d}"
        said, type_ = self.cell(s, "Effect measure"), self.cell(s, "Data type")
        kind = KINDS.get(type_.casefold())
        if kind is None:
            self.remarks.append(
                f"analysis {comparison}.{number} ({s.cells['Analysis name']}) is of the type {type_ or 'unknown'}: left out"
            )
        rows = self.rows.get(key, []) if kind else []
        method = METHODS.get(self.cell(s, "Statistical method").casefold(), self.cell(s, "Statistical method"))
        peto = method == "Peto" or said.casefold() == "peto odds ratio" or kind == "o-e"
        names = self._subgroups(key, rows)
        log = self.cell(s, "Log-scale data").casefold() == "true"
        overall = self.cell(s, "Overall estimates").casefold() != "false"
        level = self.level(s)
        return RevManOutcome(
            id=id_,
            number=number,
            name=plain_html(s.cells["Analysis name"]),
            kind=kind or "dichotomous",
            measure=MEASURES.get(said.casefold(), said),
            method="Peto" if peto else method or "IV",
            model="random" if self.cell(s, "Analysis model").casefold().startswith("random") else "common",
            level=level,
            tau2=ESTIMATORS.get(self.cell(s, "Heterogeneity estimator").casefold(), "DL"),
            ci=INTERVALS.get(self.cell(s, "CI method").casefold(), "Wald"),
            I2_from="tau2" if self.second else "Q",
            totals="YES" if overall else "SUB" if names else "NO",
            log=log,
            treatment=plain_html(self.cell(s, "Experimental group label") or self.cell(s, "Experimental intervention")),
            control=plain_html(self.cell(s, "Control group label") or self.cell(s, "Control intervention")),
            left_label=plain_html(self.cell(s, "Graph label (left)")),
            right_label=plain_html(self.cell(s, "Graph label (right)")),
            units=self.cell(s, "Unit of effect measure"),
            subgroups=tuple(
                RevManSubgroup(id=f"{id_}.{n:02d}", number=n, name=name, stored=self.stored(row) if row else StoredResult())
                for name, (n, row) in names.items()
            ),
            rows=tuple(self.row(row, kind or "dichotomous", names) for row in rows),
            stored=self.stored(s, sum(self.counts(row, "OVERALL") for row in rows)),
            further=tuple((name, value) for name, value in s.cells.items() if value),
        )

    def _subgroups(self, key: tuple[str, str], rows: list[Row]) -> dict[str, tuple[int, Row | None]]:
        """Subgroups by name: their numbers, and their rows among the estimates."""
        estimates = {plain_html(row.cells["Subgroup"]): row for row in self.subgroups.get(key, ())}
        names = dict.fromkeys([*estimates, *(plain_html(row.cells.get("Subgroup", "")) for row in rows)])
        return {name: (n, estimates.get(name)) for n, name in enumerate(filter(None, names), start=1)}

    def row(self, row: Row, kind: Kind, subgroups: Mapping[str, tuple[int, Row | None]]) -> RevManRow:
        name, subgroup = plain_html(row.cells["Study"]), plain_html(row.cells.get("Subgroup", ""))
        values: dict[str, Any] = {own: self.whole(row, column) for own, column in ARMS.items()}
        if kind == "continuous":
            values |= {own: self.number(row, column) for own, column in MEANS.items()}
        if kind == "o-e":
            values |= {"o_minus_e": self.number(row, "O-E"), "v": self.number(row, "Variance")}
        if kind == "generic":
            values |= {"estimate": self.number(row, "GIV Mean"), "se": self.number(row, "GIV SE")}
        stored = self.stored(row)
        return RevManRow(
            study=name,
            name=name,
            subgroup=subgroups[subgroup][0] if subgroup else 0,
            estimable=stored.estimate is not None,
            in_overall=self.counts(row, "OVERALL"),
            in_subgroup=self.counts(row, "SUBGROUP"),
            stored=stored,
            footnote=plain_html(row.cells.get("Footnotes", "")),
            **values,
        )

    def counts(self, row: Row, where: Literal["OVERALL", "SUBGROUP"]) -> bool:
        """Whether a row counts in the overall result or its subgroup; the package says it in one word for both."""
        said = row.cells.get("Applicability", "").upper()
        return where in said or not ("OVERALL" in said or "SUBGROUP" in said or "NONE" in said or "NOT" in said)

    def level(self, s: Row) -> float:
        said = self.cell(s, "CI/PI level") or self.cell(s, "Estimate CI") or "95"
        try:
            return float(said.rstrip("% ").replace(",", ".")) / 100
        except ValueError:
            self.problem(s, "CI/PI level" if self.second else "Estimate CI", f"{said!r} is no confidence level")
            return 0.95

    def stored(self, row: Row, studies: int | None = None) -> StoredResult:
        found: dict[str, Any] = {own: self.number(row, column) for own, column in STORED.items()}
        found |= {own: self.whole(row, column) for own, column in ARMS.items()}
        shares = {own: self.number(row, column) for own, column in SHARES.items()}
        found |= {own: None if share is None else share / 100 for own, share in shares.items()}
        return StoredResult(df=self.whole(row, "Heterogeneity df"), studies=studies or None, **found)

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

    def bias(self) -> Iterator[BiasItem]:
        """Judgements by RoB 2, which stand beside the rows of the analyses."""
        for (group, number), rows in self.rows.items():
            for row in rows:
                yield from _items(row, self.domains, f"{group}.{number}")


def _domains(columns: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """By domain the columns of its judgement and its support."""
    found: dict[str, dict[str, str]] = {}
    for column in columns:
        if match := DOMAIN.fullmatch(column):
            part, domain = (match[1], match[2]) if match[1] else (match[4], match[3])
            found.setdefault(domain.removesuffix(": All outcomes"), {})[part] = column
    return {domain: (parts["judgement"], parts.get("support", "")) for domain, parts in found.items() if "judgement" in parts}


def _items(row: Row, domains: Mapping[str, tuple[str, str]], outcome: str) -> Iterator[BiasItem]:
    for domain, (judgement, support) in domains.items():
        said = row.cells[judgement].strip().casefold()
        level = JUDGEMENTS.get(said.split()[0] if said else "")
        if level:
            text = plain_html(row.cells.get(support, ""))
            yield BiasItem(study=plain_html(row.cells["Study"]), domain=domain, judgement=level, support=text, outcome=outcome)


def _bias(table: Table) -> Iterator[BiasItem]:
    """Judgements of a study as a whole; those of results stand beside the rows of the analyses too, and are taken from there."""
    domains = _domains(table.columns)
    for row in table.rows:
        if "Outcome" not in table.columns:
            yield from _items(row, domains, "")


def _studies(files: Mapping[str, _File], reader: _Reader, problems: list[Problem]) -> tuple[RevManStudy, ...]:
    studies: list[RevManStudy] = []
    for prefix, section in SECTIONS.items():
        end = f"{prefix}-{INFORMATION}".strip("-")
        records = _references(files.get(f"{section}.ris"), problems)
        for row in _table(files, end, ("Study",), problems).rows:
            name, year = plain_html(row.cells["Study"]), row.cells.get("Year", "")
            described = [(c.removeprefix("Char: "), plain_html(text)) for c, text in row.cells.items() if c.startswith("Char: ")]
            studies.append(
                RevManStudy(
                    id=name,
                    name=name,
                    year=int(year) if re.fullmatch(r"\d{4}", year) else None,
                    section=section,
                    described=tuple((heading, text) for heading, text in described if text),
                    records=tuple(records.get(name, ())),
                )
            )
    known = {study.id for study in studies}
    for row in (row for rows in reader.rows.values() for row in rows):
        name, year = plain_html(row.cells["Study"]), row.cells.get("Study year", "")
        if name not in known:
            known.add(name)
            studies.append(RevManStudy(id=name, name=name, year=int(year) if year.isdigit() else None, section="included"))
    return tuple(studies)


def _references(file: _File | None, problems: list[Problem]) -> dict[str, list[Record]]:
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
        found.setdefault(dict(record.further).get("NS", ""), []).append(record)
    return found


def plain_html(text: str) -> str:
    """A text without its tags, on one line.

    >>> plain_html("<p>Low risk;&nbsp;<b>3</b> of 5</p><p>lost</p>")
    'Low risk; 3 of 5 lost'
    """
    blocks = re.sub(r"</?(?:p|br|li|ul|ol|div|tr|td|h\d)\b[^>]*>", " ", text)
    return " ".join(unescape(re.sub(r"</?[A-Za-z][^>]*>", "", blocks)).split())
