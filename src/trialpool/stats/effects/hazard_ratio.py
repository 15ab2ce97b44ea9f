"""Log hazard ratios from what trials print: estimates, limits, P values, events, log-rank sums."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np

from trialpool.errors import BadArgument
from trialpool.stats.effects.columns import told_apart
from trialpool.stats.effects.derivation import Derivation
from trialpool.stats.effects.effects import Effects
from trialpool.stats.effects.printed import Printed, decimals_of_ratio
from trialpool.stats.effects.reported import Reported
from trialpool.stats.effects.routes import derive
from trialpool.stats.pooling.choices import checked_level
from trialpool.stats.tables import library_of

MISSING = ("", "None", "nan", "NaN", "<NA>")
RATIO = ("hr", "ci_low", "ci_high")
WHOLE = ("events_t", "n_t", "events_c", "n_c", "events_total")
NAMES = {"hr": "estimate", "se_hr": "se_ratio"}
ARMS = ("treatment", "control")
ABOVE_ZERO = ("median_t", "median_c", "se_log", "se_hr", "expected_t", "expected_c", "time_t", "time_c", "landmark", "follow_up")


def hazard_ratio(
    *,
    hr: Sequence[Any] | None = None,
    ci_low: Sequence[Any] | None = None,
    ci_high: Sequence[Any] | None = None,
    level: float = 0.95,
    p: Sequence[Any] | None = None,
    events_t: Sequence[Any] | None = None,
    n_t: Sequence[Any] | None = None,
    events_c: Sequence[Any] | None = None,
    n_c: Sequence[Any] | None = None,
    o_minus_e: Sequence[Any] | None = None,
    v: Sequence[Any] | None = None,
    median_t: Sequence[Any] | None = None,
    median_c: Sequence[Any] | None = None,
    coefficient: Sequence[Any] | None = None,
    se_log: Sequence[Any] | None = None,
    se_hr: Sequence[Any] | None = None,
    chi2: Sequence[Any] | None = None,
    expected_t: Sequence[Any] | None = None,
    expected_c: Sequence[Any] | None = None,
    events_total: Sequence[Any] | None = None,
    allocation: Sequence[Any] | None = None,
    time_t: Sequence[Any] | None = None,
    time_c: Sequence[Any] | None = None,
    survival_t: Sequence[Any] | None = None,
    survival_c: Sequence[Any] | None = None,
    landmark: Sequence[Any] | None = None,
    follow_up: Sequence[Any] | None = None,
    favours: Sequence[Any] | None = None,
    study: Sequence[str] | None = None,
) -> Effects:
    """Log hazard ratios of treatment against control, each by the best route that its figures allow.

    Parameters
    ----------
    hr, ci_low, ci_high : estimates and limits as printed (not logs); text keeps the decimals that tell how far it is rounded
    level : confidence level of the limits, such as 0.95
    p : two-sided P values, numbers or text such as "<0.001" (which bounds a standard error and does not give one)
    events_t, n_t, events_c, n_c : events and patients by arm
    o_minus_e, v : log-rank observed minus expected events of the treatment arm, and their variance
    median_t, median_c : median survival by arm, in one unit
    coefficient, se_log : log hazard ratios as printed (Cox), and the SE of these or of the log of `hr`
    se_hr : SE of the ratio itself
    chi2 : chi-squared of log-rank tests, with one degree of freedom
    expected_t, expected_c : events that the log-rank test expects by arm
    events_total, allocation : events of both arms together, and the sizes of the arms as "2:1", treatment to control
    time_t, time_c : time at risk of all patients of an arm
    survival_t, survival_c, landmark : survival by arm, shares, at one time
    follow_up : median follow-up, in the unit of the medians and the landmark
    favours : "treatment" or "control", the arm that did better, where no figure tells it
    study : (k,) labels

    Returns
    -------
    Effects on the log scale with a Derivation each. A study without a route is absent (infinite variance); `notes` says why.

    Raises
    ------
    BadArgument
        for text where a number belongs, unequal lengths, a level outside 0 to 1, limits that are not positive or do not hold
        their estimate

    References
    ----------
    Parmar, Torri & Stewart (1998), Stat Med 17:2815-2834; Tierney et al. (2007), Trials 8:16

    >>> hr = hazard_ratio(hr=[0.48, None], ci_low=[0.36, None], ci_high=[0.63, None], events_t=[None, 86], events_c=[None, 132],
    ...                   p=[None, 0.0009], study=["A", "B"])
    >>> hr.yi.round(3), [d.route for d in hr.derivations]
    (array([-0.734, -0.46 ]), ['estimate and interval', 'P and events'])
    """
    sources = {name: column for name, column in locals().items() if column is not None and name not in ("level", "study")}
    given = {name: list(column) for name, column in sources.items()}
    lengths = {name: len(column) for name, column in given.items()} | ({"study": len(study)} if study is not None else {})
    if not lengths or not given:
        raise BadArgument("hazard_ratio needs columns: hr with limits, or p with events, or what else was reported.")
    if len(set(lengths.values())) > 1:
        raise BadArgument("Columns differ in length: " + ", ".join(f"{n} {k}" for n, k in lengths.items()) + ".")
    checked_level(level)
    k = next(iter(lengths.values()))
    labels = tuple(map(str, study)) if study is not None else tuple(str(i + 1) for i in range(k))
    wrong: list[str] = []
    rows = [_row(labels[i], {name: column[i] for name, column in given.items()}, level, wrong) for i in range(k)]
    if wrong:
        raise BadArgument("Some figures cannot be used: " + "; ".join(wrong) + ".")
    results = [derive(row) for row in rows]
    best: list[Derivation | None] = [result.best for result in results]
    return Effects(
        yi=np.array([d.yi if d else 0.0 for d in best]),
        vi=np.array([d.vi if d else np.inf for d in best]),
        study=labels,
        measure="HR",
        derivations=tuple(best),
        library=library_of(*sources.values(), study),
        notes={
            label: "left out: " + "; ".join(f"{r.route} {r.reason}" for r in result.refused)
            for label, result in zip(told_apart(labels), results, strict=True)
            if not result.feasible
        },
    )


def _row(label: str, cells: dict[str, Any], level: float, wrong: list[str]) -> Reported:
    """One study's figures; what is wrong with them is added to `wrong`."""
    figures: dict[str, Any] = {}
    decimals = decimals_of_ratio(_numbers(cells.get(name) for name in RATIO))
    for name, cell in cells.items():
        text = str(cell).strip()
        if text in MISSING:
            continue
        if name in WORDS:
            figures[name] = WORDS[name](text)
            wrong += [f"{name} is {cell!r} for {label}, which is not {MEANT[name]}"] if figures[name] is None else []
            continue
        operator, text = _sign(text) if name == "p" else ("=", text)
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = Decimal("nan")
        if not number.is_finite():
            wrong.append(f"{name} is {cell!r} for {label}, which is not a number")
        elif name in WHOLE and (number != int(number) or number < 0):
            wrong.append(f"{name} is {text} for {label}, which is not a count")
        elif name in WHOLE:
            figures[name] = int(number)
        else:
            figures[NAMES.get(name, name)] = Printed.of(number, decimals=decimals if name in RATIO else 0)
            figures |= {"p_operator": operator} if name == "p" else {}
    wrong += _impossible(label, figures)
    if figures.get("landmark"):
        figures["landmark"] = figures["landmark"].value
    return Reported(level=level, **figures)


def _impossible(label: str, figures: dict[str, Any]) -> Iterator[str]:
    if "p" in figures and not 0 <= figures["p"].value <= 1:
        yield f"p is {figures['p']} for {label}, outside 0 to 1"
    low, mid, high = (figures.get(name) for name in ("ci_low", "estimate", "ci_high"))
    positive = {"hr": mid, "ci_low": low, "ci_high": high} | {name: figures.get(NAMES.get(name, name)) for name in ABOVE_ZERO}
    for name, figure in positive.items():
        if figure is not None and figure.value <= 0:
            yield f"{name} is {figure} for {label}, and it must be above 0"
    if low and mid and high and not low.value <= mid.value <= high.value:
        yield f"the interval {low} to {high} does not hold the hazard ratio {mid} for {label}"
    for name in ("survival_t", "survival_c"):
        if name in figures and not 0 <= figures[name].value <= 1:
            yield f"{name} is {figures[name]} for {label}, and it must be a share, 0 to 1"
    for arm in "tc":
        events, n = figures.get(f"events_{arm}"), figures.get(f"n_{arm}")
        if events is not None and n is not None and events > n:
            yield f"{events} events among {n} patients for {label} (events_{arm}, n_{arm})"


def _numbers(cells: Iterable[Any]) -> Iterator[Decimal]:
    for cell in cells:
        with suppress(InvalidOperation):
            number = Decimal(str(cell).strip())
            if number.is_finite():
                yield number


def _allocation(text: str) -> tuple[float, float] | None:
    """Sizes of the arms, treatment to control, of `2:1`; None where the text is something else."""
    try:
        treatment, control = map(float, text.split(":"))
    except ValueError:
        return None
    return (treatment, control) if 0 < min(treatment, control) <= max(treatment, control) < np.inf else None


WORDS: dict[str, Callable[[str], Any]] = {
    "allocation": _allocation,
    "favours": lambda text: text if text in ARMS else None,
}
MEANT = {"allocation": "a ratio such as 2:1", "favours": "treatment or control"}


def _sign(text: str) -> tuple[str, str]:
    return (text[0], text[1:].strip()) if text[:1] in ("<", ">", "=") else ("=", text)
