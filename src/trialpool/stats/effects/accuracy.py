"""How far each route is from the Cox estimate of the same trial, as measured on real trials: what two routes may differ by.

Measured on 304 two-arm figures of published oncology trials (295 where the curve was used, 189 where medians were), whose patient
data, rebuilt from the curves, gave the Cox estimate. A route that takes a printed hazard ratio as it is has no error of its own.
"""

from __future__ import annotations

from math import inf, log, sqrt
from typing import NamedTuple

from trialpool.stats.distributions import z_quantile
from trialpool.stats.effects.derivation import Derivation


class Accuracy(NamedTuple):
    """Absolute error in the log hazard ratio, its median and its 95th centile, and by how much the log SE may be off.

    `se` is infinite where the SE is rightly that of another estimate, or rests on a guess.
    """

    median: float
    p95: float
    se: float


LOG_RANK_INFORMATION = -log(0.878) / 2  # V of Cox over d_t d_c / d: 0.878 (1st centile) to 1.000
SHARED_INFORMATION = -log(0.844) / 2  # V of Cox over O R C / (R + C)^2: 0.844 to 1.090
WALD_AND_LOG_RANK = -log(0.947)  # z of Wald over z of log-rank: 0.947 to 1.039
CURVE = 0.15  # the SE of curve intervals was right on average; its scatter was not measured
AS_PRINTED = Accuracy(0.0, 0.0, 0.0)
ACCURACY: dict[str, Accuracy] = {
    "estimate and V": Accuracy(0.0, 0.0, LOG_RANK_INFORMATION),
    "O - E and V": Accuracy(0.0011, 0.0415, LOG_RANK_INFORMATION),
    "O - E and chi-squared": Accuracy(0.0011, 0.0415, LOG_RANK_INFORMATION),
    "observed and expected events": Accuracy(0.0011, 0.0415, LOG_RANK_INFORMATION),
    "estimate and chi-squared": Accuracy(0.0, 0.0, WALD_AND_LOG_RANK),
    "estimate and P": Accuracy(0.0, 0.0, WALD_AND_LOG_RANK),
    "estimate and events": Accuracy(0.0, 0.0, LOG_RANK_INFORMATION),
    "estimate and total events": Accuracy(0.0, 0.0, SHARED_INFORMATION),
    "chi-squared and events": Accuracy(0.0008, 0.0132, LOG_RANK_INFORMATION),
    "P and events": Accuracy(0.0011, 0.0132, LOG_RANK_INFORMATION),
    "chi-squared and total events": Accuracy(0.0011, 0.0192, SHARED_INFORMATION),
    "P and total events": Accuracy(0.0011, 0.0192, SHARED_INFORMATION),
    "reconstructed patient data": Accuracy(0.0022, 0.0100, LOG_RANK_INFORMATION),  # 124 simulated figures, read by pixels
    "curve by piecewise Poisson": Accuracy(0.0159, 0.1026, CURVE),
    "curve by complementary log-log": Accuracy(0.0198, 0.1373, CURVE),
    "events and time at risk": Accuracy(0.0159, 0.1026, LOG_RANK_INFORMATION),  # not measured: as one long interval of a curve
    "estimate and expected events": Accuracy(0.0, 0.0, inf),
    "P and expected events": Accuracy(0.0692, 0.3485, inf),  # not measured: as medians, on which the events rest
    "curve by interval risks": Accuracy(0.0347, 0.1973, CURVE),
    "curve without numbers at risk": Accuracy(0.0347, 0.1973, inf),
    "landmark survival and its SE": Accuracy(0.0636, 0.2123, inf),
    "landmark survival and intervals": Accuracy(0.0636, 0.2123, inf),
    "landmark survival and patients": Accuracy(0.0636, 0.2123, inf),
    "landmark survival and P": Accuracy(0.0636, 0.2123, inf),
    "medians and events": Accuracy(0.0692, 0.3485, inf),
    "medians and patients": Accuracy(0.0692, 0.3485, inf),
    "medians and P": Accuracy(0.0692, 0.3485, inf),
}


def accuracy(route: str) -> Accuracy:
    """What was measured of a route.

    >>> accuracy("curve by piecewise Poisson").median, accuracy("estimate and interval").p95
    (0.0159, 0.0)
    """
    return ACCURACY.get(route, AS_PRINTED)


class Gap(NamedTuple):
    """What two routes from one report differ by.

    effect, se : distance of their effects, and of their log SEs, that rounding does not explain; 0 where their ranges meet
    effect_allowed, se_allowed : what such routes differ by on real trials
    """

    first: Derivation
    second: Derivation
    effect: float
    effect_allowed: float
    se: float
    se_allowed: float

    @property
    def beyond_rounding(self) -> bool:
        """Does rounding alone not explain the difference?"""
        return self.effect > 0 or self.se > 0

    @property
    def beyond_method(self) -> bool:
        """Is the difference larger than the routes' own error explains, too?"""
        return self.effect > self.effect_allowed or self.se > self.se_allowed


def gap(first: Derivation, second: Derivation) -> Gap:
    """What two routes differ by, once the rounding of what went in is allowed for, and what they may differ by.

    Their errors add up. An effect of a landmark or of medians also scatters more than one of all the events, in small trials more
    than in those that were measured: by 1.96 sqrt(|SE1^2 - SE2^2|), the one being efficient.

    >>> one, other = (Derivation(route=route, yi=yi, se=0.1, formula="", worked="", yi_low=yi - 0.01, yi_high=yi + 0.01,
    ...               se_low=0.1, se_high=0.1) for route, yi in (("estimate and interval", -0.5), ("P and events", -0.3)))
    >>> found = gap(one, other)
    >>> round(found.effect, 3), found.beyond_rounding, found.beyond_method
    (0.18, True, True)
    """
    a, b = accuracy(first.route), accuracy(second.route)
    scatter = z_quantile(0.95) * sqrt(abs(first.vi - second.vi)) if inf in (a.se, b.se) else 0.0
    se_low, se_high = (max(first.se_low, second.se_low), min(first.se_high, second.se_high))
    return Gap(
        first,
        second,
        max(max(first.yi_low, second.yi_low) - min(first.yi_high, second.yi_high), 0.0),
        max(a.p95 + b.p95, scatter),
        log(se_low / se_high) if se_low > se_high > 0 else 0.0,
        a.se + b.se,
    )
