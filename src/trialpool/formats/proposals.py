"""Effect statements of a text as rows in the layout of results/*.csv, for a person to accept, change or drop."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from trialpool.formats.effect_statements.reading import read_effect_statements
from trialpool.formats.effect_statements.statement import EffectStatement
from trialpool.formats.plain_text import SourceText
from trialpool.review.report import MEASURES, Orientation

COLUMNS = (
    "study",
    "outcome",
    "measure",
    "estimate",
    "ci_low",
    "ci_high",
    "ci_level",
    "ci_sides",
    "orientation",
    "p",
    "p_sides",
    "analysis",
    "source",
    "locator",
    "quote",
    "status",
    "note",
)
LOOK = "proposed by trialpool extract: look at the study, the outcome and which arm is compared with which"
FLAGS = {
    "limits_not_ordered_or_scale_jump": "the limits are printed as {limits}, which can't be right",
    "estimate_outside_ci": "the interval does not hold its estimate",
    "not_log_symmetric": "the estimate is not in the middle of its limits on the log scale",
    "not_a_ratio": "a ratio is above 0",
}

UNUSABLE = frozenset(FLAGS) - {"not_log_symmetric"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposals:
    """Rows proposed from a text, and the statements that the layout has no place for.

    rows   : cells by column, as results/*.csv has them
    others : effects of measures that results/*.csv does not hold (ratios of means), or without a measure; sentences
        where they come from a registry
    doubtful : effects that a review cannot take as they stand: without an outcome, or with figures that can't be right;
        they are among the rows too, unless only sound rows were asked for
    columns : of the CSV
    """

    rows: tuple[dict[str, str], ...]
    others: tuple[EffectStatement | str, ...]
    doubtful: tuple[EffectStatement | str, ...] = ()
    columns: tuple[str, ...] = COLUMNS

    def csv(self) -> str:
        """The rows as a CSV with a header."""
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, self.columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        return out.getvalue()


def propose(
    text: SourceText, *, study: str = "", source: str = "", orientation: Orientation | None = None, sound: bool = False
) -> Proposals:
    """Propose a row for each effect that a text states.

    Parameters
    ----------
    text : as `read_text` gives it, with the places of its passages
    study : identifier of the study that the text reports; empty where a person fills it in
    source : where the text is to be had; else its PubMed number or the name of its file
    orientation : which arm its ratios compare with which; None where a person says it row by row
    sound : leave out the rows that a review could not take as they stand

    Returns
    -------
    Proposals. Every row has status `read`, the sentence as `quote`, the page or section as `locator`, and a note of what to look at

    >>> news = SourceText("abstract.txt", "PFS improved (HR 0.62; 95% CI, 0.57-0.67; P < .001).")
    >>> [row["ci_high"] for row in propose(news, study="a-2001").rows]
    ['0.67']
    """
    statements = read_effect_statements(text.text)
    kept = [s for s in statements if s.measure in MEASURES]
    doubtful = tuple(s for s in kept if not s.outcome or set(s.flags) & UNUSABLE)
    rows = tuple(_row(s, text, study, source, orientation) for s in kept if not (sound and s in doubtful))
    return Proposals(rows=rows, others=tuple(s for s in statements if s.measure not in MEASURES), doubtful=doubtful)


def _row(s: EffectStatement, text: SourceText, study: str, source: str, orientation: Orientation | None) -> dict[str, str]:
    whole, in_percent = s.ci_low is not None and s.ci_high is not None, s.percent and s.measure == "RD"
    low, high = (s.ci_low, s.ci_high) if whole else _one_sided(s)
    return {
        "study": study,
        "outcome": s.outcome,
        "measure": s.measure or "",
        "estimate": _cell(s.estimate, in_percent),
        "ci_low": _cell(low, in_percent),
        "ci_high": _cell(high, in_percent),
        "ci_level": _cell(s.ci_level) if whole or (low, high) != (None, None) else "",
        "ci_sides": "1" if s.ci_sides == 1 else "",
        "orientation": orientation or "",
        "p": _p_cell(s),
        "p_sides": str(s.p_sides) if s.p is not None and s.p_sides else "",
        "analysis": "; ".join(filter(None, (s.comparison, "adjusted" if s.adjusted else "", s.method))),
        "source": source or text.source(s.start),
        "locator": text.place(s.start),
        "quote": s.quote,
        "status": "read",
        "note": "; ".join(_notes(s)),
    }


def _one_sided(s: EffectStatement) -> tuple[Decimal | None, Decimal | None]:
    """The one limit of an interval that is called one-sided, in its place; none where the text does not say of which it is."""
    if s.ci_sides != 1:
        return None, None
    return (None, s.bound) if s.bound_side == "upper" else (s.bound, None)


def _cell(figure: Decimal | None, percent: bool = False) -> str:
    """A figure with the decimals that were printed; a difference of proportions in percent as a share."""
    if figure is None:
        return ""
    return f"{figure.scaleb(-2) if percent else figure:f}"


def _p_cell(s: EffectStatement) -> str:
    if s.p is None:
        return ""
    return f"{'' if s.p_operator == '=' else s.p_operator}{s.p:f}"


def _of_one_limit(s: EffectStatement) -> str:
    """That there is one limit and no interval; where the text does not say of which kind, the row has no place for it."""
    if s.ci_sides == 1:
        return "the limit is one-sided, and there is no other"
    level = f" ({s.ci_level}%)" if s.ci_level is not None else ""
    column = "ci_high" if s.bound_side == "upper" else "ci_low"
    return (
        f"the {s.bound_side} limit {s.bound}{level} is printed without the other, and not whether it is one-sided: "
        f"put it into {column}, with ci_sides = 1 if it is"
    )


def _notes(s: EffectStatement) -> Sequence[str]:
    notes = [LOOK]
    notes += [FLAGS[flag].format(limits=" to ".join(s.printed_limits)) for flag in s.flags]
    if s.bound is not None:
        notes.append(_of_one_limit(s))
    if s.p_operator == "ns":
        notes.append("P is said to be not significant")
    if s.interval_kind not in ("", "confidence"):
        notes.append(f"a {s.interval_kind} interval")
    if (s.ci_low is not None or s.bound is not None) and s.ci_level is None:
        notes.append("the level of the interval is not said; an empty cell counts as 95")
    return notes
