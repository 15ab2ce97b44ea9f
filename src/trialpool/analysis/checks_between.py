"""Rows of one study beside each other: the same figure twice, deaths and progressions, one landmark and the next, sizes of arms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import combinations, permutations
from typing import Any, NamedTuple

from trialpool.analysis.checks_finding import Inconsistency, in_row
from trialpool.errors import Severity
from trialpool.review.in_numbers import in_numbers
from trialpool.review.report import PValue, Report
from trialpool.review.review import Review
from trialpool.review.study import Study
from trialpool.stats.consistency.counts import arms_sum_to_total
from trialpool.stats.consistency.disagreement import Disagreement
from trialpool.stats.consistency.intervals import information_fits_events
from trialpool.stats.consistency.survival import (
    deaths_within_progressions,
    events_grow,
    medians_in_order,
    survival_falls,
    survival_in_order,
)
from trialpool.stats.effects.deriving import TOUCHING
from trialpool.stats.effects.printed import Printed

DEATH = frozenset({"os", "overall survival", "death", "deaths", "mortality", "all-cause mortality", "death from any cause"})
WITH_DEATH = frozenset({"pfs", "efs", "dfs", "rfs"}) | frozenset(
    f"{what}-free survival" for what in ("progression", "event", "disease", "relapse", "recurrence")
)  # time to progression is not among them: deaths without progression are no events of it
ARMS = {"t": "treatment", "c": "control"}
FIGURES = ("estimate", "p", *(f"{name}_{arm}" for arm in ARMS for name in ("events", "pct", "median", "survival", "mean")))
Verdicts = Iterator[tuple[str, tuple[Disagreement, ...] | None]]


class Ran(NamedTuple):
    """One rule, held against figures once, and what it found."""

    rule: str
    found: tuple[Inconsistency, ...]


def between(review: Review) -> Iterator[Ran]:
    """Every rule that looks at several rows of a study.

    Rows that are marked `use` = no are left out: the reason is often that they are of another comparison, population or time.
    Recalled rows are, too: what somebody remembers contradicts nothing.
    """
    for study in dict.fromkeys(unit.study for unit in review.studies):
        rows = [r for r in review.reports if r.study == study and r.use != "no" and r.status != "recalled"]
        for pair in combinations(rows, 2):
            yield from _told_twice(*pair, review)
        for one, other in permutations(rows, 2):
            yield from _in_order(one, other, review)
            yield from _events_at_cut_offs(one, other, review)
            yield from _interval_and_events(one, other, review)
        yield from _sizes(study, rows, review)


def _told_twice(a: Report, b: Report, review: Review) -> Iterator[Ran]:
    """One outcome in two rows."""
    if a.outcome != b.outcome or not _same_analysis(a, b):
        return
    compared = [column for column in FIGURES if _comparable(a, b, column)]
    if compared:
        differing = tuple(column for column in compared if _differ(getattr(a, column), getattr(b, column)))
        yield Ran("rows-agree", (in_row(b, _two_figures(a, b, differing), review),) if differing else ())


def _two_figures(a: Report, b: Report, columns: tuple[str, ...]) -> Disagreement:
    def figures(row: Report) -> str:
        return ", ".join(f"{column} {getattr(row, column)}" for column in columns)

    return Disagreement(
        rule="rows-agree",
        severity="warning",
        columns=columns,
        what=f"{b.outcome} of {b.study} stands in two rows, here with {figures(b)}",
        expected=f"{_place(a, b)} has {figures(a)}",
        mend="Look at the sources; mark the row that is superseded with use = no and say why",
    )


def _in_order(a: Report, b: Report, review: Review) -> Iterator[Ran]:
    """`a` before `b`: an outcome with deaths in it before death itself, or a landmark before a later one."""
    if not _same_analysis(a, b):
        return
    composite = a.outcome.lower() in WITH_DEATH and b.outcome.lower() in DEATH
    gravest: Severity = "error" if _same_size(a, b) else "warning"
    for rule, said in _deaths(a, b) if composite else _later(a, b):
        if said is not None:
            found = (replace(d, expected=f"{d.expected} ({_place(a, b)})").at_most(gravest) for d in said)
            yield Ran(rule, tuple(in_row(b, d, review) for d in found))


def _events_at_cut_offs(early: Report, late: Report, review: Review) -> Iterator[Ran]:
    """Events of one outcome in the same patients, at a shorter and at a longer follow-up."""
    if None in (early.follow_up, late.follow_up) or early.outcome != late.outcome or not _same_size(early, late):
        return
    longer = late.model_copy(update={"follow_up": early.follow_up})
    if early.follow_up >= late.follow_up or early.measure != late.measure or not _same_analysis(early, longer):  # type: ignore[operator]
        return
    for arm in ARMS:
        first, then = getattr(early, f"events_{arm}"), getattr(late, f"events_{arm}")
        if first is not None and then is not None:
            found = (replace(d, expected=f"{d.expected} ({_place(early, late)})") for d in events_grow(first, then, arm) or ())
            yield Ran("events-grow", tuple(in_row(late, d, review) for d in found))


def _same_size(a: Report, b: Report) -> bool:
    """Are the arms of both rows known to be of one size? Otherwise one may be of a part of the patients, such as responders."""
    return None not in (a.n_t, a.n_c) and (a.n_t, a.n_c) == (b.n_t, b.n_c)


def _deaths(pfs: Report, os: Report) -> Verdicts:
    for arm in ARMS:
        deaths, events = getattr(os, f"events_{arm}"), getattr(pfs, f"events_{arm}")
        if deaths is not None and events is not None:
            yield "deaths-progressions", deaths_within_progressions(deaths, events, arm, of=f"events of {pfs.outcome}")
        medians = getattr(pfs, f"median_{arm}"), getattr(os, f"median_{arm}")
        if None not in medians:
            yield "median-order", medians_in_order(Printed.of(medians[0]), Printed.of(medians[1]), arm)
        of_pfs, of_os = _survival(pfs, arm), _survival(os, arm)
        if of_pfs and of_os:
            yield "survival-order", survival_in_order(*of_pfs, *of_os, arm)


def _later(early: Report, late: Report) -> Verdicts:
    if early.outcome != late.outcome:
        return
    for arm in ARMS:
        first, then = _survival(early, arm), _survival(late, arm)
        if first and then:
            yield "survival-falls", survival_falls(*first, *then, arm)


def _survival(report: Report, arm: str) -> tuple[Printed, float] | None:
    share = getattr(report, f"survival_{arm}")
    if share is None or report.landmark is None:
        return None
    return Printed.of(share.scaleb(-2)), float(report.landmark)


def _interval_and_events(a: Report, b: Report, review: Review) -> Iterator[Ran]:
    """The interval of one row beside the events of another, of the same patients at the same follow-up."""
    if a.events_t is not None or b.events_t is None or b.events_c is None or not _same_cut_off(a, b):
        return
    counted = a.model_copy(update={"events_t": b.events_t, "events_c": b.events_c})
    said = information_fits_events(in_numbers(counted, a.measure or "HR"))
    if said is not None:
        found = (replace(d.at_most("warning"), expected=f"{d.expected} (events of {_place(b, a)})") for d in said)
        yield Ran("information", tuple(in_row(a, d, review) for d in found))


def _same_cut_off(a: Report, b: Report) -> bool:
    """Are two rows of one outcome, stratum, number of patients by arm, and follow-up, all of it known?"""
    keys = [(r.outcome, r.stratum, r.n_t, r.n_c, r.follow_up) for r in (a, b)]
    return keys[0] == keys[1] and None not in keys[0]


def _sizes(study: str, rows: list[Report], review: Review) -> Iterator[Ran]:
    """Patients analysed and randomised, strata and the whole study."""
    units = review.units(study)
    for unit in units:
        for report in (r for r in rows if r.stratum == unit.stratum):
            yield from _more_than_randomised(report, unit, review)
    if len(units) > 1 and all(unit.stratum for unit in units):
        for report in (r for r in rows if not r.stratum):
            yield from _strata(report, units, review)


def _more_than_randomised(report: Report, unit: Study, review: Review) -> Iterator[Ran]:
    arms = [(arm, getattr(report, f"n_{arm}"), getattr(unit, f"n_{arm}")) for arm in ARMS]
    known = [(arm, n, most) for arm, n, most in arms if n is not None and most is not None]
    if known:
        over = [(arm, n, most) for arm, n, most in known if n > most]
        yield Ran("analysed-randomised", (in_row(report, _too_many(over, unit), review),) if over else ())


def _too_many(over: list[tuple[str, int, int]], unit: Study) -> Disagreement:
    return Disagreement(
        rule="analysed-randomised",
        severity="warning",
        columns=tuple(f"n_{arm}" for arm, *_ in over),
        what=" and ".join(f"{n} patients with {ARMS[arm]}" for arm, n, _ in over) + " are analysed",
        expected=f"studies.csv has {' and '.join(str(most) for *_, most in over)} randomised in {unit.title}",
        mend="Look whether other patients were analysed than studies.csv counts, and correct the one or the other",
    )


def _strata(report: Report, units: tuple[Study, ...], review: Review) -> Iterator[Ran]:
    for arm in ARMS:
        parts, total = [getattr(unit, f"n_{arm}") for unit in units], getattr(report, f"n_{arm}")
        if total is not None and None not in parts:
            said = arms_sum_to_total(parts, total, f"n_{arm}", of="the strata of studies.csv")
            yield Ran("arms-total", tuple(in_row(report, d.at_most("warning"), review) for d in said or ()))


def _same_analysis(a: Report, b: Report) -> bool:
    """Are two rows of one stratum, follow-up and population?

    The follow-up is the same, or neither says it: a figure without one may be of another cut-off. `analysis` has the same words,
    for it has the population and the time origin; the sizes of the arms are the same where both give them.
    """
    sizes = all(None in (ns := (getattr(a, n), getattr(b, n))) or ns[0] == ns[1] for n in ("n_t", "n_c"))
    return sizes and a.stratum == b.stratum and a.follow_up == b.follow_up and _words(a.analysis) == _words(b.analysis)


def _words(analysis: str) -> str:
    return " ".join(analysis.casefold().split())


def _comparable(a: Report, b: Report, column: str) -> bool:
    """Do both rows have the figure, in one measure and orientation, of one kind of P, at one landmark?"""
    if getattr(a, column) is None or getattr(b, column) is None:
        return False
    if column == "estimate":
        return (a.measure, a.orientation) == (b.measure, b.orientation)
    if column == "p":
        return a.p_sides == b.p_sides and (a.measure is None or b.measure is None or a.measure == b.measure)
    return not column.startswith("survival") or a.landmark == b.landmark is not None


def _differ(a: Any, b: Any) -> bool:
    """Do two figures leave nothing in common, when each that was printed stands for all that rounds to it?"""
    (low, high), (least, most) = _range(a), _range(b)
    return high < least - TOUCHING or most < low - TOUCHING


def _range(figure: Decimal | PValue | int) -> tuple[float, float]:
    if isinstance(figure, int):
        return figure, figure
    if isinstance(figure, PValue):
        p = Printed.of(figure.value)
        return {"=": (p.low, p.high), "<": (0.0, p.high), ">": (p.low, 1.0)}[figure.operator]
    printed = Printed.of(figure)
    return printed.low, printed.high


def _place(a: Report, b: Report) -> str:
    """Where the other row stands, as the row of a finding says it."""
    return f"row {a.row}" if a.file == b.file else f"{a.file}, row {a.row}"
