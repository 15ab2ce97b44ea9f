"""What changed in the rows of a review, cell by cell, wherever in its files a row stands now."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel

from trialpool.review.published import Published
from trialpool.review.report import Report
from trialpool.review.review import Review
from trialpool.review.risk_of_bias import RiskOfBiasRow
from trialpool.review.study import Study

PLACE = frozenset({"file", "row"})
ALIKE = 0.5  # share of the filled cells that rows must have in common to be one row that was changed
Row = TypeVar("Row", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class CellChange:
    """A cell before and after, as written; empty where it was."""

    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChange:
    """A row that was added, removed or changed.

    file          : in which it stands (stood, where it was removed)
    row           : its number there
    study         : that it is of; empty for rows of no study
    about         : what it is of besides: the outcome, the stratum
    cells         : what changed in it; of an added or removed row every filled cell
    before, after : the row itself; None where it was not there
    """

    file: str
    row: int
    study: str
    about: str
    cells: tuple[CellChange, ...]
    before: Any
    after: Any

    @property
    def kind(self) -> str:
        return "added" if self.before is None else "removed" if self.after is None else "changed"


def row_changes(old: Review, new: Review) -> tuple[RowChange, ...]:
    """Every row of studies.csv, results/, risk_of_bias.csv and published.csv that is not the same in both."""
    return (
        *_changes("studies.csv", old.studies, new.studies, lambda s: s.key, lambda s: s.study, lambda s: s.stratum),
        *_changes("results", old.reports, new.reports, _result, lambda r: r.study, _result_name),
        *_changes("risk_of_bias.csv", old.risk_of_bias, new.risk_of_bias, _judged, lambda r: r.study, _judged_name),
        *_changes("published.csv", old.published, new.published, _published, lambda p: "", _published_name),
    )


def _result(report: Report) -> Hashable:
    return report.study, report.stratum, report.outcome


def _result_name(report: Report) -> str:
    return report.outcome + (f", {report.stratum}" if report.stratum else "")


def _judged(row: RiskOfBiasRow) -> Hashable:
    return row.study, row.stratum, row.outcome, row.tool, row.domain, row.question, row.reviewer


def _judged_name(row: RiskOfBiasRow) -> str:
    return ", ".join(filter(None, (row.outcome, row.domain, row.question, row.reviewer)))


def _published(row: Published) -> Hashable:
    return row.review, row.outcome, row.scope


def _published_name(row: Published) -> str:
    return f"{row.review}, {row.outcome}, {row.scope}"


def _changes(
    file: str,
    before: Sequence[Row],
    after: Sequence[Row],
    key: Callable[[Row], Hashable],
    study: Callable[[Row], str],
    about: Callable[[Row], str],
) -> Iterator[RowChange]:
    numbers = {id(row): i for rows in (before, after) for i, row in enumerate(rows, start=2)}
    for old, new in pairs(before, after, key, study):
        there = new if new is not None else old
        assert there is not None
        cells = tuple(_cell_changes(cells_of(old), cells_of(new)))
        if cells:
            yield RowChange(
                file=getattr(there, "file", "") or file,
                row=getattr(there, "row", 0) or numbers[id(there)],
                study=study(there),
                about=about(there),
                cells=cells,
                before=old,
                after=new,
            )


def _cell_changes(before: dict[str, str], after: dict[str, str]) -> Iterator[CellChange]:
    for column in dict.fromkeys([*before, *after]):
        old, new = before.get(column, ""), after.get(column, "")
        if old != new:
            yield CellChange(column=column, before=old, after=new)


def cells_of(row: BaseModel | None) -> dict[str, str]:
    """The filled cells of a row as they are written, its place left aside; 0.60 is not 0.6, for it is known better."""
    if row is None:
        return {}
    values = {name: getattr(row, name) for name in type(row).model_fields if name in row.model_fields_set and name not in PLACE}
    if isinstance(row, Study):
        values |= values.pop("moderators", {})
    return {name: text for name, value in values.items() if (text := _text(value))}


def _text(value: Any) -> str:
    if value is None:
        return ""
    return format(value, "f") if isinstance(value, Decimal) else str(value).removeprefix("= ")


def pairs(
    before: Sequence[Row], after: Sequence[Row], key: Callable[[Row], Hashable], study: Callable[[Row], str]
) -> Iterator[tuple[Row | None, Row | None]]:
    """Rows of two tables that are one row, and those that have no other half.

    Equal rows go together first; then, of one key, those with most cells in common; then those of one study that have at least half
    of their cells in common. So a row may move, and its key may be corrected.
    """
    left, right = dict(enumerate(before)), dict(enumerate(after))
    found: list[tuple[int, int]] = []
    steps: tuple[tuple[Callable[[Row], Hashable], float], ...] = ((_as_a_whole, 1.0), (key, 0.0), (study, ALIKE))
    for group, least in steps:
        for i, j in _matched(left, right, group, least):
            found.append((i, j))
            del left[i], right[j]
    of = dict(found)
    for i, old in enumerate(before):
        yield old, after[of[i]] if i in of else None
    for new in right.values():
        yield None, new


def _as_a_whole(row: BaseModel) -> Hashable:
    return tuple(cells_of(row).items())


def _matched(
    left: dict[int, Row], right: dict[int, Row], group: Callable[[Row], Hashable], least: float
) -> Iterable[tuple[int, int]]:
    """Pairs within a group, the most alike first."""
    there: dict[Hashable, list[int]] = {}
    for j, row in right.items():
        there.setdefault(group(row), []).append(j)
    scored = [
        (-alike(row, right[j]), i, j) for i, row in left.items() for j in there.get(group(row), []) if alike(row, right[j]) >= least
    ]
    taken: list[tuple[int, int]] = []
    for _, i, j in sorted(scored):
        if all(i != a and j != b for a, b in taken):
            taken.append((i, j))
    return taken


def alike(one: BaseModel, other: BaseModel) -> float:
    """The share of the cells that are filled in either that are the same in both."""
    first, second = cells_of(one), cells_of(other)
    columns = {*first, *second}
    return sum(first.get(c) == second.get(c) for c in columns) / len(columns) if columns else 1.0
