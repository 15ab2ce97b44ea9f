"""The risk of bias as the page shows it: beside each pooled result, and every answer of every study."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from trialpool.analysis.findings import AnalysisFindings, Findings
from trialpool.analysis.judgements import judgements_of
from trialpool.figures.from_judgements import lights_of
from trialpool.figures.numerals import share_text
from trialpool.reports.html_figures import FigureView
from trialpool.reports.html_links import short_source_links
from trialpool.reports.html_robustness import Folded, PartView
from trialpool.reports.html_tables import Cell, Column, Group, Link, Row, Table, Tag, cell, row, table
from trialpool.reports.risk_of_bias_text import risk_sentences
from trialpool.review.assessments import assessments_of
from trialpool.review.risk_of_bias import Answered, Assessment, DomainJudgement, RiskOfBiasRow
from trialpool.review.risk_of_bias_tool import NOT_ASKED, Tool

NO_LEVEL = "no level"


def risk_view(found: AnalysisFindings, name: str, figures: Mapping[str, FigureView]) -> PartView | None:
    """The risk of bias of what an analysis pools; None where nothing of it is judged."""
    if found.risk_of_bias is None:
        return None
    id_ = found.analysis.id
    drawn = [view for kind in ("traffic-lights", "risk-of-bias") for key, view in figures.items() if _is_of(key, kind, id_)]
    return PartView(
        id="risk-of-bias",
        heading="Risk of bias",
        short="Risk of bias",
        sentences=risk_sentences(found),
        figures=tuple(drawn),
        folded=tuple(Folded(summary="The judgements as a table", table=made) for made in _levels(found, name)),
    )


def _is_of(key: str, kind: str, analysis: str) -> bool:
    return key == f"{kind}-{analysis}" or key.startswith(f"{kind}-{analysis}.")


def _levels(found: AnalysisFindings, name: str) -> Iterator[Table]:
    """The levels of each domain, a row a result, for each tool."""
    assert found.risk_of_bias is not None
    for of in judgements_of(found.risk_of_bias):
        tool, weights = of.tool, of.weights or ()
        columns = [*of.levels.values(), *([of.overall] if of.overall is not None else [])]
        heads = [*(domain.name for domain in tool.domains), *([tool.overall.name] if of.overall is not None else [])]
        rows = (
            row((cell(study), *(Cell(tag=level_tag(tool, level)) for level in levels), cell(share_text(weight))))
            for study, weight, *levels in zip(of.study, weights, *columns, strict=True)
        )
        yield table(
            f"Risk of bias by {tool.name}: {name}",
            (Column("Study"), *(Column(head) for head in heads), Column("Weight", "number")),
            rows,
            wide=True,
        )


def level_tag(tool: Tool, level: str) -> Tag:
    """A level as a mark, with the sign that figures use for it."""
    if not level:
        return Tag(NO_LEVEL, "other")
    light = lights_of(tool)[level]
    found = tool.level(level)
    return Tag(light.name, "recalled" if found.high else "author" if tool.is_low(level) else "other", light.sign)


# --- every answer of every study


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRisk:
    """What was answered of some outcomes of a study, which are judged alike: their names, the tool, the levels and the answers."""

    outcomes: str
    tool: str
    overall: Tag
    answers: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRisk:
    """What was answered of a study (or stratum)."""

    id: str
    title: str
    summary: str
    results: tuple[ResultRisk, ...]


def study_risks(findings: Findings) -> tuple[StudyRisk, ...]:
    """Every study (or stratum) of which any result is judged, in the order of studies.csv."""
    names = {found.outcome.id: found.outcome.name for found in findings.analyses}
    by_unit: dict[str, list[Assessment]] = {}
    for each in _judged(findings):
        by_unit.setdefault(each.unit.title, []).append(each)
    made = []
    for i, (title, judged) in enumerate(by_unit.items(), start=1):
        results = tuple(_result(group, names) for group in _alike(judged))
        summary = "; ".join(f"{result.outcomes}: {result.overall.text.lower()}" for result in results)
        made.append(StudyRisk(id=f"bias.{i}", title=title, summary=summary, results=results))
    return tuple(made)


def _judged(findings: Findings) -> Iterator[Assessment]:
    """The results that are pooled, and those that are judged and not pooled, of the outcomes that are analysed."""
    pooled = [each for found in findings.analyses if found.risk_of_bias for each in found.risk_of_bias.judged]
    outcomes = {found.outcome.id for found in findings.analyses}
    there = {(each.unit.study, each.outcome) for each in pooled}
    others = [each for each in assessments_of(findings.review) if (each.unit.study, each.outcome) not in there]
    order = [study.study for study in findings.review.studies]
    kept = {(*each.unit.key, each.outcome): each for each in (*pooled, *others) if each.outcome in outcomes}
    yield from sorted(kept.values(), key=lambda each: order.index(each.unit.study))


def _alike(judged: Iterable[Assessment]) -> list[list[Assessment]]:
    """Results that rest on the same answers, together."""
    groups: list[list[Assessment]] = []
    for each in judged:
        same = next((group for group in groups if _content(group[0]) == _content(each)), None)
        if same is None:
            groups.append([each])
        else:
            same.append(each)
    return groups


def _content(each: Assessment) -> tuple[object, ...]:
    return each.tool.id, each.domains, each.overall


def _result(group: list[Assessment], names: Mapping[str, str]) -> ResultRisk:
    first = group[0]
    columns = (Column("Question", "long"), Column("Answer"), Column("What it rests on", "long"))
    outcomes = ", ".join(dict.fromkeys(names[each.outcome] for each in group))
    return ResultRisk(
        outcomes=outcomes,
        tool=first.tool.name,
        overall=level_tag(first.tool, first.overall.level),
        answers=table(f"{first.unit.title}, {outcomes.lower()}: answers and judgements", columns, tuple(_groups(first))),
    )


def _groups(each: Assessment) -> Iterator[Group]:
    for judged in (*each.domains, each.overall):
        if judged.domain is None and each.tool.overall.rule == "none":
            continue
        name = f"{judged.domain.id} {judged.domain.name}" if judged.domain is not None else each.tool.overall.name
        rows = (
            *(_answer(answered, each.tool) for answered in judged.answers if answered.answer != NOT_ASKED),
            *_judgement(judged, each.tool),
        )
        yield Group(rows=rows, head=name)


def _answer(answered: Answered, tool: Tool) -> Row:
    question = f"{answered.question.id} {answered.question.text}"
    meaning = tool.answers.get(answered.answer, "")
    return row((cell(question), cell(answered.answer or "–", below=meaning or "no answer yet"), _rests_on(answered.rows)))


def _rests_on(rows: tuple[RiskOfBiasRow, ...]) -> Cell:
    """Quotes and notes, then the sources; who answered what where several did."""
    several = len({of.reviewer for of in rows}) > 1
    links: list[Link] = []
    for of in rows:
        said = f"{of.reviewer or 'Unnamed'}: {of.answer}. " if several else ""
        words = " ".join(filter(None, (f"\u201c{of.quote}\u201d" if of.quote else "", of.note)))
        links += [Link(f"{said}{words}".strip())] if said or words else []
        links += short_source_links(of.source)
    return Cell(links=tuple(link for link in links if link.text.strip()))


def _judgement(judged: DomainJudgement, tool: Tool) -> Iterator[Row]:
    """The level, how it came about, and the direction."""
    how = "as the rules lead to it" if judged.proposed and not judged.overridden else ""
    if judged.domain is None and judged.proposed and not judged.overridden:
        how = "the worst of the domains"
    if judged.overridden:
        how = f"by a person; the rules lead to {tool.level(judged.proposed).name.lower()}"
    elif judged.level and not judged.proposed:
        how = "by a person"
    if judged.disputed:
        how = f"reviewers differ on {', '.join(judged.disputed)}"
    rests = Cell(links=(Link(judged.reason),)) if judged.reason else Cell()
    yield row(
        (cell("Judgement"), Cell(tag=level_tag(tool, judged.level), below=how), _rests_on(judged.rows) if judged.rows else rests),
        total=True,
    )
    if judged.direction:
        yield row((cell("Predicted direction of bias"), cell(judged.direction), Cell()))
