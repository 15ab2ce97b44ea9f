"""The call of ours that answers to an entry of mixed_models.json."""

from __future__ import annotations

from typing import Any

from tests.exact.reference_results import arms, columns, odds_ratios

from trialpool.stats.exact.glmm import glmm, glmm_proportion, glmm_rate, glmm_rates
from trialpool.stats.exact.mixed_model_fit import MixedModelFit


def fit_of(entry: dict[str, Any]) -> MixedModelFit:
    data, call = entry["data"], entry["call"]
    options: dict[str, Any] = {
        "model": "random" if entry.get("method", "ML") == "ML" else "common",
        "ci": "t" if 'test="t"' in call else "Wald",
    }
    for name in ("ablat", "pubyear"):
        if name in call:
            options["moderators"] = {name: columns(data)[name]}
    if entry["measure"] == "OR":
        return glmm(odds_ratios(data), method=entry["model"], **options)
    if entry["measure"] == "IRR":
        return glmm_rates(**arms(data), method=entry["model"], **options)
    if entry["measure"] == "PLO":
        return glmm_proportion(events=columns(data)["events"], n=columns(data)["n"], **options)
    return glmm_rate(events=columns(data)["events_t"], time=columns(data)["time_t"], **options)


def name_of(entry: dict[str, Any]) -> str:
    extra = next((word for word in ("nAGQ=21", "ablat", "pubyear") if word in entry["call"]), "")
    return "-".join(part for part in (entry["data"], entry["measure"], entry.get("model"), entry.get("method"), extra) if part)
