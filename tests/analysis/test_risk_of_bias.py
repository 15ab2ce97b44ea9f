"""The risk of bias of what is pooled: weights by level, the result without some levels, and the levels as subgroups."""

from __future__ import annotations

from itertools import pairwise

import pytest
from tests.formats.folders import PLAN, RESULTS, STUDIES, findings, folder, row
from tests.formats.risk_rows import low, open_label, said

from trialpool.stats.effects.effects import effects
from trialpool.stats.pooling.pairwise import pool

# A 2001 low, B 2005 high by its fourth domain, C 2010 some concerns by its first
ROWS = [
    *low("a-2001"),
    *low("b-2005", but=("D4",)),
    *open_label("b-2005"),
    *low("c-2010", but=("D1",)),
    *(said("c-2010", "D1", question, answer) for question, answer in (("1.1", "Y"), ("1.2", "NI"), ("1.3", "N"))),
]
FOUR = [*STUDIES, {"study": "d-2015", "label": "D 2015", "year": 2015, "drug": "new"}]
FOUR_RESULTS = [*RESULTS, row(study="d-2015", estimate="0.70", ci_low="0.50", ci_high="0.98")]


def of(tmp_path, rows=ROWS, *, toml=PLAN, studies=FOUR, results=FOUR_RESULTS):
    return findings(folder(tmp_path, toml=toml, studies=studies, results=results, risk_of_bias=rows))["os"]


def test_weights_by_level_are_those_of_the_pooled_result(tmp_path):
    found = of(tmp_path)
    risk, weights = found.risk_of_bias, found.fit.weights.tolist()
    assert risk.units == ("A 2001", "B 2005", "C 2010", "D 2015")
    assert risk.without_level == ("D 2015",)
    shares = [(share.level.id if share.level else "", share.k, share.weight) for share in risk.shares]
    assert shares == [("low", 1, weights[0]), ("some-concerns", 1, weights[2]), ("high", 1, weights[1]), ("", 1, weights[3])]
    assert risk.high_weight == weights[1]


def test_the_result_without_high_risk_pools_the_others_those_without_a_level_too(tmp_path):
    found = of(tmp_path)
    all_four = found.fit.effects
    expected = pool(effects(all_four.yi[[0, 2, 3]], all_four.vi[[0, 2, 3]], ["A", "C", "D"], measure="HR"))
    again = found.variation("without-high-risk").fit
    assert (again.mu, again.se, again.effects.study) == (expected.mu, expected.se, ("A 2001", "C 2010", "D 2015"))
    only = found.variation("low-risk-only").fit
    assert (int(only.k), only.mu) == (1, pytest.approx(all_four.yi[0]))


@pytest.mark.parametrize(
    ("rows", "without_high", "low_only"),
    [
        (
            [r for study in FOUR for r in low(study["study"])],
            "no result is judged to be at high risk of bias",
            "every result is at low risk of bias",
        ),
        (
            [r for study in FOUR for r in (*low(study["study"], but=("D4",)), *open_label(study["study"]))],
            "every result is at high risk of bias",
            "no result is judged to be at low risk of bias",
        ),
    ],
)
def test_a_variation_that_leaves_out_nothing_or_everything_says_so(tmp_path, rows, without_high, low_only):
    found = of(tmp_path, rows)
    why = {id_: found.variation(id_).why for id_ in ("without-high-risk", "low-risk-only")}
    assert why == {"without-high-risk": without_high, "low-risk-only": low_only}
    assert found.variation("without-high-risk").fit is None


def test_results_without_a_level_are_counted_where_nothing_is_left_out(tmp_path):
    found = of(tmp_path, [*low("a-2001", but=("D1",)), *(row for row in ROWS if row["study"] == "c-2010")])
    assert found.variation("without-high-risk").why == "no result is judged to be at high risk of bias, and 3 of 4 have no level"
    assert found.variation("low-risk-only").why == "no result is judged to be at low risk of bias, and 3 of 4 have no level"


def test_where_no_result_has_a_level_nothing_is_varied(tmp_path):
    found = of(tmp_path, low("a-2001", but=("D1",)))
    assert found.risk_of_bias.without_level == found.risk_of_bias.units
    assert [v.id for v in found.sensitivity if "risk" in v.id] == []


def test_without_judgements_there_is_no_such_variation(tmp_path):
    found = of(tmp_path, None)
    assert found.risk_of_bias is None
    assert found.variation("without-high-risk") is None


def test_levels_are_subgroups_in_their_order_from_best_to_worst(tmp_path):
    found = of(tmp_path, toml=PLAN + 'subgroups = ["risk of bias", "drug x risk of bias"]\n')
    by_level, crossed = found.subgroups
    assert by_level.result.levels == ("low", "some concerns", "high")
    assert by_level.without_level == ("D 2015",)
    assert [float(fit.mu) for fit in by_level.result.fits] == pytest.approx([found.fit.effects.yi[i] for i in (0, 2, 1)])
    assert crossed.result.levels == ("old, low", "new, high", "new, some concerns")


def test_the_order_of_studies_does_not_matter(tmp_path):
    made = []
    for i in range(3):
        at = tmp_path / str(i)
        at.mkdir()
        found = of(at, studies=[*FOUR[i:], *FOUR[:i]])
        made.append((found.risk_of_bias.high_weight, float(found.variation("without-high-risk").fit.mu)))
    assert all(a == pytest.approx(b, rel=1e-12) for a, b in pairwise(made))
