"""The arithmetic of a flow diagram."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialpool.errors import BadArgument
from trialpool.review.flow import NUMBERS, STEPS, FlowBox, FlowCounts
from trialpool.review.flow_arithmetic import AT_MOST, SUMS, check_flow, completed, disagreements
from trialpool.review.flow_plan import FlowBoxPlan, FlowPlan

# worked by hand: 310 + 420 + 44 - 130 - 4 = 640; 640 - 550 = 90; 90 - 3 = 87; 87 - (30 + 8) = 49
WORKED = FlowCounts(
    databases={"PubMed": 310, "Embase": 420},
    registers=44,
    duplicates=130,
    removed_other={"retracted": 4},
    excluded=550,
    not_retrieved=3,
    excluded_reports={"wrong population": 30, "not randomised": 8},
    new_studies=41,
)


def test_what_follows_is_filled_in():
    full = completed(WORKED)
    assert (full.screened, full.sought, full.assessed, full.new_reports) == (640, 90, 87, 49)
    assert (full.total_studies, full.total_reports) == (None, None)
    assert check_flow(WORKED) == ()


def test_an_update_and_other_methods_add_to_it():
    # other arm: 12 - 2 = 10, of which 4 are excluded; reports 49 + 6 = 55; studies 20 + 41 - 1 = 60, reports 25 + 55 - 2 = 78
    counts = WORKED.with_counts(
        citations=12, other_sought=12, other_not_retrieved=2, other_excluded_reports=4, previous_studies=20, previous_reports=25,
        dropped_studies=1, dropped_reports=2,
    )  # fmt: skip
    full = completed(counts)
    assert (full.other_assessed, full.new_reports, full.total_studies, full.total_reports) == (10, 55, 60, 78)
    assert check_flow(counts) == ()


def test_a_box_of_ones_own_can_leave_the_flow():
    ongoing = FlowBox(text="Ongoing studies", n=5, beside="assessed", leaves=True)
    assert completed(WORKED.with_counts(boxes=(ongoing,))).new_reports == 44


def test_nothing_is_made_up_where_a_number_is_lacking():
    assert completed(FlowCounts(databases=10)).screened is None
    assert completed(FlowCounts(databases=10, duplicates=0)).screened == 10
    assert completed(FlowCounts(databases=10, duplicates=11)).screened is None


def said(**counts):
    return [f"{problem.severity}: {problem}" for problem in check_flow(WORKED.with_counts(**counts))]


def test_a_sum_that_does_not_hold_is_shown():
    (found,) = said(screened=630, excluded=540)
    assert found == (
        "warning: flow, screened: 730 from databases + 44 from registers - 130 duplicates - 4 removed for other reasons = 640 "
        "records, not 630 screened: 10 are missing. Correct what was mistyped, or say where they went (removed_other, or a box "
        "that leaves the flow)."
    )


def test_too_many_are_said_too():
    (found,) = said(new_reports=50)
    assert found == (
        "warning: flow, new_reports: 87 assessed - 38 excluded reports = 49 reports, not 50 new: 1 too many. Correct what was "
        "mistyped."
    )


def test_records_that_become_another_number_of_reports_are_a_note():
    (found,) = said(sought=93, new_studies=10)
    assert found == (
        "note: flow, sought: 640 screened - 550 excluded = 90 records, and 93 reports were sought: 3 more. A record may stand for "
        "several reports, and several records for one; look whether that is so here."
    )


def test_what_cannot_be_is_an_error():
    assert said(new_studies=60, pooled_studies=61, excluded_by_automation=551) == [
        f"error: flow, {name}: {what}. Correct the one or the other."
        for name, what in (
            ("excluded_by_automation", "551 excluded by automation of 550 excluded: a part is more than the whole"),
            ("new_studies", "60 new studies of 49 new reports: a study has at least one report"),
            ("pooled_studies", "61 studies in a meta-analysis of 60 included studies: a part is more than the whole"),
        )
    ]


def test_more_taken_off_than_there_are_is_an_error():
    found = check_flow(FlowCounts(databases=10, duplicates=20, excluded=0, not_retrieved=0, excluded_reports=0))
    what = "10 from databases - 20 duplicates = -10: more records are taken off than there are"
    errors = [str(problem) for problem in found if problem.severity == "error"]
    assert errors == [f"flow, screened: {what}. Correct what was mistyped."]


def test_what_is_lacking_is_said():
    found = check_flow(FlowCounts(databases=10, duplicates=2, excluded=3, new_studies=1), file="review.toml")
    assert {problem.column for problem in found} == {"not_retrieved", "assessed", "excluded_reports", "new_reports"}
    assert str(found[0]) == (
        "review.toml, not_retrieved: it is not given, and does not follow from the other counts. Give it; 0 where there was none."
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FlowCounts(screened=-1), "screened is -1. Give a whole number, 0 or more."),
        (lambda: FlowCounts(databases={"PubMed": 1.5}), "databases['PubMed'] is 1.5. Give a whole number, 0 or more."),
        (lambda: FlowCounts(screened={"a": 1}), "screened is one number, and cannot be split by name."),
        (
            lambda: FlowBox(text="x", n=1, beside="end"),
            "beside is 'end'. Use one of identified, screened, sought, assessed, included.",
        ),
        (lambda: FlowBox(text="x", leaves=True), "the box 'x' leaves the flow and has no number. Give n."),
    ],
)
def test_counts_are_whole_numbers(make, message):
    with pytest.raises(BadArgument) as bad:
        make()
    assert str(bad.value) == message


def test_review_toml_has_the_same_counts():
    assert set(FlowPlan.model_fields) == {"note", "boxes", *NUMBERS}
    assert set(FlowBoxPlan.model_fields) == {field.name for field in fields(FlowBox)}


# Laws

SMALL = st.integers(0, 10_000)


@st.composite
def flows(draw):
    """Counts that agree, made downwards: from what is included up to what was found."""
    parts = st.dictionaries(st.sampled_from(["a", "b", "c"]), SMALL)
    leaf = {name: draw(parts if name == "removed_other" else SMALL) for name in ("duplicates", "automation", "removed_other")}
    leaf |= {"excluded": draw(parts), "not_retrieved": draw(SMALL), "excluded_reports": draw(parts)}
    reports = draw(SMALL)
    leaving = {step: draw(st.integers(0, 50)) for step in STEPS[:-1]}
    boxes = tuple(FlowBox(text="mine", n=n, beside=step, leaves=True) for step, n in leaving.items())
    total = reports + sum(FlowCounts(**leaf).total(name) for name in leaf) + sum(leaving.values())
    in_registers = draw(st.integers(0, total))
    counts = FlowCounts(databases={"x": total - in_registers}, registers=in_registers, boxes=boxes, **leaf)
    return counts.with_counts(new_studies=draw(st.integers(0, reports))), reports


@given(flows())
def test_what_goes_in_comes_out(made):
    counts, reports = made
    assert completed(counts).new_reports == reports
    assert check_flow(counts) == ()
    assert completed(completed(counts)) == completed(counts)


@given(flows(), st.sampled_from([each.count for each in SUMS[:3]] + ["new_reports"]), st.integers(-20, 20))
def test_a_count_that_is_off_is_found_with_its_difference(made, name, off):
    counts, _ = made
    full = completed(counts)
    wrong = full.with_counts(**{name: max(0, full.total(name) + off)})
    moved = wrong.total(name) - full.total(name)
    found = [p for p in disagreements(wrong) if p.column == name and p.severity != "error"]
    assert bool(found) == (moved != 0)
    if found:
        assert f"{abs(moved):,} " in found[0].what.rsplit(": ", 1)[1]


@given(flows(), st.sampled_from(AT_MOST))
def test_a_part_is_never_more_than_the_whole_without_an_error(made, pair):
    counts, _ = made
    full = completed(counts)
    part, whole, _ = pair
    if not whole.startswith("included") and full.total(whole) is not None:
        wrong = full.with_counts(**{part: full.total(whole) + 1})
        assert part in {problem.column for problem in disagreements(wrong) if problem.severity == "error"}
