"""Two extractors' tables held against each other: where they differ, what a person decided, and the rows that come of it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Literal

from trialpool.analysis.row_changes import cells_of, pairs
from trialpool.review.extraction import KEPT, WHOLE_ROW, Adjudication
from trialpool.review.report import Report

Kind = Literal["differs", "rounding", "words"]
WORDS = frozenset({"analysis", "source", "locator"})  # said in words: they are listed, and the first extractor's stand
KEPT_BOTH = frozenset({"quote", "note"})  # not compared: both stay
NOT_COUNTED = WORDS | KEPT_BOTH | {"study", "stratum", "outcome"}  # which bring rows together
EMPTY = "(empty)"
SHOWN = 4  # cells by which a row that only one has is told


@dataclass(frozen=True, slots=True, kw_only=True)
class CellPair:
    """A cell that is not the same in both.

    places : file and row of either
    values : what either has, empty for an empty cell
    kind   : "differs"; "rounding" where one is the rounding of the other; "words" where only words differ
    found  : both in words, by which an adjudication finds it
    ruling : what a person decided; None where nobody did, or nobody needs to
    """

    study: str
    stratum: str
    outcome: str
    column: str
    places: tuple[str, str]
    values: tuple[str, str]
    kind: Kind
    found: str
    ruling: Adjudication | None = None

    @property
    def open(self) -> bool:
        """Whether a person must still decide."""
        return self.kind == "differs" and self.ruling is None

    @property
    def agreed(self) -> str:
        """What counts: what was decided; of a rounding the more exact; of words the first extractor's, where there are any."""
        if self.ruling is not None:
            return self.ruling.agreed
        if self.kind == "rounding":
            return max(self.values, key=_decimals)
        return self.values[0] or self.values[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoneRow:
    """A row that only one extractor has; it is kept or dropped by what a person decides."""

    extractor: str
    report: Report
    found: str
    ruling: Adjudication | None = None

    @property
    def open(self) -> bool:
        return self.ruling is None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubleExtraction:
    """What came of holding two tables against each other.

    extractors : their names
    rows       : pairs of rows that belong together
    compared   : cells that either fills in rows that both have, but for words and for what brings rows together
    cells      : those that are not the same
    lone       : rows that only one has
    unused     : adjudications of differences that are not there (any more)
    """

    extractors: tuple[str, str]
    rows: tuple[tuple[Report, Report], ...]
    compared: int
    cells: tuple[CellPair, ...]
    lone: tuple[LoneRow, ...]
    unused: tuple[Adjudication, ...]

    @property
    def differing(self) -> int:
        """Those of the cells compared that differ by more than rounding."""
        return sum(cell.kind == "differs" and cell.column not in NOT_COUNTED for cell in self.cells)

    @property
    def open(self) -> tuple[CellPair | LoneRow, ...]:
        """What a person must still decide."""
        return (*(cell for cell in self.cells if cell.open), *(row for row in self.lone if row.open))


def compare_extractions(
    first: Sequence[Report], second: Sequence[Report], extractors: tuple[str, str], rulings: Sequence[Adjudication] = ()
) -> DoubleExtraction:
    """Hold the rows of two extractors against each other.

    Parameters
    ----------
    first, second : rows of either, as the review folder reads them
    extractors : their names
    rulings : what was decided, in the order in which it was; the last of one difference counts

    Returns
    -------
    DoubleExtraction. Rows belong together as in `trialpool diff`: equal ones first, then those of one study, stratum and outcome
    that have most cells in common, then those of one study that have at least half of their cells in common.
    """
    decided = {ruling.key: ruling for ruling in rulings if ruling.who}
    together: list[tuple[Report, Report]] = []
    cells: list[CellPair] = []
    lone: list[LoneRow] = []
    compared = 0
    for one, other in pairs(first, second, _key, lambda report: report.study):
        if one is None or other is None:
            lone.append(_lone(one, other, extractors, decided))
            continue
        together.append((one, other))
        compared += len({*cells_of(one), *cells_of(other)} - NOT_COUNTED)
        cells += list(_cells(one, other, extractors, decided))
    used = {id(ruling) for ruling in (*(cell.ruling for cell in cells), *(row.ruling for row in lone))}
    return DoubleExtraction(
        extractors=extractors,
        rows=tuple(together),
        compared=compared,
        cells=tuple(cells),
        lone=tuple(lone),
        unused=tuple(ruling for ruling in decided.values() if id(ruling) not in used),
    )


def _key(report: Report) -> Hashable:
    return report.study, report.stratum, report.outcome


Decided = dict[tuple[str, str, str, str, str], Adjudication]


def _cells(one: Report, other: Report, extractors: tuple[str, str], decided: Decided) -> Iterator[CellPair]:
    before, after = cells_of(one), cells_of(other)
    for column in dict.fromkeys([*before, *after]):
        values = before.get(column, ""), after.get(column, "")
        if column in KEPT_BOTH or values[0] == values[1]:
            continue
        found = " | ".join(f"{name}: {value or EMPTY}" for name, value in zip(extractors, values, strict=True))
        yield CellPair(
            study=one.study,
            stratum=one.stratum,
            outcome=one.outcome,
            column=column,
            places=(place(one), place(other)),
            values=values,
            kind=kind_of(column, *values),
            found=found,
            ruling=decided.get((one.study, one.stratum, one.outcome, column, found)),
        )


def _lone(one: Report | None, other: Report | None, extractors: tuple[str, str], decided: Decided) -> LoneRow:
    extractor, report = (extractors[0], one) if one is not None else (extractors[1], other)
    assert report is not None
    left_out = {"study", "stratum", "outcome", "status", *WORDS, *KEPT_BOTH}
    told = [f"{column} {value}" for column, value in cells_of(report).items() if column not in left_out][:SHOWN]
    found = f"only {extractor}: {', '.join(told) or 'no figure'}"
    ruling = decided.get((report.study, report.stratum, report.outcome, WHOLE_ROW, found))
    return LoneRow(extractor=extractor, report=report, found=found, ruling=ruling)


def place(report: Report) -> str:
    return f"{report.file}, row {report.row}"


def kind_of(column: str, one: str, other: str) -> Kind:
    """How two cells that are not the same differ.

    >>> kind_of("estimate", "0.62", "0.617"), kind_of("p", "<0.05", "0.05"), kind_of("locator", "Table 2", "p. 7")
    ('rounding', 'differs', 'words')
    """
    if column in WORDS:
        return "words"
    return "rounding" if is_rounding(one, other) else "differs"


def is_rounding(one: str, other: str) -> bool:
    """Whether one number is the other rounded to fewer decimals, a half up or to the even neighbour; signs must be the same.

    >>> is_rounding("0.6", "0.60"), is_rounding("0.62", "0.625"), is_rounding("0.63", "0.625"), is_rounding("12", "13")
    (True, True, True, False)
    """
    if one[:1] in "<>" or other[:1] in "<>":
        if one[:1] != other[:1]:
            return False
        one, other = one[1:].strip(), other[1:].strip()
    try:
        coarse, fine = sorted((Decimal(one), Decimal(other)), key=lambda x: -int(x.as_tuple().exponent))
    except (InvalidOperation, TypeError):
        return False
    if coarse.as_tuple().exponent == fine.as_tuple().exponent:
        return False
    unit = Decimal(1).scaleb(int(coarse.as_tuple().exponent))
    return any(fine.quantize(unit, rounding=way) == coarse for way in (ROUND_HALF_UP, ROUND_HALF_EVEN))


def _decimals(value: str) -> int:
    return len(value.partition(".")[2])


def settled_rows(of: DoubleExtraction) -> tuple[dict[str, str], ...]:
    """The rows that both agree on, with what was decided where they do not: cells by column, to be written into results/.

    Each row's note says by whom it was extracted, and who settled what. To be called when nothing is open.
    """
    by_place: dict[tuple[str, str], list[CellPair]] = {}
    for cell in of.cells:
        by_place.setdefault(cell.places, []).append(cell)
    rows = [_merged(one, other, by_place.get((place(one), place(other)), []), of.extractors) for one, other in of.rows]
    for lone in of.lone:
        if lone.ruling is not None and lone.ruling.agreed.casefold() == KEPT:
            said = f"extracted by {lone.extractor} only; kept by {lone.ruling.who}"
            rows.append(_with_note(cells_of(lone.report), [lone.report.note], said))
    return tuple(sorted(rows, key=lambda row: (row["study"], row.get("stratum", ""), row["outcome"])))


def _merged(one: Report, other: Report, cells: Sequence[CellPair], extractors: tuple[str, str]) -> dict[str, str]:
    merged = cells_of(other) | cells_of(one) | {cell.column: cell.agreed for cell in cells}
    quotes = list(dict.fromkeys(filter(None, (one.quote, other.quote))))
    if quotes:
        merged["quote"] = " | ".join(quotes)
    said = f"extracted by {extractors[0]} and {extractors[1]}"
    settled: dict[str, list[str]] = {}
    for cell in cells:
        if cell.ruling is not None:
            settled.setdefault(cell.ruling.who, []).append(cell.column)
    said += "".join(f"; {', '.join(columns)} settled by {who}" for who, columns in settled.items())
    return _with_note({column: value for column, value in merged.items() if value}, [one.note, other.note], said)


def _with_note(cells: dict[str, str], notes: Sequence[str], said: str) -> dict[str, str]:
    return cells | {"note": "; ".join([*dict.fromkeys(filter(None, notes)), said])}
