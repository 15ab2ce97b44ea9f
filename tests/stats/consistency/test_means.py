"""What is printed of a mean difference, held against the means, the interval, P and the standard deviations beside it."""

from __future__ import annotations

from typing import Any

import pytest
from scipy import stats

from trialpool.stats.consistency.check_reported import disagreements
from trialpool.stats.effects.arm_summary import ArmSummary
from trialpool.stats.effects.printed import Printed
from trialpool.stats.effects.reported import Reported


def row(means: str = "55 75", sds: str = "47 64", **figures: Any) -> Reported:
    t, c = (ArmSummary(mean=Printed.of(mean), sd=Printed.of(sd)) for mean, sd in zip(means.split(), sds.split(), strict=True))
    printed = {
        name: Printed.of(figure) if isinstance(figure, str) and name != "p_operator" else figure for name, figure in figures.items()
    }
    return Reported(**{"measure": "MD", "n_t": 155, "n_c": 156, "arm_t": t, "arm_c": c} | printed)


def said(r: Reported) -> dict[str, list[str]]:
    return {rule: [f"{d.severity}: {d.what}; {d.expected}" for d in found] for rule, found in disagreements(r).items() if found}


GOOD = {"estimate": "-20", "ci_low": "-32.5", "ci_high": "-7.5", "p": "0.002"}


def test_figures_that_agree_say_nothing() -> None:
    """-20 with SE 6.36: t of 309 degrees of freedom gives -32.5 to -7.5, and P = 0.0018."""
    assert 2 * stats.t.sf(20 / 6.3646, 309) == pytest.approx(0.00184, abs=1e-5)
    assert said(row(**GOOD)) == {}
    assert {"difference-means", "sd-or-se", "symmetry", "p-interval"} <= disagreements(row(**GOOD)).keys()


def test_a_difference_that_is_not_that_of_the_means() -> None:
    assert said(row(**GOOD | {"estimate": "-18", "ci_low": "-30.5", "ci_high": "-5.5", "p": "0.005"})) == {
        "difference-means": ["warning: MD -18 is not that of the means 55 and 75; 55 - 75 = -20"]
    }
    turned = {"estimate": "20", "ci_low": "7.5", "ci_high": "32.5"}
    assert said(row(**GOOD | turned))["difference-means"] == [
        "error: MD 20 is not that of the means 55 and 75; 55 - 75 = -20; the sign is turned"
    ]
    assert said(row(**GOOD | turned, inverted=True)) == {}
    assert said(row(**GOOD | turned, inverted=None)) == {}


def test_standard_errors_in_the_place_of_standard_deviations_are_found() -> None:
    assert said(row(sds="3.8 5.1", **GOOD)) == {
        "sd-or-se": [
            (
                "error: the standard deviations 3.8 and 5.1 are too small for the interval -32.5 to -7.5; the SE of the interval "
                "is 6.35; they make 0.51, and as standard errors 6.36"
            )
        ]
    }


def test_an_estimate_out_of_the_middle_and_a_p_of_something_else() -> None:
    off = row(**GOOD | {"ci_low": "-42.5"})
    assert said(off)["symmetry"] == ["warning: MD -20 is not in the middle of -42.5 to -7.5; the middle is -25"]
    (wrong,) = said(row(**GOOD | {"p": "0.20"}))["p-interval"]
    assert wrong.startswith("error: P = 0.20 does not agree with -20 (-32.5 to -7.5); P is between 0.0")
    assert said(row(**GOOD | {"p": "0.001"}, p_operator="<")) == {}  # 0.0009 at the edge of rounding, with 6% in t
    assert "p-interval" in said(row(**GOOD | {"p": "0.0001"}, p_operator="<"))
