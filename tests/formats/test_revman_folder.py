"""A review out of RevMan as a review folder: it reads without an error, and gives back what RevMan had."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialpool.analysis.run import analyse
from trialpool.errors import BadInput
from trialpool.formats.review_folder import check_folder
from trialpool.formats.revman5 import read_revman
from trialpool.formats.revman_folder import revman_folder

SMALL = Path(__file__).parent / "revman/small.rm5"
REAL = Path(__file__).parents[3] / "shared/data/formats/revman/antibiotics-for-sore-throat.rm5"


def folder_of(source, place):
    for name, text in revman_folder(read_revman(source)).files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(text.encode())
    return place


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    review, problems = check_folder(folder_of(SMALL, tmp_path_factory.mktemp("revman")))
    assert [p for p in problems if p.severity == "error"] == []
    return review


def test_the_folder_can_be_read(made):
    assert [o.id for o in made.plan.outcomes] == [
        *(
            "1-01-infection",
            "1-02-death",
            "1-03-death-by-peto",
            "1-04-infection-as-a-difference",
            "1-05-length-of-stay",
            "1-06-length-of-stay-standardised",
            "1-07-survival",
            "1-08-progression",
        )
    ]
    assert [a.model for a in made.plan.analyses] == [
        *("mantel-haenszel", "random", "peto", "mantel-haenszel", "random", "common", "common", "random")
    ]
    assert {(a.tau2, a.ci) for a in made.plan.analyses if a.model == "random"} == {("DL", "Wald")}
    assert made.plan.outcomes[4].unit == "days"
    assert [a.level for a in made.plan.analyses][1] == 0.9
    assert made.plan.analyses[0].subgroups == ("subgroup 1.1",)
    assert {r.status for r in made.reports} == {"derived"}
    assert (made.plan.treatment, made.plan.control, made.plan.outcomes[0].better) == ("Drug", "Control", "lower")
    assert made.reports[0].locator == "analysis 1.1, Before 2000, Able 1990"
    assert (made.studies[0].doi, made.studies[0].pmid) == ("10.1000/able-1990", "881990")


def test_means_are_rows(made):
    (row,) = (r for r in made.reports if r.outcome == "1.5 Length of stay" and r.study == "able-1990")
    assert (row.measure, row.mean_t, row.sd_c, row.n_c, row.events_t) == ("MD", 55, 64, 156, None)


def test_risk_of_bias_comes_with_its_items_as_a_tool(made):
    assert [(r.study, r.domain, r.answer, r.quote) for r in made.risk_of_bias] == [
        ("able-1990", "D1", "low", "By computer"),
        ("baker-1995", "D1", "unclear", ""),
    ]


@pytest.fixture(scope="module")
def findings(made):
    plan = made.plan
    analyses = tuple(analysis.model_copy(update={"robustness": ()}) for analysis in plan.analyses)
    return analyse(made.model_copy(update={"plan": plan.model_copy(update={"analyses": analyses})}))


@pytest.mark.parametrize(
    ("number", "id_", "within"),
    [
        ("1.1", "1-01-infection", 1e-12),
        ("1.2", "1-02-death", 0.02),  # RevMan takes Q about the Mantel-Haenszel estimate
        ("1.3", "1-03-death-by-peto", 1e-12),
        ("1.4", "1-04-infection-as-a-difference", 1e-12),
        ("1.5", "1-05-length-of-stay", 1e-12),
        ("1.6", "1-06-length-of-stay-standardised", 0.01),  # RevMan has another variance of a standardised difference
        ("1.7", "1-07-survival", 1e-12),
        ("1.8", "1-08-progression", 1e-12),
    ],
)
def test_the_plan_gives_what_revman_stored(findings, number, id_, within):
    stored, shown = read_revman(SMALL)[number].stored, findings[id_].fit.to_dict()["shown"]
    assert (shown["estimate"], *shown["ci"]) == pytest.approx((stored.estimate, stored.ci_low, stored.ci_high), rel=within)


def test_subgroups_are_those_that_revman_stored(findings):
    stored = read_revman(SMALL)["1.1"]
    (by,) = findings["1-01-infection"].subgroups
    assert [fit.to_dict()["shown"]["estimate"] for fit in by.result.fits] == pytest.approx(
        [s.stored.estimate for s in stored.subgroups], rel=1e-12
    )
    assert (by.result.Q, by.result.p) == pytest.approx((stored.stored.Q, stored.stored.Q_p), rel=1e-9)


def test_weights_are_those_that_revman_stored(findings):
    for number, id_ in (("1.1", "1-01-infection"), ("1.3", "1-03-death-by-peto"), ("1.4", "1-04-infection-as-a-difference")):
        stored = [row.stored.weight for row in read_revman(SMALL)[number].rows if row.stored.weight]
        assert (100 * findings[id_].fit.weights).tolist() == pytest.approx(stored, rel=1e-9), number


def test_what_revman_stored_stands_beside_ours(findings):
    assert {c.published.scope for c in findings["1-01-infection"].published} == {
        *("overall", "subgroup 1.1=Before 2000", "subgroup 1.1=Since 2000")
    }


def test_what_is_left_out_or_done_otherwise_is_said():
    remarks = revman_folder(read_revman(SMALL)).remarks
    assert "CMP-001.09 Cost: text about studies without numbers to pool" in remarks
    assert len(remarks) == 1


def test_the_same_file_gives_the_same_folder():
    assert revman_folder(read_revman(SMALL)) == revman_folder(read_revman(SMALL))


def test_a_study_in_two_subgroups_has_strata(tmp_path):
    text = SMALL.read_text(encoding="utf-8")
    text = text.replace('STUDY_ID="STD-Cole-2001" EVENTS_1="3"', 'STUDY_ID="STD-Able-1990" EVENTS_1="3"', 1)
    (tmp_path / "twice.rm5").write_text(text, encoding="utf-8")
    review, problems = check_folder(folder_of(tmp_path / "twice.rm5", tmp_path / "made"))
    assert [p for p in problems if p.severity == "error"] == []
    assert [(s.stratum, s.moderators["subgroup 1.1"]) for s in review.units("able-1990")] == [
        *(("Before 2000", "Before 2000"), ("Since 2000", "Since 2000"))
    ]
    found = analyse(review)["1-01-infection"]
    assert [(e.unit.study, e.unit.stratum) for e in found.selection.effects][:2] == [
        *(("able-1990", "Before 2000"), ("able-1990", "Since 2000"))
    ]
    assert analyse(review)["1-02-death"].selection.effects[0].unit.stratum == ""


def test_a_review_without_an_outcome_to_pool_is_refused(tmp_path):
    (tmp_path / "x.rm5").write_text("<COCHRANE_REVIEW/>", encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        revman_folder(read_revman(tmp_path / "x.rm5"))
    assert str(caught.value) == (
        "x.rm5: no outcome has data of a measure that a review folder pools (HR, RR, OR, RD, IRR, MD, SMD). "
        "Pool its outcomes in Python: read_revman(...)['1.1'].effects()."
    )


@pytest.mark.skipif(not REAL.is_file(), reason="the real files are not at hand")
def test_a_real_review_becomes_a_folder(tmp_path):
    review, problems = check_folder(folder_of(REAL, tmp_path))
    assert [p for p in problems if p.severity == "error"] == []
    assert (len(review.plan.outcomes), len(review.reports), len({s.study for s in review.studies})) == (21, 217, 27)
    assert len({r.domain for r in review.risk_of_bias}) == 6
