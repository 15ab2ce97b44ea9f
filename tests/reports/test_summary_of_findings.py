"""The summary of findings: published numbers, sentences, footnotes, and the same numbers wherever they are shown."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.analysis.test_certainty import certainty, place
from tests.evidence.test_absolute_effect import printed
from tests.formats.folders import COUNTS_PLAN, counts, findings, folder

import trialpool as tp
from trialpool.analysis.certainty import evidence_profile
from trialpool.analysis.findings import Findings
from trialpool.reports.document import Heading, TableBlock
from trialpool.reports.document_sections import document_of
from trialpool.reports.findings_json import findings_json
from trialpool.reports.html import html_report
from trialpool.reports.plain_language import statement
from trialpool.reports.summary_of_findings import SummaryRow, summary_of_findings
from trialpool.reports.tables import tables_of
from trialpool.review.certainty import CertaintyLevel

ALIVE = "shows = 'event-free'\n"
THREE = tuple(counts(study, 10, 100, 20, 100) for study in ("a-2001", "b-2005", "c-2010"))


def baseline(survival: float, at: str = "4 years", more: str = "") -> str:
    return f"[[outcomes.baselines]]\nevent_free = {survival}\nat = '{at}'\nsource = 'a trial'\n{more}"


def with_hazard_ratio(tmp_path: Path, hr: float, ci: list[float], text: str) -> Findings:
    """Findings in which the pooled hazard ratio is one that was printed."""
    made = findings(folder(tmp_path, certainty=certainty(text)))
    found, fit = made.analyses[0], printed(hr, ci, "HR")
    profile = evidence_profile(made.review, found.analysis, found.outcome, found.selection, fit)
    return replace(made, analyses=(replace(found, fit=fit, certainty=profile),))


def row(made: Findings) -> SummaryRow:
    return summary_of_findings(made).rows[0]


def of_counts(tmp_path: Path, text: str | None, measure: str = "RR") -> Findings:
    return findings(folder(tmp_path, toml=COUNTS_PLAN.replace('"RR"', f'"{measure}"'), results=THREE, certainty=text))


# Numbers: Altman & Andersen (1999), BMJ 319:1492-1495, S_t = S_c^HR; worked by hand


@pytest.mark.parametrize(
    ("hr", "ci", "survival", "treated", "difference", "limits", "nnt"),
    [
        (0.62, [0.57, 0.67], 0.30, 474, 174, (146, 203), "NNTB 6 (5 to 7)"),
        (0.93, [0.85, 1.01], 0.60, 622, 22, (-3, 48), "NNTB 46 (NNTB 21 to infinity to NNTH 328)"),
    ],
)
def test_people_free_of_the_event(
    tmp_path: Path, hr: float, ci: list[float], survival: float, treated: int, difference: int, limits: tuple[int, int], nnt: str
) -> None:
    found = row(with_hazard_ratio(tmp_path, hr, ci, ALIVE + baseline(survival)))
    assert (round(found.treated or 0), round(found.difference or 0)) == (treated, difference)
    assert (round(found.low or 0), round(found.high or 0)) == limits
    assert found.nnt == nnt
    assert (found.comparator, found.at, found.shows) == (1000 * survival, "4 years", "event-free")


def test_a_sentence_about_people_without_the_event_does_not_turn_it_round(tmp_path: Path) -> None:
    found = row(with_hazard_ratio(tmp_path, 0.62, [0.57, 0.67], ALIVE + baseline(0.30)))
    assert found.counted == "freedom from deaths"
    assert "increases deaths" not in found.statement


def test_people_with_the_event_are_the_others(tmp_path: Path) -> None:
    free = row(with_hazard_ratio(tmp_path / "a", 0.62, [0.57, 0.67], ALIVE + baseline(0.30)))
    with_event = row(with_hazard_ratio(tmp_path / "b", 0.62, [0.57, 0.67], baseline(0.30)))
    assert with_event.treated == pytest.approx(1000 - (free.treated or 0))
    assert with_event.difference == pytest.approx(-(free.difference or 0))
    assert with_event.nnt == free.nnt


@pytest.mark.parametrize(("measure", "treated"), [("RR", 50), ("OR", 100 * 0.4444444444 / (0.9 + 0.04444444444)), ("RD", 0)])
def test_ratios_and_differences_at_a_baseline(tmp_path: Path, measure: str, treated: float) -> None:
    """10 v 20 of 100 in each trial: RR 1/2, OR (10/90)/(20/80) = 4/9, RD -0.10; at a risk of 10%."""
    found = row(of_counts(tmp_path, certainty("[[outcomes.baselines]]\nrisk = 0.10\nsource = 'a trial'\n"), measure))
    assert found.treated == pytest.approx(treated, abs=1e-6)
    assert found.comparator == 100


def test_a_risk_difference_needs_no_baseline_for_its_difference(tmp_path: Path) -> None:
    made = of_counts(tmp_path, None, "RD")
    found = made.analyses[0]
    profile = evidence_profile(made.review, found.analysis, found.outcome, replace(found.selection, effects=()), found.fit)
    alone = row(replace(made, analyses=(replace(found, certainty=profile),)))
    assert (alone.comparator, alone.treated, alone.nnt) == (None, None, "")
    assert alone.difference == pytest.approx(-100)


def test_the_error_of_the_baseline_widens_the_interval(tmp_path: Path) -> None:
    known, uncertain = (
        row(with_hazard_ratio(tmp_path / name, 0.62, [0.57, 0.67], ALIVE + baseline(0.30, more=more)))
        for name, more in (("a", ""), ("b", "low = 0.2\nhigh = 0.42\n"))
    )
    assert known.difference == uncertain.difference
    assert (known.low or 0) > (uncertain.low or 0)


def test_each_baseline_has_a_row_and_the_same_certainty(tmp_path: Path) -> None:
    low, high = (baseline(s, more=f"label = '{label}'\n") for s, label in ((0.8, "low risk"), (0.3, "high risk")))
    rows = summary_of_findings(with_hazard_ratio(tmp_path, 0.62, [0.57, 0.67], ALIVE + low + high)).rows
    assert [(r.baseline, r.comparator, r.certainty) for r in rows] == [("low risk", 800, "high"), ("high risk", 300, "high")]


# Sentences


@pytest.mark.parametrize(
    ("level", "said"),
    [
        ("high", "The drug reduces deaths (150 fewer of 1000 at 3 years, 95% confidence interval from 180 fewer to 116 fewer)."),
        (
            "moderate",
            (
                "The drug probably reduces deaths (150 fewer of 1000 at 3 years, 95% confidence interval from 180 fewer to"
                " 116 fewer)."
            ),
        ),
        ("low", "The drug may reduce deaths (150 fewer of 1000 at 3 years, 95% confidence interval from 180 fewer to 116 fewer)."),
        ("very low", "The evidence is very uncertain about the effect of the drug on deaths."),
        (None, "Not yet judged."),
    ],
)
def test_the_verb_says_how_certain_it_is(level: CertaintyLevel | None, said: str) -> None:
    found = place(0.70, 0.05, 0.50)  # 0.6347 to 0.7721
    low, high = -500 * (1 - 0.70 * np.exp(-1.959964 * 0.05)), -500 * (1 - 0.70 * np.exp(1.959964 * 0.05))
    said = said.replace("180 fewer", f"{-low:.0f} fewer").replace("116 fewer", f"{-high:.0f} fewer")
    assert statement(found, level, treatment="The drug", counted="deaths", measure="risk ratio") == said


CASES = {
    # at a risk of 50% and a smallest difference of 50 of 1000: risk ratios of 0.90 and 1.10
    (0.70, 0.05): "The drug reduces deaths ",
    (0.85, 0.05): "; the interval also holds little or no difference.",  # 0.77 to 0.94
    (0.80, 0.15): "; the interval also holds little or no difference.",  # 0.60 to 1.07
    (0.80, 0.20): "; the interval also holds little or no difference and an increase that matters.",  # 0.54 to 1.18
    (0.95, 0.02): "The drug reduces deaths slightly ",  # 0.91 to 0.99
    (0.94, 0.03): "; the interval also holds a reduction that matters.",  # 0.886 to 0.997
    (1.00, 0.03): "The drug makes little or no difference to deaths ",
    (0.98, 0.10): "; the interval also holds a reduction that matters and an increase that matters.",
    (1.30, 0.05): "The drug increases deaths ",
}


@pytest.mark.parametrize(("case", "part"), CASES.items(), ids=str)
def test_size_words_go_by_the_smallest_difference_that_matters(case: tuple[float, float], part: str) -> None:
    said = statement(place(*case, 0.50, per_1000=50), "high", treatment="The drug", counted="deaths", measure="risk ratio")
    assert part in said
    assert ("; the interval" in said) == part.startswith(";")


def test_without_a_smallest_difference_an_interval_that_holds_none_is_not_clear() -> None:
    said = statement(place(0.9, 0.1, 0.50), "low", treatment="The drug", counted="deaths", measure="risk ratio")
    assert said.startswith("Whether the drug reduces or increases deaths is not clear (50 fewer of 1000 at 3 years, 95%")


def test_without_a_baseline_the_ratio_is_said() -> None:
    found = place(0.62, 0.04, None, measure="HR", free=True)
    said = statement(found, "moderate", treatment="The drug", counted="survival", measure="hazard ratio")
    assert said == "The drug probably increases survival (hazard ratio 0.62, 95% confidence interval 0.57 to 0.67)."


@given(st.floats(0.3, 3.0), st.floats(0.01, 0.5), st.floats(0.02, 0.6), st.floats(5, 200))
def test_no_sentence_claims_a_side_that_the_interval_does_not_tell(effect: float, se: float, risk: float, mid: float) -> None:
    """Where the interval holds no effect, the sentence says that there is none that matters, or what else the interval holds."""
    found = place(effect, se, risk, per_1000=mid)
    said = statement(found, "high", treatment="The drug", counted="deaths", measure="risk ratio")
    if found.holds_null:
        assert "little or no difference" in said
    assert ("reduces" in said) <= (found.estimate < 0)
    assert ("increases" in said) <= (found.estimate > 0)


# The table


def test_footnotes_are_lettered_as_rows_lean_on_them(tmp_path: Path) -> None:
    text = certainty(
        "note = 'Deaths from any cause'\n[[outcomes.baselines]]\nrisk = 0.2\nsource = 'a trial'\n", imprecision=1, indirectness=2
    )
    summary = summary_of_findings(of_counts(tmp_path, text))
    assert [(note.mark, note.text) for note in summary.footnotes] == [
        ("a", "Risk with the comparator: a trial."),
        ("b", "Two levels down for indirectness: so it is."),
        ("c", "One level down for imprecision: so it is."),
        ("d", "Deaths from any cause."),
    ]
    assert (summary.rows[0].absolute_marks, summary.rows[0].marks) == (("a",), ("b", "c", "d"))


def test_an_override_is_a_footnote(tmp_path: Path) -> None:
    summary = summary_of_findings(of_counts(tmp_path, certainty("override = { level = 'low', why = 'fraud is suspected' }\n")))
    assert (summary.rows[0].certainty, summary.rows[0].symbols) == ("low", "⊕⊕○○")
    assert summary.footnotes[-1].text == "Set to low, where the decisions add up to high: fraud is suspected."


def test_what_nobody_judged_is_not_yet_judged(tmp_path: Path) -> None:
    summary = summary_of_findings(of_counts(tmp_path, None))
    assert [(r.certainty, r.symbols, r.statement, r.marks) for r in summary.rows] == [(None, "", "Not yet judged.", ())]
    assert summary.to_dict()["certainty"] == ["not yet judged"]
    assert summary.footnotes[0].text == (
        "Risk with the comparator: median of the 3 control arms of this analysis. Nobody stated a baseline risk."
    )


def test_outcomes_stand_in_the_order_of_the_judgements(tmp_path: Path) -> None:
    plan = COUNTS_PLAN + "".join(f'[[analyses]]\nid = "{id_}"\noutcome = "os"\n' for id_ in ("second", "third"))
    text = certainty() + "[[outcomes]]\nanalysis = 'third'\n"
    text = text.replace("analysis = 'os'", "analysis = 'second'")
    rows = summary_of_findings(findings(folder(tmp_path, toml=plan, results=THREE, certainty=text))).rows
    assert [(r.analysis, r.outcome) for r in rows] == [
        ("second", "Death (second)"),
        ("third", "Death (third)"),
        ("os", "Death (os)"),
    ]


def test_the_table_is_a_frame_and_a_text(tmp_path: Path) -> None:
    summary = tp.summary_of_findings(of_counts(tmp_path, certainty("[[outcomes.baselines]]\nrisk = 0.2\nsource = 'a trial'\n")))
    frame = summary.to_frame("pandas")
    assert frame.loc[0, ["comparator", "treated", "patients", "studies", "certainty"]].tolist() == [
        200,
        pytest.approx(100),
        600,
        3,
        "high",
    ]
    assert str(summary).splitlines()[0] == "Treatment against Control, people of 1000"


def test_the_same_numbers_stand_in_every_place(tmp_path: Path) -> None:
    made = of_counts(tmp_path, certainty("[[outcomes.baselines]]\nrisk = 0.2\nsource = 'a trial'\n", imprecision=1))
    mine = row(made)
    data = json.loads(findings_json(made))
    assert data["summary_of_findings"]["rows"][0]["difference"] == mine.difference
    assert data["analyses"][0]["certainty"]["level"] == "moderate"
    cells = next(csv.DictReader(io.StringIO(tables_of(made)["summary_of_findings.csv"])))
    assert float(cells["difference"]) == mine.difference
    profile = list(csv.DictReader(io.StringIO(tables_of(made)["evidence_profile.csv"])))
    assert {(r["domain"], r["decision"]) for r in profile} >= {("imprecision", "-1"), ("indirectness", "0")}
    page = html_report(made, {})
    assert "100 fewer" in page
    assert re.search(r"Certainty of the evidence: ⊕⊕⊕○ moderate\. Treatment probably reduces deaths \(100 fewer of 1000", page)
    assert page.index('id="answer"') < page.index('id="summary-of-findings"') < page.index('id="summary"')


def test_a_review_without_judgements_shows_no_certainty(tmp_path: Path) -> None:
    page = html_report(of_counts(tmp_path, None), {})
    assert "Summary of findings" not in page
    assert "Certainty of the evidence" not in page


def test_documents_hold_the_table_its_footnotes_and_the_profile(tmp_path: Path) -> None:
    text = certainty("[[outcomes.baselines]]\nrisk = 0.2\nsource = 'a trial'\n", imprecision=1)
    blocks = document_of(of_counts(tmp_path, text), {}).blocks
    headings = [block.text for block in blocks if isinstance(block, Heading)]
    assert headings.index("Answer") < headings.index("Summary of findings") < headings.index("Summary")
    assert "How certain is this evidence?" in headings
    tables = {block.table.caption: block.table for block in blocks if isinstance(block, TableBlock)}
    cells = tables["Summary of findings: Treatment against control, people of 1000"].groups[0].rows[0].cells
    assert [cell.links[0].text for cell in cells][1:4] == ["200 [a]", "100", "100 fewer"]
    assert cells[6].links[0].text == "⊕⊕⊕○ moderate [b]"
