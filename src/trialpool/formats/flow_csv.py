"""The counts of a flow diagram as the R package PRISMA2020 keeps them: a CSV with a row a count."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trialpool.errors import BadInput, Problem
from trialpool.formats.csv_table import Row, read_table
from trialpool.formats.quoted import quoted
from trialpool.review.flow import OTHER_METHODS, FlowCounts, parts

NAMES = {
    "previous_studies": "previous_studies",
    "previous_reports": "previous_reports",
    "database_results": "databases",
    "database_specific_results": "databases",
    "register_results": "registers",
    "register_specific_results": "registers",
    "website_results": "websites",
    "organisation_results": "organisations",
    "citations_results": "citations",
    "duplicates": "duplicates",
    "excluded_automatic": "automation",
    "excluded_other": "removed_other",
    "records_screened": "screened",
    "records_excluded": "excluded",
    "dbr_sought_reports": "sought",
    "dbr_notretrieved_reports": "not_retrieved",
    "other_sought_reports": "other_sought",
    "other_notretrieved_reports": "other_not_retrieved",
    "dbr_assessed": "assessed",
    "dbr_excluded": "excluded_reports",
    "other_assessed": "other_assessed",
    "other_excluded": "other_excluded_reports",
    "new_studies": "new_studies",
    "new_reports": "new_reports",
    "total_studies": "total_studies",
    "total_reports": "total_reports",
    "total_studies_ma": "pooled_studies",
    "total_reports_ma": "pooled_reports",
}  # column `data` of the file -> count
BY_NAME = {"databases": "database_specific_results", "registers": "register_specific_results"}
ABSENT = ("", "NA")
OF_AN_ARM = (
    ("previous_studies", "previous_reports"),
    (*OTHER_METHODS, "other_not_retrieved", "other_excluded_reports"),
    ("pooled_studies", "pooled_reports"),
)  # counts that are all 0 in the file where the review has no such arm
PART = re.compile(r"(.+?)\s*,\s*([\d\s]+)$", re.DOTALL)


def read_flow(path: str | Path) -> FlowCounts:
    """The counts in a CSV of the R package PRISMA2020, of which its template and its web page are made.

    Counts of a previous version, of other methods and of a meta-analysis that are all 0 are taken as not given: the file has a
    row for them in any case.

    Raises
    ------
    BadInput
        with every count that cannot be read
    """
    path = Path(path)
    table = read_table(path, path.name, required=("data", "n"), rows_needed=True)
    problems = [p for p in table.problems if p.severity == "error"]
    found: dict[str, Any] = {}
    for row in table.rows if table.columns else ():
        _read(row, table.file, found, problems)
    if problems:
        raise BadInput(problems)
    for names in OF_AN_ARM:
        if not any(_sum(found.get(name)) for name in names):
            found = {name: value for name, value in found.items() if name not in names}
    if not {"previous_studies", "previous_reports"} & found.keys():
        found = {name: value for name, value in found.items() if name not in ("total_studies", "total_reports")}
    return FlowCounts(**found)


def _sum(value: Any) -> int:
    return sum(n for _, n in parts(value))


def _read(row: Row, file: str, found: dict[str, Any], problems: list[Problem]) -> None:
    """A row of the file into what was found; the number in all of sources that stand by name is only compared with these."""
    data, text = row.cells.get("data", ""), row.cells.get("n", "")
    name = NAMES.get(data)
    if name is None or text in ABSENT:
        return
    by_name = data in BY_NAME.values()
    whole = _whole(text)
    value = _parts(text) if whole is None else whole
    if value is None:
        if by_name and "xxx" in text:  # as the template has it, where sources are not told apart
            return
        mend = "Put a number in place of xxx" if "xxx" in text else "Give a whole number, or `Name, number; Name, number`"
        problems.append(Problem(file, row.number, "n", f"{quoted(text)} is no count", mend))
        return
    if name in BY_NAME and name in found and _sum(found[name]) != _sum(value):
        in_all, named = (found[name], value) if by_name else (value, found[name])
        what = f"the sources come to {_sum(named)}, and {_sum(in_all)} are given in all"
        problems.append(Problem(file, row.number, "n", what, "Correct the one or the other"))
    elif by_name or name not in found:
        found[name] = value


def _whole(text: str) -> int | None:
    digits = text.replace(",", "").replace(" ", "")
    grouped = re.fullmatch(r"\d{1,3}(,\d{3})+|\d+|\d{1,3}( \d{3})+", text)
    return int(digits) if grouped and digits.isascii() else None


def _parts(text: str) -> Mapping[str, int] | None:
    found: dict[str, int] = {}
    for part in filter(None, map(str.strip, text.split(";"))):
        match = PART.match(part)
        if match is None:
            return None
        name = match[1].strip()
        found[name] = found.get(name, 0) + int("".join(match[2].split()))
    return found or None
