"""What the rows of studies.csv must obey."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from trialpool.errors import Problem
from trialpool.review.study import Study

FILE = "studies.csv"
FIRST_YEAR, LAST_YEAR = 1700, 2200  # Lind's trial of 1747 counts, 208 and 20008 are slips of the finger
Finding = tuple[str, str, str]  # column, what, mend


def problems_of_study(study: Study, row: int) -> list[Problem]:
    """Every cell of a row that breaks a rule."""
    return [Problem(FILE, row, *finding) for finding in _findings(study)]


def _findings(study: Study) -> Iterator[Finding]:
    if study.study.split() != [study.study]:
        yield "study", f"{study.study!r} holds a space", f"Write {'-'.join(study.study.split())}, here and in the other files"
    if not FIRST_YEAR <= study.year <= LAST_YEAR:
        yield "year", f"{study.year} is no year of publication", "Give all four digits"
    for column in ("n_t", "n_c"):
        n = getattr(study, column)
        if n is not None and n <= 0:
            yield column, f"{n} patients were randomised", "Leave the cell empty where the number is not known"


def strata_problems(studies: tuple[Study, ...], rows: Mapping[tuple[str, str], int]) -> list[Problem]:
    """A study has one row, or a row for each stratum: a row without stratum beside these would count its patients twice."""
    stratified = {study.study for study in studies if study.stratum}
    mend = "Name the stratum, or remove the row: reports of the whole study need none"
    return [
        Problem(FILE, rows[study.key], "stratum", f"{study.study!r} has rows with strata, and this row names none", mend)
        for study in studies
        if study.study in stratified and not study.stratum
    ]


def misspelt_columns(columns: tuple[str, ...], header: int) -> list[Problem]:
    """Further columns are moderators; one that is called like a known one but for its spelling probably is that one."""
    known = {_bare(name): name for name in Study.model_fields if name != "moderators"}
    return [
        Problem(FILE, header, name, "it was read as a moderator", f"Rename it {known[_bare(name)]} if that is meant", "warning")
        for name in columns
        if name not in known.values() and _bare(name) in known
    ]


def _bare(name: str) -> str:
    return name.casefold().replace(" ", "").replace("_", "").replace("-", "")
