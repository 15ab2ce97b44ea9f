"""What differs between two versions of a review, in words, as data and as a page."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from trialpool.analysis.row_changes import CellChange, RowChange
from trialpool.analysis.versions import Difference, Effect, ResultChange, row_name
from trialpool.figures.numerals import level_text
from trialpool.reports.answers import conclusion_text
from trialpool.reports.html_tables import Cell, Column, Table, cell, row, table
from trialpool.reports.wording import effect_text, listed, p_text, percent_text
from trialpool.review.study import Study
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.pooling.pooled_effect import PooledEffect

SHOWN = 3  # steps that are named of those that move a result
EMPTY = "(empty)"
NUMBER = "number"


def difference_lines(found: Difference) -> Iterator[str]:
    """The difference as lines of text: results first, then what changed in the files."""
    yield headline(found)
    for result in found.results:
        yield ""
        yield f"{result.outcome.name} ({result.analysis}): {what_happened(result)}"
        if result.changed or result.turned:
            yield f"  before  {_fit_text(result, 0)}"
            yield f"  after   {_fit_text(result, 1)}"
        yield from (f"  {sentence}" for sentence in sentences(result))
    yield ""
    yield from _file_lines(found)


def headline(found: Difference) -> str:
    """How many results and conclusions changed, in a sentence."""
    changed = sum(result.changed for result in found.results)
    if not (found.rows or found.plan or found.certainty or changed):
        return "Nothing in the plan, the studies or the rows differs."
    turned = len(found.turned)
    conclusions = {0: "no conclusion did", 1: "1 conclusion did"}.get(turned, f"{turned} conclusions did")
    return f"{changed} of {len(found.results)} pooled results changed; {conclusions}."


def sentences(result: ResultChange) -> Iterator[str]:
    """What came in and went out, and what did it."""
    if result.come:
        yield f"Pooled now and not before: {listed(result.come)}."
    if result.gone:
        yield f"Pooled before and not now: {listed(result.gone)}."
    if result.turned:
        yield why(result)
    elif result.changed and (moved := _most_moving(result)):
        yield f"Moved most by: {'; '.join(_moves(result, effect) for effect in moved)}."


def why(result: ResultChange) -> str:
    """Which step changed the conclusion."""
    culprits = [effect.step.name for effect in result.culprits]
    if not result.steps:
        return "No row, study or key of the plan that bears on this analysis changed."
    if not culprits:
        return f"This comes of {len(result.steps)} changes together: none does it alone, and none is needed for it."
    if result.jointly:
        return f"This comes of several changes together: none does it alone, and it does not come without {listed(culprits)}."
    if len(culprits) == 1:
        others = " Without it the conclusion would be as before." if result.culprits[0].needed else ""
        return f"This comes of {culprits[0]} alone.{others}"
    return f"Each of these does it alone: {listed(culprits)}."


def what_happened(result: ResultChange) -> str:
    """Whether numbers and conclusion are the same."""
    if result.turned:
        return "the conclusion changed."
    return "changed; the conclusion is the same." if result.changed else "the same."


def _fit_text(result: ResultChange, side: int) -> str:
    fit = (result.before, result.after)[side]
    said = conclusion_text(result.concluded[side], result.outcome)
    return f"{result_text(fit)}: {said}" if fit is not None else said


def result_text(fit: PooledEffect) -> str:
    """`HR 0.86 (0.76–0.97), P = 0.015, k = 18, I² 32%`."""
    spread = f", I² {percent_text(fit.I2)}" if fit.k > 1 else ""
    level = "" if fit.level == 0.95 else f" at {level_text(fit.level)}"
    return f"{fit.effects.measure} {effect_text(fit)}{level}, {p_text(fit.p)}, k = {int(fit.k)}{spread}"


def _most_moving(result: ResultChange) -> list[Effect]:
    """The steps that move the estimate by themselves, the furthest first."""
    if result.before is None:
        return []
    start = float(result.before.mu)
    moved = [(abs(float(e.alone.mu) - start), e) for e in result.steps if e.alone is not None]
    ranked = sorted((pair for pair in moved if pair[0] > 0), key=lambda pair: -pair[0])
    return [effect for _, effect in ranked[:SHOWN]]


def _moves(result: ResultChange, effect: Effect) -> str:
    return f"{effect.step.name} (alone: {effect_text(effect.alone)})" if effect.alone is not None else effect.step.name


def _file_lines(found: Difference) -> Iterator[str]:
    yield f"Studies added: {_studies_text(found.studies_added)}."
    yield f"Studies removed: {_studies_text(found.studies_removed)}."
    if found.studies_renamed:
        yield f"Studies renamed: {', '.join(f'{before} is now {after}' for before, after in found.studies_renamed)}."
    keys = f"{len(found.plan)} key{'' if len(found.plan) == 1 else 's'}"
    yield f"Plan: {'the same' if not found.plan else f'{keys} of review.toml changed'}."
    yield from (f"  {change.column}: {cell_text(change)}" for change in found.plan)
    if found.certainty:
        yield f"Certainty: {len(found.certainty)} keys of certainty.toml changed."
        yield from (f"  {change.column}: {cell_text(change)}" for change in found.certainty)
    yield f"Rows: {_counted(found.rows)}."
    for changed in found.rows:
        yield f"  {row_name(changed)} {changed.kind}"
        if changed.kind == "changed":
            yield from (f"    {change.column}: {cell_text(change)}" for change in changed.cells)


def _studies_text(studies: tuple[Study, ...]) -> str:
    return ", ".join(f"{study.label} ({study.study})" for study in studies) or "none"


def _counted(rows: tuple[RowChange, ...]) -> str:
    counts = {kind: sum(row.kind == kind for row in rows) for kind in ("added", "removed", "changed")}
    return ", ".join(f"{n} {kind}" for kind, n in counts.items() if n) or "the same"


def cell_text(change: CellChange) -> str:
    """`0.91 -> 0.79`."""
    return f"{change.before or EMPTY} -> {change.after or EMPTY}"


# --- data


def difference_data(found: Difference) -> dict[str, Any]:
    """The difference as plain dictionaries and lists; numbers that do not exist are None."""
    return {
        "summary": headline(found),
        "studies_added": [study.study for study in found.studies_added],
        "studies_removed": [study.study for study in found.studies_removed],
        "studies_renamed": [{"before": before, "after": after} for before, after in found.studies_renamed],
        "plan": [_cell_data(change) for change in found.plan],
        "certainty": [_cell_data(change) for change in found.certainty],
        "rows": [_row_data(changed) for changed in found.rows],
        "results": [_result_data(result) for result in found.results],
    }


def _cell_data(change: CellChange) -> dict[str, str]:
    return {"column": change.column, "before": change.before, "after": change.after}


def _row_data(changed: RowChange) -> dict[str, Any]:
    cells = [_cell_data(change) for change in changed.cells]
    named = {"file": changed.file, "row": changed.row, "study": changed.study, "about": changed.about}
    return named | {"kind": changed.kind, "cells": cells}


def _result_data(result: ResultChange) -> dict[str, Any]:
    return {
        "id": result.analysis,
        "name": result.outcome.name,
        "before": _fit_data(result.before),
        "after": _fit_data(result.after),
        "conclusion_before": conclusion_text(result.concluded[0], result.outcome),
        "conclusion_after": conclusion_text(result.concluded[1], result.outcome),
        "changed": result.changed,
        "conclusion_changed": result.turned,
        "only_jointly": result.jointly,
        "why": why(result) if result.turned else None,
        "pooled_before_only": list(result.gone),
        "pooled_after_only": list(result.come),
        "steps": [_effect_data(effect) for effect in result.steps],
    }


def _effect_data(effect: Effect) -> dict[str, Any]:
    return {
        "step": effect.step.name,
        "study": effect.step.study,
        "rows": [{"file": changed.file, "row": changed.row} for changed in effect.step.rows],
        "alone": _fit_data(effect.alone),
        "without": _fit_data(effect.without),
        "enough": effect.enough,
        "needed": effect.needed,
    }


def _fit_data(fit: PooledEffect | None) -> dict[str, Any] | None:
    if fit is None:
        return None
    shown = MEASURES[fit.effects.measure].shown
    low, high = (float(limit) for limit in fit.interval())
    numbers = {
        "estimate": shown(float(fit.mu)),
        "ci_low": shown(low),
        "ci_high": shown(high),
        "p": float(fit.p),
        "I2": float(fit.I2),
    }
    known = {name: value if math.isfinite(value) else None for name, value in numbers.items()}
    return {"measure": fit.effects.measure, "k": int(fit.k)} | known


# --- tables of the page


def results_table(found: Difference) -> Table:
    """A row a result, before and after."""
    columns = (Column("Result"), Column("Before", "long"), Column("After", "long"), Column("What happened", "long"))
    rows = (
        row(
            (
                cell(result.outcome.name, below=result.analysis),
                _result_cell(result, 0),
                _result_cell(result, 1),
                cell(what_happened(result), below=" ".join(sentences(result))),
            )
        )
        for result in found.results
    )
    return table("Pooled results before and after", columns, rows, wide=True)


def _result_cell(result: ResultChange, side: int) -> Cell:
    fit, said = (result.before, result.after)[side], conclusion_text(result.concluded[side], result.outcome)
    if fit is None:
        return cell(said)
    first, _, rest = result_text(fit).partition(", ")
    return cell(first, below=f"{rest}: {said}")


def steps_table(result: ResultChange) -> Table | None:
    """What each step does by itself."""
    columns = (
        Column("Change", "long"),
        Column("With it alone", NUMBER),
        Column("All but it", NUMBER),
        Column("Changes the conclusion"),
    )
    rows = [row(map(cell, (e.step.name, _short(e.alone), _short(e.without), _role(e)))) for e in result.steps]
    return table(f"Each change by itself: {result.outcome.name}", columns, rows) if rows else None


def _short(fit: PooledEffect | None) -> str:
    return effect_text(fit) if fit is not None else "no result"


def _role(effect: Effect) -> str:
    both = "alone, and it does not change without it"
    return {(True, True): both, (True, False): "alone", (False, True): "not alone, but not without it"}.get(
        (effect.enough, effect.needed), ""
    )


def rows_table(found: Difference) -> Table | None:
    """Every cell that changed; rows that came or went in one line."""
    rows = [row(map(cell, ("review.toml", "", change.column, change.before, change.after))) for change in found.plan]
    rows += [row(map(cell, ("certainty.toml", "", change.column, change.before, change.after))) for change in found.certainty]
    for changed in found.rows:
        place = f"{changed.file}, row {changed.row}"
        of = ", ".join(filter(None, (changed.study, changed.about)))
        if changed.kind != "changed":
            rows.append(row(map(cell, (place, of, f"row {changed.kind}", "", ""))))
            continue
        rows += [row(map(cell, (place, of, change.column, change.before, change.after))) for change in changed.cells]
    columns = (Column("Place"), Column("Of"), Column("Column"), Column("Before", "long"), Column("After", "long"))
    return table("What changed in the files", columns, rows, wide=True) if rows else None
