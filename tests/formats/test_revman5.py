"""RevMan 5 files: read whole, and every result that they store computed again."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

import trialpool as tp
from trialpool.analysis.revman import check_revman, pool_as_revman
from trialpool.errors import BadInput, NotEstimable
from trialpool.formats.revman5 import read_revman
from trialpool.review.revman import StoredResult

SMALL = Path(__file__).parent / "revman/small.rm5"  # made by revman/make.R, with metafor
REAL = Path(__file__).parents[3] / "shared/data/formats/revman"
NEEDS_REAL = pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not at hand")


@pytest.fixture(scope="module")
def review():
    return read_revman(SMALL)


def test_studies_with_references_and_reasons(review):
    assert [(s.name, s.year, s.section) for s in review.studies] == [
        *(("Able 1990", 1990, "included"), ("Baker 1995", 1995, "included"), ("Cole 2001", 2001, "included")),
        *(("Dunn 2010", 2010, "included"), ("Eaton 1999", 1999, "excluded")),
    ]
    able = review.study("STD-Able-1990")
    assert able.described == (("methods", "Randomised"),)
    main, other = able.records
    assert (main.authors, main.title, main.doi, main.pmid) == (
        ("Able A", "Other B"),
        "A trial of a drug",
        "10.1000/able-1990",
        "881990",
    )
    assert (main.id, other.id, other.title) == ("small.rm5#1", "small.rm5#2", "A report")
    assert review.study("STD-Eaton-1999").reason == "Not randomised"
    assert [(b.study, b.judgement, b.support) for b in review.bias] == [
        ("STD-Able-1990", "low", "By computer"),
        ("STD-Baker-1995", "unclear", ""),
    ]
    assert review.remarks == ("CMP-001.09 Cost: text about studies without numbers to pool",)


def test_outcomes_with_their_settings(review):
    assert [(o.kind, o.measure, o.method, o.model, o.level) for o in review.outcomes] == [
        ("dichotomous", "RR", "MH", "common", 0.95),
        ("dichotomous", "OR", "MH", "random", 0.90),
        ("dichotomous", "OR", "Peto", "common", 0.95),
        ("dichotomous", "RD", "MH", "common", 0.95),
        ("continuous", "MD", "IV", "random", 0.95),
        ("continuous", "SMD", "IV", "common", 0.95),
        ("o-e", "HR", "Peto", "common", 0.95),
        ("generic", "HR", "IV", "random", 0.95),
    ]
    assert review["1.1"] is review["CMP-001.01"]
    assert [s.name for s in review["1.1"].subgroups] == ["Before 2000", "Since 2000"]
    assert [row.name for row in review["1.1"].rows_of(2)] == ["Cole 2001", "Dunn 2010"]
    with pytest.raises(KeyError, match=r"there is no outcome '1\.9'; there are 1\.1, 1\.2"):
        review["1.9"]


def test_every_stored_result_is_computed_again(review):
    numbers = check_revman(review)
    assert len(numbers) == 112
    assert [n for n in numbers if not n.agrees] == []


def test_a_result_that_was_changed_is_found(tmp_path):
    text = SMALL.read_text(encoding="utf-8").replace('EVENTS_1="62"', 'EVENTS_1="63"')
    (tmp_path / "edited.rm5").write_text(text, encoding="utf-8")
    wrong = {(n.where, n.what) for n in check_revman(read_revman(tmp_path / "edited.rm5")) if not n.agrees}
    assert ("CMP-001.01", "effect") in wrong
    assert {where for where, _ in wrong} == {"CMP-001.01", "CMP-001.01.02", "CMP-001.04"}


@NEEDS_REAL
@pytest.mark.parametrize(("name", "outcomes", "numbers"), [("Fleiss1993", 2, 15), ("antibiotics-for-sore-throat", 21, 541)])
def test_every_stored_result_of_real_reviews_is_computed_again(name, outcomes, numbers):
    review = read_revman(REAL / f"{name}.rm5")
    found = check_revman(review)
    assert (len(review.outcomes), len(found)) == (outcomes, numbers)
    assert [n for n in found if not n.agrees] == []
    tight = [n for n in found if not n.what.startswith("P")]  # RevMan's P of chi-squared has six good decimals
    assert [n for n in tight if n.ours != pytest.approx(n.stored, rel=1e-12, abs=1e-12)] == []


@NEEDS_REAL
def test_the_real_review_whole():
    review = read_revman(REAL / "antibiotics-for-sore-throat.rm5")
    assert (review.title, review.doi) == ("Antibiotics for sore throat", "10.1002/14651858.CD000023.pub4")
    assert sum(len(o.rows) for o in review.outcomes) == 217
    assert sum(len(o.subgroups) for o in review.outcomes) == 22
    assert len({b.domain for b in review.bias}) == 6  # two of the eight items have no judgement
    assert all(s.reason for s in review.studies if s.section == "excluded")


def test_effects_are_ready_to_pool(review):
    fit = tp.pool(review["1.1"].effects())
    assert (fit.k, fit.effects.measure, fit.effects.study[0]) == (4, "RR", "Able 1990")
    assert review["1.7"].effects().yi == pytest.approx([-1.8 / 14.5, -7.4 / 80.6, -3.9 / 30.2])
    assert review["1.8"].effects(subgroup=0).vi[0] == pytest.approx(0.14**2)
    with pytest.raises(NotEstimable, match=r"CMP-001\.01 Infection: there are no data\."):
        review["1.1"].effects(subgroup=7)


def test_study_without_events_in_both_arms_has_no_effect(review):
    assert pool_as_revman(review["1.2"]).k == 3
    assert not review["1.2"].rows[3].estimable


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "x.rm5: this is not XML, or it is cut off (no element found: line 1, column 0)."),
        (b"<a/>", "x.rm5: the XML begins with <a>, and not with <COCHRANE_REVIEW>."),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a/>', "x.rm5: the XML defines entities, which RevMan never does."),
        (
            b'<COCHRANE_REVIEW TYPE="DTA"/>',
            "x.rm5: this is a review of the type DTA, and only reviews of interventions have pairwise data.",
        ),
    ],
)
def test_what_is_no_review_is_refused(tmp_path, data, message):
    (tmp_path / "x.rm5").write_bytes(data)
    with pytest.raises(BadInput) as caught:
        read_revman(tmp_path / "x.rm5")
    assert str(caught.value) == f"{message} Give a review as RevMan 5 saves it (.rm5), its CSV, or the data package of RevMan Web."


def test_every_bad_number_is_said_at_once(tmp_path):
    text = SMALL.read_text(encoding="utf-8").replace('EVENTS_1="62"', 'EVENTS_1="6.5"').replace('MEAN_1="55"', 'MEAN_1="x"')
    (tmp_path / "bad.rm5").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        read_revman(tmp_path / "bad.rm5")
    assert set(map(str, caught.value.problems)) == {
        "bad.rm5, DICH_DATA STD-Dunn-2010 EVENTS_1: 6.5 is not a whole number. Correct it in RevMan, and save the review again.",
        "bad.rm5, CONT_DATA STD-Able-1990 MEAN_1: 'x' is not a number. Correct it in RevMan, and save the review again.",
    }


def test_what_is_stored_may_be_empty():
    assert {getattr(StoredResult(), f.name) for f in fields(StoredResult)} == {None}


def test_what_cannot_be_pooled_does_not_agree(tmp_path):
    text = SMALL.read_text(encoding="utf-8").replace('EVENTS_1="62"', 'EVENTS_1="62000"')
    (tmp_path / "impossible.rm5").write_text(text, encoding="utf-8")
    wrong = [n for n in check_revman(read_revman(tmp_path / "impossible.rm5")) if not n.agrees]
    assert [(n.where, n.what, str(n.ours)) for n in wrong] == [
        *(("CMP-001.01", "effect", "nan"), ("CMP-001.01.02", "effect", "nan"), ("CMP-001.04", "effect", "nan")),
    ]
