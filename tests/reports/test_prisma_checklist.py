"""The PRISMA 2020 checklist: its items, what the report fills in, and what only a person can."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from tests.formats.folders import PLAN, findings, folder, problems

from trialpool.analysis.run import analyse
from trialpool.formats.review_folder import read_review
from trialpool.reports.html import html_report
from trialpool.reports.methods_text import methods
from trialpool.reports.prisma_checklist import WHERE, checklist, checklist_csv, prisma_checklist
from trialpool.review.prisma import ITEMS

FLAGSHIP = Path(__file__).parents[2] / "reviews/imid-maintenance"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    toml = PLAN + '\n[prisma]\n24a = "PROSPERO 1"\n17 = "Table 1"\nA12 = "PROSPERO 1"\n'
    return findings(folder(tmp_path_factory.mktemp("prisma"), toml=toml))


@pytest.fixture(scope="module")
def flagship():
    return analyse(read_review(FLAGSHIP))


def test_there_are_27_items_in_42_parts_and_12_of_the_abstract():
    numbers = [item.number for item in checklist()]
    assert tuple(numbers) == ITEMS
    assert len({re.sub(r"\D", "", number) for number in numbers if number[0] != "A"}) == 27
    assert (sum(number[0] != "A" for number in numbers), sum(number[0] == "A" for number in numbers)) == (42, 12)
    assert set(WHERE) <= set(ITEMS)


def test_every_item_has_words_and_a_topic():
    assert [item.number for item in checklist() if not (item.text.endswith(".") and item.topic and item.section)] == []


def test_what_a_person_says_comes_first(small):
    said = {each.item.number: each for each in prisma_checklist(small)}
    assert [(said[n].where[0].text, said[n].given) for n in ("24a", "17", "A12")] == [
        ("PROSPERO 1", "person"),
        ("Table 1", "person"),
        ("PROSPERO 1", "person"),
    ]


def test_what_the_report_cannot_tell_is_empty(small):
    empty = {each.item.number for each in prisma_checklist(small) if not each.given}
    assert {"2", "3", "5", "6", "7", "8", "9", "11", "16a", "16b", "23a", "25", "26", "A1"} <= empty
    assert not empty & {"12", "13d", "17", "19", "20b", "24a"}


def test_how_data_were_collected_is_said_where_two_extracted(tmp_path):
    made = folder(tmp_path)
    for name in ("ae", "bk"):
        (made / "extraction" / name).mkdir(parents=True)
        (made / "extraction" / name / "os.csv").write_text("study,outcome,status\n", encoding="utf-8")
    (made / "extraction/adjudication.csv").write_text(
        "study,outcome,column,found,agreed,who,when,why\na-2001,OS,p,ae: 1 | bk: 2,1,cd,2026-01-01,Table 1\nb-2005,OS,p,x,,,,\n",
        encoding="utf-8",
    )
    found = findings(made)
    said = {each.item.number: each for each in prisma_checklist(found)}
    assert (said["9"].given, said["9"].where[0].href) == ("report", "#methods")
    (extraction,) = [paragraph.text for paragraph in methods(found) if paragraph.heading == "Extraction"]
    assert extraction == (
        "Reports were read by 2 extractors apart from each other (ae and bk), whose tables were compared cell by cell; a person "
        "decided 1 difference."
    )


def test_every_place_is_in_the_page(flagship):
    page = html_report(flagship, {})
    ids = set(re.findall(r' id="([^"]+)"', page))
    places = {link.href.removeprefix("#") for each in prisma_checklist(flagship) for link in each.where if link.href}
    figures_only = {place for place in places if place.endswith(".forest")}  # this page was made without figures
    assert places - ids - figures_only == set()


def test_the_table(small):
    rows = list(csv.DictReader(io.StringIO(checklist_csv(small))))
    assert len(rows) == 54
    assert rows[13] == {
        "item": "13a",
        "section": "Methods",
        "topic": "Synthesis methods",
        "wording": checklist()[13].text,
        "where": "Which report counts",
        "anchor": "#glossary",
        "given_by": "report",
    }


def test_an_item_that_does_not_exist_is_an_error(tmp_path):
    made = folder(tmp_path, toml=PLAN + '\n[prisma]\n13g = "x"\n')
    (problem,) = problems(made)
    assert problem == (
        "error: review.toml, prisma: {'13g': 'x'} cannot be used. There is no item 13g. Items are 1 to 27, some with letters "
        "(13a), and A1 to A12 of the abstract."
    )
