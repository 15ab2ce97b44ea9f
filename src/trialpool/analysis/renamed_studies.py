"""Studies that have another identifier in a later version, and are the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from typing import Any

from pydantic import BaseModel

from trialpool.analysis.row_changes import cells_of
from trialpool.review.review import Review

ALIKE = 0.5  # share of the cells in studies.csv, and of the rows in results/, that must be the same
OF_STUDIES = ("studies", "reports", "risk_of_bias")  # parts of a review whose rows name a study
Contents = tuple[Counter[Hashable], Counter[Hashable]]


def renamed_studies(old: Review, new: Review) -> tuple[tuple[str, str], ...]:
    """Identifiers before and after, of studies that went and came with the same contents.

    At least half of the cells in studies.csv, and of the rows in results/, are the same but for the identifier, and no other study
    is as much like it.
    """
    before, after = _contents(old), _contents(new)
    gone, come = (study for study in before if study not in after), [study for study in after if study not in before]
    scored = [(likeness, a, b) for a in gone for b in come if (likeness := _likeness(before[a], after[b])) >= ALIKE]
    return tuple((a, b) for score, a, b in scored if not any(s >= score and (a == x) != (b == y) for s, x, y in scored))


def with_names(review: Review, names: Mapping[str, str]) -> Review:
    """The review with other identifiers of studies."""
    if not names:
        return review

    def named(row: Any) -> Any:
        return row.model_copy(update={"study": names[row.study]}) if row.study in names else row

    return review.model_copy(update={part: tuple(map(named, getattr(review, part))) for part in OF_STUDIES})


def _contents(review: Review) -> dict[str, Contents]:
    """What the tables say of each study: the cells of its rows in studies.csv, and its reports."""
    found: dict[str, Contents] = {study.study: (Counter(), Counter()) for study in review.studies}
    for study in review.studies:
        found[study.study][0].update(_cells(study))
    for report in review.reports:
        if report.study in found:
            found[report.study][1][_cells(report)] += 1
    return found


def _cells(row: BaseModel) -> tuple[tuple[str, str], ...]:
    return tuple((column, cell) for column, cell in cells_of(row).items() if column != "study")


def _likeness(one: Contents, other: Contents) -> float:
    """The lesser of the shares in common; a study without reports is told by studies.csv alone, whole."""
    cells, reports = (_shared(a, b) for a, b in zip(one, other, strict=True))
    return min(cells, reports) if one[1] or other[1] else float(cells == 1)


def _shared(one: Counter[Hashable], other: Counter[Hashable]) -> float:
    most = max(one.total(), other.total())
    return (one & other).total() / most if most else 1.0
