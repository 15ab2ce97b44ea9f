"""certainty.toml: read, and held against the plan of the review; every problem said by its key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from trialpool.errors import Problem
from trialpool.formats.cells import nearest
from trialpool.formats.toml_model import read_toml
from trialpool.review.certainty import DOMAINS, FULL_TABLE, MOST, UP, Baseline, Certainty, Downgrade, OutcomeCertainty, Upgrade
from trialpool.review.plan import Plan
from trialpool.review.report import MEAN_DIFFERENCES

FILE = "certainty.toml"


def read_certainty(path: Path, plan: Plan | None, problems: list[Problem]) -> Certainty | None:
    """The judgements; None, with the reasons in `problems`, where they cannot be used."""
    certainty = read_toml(path, FILE, Certainty, problems)
    if certainty is not None and plan is not None:
        problems += certainty_problems(certainty, plan)
    return certainty


def certainty_problems(certainty: Certainty, plan: Plan) -> Iterator[Problem]:
    """What the outcomes must obey by themselves and with the plan."""
    measures = {
        analysis.id: next((o.measure for o in plan.outcomes if o.id == analysis.outcome), None) for analysis in plan.analyses
    }
    seen: set[str] = set()
    for i, outcome in enumerate(certainty.outcomes, start=1):
        place = f"outcomes[{i}]"
        if outcome.analysis not in measures:
            mend = nearest(outcome.analysis, list(measures), otherwise="Its analyses are")
            yield Problem(FILE, 0, f"{place}.analysis", f"review.toml has no analysis {outcome.analysis!r}", mend)
        if outcome.analysis in seen:
            what = f"the analysis {outcome.analysis!r} stands in the file already"
            yield Problem(FILE, 0, f"{place}.analysis", what, "Remove one; several baselines go under one outcome")
        seen.add(outcome.analysis)
        yield from _of_measure(place, outcome, measures.get(outcome.analysis))
        yield from _baselines(place, outcome)
        yield from _mid(place, outcome)
        yield from _decisions(place, outcome)
    if len(certainty.outcomes) > FULL_TABLE:
        what = f"{len(certainty.outcomes)} outcomes are more than a reader takes in"
        yield Problem(FILE, 0, "outcomes", what, f"Keep the {FULL_TABLE} that matter most, benefits and harms", "warning")


def _of_measure(place: str, outcome: OutcomeCertainty, measure: str | None) -> Iterator[Problem]:
    if measure is None:
        return
    if measure == "HR":
        if not outcome.counted:
            what = "what is counted is not said, and the name of a time-to-event outcome does not tell it"
            yield Problem(FILE, 0, f"{place}.counted", what, 'Say it, such as "deaths", or "people alive" for shows = "event-free"')
        yield from _words_and_numbers(place, outcome)
        for j, baseline in enumerate(outcome.baselines, start=1):
            if not baseline.at:
                what = "a risk of a time-to-event outcome means nothing without its time"
                yield Problem(FILE, 0, f"{place}.baselines[{j}].at", what, 'Give it, such as at = "3 years"')
    elif measure in MEAN_DIFFERENCES or measure == "IRR":
        yield from _without_risks(place, outcome, measure)
    elif outcome.shows == "event-free":
        what = f"only hazard ratios can count those free of the event, and this is {measure}"
        yield Problem(FILE, 0, f"{place}.shows", what, 'Use "events"')
    yield from _mid_of_measure(place, outcome, measure)


def _words_and_numbers(place: str, outcome: OutcomeCertainty) -> Iterator[Problem]:
    """Whether the words are of those whom the table counts: else a drug that saves lives is said to reduce survival."""
    if not outcome.counts_the_other:
        return
    if outcome.shows == "event-free":
        what = f'{outcome.counted!r} have the event, and with shows = "event-free" those are counted who are free of it'
        mend = f'The report says {outcome.in_words!r}; say it better, such as "people alive", or use shows = "events"'
        yield Problem(FILE, 0, f"{place}.counted", what, mend, "warning")
    else:
        what = f'{outcome.counted!r} are free of the event, and with shows = "events" those are counted who have it'
        yield Problem(FILE, 0, f"{place}.counted", what, 'Say what these are, such as "deaths", or use shows = "event-free"')


def _mid_of_measure(place: str, outcome: OutcomeCertainty, measure: str) -> Iterator[Problem]:
    if measure in MEAN_DIFFERENCES or measure == "IRR":
        return  # said with what else these have not
    if outcome.mid is not None and outcome.mid.difference is not None:
        yield Problem(FILE, 0, f"{place}.mid.difference", f"the outcome's measure is {measure}", "Give per_1000 or a ratio")
    if outcome.mid is not None and outcome.mid.ratio is not None and measure == "RD":
        yield Problem(FILE, 0, f"{place}.mid.ratio", "the outcome's measure is a difference (RD)", "Give per_1000")
    if outcome.mid is not None and outcome.mid.per_1000 is not None and measure == "HR" and not outcome.baselines:
        what = "a difference of so many of 1000 can only be reckoned at a baseline, and there is none"
        yield Problem(FILE, 0, f"{place}.mid.per_1000", what, "Add one under [[outcomes.baselines]], or give a ratio")


def _without_risks(place: str, outcome: OutcomeCertainty, measure: str) -> Iterator[Problem]:
    """Mean differences and rate ratios are of no risk that a baseline could be given for."""
    if outcome.baselines:
        what = f"the outcome's measure is {measure}, which is of no risk"
        yield Problem(FILE, 0, f"{place}.baselines", what, "Remove the baselines; the table shows the effect itself")
    if outcome.shows == "event-free":
        yield Problem(
            FILE,
            0,
            f"{place}.shows",
            f"only hazard ratios can count those free of the event, and this is {measure}",
            'Use "events"',
        )
    needed = "difference" if measure in MEAN_DIFFERENCES else "ratio"
    for name in ("per_1000", "ratio", "difference"):
        if outcome.mid is not None and getattr(outcome.mid, name) is not None and name != needed:
            yield Problem(FILE, 0, f"{place}.mid.{name}", f"the outcome's measure is {measure}", f"Give {needed}")


def _baselines(place: str, outcome: OutcomeCertainty) -> Iterator[Problem]:
    for j, baseline in enumerate(outcome.baselines, start=1):
        yield from _baseline(f"{place}.baselines[{j}]", baseline)
    labels = [baseline.label for baseline in outcome.baselines]
    if len(set(labels)) < len(labels):
        what = "two baselines have the same label" if all(labels) else "of several baselines, each needs its label"
        yield Problem(FILE, 0, f"{place}.baselines", what, 'Say which people each is of, such as label = "high risk"')


def _baseline(place: str, baseline: Baseline) -> Iterator[Problem]:
    if (baseline.risk is None) == (baseline.event_free is None):
        what = "neither risk nor event_free is given" if baseline.risk is None else "both risk and event_free are given"
        yield Problem(FILE, 0, place, what, "Give one of the two, as a share such as 0.30")
        return
    if (baseline.low is None) != (baseline.high is None):
        yield Problem(FILE, 0, place, "only one limit is given", "Give low and high, or neither")
    elif baseline.low is not None and baseline.high is not None:
        share = baseline.risk if baseline.risk is not None else baseline.event_free
        assert share is not None
        if not baseline.low <= share <= baseline.high:
            what = f"{share:g} does not lie between its limits {baseline.low:g} and {baseline.high:g}"
            yield Problem(FILE, 0, place, what, "Correct the limits, which are of the share that is given")


def _mid(place: str, outcome: OutcomeCertainty) -> Iterator[Problem]:
    mid = outcome.mid
    if mid is None:
        if outcome.target == "mid":
            mend = 'Give it under [outcomes.mid], or use target = "null"'
            yield Problem(FILE, 0, f"{place}.target", "the target is the smallest difference that matters, and none is given", mend)
        return
    given = [name for name in ("per_1000", "ratio", "difference") if getattr(mid, name) is not None]
    if len(given) != 1:
        what = f"{', '.join(given[:-1])} and {given[-1]} are given" if given else "none of per_1000, ratio and difference is given"
        yield Problem(FILE, 0, f"{place}.mid", what, "Give one of them")
    if mid.ratio == 1:
        yield Problem(FILE, 0, f"{place}.mid.ratio", "1 is no difference", "Give a ratio such as 0.80")


def _decisions(place: str, outcome: OutcomeCertainty) -> Iterator[Problem]:
    for domain, made in outcome.decisions:
        yield from _decision(f"{place}.{domain}", domain, made, outcome)
    ups = [domain for domain, made in outcome.decisions if made.levels > 0]
    if ups and outcome.evidence == "randomised":
        what = "randomised evidence is not rated up"
        yield Problem(FILE, 0, f"{place}.{ups[0]}", what, "Check the decision, or `evidence`", "warning")
    elif ups and any(made.levels < 0 for _, made in outcome.decisions):
        what = "the same evidence is rated down for another reason"
        mend = "Rate up only where nothing speaks for rating down, or say why in the reason"
        yield Problem(FILE, 0, f"{place}.{ups[0]}", what, mend, "warning")
    if outcome.lacking and len(outcome.lacking) < len(DOMAINS) - len(UP):
        what = f"no decision is made on {', '.join(outcome.lacking)}, so that the outcome counts as not yet judged"
        yield Problem(FILE, 0, place, what, "Add each with `down`, which can be 0", "warning")
    elif outcome.override is not None and outcome.override.level == outcome.computed:
        what = f"the decisions add up to {outcome.computed!r} as well"
        yield Problem(FILE, 0, f"{place}.override", what, "Remove it", "warning")


def _decision(place: str, domain: str, made: Downgrade | Upgrade, outcome: OutcomeCertainty) -> Iterator[Problem]:
    key, levels = ("down", -made.levels) if domain not in UP else ("up", made.levels)
    most = 3 if domain == "risk_of_bias" and outcome.evidence == "non-randomised-robins-i" else MOST[domain]
    if levels > most:
        yield Problem(FILE, 0, f"{place}.{key}", f"{levels} levels are too many", f"Give {most} at most")
    if levels and not made.why:
        yield Problem(FILE, 0, f"{place}.why", "the reason is missing", "Say why; it becomes a footnote of the table")
