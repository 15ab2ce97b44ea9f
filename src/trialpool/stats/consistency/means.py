"""Does a mean difference agree with the means beside it, with its own interval and P, and with the standard deviations?"""

from __future__ import annotations

from itertools import product
from math import inf, sqrt

from trialpool.stats.consistency.disagreement import Disagreement
from trialpool.stats.distributions import two_sided_p
from trialpool.stats.effects.difference_routes import reach_of
from trialpool.stats.effects.printed import Printed
from trialpool.stats.effects.reported import MEAN_DIFFERENCES, Reported

Verdict = tuple[Disagreement, ...] | None
TOUCHING = 1e-9
OTHER_TEST = 0.06  # by how much the statistic of another test than that of the interval may differ
NEAR = 0.15  # how near, as a share, an SE is to what makes it be told as that
FAR = 2.0  # from this ratio on, an SE is not that of the standard deviations beside it


def difference_of_means(r: Reported) -> Verdict:
    """The box of the printed difference meets that of m1 - m2; of a standardised one, the sign is the same."""
    means = _means(r)
    if r.measure == "SMD" and r.estimate and means and r.inverted is not None:
        return _sign_of_means(r.estimate, *means, inverted=r.inverted)
    if r.measure != "MD" or r.estimate is None or means is None:
        return None
    t, c = means
    sign = -1 if r.inverted else 1
    made, half = sign * (t.value - c.value), t.half + c.half + r.estimate.half
    if abs(made - r.estimate.value) <= half + TOUCHING:
        return ()
    if r.inverted is None:  # the means then tell which way it is printed
        made = abs(made) if r.estimate.value > 0 else -abs(made)
        if abs(made - r.estimate.value) <= half + TOUCHING:
            return ()
    swapped = abs(made + r.estimate.value) <= half + TOUCHING
    first, second = (t, c) if sign > 0 else (c, t)
    return (
        Disagreement(
            rule="difference-means",
            severity="error" if swapped else "warning",
            columns=("estimate", "mean_t", "mean_c"),
            what=f"MD {r.estimate} is not that of the means {t} and {c}",
            expected=f"{first} - {_bracketed(second)} = {made:.4g}" + ("; the sign is turned" if swapped else ""),
            mend="Correct the orientation, or swap the arms"
            if swapped
            else "Correct one of them; an adjusted difference may differ",
        ),
    )


def _sign_of_means(smd: Printed, t: Printed, c: Printed, *, inverted: bool) -> tuple[Disagreement, ...]:
    """A standardised difference on the other side of 0 than the means; a warning, for the scale may be turned round on purpose."""
    first, second = (c, t) if inverted else (t, c)
    least, most = first.low - second.high, first.high - second.low
    if smd.low <= 0 <= smd.high or (most >= 0 if smd.value > 0 else least <= 0):
        return ()
    return (
        Disagreement(
            rule="difference-means",
            severity="warning",
            columns=("estimate", "mean_t", "mean_c"),
            what=f"SMD {smd} has another sign than the difference of the means {t} and {c}",
            expected=f"{first} - {_bracketed(second)} = {first.value - second.value:.4g}",
            mend="Correct the orientation, or swap the arms; a scale that was turned round may differ",
        ),
    )


def middle_of_limits(r: Reported) -> Verdict:
    """The box of a difference meets that of (L + U) / 2."""
    if r.measure not in MEAN_DIFFERENCES or not (r.estimate and r.ci_low and r.ci_high) or r.ci_low.value > r.ci_high.value:
        return None
    middle, half = (r.ci_low.value + r.ci_high.value) / 2, (r.ci_low.half + r.ci_high.half) / 2 + r.estimate.half
    if abs(middle - r.estimate.value) <= half + TOUCHING:
        return ()
    return (
        Disagreement(
            rule="symmetry",
            severity="warning",
            columns=("estimate", "ci_low", "ci_high"),
            what=f"{r.measure} {r.estimate} is not in the middle of {r.ci_low} to {r.ci_high}",
            expected=f"the middle is {middle:.4g}",
            mend="Look whether a digit was mistyped, or the interval is by bootstrap or of ranks",
        ),
    )


def p_agrees_with_difference(r: Reported) -> Verdict:
    """The box of P meets the range of P that the difference and its limits leave open, widened by 6% in t."""
    if middle_of_limits(r) is None or r.p is None or r.p_sides != 2:
        return None
    assert r.estimate
    assert r.ci_low
    assert r.ci_high
    reach, _, _ = reach_of(r)
    df = r.n_t + r.n_c - 2 if r.n_t and r.n_c and r.n_t + r.n_c > 2 else inf
    boxes = [(f.low, f.value, f.high) for f in (r.estimate, r.ci_low, r.ci_high)]
    ts = [abs(md) * 2 * reach / (high - low) if high > low else inf for md, low, high in product(*boxes)]
    least_t = 0.0 if r.estimate.low <= 0 <= r.estimate.high else min(ts)
    least, most = (float(two_sided_p(t, df)) for t in (max(ts) * (1 + OTHER_TEST), least_t * (1 - OTHER_TEST)))
    low, high = _said(r.p, r.p_operator)
    if low <= most + TOUCHING and least <= high + TOUCHING:
        return ()
    covers = r.ci_low.value <= 0 <= r.ci_high.value
    flips = (covers and high < 1 - r.level) or (not covers and low > 1 - r.level)
    return (
        Disagreement(
            rule="p-interval",
            severity="error" if flips else "warning",
            columns=("p", "estimate", "ci_low", "ci_high"),
            what=f"P {r.p_operator} {r.p} does not agree with {r.estimate} ({r.ci_low} to {r.ci_high})",
            expected=f"P is between {least:.2g} and {most:.2g}",
            mend="Look at the level of the interval, and whether P is of this difference",
        ),
    )


def sd_and_not_se(r: Reported) -> Verdict:
    """The SE of the printed difference is that of the standard deviations, and not of these taken for standard errors.

    sqrt(s1^2/n1 + s2^2/n2) against sqrt(s1^2 + s2^2): that standard errors stand where standard deviations belong is the commonest
    slip of extraction. Goetzsche et al. (2007), JAMA 298:430-437.
    """
    arms = [(arm.sd if arm else None, n) for arm, n in ((r.arm_t, r.n_t), (r.arm_c, r.n_c))]
    if r.measure != "MD" or not (r.ci_low and r.ci_high) or r.ci_low.value >= r.ci_high.value:
        return None
    (s1, n1), (s2, n2) = arms
    if not (s1 and s2 and n1 and n2):
        return None
    se = (r.ci_high.value - r.ci_low.value) / (2 * reach_of(r)[0])
    of_sds, of_ses = sqrt(s1.value**2 / n1 + s2.value**2 / n2), sqrt(s1.value**2 + s2.value**2)
    if of_sds <= 0 or se < FAR * of_sds or abs(se / of_ses - 1) > NEAR:
        return ()
    return (
        Disagreement(
            rule="sd-or-se",
            severity="error",
            columns=("sd_t", "sd_c", "ci_low", "ci_high"),
            what=f"the standard deviations {s1} and {s2} are too small for the interval {r.ci_low} to {r.ci_high}",
            expected=f"the SE of the interval is {se:.3g}; they make {of_sds:.3g}, and as standard errors {of_ses:.3g}",
            mend="They look like standard errors: put them into se_mean_t and se_mean_c",
        ),
    )


def _means(r: Reported) -> tuple[Printed, Printed] | None:
    t, c = (arm.mean if arm else None for arm in (r.arm_t, r.arm_c))
    return (t, c) if t and c else None


def _said(p: Printed, operator: str) -> tuple[float, float]:
    """The least and the largest P that what is printed leaves open."""
    return {"<": (0.0, p.value), ">": (p.value, 1.0)}.get(operator, (p.low, p.high))


def _bracketed(figure: Printed) -> str:
    return f"({figure})" if figure.value < 0 else str(figure)
