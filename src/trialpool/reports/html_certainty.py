"""The summary of findings and the evidence profiles as the page shows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from trialpool.analysis.certainty_hints import Hint, more_or_fewer
from trialpool.analysis.findings import AnalysisFindings, Findings
from trialpool.analysis.placed_effect import decimals_of
from trialpool.figures.numerals import MINUS
from trialpool.reports.html_places import part
from trialpool.reports.html_tables import Column, Group, Row, Table, cell, row, table
from trialpool.reports.summary_of_findings import Footnote, SummaryRow, profile_of, summary_of_findings
from trialpool.reports.wording import effect_text, inside_sentence
from trialpool.review.certainty import DOMAINS, EVIDENCE, Downgrade, OutcomeCertainty, Upgrade
from trialpool.review.report import MEAN_DIFFERENCES

NONE = "\N{EN DASH}"
WHOSE = "The certainty of the evidence (GRADE) is a person's judgement."


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineView:
    """One row: what becomes of 1000 people whose risk with the comparator is known."""

    label: str
    comparator: str
    marks: tuple[str, ...]
    treated: str
    treated_range: str
    difference: str
    difference_range: str
    nnt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeGroup:
    """The rows of one outcome with what they share; `level` is empty where nobody judged it."""

    href: str
    name: str
    about: str
    rows: tuple[BaselineView, ...]
    relative: str
    participants: str
    symbols: str
    level: str
    marks: tuple[str, ...]
    statements: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryOfFindingsView:
    """The table, its footnotes, and what must be known first."""

    treatment: str
    control: str
    groups: tuple[OutcomeGroup, ...]
    footnotes: tuple[Footnote, ...]
    cautions: tuple[str, ...]
    judged_by: str


def summary_of_findings_view(findings: Findings) -> SummaryOfFindingsView | None:
    """The table; None where the review holds no certainty.toml."""
    if findings.review.certainty is None:
        return None
    summary = summary_of_findings(findings)
    return SummaryOfFindingsView(
        treatment=summary.treatment,
        control=inside_sentence(summary.control),
        groups=tuple(_group(tuple(rows), findings) for _, rows in groupby(summary.rows, lambda r: r.analysis)),
        footnotes=summary.footnotes,
        cautions=summary.cautions,
        judged_by=summary.judged_by,
    )


def certainty_line(found: AnalysisFindings, findings: Findings) -> str:
    """The certainty and the plain statement, beside the answer; empty where the review holds no certainty.toml."""
    if findings.review.certainty is None or found.fit is None:
        return ""
    rows = [r for r in summary_of_findings(findings).rows if r.analysis == found.analysis.id]
    if rows[0].certainty is None:
        return "Certainty of the evidence: not yet judged."
    label, said = _statements(tuple(rows))[0]
    return f"Certainty of the evidence: {rows[0].symbols} {rows[0].certainty}. {f'{label}: ' if label else ''}{said}"


def _group(rows: tuple[SummaryRow, ...], findings: Findings) -> OutcomeGroup:
    first = rows[0]
    found = findings[first.analysis]
    counted = "" if first.counted == first.outcome.lower() else first.counted
    patients = "not known" if first.patients is None else f"{first.patients:,}"
    return OutcomeGroup(
        href=f"#{part(found, 'outcome')}",
        name=first.outcome,
        about="; ".join(words for words in (first.importance, f"{_verb(found)} {counted}" if counted else "") if words),
        rows=tuple(_baseline(r) for r in rows),
        relative=NONE if found.fit is None else f"{first.measure} {effect_text(found.fit)}{_unit(found)}",
        participants=f"{patients} ({first.studies})",
        symbols=first.symbols,
        level=first.certainty or "",
        marks=first.marks,
        statements=_statements(rows),
    )


def _verb(found: AnalysisFindings) -> str:
    return "measures" if found.outcome.measure in MEAN_DIFFERENCES else "counts"


def _unit(found: AnalysisFindings) -> str:
    return f" {found.outcome.unit}" if found.outcome.unit and found.outcome.measure == "MD" else ""


def _statements(rows: tuple[SummaryRow, ...]) -> tuple[tuple[str, str], ...]:
    """What is said in plain words, with the baseline that it is said of where that makes a difference."""
    different = dict.fromkeys(r.statement for r in rows)
    if len(different) == 1:
        return (("", rows[0].statement),)
    return tuple((r.baseline[:1].upper() + r.baseline[1:], r.statement) for r in rows)


def _baseline(r: SummaryRow) -> BaselineView:
    when = f"at {r.at}" if r.at else ""
    return BaselineView(
        label=", ".join(word for word in (r.baseline, when) if word) or "all",
        comparator=_count(r.comparator, r),
        marks=r.absolute_marks,
        treated=_count(r.treated, r),
        treated_range="" if r.treated is None else f"{_count(r.treated_low, r)} to {_count(r.treated_high, r)}",
        difference=_change(r.difference, r),
        difference_range="" if r.difference is None else f"{_change(r.low, r)} to {_change(r.high, r)}",
        nnt=r.nnt,
    )


def _count(number: float | None, r: SummaryRow) -> str:
    return NONE if number is None else f"{number:.{_decimals(r)}f}"


def _change(number: float | None, r: SummaryRow) -> str:
    if number is None:
        return NONE
    return more_or_fewer(number / 1000, _decimals(r))


def _decimals(r: SummaryRow) -> int:
    return 0 if r.comparator is None or r.treated is None else decimals_of(r.comparator, r.treated)


def summary_table(view: SummaryOfFindingsView) -> Table:
    """The summary of findings as a plain table, for documents; marks stand in brackets."""
    columns = (
        Column("Baseline"),
        Column(f"With {view.control}", "number"),
        Column(f"With {view.treatment} (CI)", "number"),
        Column("Difference (CI)", "number"),
        Column("Relative effect (CI)", "number"),
        Column("Participants (studies)", "number"),
        Column("Certainty"),
        Column("In plain words", "long"),
    )
    groups = (Group(head=": ".join(w for w in (g.name, g.about) if w), rows=tuple(_plain_rows(g))) for g in view.groups)
    return table(f"Summary of findings: {view.treatment} against {view.control}, people of 1000", columns, groups, wide=True)


def _plain_rows(group: OutcomeGroup) -> Iterator[Row]:
    said = dict(group.statements)
    for i, r in enumerate(group.rows):
        certainty = f"{group.symbols} {group.level}{_bracketed(group.marks)}" if group.level else "not yet judged"
        difference = "; ".join(words for words in (r.difference_range, r.nnt) if words)
        yield row(
            (
                cell(r.label),
                cell(f"{r.comparator}{_bracketed(r.marks)}"),
                cell(r.treated, below=r.treated_range),
                cell(r.difference, below=difference),
                cell(group.relative if i == 0 else ""),
                cell(group.participants if i == 0 else ""),
                cell(certainty if i == 0 else ""),
                cell(group.statements[i][1] if len(said) > 1 else group.statements[0][1] if i == 0 else ""),
            )
        )


def _bracketed(marks: tuple[str, ...]) -> str:
    return f" [{', '.join(marks)}]" if marks else ""


def evidence_profile_table(found: AnalysisFindings, findings: Findings, name: str) -> Table | None:
    """Decisions and hints by domain; None where the review holds no certainty.toml, or there is nothing to judge."""
    profile = profile_of(found)
    if findings.review.certainty is None or found.fit is None:
        return None
    judged = profile.judged
    groups = []
    for domain, words in DOMAINS.items():
        of, made = profile.of(domain), judged.decision(domain) if judged is not None else None
        if made is not None or of:
            rows = tuple(row((cell(hint.name), cell(hint.found), cell(_speaks_for(hint)))) for hint in of)
            groups.append(Group(head=f"{words.capitalize()}: {_decided(made)}", rows=rows))
    columns = (Column("Computed"), Column("What came of it", "long"), Column("Speaks for"))
    return table(f"Evidence profile: {name}", columns, groups, note=_total(judged))


def _decided(made: Downgrade | Upgrade | None) -> str:
    """The decision on a domain with its reason."""
    if made is None:
        return "no decision"
    return f"{_levels(made.levels)}{f'. {made.why}' if made.why else ''}"


def _speaks_for(hint: Hint) -> str:
    return NONE if hint.levels is None else _levels(hint.levels)


def _levels(levels: int) -> str:
    return "no change" if not levels else f"{MINUS if levels < 0 else '+'}{abs(levels)}"


def _total(judged: OutcomeCertainty | None) -> str:
    computed = "What was computed decides nothing: it stands beside the decision of a person."
    if judged is None or judged.level is None:
        return f"Not yet judged. {computed}"
    said = f"{EVIDENCE[judged.evidence].capitalize()} start at {judged.start}; the decisions add up to {judged.computed}."
    if judged.override is not None and judged.level != judged.computed:
        said += f" It was set to {judged.level}: {judged.override.why.rstrip('.')}."
    return f"{said} {computed}"
