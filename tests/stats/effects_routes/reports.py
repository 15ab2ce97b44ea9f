"""Reports for the tests, written as they are printed."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from trialpool.stats.effects.derivation import Derivation
from trialpool.stats.effects.printed import Printed
from trialpool.stats.effects.reported import Reported
from trialpool.stats.effects.routes import RouteResults, derive

PRINTED = {field.name for field in fields(Reported) if "Printed" in str(field.type)}
ARMS = ("events", "n", "pct", "median", "survival", "expected", "time", "survival_se", "survival_low", "survival_high", "arm")


def report(**figures: Any) -> Reported:
    """A report whose figures are text, as printed; P may have its sign (`<0.001`)."""
    p = str(figures.get("p", ""))
    if p[:1] in ("<", ">"):
        figures |= {"p": p[1:], "p_operator": p[0]}
    return Reported(
        **{name: Printed.of(figure) if name in PRINTED and figure is not None else figure for name, figure in figures.items()}
    )


def by_route(results: RouteResults) -> dict[str, Derivation]:
    return {d.route: d for d in results.feasible}


def route(name: str, **figures: Any) -> Derivation:
    """What the route of this name makes of a report."""
    return by_route(derive(report(**figures)))[name]


def reason(name: str, **figures: Any) -> str:
    """Why the route of this name leads nowhere from a report."""
    return {refusal.route: refusal.reason for refusal in derive(report(**figures)).refused}[name]


def order(**figures: Any) -> list[str]:
    """The routes that lead from a report to an effect, best first."""
    return [d.route for d in derive(report(**figures)).feasible]


def swapped(r: Reported) -> Reported:
    """The same report with the arms called the other way round."""
    arms = {f"{figure}_{a}": getattr(r, f"{figure}_{b}") for figure in ARMS for a, b in ("tc", "ct")}
    o_minus_e = r.o_minus_e and Printed(-r.o_minus_e.value, r.o_minus_e.half)
    favours: Any = r.favours and {"treatment": "control", "control": "treatment"}[r.favours]
    curve = r.curve and replace(r.curve, s_t=r.curve.s_c, s_c=r.curve.s_t, at_risk_t=r.curve.at_risk_c, at_risk_c=r.curve.at_risk_t)
    inverted = None if r.inverted is None else not r.inverted
    allocation = r.allocation and (r.allocation[1], r.allocation[0])
    return replace(r, **arms, o_minus_e=o_minus_e, favours=favours, inverted=inverted, curve=curve, allocation=allocation)
