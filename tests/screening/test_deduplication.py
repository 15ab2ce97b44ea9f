"""Duplicates: what is merged, what is left to a person, and what is never merged."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialpool.errors import BadArgument
from trialpool.formats.labelled_duplicates import read_labelled_duplicates
from trialpool.review.record import Place, Record
from trialpool.screening.deduplication.deduplicate import Decision, deduplicate
from trialpool.screening.deduplication.scoring import score

SETS = Path(__file__).parents[2].parent / "shared" / "data" / "dedup"
ARTICLE = Record(
    Place("pubmed.nbib", 1),
    title="Lenalidomide maintenance after stem-cell transplantation for multiple myeloma",
    authors=("Attal M", "Lauwers-Cances V", "Marit G"),
    year=2012,
    journal="The New England journal of medicine",
    volume="366",
    issue="19",
    pages="1782-91",
    doi="10.1056/nejmoa1114138",
    pmid="22571202",
)


def other(**changes: object) -> Record:
    """The article as another database has it, with changes."""
    fields = {
        "place": Place("embase.ris", 1), "authors": ("Attal, Michel", "Lauwers-Cances, Valérie", "Marit, Gerald"),
        "pmid": "", "doi": "", "journal": "N Engl J Med", "pages": "1782-1791", "title": ARTICLE.title.upper() + ".",
    }  # fmt: skip
    return replace(ARTICLE, **(fields | changes))


def verdict(one: Record, two: Record) -> str:
    found = deduplicate([one, two])
    return "same" if found.groups else "unsure" if found.unsure else "related" if found.related else "different"


class TestTheSamePublication:
    @pytest.mark.parametrize(
        "changes",
        [
            {},
            {"journal": "", "volume": "", "issue": "", "pages": "", "doi": "https://doi.org/10.1056/NEJMoa1114138"},
            {"journal": "New Engl. J. Med."},
            {"pages": "1782"},
            {"pages": "1782-+"},
            {"title": ARTICLE.title[:60]},
            {"title": ARTICLE.title + " [see comment]"},
            {"title": f"RETRACTED: {ARTICLE.title}"},
            {"authors": ("IFM Investigators",)},
            {"year": 2011},
            {"authors": ("Michel, Attal", "Valerie, Lauwers Cances")},
        ],
        ids=str,
    )
    def test_as_databases_write_it(self, changes):
        assert verdict(ARTICLE, other(**changes)) == "same"

    def test_its_reasons_stand_in_the_result(self):
        match = deduplicate([ARTICLE, other()]).same[0]
        assert match.reasons[:3] == ("same title", "same authors", "same page")
        assert match.by == "automatic"

    def test_the_best_of_every_field_is_kept_with_its_origin(self):
        merged = deduplicate([ARTICLE, other(abstract="BACKGROUND: ...", flags=("retracted",))]).merged[0]
        assert (merged.record.id, merged.record.pmid, merged.record.flags) == ("pubmed.nbib#1", "22571202", ("retracted",))
        assert merged.origin["abstract"] == "embase.ris#1"
        assert merged.origin["pmid"] == "pubmed.nbib#1"

    def test_a_translated_title_beside_the_own(self):
        german = other(title="Erhaltungstherapie mit Lenalidomid nach Stammzelltransplantation [" + ARTICLE.title + "]")
        assert verdict(ARTICLE, german) == "same"


class TestNotTheSame:
    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"journal": "Blood", "volume": "118", "issue": "21", "pages": "1734", "kind": "abstract"}, "related"),
            ({"title": f"Erratum: {ARTICLE.title}", "pages": "2000"}, "different"),
            ({"title": f"Reply to: {ARTICLE.title}", "pages": "2000"}, "different"),
            ({"title": "Bortezomib consolidation after transplantation for myeloma", "pages": "1792-1800"}, "different"),
            ({"title": f"{ARTICLE.title}: part 2", "pages": "1792-1801"}, "unsure"),
            ({"pages": "1900-1910"}, "unsure"),
            ({"year": 2018, "volume": "378", "issue": "2", "pages": "100-110"}, "related"),
        ],
        ids=str,
    )
    def test_however_alike(self, changes, expected):
        assert verdict(replace(ARTICLE, doi="", pmid=""), other(**changes)) == expected

    def test_editorials_of_two_issues(self):
        editorial = replace(ARTICLE, title="Editor's comments", issue="1", doi="", pmid="", pages="")
        assert verdict(editorial, replace(editorial, place=Place("x", 2), issue="2")) == "different"

    def test_two_pmids(self):
        assert verdict(ARTICLE, other(pmid="22571203")) != "same"

    def test_reports_of_one_trial_with_part_numbers_on_one_page(self):
        one = replace(ARTICLE, title="FOCUS 1: a randomised trial of ceftaroline against ceftriaxone", pages="S34", pmid="", doi="")
        assert verdict(one, replace(one, place=Place("x", 2), title=one.title.replace("1", "2"))) != "same"


SUFFIXES = [
    ("part I", "part V"), ("part A", "part B"), ("in men", "in women"), ("in children", "in adults"),
    ("with dexamethasone", "without dexamethasone"), ("low dose", "high dose"), ("in Japan", "in China"),
    ("study protocol", "results"), ("POLLUX", "CASTOR"), ("HIV-positive", "HIV-negative"), ("interim analysis", "final analysis"),
    ("prednisone", "prednisolone"), ("hypertension", "hypotension"), ("", "quality of life"),
]  # fmt: skip


class TestTwinsWithoutPages:
    """Records of one journal and year, by the same authors, in exports that have no pages or identifiers."""

    BARE = replace(ARTICLE, doi="", pmid="", pages="")

    @pytest.mark.parametrize(("one", "two"), SUFFIXES, ids=str)
    @pytest.mark.parametrize("place", [{}, {"volume": "", "issue": ""}, {"pages": "155a", "kind": "abstract"}], ids=str)
    def test_another_word(self, one, two, place):
        first = replace(self.BARE, title=f"{ARTICLE.title}: {one}", **place)
        second = replace(first, place=Place("x.ris", 1), title=f"{ARTICLE.title}: {two}")
        cut_off = not one and "pages" in place  # one title may be the other without its subtitle, on one page
        assert verdict(first, second) == ("same" if cut_off else "unsure")

    @pytest.mark.parametrize(
        "before", ["Expression of concern: ", "WITHDRAWN: ", "Re: ", "Updated results of ", "Fehlerberichtigung: "]
    )
    def test_something_before_the_title(self, before):
        assert verdict(self.BARE, replace(self.BARE, place=Place("x.ris", 1), title=before + ARTICLE.title)) == "unsure"

    @pytest.mark.parametrize(
        ("one", "two"),
        [
            ("randomised trial of haemoglobin and tumour oedema", "a randomized trial of hemoglobin and tumors' edema"),
            ("follow-up of non-Hodgkin lymphoma", "followup of nonHodgkin lymphoma"),
            ("effect of β-blockers and interferon-γ", "effect of beta-blockers and interferon-gamma"),
            ("six years of maintenence in phase II", "6 years of maintenance in phase 2"),
            ("lenalidomide vs. placebo", "lenalidomide versus placebo"),
        ],
        ids=str,
    )
    def test_the_same_words_in_another_spelling(self, one, two):
        first = replace(self.BARE, title=f"{ARTICLE.title}: {one}")
        assert verdict(first, replace(first, place=Place("x.ris", 1), title=f"{ARTICLE.title}: {two}")) == "same"

    def test_other_abstracts(self):
        one = replace(
            self.BARE, pages="155", abstract="BACKGROUND: We gave lenalidomide to half of the patients, and placebo to others."
        )
        two = replace(one, place=Place("x.ris", 1), abstract="Quality of life was asked for by questionnaire in each of 614 women.")
        assert verdict(one, two) == "unsure"

    def test_an_abstract_that_says_nothing(self):
        one = replace(self.BARE, title=f"{ARTICLE.title} in men", abstract="No abstract available.")
        assert verdict(one, replace(one, place=Place("x.ris", 1), title=f"{ARTICLE.title} in women")) == "unsure"

    def test_one_page_number_in_two_volumes(self):
        congress = replace(self.BARE, pages="8500", issue="15_suppl", kind="abstract")
        assert verdict(congress, replace(congress, place=Place("x.ris", 1), year=2013, volume="367")) == "unsure"


class TestVersionsAndNotices:
    COCHRANE = replace(
        ARTICLE, doi="10.1002/14651858.cd001234.pub2", pmid="", journal="Cochrane Database of Systematic Reviews", volume="11",
        issue="11", pages="CD001234", abstract="BACKGROUND: Sore throat is common, and antibiotics are often given.",
    )  # fmt: skip

    @pytest.mark.parametrize(
        "changes",
        [
            {"doi": "10.1002/14651858.cd001234.pub3"},
            {"doi": "10.1002/14651858.cd001234.pub3", "year": 2013, "volume": "6", "issue": "6"},
            {"doi": "", "year": 2013, "volume": "6", "issue": "6", "abstract": ""},
            {"doi": "", "issue": "6", "abstract": ""},
        ],
        ids=str,
    )
    def test_an_update_of_a_cochrane_review(self, changes):
        assert verdict(self.COCHRANE, replace(self.COCHRANE, place=Place("x.ris", 1), **changes)) != "same"

    def test_a_cochrane_review_from_two_databases(self):
        assert verdict(self.COCHRANE, replace(self.COCHRANE, place=Place("x.ris", 1), doi="", abstract="")) == "same"

    def test_versions_of_a_preprint(self):
        first = replace(
            ARTICLE, kind="preprint", journal="medRxiv", volume="", issue="", pages="", pmid="", doi="10.1101/2020.01.01.20000001v1"
        )
        assert verdict(first, replace(first, place=Place("x.ris", 1), doi="10.1101/2020.01.01.20000001v2")) == "unsure"

    def test_an_erratum_under_the_title_of_its_article(self):
        article = replace(ARTICLE, pages="", doi="", pmid="")
        assert verdict(article, replace(article, place=Place("x.ris", 1), flags=("erratum",))) == "unsure"

    def test_one_doi_of_a_whole_supplement(self):
        one = replace(ARTICLE, title=f"{ARTICLE.title} in men", kind="abstract", pmid="", doi="10.1/supplement", pages="S1")
        assert verdict(one, replace(one, place=Place("x.ris", 1), title=f"{ARTICLE.title} in women")) == "unsure"

    def test_two_pmids_under_one_doi(self):
        assert verdict(ARTICLE, replace(ARTICLE, place=Place("x.ris", 1), pmid="22571203")) == "unsure"

    def test_registrations(self):
        one = Record(Place("a.json", 1), title=ARTICLE.title, kind="registration", nct="NCT00000001", journal="ClinicalTrials.gov")
        assert verdict(one, replace(one, place=Place("b.csv", 1), journal="")) == "same"
        assert verdict(one, replace(one, place=Place("b.csv", 1), nct="NCT00000002")) != "same"

    def test_abstract_and_article_of_one_text(self):
        text = "BACKGROUND: We gave lenalidomide to half of the patients, and placebo to the others, after transplantation."
        article = replace(ARTICLE, kind="article", doi="", pmid="", abstract=text)
        meeting = replace(article, place=Place("x.ris", 1), kind="abstract", issue="Suppl 1", pages="")
        assert verdict(article, meeting) != "same"


class TestARecordBetweenTwoOthers:
    """A record without pages is as much like one letter as like another of the same title."""

    @pytest.mark.parametrize(
        ("one", "two"),
        [
            ({"pages": "1-5"}, {"pages": "9-15"}),
            ({"pmid": "1"}, {"pmid": "2"}),
            ({"doi": "10.1/a"}, {"doi": "10.1/b"}),
            ({"issue": "1"}, {"issue": "2"}),
        ],
        ids=str,
    )
    def test_joins_nothing_by_itself(self, one, two):
        bare = replace(ARTICLE, pages="", doi="", pmid="", issue="")
        records = [replace(bare, place=Place("x.ris", n), **changes) for n, changes in enumerate((one, {}, two), start=1)]
        found = deduplicate(records)
        assert (found.groups, len(found.unsure)) == ((), 3)
        assert found.unsure[0].reasons[-1] == "but as much like another record, from which this one differs"
        decided = deduplicate(records, [Decision("x.ris#1", "x.ris#2", "same"), Decision("x.ris#1", "x.ris#3", "different")])
        assert decided.groups == (("x.ris#1", "x.ris#2"),)


class TestDecisionsOfPersons:
    def test_apart(self):
        found = deduplicate([ARTICLE, other()], [Decision("embase.ris#1", "pubmed.nbib#1", "different", "mk")])
        assert (found.groups, found.unsure) == ((), ())

    def test_together(self):
        found = deduplicate(
            [ARTICLE, other(pages="1900-1910", doi="")], [Decision("pubmed.nbib#1", "embase.ris#1", "same", "mk", "one text")]
        )
        assert found.groups == (("pubmed.nbib#1", "embase.ris#1"),)
        assert (found.same[0].by, found.same[0].reasons) == ("mk", ("one text",))

    def test_the_last_word_counts(self):
        pair = ("pubmed.nbib#1", "embase.ris#1")
        assert deduplicate([ARTICLE, other()], [Decision(*pair, "different"), Decision(*pair, "same")]).groups

    def test_a_third_record_does_not_bring_together_what_a_person_parted(self):
        third = other(place=Place("scopus.csv", 4))
        found = deduplicate([ARTICLE, other(), third], [Decision("pubmed.nbib#1", "embase.ris#1", "different")])
        assert {"pubmed.nbib#1", "embase.ris#1"} not in [set(group) for group in found.groups]
        assert all(len(group) == 2 for group in found.groups)
        assert len(found.contradictions) == 1

    def test_one_study(self):
        found = deduplicate([ARTICLE, other()], [Decision("pubmed.nbib#1", "embase.ris#1", "same-study", "mk")])
        assert (found.groups, [match.by for match in found.related]) == ((), ["mk"])

    def test_on_records_that_are_not_there(self):
        with pytest.raises(BadArgument, match="gone#3"):
            deduplicate([ARTICLE], [Decision("pubmed.nbib#1", "gone#3", "same")])

    def test_two_records_of_one_identifier(self):
        with pytest.raises(BadArgument, match=r"pubmed\.nbib#1"):
            deduplicate([ARTICLE, ARTICLE])


WORDS = [
    "maintenance",
    "thalidomide",
    "lenalidomide",
    "survival",
    "trial",
    "elderly",
    "transplant",
    "myeloma",
    "newly",
    "diagnosed",
]
record_fields = st.fixed_dictionaries(
    {
        "title": st.lists(st.sampled_from(WORDS), min_size=0, max_size=9).map(" ".join),
        "authors": st.lists(st.sampled_from(["Attal M", "Palumbo A", "Morgan, Gareth", "Li X"]), max_size=3).map(tuple),
        "year": st.sampled_from([None, 2006, 2012]),
        "journal": st.sampled_from(["", "Blood", "N Engl J Med"]),
        "volume": st.sampled_from(["", "12", "366"]),
        "pages": st.sampled_from(["", "12-20", "e12724", "13-May", "S3"]),
        "doi": st.sampled_from(["", "10.1/a", "10.1/b"]),
        "pmid": st.sampled_from(["", "1", "2"]),
    }
)


def numbered(fields):
    return [Record(Place("file.ris", n), **values) for n, values in enumerate(fields, start=1)]


class TestLaws:
    @given(st.lists(record_fields, max_size=6), st.randoms(use_true_random=False))
    def test_the_order_of_records_does_not_matter(self, fields, random):
        records = numbered(fields)
        shuffled = random.sample(records, len(records))
        groups = {frozenset(group) for group in deduplicate(records).groups}
        assert {frozenset(group) for group in deduplicate(shuffled).groups} == groups

    @given(st.lists(record_fields, max_size=6))
    def test_every_record_is_there_once_and_every_merge_has_a_reason(self, fields):
        found = deduplicate(numbered(fields))
        grouped = [record for group in found.groups for record in group]
        assert len(grouped) == len(set(grouped))
        assert found.unique + found.duplicates == found.n == len(fields)
        assert all(match.reasons for match in found.same)

    @given(st.lists(record_fields, max_size=5))
    def test_a_copy_with_a_long_title_and_a_place_is_merged(self, fields):
        records = numbered([*fields, {"title": ARTICLE.title, "journal": "Blood", "volume": "1", "pages": "5-9", "year": 2006}])
        copy = replace(records[-1], place=Place("copy.ris", 1))
        found = deduplicate([*records, copy])
        assert any({copy.id, records[-1].id} <= set(group) for group in found.groups)

    @given(st.lists(record_fields, max_size=5))
    def test_an_unrelated_record_changes_nothing(self, fields):
        records = numbered(fields)
        stranger = Record(
            Place("other.ris", 1), title="Zinc supplementation in common cold of schoolchildren, a cluster trial", doi="10.9/zz"
        )
        assert deduplicate([*records, stranger]).groups == deduplicate(records).groups


@pytest.mark.skipif(not SETS.is_dir(), reason="the labelled sets are not here")
@pytest.mark.parametrize(
    ("name", "at_least"), [("cytology_screening", 99.22), ("respiratory", 93.58), ("digital_work", 99.73), ("diabetes", 100.0)]
)
def test_labelled_sets(name, at_least):
    labelled = read_labelled_duplicates(SETS / name)
    result = score([record.id for record in labelled.records], deduplicate(labelled.records).groups, labelled.clusters)
    assert result.false_positives == 0
    assert round(100 * result.sensitivity, 2) >= at_least
