"""Which report counts: for each study and outcome, the reports ranked, one chosen, and why the others were not."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from trialpool.analysis.reconstructed_curves import curve_of, effect_of_curve
from trialpool.review.in_numbers import in_numbers
from trialpool.review.plan import Outcome
from trialpool.review.report import STATUSES, Report, Status
from trialpool.review.review import Review
from trialpool.review.study import Study
from trialpool.stats.effects.derivation import Derivation, Refusal
from trialpool.stats.effects.routes import RouteResults, derive, place

PRIMARY: tuple[Status, ...] = ("read", "author", "derived")
ALL: tuple[Status, ...] = tuple(STATUSES)
KEPT = 5_000  # reports whose routes are kept
OF_A_STRATUM = "a report of one stratum; not every stratum can be used, so that the study enters as a whole"
WHOLE_STUDY = "a report of the whole study, whose strata are used"
PREFERENCE = (
    "Of several reports of an outcome the one counts that a person marked (column `use`); else the outcome's preferred name, "
    "then the status (read, author, derived), then the route from figures to effect, then the longest follow-up, then the first "
    "row."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A report with every route that leads from it to an effect.

    derivations : feasible routes, best first, with source and status filled in
    refusals    : the other routes, and why they lead nowhere
    rejected    : why the report does not count; empty for the one that does
    """

    report: Report
    derivations: tuple[Derivation, ...]
    refusals: tuple[Refusal, ...]
    rejected: str = ""


class Arms(NamedTuple):
    """Events and patients by arm; None where not reported."""

    events_t: int | None
    n_t: int | None
    events_c: int | None
    n_c: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitEffect:
    """The effect of a study (or stratum) that enters an analysis, and the reports that could have been used instead."""

    unit: Study
    chosen: Candidate
    others: tuple[Candidate, ...]

    @property
    def derivation(self) -> Derivation:
        return self.chosen.derivations[0]

    @property
    def report(self) -> Report:
        return self.chosen.report

    @property
    def arms(self) -> Arms:
        """Events and patients by arm as reported: by the chosen report, or by another of the outcome at the same follow-up."""
        same = [c.report for c in self.others if self._goes_with(c.report)]
        r = next((r for r in (self.report, *same) if r.events_t is not None and r.events_c is not None), self.report)
        return Arms(
            r.events_t,
            r.n_t if r.n_t is not None else self.unit.n_t,
            r.events_c,
            r.n_c if r.n_c is not None else self.unit.n_c,
        )

    def _goes_with(self, other: Report) -> bool:
        mine = self.report
        return (
            other.use != "no"
            and other.status in PRIMARY
            and (other.outcome, other.stratum, other.follow_up) == (mine.outcome, mine.stratum, mine.follow_up)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingUnit:
    """A study (or stratum) without a usable report, and what there is of it; `why` where that is not what it lacks."""

    unit: Study
    candidates: tuple[Candidate, ...]
    why: str = ""

    @property
    def reason(self) -> str:
        """Why, in one line."""
        if self.why:
            return self.why
        if not self.candidates:
            return "no report of this outcome"
        recalled = [c for c in self.candidates if c.derivations and c.report.status == "recalled" and c.report.use != "no"]
        if recalled:
            return "only recalled figures lead to an effect, and these never enter a primary result"
        if all(c.report.use == "no" for c in self.candidates):
            return "every report is marked as not to be used"
        silent = [r.reason for c in self.candidates for r in c.refusals if r.reason.startswith("no events")]
        if silent:
            return silent[0]
        return self._without_a_route()

    def _without_a_route(self) -> str:
        """That nothing leads to an effect; of a single report also what stands in the way, other than that figures are absent."""
        said = [r.reason for c in self.candidates for r in c.refusals if not r.reason.startswith("needs")]
        if len(self.candidates) > 1 or not said:
            return "no report has figures that lead to an effect with a standard error"
        return f"its report has no figures that lead to an effect with a standard error; {said[0]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The effects of an outcome by a choice of statuses, in the order of studies.csv."""

    effects: tuple[UnitEffect, ...]
    missing: tuple[MissingUnit, ...]


def select(review: Review, outcome: Outcome, *, statuses: Collection[Status] = PRIMARY, by_status: bool = True) -> Selection:
    """Choose a report for each study (or stratum) by the stated preference.

    statuses : reports of other statuses do not count
    by_status : whether a better status comes before a better route
    """
    effects: list[UnitEffect] = []
    missing: list[MissingUnit] = []
    for study in dict.fromkeys(unit.study for unit in review.studies):
        of_study = [_candidate(r, outcome, review) for r in review.reports if r.study == study and r.outcome in outcome.reported_as]
        found = [_choose(unit, of_study, outcome, statuses, by_status=by_status) for unit in _levels(review.units(study), of_study)]
        strata, whole = (found[:-1], found[-1]) if len(found) > 1 else (found, None)
        usable = [unit for unit in strata if isinstance(unit, UnitEffect)]
        if isinstance(whole, UnitEffect) and len(usable) < len(strata):
            effects.append(_with_strata(whole, strata))
            continue
        shown = [_with_whole(unit, whole) for unit in strata]
        effects += [unit for unit in shown if isinstance(unit, UnitEffect)]
        missing += [unit for unit in shown if isinstance(unit, MissingUnit)]
    return Selection(effects=tuple(effects), missing=tuple(missing))


def _levels(units: tuple[Study, ...], candidates: Iterable[Candidate]) -> list[Study]:
    """The strata of a study, and behind them the study as a whole where it has strata."""
    if len(units) == 1 and not units[0].stratum:
        return list(units)
    shared = {
        name: value if all(unit.moderators.get(name) == value for unit in units) else ""
        for name, value in units[0].moderators.items()
    }
    return [*units, units[0].model_copy(update={"stratum": "", "moderators": shared, "n_t": None, "n_c": None})]


def _candidate(report: Report, outcome: Outcome, review: Review) -> Candidate:
    curve = curve_of(review, report)
    if curve:
        results = derive(in_numbers(report, outcome.measure, effect_of_curve(curve, review.plan.time_unit)))
    else:
        results = _derived(report, outcome.measure)
    filled = (replace(d, source=report.source, locator=report.locator, status=report.status) for d in results.feasible)
    return Candidate(report=report, derivations=tuple(filled), refusals=results.refused)


@lru_cache(maxsize=KEPT)
def _derived(report: Report, measure: str) -> RouteResults:
    """The routes of a report without a curve, which each variation of an analysis asks for again."""
    return derive(in_numbers(report, measure, None))


def _choose(
    unit: Study, of_study: list[Candidate], outcome: Outcome, statuses: Collection[Status], *, by_status: bool
) -> UnitEffect | MissingUnit:
    candidates = [c for c in of_study if c.report.stratum == unit.stratum]
    usable = [c for c in candidates if not _unusable(c, statuses)]
    rejected = tuple(replace(c, rejected=_unusable(c, statuses)) for c in candidates if _unusable(c, statuses))
    if not usable:
        return MissingUnit(unit=unit, candidates=rejected)

    def preference(c: Candidate) -> tuple[int, ...]:
        name, status, route = outcome.reported_as.index(c.report.outcome), ALL.index(c.report.status), place(c.derivations[0])
        order = (status, route) if by_status else (route, status)
        return int(c.report.use != "yes"), name, *order

    ranked = sorted(usable, key=lambda c: (preference(c), -(c.report.follow_up or 0)))
    best = ranked[0]
    others = tuple(replace(c, rejected=_why(c, best, outcome, by_status=by_status)) for c in ranked[1:])
    return UnitEffect(unit=unit, chosen=best, others=others + rejected)


def _unusable(candidate: Candidate, statuses: Collection[Status]) -> str:
    report = candidate.report
    if report.use == "no":
        return f"marked as not to be used: {report.note or 'no reason given'}"
    if report.status not in statuses:
        return f"its status is {report.status}: {STATUSES[report.status]}"
    if not candidate.derivations:
        return "no route leads from its figures to an effect with a standard error"
    return ""


def _why(loser: Candidate, winner: Candidate, outcome: Outcome, *, by_status: bool) -> str:
    names = outcome.reported_as
    if winner.report.use == "yes" and loser.report.use != "yes":
        return "another report is marked as the one to use"
    if names.index(winner.report.outcome) < names.index(loser.report.outcome):
        return f"{winner.report.outcome} comes before {loser.report.outcome}"
    if by_status and winner.report.status != loser.report.status:
        return f"status {winner.report.status} comes before {loser.report.status}"
    if place(winner.derivations[0]) != place(loser.derivations[0]):
        return f"the route '{winner.derivations[0].route}' comes before '{loser.derivations[0].route}'"
    if (winner.report.follow_up or 0) > (loser.report.follow_up or 0):
        return "another report has the longer follow-up"
    return "another report that is as good stands before it"


def _with_strata(whole: UnitEffect, strata: list[UnitEffect | MissingUnit]) -> UnitEffect:
    """The study as a whole, with the reports of its strata shown beside it."""
    told = [
        replace(c, rejected=c.rejected or OF_A_STRATUM)
        for unit in strata
        for c in ((unit.chosen, *unit.others) if isinstance(unit, UnitEffect) else unit.candidates)
    ]
    return replace(whole, others=whole.others + tuple(told))


def _with_whole(unit: UnitEffect | MissingUnit, whole: UnitEffect | MissingUnit | None) -> UnitEffect | MissingUnit:
    """The reports of the whole study, shown with each stratum."""
    if whole is None:
        return unit
    others = (whole.chosen, *whole.others) if isinstance(whole, UnitEffect) else whole.candidates
    told = tuple(replace(c, rejected=c.rejected or WHOLE_STUDY) for c in others)
    if isinstance(unit, UnitEffect):
        return replace(unit, others=unit.others + told)
    return replace(unit, candidates=unit.candidates + told)


def level_of(effect: UnitEffect, by: str) -> str:
    """The level of a study in a subgroup: `drug x setting` gives `thalidomide, with transplantation`; empty where unknown."""
    levels = [effect.unit.moderators.get(name.strip(), "") for name in by.split(" x ")]
    return ", ".join(levels) if all(levels) else ""
