"""fail_safe_n: against metafor's fsn, and what the number means."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.bias.exceptions import fail_safe_is_one_more
from tests.bias.reference import CLOSED, effects_of, of_kind
from tests.stats.strategies import Floats, studies

from trialpool.stats.bias.fail_safe_n import FailSafeN, fail_safe_n, fewest, pooled_with
from trialpool.stats.effects.effects import effects
from trialpool.stats.pooling.pairwise import pool_common

FIELDS = {"est": "estimate", "pval": "p", "tau2": "tau2", "est.fsn": "estimate_with", "pval.fsn": "p_with", "tau2.fsn": "tau2_with"}


def number_of(entry: dict[str, Any]) -> FailSafeN:
    sample = effects_of(entry["data"])
    method = {"General": "general"}.get(entry["type"], entry["type"])
    target = float(np.copysign(0.05, pool_common(sample).mu)) if "target" in entry["call"] else None  # metafor takes its size
    return fail_safe_n(sample, method, target=target, tau2="DL" if '"DL"' in entry["call"] else None)


@of_kind("metafor", "fsn")
def test_agrees_with_metafor(entry: dict[str, Any]) -> None:
    expected, found = entry["result"], number_of(entry)
    own = {name: getattr(found, ours) for name, ours in FIELDS.items() if name in expected}
    n = found.n
    if fail_safe_is_one_more(entry) and n != expected["fsnum"]:
        sample = effects_of(entry["data"])
        n = expected["fsnum"]
        assert n == found.n + 1
        own |= {f"{key}.fsn": value for key, value in pooled_with(sample.yi, sample.vi, found.tau2, n)._asdict().items()}
        own |= {"est.fsn": own["estimate.fsn"], "pval.fsn": own["p.fsn"]}
    assert n == expected["fsnum"]
    for name in FIELDS:
        if name in expected and not (name == "tau2" and entry["type"] != "General"):
            assert own[name] == pytest.approx(expected[name], **CLOSED), name
    if "target" in expected and expected["type"] == "Orwin":
        assert found.target == pytest.approx(expected["target"], **CLOSED)


@pytest.mark.parametrize("data", ["bcg.RR", "egger2001.OR", "linde2005.RR", "lau1992.OR", "molloy2014.ZCOR", "pritz1997.PLO"])
@pytest.mark.parametrize("tau2", ["DL", "REML", None])
def test_one_study_fewer_than_the_number_does_not_overturn_the_result(data: str, tau2: str | None) -> None:
    sample = effects_of(data)
    found = fail_safe_n(sample, "general", tau2=tau2)
    if found.n:
        assert pooled_with(sample.yi, sample.vi, found.tau2, found.n - 1).p < 0.05 <= found.p_with


@given(studies(min_k=2))
def test_studies_without_an_effect_are_added_as_rosenberg_says(sample: tuple[Floats, Floats]) -> None:
    yi, vi = sample
    found = fail_safe_n(effects(yi, vi), "Rosenberg")
    n = min(found.n, 40)
    both = effects(np.append(yi, np.zeros(n)), np.append(vi, np.full(n, 1 / (1 / vi).mean())))
    fit = pool_common(both)
    assert pooled_with(yi, vi, 0.0, n) == pytest.approx((fit.mu, fit.p, 0.0), abs=1e-12)


@given(studies(min_k=2), st.sampled_from(["Rosenthal", "Rosenberg", "general"]), st.sampled_from([0.3, 2.0]))
def test_sign_scale_and_order(sample: tuple[Floats, Floats], method: str, scale: float) -> None:
    yi, vi = sample
    turn = np.argsort(vi)
    one, other = fail_safe_n(effects(yi, vi), method), fail_safe_n(effects(-scale * yi[turn], scale**2 * vi[turn]), method)
    assert abs(one.n - other.n) <= 1e-6 * one.n + (1 if one.p > 0.049999 else 0)


def test_a_target_is_reached() -> None:
    sample = effects([-0.6, -0.5, -0.4], [0.02, 0.03, 0.02])
    for method in ("Orwin", "general"):
        found = fail_safe_n(sample, method, target=-0.1, tau2=None)
        assert found.n == 12 or method == "general"
        assert abs(found.estimate_with) <= 0.1 + 1e-12
        assert found.target == -0.1


def test_whether_a_number_is_tolerable() -> None:
    assert fail_safe_n(effects_of("bcg.RR"), "Rosenthal").tolerable
    assert not fail_safe_n(effects_of("raudenbush1985"), "Rosenthal").tolerable


@given(st.integers(0, 10**6))
def test_the_fewest_for_which_something_holds(answer: int) -> None:
    assert fewest(lambda n: n >= answer) == answer
