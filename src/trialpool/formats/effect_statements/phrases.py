"""Phrases of the grammar: an interval with its level, a P value, and figures of other kinds that are passed over.

Each function looks at the lexemes from a place on and returns what stands there, with the place after it; None where
it is not that.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from trialpool.formats.effect_statements.letters import words
from trialpool.formats.effect_statements.lexemes import END, Lexeme

OPENS, CLOSES = frozenset("([{"), frozenset(")]}")
SEPARATORS = frozenset(",:;=/|")
RANGE_MARKS = frozenset({"-", ",", ";", "/"})
RANGE_WORDS = frozenset({"to", "and", "a", "c", "till", "until", "through", "bis", "e", "y", "à"})
BETWEEN_LABEL_AND_LIMITS = words(
    """of was were is from between ranging ranged for hr with running ran extending extended spanning spanned stretching going which
    that lying the"""
)
BEFORE_A_LEVEL = words("del al à a da de at of the zu")
INTERVAL_KINDS = {
    "credible": "credible",
    "credibility": "credible",
    "repeated": "repeated",
    "bayesian": "credible",
    "bootstrap": "bootstrap",
    "bootstrapped": "bootstrap",
}
BOUND_SIDES = {"upper": "upper", "lower": "lower", "ucl": "upper", "lcl": "lower"}
BOUND_WORDS = frozenset({"bound", "bounds", "limit", "limits", "boundary", "end", "confidence"})
BEFORE_A_BOUND = words("of the a an for at with was is its one single 1 and being confidence")
INTERVAL_ADJECTIVES = frozenset(
    {"two", "one", "sided", "tailed", "adjusted", "exact", "wald", "likelihood", "profile", "corrected"}
)
OTHER_TESTS = words(
    """interaction interactions heterogeneity trend noninferiority inferiority homogeneity equivalence difference differences
    subgroup subgroups nonlinearity linearity proportionality int het hetero inter"""
)
P_WORDS = frozenset(
    {"value", "values", "val", "for", "of", "was", "is", "by", "log", "rank", "logrank", "superiority", "overall", "test", "the"}
)
HALF = Decimal(50)


class Figure(NamedTuple):
    """A number with its sign, as printed."""

    value: Decimal
    text: str
    decimals: bool
    percent: bool


class Limits(NamedTuple):
    """Two figures joined as a range, and the place after them."""

    low: Figure
    high: Figure
    end: int


class Interval(NamedTuple):
    """Limits with the level (percent; None where it is not said) and the kind of interval."""

    low: Figure
    high: Figure
    level: Decimal | None
    kind: str
    end: int
    labelled: bool = True


class Bound(NamedTuple):
    """One limit alone, "upper" or "lower", with its level, and 1 for `sides` where it is called one-sided."""

    side: str
    value: Figure
    level: Decimal | None
    sides: int | None
    end: int


class P(NamedTuple):
    """A P value: `=`, `<`, `>` or `ns`; `of_effect` is False for a test of interaction, heterogeneity, trend, non-inferiority."""

    operator: str
    value: Decimal | None
    sides: int | None
    of_effect: bool
    end: int


Lexemes = Sequence[Lexeme]


def at(of: Lexemes, i: int) -> Lexeme:
    return of[i] if 0 <= i < len(of) else END


def figure_at(of: Lexemes, i: int, *, signed: bool = True) -> tuple[Figure, int] | None:
    """A number, with a sign before it and a percent sign after it."""
    sign = ""
    if signed and at(of, i).kind in ("-", "+") and at(of, i + 1).kind == "number" and at(of, i).end == at(of, i + 1).start:
        sign, i = ("-" if of[i].kind == "-" else ""), i + 1
    if at(of, i).kind != "number":
        return None
    number, percent = of[i], at(of, i + 1).kind == "percent"
    value = -number.value if sign else number.value
    return Figure(value, sign + number.text, number.decimals, percent), i + 1 + percent


def limits_at(of: Lexemes, i: int) -> Limits | None:
    """`0.57 to 0.67`, `0.57-0.67`, `-0.9; -0.1`, `0.41C0.55`."""
    low = figure_at(of, i)
    if low is None:
        return None
    mark = at(of, low[1])
    if mark.kind not in RANGE_MARKS and not (mark.kind == "word" and mark.text in RANGE_WORDS):
        return None
    after = low[1] + 1
    if mark.kind == "-" and at(of, after).kind == "-" and at(of, after + 1).kind == "-":
        after += 1
    high = figure_at(of, after)
    return Limits(low[0], high[0], high[1]) if high else None


def level_at(of: Lexemes, i: int) -> tuple[Decimal, int] | None:
    """`95%`, `95-percent`, `95.02 %`."""
    number = at(of, i)
    if number.kind != "number":
        return None
    k = i + 1 + (at(of, i + 1).kind == "-" and at(of, i + 2).kind == "percent")
    if at(of, k).kind != "percent" or not HALF <= number.value < 100:
        return None
    return number.value, k + 1 + (at(of, k + 1).kind == "-" and at(of, k + 2).kind == "ci")


def interval_label(of: Lexemes, i: int) -> tuple[Decimal | None, str, int] | None:
    """`95% CI`, `CI95%`, `repeated CI`, `95% confidence interval [CI]`: level, kind, and the place after it."""
    level: Decimal | None = None
    kind, named, k = "confidence", False, i
    while k < len(of):
        lexeme = of[k]
        if lexeme.kind == "ci":
            named = True
            kind = "credible" if lexeme.text.lower().startswith(("cr", "high", "hd", "bc")) else kind
            k += 1
        elif level is None and (found := level_at(of, k) or _linked_level(of, k, named)):
            level, k = found
        elif not named and lexeme.kind == "word" and lexeme.text in INTERVAL_KINDS | dict.fromkeys(INTERVAL_ADJECTIVES):
            kind = INTERVAL_KINDS.get(lexeme.text, kind)
            k += 1 + (at(of, k + 1).kind == "-")
        elif named and lexeme.kind in OPENS and (within := _abbreviated(of, k + 1)):
            k = within
        else:
            break
    return (level, kind, k) if named else None


def _linked_level(of: Lexemes, i: int, named: bool) -> tuple[Decimal, int] | None:
    """`del 95 %` after `IC`, `à 95 %`."""
    return level_at(of, i + 1) if named and at(of, i).kind == "word" and at(of, i).text in BEFORE_A_LEVEL else None


def _abbreviated(of: Lexemes, i: int) -> int:
    """The place after `[CI]` or `[95% CI]`; 0 where it is not that."""
    level = level_at(of, i)
    k = level[1] if level else i
    return k + 2 if at(of, k).kind == "ci" and at(of, k + 1).kind in CLOSES else 0


def interval_at(of: Lexemes, i: int) -> Interval | None:
    """A labelled interval: the label, marks, the limits."""
    label = interval_label(of, i)
    if label is None:
        return None
    level, kind, k = label
    while at(of, k).kind in SEPARATORS | OPENS | {"measure"} or at(of, k).text in BETWEEN_LABEL_AND_LIMITS:
        k += 1
        if level is None and (found := level_at(of, k)):
            level, k = found
    limits = limits_at(of, k) or _side_by_side(of, k)
    return Interval(limits.low, limits.high, level, kind, limits.end) if limits else None


def bound_at(of: Lexemes, i: int, estimate: Figure) -> Bound | Interval | None:
    """`upper 95% CI 1.14`, `one-sided 97.5% CI, -∞ to 1.14`, `lower limit 0.57`; two of them are an interval."""
    first = _one_bound(of, i, estimate)
    if first is None or first.sides:
        return first
    k = first.end
    while at(of, k).kind in (",", ";") or at(of, k).text in ("and", "the"):
        k += 1
    second = _one_bound(of, k, estimate) if k > first.end else None
    if second is None or second.side == first.side:
        return first
    low, high = (first, second) if first.side == "lower" else (second, first)
    return Interval(low.value, high.value, first.level or second.level, "confidence", second.end)


def _one_bound(of: Lexemes, i: int, estimate: Figure) -> Bound | None:
    level: Decimal | None = None
    side, named, one_sided, k = "", False, False, i
    while k < min(len(of), i + 18):
        lexeme = of[k]
        if lexeme.kind == "ci" or (lexeme.text in BOUND_WORDS and (side or named)):
            named = True
        elif lexeme.text in BOUND_SIDES:
            if side:
                return None
            side = BOUND_SIDES[lexeme.text]
            named |= lexeme.text in ("ucl", "lcl")
        elif lexeme.text in ("sided", "tailed"):
            before = at(of, k - 1 - (at(of, k - 1).kind == "-")).text
            one_sided |= before in ("one", "1", "single")
        elif level is None and (found := level_at(of, k)):
            level, k = found
            continue
        elif figure := _limit_at(of, k, named=named, one_sided=one_sided, side=side):
            value, found_side, end = figure
            side = found_side or side or ("upper" if value.value > estimate.value else "lower")
            return Bound(side, value, level, 1 if one_sided else None, end)
        elif not (lexeme.kind in SEPARATORS | OPENS | {"-", "<", ">"} or lexeme.text in BEFORE_A_BOUND):
            return None
        k += 1
    return None


def _limit_at(of: Lexemes, k: int, *, named: bool, one_sided: bool, side: str) -> tuple[Figure, str, int] | None:
    """The one limit of a bound whose words end here: the figure, the side that its marks say, the place after it."""
    if not named:
        return None
    end = _infinity(of, k)
    if end > k:
        figure = figure_at(of, end + 1) if at(of, end).kind in RANGE_MARKS or at(of, end).text in RANGE_WORDS else None
        return (figure[0], "upper", figure[1]) if figure else None
    figure = figure_at(of, k)
    if figure is None:
        return None
    after = figure[1]
    if at(of, after).kind in RANGE_MARKS or at(of, after).text in RANGE_WORDS:
        endless = _infinity(of, after + 1)
        if endless > after + 1:
            return figure[0], "lower", endless
    if not (one_sided or side):
        return None
    if limits := limits_at(of, k):
        return (limits.high, "upper", limits.end) if one_sided and limits.low.value == 0 else None
    said = {"<": "upper", ">": "lower"}.get(at(of, k - 1).kind, "")
    return figure[0], said, after


def _infinity(of: Lexemes, k: int) -> int:
    """The place after `-∞`, `∞` or `infinity`; `k` where it is not there."""
    sign = at(of, k).kind in ("-", "+")
    lexeme = at(of, k + sign)
    return k + sign + 1 if lexeme.kind == "∞" or lexeme.text in ("infinity", "inf") else k


def _side_by_side(of: Lexemes, i: int) -> Limits | None:
    """Two limits with nothing between them, as in the cells of a table; both with decimals."""
    low = figure_at(of, i)
    high = figure_at(of, low[1]) if low else None
    if low is None or high is None or not (low[0].decimals and high[0].decimals):
        return None
    return Limits(low[0], high[0], high[1])


def bare_interval_at(of: Lexemes, i: int) -> Interval | None:
    """Limits in brackets without a label: `(0.57-0.67)`, `[0.39; 0.64]`, also with a label or a P after them."""
    if at(of, i).kind not in OPENS:
        return None
    limits = limits_at(of, i + 1)
    if limits is None:
        return None
    after = at(of, limits.end)
    if after.kind in CLOSES or p_at(of, limits.end):
        return Interval(limits.low, limits.high, None, "confidence", limits.end, labelled=False)
    if after.kind in SEPARATORS:
        label = interval_label(of, limits.end + 1)
        if label:
            return Interval(limits.low, limits.high, label[0], label[1], label[2])
        if p_at(of, limits.end + 1) or at(of, limits.end + 1).text in ("i", "n", "k", "log"):
            return Interval(limits.low, limits.high, None, "confidence", limits.end, labelled=False)
    return None


def p_at(of: Lexemes, i: int) -> P | None:
    """`P < .001`, `p = NS`, `P-value: 0.03`, `P for interaction = .2`, `p = 2.1 x 10-5`, `P not significant`."""
    label = at(of, i)
    if label.kind != "word" or not label.text.startswith("p") or not (label.text == "p" or label.text[1:] in OTHER_TESTS):
        return None
    of_effect, k = label.text == "p" and not _another_test_before(of, i), i + 1
    while k < min(len(of), i + 9) and of[k].kind in ("word", "-", "(", ")", "_", "["):
        if of[k].text in OTHER_TESTS:
            of_effect = False
        elif of[k].kind == "word" and of[k].text not in P_WORDS:
            break
        k += 1
    operator, k = _operator(of, k)
    if not_significant := _not_significant(of, k):
        return P("ns", None, _sides(of, i, not_significant), of_effect, not_significant)
    if at(of, k).kind != "number" or (not operator and k > i + 1 and not at(of, k).decimals) or at(of, k + 1).kind == "percent":
        return None
    value, end = _power_of_ten(of, k)
    if not 0 <= value <= 1 or (not operator and not of[k].decimals):
        return None
    if at(of, end).text == "for" and any(at(of, end + d).text in OTHER_TESTS for d in (1, 2, 3)):
        of_effect = False
    return P(operator or "=", value, _sides(of, i, end), of_effect, end)


def _another_test_before(of: Lexemes, i: int) -> bool:
    """`interaction P`, `heterogeneity: P`."""
    k = i - 1
    while at(of, k).kind in (":", ",", "-", "(") or at(of, k).text == "test":
        k -= 1
    return at(of, k).text in OTHER_TESTS


def _operator(of: Lexemes, k: int) -> tuple[str, int]:
    """`=`, `<`, `>`, `= <`, `:`, `less than`; empty where none stands there."""
    operator = ""
    while at(of, k).kind in ("=", "<", ">", ":") or at(of, k).text in ("less", "than", "greater", "equal", "equals"):
        lexeme = of[k]
        operator = {"less": "<", "greater": ">", "<": "<", ">": ">"}.get(lexeme.text, operator or "=")
        k += 1
    return operator, k


def _not_significant(of: Lexemes, k: int) -> int:
    """The place after `NS`, `n.s.` or `not significant`; 0 where they are not there."""
    words = "".join(lexeme.text for lexeme in of[k : k + 4])
    if at(of, k).text == "ns":
        return k + 1
    if words.startswith("n.s."):
        return k + 4
    if words.startswith(("notsignificant", "nonsignificant")):
        return k + 2
    return k + 3 if words.startswith("non-significant") else 0


def _power_of_ten(of: Lexemes, k: int) -> tuple[Decimal, int]:
    """A number and the place after it: `2.1 x 10-5`, `10^-4`, `0.03`."""
    factor, base = of[k].value, k
    if at(of, k + 1).text in ("x", "*") and at(of, k + 2).text == "10":
        base = k + 2
    elif of[k].text != "10":
        return factor, k + 1
    else:
        factor = Decimal(1)
    sign = base + 1 + (at(of, base + 1).kind == "^")
    if at(of, sign).kind == "-" and at(of, sign + 1).kind == "number" and at(of, sign + 1).value < 400:
        return factor.scaleb(-int(of[sign + 1].value)), sign + 2
    return of[k].value, k + 1


def _sides(of: Lexemes, start: int, end: int) -> int | None:
    """One- or two-sided, said beside P; None where it is not."""
    around = [lexeme.text for lexeme in of[max(0, start - 6) : start]] + [lexeme.text for lexeme in of[end : end + 5]]
    if not {"sided", "tailed"} & set(around):
        return None
    before = next(around[i - 1 - (around[i - 1] == "-")] for i, text in enumerate(around) if text in ("sided", "tailed") and i)
    return {"one": 1, "1": 1, "single": 1, "two": 2, "2": 2}.get(before)


def passed_over(of: Lexemes, i: int) -> int:
    """The place after a figure of another kind (`I2 = 47%`, `n = 231`, `chi2 = 3.1`); `i` where there is none."""
    word = at(of, i).text
    if word == "d" and "".join(lexeme.text for lexeme in of[i : i + 4]) == "d.f.":
        i, word = i + 3, "df"
    if word not in ("i", "n", "k", "x", "chi", "tau", "q", "df", "z", "t", "se", "iqr", "sd", "events"):
        return i
    k = i + 1
    k += at(of, k).kind == "number" and at(of, k + 1).kind in ("=", ":", "<", ">")
    marked = at(of, k).kind in ("=", ":", "<", ">")
    if not marked and word != "se":
        return i
    found = figure_at(of, k + marked)
    return found[1] if found else i
