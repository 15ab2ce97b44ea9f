"""Results posted in a registry as rows in the layout of results/*.csv, for a person to accept, change or drop."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from trialpool.formats.cells import BadCell, decimal, p_value
from trialpool.formats.proposals import FLAGS, LOOK, Proposals
from trialpool.formats.registry_arms import Arms, arms_of, listed, said_direction
from trialpool.review.registration import AdverseEvent, PostedAnalysis, PostedOutcome, Registration
from trialpool.review.report import Orientation

COLUMNS = (
    *("study", "outcome", "measure", "estimate", "ci_low", "ci_high", "ci_level", "ci_sides", "orientation", "p", "p_sides"),
    *("events_t", "n_t", "events_c", "n_c", "pct_t", "pct_c", "median_t", "median_c", "follow_up"),
    *("analysis", "source", "locator", "quote", "status", "note"),
)
MEASURES = {
    r"hazard ratio|cox proportional hazard": "HR",
    r"(odds ratio|\bOR\b)": "OR",
    r"(risk ratio|relative risk)": "RR",
    r"(risk difference|percentage difference|difference in (percentages?|proportions?))": "RD",
}
ONE_SIDED = re.compile(r"\b(one|1)[ -](sided|tailed)\b", re.IGNORECASE)
NOT_WORSE = re.compile(r"non.?inferiority|equivalence", re.IGNORECASE)
PERCENT = re.compile(r"percent|%", re.IGNORECASE)
TIMES = re.compile(r"\b(months?|weeks?|days?|years?)\b", re.IGNORECASE)
KINDS = {"serious": "serious", "other": "not serious", "deaths": "all deaths"}
CI = ("ci_low", "ci_high")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be proposed, as a person names it.

    outcomes  : parts of titles of outcomes, or their numbers in the list; `PFS=progression-free` also gives the name for the row
    events    : the same of adverse events; `serious`, `other` and `deaths` are their totals
    treatment, control : parts of the names of the groups, or their ids
    orientation : which arm the ratios compare with which, where the person knows
    sound     : leave out rows that a review could not take as they stand
    """

    outcomes: Sequence[str] = ()
    events: Sequence[str] = ()
    treatment: str = ""
    control: str = ""
    orientation: Orientation | None = None
    study: str = ""
    sound: bool = False


def propose_from_registry(entry: Registration, wanted: Wanted) -> Proposals:
    """Propose rows from the results that a trial has posted.

    Parameters
    ----------
    entry : as `read_registration` gives it
    wanted : which outcomes and adverse events, and which groups are the arms

    Returns
    -------
    Proposals: a row an analysis or adverse event with status `read`, the address in the registry as source, the place in the file
    as locator, and a note of what to look at. Which arm is which is never guessed without a note. What was not proposed is said.
    """
    rows: list[dict[str, str]] = []
    others: list[str] = []
    for name, outcome in chosen_outcomes(entry, wanted.outcomes, others):
        _propose_outcome(name, outcome, entry, wanted, rows, others)
    for name, event in chosen_events(entry, wanted.events, others):
        _propose_event(name, event, entry, wanted, rows, others)
    doubtful = tuple(row for row in rows if _unsound(row))
    kept = tuple(row for row in rows if not (wanted.sound and _unsound(row)))
    return Proposals(
        rows=kept,
        others=tuple(others),
        doubtful=tuple(f"{row['outcome']}, {row['locator']}: {_unsound(row)}" for row in doubtful),
        columns=COLUMNS,
    )


def chosen_outcomes(entry: Registration, names: Sequence[str], others: list[str]) -> Iterator[tuple[str, PostedOutcome]]:
    """Outcomes that a person names by number or by a part of the title, each with what the row shall call it."""
    for given in names:
        called, sought = _called(given)
        hits = [o for i, o in enumerate(entry.outcomes, start=1) if _is_called(o.title, i, sought)]
        if not hits:
            others.append(f"no posted outcome is called {sought!r}")
        yield from ((called or outcome.title, outcome) for outcome in hits)


def _is_called(title: str, number: int, sought: str) -> bool:
    return sought == str(number) if sought.isdigit() else sought.casefold() in title.casefold()


def chosen_events(entry: Registration, names: Sequence[str], others: list[str]) -> Iterator[tuple[str, AdverseEvent]]:
    """Adverse events that a person names by a part of the term; totals by their kind."""
    for given in names:
        called, sought = _called(given)
        totals = [e for e in entry.adverse.events if e.term == "Total" and e.kind == sought.casefold()]
        hits = totals or [e for e in entry.adverse.events if e.term != "Total" and sought.casefold() in e.term.casefold()]
        if not hits:
            others.append(f"no adverse event is called {sought!r}")
        yield from ((f"{called or e.term} ({KINDS[e.kind]})", e) for e in hits)


def _called(given: str) -> tuple[str, str]:
    called, equals, sought = given.partition("=")
    return (called.strip(), sought.strip()) if equals else ("", given.strip())


def measure_of(analysis: PostedAnalysis) -> str:
    """The measure that results/*.csv has for an analysis; empty where it has none. A rate ratio is no risk ratio."""
    words = analysis.measure
    if re.search(r"\blog\b|\brate ratio\b", words, re.IGNORECASE):
        return ""
    return next((measure for pattern, measure in MEASURES.items() if re.search(pattern, words, re.IGNORECASE)), "")


def _propose_outcome(
    name: str, outcome: PostedOutcome, entry: Registration, wanted: Wanted, rows: list[dict[str, str]], others: list[str]
) -> None:
    arms = arms_of(outcome.groups, entry, wanted.treatment, wanted.control)
    usable = [a for a in outcome.analyses if measure_of(a) and a.estimate]
    others += [f"{_shown(a)} of {outcome.title!r}: results/*.csv has no such measure" for a in outcome.analyses if a not in usable]
    for analysis in usable:
        if _of_others(analysis, outcome, arms):
            others.append(f"{_shown(analysis)} of {outcome.title!r}: it compares {' with '.join(analysis.groups)}, not these arms")
            continue
        row = _row(name, outcome, entry, wanted, arms)
        effect = _effect(analysis, outcome, arms, wanted)
        rows.append(row | effect | {"note": f"{row['note']}; {effect['note']}"})
    if not usable:
        figures = _figures(outcome, arms)
        if any(figures.values()):
            rows.append(_row(name, outcome, entry, wanted, arms) | figures)
        elif not arms.known:
            others.append(f"{outcome.title!r}: {arms.note}")
        else:
            others.append(f"{outcome.title!r}: no figure of it has a place in results/*.csv")


def _of_others(analysis: PostedAnalysis, outcome: PostedOutcome, arms: Arms) -> bool:
    """Whether an analysis certainly compares other groups than the two arms: where both are listed, and are others."""
    if arms.treatment is None or arms.control is None or len(analysis.groups) < 2:
        return False
    return set(analysis.groups) != {arms.treatment.id, arms.control.id}


def _row(name: str, outcome: PostedOutcome, entry: Registration, wanted: Wanted, arms: Arms) -> dict[str, str]:
    """What every row of an outcome has."""
    notes = [LOOK, *filter(None, (arms.note, _time_note(outcome, arms), _version(entry)))]
    return dict.fromkeys(COLUMNS, "") | {
        "study": wanted.study,
        "outcome": name,
        "analysis": "; ".join(
            filter(None, (outcome.title if name != outcome.title else "", outcome.time_frame, outcome.population))
        ),
        "source": entry.address,
        "locator": outcome.path,
        "status": "read",
        "note": "; ".join(notes),
    }


def _effect(analysis: PostedAnalysis, outcome: PostedOutcome, arms: Arms, wanted: Wanted) -> dict[str, str]:
    """The cells of an analysis."""
    direction, words = said_direction(analysis, arms, wanted.treatment, wanted.control)
    cells, notes = _numbers(analysis)
    notes += _hypothesis_note(analysis)
    notes += _direction_notes(direction, words, analysis, outcome, wanted)
    return {
        **_figures(outcome, arms),
        **cells,
        "measure": measure_of(analysis),
        "orientation": wanted.orientation or direction,
        "analysis": "; ".join(filter(None, (analysis.about, analysis.method, outcome.time_frame, outcome.population))),
        "locator": analysis.path,
        "quote": words or analysis.about,
        "note": "; ".join(notes),
    }


def _direction_notes(direction: str, words: str, analysis: PostedAnalysis, outcome: PostedOutcome, wanted: Wanted) -> Iterator[str]:
    if direction and wanted.orientation and direction != wanted.orientation:
        yield f"CHECK: the registry's words ({words}) say {direction}"
    elif direction:
        yield f"the registry says: {words}"
    elif not wanted.orientation:
        yield "which arm is compared with which is not said; fill in orientation"
    unknown = [id_ for id_ in analysis.groups if id_ not in {g.id for g in outcome.groups}]
    if unknown:
        yield f"CHECK: it is of {', '.join(unknown)}, which the outcome does not list"
    elif len(analysis.groups) == 1:
        yield f"the registry names one group only: {listed(g for g in outcome.groups if g.id in analysis.groups)}"


def _hypothesis_note(analysis: PostedAnalysis) -> Iterator[str]:
    """That an analysis asks whether the treatment is not worse, with the margin in the registry's words."""
    if NOT_WORSE.search(analysis.hypothesis) and not re.match("superiority", analysis.hypothesis, re.IGNORECASE):
        margin = dict(analysis.comments).get("of the hypothesis", "")
        yield f"the hypothesis is {analysis.hypothesis.replace('_', ' ').lower()}{f': {margin}' if margin else ''}"


def _numbers(analysis: PostedAnalysis) -> tuple[dict[str, str], list[str]]:
    """Estimate, limits, level and P as cells, and what is odd about them."""
    notes: list[str] = []
    figures = {"estimate": analysis.estimate, "ci_low": analysis.low, "ci_high": analysis.high, "ci_level": analysis.level}
    numbers = {column: _decimal(column, value, notes) for column, value in figures.items()}
    scale = _percent_note(analysis, [numbers[c] for c in ("estimate", *CI)], notes)
    if numbers["ci_low"] is None and numbers["ci_high"] is None:
        numbers["ci_level"] = None
    elif not analysis.level:
        notes.append("the level of the interval is not said; an empty cell counts as 95")
    cells = {c: "" if n is None else f"{n.scaleb(scale if c != 'ci_level' else 0):f}" for c, n in numbers.items()}
    notes += _odd(measure_of(analysis), *(numbers[c] for c in ("estimate", *CI)))
    one_sided = "ONE" in analysis.sides.upper() and any(cells[c] for c in CI)
    if one_sided:
        notes.append("the interval is one-sided")
    cells |= {"ci_sides": "1" if one_sided else "", "p": _p(analysis.p, notes), "p_sides": ""}
    if cells["p"] and ONE_SIDED.search(analysis.words):
        cells["p_sides"] = "1"
        notes.append("P is one-sided by the registry's words")
    return cells, notes


def _decimal(column: str, value: str, notes: list[str]) -> Decimal | None:
    if not value:
        return None
    try:
        return decimal(value)
    except BadCell as bad:
        notes.append(f"{column}: {bad.what}")
        return None


def _percent_note(analysis: PostedAnalysis, numbers: list[Decimal | None], notes: list[str]) -> int:
    """Powers of ten by which a difference is scaled: a difference of proportions is a share here."""
    if measure_of(analysis) != "RD":
        return 0
    if PERCENT.search(analysis.measure) or any(n is not None and abs(n) > 1 for n in numbers):
        notes.append("the registry gives the difference in percent")
        return -2
    notes.append("CHECK: whether the difference is a share or in percent is not said")
    return 0


def _odd(measure: str, mid: Decimal | None, low: Decimal | None, high: Decimal | None) -> Iterator[str]:
    """What can't be right about an estimate and its limits."""
    ratio = measure != "RD"
    if ratio and any(n is not None and n <= 0 for n in (mid, low, high)):
        yield FLAGS["not_a_ratio"]
    elif low is not None and high is not None and low > high:
        yield FLAGS["limits_not_ordered_or_scale_jump"].format(limits=f"{low} to {high}")
    elif mid is not None and ((low is not None and mid < low) or (high is not None and mid > high)):
        yield FLAGS["estimate_outside_ci"]
    elif ratio and mid is not None and low is not None and high is not None and _lopsided(mid, low, high):
        yield FLAGS["not_log_symmetric"]


def _lopsided(mid: Decimal, low: Decimal, high: Decimal) -> bool:
    """Whether the middle of the limits' logarithms is further from the estimate's than a tenth of their distance."""
    return abs(mid.ln() - (low.ln() + high.ln()) / 2) > (high.ln() - low.ln()) / 10


def _p(value: str, notes: list[str]) -> str:
    if not value:
        return ""
    try:
        found = p_value(value)
    except BadCell:
        notes.append(f"P is given as {value!r}")
        return ""
    return f"{'' if found.operator == '=' else found.operator}{found.value:f}"


def _figures(outcome: PostedOutcome, arms: Arms) -> dict[str, str]:
    """Patients analysed and events, percentages or medians by arm, where the table has one row and the arms are known."""
    cells: dict[str, str] = {}
    if arms.treatment is None or arms.control is None:
        return cells
    for arm, group in (("t", arms.treatment), ("c", arms.control)):
        measured = outcome.in_group(group.id)
        if len(measured) != 1:
            return {}
        value, analysed = measured[0].value, outcome.analysed_in(group.id)
        cells[f"n_{arm}"] = analysed if analysed.isdigit() else ""
        column = _column(outcome)
        if column and _is_number(value):
            cells[f"{column}_{arm}"] = value
    return cells if len(cells) > 2 else {}


def _column(outcome: PostedOutcome) -> str:
    """The column of results/*.csv for the figures of a table."""
    if outcome.parameter == "COUNT_OF_PARTICIPANTS":
        return "pct" if PERCENT.search(outcome.unit) else "events"
    if outcome.parameter == "NUMBER" and PERCENT.search(outcome.unit) and "particip" in (outcome.unit + outcome.title).lower():
        return "pct"
    if outcome.parameter == "MEDIAN" and TIMES.fullmatch(outcome.unit.strip()):
        return "median"
    return ""


def _time_note(outcome: PostedOutcome, arms: Arms) -> str:
    return f"the medians are in {outcome.unit.lower()}" if "median_t" in _figures(outcome, arms) else ""


def _is_number(value: str) -> bool:
    try:
        decimal(value)
    except BadCell:
        return False
    return True


def _version(entry: Registration) -> str:
    return f"data of the registry of {entry.version}" if entry.version else ""


def _propose_event(
    name: str, event: AdverseEvent, entry: Registration, wanted: Wanted, rows: list[dict[str, str]], others: list[str]
) -> None:
    arms = arms_of(entry.adverse.groups, entry, wanted.treatment, wanted.control)
    if arms.treatment is None or arms.control is None:
        others.append(f"{name}: {arms.note}")
        return
    treated, controls = event.of(arms.treatment.id), event.of(arms.control.id)
    counts = [n for count in (treated, controls) for n in ((count.affected, count.at_risk) if count else (None, None))]
    if None in counts:
        others.append(f"{name}: the number of participants with it is not posted for both arms")
        return
    notes = [LOOK, arms.note, _threshold(event, entry), _version(entry)]
    rows.append(
        dict.fromkeys(COLUMNS, "")
        | {"study": wanted.study, "outcome": name, "source": entry.address, "locator": event.path, "status": "read"}
        | dict(zip(("events_t", "n_t", "events_c", "n_c"), map(str, counts), strict=True))
        | {"analysis": "; ".join(filter(None, (event.system, entry.adverse.time_frame))), "note": "; ".join(filter(None, notes))}
    )


def _threshold(event: AdverseEvent, entry: Registration) -> str:
    if event.kind != "other" or event.term == "Total" or entry.adverse.threshold in ("", "0"):
        return ""
    return f"events that are not serious are listed above {entry.adverse.threshold}% of an arm only"


def _shown(analysis: PostedAnalysis) -> str:
    limits = f" ({analysis.level or '?'}% CI {analysis.low} to {analysis.high})" if analysis.low and analysis.high else ""
    return f"{analysis.measure or analysis.method or 'an analysis'} {analysis.estimate}{limits}".strip()


def _unsound(row: dict[str, str]) -> str:
    """Why a review could not take a row as it stands; empty where it could."""
    bad = next((FLAGS[flag] for flag in ("estimate_outside_ci", "not_a_ratio") if FLAGS[flag] in row["note"]), "")
    if bad or "which can't be right" in row["note"]:
        return bad or "the limits can't be right"
    if row["estimate"] and not row["orientation"]:
        return "which arm is compared with which is not said"
    return "" if row["estimate"] or row["events_t"] or row["pct_t"] or row["median_t"] else "it has no figure"


def effects_shown(outcome: PostedOutcome) -> Iterable[str]:
    """The analyses of an outcome in short, for a list."""
    return (_shown(a) for a in outcome.analyses)
