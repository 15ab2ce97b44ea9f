"""The answer to each outcome in sentences, made of its findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from trialpool.analysis.conclusions import Conclusion, conclusion
from trialpool.analysis.findings import AnalysisFindings, Comparison
from trialpool.figures.forests import POOLED_BY
from trialpool.figures.numerals import level_text, number_text
from trialpool.reports.wording import (
    effect_in_words,
    effect_text,
    listed,
    p_text,
    percent_text,
    prediction_text,
    studies_text,
    tau2_text,
)
from trialpool.review.plan import Outcome
from trialpool.review.report import STATUSES
from trialpool.review.review import Review
from trialpool.stats.pooling.pooled_effect import PooledEffect

FEW_TO_PREDICT = 5
WHERE_HR_IS_PRINTED = ("estimate and interval", "O - E and V")
WHERE_ONLY_SE_IS_MADE = ("estimate and P", "estimate and events", "estimate and expected events")


def answer(found: AnalysisFindings) -> tuple[str, ...]:
    """The effect with its interval; how far it holds (heterogeneity, prediction, what it rests on); whether the interval can be
    relied on."""
    fit = found.fit
    if fit is None:
        return (f"{found.outcome.name}: no answer, for {found.why}.",)
    said = f"{_effect_sentence(found, fit)}.", f"{_spread_sentence(found, fit)}; {rests_on(found)}."
    return said + _too_narrow(found, fit)


def _too_narrow(found: AnalysisFindings, fit: PooledEffect) -> tuple[str, ...]:
    """A warning where Hartung and Knapp's interval excludes no effect only because few studies happen to be alike.

    Their variance is Q / (k - 1) times that of the model, which studies that are alike by chance make too small (Jackson et al.,
    Stat Med 2017;36:3923-34).
    """
    floor = found.variation("hk-floor")
    if floor is None or floor.fit is None or conclusion(found.outcome, floor.fit) == conclusion(found.outcome, fit):
        return ()
    return (
        (
            f"With so few studies that are so alike the Hartung-Knapp interval can be too narrow: with its usual floor, "
            f"which takes no less than the model's own variance, it is {effect_text(floor.fit)}, and {verdict(found, floor.fit)}."
        ),
    )


def cautions(review: Review) -> tuple[str, ...]:
    """What a reader must know first: the review's own cautions, and how many of its rows were read."""
    by_status = Counter(report.status for report in review.reports)
    if set(by_status) <= {"read", "author"}:
        return review.plan.cautions
    if len(by_status) == 1:
        counted = f"All {len(review.reports)} rows of this review are {next(iter(by_status))}"
    else:
        counted = f"Of the {len(review.reports)} rows of this review " + listed(
            [f"{by_status[s]} are {s}" for s in STATUSES if by_status[s]]
        )
    recalled = "; recalled rows were written from memory and never enter a primary result" if by_status["recalled"] else ""
    return (*review.plan.cautions, f"{counted}{recalled}.")


def _effect_sentence(found: AnalysisFindings, fit: PooledEffect) -> str:
    said = f"{found.outcome.name}: {verdict(found, fit)} in {basis_text(found)} ({effect_in_words(fit, found.outcome.unit)})"
    return said + _disagreement(found)


def basis_text(found: AnalysisFindings) -> str:
    """`18 studies`, `17 of 18 studies`, or `18 comparisons from 17 of 18 studies` where strata of a study enter apart."""
    k, studies = len(found.selection.effects), found.studies
    lost = {m.unit.study for m in found.selection.missing} - {e.unit.study for e in found.selection.effects}
    of = f"{studies} of {studies + len(lost)} studies" if lost else studies_text(studies)
    return of if k == studies else f"{k} comparisons from {of}"


def verdict(found: AnalysisFindings, fit: PooledEffect) -> str:
    """Which arm did better, in words that claim no more than the interval."""
    return conclusion_text(conclusion(found.outcome, fit), found.outcome)


def conclusion_text(found: Conclusion, outcome: Outcome) -> str:
    """A conclusion in words."""
    treatment, control = _arm(outcome.favours_treatment), _arm(outcome.favours_control)
    return {
        "treatment": f"the result favours {treatment}",
        "control": f"the result favours {control}",
        "no clear difference": f"no clear difference between {treatment} and {control}",
        "too uncertain": f"too uncertain to tell whether {treatment} or {control} did better",
        "not told": "the effect could not be told",
        "no result": "no result",
    }[found]


def _arm(words: str) -> str:
    return words.removeprefix("Favours ").removeprefix("favours ")


def _spread_sentence(found: AnalysisFindings, fit: PooledEffect) -> str:
    if fit.k < 2:
        return "It is one study, so nothing is pooled and heterogeneity cannot be judged"
    if fit.model == "common":
        spread = f"Effects differ between studies by I² {percent_text(fit.I2)}"
        return f"{spread}; the model takes one effect for all of them, and says nothing of a new study"
    prediction = prediction_text(fit, found.analysis.prediction)
    if prediction != "not estimable" and fit.k < FEW_TO_PREDICT:
        return (
            f"From {fit.k} studies a new one can hardly be predicted (prediction interval {prediction}, I² {percent_text(fit.I2)})"
        )
    if prediction == "not estimable":
        return f"Effects differ between studies by I² {percent_text(fit.I2)}; with {studies_text(fit.k)} nothing can be predicted"
    return (
        f"In a new study of the same kind the {found.measure.name.lower()} would be expected between "
        f"{prediction.replace('–', ' and ').replace(' to ', ' and ')} (I² {percent_text(fit.I2)})"
    )


def rests_on(found: AnalysisFindings) -> str:
    """What the result rests on by status of its rows, with the result from `read` rows alone where these are not all."""
    statuses = Counter(e.report.status for e in found.selection.effects)
    if set(statuses) == {"read"}:
        return f"every row it rests on was read at its source{_printed_whole(found)}"
    parts = [f"{statuses[status]} {status}" for status in STATUSES if statuses[status]]
    said = f"it rests on {listed(parts)} {'row' if sum(statuses.values()) == 1 else 'rows'}{_printed_whole(found)}"
    read_only = found.variation("read-only")
    if read_only is None:
        return said
    if read_only.fit is None:
        return f"{said}, and no row was read at its source"
    return f"{said}; from the read rows alone it is {effect_text(read_only.fit)}"


def _printed_whole(found: AnalysisFindings) -> str:
    """For hazard ratios: how many were printed with an interval, and how many had to be derived."""
    routes = [e.derivation.route for e in found.selection.effects]
    whole = sum(route in WHERE_HR_IS_PRINTED for route in routes)
    none = sum(route not in WHERE_HR_IS_PRINTED + WHERE_ONLY_SE_IS_MADE for route in routes)
    if found.outcome.measure != "HR" or whole == len(routes):
        return ""
    derived = (
        f", and {none} print{'s' if none == 1 else ''} no hazard ratio, so that it is derived from medians, survival, events or P"
        if none
        else ""
    )
    printed = f"{whole or 'none'} {'is' if whole == 1 else 'are'} a hazard ratio printed with its interval"
    return f"; of the {len(routes)} effects, {printed}{derived}"


def _disagreement(found: AnalysisFindings) -> str:
    """Which published result of the same question ours does not agree with, and how."""
    rows = [(c.published, c.why) for c in found.published if c.agrees is False and c.published.scope == "overall"]
    theirs = [f"{row.review} found {row.estimate} ({row.ci_low}–{row.ci_high}): {why}" for row, why in rows]
    return f"; this differs from what was published, for {listed(theirs)}" if theirs else ""


def heterogeneity_text(found: AnalysisFindings) -> str:
    """Q, tau2 and I2 with their intervals, in one paragraph."""
    fit = found.fit
    if fit is None or fit.k < 2:
        return "Heterogeneity cannot be judged from fewer than two studies."
    if fit.model == "common":
        by = "" if fit.method == "IV" else f" about the {POOLED_BY[fit.method]} estimate"
        return (
            f"Cochran's Q{by} is {fit.Q:.2f} on {int(fit.k) - 1} degrees of freedom ({p_text(fit.Q_p)}), "
            f"I² {percent_text(fit.I2)}, H² {float(fit.H2):.2f}. The model takes one effect for all studies, so that there is no "
            "between-study variance in it."
        )
    tau2, I2 = fit.tau2_interval(), fit.I2_interval()
    return (
        f"Cochran's Q is {fit.Q:.2f} on {int(fit.k) - 1} degrees of freedom ({p_text(fit.Q_p)}). "
        f"Between-study variance τ² is {tau2_text(fit.tau2)} ({level_text(fit.level)} Q-profile interval {tau2_text(tau2[0])} to "
        f"{tau2_text(tau2[1])}), I² {percent_text(fit.I2)} ({percent_text(I2[0])} to {percent_text(I2[1])}), "
        f"H² {float(fit.H2):.2f}."
    )


def robustness_text(found: AnalysisFindings) -> str:
    """How far leaving out one study moves the result, and in how many of the variations the conclusion holds."""
    fits = [v for v in found.sensitivity if v.fit is not None and not v.id.startswith("rounding-edges:")]
    if found.fit is None or not fits:
        return ""
    side = _side(found.fit)
    same = sum(_side(v.fit) == side for v in fits if v.fit is not None)
    text = (
        f"Which side of no effect the interval lies on, or that it holds it, is the same in {same} of {len(fits)} variations. "
        "None of these changes how an effect was derived from what its report prints."
    )
    left = [(v, float(v.fit.mu)) for v in fits if v.id.startswith("without:") and v.fit is not None]
    if left:
        low, high = min(left, key=lambda pair: pair[1]), max(left, key=lambda pair: pair[1])
        log = found.measure.log
        text += (
            f" Leaving out one study moves the estimate between {number_text(low[1], log=log)} "
            f"({low[0].label.lower()[:1]}{low[0].label[1:]}) and {number_text(high[1], log=log)} "
            f"({high[0].label.lower()[:1]}{high[0].label[1:]})."
        )
    return text


def small_study_text(found: AnalysisFindings) -> str:
    """Egger's test, or why it was not run."""
    test = found.egger
    if test is None:
        return f"Egger's test was {found.no_egger.removesuffix('.')}." if found.no_egger else "Egger's test was not run."
    low, high = test.interval(found.analysis.level)
    return (
        f"Egger's test: the effect changes by {test.slope:.2f} ({level_text(found.analysis.level)} CI {low:.2f} to {high:.2f}) "
        f"per unit of standard error, {p_text(test.p)} (t = {test.statistic:.2f} on {int(test.df)} degrees of freedom). "
        "Asymmetry may come from small-study effects, heterogeneity or chance."
    )


def differences(found: AnalysisFindings) -> tuple[str, ...]:
    """How ours differs from what was published of the same trials, and what can be behind it, sentence by sentence."""
    compared = [c for c in found.published if c.agrees is not None]
    if not compared or found.fit is None:
        return ()
    return tuple([sentence for comparison in compared for sentence in _side_by_side(found, comparison)] + list(_reasons(found)))


def _side_by_side(found: AnalysisFindings, comparison: Comparison) -> Iterator[str]:
    row, ours = comparison.published, comparison.ours
    assert ours is not None
    theirs = f"{row.estimate} ({row.ci_low}–{row.ci_high})"
    scope = "" if row.scope == "overall" else f" for {row.scope.partition('=')[2]}"
    yield (f"{row.review} found {row.measure} {theirs}{scope}; ours is {effect_text(ours)} by {_by(found)}: {comparison.why}.")
    simple = found.variation("dl-wald")
    if row.scope == "overall" and simple and simple.fit:
        yield f"By DerSimonian-Laird with a Wald interval, which most published reviews used, ours is {effect_text(simple.fit)}."


def _by(found: AnalysisFindings) -> str:
    """By what ours was pooled, in a word or two."""
    plan = found.analysis
    common = {"common": "a common effect", "mantel-haenszel": "Mantel-Haenszel", "peto": "Peto's method"}
    return f"{plan.tau2} and {plan.ci}" if plan.model == "random" else common[plan.model]


def _reasons(found: AnalysisFindings) -> Iterator[str]:
    """What our result is made of that a published one need not be."""
    yield from _missing(found)
    yield from _routes(found)
    derived = [e.unit.title for e in found.selection.effects if e.report.status != "read"]
    if derived:
        yield f"Not read at the source but put together from what was read: {listed(derived)}."
    others = [f"{e.unit.title} ({e.report.outcome})" for e in found.selection.effects if e.report.outcome != _first_name(found)]
    if others:
        yield f"Another outcome stands in for {_first_name(found)} in {listed(others)}."
    yield "What the published review took for each trial is not known to us, so the difference cannot be traced further."


def _missing(found: AnalysisFindings) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for unit in found.selection.missing:
        reasons.setdefault(unit.reason, []).append(unit.unit.title)
    for reason, titles in reasons.items():
        yield f"Missing from ours: {listed(titles)} ({reason})."


def _routes(found: AnalysisFindings) -> Iterator[str]:
    routes = [(e.unit.title, e.derivation.route) for e in found.selection.effects]
    if found.outcome.measure != "HR":
        return
    whole = [title for title, route in routes if route in WHERE_HR_IS_PRINTED]
    half = [title for title, route in routes if route in WHERE_ONLY_SE_IS_MADE]
    none = [title for title, route in routes if route not in WHERE_HR_IS_PRINTED + WHERE_ONLY_SE_IS_MADE]
    if whole:
        yield f"A hazard ratio with its interval was accessible for {len(whole)} of {len(routes)}: {listed(whole)}."
    if half:
        yield f"For {len(half)} a hazard ratio was, and its standard error is made from events or P: {listed(half)}."
    if none:
        yield f"For {len(none)} none was, and the effect is derived from medians, landmark survival, events or P: {listed(none)}."


def _first_name(found: AnalysisFindings) -> str:
    return found.outcome.reported_as[0]


def _side(fit: PooledEffect) -> int:
    low, high = (float(x) for x in fit.interval())
    return -1 if high < 0 else 1 if low > 0 else 0
