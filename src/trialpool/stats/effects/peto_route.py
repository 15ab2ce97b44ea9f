"""The one-step effect of a 2x2 table, by which Peto's method pools: it exists where one arm has no event."""

from __future__ import annotations

from dataclasses import replace
from math import inf, sqrt

from trialpool.stats.effects.derivation import Derivation

NAME = "events and patients by Peto"


def one_step(d: Derivation) -> Derivation:
    """log OR = (O - E) / V, SE = 1 / sqrt(V), of the counts that a derivation came from.

    O = a, E = n1 m / N, V = n1 n2 m (N - m) / (N^2 (N - 1)), m the events of both arms. Yusuf et al. (1985), Prog Cardiovasc Dis
    27:335-371.
    """
    a, n1, c, n2 = (float(d.inputs[name]) for name in ("events_t", "n_t", "events_c", "n_c"))
    m, N = a + c, n1 + n2
    expected, V = n1 * m / N, n1 * n2 * m * (N - m) / (N**2 * (N - 1))
    yi, se = (a - expected) / V, 1 / sqrt(V)
    known = d.yi_low == d.yi_high
    return replace(
        d,
        route=NAME,
        yi=yi,
        se=se,
        formula="log OR = (O - E) / V; SE = 1 / sqrt(V); E = n1 m / N, V = n1 n2 m (N - m) / (N^2 (N - 1))",
        worked=f"O - E = {a:g} - {expected:.4f} = {a - expected:.4f}; V = {V:.4f}: {yi:.4f}, SE {se:.4f}",
        assumptions=(
            *(said for said in d.assumptions if not said.startswith("0.5 is added")),
            "events are rare, arms of like size and the effect is not large, else the one step goes astray",
        ),
        yi_low=yi if known else -inf,
        yi_high=yi if known else inf,
        se_low=se if known else 0.0,
        se_high=se if known else inf,
    )
