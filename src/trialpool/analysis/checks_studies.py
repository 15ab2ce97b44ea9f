"""Studies beside each other: the same patients twice in one review, or one control arm twice in one analysis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import NamedTuple

from trialpool.analysis.checks_between import Ran
from trialpool.analysis.checks_finding import at, in_row
from trialpool.analysis.selection import Selection, UnitEffect
from trialpool.review.plan import Outcome
from trialpool.review.report import Report
from trialpool.review.review import Review
from trialpool.review.study import Study
from trialpool.stats.consistency.cohorts import identifiers, same_place, years_overlap
from trialpool.stats.consistency.disagreement import Disagreement

CENTRE = ("centre", "center", "centres", "centers", "site", "sites", "hospital", "hospitals", "institution")
RECRUITED = ("recruited", "recruitment", "enrolled", "enrolment", "enrollment", "accrual", "years")
CONTROL = ("events_c", "n_c", "median_c", "survival_c", "pct_c")
FEWEST = 2  # how many figures of two control arms must be the same before they are taken for one


class Counting(NamedTuple):
    """An outcome, and the rows that count for it."""

    outcome: Outcome
    selection: Selection


def overlapping(review: Review) -> Iterator[Ran]:
    """Pairs of studies that share a registry id, a publication, or a centre in the same years."""
    rows = {unit.key: i for i, unit in enumerate(review.studies, 2)}
    firsts = [unit for i, unit in enumerate(review.studies) if unit.study not in {u.study for u in review.studies[:i]}]
    for a, b in combinations(firsts, 2):
        said = tuple(_shared(a, b))
        yield Ran("overlap", tuple(at("studies.csv", rows[b.key], d) for d in said[:1]))


def _shared(a: Study, b: Study) -> Iterator[Disagreement]:
    registry = identifiers(a.registry) & identifiers(b.registry)
    if registry:
        yield _overlap(("registry",), f"{b.label} has the registry id {min(registry)}", f"{a.label} has it, too")
    for column in ("doi", "pmid"):
        value = getattr(a, column).strip().lower()
        if any(map(str.isdigit, value)) and value == getattr(b, column).strip().lower():
            yield _overlap((column,), f"{b.label} has the {column} {value}", f"{a.label} has it, too")
    (centre, mine), (_, theirs) = _column(a.moderators, CENTRE), _column(b.moderators, CENTRE)
    (years, since), (_, until) = _column(a.moderators, RECRUITED), _column(b.moderators, RECRUITED)
    both = years_overlap(since, until)
    if same_place(mine, theirs) and both:
        what = f"{b.label} was recruited at {theirs}, {until}"
        yield _overlap((centre, years), what, f"{a.label} at {mine}, {since}: both in {both[0]} to {both[1]}")


def _overlap(columns: tuple[str, ...], what: str, expected: str) -> Disagreement:
    return Disagreement(
        rule="overlap",
        severity="warning",
        columns=columns,
        what=what,
        expected=expected,
        mend="Look whether patients are in both; if so, make them strata of one study, or leave one out",
    )


def _column(moderators: Mapping[str, str], names: tuple[str, ...]) -> tuple[str, str]:
    """The first moderator with one of these names, and what stands in it."""
    return next(((name, text) for name, text in moderators.items() if name.strip().lower() in names), ("", ""))


def shared_controls(found: Counting, review: Review) -> Iterator[Ran]:
    """Pairs of effects of one study (or of studies with one registry id) whose control arms have the same figures."""
    for a, b in combinations(found.selection.effects, 2):
        if not _one_trial(a.unit, b.unit):
            continue
        same = _same_control(a.report, b.report)
        yield Ran("shared-control", (in_row(b.report, _counted_twice(a, b, same, found), review),) if same else ())


def _one_trial(a: Study, b: Study) -> bool:
    return a.study == b.study or bool(identifiers(a.registry) & identifiers(b.registry))


def _same_control(a: Report, b: Report) -> tuple[str, ...]:
    """The figures that two control arms share; none unless all known to both are the same, and several not 0."""
    known = [c for c in CONTROL if getattr(a, c) is not None and getattr(b, c) is not None]
    same = all(getattr(a, c) == getattr(b, c) for c in known)
    telling = tuple(c for c in known if getattr(a, c) != 0)
    return telling if same and len(telling) >= FEWEST else ()


def _counted_twice(a: UnitEffect, b: UnitEffect, columns: tuple[str, ...], found: Counting) -> Disagreement:
    figures = ", ".join(f"{column} {getattr(b.report, column)}" for column in columns)
    return Disagreement(
        rule="shared-control",
        severity="warning",
        columns=columns,
        what=f"{b.unit.title} and {a.unit.title} have one control arm ({figures}) and both count for {found.outcome.name.lower()}",
        expected=f"row {a.report.row} of {a.report.file} has the same figures, so its patients count twice",
        mend="Take the treatment arms together, or share the control arm out between the two",
    )
