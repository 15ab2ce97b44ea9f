"""Judgements to draw: of few and many studies, by small and large tools, and with what no review should have."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from trialpool.analysis.judgements import Judgements, judgements
from trialpool.figures.canvas import Figure
from trialpool.figures.from_judgements import risk_of_bias_summary, traffic_light
from trialpool.review.risk_of_bias_tool import Tool

NAMES = ("Attal 2006", "Spencer 2009", "Lokhorst 2010", "Morgan 2012 (intensive)", "Stewart 2013", "Barlogie 2008")
LONG = "A very long label that goes on and on, with an acronym (MYELOMA-XI-INTENSIVE-PATHWAY) and its stratum"
LEVELS = ("low", "some-concerns", "high", "")


def rob2(k: int, *, weighted: bool = True) -> Judgements:
    """RoB 2 of k studies, a few of them not judged."""
    rng = np.random.default_rng(k)
    levels = {f"D{i}": rng.choice(LEVELS, k, p=(0.55, 0.28, 0.14, 0.03)).tolist() for i in range(1, 6)}
    weights = rng.uniform(0.2, 3, k) if weighted and k else None
    return judgements([NAMES[i % len(NAMES)] for i in range(k)], levels, weights=weights)


def tool(domains: int, levels: int, *, name: str = "Domain", overall: str = "worst", grouped: bool = False) -> Tool:
    """A tool that a person judges by."""
    return Tool.model_validate(
        {
            "format": 1,
            "id": "other",
            "name": f"{name} tool",
            "levels": [{"id": f"l{i}", "name": f"{name} level {i}" if i % 2 else f"Level {i}"} for i in range(1, levels + 1)],
            "domains": [
                {
                    "id": f"D{i}",
                    "name": f"{name} {i}",
                    "group": ("Risk of bias", "Concerns about applicability")[i > domains / 2] if grouped else "",
                }
                for i in range(1, domains + 1)
            ],
            "overall": {"rule": overall},
        }
    )


def other(k: int, of: Tool, label: str = "Study") -> Judgements:
    rng = np.random.default_rng(k)
    ids = [level.id for level in of.levels]
    levels = {domain.id: rng.choice(ids, k).tolist() for domain in of.domains}
    return judgements([f"{label} {i}" for i in range(1, k + 1)], levels, tool=of)


RISK: dict[str, Callable[[], Figure]] = {
    **{f"traffic-light-{k}": lambda k=k: traffic_light(rob2(k), title=f"RoB 2, k = {k}") for k in (0, 1, 3, 18, 60)},
    **{f"risk-of-bias-summary-{k}": lambda k=k: risk_of_bias_summary(rob2(k), title=f"RoB 2, k = {k}") for k in (0, 1, 3, 18, 60)},
    "risk-of-bias-summary-unweighted": lambda: risk_of_bias_summary(rob2(18), weighted=False),
    "traffic-light-grouped": lambda: traffic_light(other(7, tool(7, 4, overall="none", grouped=True)), title="Grouped"),
    "risk-of-bias-summary-grouped": lambda: risk_of_bias_summary(other(7, tool(7, 4, overall="none", grouped=True))),
    "traffic-light-one-domain": lambda: traffic_light(other(3, tool(1, 2, overall="none"))),
    "traffic-light-many": lambda: traffic_light(other(9, tool(14, 12)), title="Fourteen domains, twelve levels"),
    "risk-of-bias-summary-many": lambda: risk_of_bias_summary(other(9, tool(14, 12))),
    "traffic-light-nasty": lambda: traffic_light(other(4, tool(6, 5, name=LONG), LONG), title=LONG * 2),
    "risk-of-bias-summary-nasty": lambda: risk_of_bias_summary(other(4, tool(6, 5, name=LONG), LONG), title=LONG * 2),
}
