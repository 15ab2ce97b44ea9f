"""`trialpool compare`: where two extractors differ, and the agreed rows once a person has decided."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from trialpool.analysis.double_extraction import CellPair, DoubleExtraction, LoneRow, compare_extractions, place, settled_rows
from trialpool.cli.terminal_table import print_table
from trialpool.errors import BadInput, TrialpoolError
from trialpool.formats.extraction_folder import (
    FILE,
    SETTLED,
    append_adjudications,
    checked_rows,
    read_extractions,
    rows_csv,
)
from trialpool.formats.whole_file import write_whole
from trialpool.review.extraction import WHOLE_ROW, Adjudication


def compare_review(
    folder: Path, *, extractors: tuple[str, str] | None, prepare: bool, settle: bool, replace: bool, as_json: bool
) -> int:
    """Print the differences; the exit code is 1 where a person must still decide."""
    read = read_extractions(folder, extractors or ())
    found = compare_extractions(read.first, read.second, read.extractors, read.rulings)
    if as_json:
        typer.echo(json.dumps(comparison_data(found), ensure_ascii=False, indent=1, allow_nan=False))
    else:
        for remark in read.remarks:
            typer.echo(f"{remark.severity}: {remark}")
        _show(found)
    if prepare:
        _prepare(folder, found, read.rulings, quiet=as_json)
    if settle:
        _settle(folder, found, replace=replace, quiet=as_json)
    return int(bool(found.open))


def _show(found: DoubleExtraction) -> None:
    rows = list(_differences(found))
    if rows:
        columns = ("study", "outcome", "column", *found.extractors, "")
        print_table({name: [row[i] for row in rows] for i, name in enumerate(columns)}, whole=("study", "column"))
        typer.echo()
    for ruling in found.unused:
        typer.echo(f"{FILE}, row {ruling.row}: decides a difference that is not there (any more): {ruling.found}")
    typer.echo(summary(found))


def _differences(found: DoubleExtraction) -> Iterator[tuple[str, str, str, str, str, str]]:
    for cell in found.cells:
        study = f"{cell.study} ({cell.stratum})" if cell.stratum else cell.study
        first, second = (
            f"{value or '-'}\n{at.removeprefix('extraction/')}" for value, at in zip(cell.values, cell.places, strict=True)
        )
        yield study, cell.outcome, cell.column, first, second, _state(cell)
    for row in found.lone:
        report, there = row.report, f"has the row\n{place(row.report).removeprefix('extraction/')}"
        first, second = (there, "-") if row.extractor == found.extractors[0] else ("-", there)
        yield report.study, report.outcome, WHOLE_ROW, first, second, _state(row)


def _state(of: CellPair | LoneRow) -> str:
    if of.ruling is not None:
        return f"settled by {of.ruling.who}: {of.ruling.agreed or 'empty'}"
    if isinstance(of, CellPair) and of.kind != "differs":
        return {"rounding": f"rounding: {of.agreed}", "words": "words"}[of.kind]
    return "to decide"


def summary(found: DoubleExtraction) -> str:
    """How many cells agree, and what is left to a person."""
    first, second = found.extractors
    agreeing = found.compared - found.differing
    share = f" ({100 * agreeing / found.compared:.1f}%)" if found.compared else ""
    rounded = sum(cell.kind == "rounding" for cell in found.cells)
    said = [f"{first} and {second}: {len(found.rows)} rows in common, {agreeing} of {found.compared} cells agree{share}"]
    said += [f"{rounded} of them but for rounding"] if rounded else []
    said += [f"{len(found.lone)} row{'s' if len(found.lone) > 1 else ''} of one alone"] if found.lone else []
    n = len(found.open)
    return f"{', '.join(said)}. {f'{n} to decide' if n else 'Nothing is left to decide'}."


def comparison_data(found: DoubleExtraction) -> dict[str, Any]:
    """The comparison as plain dictionaries and lists."""
    return {
        "extractors": list(found.extractors),
        "rows_in_common": len(found.rows),
        "cells_compared": found.compared,
        "cells_differing": found.differing,
        "to_decide": len(found.open),
        "cells": [
            {
                "study": cell.study,
                "stratum": cell.stratum,
                "outcome": cell.outcome,
                "column": cell.column,
                "values": dict(zip(found.extractors, cell.values, strict=True)),
                "places": dict(zip(found.extractors, cell.places, strict=True)),
                "kind": cell.kind,
                "agreed": None if cell.open else cell.agreed,
                "settled_by": cell.ruling.who if cell.ruling is not None else None,
            }
            for cell in found.cells
        ],
        "rows": [
            {
                "extractor": row.extractor,
                "study": row.report.study,
                "outcome": row.report.outcome,
                "place": place(row.report),
                "kept": None if row.ruling is None else row.ruling.agreed,
                "settled_by": row.ruling.who if row.ruling is not None else None,
            }
            for row in found.lone
        ],
    }


def _prepare(folder: Path, found: DoubleExtraction, rulings: tuple[Adjudication, ...], *, quiet: bool) -> None:
    """Put what is to be decided into the file in which a person decides it; what waits there already is not put again."""
    waiting = {ruling.key for ruling in rulings if not ruling.who}
    rows = [row for row in map(to_decide, found.open) if row.key not in waiting]
    n = append_adjudications(folder, rows)
    if not quiet:
        added = f"{n} row{'' if n == 1 else 's'} added to {folder / FILE}. Fill agreed, who, when and why."
        typer.echo(added if n else f"Nothing to add to {folder / FILE}.")


def to_decide(of: CellPair | LoneRow) -> Adjudication:
    """The row of adjudication.csv in which a person decides."""
    if isinstance(of, LoneRow):
        study, stratum, outcome, column = of.report.study, of.report.stratum, of.report.outcome, WHOLE_ROW
    else:
        study, stratum, outcome, column = of.study, of.stratum, of.outcome, of.column
    return Adjudication(study=study, stratum=stratum, outcome=outcome, column=column, found=of.found)


def _settle(folder: Path, found: DoubleExtraction, *, replace: bool, quiet: bool) -> None:
    if n := len(found.open):
        still = f"{n} difference{'s are' if n > 1 else ' is'} still to be decided"
        raise TrialpoolError(f"Nothing was written: {still}. Put them into {FILE} with --prepare, fill it, and run this again.")
    text, target = rows_csv(settled_rows(found)), folder / SETTLED
    if problems := checked_rows(folder, text, SETTLED):
        raise BadInput(problems)
    if target.exists() and target.read_bytes() != text.encode() and not replace:
        raise TrialpoolError(f"{target} is there and says something else. Look at it, and give --replace to write it anew.")
    target.parent.mkdir(exist_ok=True)
    write_whole(target, text.encode())
    if not quiet:
        typer.echo(f"{text.count(chr(10)) - 1} agreed rows in {target}.")
