"""Agreement between reviewers, against published worked examples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.agreement.agreement import agreement

# Krippendorff's example of 12 units, 4 observers and 5 categories ("Computing Krippendorff's alpha-reliability", 2011, section C),
# which Gwet (2014) uses too; alpha 0.743 as printed there, the other coefficients to two decimals as Gwet prints them
FOUR = {
    "A": [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    "B": [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    "C": [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    "D": [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
}
# Fleiss (1971), as worked on Wikipedia's page "Fleiss' kappa": 10 subjects, 14 raters, 5 categories; kappa 0.210
SUBJECTS = [
    (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
]  # fmt: skip


def two(table):
    """Lists of two reviewers from their cross table."""
    cells = [(k, l) for k, row in enumerate(table) for l, count in enumerate(row) for _ in range(count)]
    return {"A": [k for k, _ in cells], "B": [l for _, l in cells]}


class TestPublishedExamples:
    def test_krippendorff_and_gwet(self):
        found = agreement(FOUR)
        assert found["Krippendorff's alpha"].value == pytest.approx(0.743, abs=5e-4)
        assert found["agreement"].value == pytest.approx(0.818, abs=5e-4)
        assert found["Gwet's AC1"].value == pytest.approx(0.775, abs=5e-4)
        assert found["Fleiss' kappa"].value == pytest.approx(0.761, abs=5e-4)
        assert found["PABAK"].value == pytest.approx(0.773, abs=5e-4)

    def test_fleiss(self):
        ratings = [[k for k, count in enumerate(row) for _ in range(count)] for row in SUBJECTS]
        found = agreement({f"rater {n}": [row[n] for row in ratings] for n in range(14)})
        assert found["Fleiss' kappa"].value == pytest.approx(0.210, abs=5e-4)

    def test_cohen(self):
        # Cohen's kappa of the cross table 20, 5, 10, 15: (0.7 - 0.5) / (1 - 0.5)
        assert agreement(two([[20, 5], [10, 15]]))["Cohen's kappa"].value == pytest.approx(0.4)

    def test_cohen_standard_error(self):
        # Fleiss, Cohen & Everitt 1969, table 1: n = 200, kappa 0.429, SE 0.053 (unweighted)
        table = np.array([[106, 10, 4], [22, 28, 10], [2, 12, 6]])
        row = agreement(two(table))["Cohen's kappa"]
        assert row.value == pytest.approx(0.429, abs=5e-4)
        assert row.se == pytest.approx(0.0535, abs=1e-3)

    def test_pabak_is_twice_the_agreement_minus_one(self):
        found = agreement(two([[20, 5], [10, 15]]))
        assert found["PABAK"].value == pytest.approx(2 * found["agreement"].value - 1)


ratings = st.lists(st.sampled_from(["in", "out", "maybe", None]), min_size=12, max_size=12)


class TestLaws:
    @given(st.lists(ratings, min_size=2, max_size=4), st.permutations(range(12)))
    def test_neither_order_nor_names_matter(self, lists, order):
        common = any(sum(values[i] is not None for values in lists) >= 2 for i in range(12))
        if not common:
            return
        one = agreement({f"r{n}": values for n, values in enumerate(lists)}, ["in", "maybe", "out"])
        two_ = agreement({f"s{n}": [values[i] for i in order] for n, values in enumerate(reversed(lists))}, ["in", "maybe", "out"])
        for name in ("agreement", "PABAK", "Gwet's AC1", "Fleiss' kappa", "Krippendorff's alpha"):
            assert one[name].value == pytest.approx(two_[name].value, nan_ok=True)
            assert one[name].se == pytest.approx(two_[name].se, nan_ok=True)

    def test_full_agreement_is_one(self):
        found = agreement({"A": ["in", "out", "in"], "B": ["in", "out", "in"]})
        assert [row.value for row in found.rows] == pytest.approx([1.0] * 6)

    def test_standard_errors_are_those_of_simulation(self):
        rng = np.random.default_rng(7)
        values = {name: [] for name in ("PABAK", "Gwet's AC1", "Fleiss' kappa", "Krippendorff's alpha", "Cohen's kappa")}
        errors = {name: [] for name in values}
        for _ in range(300):
            truth = rng.random(150) < 0.3
            lists = {r: [("in" if t else "out") if rng.random() < 0.85 else "in" for t in truth] for r in ("A", "B")}
            found = agreement(lists)
            for name, got in values.items():
                got.append(found[name].value)
                errors[name].append(found[name].se)
        for name, got in values.items():
            assert np.mean(errors[name]) == pytest.approx(np.std(got), rel=0.12), name

    def test_weights_give_credit_to_neighbours(self):
        lists = {"A": ["no", "maybe", "yes", "no", "yes"], "B": ["maybe", "maybe", "yes", "no", "maybe"]}
        plain, linear = (agreement(lists, ["no", "maybe", "yes"], weights=w) for w in ("identity", "linear"))
        assert all(a.value < b.value for a, b in zip(plain.rows, linear.rows, strict=True))


class TestBadInput:
    @pytest.mark.parametrize(
        ("ratings", "said"),
        [
            ({"A": [1]}, "two reviewers"),
            ({"A": [1], "B": [1, 2]}, "differ in length"),
            ({"A": ["x"], "B": ["in"]}, "no category: x"),
        ],
    )
    def test_is_said(self, ratings, said):
        with pytest.raises(BadArgument, match=said):
            agreement(ratings, ["in", "out"])

    def test_nothing_in_common(self):
        with pytest.raises(NotEstimable, match="two reviewers"):
            agreement({"A": ["in", None], "B": [None, "out"]})

    def test_one_category_only_has_no_kappa(self):
        with pytest.raises(NotEstimable, match="Name all `categories`"):
            agreement({"A": ["in", "in"], "B": ["in", "in"]})
        found = agreement({"A": ["in", "in"], "B": ["in", "in"]}, ["in", "out"])
        assert found["agreement"].value == 1
        assert np.isnan(found["Cohen's kappa"].value)
