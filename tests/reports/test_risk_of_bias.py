"""The risk of bias in a report: sentences, every answer with what it rests on, methods, tables."""

from __future__ import annotations

import pytest
from tests.analysis.test_risk_of_bias import FOUR, FOUR_RESULTS, ROWS
from tests.formats.folders import PLAN, findings, folder
from tests.formats.risk_rows import low, said

from trialpool.reports.html import html_report
from trialpool.reports.html_risk_of_bias import study_risks
from trialpool.reports.methods_text import methods
from trialpool.reports.report_figures import report_figures
from trialpool.reports.risk_of_bias_text import risk_sentences
from trialpool.reports.tables import table_rows

NOTE = (
    "Several domains with some concerns can together be a high risk; the tool leaves that to a person, who says so by a judgement "
    "over all domains, with its reason."
)


def of(tmp_path, rows):
    return findings(folder(tmp_path, toml=PLAN, studies=FOUR, results=FOUR_RESULTS, risk_of_bias=rows))


def test_the_sentences_say_what_is_at_which_level_and_what_remains_without_high_risk(tmp_path):
    found = of(tmp_path, ROWS)["os"]
    assert risk_sentences(found) == (
        (
            "Of 4 results, 1 is judged low (24% of the weight), 1 is judged some concerns (35% of the weight), "
            "1 is judged high (21% of the weight) and 1 has no level (20% of the weight)."
        ),
        "D 2015 has no level: it needs an answer to every question that is asked, and none is assumed.",
        "Without the results at high risk the pooled result is 0.85 (0.58–1.24), from 3 effects.",
        NOTE,
    )


def test_an_override_is_named(tmp_path):
    rows = [
        *(row for study in FOUR for row in low(study["study"])),
        said("a-2001", "D3", "judgement", "high", note="Lost in one arm"),
    ]
    found = of(tmp_path, rows)
    assert risk_sentences(found["os"])[1] == "A person judged otherwise than the rules of the tool, with a reason, in A 2001 (D3)."
    (paragraph,) = [paragraph for paragraph in methods(found) if paragraph.heading == "Risk of bias"]
    assert paragraph.text == (
        "The risk of bias was judged by RoB 2, effect of assignment to treatment (Sterne et al. (2019), BMJ 366:l4898; guidance of "
        "22 August 2019), for each result apart. Answers to signalling questions lead to the judgement of a domain by the "
        "rules of the tool; a question that was not answered leaves the domain without a level, and none is assumed. Over "
        "all domains the worst counts, so that one at the worst level settles it, unless a person judged otherwise. In 1 "
        "judgement a person departed from the rules, with a reason."
    )


def test_where_nothing_has_a_level_that_is_said_once(tmp_path):
    assert risk_sentences(of(tmp_path, low("a-2001", but=("D1",)))["os"]) == (
        (
            "None of 4 results has a level over all domains: a level needs an answer to every question that is asked, and none is "
            "assumed. So the pooled result cannot be given without results at high risk."
        ),
    )


@pytest.mark.parametrize("rows", [None, "study,tool,domain,question,answer\n"])
def test_without_rows_there_is_no_section(tmp_path, rows):
    found = of(tmp_path, rows)
    page = html_report(found, report_figures(found))
    assert 'id="bias"' not in page
    assert 'risk-of-bias"' not in page


def test_every_answer_stands_with_its_quote_its_reason_and_its_direction(tmp_path):
    quote = '<b>"central"</b> & sealed'
    rows = [
        *low("a-2001", but=("D1",)),
        said("a-2001", "D1", "1.1", "Y", reviewer="R1", quote=quote, source="p. 3 of https://example.org/a"),
        said("a-2001", "D1", "1.1", "PY", reviewer="R2"),
        said("a-2001", "D1", "1.1", "PY", reviewer="consensus", note="It is not said how"),
        said("a-2001", "D1", "1.2", "Y"),
        said("a-2001", "D1", "1.3", "N"),
        said("a-2001", "D1", "judgement", "some-concerns", note="The list was kept by the sponsor"),
        said("a-2001", "D1", "direction", "favours-treatment"),
    ]
    found = of(tmp_path, rows)
    (study,) = study_risks(found)
    (result,) = study.results
    assert (study.title, study.summary, result.overall.text) == ("A 2001", "Overall survival: some concerns", "Some concerns")
    first = result.answers.groups[0]
    assert first.head == "D1 Randomisation process"
    assert [link.text for link in first.rows[0].cells[2].links] == [
        f"R1: Y. \u201c{quote}\u201d", "p. 3 of", "example.org", "R2: PY.", "consensus: PY. It is not said how",
    ]  # fmt: skip
    judgement, direction = first.rows[-2:]
    assert (judgement.cells[1].tag.text, judgement.cells[1].below) == ("Some concerns", "by a person; the rules lead to low")
    assert [link.text for link in judgement.cells[2].links] == ["The list was kept by the sponsor"]
    assert direction.cells[1].links[0].text == "favours the treatment"
    page = html_report(found, report_figures(found))
    assert quote not in page
    assert "&lt;b&gt;&#34;central&#34;&lt;/b&gt; &amp; sealed" in page


def test_questions_that_are_not_asked_are_not_shown(tmp_path):
    (study,) = study_risks(of(tmp_path, low("a-2001")))
    shown = [row.cells[0].links[0].text.split()[0] for group in study.results[0].answers.groups for row in group.rows]
    assert "2.3" not in shown
    assert "4.4" not in shown


def test_the_table_has_a_row_for_each_result_and_domain(tmp_path):
    rows = table_rows(of(tmp_path, ROWS))["risk_of_bias"]
    assert len(rows) == 3 * 6
    (fourth,) = [row for row in rows if (row["study"], row["domain"]) == ("b-2005", "D4")]
    assert (fourth["level"], fourth["proposed"], fourth["answers"]) == ("high", "high", "4.1 N; 4.2 PN; 4.3 Y; 4.4 PY; 4.5 PY")


def test_the_figures_follow_the_forest_plot(tmp_path):
    names = list(report_figures(of(tmp_path, ROWS)))
    assert names[:3] == ["forest-os", "traffic-lights-os", "risk-of-bias-os"]
