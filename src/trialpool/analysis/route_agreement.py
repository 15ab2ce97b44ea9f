"""Do the routes from one report to its effect agree? All of them beside each other, and what rounding does not explain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from trialpool.analysis.selection import Candidate, Selection
from trialpool.errors import Problem
from trialpool.review.report import Report
from trialpool.stats.effects.accuracy import Gap, gap
from trialpool.stats.effects.derivation import Derivation
from trialpool.stats.effects.measure import MEASURES, Measure

MEND = (
    "Look whether a figure was mistyped, or is of another analysis, of other patients or of another time than the rest of the row"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRoutes:
    """Every feasible route from one report.

    derivations : best first
    gaps        : the pairs that differ by more than the rounding of the printed figures explains, the widest first
    """

    report: Report
    measure: Measure
    derivations: tuple[Derivation, ...]
    gaps: tuple[Gap, ...]

    @property
    def spread(self) -> tuple[float, float]:
        """The least and the largest effect over the routes, on the analysis scale."""
        effects = [d.yi for d in self.derivations]
        return min(effects), max(effects)

    @property
    def se_spread(self) -> tuple[float, float]:
        """The least and the largest standard error over the routes."""
        errors = [d.se for d in self.derivations]
        return min(errors), max(errors)

    @property
    def disagreements(self) -> tuple[Gap, ...]:
        """The pairs that differ by more than rounding and the routes' own errors explain."""
        return tuple(g for g in self.gaps if g.beyond_method)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """A warning for the pair of best routes that disagrees about the effect, and one for that about the SE."""
        of_best = sorted(self.disagreements, key=lambda g: self.derivations.index(g.first))
        about_effect = [g for g in of_best if g.effect > g.effect_allowed]
        about_se = [g for g in of_best if g.se > g.se_allowed]
        found = [self._of_effect(g) for g in about_effect[:1]] + [self._of_se(g) for g in about_se[:1]]
        return tuple(Problem(self.report.file, self.report.row, *problem, MEND, "warning") for problem in found)

    def _of_effect(self, g: Gap) -> tuple[str, str]:
        a, b = (
            f"{d.route} gives {self._shown(d.yi)} ({self._shown(d.yi_low)} to {self._shown(d.yi_high)} by rounding)" for d in g[:2]
        )
        scale = f"log {self.measure.code}" if self.measure.log else self.measure.code
        what = f"{a}, {b}: {g.effect:.2f} apart in {scale} beyond rounding"
        return _column(g), f"{what}, where {g.effect_allowed:.2f} can be had from the routes' own errors"

    def _of_se(self, g: Gap) -> tuple[str, str]:
        a, b = (f"{d.route} gives the SE {d.se:.3f} ({d.se_low:.3f} to {d.se_high:.3f} by rounding)" for d in g[:2])
        return _column(g), f"{a}, {b}: more than rounding and the routes' own errors explain"

    def _shown(self, yi: float) -> str:
        return f"{self.measure.code} {self.measure.shown(yi):.2f}"


def routes_of(candidate: Candidate, measure: str) -> ReportRoutes:
    """The routes from one report beside each other; a route that reads nothing that the other does not is no second witness."""
    pairs = (gap(a, b) for a, b in combinations(candidate.derivations, 2) if not _same_figures(a, b))
    apart = sorted((g for g in pairs if g.beyond_rounding), key=lambda g: (-g.effect, -g.se))
    return ReportRoutes(report=candidate.report, measure=MEASURES[measure], derivations=candidate.derivations, gaps=tuple(apart))


def route_agreement(selection: Selection, measure: str) -> tuple[ReportRoutes, ...]:
    """Each report of an outcome that leads to an effect, in the order of its studies, but those that are not to be used."""
    seen: dict[tuple[str, int], ReportRoutes] = {}
    for candidate in _candidates(selection):
        report = candidate.report
        if candidate.derivations and report.use != "no":
            seen.setdefault((report.file, report.row), routes_of(candidate, measure))
    return tuple(seen.values())


def _candidates(selection: Selection) -> Iterator[Candidate]:
    for effect in selection.effects:
        yield from (effect.chosen, *effect.others)
    for missing in selection.missing:
        yield from missing.candidates


def _same_figures(a: Derivation, b: Derivation) -> bool:
    return a.inputs.keys() <= b.inputs.keys() or b.inputs.keys() <= a.inputs.keys()


def _column(g: Gap) -> str:
    """The first column that only one of the two routes reads."""
    other = set(g.first.inputs)
    return next((name for name in g.second.inputs if name not in other), next(iter(g.second.inputs), "estimate")).removeprefix(
        "expected "
    )
