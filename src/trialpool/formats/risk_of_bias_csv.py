"""risk_of_bias.csv: read, and every row held against the studies, the outcomes and the tool that it names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from trialpool.errors import Problem
from trialpool.formats.cells import nearest, read_row, unknown_columns
from trialpool.formats.csv_table import read_table
from trialpool.formats.folder_rules import unit_problems
from trialpool.formats.quoted import quoted
from trialpool.review.plan import Plan
from trialpool.review.risk_of_bias import DIRECTIONS, RiskOfBiasRow
from trialpool.review.risk_of_bias_tool import DIRECTION, JUDGEMENT, NOT_ASKED, OVERALL, Domain, Finding, Question, Tool

FILE = "risk_of_bias.csv"
REQUIRED = ("study", "tool", "domain", "question", "answer")


def read_risk_of_bias(
    folder: Path, tools: Mapping[str, Tool], strata: Mapping[str, Sequence[str]] | None, plan: Plan | None, problems: list[Problem]
) -> tuple[tuple[RiskOfBiasRow, ...], tuple[RiskOfBiasRow, ...]]:
    """The rows of a review's risk_of_bias.csv that can be used, with answers as the tool writes them; and those without an answer.

    Parameters
    ----------
    tools : by id, as `read_tools` gives them
    strata : the strata of each study; None where studies.csv could not be read as a whole
    plan : the plan; None where it could not be read
    """
    table = read_table(folder / FILE, FILE, required=REQUIRED)
    problems += [*table.problems, *unknown_columns(table, RiskOfBiasRow)]
    if "answer" not in table.columns:  # which is said, and would leave every row open
        return (), ()
    rows, unanswered = [], []
    for cells in table.rows:
        values = read_row(cells, table, RiskOfBiasRow, problems)
        if values is None:
            continue
        row = RiskOfBiasRow(**values, row=cells.number)
        found = list(_row_problems(row, tools, strata, plan))
        problems += found
        if not found and not row.answer:
            unanswered.append(row)
        elif not found:
            rows.append(row.model_copy(update={"answer": _as_offered(row, tools[row.tool])}))
    return tuple(rows), tuple(unanswered)


def _row_problems(
    row: RiskOfBiasRow, tools: Mapping[str, Tool], strata: Mapping[str, Sequence[str]] | None, plan: Plan | None
) -> Iterator[Problem]:
    if strata is not None:
        yield from unit_problems(FILE, row.row, row.study, row.stratum, strata, whole="for the whole study")
    if plan is not None and row.outcome:
        outcomes = [outcome.id for outcome in plan.outcomes]
        if row.outcome not in outcomes:
            what = f"review.toml has no outcome {quoted(row.outcome)}"
            mend = nearest(row.outcome, outcomes, otherwise="Leave it empty for every outcome, or use one of")
            yield Problem(FILE, row.row, "outcome", what, mend)
    tool = tools.get(row.tool)
    if tool is None:
        mend = nearest(row.tool, list(tools), otherwise="Put its definition into tools/, or use one of")
        yield Problem(FILE, row.row, "tool", f"there is no tool {quoted(row.tool)}", mend)
        return
    yield from (Problem(FILE, row.row, *finding) for finding in _tool_findings(row, tool))


def _tool_findings(row: RiskOfBiasRow, tool: Tool) -> Iterator[Finding]:
    """What a row says that its tool does not know, as column, what and mend."""
    if row.domain == OVERALL:
        if tool.overall.rule == "none":
            yield "domain", f"{tool.name} has no judgement over all domains", "Remove the row"
        elif row.question not in (JUDGEMENT, DIRECTION):
            yield "question", f"{quoted(row.question)} is no question of the overall judgement", f"Use {JUDGEMENT} or {DIRECTION}"
        else:
            yield from _unoffered(row, offered(tool, None, None, row.question))
        return
    domain = tool.domain(row.domain)
    if domain is None:
        known = [domain.id for domain in tool.domains] + [OVERALL] * (tool.overall.rule != "none")
        yield "domain", f"{tool.name} has no domain {quoted(row.domain)}", f"Use one of {', '.join(known)}"
        return
    questions = [question.id for question in domain.questions]
    if row.question not in (*questions, JUDGEMENT, DIRECTION):
        what = f"domain {domain.id} of {tool.name} has no question {quoted(row.question)}"
        yield "question", what, f"Use one of {', '.join((*questions, JUDGEMENT, DIRECTION))}"
        return
    yield from _unoffered(row, offered(tool, domain, _question(domain, row.question), row.question))


def _question(domain: Domain, id_: str) -> Question | None:
    return next((question for question in domain.questions if question.id == id_), None)


def offered(tool: Tool, domain: Domain | None, question: Question | None, id_: str) -> Mapping[str, str]:
    """What the cell `answer` can hold, and what it means: of a signalling question, a judgement or a direction."""
    if id_ == JUDGEMENT:
        return {level.id: level.name for level in tool.levels_of(domain)}
    if id_ == DIRECTION or question is None:
        return DIRECTIONS
    answers = {answer: tool.answers.get(answer, "") for answer in tool.choices(question)}
    return answers | ({NOT_ASKED: "not asked"} if question.asked_if else {})


def _unoffered(row: RiskOfBiasRow, answers: Mapping[str, str]) -> Iterator[Finding]:
    if row.answer and not _matching(row.answer, answers):
        yield "answer", f"{quoted(row.answer)} is no answer to {row.question} of {row.domain}", f"Use one of {', '.join(answers)}"


def _matching(answer: str, answers: Mapping[str, str]) -> list[str]:
    """The answers that a cell can mean: `py` and `probably yes` are PY, `Some concerns` is some-concerns."""
    found = answer.casefold()
    return [id_ for id_, name in answers.items() if found in (id_.casefold(), name.casefold())]


def _as_offered(row: RiskOfBiasRow, tool: Tool) -> str:
    domain = tool.domain(row.domain)
    question = _question(domain, row.question) if domain else None
    return _matching(row.answer, offered(tool, domain, question, row.question))[0]
