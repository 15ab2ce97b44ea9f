"""From a route's formula and figures to a derivation: with its range over rounding, and held by what a P value says of its SE."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf, sqrt
from typing import NamedTuple

from trialpool.stats.distributions import z_of_p
from trialpool.stats.effects.derivation import Derivation, Refusal
from trialpool.stats.effects.printed import Printed, over_rounding
from trialpool.stats.effects.reported import Reported

Outcome = Derivation | Refusal
LOG_RANK_AND_WALD = 0.06  # by how much z of a log-rank and of a Wald test of one trial may differ
TOUCHING = 1e-9  # rounding boxes of two figures meet at a point, which floating point may miss


def derivation(
    name: str,
    route: Callable[..., tuple[float, float]],
    figures: Mapping[str, Printed],
    formula: str,
    worked: str,
    assumptions: tuple[str, ...],
    *,
    extra: Mapping[str, str] | None = None,
) -> Derivation:
    yi, se = route(*(f.value for f in figures.values()))
    inputs = {column: str(f) for column, f in figures.items()} | dict(extra or {})
    return Derivation(
        route=name,
        yi=yi,
        se=se,
        formula=formula,
        worked=worked,
        inputs=inputs,
        assumptions=assumptions,
        **over_rounding(route, *figures.values())._asdict(),
    )


def clipped(
    r: Reported,
    name: str,
    route: Callable[..., tuple[float, float]],
    figures: Mapping[str, Printed],
    formula: str,
    worked: str,
    assumptions: tuple[str, ...],
    extra: Mapping[str, str],
    *,
    least: float = inf,
) -> Outcome:
    """A derivation whose SE agrees with a P value printed as an inequality, as far as that can be asked of it.

    P > a raises an SE. P < a lowers it only where the effect itself is printed, and not below `least`: an effect that medians or
    landmark survival give is as likely to be too small as its SE too large, and studies with such an effect would weigh most.
    """

    def within(*values: float) -> tuple[float, float]:
        yi, free = route(*values)
        bounds = r.se_bounds(yi)
        return yi, max(min(free, max(bounds.high, least)), bounds.low)

    at = tuple(f.value for f in figures.values())
    (theta, se), (_, held) = route(*at), within(*at)
    said, most = f"P {r.p_operator} {r.p}", r.se_bounds(theta).high
    if held != se:
        towards = "the nearest that agrees with" if held <= most else "the least that there can be, on the way to"
        assumptions = (*assumptions, f"the SE is moved from {se:.4f} to {held:.4f}, {towards} {said}")
        worked += f"; with {said}: {held:.4f}"
    if held > most:
        assumptions = (*assumptions, f"{said} asks for an SE of at most {most:.4f}: the true effect may be larger than this one")

    return derivation(name, within, figures, formula, worked, assumptions, extra=extra)


def by_p(
    r: Reported,
    name: str,
    effect: Callable[..., float],
    figures: Mapping[str, Printed],
    formula: str,
    worked: str,
    assumptions: tuple[str, ...],
) -> Outcome:
    """The SE that makes an effect come out at its P value, unless that takes more information than there can be."""
    assert r.exact_p is not None
    sides = r.p_sides
    said = Tested("p", r.exact_p, f"P = {r.exact_p}", lambda p: float(z_of_p(p, sides)))
    if said.z_of(r.exact_p.value) <= 0 and not _open(effect, figures):
        return Refusal(name, f"a one-sided P = {r.exact_p} has no z to measure an effect by")
    return _by_test(r, name, effect, figures, formula, worked, assumptions, said)


def by_chi_squared(
    r: Reported,
    name: str,
    effect: Callable[..., float],
    figures: Mapping[str, Printed],
    formula: str,
    worked: str,
    assumptions: tuple[str, ...],
) -> Outcome:
    """The same with chi-squared of one degree of freedom, whose root is z."""
    assert r.chi2 is not None
    return _by_test(r, name, effect, figures, formula, worked, assumptions, Tested("chi2", r.chi2, f"chi2 = {r.chi2}", sqrt))


class Tested(NamedTuple):
    """A test of an effect: its column, its figure as printed, how it is called, and |z| by the figure."""

    column: str
    figure: Printed
    said: str
    z_of: Callable[[float], float]


def _by_test(
    r: Reported,
    name: str,
    effect: Callable[..., float],
    figures: Mapping[str, Printed],
    formula: str,
    worked: str,
    assumptions: tuple[str, ...],
    test: Tested,
) -> Outcome:
    z, theta = test.z_of(test.figure.value), effect(*(f.value for f in figures.values()))
    if _open(effect, figures):
        return Refusal(name, f"{' and '.join(map(str, figures.values()))} as printed leave no effect for P to measure")
    se = abs(theta) / z
    if r.cap and 1 / se**2 > (1 + LOG_RANK_AND_WALD) ** 2 * r.cap[0]:
        return Refusal(
            name, f"{test.said} would give the SE {se:.4f}, and {1 / sqrt(r.cap[0]):.4f} is the least possible with {r.cap[1]}"
        )
    return derivation(
        name,
        lambda *values: (effect(*values[:-1]), abs(effect(*values[:-1])) / test.z_of(values[-1])),
        {**figures, test.column: test.figure},
        formula,
        f"{worked}; {abs(theta):.4f} / {z:.3f} = {se:.4f}",
        assumptions,
    )


def _open(effect: Callable[..., float], figures: Mapping[str, Printed]) -> bool:
    """Does the rounding of the figures leave open whether there is an effect?"""
    box = over_rounding(lambda *values: (effect(*values), 1.0), *figures.values())
    return box.yi_low < TOUCHING and box.yi_high > -TOUCHING
