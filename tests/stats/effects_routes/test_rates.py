"""Rate ratios: by hand, and by escalc of metafor through the reference tables."""

from __future__ import annotations

import json
from math import log, sqrt
from pathlib import Path

import pytest
from tests.stats.effects_routes.reports import order, reason, route

REFERENCE = Path(__file__).parents[2] / "reference"
HART = {"events_t": 9, "time_t": "413", "events_c": 19, "time_c": "398"}


def test_agrees_with_escalc_on_hart_1999() -> None:
    sets = json.loads((REFERENCE / "effect_sizes" / "data_sets.json").read_text(encoding="utf-8"))
    x = next(s["columns"] for s in sets if s["data"] == "hart1999")
    metafor = next(
        s["columns"] for s in json.loads((REFERENCE / "data_sets.json").read_text("utf-8")) if s["data"] == "hart1999.IRR"
    )
    for i, (yi, vi) in enumerate(zip(metafor["yi"], metafor["vi"], strict=True)):
        counts = {"events_t": int(x["x1i"][i]), "events_c": int(x["x2i"][i])}
        d = route("events and person-time", measure="IRR", **counts, time_t=f"{x['t1i'][i]:g}", time_c=f"{x['t2i'][i]:g}")
        assert (d.yi, d.vi) == pytest.approx((yi, vi), rel=1e-12)


def test_the_derivation_shows_its_numbers_and_the_rounding_of_time() -> None:
    d = route("events and person-time", measure="IRR", **HART)
    assert d.worked == "ln[(9/413) / (19/398)] = -0.7842; sqrt(1/9 + 1/19) = 0.4047"
    assert d.inputs == {"events_t": "9", "time_t": "413", "events_c": "19", "time_c": "398"}
    assert (d.yi_low, d.yi_high) == pytest.approx((log(9 / 413.5 / (19 / 397.5)), log(9 / 412.5 / (19 / 398.5))))


def test_an_arm_without_events_has_half_an_event_added() -> None:
    d = route("events and person-time", measure="IRR", **HART | {"events_t": 0})
    assert (d.yi, d.se) == pytest.approx((log(0.5 / 413 / (19.5 / 398)), sqrt(1 / 0.5 + 1 / 19.5)))
    assert d.assumptions[1] == "0.5 is added to the events of both arms, one of which had none"
    none = HART | {"events_t": 0, "events_c": 0}
    assert reason("events and person-time", measure="IRR", **none) == "no events in both arms say nothing of a ratio"


def test_printed_rate_ratios() -> None:
    printed = {"measure": "IRR", "estimate": "0.70", "inverted": False}
    interval = route("estimate and interval", **printed, ci_low="0.50", ci_high="0.98")
    assert (interval.yi, interval.se) == pytest.approx((log(0.7), log(0.98 / 0.5) / (2 * 1.959964)), rel=1e-6)
    assert route("estimate and SE", **printed, se_log="0.17").se == 0.17
    assert order(**printed, **HART, ci_low="0.50", ci_high="0.98") == ["events and person-time", "estimate and interval"]
