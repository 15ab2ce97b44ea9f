"""Routes from one row that cannot all be right are pointed out, and those that differ as such routes do are let be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.analysis.test_run import RESULTS, folder, row

from trialpool.analysis.route_agreement import ReportRoutes, route_agreement
from trialpool.analysis.selection import select
from trialpool.formats.review_folder import read_review
from trialpool.stats.effects.accuracy import ACCURACY, accuracy
from trialpool.stats.effects.routes import ORDER


def routes(tmp_path: Path, **cells: str) -> ReportRoutes:
    """The routes of the first row, with these cells."""
    review = read_review(folder(tmp_path, results=[row(**cells), *RESULTS[1:]]))
    outcome = review.plan.outcomes[0]
    return route_agreement(select(review, outcome), outcome.measure)[0]


EVENTS = {"events_t": "86", "n_t": "231", "events_c": "132", "n_c": "229"}
PRINTED: dict[str, Any] = {"estimate": "0.48", "ci_low": "0.36", "ci_high": "0.63"}


def test_figures_that_agree_are_let_be(tmp_path: Path) -> None:
    """CALGB 100104: 0.48 (0.36 to 0.63), 86 and 132 events, medians of 46 and 27 months, whose ratio is 0.59."""
    found = routes(tmp_path, **PRINTED, **EVENTS, median_t="46", median_c="27")
    assert [d.route for d in found.derivations] == [
        "estimate and interval", "estimate and events", "estimate and expected events", "medians and events",
        "medians and patients",
    ]  # fmt: skip
    assert found.problems == ()
    assert found.disagreements == ()
    assert {"medians and events", "medians and patients"} == {g.second.route for g in found.gaps if g.effect > 0}
    assert found.spread == (found.derivations[0].yi, found.derivations[3].yi)
    assert found.se_spread == (found.derivations[4].se, found.derivations[0].se)


def test_a_p_that_makes_another_effect_of_its_events_is_pointed_out(tmp_path: Path) -> None:
    """z(0.04) = 2.054 and V = 52.07 make 0.75 of what is printed as 0.48."""
    found = routes(tmp_path, **PRINTED, **EVENTS, p="0.04")
    assert [(p.file, p.row, p.column) for p in found.problems] == [("results/os.csv", 2, "p")] * 2  # of the effect, and of the SE
    assert found.problems[0].severity == "warning"
    assert found.problems[0].what == (
        "estimate and interval gives HR 0.48 (HR 0.47 to HR 0.48 by rounding), P and events gives HR 0.75 "
        "(HR 0.75 to HR 0.76 by rounding): 0.43 apart in log HR beyond rounding, where 0.01 can be had from the routes' own errors"
    )


def test_a_standard_error_that_its_events_cannot_have_is_pointed_out(tmp_path: Path) -> None:
    found = routes(tmp_path, estimate="0.60", ci_low="0.52", ci_high="0.70", **EVENTS)
    (problem,) = found.problems
    assert problem.what == (
        "estimate and interval gives the SE 0.076 (0.072 to 0.080 by rounding), estimate and events gives the SE 0.139 "
        "(0.139 to 0.139 by rounding): more than rounding and the routes' own errors explain"
    )


def test_rows_that_are_not_to_be_used_are_left_out(tmp_path: Path) -> None:
    review = read_review(folder(tmp_path, results=[row(use="no", note="interim"), *RESULTS[1:]]))
    outcome = review.plan.outcomes[0]
    assert [r.report.row for r in route_agreement(select(review, outcome), outcome.measure)] == [3, 4]


def test_the_flagship_has_no_false_alarm() -> None:
    review = read_review(Path(__file__).parents[2] / "reviews/imid-maintenance")
    for outcome in review.plan.outcomes:
        assert [p for r in route_agreement(select(review, outcome), outcome.measure) for p in r.problems] == []


def test_what_was_measured_is_of_routes_that_there_are() -> None:
    assert set(ACCURACY) <= set(ORDER)


@pytest.mark.parametrize("better", ["curve by piecewise Poisson", "P and events", "O - E and V"])
def test_routes_that_were_measured_stand_in_the_order_of_their_error(better: str) -> None:
    """The best of its kind first; O - E and V, which goes too far only for large effects, before P."""
    curves = [
        "curve by piecewise Poisson",
        "curve by complementary log-log",
        "curve by interval risks",
        "landmark survival and patients",
    ]
    later = [*curves, "medians and events"]
    after = later[later.index(better) + 1 :] if better in later else later
    assert all(ORDER.index(better) < ORDER.index(route) for route in after)
    assert all(accuracy(better).median < accuracy(route).median for route in after)
