"""Every check of reported numbers, run over a review: which rules had figures to look at, and what they found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from trialpool.analysis.checks_between import Ran, between
from trialpool.analysis.checks_finding import Inconsistency, at, in_row, order
from trialpool.analysis.checks_studies import Counting, overlapping, shared_controls
from trialpool.analysis.checks_within import within, within_published
from trialpool.analysis.findings import AnalysisFindings
from trialpool.analysis.route_agreement import route_agreement
from trialpool.analysis.selection import select
from trialpool.errors import Problem
from trialpool.review.review import Review
from trialpool.stats.consistency.disagreement import ORDER, RULES, Disagreement
from trialpool.stats.distributions import two_sided_p, z_of_p
from trialpool.stats.effects.derivation import Derivation
from trialpool.stats.effects.deriving import LOG_RANK_AND_WALD
from trialpool.stats.tables import Tabular

CLOSER = frozenset({"p-interval", "information", "ratio-counts", "direction", "log-rank", "p-effect"})
OF_THE_SAME_P = frozenset({"p-interval", "log-rank"})  # rules that say it where the P of a row is not that of its effect
FAR = 1.5  # by how much the z of an effect may differ from that of the printed P before it is said


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedNumbers(Tabular):
    """The checks of a review's numbers.

    ran : how often each rule had the figures that it needs, by its id, in the order of `RULES`
    findings : what they found, in the order of the files
    """

    ran: Mapping[str, int]
    findings: tuple[Inconsistency, ...]

    @property
    def total(self) -> int:
        """How many checks were made."""
        return sum(self.ran.values())

    @property
    def found(self) -> Mapping[str, int]:
        """How many findings each rule has, by its id."""
        counted = Counter(finding.rule for finding in self.findings)
        return {rule: counted[rule] for rule in RULES if counted[rule]}

    def table(self) -> dict[str, list[Any]]:
        """A row a finding."""
        names = ("severity", "rule", "file", "row", "column", "what", "mend")
        return {name: [getattr(finding, name) for finding in self.findings] for name in names}

    def __str__(self) -> str:
        counted = Counter(finding.severity for finding in self.findings)
        kinds = ", ".join(f"{counted[kind]} {kind}{'s' if counted[kind] > 1 else ''}" for kind in ORDER if counted[kind])
        return f"{self.total} checks by {len(self.ran)} rules: {kinds or 'nothing found'}"


def check_review(review: Review, analyses: tuple[AnalysisFindings, ...] | None = None) -> CheckedNumbers:
    """Check the numbers of a review against each other: within a row, between rows of a study, between studies, and with effects.

    Parameters
    ----------
    review : a review, as `read_review` gives it
    analyses : the analyses that `analyse` made of it, where they are at hand; only which rows count is looked at

    Returns
    -------
    CheckedNumbers: how often each rule had what it needs, and each finding with file, row, columns, arithmetic and mend

    References
    ----------
    Georgescu & Wren (2018), Bioinformatics 34:1758-1766; Brown & Heathers (2017), Soc Psychol Personal Sci 8:363-369

    >>> from trialpool.formats.review_folder import read_review
    >>> checked = check_review(read_review("reviews/imid-maintenance"))
    >>> checked.found["p-interval"]
    1
    """
    if analyses is None:
        outcomes = [review.outcome(id_) for id_ in dict.fromkeys(analysis.outcome for analysis in review.plan.analyses)]
        counting = [Counting(outcome, select(review, outcome)) for outcome in outcomes]
    else:
        counting = list({found.outcome.id: Counting(found.outcome, found.selection) for found in analyses}.values())
    ran = [one for group in _groups(review, counting) for one in group]
    times = Counter(one.rule for one in ran)
    findings = _each_once([finding for one in ran for finding in one.found])
    return CheckedNumbers(
        ran={rule: times[rule] for rule in RULES if times[rule]},
        findings=tuple(sorted(findings, key=order)),
    )


def _each_once(findings: list[Inconsistency]) -> list[Inconsistency]:
    """Findings without repetition: what an effect shows of a row says nothing new where a closer rule names the figures."""

    def told(rules: frozenset[str]) -> set[tuple[str, int]]:
        return {(finding.file, finding.row) for finding in findings if finding.rule in rules}

    already = {"route-agreement": told(CLOSER), "p-effect": told(OF_THE_SAME_P)}
    return [finding for finding in dict.fromkeys(findings) if (finding.file, finding.row) not in already.get(finding.rule, ())]


def inconsistencies(review: Review, analyses: tuple[AnalysisFindings, ...]) -> tuple[Inconsistency, ...]:
    """Every finding, in the order of the files."""
    return check_review(review, analyses).findings


def _groups(review: Review, counting: Iterable[Counting]) -> Iterator[Iterator[Ran]]:
    yield _rows(review)
    yield between(review)
    yield overlapping(review)
    for found in counting:
        yield shared_controls(found, review)
        yield _of_effects(found, review)
        yield _of_routes(found, review)
        yield _lost(found, review)


def _rows(review: Review) -> Iterator[Ran]:
    wanted = {name for outcome in review.plan.outcomes if outcome.better == "higher" for name in outcome.reported_as}
    for report in review.reports:
        for rule, said in within(report, more_is_better=report.outcome in wanted).items():
            yield Ran(rule, tuple(in_row(report, d, review) for d in said))
    for row in review.published:
        for rule, said in within_published(row).items():
            yield Ran(rule, tuple(at("published.csv", row.row, d) for d in said))


def _of_effects(found: Counting, review: Review) -> Iterator[Ran]:
    """An effect whose own P is far from the P that its report prints."""
    for effect in found.selection.effects:
        report, d = effect.report, effect.derivation
        if report.p is None or report.p.operator != "=" or not 0 < report.p.value < 1 or "P" in d.route.split():
            continue
        printed, made = float(z_of_p(float(report.p.value), report.p_sides)), abs(d.yi) / d.se
        if abs(printed - made) <= max(FAR - 1, LOG_RANK_AND_WALD * printed) or _near(printed, made):
            yield Ran("p-effect", ())
            continue
        said = Disagreement(
            rule="p-effect",
            severity="warning",
            columns=("p",),
            what=f"P = {report.p.value} is printed",
            expected=(
                f"the effect that the route '{d.route}' makes of {effect.unit.title}'s {report.outcome} has z = {made:.2f} and "
                f"P = {two_sided_p(made):.2g}"
            ),
            mend="A reported estimate with its interval would settle it",
        )
        yield Ran("p-effect", (in_row(report, said, review),))


def _of_routes(found: Counting, review: Review) -> Iterator[Ran]:
    """Routes from one report that disagree beyond their rounding and their own errors."""
    for routes in route_agreement(found.selection, found.outcome.measure):
        if _witnesses(routes.derivations):
            said = (_as_said(problem) for problem in routes.problems)
            yield Ran("route-agreement", tuple(in_row(routes.report, d, review) for d in said))


def _witnesses(derivations: tuple[Derivation, ...]) -> bool:
    """Are there two routes, each of which reads a figure that the other does not?"""
    read = [set(d.inputs) for d in derivations]
    return any(a - b and b - a for a, b in combinations(read, 2))


def _as_said(problem: Problem) -> Disagreement:
    return Disagreement(
        rule="route-agreement",
        severity=problem.severity,
        columns=(problem.column,),
        what=problem.what,
        expected="",
        mend=problem.mend,
    )


def _lost(found: Counting, review: Review) -> Iterator[Ran]:
    """A study that has reports of an outcome, of which none leads to an effect."""
    yield from (Ran("no-effect", ()) for _ in found.selection.effects)
    for missing in found.selection.missing:
        usable = [c for c in missing.candidates if c.report.use != "no" and c.report.status != "recalled"]
        if not usable:
            continue
        silent = missing.reason.startswith("no events")
        said = Disagreement(
            rule="no-effect",
            severity="note" if silent else "warning",
            columns=(),
            what=f"{missing.unit.title} has no effect on {found.outcome.name.lower()}: {missing.reason}",
            expected="",
            mend="It is left out of the ratio, and listed as missing"
            if silent
            else "An estimate with both limits would do; the report lists what each route lacks",
        )
        yield Ran("no-effect", (in_row(usable[0].report, said, review),))


def _near(a: float, b: float) -> bool:
    return max(a, b) <= FAR * min(a, b)
