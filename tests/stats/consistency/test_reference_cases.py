"""Every case of tests/reference/checks.json gets its verdict, and its numbers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trialpool.stats.consistency.check_reported import CheckedReport, check_reported
from trialpool.stats.consistency.claims import claim_borne_out
from trialpool.stats.consistency.counts import arms_sum_to_total, events_within_patients, whole_counts
from trialpool.stats.consistency.disagreement import ORDER, RULES, Disagreement
from trialpool.stats.consistency.rounding_boxes import p_box, se_box
from trialpool.stats.consistency.survival import deaths_within_progressions, medians_in_order, risk_table_agrees, survival_in_order
from trialpool.stats.effects.printed import Printed, decimals_of_ratio
from trialpool.stats.effects.reported import Reported

Case = dict[str, Any]
Found = tuple[Disagreement, ...]
CASES: list[Case] = json.loads((Path(__file__).parents[2] / "reference" / "checks.json").read_text(encoding="utf-8"))["cases"]


def of_ratio(i: Case, **more: Any) -> CheckedReport:
    p = None if i.get("p") is None else f"{i['p_op']}{i['p'].lstrip('<')}"
    return check_reported(i["hr"], i["lower"], i["upper"], level=i.get("level", 95) / 100, p=p, **more)


def of_counts(i: Case) -> CheckedReport:
    counts = {"events_t": i["a"], "n_t": i["n1"], "events_c": i["c"], "n_c": i["n0"]}
    return check_reported(i["rr"], i["lower"], i["upper"], measure="RR", **counts)


def of_claim(i: Case) -> Found | None:
    claims = {"improved": "benefit", "prolonged": "benefit", "no difference": "no difference"}
    (claim,) = (claim for words, claim in claims.items() if words in i["headline"])
    return claim_borne_out(reported(i), claim)  # type: ignore[arg-type]


def reported(i: Case) -> Reported:
    return Reported(estimate=Printed.of(i["hr"]), ci_low=Printed.of(i["lower"]), ci_high=Printed.of(i["upper"]))


JUDGED: dict[str, Callable[[Case], CheckedReport | Found | None]] = {
    "hr_ci_p": of_ratio,
    "v_vs_events": lambda i: of_ratio(i, events_t=i["events"][0], events_c=i["events"][1]),
    "rr_from_counts": of_counts,
    "hr_vs_medians": lambda i: check_reported(i["hr"], median_t=i["median_research"], median_c=i["median_control"]),
    "percent_of_n": lambda i: check_reported(pct_t=i["percent"], n_t=i["n"]),
    "arms_sum": lambda i: arms_sum_to_total(i["arms"], i["total"]),
    "events_le_n": lambda i: events_within_patients(Reported(events_t=i["events"], n_t=i["n"])),
    "os_events_le_pfs": lambda i: deaths_within_progressions(i["os_events"], i["pfs_events"]),
    "median_order": lambda i: medians_in_order(Printed.of(i["median_pfs"]), Printed.of(i["median_os"])),
    "rate_order": lambda i: survival_in_order(Printed.of(i["pfs"]), i["time"], Printed.of(i["os"]), i["time"]),
    "at_risk_monotone": lambda i: risk_table_agrees(i["t"], i["n"]),
    "at_risk_le_n_s": lambda i: risk_table_agrees([i["t"]], [i["at_risk"]], n=i["n"], survival=[Printed.exact(i["s"])]),
    "headline_vs_result": of_claim,
}
VERDICTS = {"ok": "ok", "info": "note", "warning": "warning", "error": "error"}


def verdict(judged: CheckedReport | Found | None) -> str:
    assert judged is not None
    if isinstance(judged, CheckedReport):
        return judged.severity
    return min((d.severity for d in judged), key=ORDER.index, default="ok")


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_every_case_has_its_verdict(case: Case) -> None:
    assert verdict(JUDGED[case["check"]](case["inputs"])) == VERDICTS[case["verdict"]]


OF_RATIOS = [case for case in CASES if case["check"] == "hr_ci_p"]


def box(i: Case) -> tuple[float, float, float, float]:
    from decimal import Decimal

    figures = [Decimal(i[name]) for name in ("hr", "lower", "upper")]
    return (*map(float, figures), 0.5 * 10.0 ** -decimals_of_ratio(figures))  # type: ignore[return-value]


@pytest.mark.parametrize("case", OF_RATIOS, ids=[case["id"] for case in OF_RATIOS])
def test_the_boxes_are_those_of_the_reference(case: Case) -> None:
    estimate, low, high, half = box(case["inputs"])
    detail, level = case["detail"], case["inputs"]["level"] / 100
    assert [float(se) for se in se_box(low, high, half, level)] == pytest.approx([detail["se_min"], detail["se_max"]], abs=1e-6)
    least, most = p_box(estimate, low, high, half, level)
    assert [float(least), float(most)] == pytest.approx([detail["p_min"], detail["p_max"]], abs=1e-6)


def test_boxes_of_many_are_those_of_each() -> None:
    rows = np.array([box(case["inputs"]) for case in OF_RATIOS]).T
    least, most = p_box(*rows)
    for i, case in enumerate(OF_RATIOS):
        one = p_box(*box(case["inputs"]))
        assert (float(least[i]), float(most[i])) == (float(one[0]), float(one[1]))


def test_the_counts_that_give_a_percentage() -> None:
    for case in (case for case in CASES if case["check"] == "percent_of_n"):
        percent = Printed.of(case["inputs"]["percent"])
        least, most = whole_counts(percent.value, percent.half, case["inputs"]["n"])
        assert list(range(int(least), int(most) + 1)) == case["detail"]["counts"]


SAID: dict[str, tuple[str, ...]] = {
    "morgan_mislabelled": ("sqrt(5.5 x 19.0) = 10.2", "(5.5 + 19.0)/2 = 12.25, fits: these may be figures of a difference"),
    "bmj_ong_mortality": ("1.21^2/0.95 = 1.54", "the upper limit 1.54 (one digit)"),
    "typo_upper": ("sqrt(0.44 x 0.67) = 0.543", "the upper limit 0.76 (two digits swapped)"),
    "wrong_level": ("as a 90% interval it would agree",),
    "p_too_small_for_ci": ("the interval holds 1",),
    "decision_flip_2": ("the interval leaves out 1",),
    "rr_is_or": ("(72/400) / (42/402) = 1.723", "1.88 is the odds ratio (1.882)"),
    "rr_inverted": ("0.58 is the risk ratio with the arms swapped (0.5804)",),
    "pct_grim": ("16/40 = 40.00% and 17/40 = 42.50%",),
    "info_cap_bad": ("86 x 132 / 218 = 52.1", "limits at 68% (one standard error) would fit"),
    "direction_median": ("medians of 21.0 with treatment and 27.0 with control favour control",),
    "at_risk_gt_alive": ("at most 200 x 0.55 = 110",),
    "headline_equivalence": ("this one holds a reduction by 45%",),
}


@pytest.mark.parametrize("id_", SAID)
def test_the_arithmetic_is_shown_with_what_would_explain_it(id_: str) -> None:
    (case,) = (case for case in CASES if case["id"] == id_)
    judged = JUDGED[case["check"]](case["inputs"])
    assert judged is not None
    (found,) = judged.disagreements if isinstance(judged, CheckedReport) else judged
    for words in SAID[id_]:
        assert words in str(found)
    assert found.rule in RULES
