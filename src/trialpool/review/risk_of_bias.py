"""Risk of bias: what a person answered and judged, and what comes of it for one result of one study."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from trialpool.review.risk_of_bias_tool import (
    DIRECTION,
    JUDGEMENT,
    NOT_ASKED,
    OVERALL,
    Domain,
    Level,
    Question,
    Tool,
    asked,
    is_asked,
    proposed,
)
from trialpool.review.study import Study

CONSENSUS = "consensus"
DIRECTIONS = {
    "favours-treatment": "favours the treatment",
    "favours-control": "favours the control",
    "towards-null": "towards no effect",
    "away-from-null": "away from no effect",
    "unpredictable": "cannot be predicted",
}


class RiskOfBiasRow(BaseModel):
    """A row of risk_of_bias.csv: one answer, judgement or direction, with what it rests on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    study: str = Field(description="The study, as studies.csv identifies it")
    stratum: str = Field("", description="The stratum; empty for the whole study, and so for all of its strata")
    outcome: str = Field("", description="`id` of the outcome; empty for every outcome of the study that has no row of its own")
    tool: str = Field(description="`id` of the tool: a packaged one (`rob2-assignment`), or a file of the review's `tools/`")
    domain: str = Field(description="`id` of the domain, or `overall`")
    question: str = Field(
        description="Number of the signalling question; `judgement` for a person's judgement of the domain; `direction` for the "
        "predicted direction of bias"
    )
    answer: str = Field(
        "", description="The answer (`PY`); the level of a judgement (`high`); a direction (`towards-null`); empty while it is open"
    )
    quote: str = Field("", description="What the source says, in its words")
    source: str = Field("", description="Where: address, page, table")
    reviewer: str = Field("", description="Who answered; `consensus` for what reviewers agreed on, which decides between them")
    note: str = Field("", description="The reason; needed where a judgement differs from the one that the rules propose")

    row: int = Field(0, description="(set by the reader) row of the file, the header being row 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A signalling question with its answer.

    answer : one of the tool's, NA where it was not asked, empty where it was asked and has none
    rows   : the rows that it rests on, those of several reviewers together
    unused : rows that answer it although it was not asked
    """

    question: Question
    answer: str
    rows: tuple[RiskOfBiasRow, ...] = ()
    unused: tuple[RiskOfBiasRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainJudgement:
    """What was found of one domain; `domain` is None for the judgement over all domains.

    proposed  : level that the rules lead to; empty where they cannot yet, or where there are none
    level     : level that counts: the person's where there is one, else the proposed; empty where neither is there
    reason    : why a person judged so; empty where none did
    direction : predicted direction of bias, in words; empty where none was given
    lacking   : questions that were asked and have no answer
    disputed  : questions (or `judgement`) that reviewers answered differently, without a consensus
    rows      : the rows of a person's judgement
    """

    domain: Domain | None
    answers: tuple[Answered, ...] = ()
    proposed: str = ""
    level: str = ""
    reason: str = ""
    direction: str = ""
    lacking: tuple[str, ...] = ()
    disputed: tuple[str, ...] = ()
    rows: tuple[RiskOfBiasRow, ...] = ()

    @property
    def overridden(self) -> bool:
        """Whether a person judged otherwise than the rules."""
        return bool(self.proposed and self.level) and self.level != self.proposed

    @property
    def open(self) -> tuple[str, ...]:
        """What keeps it from having a level: questions without an answer, or `judgement` where no rules lead to one."""
        if self.level or self.domain is None or (self.disputed and not self.lacking):
            return ()
        return self.lacking or (JUDGEMENT,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """One result of one study (or stratum), judged by one tool.

    unit    : the study or stratum
    outcome : id of the outcome
    domains : in the order of the tool
    overall : over all domains; its level is empty where the tool has none, or where a domain that counts has no level and no
        other has the worst
    """

    unit: Study
    outcome: str
    tool: Tool
    domains: tuple[DomainJudgement, ...]
    overall: DomainJudgement

    @property
    def level(self) -> Level | None:
        """The level over all domains; None where there is none."""
        return self.tool.level(self.overall.level) if self.overall.level else None

    @property
    def high(self) -> bool:
        """Whether it is at a level that the tool calls high."""
        return self.level is not None and self.level.high


def assessment(unit: Study, outcome: str, tool: Tool, rows: Iterable[RiskOfBiasRow]) -> Assessment | None:
    """The judgement of one result, from all rows of a review; None where no row is about it.

    Parameters
    ----------
    unit : the study or stratum
    outcome : id of the outcome
    tool : the tool; rows of other tools are left aside
    rows : of risk_of_bias.csv. A row that names the outcome comes before one that names none, and one that names the stratum
        before one for the whole study.

    Returns
    -------
    Assessment. A level is empty until every question that is asked has its answer; nothing is assumed in its place.
    """
    about = _most_specific(unit, outcome, [row for row in rows if row.tool == tool.id])
    if not about:
        return None
    domains = tuple(_domain(tool, domain, about) for domain in tool.domains)
    return Assessment(unit=unit, outcome=outcome, tool=tool, domains=domains, overall=_overall(tool, domains, about))


def open_questions(unit: Study, outcome: str, tool: Tool, rows: Iterable[RiskOfBiasRow]) -> tuple[tuple[Domain, str], ...]:
    """Every question of a result that is asked and has no answer, with its domain; see `assessment`.

    A question that rests on an open one is not asked yet. Where a domain has no rules it is the `judgement` that is open.

    >>> from trialpool.formats.tool_definition import packaged_tool
    >>> unit = Study(study="first-2010", label="First 2010", year=2010)
    >>> [id_ for _, id_ in open_questions(unit, "os", packaged_tool("rob2-assignment"), [])]
    ['1.1', '1.2', '1.3', '2.1', '2.2', '2.6', '3.1', '4.1', '4.2', '5.1', '5.2', '5.3']
    """
    about = _most_specific(unit, outcome, [row for row in rows if row.tool == tool.id])
    return tuple((domain, id_) for domain in tool.domains for id_ in _domain(tool, domain, about).open)


def is_about(row: RiskOfBiasRow, unit: Study, outcome: str) -> bool:
    """Whether a row is about a result: of this study, and of this stratum and outcome or of all."""
    return row.study == unit.study and row.stratum in ("", unit.stratum) and row.outcome in ("", outcome)


Key = tuple[str, str]


def _most_specific(unit: Study, outcome: str, rows: list[RiskOfBiasRow]) -> dict[Key, tuple[RiskOfBiasRow, ...]]:
    """Rows by domain and question; of one question those alone that say most exactly what they are of."""
    found: dict[Key, dict[tuple[bool, bool], list[RiskOfBiasRow]]] = {}
    for row in rows:
        if is_about(row, unit, outcome):
            exact = (bool(row.outcome), bool(row.stratum))
            found.setdefault((row.domain, row.question), {}).setdefault(exact, []).append(row)
    return {key: tuple(by_exactness[max(by_exactness)]) for key, by_exactness in found.items()}


def _agreed(rows: tuple[RiskOfBiasRow, ...]) -> str | None:
    """The answer of several reviewers: that of their consensus, or the one that all gave; None where they differ."""
    answers = {row.answer for row in rows if row.reviewer == CONSENSUS} or {row.answer for row in rows}
    return answers.pop() if len(answers) == 1 else None


def _reason(rows: tuple[RiskOfBiasRow, ...]) -> str:
    deciding = [row for row in rows if row.reviewer == CONSENSUS] or list(rows)
    return "; ".join(dict.fromkeys(row.note for row in deciding if row.note))


def _domain(tool: Tool, domain: Domain, about: Mapping[Key, tuple[RiskOfBiasRow, ...]]) -> DomainJudgement:
    rows = {question.id: about.get((domain.id, question.id), ()) for question in domain.questions}
    settled = {id_: answer for id_, of in rows.items() if of and (answer := _agreed(of)) is not None}
    answers, lacking = asked(tool, domain, settled)
    disputed = tuple(id_ for id_ in lacking if rows[id_] and _agreed(rows[id_]) is None)
    return _judged(
        domain,
        proposed(tool, domain, settled),
        about.get((domain.id, JUDGEMENT), ()),
        about.get((domain.id, DIRECTION), ()),
        answers=tuple(
            Answered(question=q, answer=answers[q.id], rows=rows[q.id])
            if is_asked(tool, q, answers)
            else Answered(question=q, answer=NOT_ASKED, unused=rows[q.id])
            for q in domain.questions
        ),
        lacking=tuple(id_ for id_ in lacking if id_ not in disputed),
        disputed=disputed,
    )


def _overall(tool: Tool, domains: tuple[DomainJudgement, ...], about: Mapping[Key, tuple[RiskOfBiasRow, ...]]) -> DomainJudgement:
    if tool.overall.rule == "none":
        return DomainJudgement(domain=None)
    levels = [judged.level for judged in domains if judged.domain is not None and judged.domain.counts]
    return _judged(None, tool.over_all(levels), about.get((OVERALL, JUDGEMENT), ()), about.get((OVERALL, DIRECTION), ()))


def _judged(
    domain: Domain | None,
    by_rules: str,
    judgements: tuple[RiskOfBiasRow, ...],
    directions: tuple[RiskOfBiasRow, ...],
    *,
    answers: tuple[Answered, ...] = (),
    lacking: tuple[str, ...] = (),
    disputed: tuple[str, ...] = (),
) -> DomainJudgement:
    person = _agreed(judgements) if judgements else ""
    direction = (_agreed(directions) or "") if directions else ""
    return DomainJudgement(
        domain=domain,
        answers=answers,
        proposed=by_rules,
        level="" if person is None else person or by_rules,
        reason=_reason(judgements) if person else "",
        direction=DIRECTIONS.get(direction, ""),
        lacking=lacking,
        disputed=(*disputed, JUDGEMENT) if person is None else disputed,
        rows=judgements,
    )
