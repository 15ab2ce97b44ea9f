"""An estimate of the measure that holds, with its interval and its P value, from a place in a sentence on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from math import log
from typing import TYPE_CHECKING

from trialpool.formats.effect_statements.letters import words
from trialpool.formats.effect_statements.lexemes import RATIOS, Lexeme
from trialpool.formats.effect_statements.naming import Named
from trialpool.formats.effect_statements.phrases import (
    CLOSES,
    OPENS,
    SEPARATORS,
    Bound,
    Figure,
    Interval,
    Limits,
    P,
    at,
    bare_interval_at,
    bound_at,
    figure_at,
    interval_at,
    interval_label,
    limits_at,
    p_at,
    passed_over,
)
from trialpool.formats.effect_statements.statement import EffectStatement
from trialpool.formats.effect_statements.table_rows import cells_at, p_cell

if TYPE_CHECKING:
    from trialpool.formats.effect_statements.scanning import Scan

OTHER_FIGURES = words(
    """median medians mean means average rate rates proportion proportions percentage percentages probability probabilities age aged
    incidence prevalence score scores duration range iqr interquartile estimate-of"""
)
UNITS = words(
    """month months mo year years yr yrs week weeks wk day days hour hours h min minutes patient patients trial trials study studies
    participants events deaths cycle cycles mg g kg ml l dl mmol ng pg mcg µg μg iu u mm cm nm mmhg kpa hz bpm beats s sec seconds
    ms times fold grade arm arms women men people persons"""
)
TIMES = frozenset({"year", "years", "month", "months", "yr", "yrs"})
NOT_A_FIGURE_AFTER = frozenset(
    {"grade", "grades", "phase", "stage", "type", "level", "day", "week", "month", "year", "table", "figure", "cycle", "n", "k"}
)
STATES = frozenset(
    {"of", "was", "were", "is", "are", "be", "being", "been", "equals", "equal", "equalled", "at", "only", "about", "approximately"}
    | {"just", "merely", "roughly", "around", "nearly", "almost"}
)
HYPOTHETICAL = re.compile(
    r"(?i)\b(?:assum\w+|detect\w*|hypothes\w+|power(?:ed)?|margin|expected"
    r"|anticipat\w+|target\w*|sample[\s-]+size|boundar\w+|threshold)\b"
)
ASSUMED = re.compile(
    r"(?i)\s+(?:was|were|is|had\s+been)\s+(?:\w+\s+)?(?:assumed|expected|anticipated|hypothesi[sz]ed|targeted|planned|chosen)\b"
)
BOUND = re.compile(r"(?i)\b(?:upper|lower)[\s-]+(?:confidence[\s-]+)?(?:bound|limit|end)(?:[^\d(;]|\d+(?:\.\d+)?\s?%)*$")
MANY = frozenset({"and", "or", "vs", "versus", "v"})
FILLER_END = frozenset({"and", "or", "vs", "versus", "v", "while", "but", "whereas", "although", "compared", "than"})
BEFORE_AN_ARM = words("for favoring favouring favors favours favor favour")
TAIL_WORDS = words(
    """with a an by the log rank logrank stratified unstratified test two one sided tailed single wald cox adjusted nominal
    corresponding associated significant statistically both likelihood using which was in"""
)
BESIDE = frozenset({"se", "z", "n", "k"})  # figures of which one may stand between an estimate and its interval
BETWEEN = SEPARATORS | OPENS | CLOSES | {"-", '"'}
FILLER, GAP, LONGEST_TAIL = 8, 40, 24  # words, lexemes
DIGITS_ARE_LOST = 10.0  # by how much a limit may be off the one that fits before it is no limit


def statement_at(scan: Scan, i: int) -> tuple[list[EffectStatement], int, Decimal | None] | None:
    """The statement, or list of statements, whose first estimate stands at `i`; the place after, and the level."""
    named = scan.named or scan.inherited
    signed = named is None or named.code not in RATIOS
    found = figure_at(scan.of, i, signed=signed)
    if found is None or not _may_be_effect(scan, i, found[0], found[1], named):
        return None
    if named is None:
        return _unnamed(scan, i, found[0], found[1])
    if named.fresh and (listed := _list_at(scan, i, named)):
        return listed
    figure, k = found
    p, limits, end = _limits_of(scan, i, named, figure, k)
    interval = None if isinstance(limits, Bound) else limits
    if interval is not None and named.code in RATIOS and _unit_at(scan.of, end):
        return None
    if not _is_estimate(scan, i, named, figure, interval, p) or _is_reference(scan.of, k, figure):
        return None
    level = limits.level if limits else None
    if interval is not None and level is None:
        level = named.level
    p, end = _p_of(scan, named, p, end)
    made = _made(scan, i, end, named, figure, interval, level, p)
    if isinstance(limits, Bound):
        made = replace(made, bound=limits.value.value, bound_side=limits.side, ci_sides=limits.sides)
    return [made], end, level


def _limits_of(scan: Scan, i: int, named: Named, figure: Figure, k: int) -> tuple[P | None, Interval | Bound | None, int]:
    """The interval of an estimate, or its one limit, with a P that stands before it, and the place after."""
    p, limits, end = cells_at(scan.of, k, named) or _rest(scan.of, k, figure)
    if limits is None:
        limits = _before_it(scan, i, named, figure)
    if isinstance(limits, Interval) and not _fits(named.code, figure, limits):
        return p, None, k
    return p, limits, end


def _p_of(scan: Scan, named: Named, p: P | None, end: int) -> tuple[P | None, int]:
    """The P value of a statement: the one passed already, in a cell of a table, after it, or just before its measure."""
    if p is None and named.p_cell and (p := p_cell(scan.of, end + (at(scan.of, end).kind in CLOSES))):
        end = p.end
    if p is None:
        p, end = _p_after(scan.of, end)
    if (
        p is None
        and scan.passed_p
        and _only_marks(scan.of, scan.passed_p[0].end, named, scan.text)
        and (at(scan.of, scan.passed_p[1] - 1).kind in OPENS or scan.passed_p[1] == 0)
    ):
        p = scan.passed_p[0]
    return p, end


def _before_it(scan: Scan, i: int, named: Named, figure: Figure) -> Interval | None:
    """`95% CI 0.57-0.67 (HR 0.62)`: an interval that stands before, without an estimate of its own or words that lead away."""
    if scan.passed_interval is None or not named.fresh or named.start < 0:
        return None
    passed, start = scan.passed_interval
    if passed.end > i or not passed.low.value <= figure.value <= passed.high.value:
        return None
    before = start - 1
    while at(scan.of, before).kind in OPENS | SEPARATORS:
        before -= 1
    between = scan.of[passed.end : i]
    apart = len(between) > FILLER or any(lexeme.kind in ("number", "ci", ";") for lexeme in between)
    apart |= any(lexeme.kind == "word" for lexeme in between if lexeme.start < named.start)
    return None if apart or at(scan.of, before).kind in ("number", "percent") else passed


def _is_reference(of: Sequence[Lexeme], k: int, figure: Figure) -> bool:
    """`1.00 (reference)`: what the other levels are compared with."""
    while at(of, k).kind in OPENS | SEPARATORS:
        k += 1
    return figure.value == 1 and at(of, k).text in ("reference", "ref", "referent", "referents")


def _may_be_effect(scan: Scan, i: int, figure: Figure, after: int, named: Named | None) -> bool:
    """Not a percentage or a figure with a unit (for a ratio), not the number of a grade, a phase, a table."""
    if at(scan.of, i - 1).text in NOT_A_FIGURE_AFTER or (
        at(scan.of, i - 1).kind == "-" and at(scan.of, i - 2).kind in ("number", "word")
    ):
        return False
    following = at(scan.of, after)
    unit = at(scan.of, after + (following.kind == "-")).text
    unit_follows = unit in UNITS and not (unit in ("fold", "times") and named is not None and named.fresh)
    glued = following.kind == "word" and following.start == at(scan.of, after - 1).end and following.text not in ("c", "a")
    if (named is None or named.code in RATIOS) and _spread_after(scan.of, after):
        return False
    before, first = at(scan.of, i - 1), scan.of[i]
    if interval_label(scan.of, i) is not None:
        return False
    if first.kind == "-" and before.kind == "number" and before.end == first.start:
        return False
    between = limits_at(scan.of, i)
    if between and (following.kind == "-" or following.text == "to") and not between.high.percent:
        return False
    if named is None or named.code in RATIOS:
        return not (figure.percent or unit_follows or glued or figure.value <= 0)
    return True


def _spread_after(of: Sequence[Lexeme], k: int) -> bool:
    """`± 2.2` or `+/- 2.2`: a mean, and no ratio."""
    marks = "".join(lexeme.kind for lexeme in of[k : k + 3])
    return marks.startswith(("±", "+/-", "+-"))


def _unit_at(of: Sequence[Lexeme], end: int) -> bool:
    """`25.0 (10.0-50.0) mg`: a unit after the bracket."""
    return at(of, end + (at(of, end).kind in CLOSES)).text in UNITS - {"patients", "trials", "studies", "participants"}


def _unnamed(scan: Scan, i: int, figure: Figure, k: int) -> tuple[list[EffectStatement], int, Decimal | None] | None:
    """An estimate without a measure, as in a cell of a table: nothing but marks stands before it."""
    if scan.blocked or any(lexeme.kind not in OPENS | SEPARATORS | {"|", "-"} for lexeme in scan.of[:i]) or not figure.decimals:
        return None
    p, interval, end = _rest(scan.of, k, figure)
    if (
        not isinstance(interval, Interval)
        or not interval.labelled
        or interval.low.percent
        or interval.high.percent
        or figure.percent
    ):
        return None
    if p is None:
        p, end = _p_after(scan.of, end)
    if at(scan.of, end).text in UNITS:
        return None
    return [_made(scan, i, end, None, figure, interval, interval.level, p)], end, interval.level


def _rest(of: Sequence[Lexeme], k: int, figure: Figure) -> tuple[P | None, Interval | Bound | None, int]:
    """What follows an estimate up to its interval, or the one limit: marks, a few words, a P before it; and the place after."""
    p: P | None = None
    skipped, start = 0, k
    while k < len(of) and k - start < GAP:
        lexeme = of[k]
        if interval := bound_at(of, k, figure) or interval_at(of, k) or _unlabelled(of, k, figure, skipped > 0):
            return p, interval, interval.end
        if lexeme.kind == "word" and (tested := p_at(of, k)):
            p, k = (tested if p is None and tested.of_effect else p), tested.end
        elif lexeme.kind in BETWEEN or (lexeme.kind == "." and interval_at(of, k + 1)):
            k += 1
        elif (unit := _per_unit(of, k)) > k:
            k = unit
        elif lexeme.text in BESIDE and (passed := passed_over(of, k)) > k:
            k = passed
        elif lexeme.kind == "word" and skipped < FILLER and lexeme.text not in FILLER_END | OTHER_FIGURES:
            skipped, k = skipped + (lexeme.text not in UNITS), k + 1
        else:
            break
    return None, None, start


def _unlabelled(of: Sequence[Lexeme], k: int, figure: Figure, apart: bool) -> Interval | None:
    """Limits without a label; `apart`, with words between as in `0.68 in men (0.53-0.87)`, decimals around the estimate."""
    if not apart:
        return bare_interval_at(of, k) or _unmarked(of, k, figure)
    found = bare_interval_at(of, k) if figure.decimals else None
    around = found and found.low.decimals and found.high.decimals and found.low.value <= figure.value <= found.high.value
    return found if around else None


def _per_unit(of: Sequence[Lexeme], k: int) -> int:
    """The place after `per 10 years` or `for each 5 mg`, what an effect is counted in; `k` where it is not there."""
    if at(of, k).text not in ("per", "each", "every"):
        return k
    end = k + 1
    while at(of, end).text in ("each", "every"):
        end += 1
    end += at(of, end).kind == "number"
    end += at(of, end).kind == "-"
    return end + (at(of, end).kind in ("word", "percent"))


def _unmarked(of: Sequence[Lexeme], k: int, figure: Figure) -> Interval | None:
    """`, 0.57-0.67` after an estimate: decimals throughout, and limits around it."""
    limits = limits_at(of, k + 1) if at(of, k).kind == "," else None
    if limits is None or not (limits.low.decimals and limits.high.decimals):
        return None
    mark = at(of, k + 2)
    if not (mark.kind == "-" or mark.text == "to") or not limits.low.value <= figure.value <= limits.high.value:
        return None
    return Interval(limits.low, limits.high, None, "confidence", limits.end, labelled=False)


def _is_estimate(scan: Scan, i: int, named: Named, figure: Figure, interval: Interval | None, p: P | None) -> bool:
    """Does the figure at `i` belong to the measure that was named?"""
    if not named.fresh or named.start < 0:
        return interval is not None and _carries_over(named, figure, interval)
    if interval is not None:
        return True
    marks = {",", ":", "=", "(", "["}
    k = i - 1
    while at(scan.of, k).kind in ("(", "["):
        k -= 1
    beside = k < named.after or at(scan.of, k).kind in marks or at(scan.of, k).text in STATES
    said = bool(p or _p_after(scan.of, i + 1)[0])
    before = scan.text[scan.of[0].start : scan.of[i].start]
    after = scan.text[scan.of[i].end : scan.of[-1].end]
    planned = HYPOTHETICAL.search(before) or BOUND.search(before) or ASSUMED.match(after)
    return figure.decimals and not planned and (beside or said)


def _carries_over(named: Named, figure: Figure, interval: Interval) -> bool:
    """A further estimate of a measure that has one already: decimals throughout, and limits around it."""
    figures = (figure, interval.low, interval.high)
    if named.code in RATIOS and any(f.percent or f.value <= 0 for f in figures):
        return False
    return all(f.decimals for f in figures) and interval.low.value <= figure.value <= interval.high.value


def _fits(code: str, figure: Figure, interval: Interval) -> bool:
    """An interval in percent is none of a ratio."""
    return code not in RATIOS or not (interval.low.percent or interval.high.percent)


def _p_after(of: Sequence[Lexeme], end: int) -> tuple[P | None, int]:
    """The P value that follows a statement, within its bracket or just after it."""
    k, words = end, 0
    while k < min(len(of), end + LONGEST_TAIL):
        lexeme = of[k]
        if lexeme.kind == "word" and (p := p_at(of, k)):
            if p.of_effect:
                return p, p.end
            further = p_at(of, p.end + 1)
            superior = further is not None and any(word.text == "superiority" for word in of[p.end : further.end + 2])
            return (further, further.end) if further and superior else (None, end)
        lost = at(of, k + 1)
        if (
            lexeme.kind in ("=", "<")
            and at(of, k - 1).kind in (",", ";", "|")
            and lost.kind == "number"
            and lost.decimals
            and lost.value < 1
        ):
            return P("=" if lexeme.kind == "=" else "<", lost.value, None, True, k + 2), k + 2
        if lexeme.kind in SEPARATORS | OPENS | CLOSES | {"-"} or (
            lexeme.kind == "number" and at(of, k + 1).kind == "-" and at(of, k + 2).text in ("sided", "tailed")
        ):
            k += 1
        elif (passed := passed_over(of, k)) > k and (lexeme.text in ("n", "k", "z", "t") or _of_log_rank(of, k, passed)):
            k = passed
        elif lexeme.kind == "word" and (lexeme.text in TAIL_WORDS or (lexeme.text == "and" and p_at(of, k + 1))):
            k += 1
        elif lexeme.text in BEFORE_AN_ARM and not words:
            words = 1
            k += 1
            while at(of, k).kind == "word" and at(of, k).text not in FILLER_END | OTHER_FIGURES and words < 6 and not p_at(of, k):
                k, words = k + 1 + (at(of, k + 1).kind == "-"), words + 1
        else:
            break
    return None, end


def _of_log_rank(of: Sequence[Lexeme], k: int, end: int) -> bool:
    """`log-rank chi2 = 12.1`, `df = 1`: of the test of the effect; other chi-squared statistics may be of heterogeneity."""
    if of[k].text in ("chi", "x"):
        return at(of, k - 1).text in ("rank", "logrank", "test", "wald")
    return of[k].text in ("df", "d") and of[end - 1].text == "1"


def _only_marks(of: Sequence[Lexeme], start: int, named: Named, text: str) -> bool:
    """Nothing but marks between a P and the measure that follows it."""
    between = [lexeme for lexeme in of[start:] if lexeme.start < named.start]
    return bool(between) and all(
        lexeme.kind in OPENS | {",", ";"} or lexeme.text in ("adjusted", "unadjusted") for lexeme in between
    )


def _list_at(scan: Scan, i: int, named: Named) -> tuple[list[EffectStatement], int, Decimal | None] | None:
    """`0.62 and 0.93 (95% CI 0.57-0.67 and 0.85-1.01)`: estimates in a list, then their limits in the same order."""
    figures: list[tuple[Figure, int]] = []
    k = i
    while found := figure_at(scan.of, k, signed=named.code not in RATIOS):
        figures.append((found[0], k))
        k = found[1]
        while at(scan.of, k).kind == "," or at(scan.of, k).text in MANY:
            k += 1
    if len(figures) < 2 or not all(figure.decimals and not figure.percent for figure, _ in figures):
        return None
    while at(scan.of, k).kind in OPENS | SEPARATORS or at(scan.of, k).text in ("respectively", "with"):
        k += 1
    label = interval_label(scan.of, k)
    if label is None:
        return None
    level, kind, k = label
    while at(scan.of, k).kind in SEPARATORS | OPENS:
        k += 1
    intervals: list[Limits] = []
    while limits := limits_at(scan.of, k):
        intervals.append(limits)
        k = limits.end
        while at(scan.of, k).kind in (",", ";", ")", "(", "]", "[") or at(scan.of, k).text in MANY:
            k += 1
    if len(intervals) != len(figures):
        return None
    end = intervals[-1].end
    ps, end = _ps_at(scan.of, end, len(figures))
    made = [
        _made(scan, place, end, named, figure, Interval(limits.low, limits.high, level, kind, limits.end), level, p)
        for (figure, place), limits, p in zip(figures, intervals, ps, strict=True)
    ]
    scan.listed = True
    return made, end, level


def _ps_at(of: Sequence[Lexeme], k: int, n: int) -> tuple[list[P | None], int]:
    """As many P values in a list, and the place after them; none for each where there are not as many."""
    ps: list[P | None] = []
    start = end = k
    while k < len(of):
        if (p := p_at(of, k)) and p.of_effect:
            ps.append(p)
            k = end = p.end
        elif of[k].kind in SEPARATORS | CLOSES or of[k].text in MANY:
            k += 1
        else:
            break
    return (ps, end) if len(ps) == n else ([None] * n, start)


def _made(
    scan: Scan,
    i: int,
    end: int,
    named: Named | None,
    figure: Figure,
    interval: Interval | None,
    level: Decimal | None,
    p: P | None,
) -> EffectStatement:
    start = named.start if named and named.fresh and named.start >= 0 else scan.of[i].start
    low, high = _usable(figure, interval, named) if interval else (None, None)
    return EffectStatement(
        measure=named.code if named else None,
        estimate=figure.value,
        ci_low=low,
        ci_high=high,
        ci_level=level,
        interval_kind=interval.kind if interval else "",
        p=p.value if p else None,
        p_operator=p.operator if p else "",
        p_sides=p.sides if p else None,
        adjusted=bool(named and named.adjusted),
        method=named.method if named else "",
        percent=figure.percent,
        printed_limits=(interval.low.text, interval.high.text) if interval else ("", ""),
        start=start,
        end=scan.of[end - 1].end,
        quote=str(scan.of[i].start),
    )


def _usable(figure: Figure, interval: Interval, named: Named | None) -> tuple[Decimal | None, Decimal | None]:
    """The limits; one that has lost its decimals (`0.44-75`) is none."""
    low, high = interval.low.value, interval.high.value
    if named is None or named.code not in RATIOS or min(low, high, figure.value) <= 0:
        return low, high
    fitting_high, fitting_low = 2 * log(figure.value) - log(low), 2 * log(figure.value) - log(high)
    if figure.decimals and interval.low.decimals and not interval.high.decimals and log(high) - fitting_high > log(DIGITS_ARE_LOST):
        return low, None
    if (
        figure.decimals
        and interval.high.decimals
        and not interval.low.decimals
        and low > high
        and log(low) - fitting_low > log(DIGITS_ARE_LOST)
    ):
        return None, high
    return low, high
