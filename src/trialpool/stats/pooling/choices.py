"""What a caller may choose; anything else is refused with the choices there are."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np

from trialpool.errors import BadArgument

EFFECT_MAKERS = "risk_ratio, hazard_ratio, effects or another maker of effects"
FIT_MAKERS = "pool, pool_common or mantel_haenszel"
F = TypeVar("F", bound=Callable[..., Any])


def expect(caller: str, given: Any, kind: type | tuple[type, ...], makers: str) -> None:
    """Refuse another kind of object than the one that a function takes, and say what makes that."""
    if not isinstance(given, kind):
        raise BadArgument(f"{caller} takes what {makers} returns, not {type(given).__name__}.")


def takes_effects_alone(function: F) -> F:
    """Refuse more than one argument without a name in a sentence: effects and variances are to be made one thing first."""

    @wraps(function)
    def called(*given: Any, **named: Any) -> Any:
        if len(given) > 1:
            name = function.__name__
            made = f"{name}(effects(yi, vi)) pools effects and their variances"
            raise BadArgument(f"{name} takes effects alone, and options by their names, not {len(given)} things: {made}.")
        return function(*given, **named)

    return cast(F, called)


def expect_one_analysis(caller: str, given: Any) -> None:
    """Refuse a batch, of fits or of effects."""
    effects = getattr(given, "effects", given)
    analyses = np.broadcast_shapes(np.shape(effects.yi), np.shape(effects.vi))[:-1]
    if analyses:
        what, act = ("this fit is", "Fit") if effects is not given else ("these effects are", "Take")
        raise BadArgument(f"{caller} is of one analysis, and {what} a batch of {math.prod(analyses)}. {act} the one that is meant.")


def choose(name: str, choice: str, table: Iterable[str]) -> str:
    """`choice`, if `table` has it.

    >>> choose("ci", "hk", ["HK", "Wald"])
    Traceback (most recent call last):
    trialpool.errors.BadArgument: ci='hk' is not known. Choose one of 'HK', 'Wald'.
    """
    if choice not in table:
        raise BadArgument(f"{name}={choice!r} is not known. Choose one of {', '.join(map(repr, table))}.")
    return choice


def checked_level(level: float) -> float:
    """`level`, if it is a confidence level.

    >>> checked_level(95)
    Traceback (most recent call last):
    trialpool.errors.BadArgument: level=95 is not between 0 and 1. For a 95% interval give 0.95.
    """
    if not 0 < level < 1:
        raise BadArgument(f"level={level!r} is not between 0 and 1. For a 95% interval give 0.95.")
    return level
