"""What the rows of risk_of_bias.csv must obey together: one answer a reviewer, a reason for an override, and nothing left open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from trialpool.errors import Problem
from trialpool.formats.cells import nearest
from trialpool.formats.quoted import quoted
from trialpool.formats.risk_of_bias_csv import FILE
from trialpool.formats.row_numbers import rows_in_words
from trialpool.review.assessments import assessments_of, tools_about
from trialpool.review.plan import RISK_OF_BIAS, Plan
from trialpool.review.review import Review
from trialpool.review.risk_of_bias import Assessment, DomainJudgement, RiskOfBiasRow, is_about
from trialpool.review.risk_of_bias_tool import JUDGEMENT, NOT_ASKED, OVERALL
from trialpool.review.study import Study

ANSWER = "Answer them; where nothing is known, most tools have NI"


def repeated_rows(rows: Iterable[RiskOfBiasRow]) -> Iterator[Problem]:
    """A reviewer answers a question of a result once."""
    seen: dict[tuple[str, ...], int] = {}
    for row in rows:
        key = (row.study, row.stratum, row.outcome, row.tool, row.domain, row.question, row.reviewer)
        if key in seen:
            who = f" by {row.reviewer}" if row.reviewer else ""
            what = f"{row.question} of {row.domain} is answered in row {seen[key]} already{who}"
            yield Problem(FILE, row.row, "question", what, "Remove one, or say in `reviewer` who gave which")
        seen.setdefault(key, row.row)


def unknown_tools(plan: Plan, tools: Iterable[str]) -> Iterator[Problem]:
    """The plan prefers tools that there are."""
    known = list(tools)
    for name in plan.risk_of_bias.tools:
        if name not in known:
            mend = nearest(name, known, otherwise="Put its definition into tools/, or use one of")
            yield Problem("review.toml", 0, "risk_of_bias.tools", f"there is no tool {quoted(name)}", mend)


def hidden_column(studies: Iterable[Study]) -> Iterator[Problem]:
    """A column of studies.csv that the judgements take the place of."""
    if any(RISK_OF_BIAS in study.moderators for study in studies):
        what = f"risk_of_bias.csv gives the column {RISK_OF_BIAS!r}, so that this one is left aside"
        yield Problem("studies.csv", 1, RISK_OF_BIAS, what, "Rename it, or remove it", "warning")


def undecided_tools(plan: Plan, units: Iterable[Study], rows: Sequence[RiskOfBiasRow]) -> Iterator[Problem]:
    """Where two tools judge one result, the plan says which counts."""
    said: set[tuple[str, ...]] = set()
    for unit in units:
        for outcome in plan.outcomes:
            tools = tools_about(unit, outcome.id, rows)
            if len(tools) > 1 and not set(tools) & set(plan.risk_of_bias.tools) and (unit.study, *tools) not in said:
                said.add((unit.study, *tools))
                row = next(row.row for row in rows if row.study == unit.study and row.tool == tools[1])
                what = f"{unit.study} is judged by {' and by '.join(tools)}"
                yield Problem(FILE, row, "tool", what, "Say under [risk_of_bias] of review.toml which counts, by tools = [...]")


def judgement_problems(review: Review) -> Iterator[Problem]:
    """What is wrong with the judgements that the rows make together; each is said once, whatever results it touches."""
    yield from _unanswered(review.unanswered)
    if not review.risk_of_bias:
        return
    judged = assessments_of(review)
    found = dict.fromkeys(problem for each in judged for problem in _of_result(each))
    yield from sorted(found, key=lambda problem: problem.row)
    yield from _open_results(review, judged)


def _of_result(each: Assessment) -> Iterator[Problem]:
    for judged in (*each.domains, each.overall):
        place = judged.domain.id if judged.domain else OVERALL
        yield from _disputes(judged, place)
        if judged.overridden and not judged.reason and not judged.disputed:
            what = f"{judged.level} of {place} differs from {judged.proposed}, which the answers lead to, and no reason is given"
            yield Problem(FILE, judged.rows[0].row, "note", what, "Give the reason, or remove the row: then the answers decide")
        if not judged.lacking and not judged.disputed:
            yield from _answers_not_asked(judged)


def _disputes(judged: DomainJudgement, place: str) -> Iterator[Problem]:
    by_question = {answered.question.id: answered.rows for answered in judged.answers} | {JUDGEMENT: judged.rows}
    for id_ in judged.disputed:
        rows = by_question[id_]
        said = ", ".join(f"{row.reviewer or 'someone'} {row.answer}" for row in rows)
        what = f"reviewers differ on {id_} of {place} ({said}), so that it counts as open"
        mend = "Add a row with the reviewer `consensus`"
        yield Problem(FILE, rows[-1].row, "answer", what, mend, "warning")


def _answers_not_asked(judged: DomainJudgement) -> Iterator[Problem]:
    for answered in judged.answers:
        for row in answered.unused:
            if row.answer != NOT_ASKED:
                what = f"question {answered.question.id} is not asked after the answers before it"
                yield Problem(FILE, row.row, "question", what, "It is left aside; look at the answers before it", "warning")


def _open_results(review: Review, judged: Sequence[Assessment]) -> Iterator[Problem]:
    """A note a study: which questions of which results have no answer; and one of the studies that have no row."""
    seen = {each.unit.study for each in judged} | {row.study for row in review.unanswered}
    missing = list(dict.fromkeys(unit.study for unit in review.studies if unit.study not in seen))
    if missing:
        yield Problem(FILE, 0, "", f"nothing is said of {', '.join(missing)}", "Add rows for them", "note")
    by_unit: dict[str, dict[str, list[str]]] = {}
    for each in judged:
        unit = each.unit.study + (f", {each.unit.stratum}" if each.unit.stratum else "")
        for left in _left_open(each, review.unanswered):
            by_unit.setdefault(unit, {}).setdefault(left, []).append(each.outcome)
    for unit, lefts in by_unit.items():
        of = {left: f" ({', '.join(outcomes)})" for left, outcomes in sorted(lefts.items())}
        alike = len(set(of.values())) == 1  # the same outcomes in all: said once
        listed = "; ".join(of) if alike else "; ".join(left + outcomes for left, outcomes in of.items())
        mend = "Judge them" if all(left.endswith(JUDGEMENT) for left in lefts) else ANSWER
        yield Problem(FILE, 0, "", f"{unit}{next(iter(of.values())) if alike else ''}: no answer yet to {listed}", mend, "note")


def _left_open(each: Assessment, unanswered: Iterable[RiskOfBiasRow]) -> Iterator[str]:
    """What a result lacks and no row waits for, a text a domain: questions that have no answer, or the judgement of the domain."""
    waiting = {(row.domain, row.question) for row in unanswered if is_about(row, each.unit, each.outcome)}
    for judged in each.domains:
        if judged.domain is not None and (left := [id_ for id_ in judged.open if (judged.domain.id, id_) not in waiting]):
            yield f"{judged.domain.id} {' '.join(left)}"


def _unanswered(rows: Iterable[RiskOfBiasRow]) -> Iterator[Problem]:
    """A note a study: the rows that wait for an answer."""
    by_study: dict[str, list[int]] = {}
    for row in rows:
        by_study.setdefault(row.study, []).append(row.row)
    for study, numbers in by_study.items():
        waits = f"{rows_in_words(numbers)} of {study} {'waits' if len(numbers) == 1 else 'wait'} for an answer"
        yield Problem(FILE, 0, "answer", waits, ANSWER, "note")
