"""Two versions of a review: rows that are the same row, and which change turned a conclusion, held against pooling by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.formats.curve_folder import with_curve
from tests.formats.folders import GOOD, PLAN, RESULTS, STUDIES, csv_text, folder, row

import trialpool as tp
from trialpool.analysis.row_changes import cells_of, pairs, row_changes
from trialpool.analysis.versions import compare_versions
from trialpool.formats.review_folder import read_review
from trialpool.review.report import Report

WALD = PLAN.replace('outcome = "os"\n', 'outcome = "os"\ntau2 = "DL"\nci = "Wald"\n')


def review(at, **parts):
    return read_review(folder(at, **{"toml": WALD, **parts}))


def fit(*estimates):
    """Pooled by the plan WALD, from hazard ratios with their limits."""
    hr, low, high = zip(*estimates, strict=True)
    return tp.pool(tp.hazard_ratio(hr=list(hr), ci_low=list(low), ci_high=list(high)), tau2="DL", ci="Wald")


A, B, C = (0.80, 0.60, 1.07), (0.62, 0.45, 0.85), (0.95, 0.80, 1.13)
FIRST, SECOND, THIRD = RESULTS


def test_a_review_does_not_differ_from_itself(tmp_path):
    found = compare_versions(review(tmp_path / "1"), review(tmp_path / "2"))
    assert (found.rows, found.plan, found.studies_added, found.studies_removed, found.turned) == ((), (), (), (), ())
    assert not found.results[0].changed


def test_order_and_file_of_rows_make_no_difference(tmp_path):
    one = review(tmp_path / "1")
    made = folder(tmp_path / "2", toml=WALD, studies=STUDIES[::-1], results=RESULTS[:1])
    (made / "results/more.csv").write_text(csv_text(RESULTS[:0:-1]), encoding="utf-8")
    found = compare_versions(one, read_review(made))
    assert found.rows == ()
    assert not found.results[0].changed


def test_a_study_that_turns_the_conclusion_is_named(tmp_path):
    old = review(tmp_path / "1", results=[FIRST, THIRD], studies=[STUDIES[0], STUDIES[2]])
    new = review(tmp_path / "2", results=[FIRST, row(study="b-2005", estimate="0.85", ci_low="0.80", ci_high="0.903"), THIRD])
    assert float(fit(A, C).interval()[1]) > 0 > float(fit(A, (0.85, 0.80, 0.903), C).interval()[1])
    found = compare_versions(old, new)
    assert [s.study for s in found.studies_added] == ["b-2005"]
    (result,) = found.results
    assert result.concluded == ("no clear difference", "treatment")
    assert float(result.before.mu) == pytest.approx(float(fit(A, C).mu), abs=1e-12)
    assert [(e.step.name, e.enough, e.needed) for e in result.steps] == [("the addition of b-2005", True, True)]
    assert result.come == ("B 2005",)
    assert not result.jointly


def test_of_two_changed_rows_the_one_that_does_it_is_found(tmp_path):
    old = review(tmp_path / "1")
    rows = [
        FIRST,
        row(study="b-2005", estimate="0.62", ci_low="0.46", ci_high="0.85"),
        row(study="c-2010", estimate="0.70", ci_low="0.60", ci_high="0.817"),
    ]
    found = compare_versions(old, review(tmp_path / "2", results=rows))
    (result,) = found.results
    assert result.concluded == ("no clear difference", "treatment")
    assert [(e.step.rows[0].study, e.enough, e.needed) for e in result.steps] == [("b-2005", False, False), ("c-2010", True, True)]
    assert [e.step.rows[0].row for e in result.culprits] == [4]
    alone = fit(A, B, (0.70, 0.60, 0.817))
    assert float(result.steps[1].alone.mu) == pytest.approx(float(alone.mu), abs=1e-12)
    without = fit(A, (0.62, 0.46, 0.85), C)
    assert float(result.steps[1].without.mu) == pytest.approx(float(without.mu), abs=1e-12)


def test_what_comes_only_of_two_changes_together_is_said_to(tmp_path):
    weak, strong = (0.93, 0.83, 1.042), (0.915, 0.815, 1.0273)
    upper = [float(fit(*two).interval()[1]) for two in ((weak, weak), (weak, strong), (strong, strong))]
    assert upper[0] > upper[1] > 0 > upper[2]
    old, new = (review(tmp_path / f"{hr}", results=_two(hr, low, high)) for hr, low, high in (weak, strong))
    (result,) = compare_versions(old, new).results
    assert result.concluded == ("no clear difference", "treatment")
    assert [(e.enough, e.needed) for e in result.steps] == [(False, True)] * 2
    assert result.jointly
    assert len(result.culprits) == 2


def _two(hr, low, high):
    return [row(study=study, estimate=hr, ci_low=low, ci_high=high) for study in ("a-2001", "b-2005")]


def test_a_change_of_the_plan_is_a_step(tmp_path):
    old, new = review(tmp_path / "1"), review(tmp_path / "2", toml=PLAN)
    found = compare_versions(old, new)
    assert {change.column for change in found.plan} == {"analyses[os].tau2", "analyses[os].ci"}
    (result,) = found.results
    assert result.concluded == ("no clear difference", "too uncertain")
    assert [(e.step.name, e.enough) for e in result.steps] == [("the change of review.toml", True)]


def test_a_judgement_of_certainty_that_changed_is_told_by_its_key(tmp_path):
    flagship = read_review(Path(__file__).parents[2] / "reviews/imid-maintenance")
    outcomes = flagship.certainty.outcomes
    judged = outcomes[0].risk_of_bias.model_copy(update={"down": 1, "why": "seen at last"})
    changed = (outcomes[0].model_copy(update={"risk_of_bias": judged}), *outcomes[1:])
    new = flagship.model_copy(update={"certainty": flagship.certainty.model_copy(update={"outcomes": changed})})
    found = compare_versions(flagship, new)
    at = f"outcomes[{outcomes[0].analysis}].risk_of_bias"
    assert [(c.column, c.after) for c in found.certainty] == [(f"{at}.down", "1"), (f"{at}.why", "seen at last")]
    assert (found.plan, found.rows, any(r.changed for r in found.results)) == ((), (), False)


def test_a_curve_that_was_read_again_is_a_step(tmp_path):
    old, same, again = (with_curve(tmp_path / name) for name in ("old", "same", "again"))
    path = again / "results/curves/a-2001-os.csv"
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    cells = [line.split(",") for line in lines]
    lower = [f"{t},{float(s) ** 1.5},{arm}" if arm == "research" else f"{t},{s},{arm}" for t, s, arm in cells]
    path.write_text("\n".join([head, *lower, ""]), encoding="utf-8")
    assert not compare_versions(read_review(old), read_review(same)).results[0].changed
    (result,) = compare_versions(read_review(old), read_review(again)).results
    assert [e.step.name for e in result.steps] == ["the change of the curves that were read"]
    assert float(result.steps[0].alone.mu) == float(result.after.mu) != float(result.before.mu)


def test_an_analysis_that_is_new_or_gone_has_no_result_on_the_other_side(tmp_path):
    other = WALD + '\n[[analyses]]\nid = "os-common"\noutcome = "os"\n'
    found = compare_versions(review(tmp_path / "1"), review(tmp_path / "2", toml=other))
    assert [(r.analysis, r.before is None, r.after is None) for r in found.results] == [
        ("os", False, False),
        ("os-common", True, False),
    ]


def test_a_cell_that_is_printed_with_more_decimals_has_changed(tmp_path):
    new = review(tmp_path / "2", results=[row(estimate="0.800"), SECOND, THIRD])
    (changed,) = row_changes(review(tmp_path / "1"), new)
    assert [(c.column, c.before, c.after) for c in changed.cells] == [("estimate", "0.80", "0.800")]
    assert (changed.file, changed.row, changed.study, changed.about, changed.kind) == (
        "results/os.csv",
        2,
        "a-2001",
        "OS",
        "changed",
    )


def test_a_row_whose_outcome_is_corrected_is_still_that_row(tmp_path):
    old = review(tmp_path / "1", results=[row(outcome="EFS"), SECOND, THIRD])
    (changed,) = row_changes(old, review(tmp_path / "2"))
    assert [(c.column, c.before, c.after) for c in changed.cells] == [("outcome", "EFS", "OS")]


def test_of_two_rows_of_one_outcome_those_most_alike_go_together(tmp_path):
    twice = [row(locator="p. 1"), row(locator="p. 9", estimate="0.70", ci_low="0.50", ci_high="0.98", use="no")]
    later = [twice[1] | {"ci_high": "0.99"}, twice[0] | {"p": "0.13"}]
    changed = row_changes(review(tmp_path / "1", results=twice), review(tmp_path / "2", results=later))
    assert [[(c.column, c.before, c.after) for c in of.cells] for of in changed] == [
        [("p", "", "0.13")],
        [("ci_high", "0.98", "0.99")],
    ]


REPORTS = st.lists(
    st.builds(
        lambda study, outcome, estimate, note: Report(
            **(GOOD | {"study": study, "outcome": outcome, "estimate": estimate, "note": note})
        ),
        st.sampled_from(["a", "b"]),
        st.sampled_from(["OS", "PFS"]),
        st.sampled_from(["0.80", "0.9", "0.7"]),
        st.text("xy", max_size=2),
    ),
    max_size=6,
)


@given(REPORTS, REPORTS)
def test_every_row_of_either_side_is_paired_once(before, after):
    made = list(pairs(before, after, lambda r: (r.study, r.outcome), lambda r: r.study))
    assert sorted(id(old) for old, _ in made if old is not None) == sorted(map(id, before))
    assert sorted(id(new) for _, new in made if new is not None) == sorted(map(id, after))


@given(REPORTS, st.randoms())
def test_a_table_in_another_order_has_the_same_rows(rows, rng):
    again = [row.model_copy() for row in rows]
    rng.shuffle(again)
    made = list(pairs(rows, again, lambda r: (r.study, r.outcome), lambda r: r.study))
    assert all(old is not None and new is not None and cells_of(old) == cells_of(new) for old, new in made)


def test_a_study_under_another_identifier_is_the_same_study(tmp_path):
    old = review(tmp_path / "1")
    there = [{**each, "study": "x-1999"} if each["study"] == STUDIES[1]["study"] else each for each in STUDIES]
    rows = [{**each, "study": "x-1999"} if each["study"] == STUDIES[1]["study"] else each for each in RESULTS]
    found = compare_versions(old, review(tmp_path / "2", studies=there, results=rows))
    assert found.studies_renamed == ((STUDIES[1]["study"], "x-1999"),)
    assert (found.studies_added, found.studies_removed, found.rows, found.results[0].changed) == ((), (), (), False)


def test_an_outcome_that_is_not_there_any_more_is_one_change(tmp_path):
    outcome = '\n[[outcomes]]\nid = "pfs"\nname = "PFS"\nmeasure = "HR"\nreported_as = ["PFS"]\n'
    more = f'{WALD}{outcome}\n[[analyses]]\nid = "pfs"\noutcome = "pfs"\n'
    found = compare_versions(review(tmp_path / "1", toml=more), review(tmp_path / "2"))
    assert [(key.column, key.before, key.after) for key in found.plan] == [
        ("outcomes[pfs]", "PFS", ""),
        ("analyses[pfs]", "pfs", ""),
    ]
