"""References as the Vancouver style has them: examples after the NLM's Citing Medicine, chapter 1, of our own making."""

from __future__ import annotations

import pytest

from trialpool.reports.vancouver import author_text, pages_text, study_reference, vancouver
from trialpool.review.record import Place, Record
from trialpool.review.study import Study

PLACE = Place("made-up.ris", 1)
SEVEN = tuple(f"Author{c}, Name" for c in "ABCDEFG")


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (Record(PLACE, title="Only a title"), "Only a title."),
        (Record(PLACE, title="A question?", year=1999), "A question? 1999."),
        (
            Record(PLACE, "T", SEVEN, 2020, "J", "1", "", "e12"),
            "AuthorA N, AuthorB N, AuthorC N, AuthorD N, AuthorE N, AuthorF N, et al. T. J. 2020;1:e12.",
        ),
        (
            Record(PLACE, "T", SEVEN[:6], None, "J", "1"),
            "AuthorA N, AuthorB N, AuthorC N, AuthorD N, AuthorE N, AuthorF N. T. J. 1.",
        ),
        (Record(PLACE, "T", (), 2020, "J", pages="10-19", pmid="7"), "T. J. 2020:10-9. PMID: 7."),
    ],
)
def test_a_record_as_a_reference(record, expected):
    assert vancouver(record) == expected


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ("Müller, Ángel Ö.", "Müller ÁÖ"),
        ("Müller ÁÖ", "Müller ÁÖ"),
        ("de la Cruz, J.-P.", "de la Cruz JP"),
        ("Smith, JR", "Smith JR"),
        ("Intergroupe Francophone du Myélome", "Intergroupe Francophone du Myélome"),
        ("Smith, John, 3rd", "Smith J 3rd"),
        ("Lokhorst H.M.", "Lokhorst HM"),
        ("van der Berg A.-M.", "van der Berg AM"),
        ("Group of St. Luke", "Group of St. Luke"),
        ("", ""),
    ],
)
def test_an_author(author, expected):
    assert author_text(author) == expected


@pytest.mark.parametrize(
    ("pages", "expected"),
    [("100-109", "100-9"), ("100-100", "100"), ("S12-S20", "S12-S20"), ("1-2, 5", "1-2, 5"), ("9-10", "9-10")],
)
def test_pages(pages, expected):
    assert pages_text(pages) == expected


def test_the_record_of_a_study_is_found_by_doi_or_pubmed_number_and_the_fuller_one_is_taken():
    study = Study(study="a", label="A 2006", year=2006, doi="10.1/ABC", pmid="7")
    short, full = Record(PLACE, title="T", doi="10.1/abc"), Record(Place("b.ris", 2), title="T", year=2006, journal="J", pmid="7")
    other = Record(Place("b.ris", 3), title="Another with a much longer title than these two", doi="10.1/abcd", pmid="77")
    assert study_reference(study, [short, full, other]) == "T. J. 2006. doi:10.1/ABC. PMID: 7."
    assert study_reference(study, [other]) == "A 2006. doi:10.1/ABC. PMID: 7."


def test_of_the_included_records_without_identifiers_the_article_of_the_year_is_taken():
    study = Study(study="a", label="A 2006", year=2006, pmid="7")
    article = Record(PLACE, title="The article", year=2006, kind="article")
    others = [
        Record(Place("b.ris", i), title="Another", year=y, kind=kind)
        for i, y, kind in ((1, 2005, "article"), (2, 2006, "abstract"))
    ]
    ids = {r.id for r in (article, *others)}
    assert study_reference(study, [*others, article], ids) == "The article. 2006. PMID: 7."
    assert study_reference(study, [*others, article]) == "A 2006. PMID: 7."


def test_a_study_without_identifiers_is_told_by_its_source():
    assert (
        study_reference(Study(study="a", label="A 2006", year=2006, source="https://example.org/a"))
        == "A 2006. https://example.org/a."
    )
