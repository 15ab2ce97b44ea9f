"""Effects where a fit is taken, or a fit where effects are: refused with what makes the right one."""

from __future__ import annotations

import pytest

import trialpool as tp
from trialpool.errors import BadArgument

EFFECTS = tp.effects([-0.36, -0.73, -0.10], [0.02, 0.03, 0.01], measure="HR")
FIT = tp.pool(EFFECTS)
FIT_MAKERS = "pool, pool_common or mantel_haenszel"
EFFECT_MAKERS = "risk_ratio, hazard_ratio, effects or another maker of effects"


def test_effects_are_no_forest():
    with pytest.raises(BadArgument) as refusal:
        tp.forest(EFFECTS)
    makers = "pool, pool_common, mantel_haenszel, peto, subgroups, regress or pool_bayesian"
    assert str(refusal.value) == f"forest takes what {makers} returns, not Effects."


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("funnel", lambda: tp.funnel(EFFECTS)),
        ("leave_one_out", lambda: tp.leave_one_out(EFFECTS)),
        ("cumulative", lambda: tp.cumulative(EFFECTS, [2001, 2005, 2010])),
    ],
)
def test_effects_are_no_fit(name, call):
    with pytest.raises(BadArgument) as refusal:
        call()
    assert str(refusal.value) == f"{name} takes what {FIT_MAKERS} returns, not Effects."


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("pool", lambda: tp.pool(FIT)),
        ("pool_common", lambda: tp.pool_common(FIT)),
        ("subgroups", lambda: tp.subgroups(FIT, ["x", "x", "y"])),
    ],
)
def test_a_fit_is_no_effects(name, call):
    with pytest.raises(BadArgument) as refusal:
        call()
    assert str(refusal.value) == f"{name} takes what {EFFECT_MAKERS} returns, not PooledEffect."


def test_bare_numbers_are_refused_too():
    with pytest.raises(BadArgument) as refusal:
        tp.pool([0.1, 0.2])
    assert str(refusal.value) == f"pool takes what {EFFECT_MAKERS} returns, not list."
