"""all_subsets and outliers: against metafor, against pooling each subset, and on studies of which one is known not to belong."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from tests.influence.reference import columns, effects_of, fit_of, table
from tests.stats.reference_tables import Entry, near
from tests.stats.strategies import FEW, LAW, Floats, studies

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.effects.effects import Effects, effects
from trialpool.stats.effects.two_by_two import risk_ratio
from trialpool.stats.influence import all_subsets as module
from trialpool.stats.influence.all_subsets import Subsets, all_subsets, outliers
from trialpool.stats.influence.leave_one_out import leave_one_out
from trialpool.stats.pooling.mantel_haenszel import mantel_haenszel
from trialpool.stats.pooling.pairwise import pool, pool_common

ENTRIES = pytest.mark.parametrize("entry", table("all_subsets"), ids=[f"{e.data}-{e['method']}" for e in table("all_subsets")])
# metafor ran REML with its default settings here, whose last step in tau2 is below 1e-5 of what it is used for
DEFAULT_SETTINGS: dict[str, Any] = {"rel": 1e-4, "abs": 1e-4}
# where the likelihood is flat near 0, an iteration that stops at a step of 1e-5 may still be on its way
CLOSED: dict[str, Any] = {"rel": 1e-8, "abs": 1e-9}
FIVE = effects([-0.4, -0.5, -0.3, -0.6, 0.2], [0.04, 0.02, 0.03, 0.05, 0.01], list("ABCDE"), measure="HR")
QUANTILES = (0, 0.05, 0.25, 0.5, 0.75, 0.95, 1)


def tolerance(entry: Entry) -> dict[str, Any]:
    return DEFAULT_SETTINGS if entry["method"] == "REML" else CLOSED


def with_single_studies(entry: Entry) -> dict[str, Floats]:
    """Our subsets with those of one study put before them, for which metafor says tau2 = 0, I2 = 0 and Q = 0."""
    found = all_subsets(fit_of(entry))
    nothing = np.zeros(len(found.study))
    ours = {"estimate": (effects_of(entry).yi, found.mu), "tau2": (nothing, found.tau2)}
    ours |= {"I2": (nothing, 100 * found.I2), "QE": (nothing, found.Q)}
    return {name: np.concatenate(both) for name, both in ours.items()}


@ENTRIES
def test_summaries_agree_with_metafor(entry: Entry) -> None:
    theirs = entry.result
    for name, values in with_single_studies(entry).items():
        close = CLOSED if name == "QE" else tolerance(entry)
        assert values.mean() == near(theirs["mean"][name][0], **close), name
        assert values.std(ddof=1) == near(theirs["sd"][name][0], **close), name
        assert np.quantile(values, QUANTILES) == near(theirs["quantiles"][name], **close), name
    sizes = np.bincount(all_subsets(fit_of(entry)).k)[1:]
    assert [len(columns(entry.data)["yi"]), *sizes[1:].tolist()] == theirs["k"]


@pytest.mark.parametrize("entry", [e for e in table("all_subsets") if "incl" in e.result], ids=lambda e: e["method"])
def test_each_subset_agrees_with_metafor(entry: Entry) -> None:
    found, theirs = all_subsets(fit_of(entry)), entry.result
    there = np.stack([found.contain(label) for label in found.study], axis=1)
    many = [i for i, members in enumerate(theirs["incl"]) if members.count("1") > 1]
    assert ["".join("01"[bit] for bit in row) for row in there.astype(int)] == [theirs["incl"][i] for i in many]
    for name, ours in {"estimate": found.mu, "tau2": found.tau2, "I2": 100 * found.I2, "QE": found.Q}.items():
        expected = np.array(theirs[name])[many]
        assert ours == near(expected, **(CLOSED if name == "QE" else tolerance(entry))), name


@pytest.mark.parametrize("model", [pool_common, pool, lambda e: pool(e, tau2="PM")], ids=["common", "REML", "PM"])
@FEW
@given(sample=studies(min_k=2, max_k=6))
def test_is_pooling_each_subset(sample: tuple[Floats, Floats], model: Any) -> None:
    yi, vi = sample
    found = all_subsets(model(effects(yi, vi)))
    chosen = [list(some) for size in range(2, len(yi) + 1) for some in combinations(range(len(yi)), size)]
    chosen.sort(key=lambda some: (len(some), sum(1 << i for i in some)))
    assert found.n == len(chosen)
    for i, some in enumerate(chosen):
        alone = model(effects(yi[some], vi[some]))
        assert [found.study[j] for j in some] == [label for label in found.study if found.contain(label)[i]]
        assert (found.k[i], found.mu[i], found.tau2[i]) == (alone.k, near(alone.mu, **LAW), near(alone.tau2, **LAW))
        assert (found.Q[i], found.I2[i]) == (near(alone.Q, **LAW), near(alone.I2, rel=1e-8, abs=1e-8))


def test_the_largest_subsets_are_leave_one_out() -> None:
    fit = pool(FIVE)
    found = all_subsets(fit)
    assert found.mu[-1] == near(fit.mu, **LAW)
    assert found.mu[-6:-1][::-1] == near(leave_one_out(fit).fits.mu, **LAW)


def test_in_parts_of_any_size_the_numbers_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = all_subsets(pool(FIVE))
    monkeypatch.setattr(module, "PART", 3)
    assert all_subsets(pool(FIVE)).table() == whole.table()
    assert outliers(whole).table() == {
        name: near(values, **LAW) if name.startswith(("mu", "I2")) else values for name, values in outliers(whole).table().items()
    }


def test_progress_counts_up_to_all() -> None:
    seen: list[tuple[int, int]] = []
    found = all_subsets(pool(FIVE), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(10, 26), (20, 26), (25, 26), (26, 26)]
    assert found.n == 26


def test_a_sample_is_drawn_from_the_generator_and_each_subset_is_as_likely() -> None:
    fit = pool(FIVE, tau2="DL")
    drawn = all_subsets(fit, n=52_000, rng=np.random.default_rng(7))
    again = all_subsets(fit, n=52_000, rng=np.random.default_rng(7))
    assert drawn.table() == again.table()
    assert (drawn.complete, drawn.n, all_subsets(fit).complete) == (False, 52_000, True)
    times = np.bincount(drawn.members[:, 0], minlength=32)
    possible = [code for code in range(32) if code.bit_count() > 1]
    assert times.sum() == times[possible].sum()
    chi2 = ((times[possible] - 2000) ** 2 / 2000).sum()
    assert chi2 < 60.1  # chi-squared with 25 degrees of freedom exceeds it once in 10,000 generators
    assert drawn.mu.mean() == near(all_subsets(fit).mu.mean(), rel=0, abs=0.005)


def test_of_many_studies_a_sample() -> None:
    rng = np.random.default_rng(3)
    vi = rng.uniform(0.01, 0.2, 60)
    found = all_subsets(pool(effects(rng.normal(0, np.sqrt(vi)), vi)), n=3000, rng=rng)
    assert (found.members.shape, found.k.min() > 10, found.k.max() < 50) == ((3000, 8), True, True)
    assert sum(found.contain(label).sum() for label in found.study) == found.k.sum()


def test_studies_that_are_absent_are_in_no_subset() -> None:
    these = Effects(yi=np.array([0.1, 7, 0.5, 0.9]), vi=np.array([0.04, np.inf, 0.02, 0.04]), study=("A", "X", "B", "C"))
    found = all_subsets(pool(these))
    assert (found.study, found.n) == (("A", "B", "C"), 4)


def test_tables_and_words() -> None:
    found: Subsets = all_subsets(pool(FIVE))
    assert list(found.to_frame("pandas").columns) == ["k", "mu", "tau2", "Q", "I2", "A", "B", "C", "D", "E"]
    assert repr(found) == "<Subsets: all subsets of 5 studies, n = 26, from 0.59 to 0.97, median 0.75>"
    assert list(outliers(found).to_frame("polars")["outlying"]) == outliers(found).outlying.tolist()
    with pytest.raises(BadArgument) as refusal:
        found.contain("X")
    assert str(refusal.value) == "study='X' is the label of 0 studies. Choose one of 'A', 'B', 'C', 'D', 'E'."


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: all_subsets(pool(effects(np.ones((2, 3)), np.ones((2, 3))))),
            "`all_subsets` is of one analysis, not of a batch. Fit the analyses one at a time.",
        ),
        (
            lambda: all_subsets(mantel_haenszel(risk_ratio(events_t=[1, 2], n_t=[9, 9], events_c=[3, 4], n_c=[9, 9]))),
            "`all_subsets` goes with inverse-variance weights, not Mantel-Haenszel.",
        ),
        (lambda: all_subsets(pool(FIVE), n=0), "n=0 is not a number of subsets. Give 1 or more, such as 100_000."),
        (
            lambda: all_subsets(pool(FIVE), n=10),
            "A sample of subsets is drawn from a generator. Give rng=np.random.default_rng(seed).",
        ),
    ],
)
def test_what_cannot_be_done_is_refused(call: Any, message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        call()
    assert str(refusal.value) == message


def test_too_few_or_too_many_studies() -> None:
    with pytest.raises(NotEstimable) as refusal:
        all_subsets(pool(effects([0.1], [0.04])))
    assert str(refusal.value) == "All subsets, k = 1: there is no subset of two studies."
    with pytest.raises(NotEstimable) as refusal:
        all_subsets(pool(effects(np.arange(21) / 10, np.ones(21))))
    assert str(refusal.value) == "All subsets, k = 21: there are 2,097,130 subsets. Give n and rng to draw a sample of them."


def test_two_studies_have_one_subset_that_nothing_splits() -> None:
    found = outliers(all_subsets(pool(effects([0.1, 0.5], [0.04, 0.02]))))
    assert found.mu_share.tolist() == [0, 0]
    assert found.outlying.tolist() == [False, False]


@given(sample=studies(min_k=3, max_k=7))
def test_means_with_and_without_a_study_are_those_of_the_subsets(sample: tuple[Floats, Floats]) -> None:
    subsets = all_subsets(pool(effects(*sample), tau2="DL"))
    found = outliers(subsets)
    for i, label in enumerate(found.study):
        inside = subsets.contain(label)
        assert found.mu_with[i] == near(subsets.mu[inside].mean(), **LAW)
        assert found.I2_without[i] == near(subsets.I2[~inside].mean(), **LAW)
    assert ((found.mu_share >= 0) & (found.mu_share <= 1 + 1e-9)).all()


def test_a_study_that_does_not_belong_is_found_and_seldom_another_is_accused() -> None:
    rng = np.random.default_rng(11)
    found = accused = alarms = 0
    for _ in range(100):
        vi = rng.uniform(0.01, 0.05, 12)
        yi = rng.normal(0, np.sqrt(vi))
        alarms += outliers(all_subsets(pool(effects(yi, vi), tau2="DL"))).outlying.any()
        yi[3] += 6 * np.sqrt(vi[3])
        outlying = outliers(all_subsets(pool(effects(yi, vi), tau2="DL"))).outlying
        found += outlying[3]
        accused += np.delete(outlying, 3).any()
    assert found >= 95
    assert accused <= 5
    assert alarms <= 30
