"""A tool for judging the risk of bias, as data: its domains, signalling questions, and the rules from answers to judgements.

A tool is a TOML file: the packaged ones stand in `tools/`, a review's own in its folder `tools/`. No code belongs to a tool.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from trialpool.review.plan import Identifier, Text

NOT_ASKED = "NA"
JUDGEMENT, DIRECTION, OVERALL = "judgement", "direction", "overall"
RESERVED = (JUDGEMENT, DIRECTION, OVERALL, NOT_ASKED)


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Choice = Annotated[tuple[Text, ...], BeforeValidator(_listed), Field(min_length=1)]
Condition = Mapping[str, Choice]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Level(_Table):
    """A level of risk; the tool lists them from best to worst."""

    id: Identifier = Field(description="What the column `answer` of risk_of_bias.csv holds in a row of a judgement")
    name: Text = Field(description="As tables print it (`Some concerns`)")
    sign: str = Field("", max_length=2, description="The mark in a traffic light: a character or two")
    colour: str = Field(
        "", pattern=r"^(#[0-9a-f]{6})?$", description="Its colour, `#rrggbb`; one by its place among the levels where left out"
    )
    high: bool = Field(False, description="Whether results at this level are left out of the pooled result `without-high-risk`")
    low: bool = Field(
        False, description="Whether they stay in the pooled result `low-risk-only`; the first level alone where no level says so"
    )


class Question(_Table):
    """A signalling question."""

    id: Text = Field(description="Its number in the tool (`2.1`)")
    text: Text = Field(description="The question")
    answers: tuple[Text, ...] = Field((), description="The answers it can have; all of the tool's where left out")
    asked_if: tuple[Condition, ...] = Field(
        (), description="It is asked where one of these holds of the answers before it; always where left out"
    )


class Rule(_Table):
    """A judgement, and the answers that lead to it: all that `when` names, each by one of those listed."""

    when: Condition = Field(default_factory=dict, description="Question and answers (or a group of answers, or `NA`)")
    judgement: Identifier = Field(description="`id` of a level")


class Part(_Table):
    """Rules of which the first that holds decides; the last holds always."""

    rules: tuple[Rule, ...] = Field(min_length=1, description="In order")


class Domain(_Table):
    """A domain: questions and rules, or neither where a person judges it at once."""

    id: Text = Field(description="As in the column `domain` of risk_of_bias.csv (`D1`)")
    name: Text = Field(description="As figures and tables print it")
    group: str = Field("", description="Heading over domains that belong together, where a tool judges several things")
    levels: tuple[Identifier, ...] = Field((), description="The levels it can have; all of the tool's where left out")
    counts: bool = Field(True, description="Whether it counts for the overall judgement")
    whole_study: bool = Field(
        False,
        description="Whether rows prepared for it name no outcome, because its answers are mostly the same for all of a study",
    )
    questions: tuple[Question, ...] = Field((), description="In the order in which they are asked")
    rules: tuple[Rule, ...] = Field((), description="From answers to the judgement")
    parts: tuple[Part, ...] = Field(
        (), description="Instead of `rules`: several sets of rules, of which the worst judgement counts"
    )

    @property
    def sets(self) -> tuple[Part, ...]:
        """The sets of rules; none where a person judges the domain at once."""
        return self.parts or ((Part(rules=self.rules),) if self.rules else ())


class Overall(_Table):
    """The judgement over all domains."""

    rule: Literal["worst", "none"] = Field("worst", description="`worst`: that of the worst domain; `none`: the tool has none")
    name: Text = Field("Overall", description="Its heading")
    note: str = Field("", description="What a person is to think of; shown below the figures")


class Tool(_Table):
    """A tool definition."""

    format: Literal[1] = Field(description="Version of the format of a tool definition")
    id: Identifier = Field(description="As in the column `tool` of risk_of_bias.csv; the name of the file")
    name: Text = Field(description="As headings print it")
    short: str = Field("", description="As a figure prints it (`RoB 2`)")
    source: str = Field("", description="Where the tool is published")
    answers: Mapping[str, str] = Field(default_factory=dict, description="Answers and what they mean")
    groups: Mapping[str, Choice] = Field(default_factory=dict, description="Answers that count alike, under a name for rules")
    levels: tuple[Level, ...] = Field(min_length=2, description="From best to worst")
    domains: tuple[Domain, ...] = Field(min_length=1, description="In the order of the tool")
    overall: Overall = Field(default_factory=lambda: Overall.model_validate({}), description="The judgement over all domains")

    def level(self, id_: str) -> Level:
        """The level with this id."""
        return next(level for level in self.levels if level.id == id_)

    def worst(self, levels: Mapping[str, str] | list[str]) -> str:
        """The worst of some levels, by id."""
        order = [level.id for level in self.levels]
        found = list(levels.values()) if isinstance(levels, Mapping) else levels
        return max(found, key=order.index)

    def over_all(self, levels: list[str]) -> str:
        """The worst of the levels of the domains; where one has none (empty), only the worst that there is settles it."""
        if all(levels):
            return self.worst(levels)
        return self.levels[-1].id if self.levels[-1].id in levels else ""

    def is_low(self, id_: str) -> bool:
        """Whether a level is one of low risk."""
        flagged = [level.id for level in self.levels if level.low] or [self.levels[0].id]
        return id_ in flagged

    def domain(self, id_: str) -> Domain | None:
        """The domain with this id; None where there is none."""
        return next((domain for domain in self.domains if domain.id == id_), None)

    def levels_of(self, domain: Domain | None) -> tuple[Level, ...]:
        """The levels that a domain can have, from best to worst; None stands for the judgement over all domains."""
        return tuple(level for level in self.levels if domain is None or not domain.levels or level.id in domain.levels)

    def choices(self, question: Question) -> tuple[str, ...]:
        """The answers that a question can have."""
        return question.answers or tuple(self.answers)

    def meant(self, choice: Choice) -> frozenset[str]:
        """Answers, with groups spelt out."""
        return frozenset(answer for name in choice for answer in self.groups.get(name, (name,)))

    def holds(self, condition: Condition, answers: Mapping[str, str]) -> bool:
        """Whether answers meet a condition; a question that was not asked has the answer NA."""
        return all(answers.get(question, NOT_ASKED) in self.meant(choice) for question, choice in condition.items())


def is_asked(tool: Tool, question: Question, answers: Mapping[str, str]) -> bool:
    """Whether a question is asked after the answers before it."""
    return not question.asked_if or any(tool.holds(condition, answers) for condition in question.asked_if)


def asked(tool: Tool, domain: Domain, given: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The answers to the questions that are asked, in order, NA for the others; and the questions that lack an answer.

    A question whose condition rests on one that lacks its answer is not asked yet.
    """
    answers: dict[str, str] = {}
    lacking = []
    for question in domain.questions:
        if not is_asked(tool, question, answers):
            answers[question.id] = NOT_ASKED
        elif given.get(question.id) in tool.choices(question):
            answers[question.id] = given[question.id]
        else:
            lacking.append(question.id)
            answers[question.id] = ""
    return answers, tuple(lacking)


def proposed(tool: Tool, domain: Domain, given: Mapping[str, str]) -> str:
    """The level that the rules of a domain lead to; empty where a question lacks its answer, or the domain has no rules.

    Parameters
    ----------
    given : answers by question; answers to questions that are not asked are left aside

    >>> from trialpool.formats.tool_definition import packaged_tool
    >>> tool = packaged_tool("rob2-assignment")
    >>> proposed(tool, tool.domains[0], {"1.1": "Y", "1.2": "PY", "1.3": "N"})
    'low'
    """
    answers, lacking = asked(tool, domain, given)
    if lacking or not domain.sets:
        return ""
    found = [next(rule.judgement for rule in part.rules if tool.holds(rule.when, answers)) for part in domain.sets]
    return tool.worst(found)


Finding = tuple[str, str, str]  # place, what, mend


def tool_problems(tool: Tool) -> Iterator[Finding]:
    """What a definition breaks: names that stand twice or nowhere, rules that never or not always decide."""
    yield from _twice("levels", [level.id for level in tool.levels])
    yield from _twice("domains", [domain.id for domain in tool.domains])
    yield from _twice("questions", [question.id for domain in tool.domains for question in domain.questions])
    for name in (*tool.answers, *tool.groups):
        if name in RESERVED or (name in tool.answers and name in tool.groups):
            yield "answers", f"{name!r} has a meaning already", "Choose another name"
    yield from ((f"groups.{g}", f"{a!r} is no answer", "Use names of [answers]") for g, c in tool.groups.items() for a in c
                if a not in tool.answers)  # fmt: skip
    if tool.overall.rule == "worst" and not any(domain.counts for domain in tool.domains):
        yield "overall.rule", "no domain counts for the judgement over all", "Let one count, or write 'none'"
    for i, domain in enumerate(tool.domains, start=1):
        yield from _domain_problems(tool, f"domains[{i}]", domain)


def _twice(place: str, ids: list[str]) -> Iterator[Finding]:
    for id_ in sorted({id_ for id_ in ids if ids.count(id_) > 1}):
        yield place, f"the id {id_!r} stands twice", "Give each its own"
    for id_ in sorted(set(ids) & set(RESERVED)):
        yield place, f"the id {id_!r} has a meaning already", "Choose another"


def _domain_problems(tool: Tool, place: str, domain: Domain) -> Iterator[Finding]:
    if domain.rules and domain.parts:
        yield place, "the domain has both rules and parts", "Keep one of the two"
    for id_ in domain.levels:
        if id_ not in [level.id for level in tool.levels]:
            yield f"{place}.levels", f"{id_!r} is no level", f"Use {', '.join(level.id for level in tool.levels)}"
    if bool(domain.questions) != bool(domain.sets):
        yield place, "questions and rules need each other", "Add what is lacking, or leave both out: then a person judges at once"
    before: dict[str, tuple[str, ...]] = {}
    yield from _question_problems(tool, place, domain, before)
    for part in domain.sets:
        yield from _rule_problems(tool, place, domain, part, before)


def _question_problems(tool: Tool, place: str, domain: Domain, before: dict[str, tuple[str, ...]]) -> Iterator[Finding]:
    """What questions break; `before` is filled with those that were looked at, and their answers."""
    for question in domain.questions:
        where = f"{place}, question {question.id}"
        for answer in question.answers:
            if answer not in (*tool.answers, NOT_ASKED):
                yield where, f"{answer!r} is no answer", "Use names of [answers]"
        if not tool.choices(question):
            yield where, "it can have no answer", "Name the answers under [answers], or with the question"
        for condition in question.asked_if:
            yield from _condition_problems(tool, where, condition, before)
        before[question.id] = tool.choices(question)


def _rule_problems(
    tool: Tool, place: str, domain: Domain, part: Part, questions: Mapping[str, tuple[str, ...]]
) -> Iterator[Finding]:
    levels = [level.id for level in tool.levels_of(domain)]
    for i, rule in enumerate(part.rules, start=1):
        where = f"{place}, rule {i}"
        yield from _condition_problems(tool, where, rule.when, questions)
        if rule.judgement not in levels:
            yield where, f"{rule.judgement!r} is no level", f"Use one of {', '.join(levels)}"
        if not rule.when and i < len(part.rules):
            yield where, "it holds always, so that the rules after it never decide", "Put it last"
    if part.rules[-1].when:
        yield place, "the last rule does not hold always", "Add a rule without `when` for all other answers"


def _condition_problems(
    tool: Tool, place: str, condition: Condition, questions: Mapping[str, tuple[str, ...]]
) -> Iterator[Finding]:
    for question, choice in condition.items():
        if question not in questions:
            known = ", ".join(questions) or "none"
            yield place, f"{question!r} is no question before it in the domain", f"Known are {known}"
        for name in choice:
            if name not in (*tool.answers, *tool.groups, NOT_ASKED):
                yield place, f"{name!r} is neither an answer nor a group", f"Use {', '.join((*tool.answers, *tool.groups))} or NA"
