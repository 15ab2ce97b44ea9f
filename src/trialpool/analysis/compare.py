"""What others published, set beside our own results."""

from __future__ import annotations

from collections.abc import Iterator

from trialpool.analysis.findings import AnalysisFindings, Comparison, Crude
from trialpool.review.published import Published
from trialpool.review.review import Review
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.pooling.pooled_effect import PooledEffect


def comparisons(review: Review, found: AnalysisFindings) -> tuple[Comparison, ...]:
    """Every published result of an analysis's outcome, with the fit of ours that answers to its scope."""
    return tuple(_compare(row, _answering(row, found), found) for row in review.published if row.outcome == found.outcome.id)


def not_compared(review: Review, analyses: tuple[AnalysisFindings, ...]) -> tuple[Published, ...]:
    """Published results of outcomes that the plan does not pool."""
    ours = {a.outcome.id for a in analyses}
    return tuple(row for row in review.published if row.outcome not in ours)


def crude_ratios(review: Review) -> tuple[Crude, ...]:
    """The ratio of the totals of every published result that gives them."""
    return tuple(_crude(review))


def _crude(review: Review) -> Iterator[Crude]:
    for row in review.published:
        totals = (row.events_t, row.n_t, row.events_c, row.n_c)
        if row.measure != "RR" or any(total is None or total <= 0 for total in totals):
            continue
        events_t, n_t, events_c, n_c = (float(total or 0) for total in totals)
        yield Crude(published=row, measure=MEASURES["RR"], estimate=(events_t / n_t) / (events_c / n_c))


def _answering(row: Published, found: AnalysisFindings) -> PooledEffect | None:
    """Ours for `overall`, the subgroup for `column=level`."""
    if row.measure != found.outcome.measure:
        return None
    if row.scope == "overall":
        return found.fit
    by, _, level = row.scope.partition("=")
    for stratified in found.subgroups:
        if stratified.by == by and level in stratified.result.levels:
            return stratified.result.fits[stratified.result.levels.index(level)]
    return None


def _compare(row: Published, ours: PooledEffect | None, found: AnalysisFindings) -> Comparison:
    if row.estimate is None:
        return Comparison(published=row, ours=ours, agrees=None, why="no figure is given")
    if ours is None:
        return Comparison(published=row, ours=None, agrees=None, why="of other trials than ours")
    if row.ci_low is None or row.ci_high is None:
        return Comparison(published=row, ours=ours, agrees=None, why="its interval is not given")
    theirs = [float(x) for x in (row.estimate, row.ci_low, row.ci_high)]
    own = [found.measure.shown(float(x)) for x in (ours.mu, *ours.interval())]
    within = own[1] <= theirs[0] <= own[2] and theirs[1] <= own[0] <= theirs[2]
    same_side = _side(own, found.measure.null) == _side(theirs, found.measure.null)
    return Comparison(published=row, ours=ours, agrees=within and same_side, why=_words(own, theirs, found, within, same_side))


def _words(own: list[float], theirs: list[float], found: AnalysisFindings, within: bool, same_side: bool) -> str:
    estimates = "each estimate lies in the other's interval" if within else "the estimates do not lie in each other's intervals"
    if same_side:
        return f"{estimates}, and the conclusion is the same"
    null = f"{found.measure.null:g}"
    verdicts = [f"excludes {null}" if _side(x, found.measure.null) else f"includes {null}" for x in (own, theirs)]
    if verdicts[0] == verdicts[1]:
        return f"{estimates}, and the two point in opposite directions"
    return f"{estimates}, but our interval {verdicts[0]} and theirs {verdicts[1]}"


def _side(interval: list[float], null: float) -> int:
    """-1 or 1 where the interval lies wholly below or above no effect, 0 where it holds it."""
    return -1 if interval[2] < null else 1 if interval[1] > null else 0
