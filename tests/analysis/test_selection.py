"""Which report counts: the stated preference step by step, strata against whole studies, and why a study is missing."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.formats.folders import COUNTS_PLAN, PLAN, STUDIES, counts, folder, row

from trialpool.analysis.selection import PRIMARY, UnitEffect, select
from trialpool.formats.review_folder import read_review
from trialpool.review.report import STATUSES

NAMES = PLAN.replace('["OS"]', '["OS", "EFS", "TTP"]')
BY_EVENTS = {"ci_low": "", "ci_high": "", "events_t": "40", "events_c": "50"}  # the fourth route, behind an interval
STRATA = (STUDIES[0] | {"stratum": "old"}, STUDIES[0] | {"stratum": "young"}, *STUDIES[1:])
ONLY_RECALLED = "only recalled figures lead to an effect, and these never enter a primary result"
NO_ROUTE = {"estimate": "", "ci_low": "", "ci_high": "", "measure": "", "orientation": ""}


def selected(tmp_path, *results, toml=NAMES, studies=STUDIES, **options):
    review = read_review(folder(tmp_path, toml=toml, studies=studies, results=results))
    return select(review, review.plan.outcomes[0], **options)


def chosen(tmp_path, *results, **options):
    """The row that counts for study a-2001, and why each other one does not, by row."""
    effect = selected(tmp_path, *results, **options).effects[0]
    return effect.report.row, {other.report.row: other.rejected for other in effect.others}


@pytest.mark.parametrize(
    ("loser", "winner", "why"),
    [
        (row(), row(outcome="TTP", status="derived", use="yes", **BY_EVENTS), "another report is marked as the one to use"),
        (row(outcome="EFS", follow_up="60"), row(status="derived", **BY_EVENTS), "OS comes before EFS"),
        (row(outcome="TTP"), row(outcome="EFS"), "EFS comes before TTP"),
        (row(status="author"), row(**BY_EVENTS), "status read comes before author"),
        (row(status="derived", follow_up="60"), row(status="author", **BY_EVENTS), "status author comes before derived"),
        (row(follow_up="60", **BY_EVENTS), row(), "the route 'estimate and interval' comes before 'estimate and events'"),
        (row(follow_up="36"), row(follow_up="36.5"), "another report has the longer follow-up"),
        (row(), row(follow_up="1"), "another report has the longer follow-up"),
    ],
    ids=["use", "name 1", "name 2", "status 1", "status 2", "route", "follow-up", "any follow-up"],
)  # fmt: skip
def test_the_preference_goes_by_use_name_status_route_and_follow_up(tmp_path, loser, winner, why):
    assert chosen(tmp_path, loser, winner) == (3, {2: why})
    assert chosen(tmp_path / "turned", winner, loser) == (2, {3: why})


def test_the_first_of_two_that_are_as_good_counts(tmp_path):
    assert chosen(tmp_path, row(estimate="0.80"), row(estimate="0.81")) == (
        2,
        {3: "another report that is as good stands before it"},
    )


def test_rows_that_do_not_count_say_why(tmp_path):
    row_, why = chosen(
        tmp_path,
        row(use="no", note="superseded"),
        row(use="no"),
        row(status="recalled"),
        row(status="recalled", use="yes"),
        row(**NO_ROUTE),
        row(),
        row(outcome="PFS"),
    )
    assert row_ == 7
    assert why == {
        2: "marked as not to be used: superseded",
        3: "marked as not to be used: no reason given",
        4: "its status is recalled: written from memory, not verified",
        5: "its status is recalled: written from memory, not verified",
        6: "no route leads from its figures to an effect with a standard error",
    }


def test_with_all_statuses_the_better_route_comes_before_the_better_status(tmp_path):
    rows = [row(**BY_EVENTS), row(status="recalled")]
    assert chosen(tmp_path / "primary", *rows)[0] == 2
    assert chosen(tmp_path / "all", *rows, statuses=tuple(STATUSES), by_status=False) == (
        3,
        {2: "the route 'estimate and interval' comes before 'estimate and events'"},
    )


@pytest.mark.parametrize(
    ("results", "why"),
    [
        ([], "no report of this outcome"),
        ([row(outcome="PFS")], "no report of this outcome"),
        ([row(status="recalled")], ONLY_RECALLED),
        ([row(status="recalled", use="yes"), row(**NO_ROUTE)], ONLY_RECALLED),
        ([row(use="no"), row(use="no", status="recalled")], "every report is marked as not to be used"),
        ([row(**NO_ROUTE)], "no report has figures that lead to an effect with a standard error"),
        (
            [row(ci_low="", ci_high="", p="<0.05", estimate="0.80")],
            ("its report has no figures that lead to an effect with a standard error; "
            "P < 0.05 is no value of P: with this estimate the SE is at most 0.1139"),  # ln 0.80 / 1.959964
        ),
        ([row(use="no"), row(status="recalled", **NO_ROUTE)], "no report has figures that lead to an effect with a standard error"),
    ],
)  # fmt: skip
def test_a_study_without_a_usable_report_says_why(tmp_path, results, why):
    selection = selected(tmp_path, row(study="b-2005"), row(study="c-2010"), *results)
    assert [effect.unit.study for effect in selection.effects] == ["b-2005", "c-2010"]
    assert [(unit.unit.study, unit.reason) for unit in selection.missing] == [("a-2001", why)]


def test_a_trial_without_events_in_both_arms_says_so(tmp_path):
    selection = selected(tmp_path, counts("a-2001", 0, 100, 0, 100), counts("b-2005", 0, 100, 3, 100), toml=COUNTS_PLAN)
    assert [effect.unit.study for effect in selection.effects] == ["b-2005"]
    assert "0.5 is added to the four cells, one of which is empty" in selection.effects[0].derivation.assumptions
    assert [(unit.unit.study, unit.reason) for unit in selection.missing] == [
        ("a-2001", "no events, or nothing but events, in both arms say nothing of a ratio"),
        ("c-2010", "no report of this outcome"),
    ]


def test_strata_that_can_all_be_used_enter_apart_and_the_whole_study_does_not(tmp_path):
    selection = selected(tmp_path, row(estimate="0.75"), row(stratum="young"), row(stratum="old"), studies=STRATA)
    assert [effect.unit.title for effect in selection.effects] == ["A 2001 (old)", "A 2001 (young)"]
    assert [[(o.report.row, o.rejected) for o in effect.others] for effect in selection.effects] == [
        [(2, "a report of the whole study, whose strata are used")]
    ] * 2


@pytest.mark.parametrize("young", [[], [row(stratum="young", status="recalled")], [row(stratum="young", **NO_ROUTE)]])
def test_a_stratum_that_cannot_be_used_gives_way_to_the_whole_study(tmp_path, young):
    selection = selected(tmp_path, row(estimate="0.75"), row(stratum="old"), *young, studies=STRATA)
    assert [(effect.unit.title, effect.report.row) for effect in selection.effects] == [("A 2001", 2)]
    assert [unit.unit.study for unit in selection.missing] == ["b-2005", "c-2010"]


def test_without_a_report_of_the_whole_study_the_strata_that_can_be_used_enter(tmp_path):
    selection = selected(tmp_path, row(stratum="old"), row(status="recalled"), studies=STRATA)
    assert [effect.unit.title for effect in selection.effects] == ["A 2001 (old)"]
    young = selection.missing[0]
    assert (young.unit.title, [c.rejected for c in young.candidates]) == (
        "A 2001 (young)",
        ["its status is recalled: written from memory, not verified"],
    )


def test_a_whole_study_has_the_moderators_that_its_strata_share(tmp_path):
    studies = [STRATA[0] | {"setting": "clinic"}, STRATA[1] | {"drug": "new", "setting": "clinic"}, *STUDIES[1:]]
    unit = selected(tmp_path, row(), studies=studies).effects[0].unit
    assert (unit.moderators, unit.n_t, unit.n_c) == ({"drug": "", "setting": "clinic"}, None, None)


def test_effects_keep_the_order_of_studies_whatever_that_of_results(tmp_path):
    selection = selected(tmp_path, row(study="c-2010"), row(study="a-2001"), row(study="b-2005"))
    assert [effect.unit.study for effect in selection.effects] == ["a-2001", "b-2005", "c-2010"]


def test_a_derivation_knows_where_its_figures_were_seen(tmp_path):
    d = selected(tmp_path, row(source="doi", locator="p. 5", status="author")).effects[0].derivation
    assert (d.source, d.locator, d.status) == ("doi", "p. 5", "author")


REPORTS = st.builds(
    row,
    study=st.sampled_from(["a-2001", "b-2005", "c-2010"]),
    status=st.sampled_from(sorted(STATUSES)),
    use=st.sampled_from(["", "", "yes", "no"]),
    outcome=st.sampled_from(["OS", "EFS"]),
    follow_up=st.sampled_from(["", "12", "36"]),
    estimate=st.sampled_from(["0.70", "0.90"]),
)


@settings(max_examples=60)
@given(st.lists(REPORTS, min_size=1, max_size=8))
def test_recalled_rows_never_enter_a_primary_result_and_no_row_is_forgotten(rows):
    with tempfile.TemporaryDirectory() as at:
        selection = selected(Path(at), *rows)
    units = [*selection.effects, *selection.missing]
    seen = [c.report.row for u in units for c in ((u.chosen, *u.others) if isinstance(u, UnitEffect) else u.candidates)]
    assert sorted(seen) == list(range(2, 2 + len(rows)))
    assert sorted(u.unit.study for u in units) == ["a-2001", "b-2005", "c-2010"]
    for effect in selection.effects:
        assert effect.report.status in PRIMARY
        assert effect.report.use != "no"
        assert effect.chosen.rejected == ""
        assert all(other.rejected for other in effect.others)
