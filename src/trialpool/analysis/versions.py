"""Two versions of a review: what changed in it, what that did to each pooled result, and which change did it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from pydantic import BaseModel

from trialpool.analysis.conclusions import Conclusion, conclusion
from trialpool.analysis.pooled_by_plan import pooled
from trialpool.analysis.renamed_studies import renamed_studies, with_names
from trialpool.analysis.row_changes import CellChange, RowChange, row_changes
from trialpool.analysis.selection import UnitEffect, select
from trialpool.errors import NotEstimable
from trialpool.review.plan import Analysis, Outcome
from trialpool.review.report import Report
from trialpool.review.review import Review
from trialpool.review.study import Study
from trialpool.stats.pooling.pooled_effect import PooledEffect

SAME = 1e-9  # results closer than this are the same
PLAN = "review.toml"
CALLED = ("id", "analysis", "label")  # keys by which a table of a list is told from the others
NOUNS = {"added": "addition", "removed": "removal", "changed": "change"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A change that can be made by itself: a study with all that it brings, a row, or the plan.

    name  : what it is, in words
    study : that it is of; empty for the plan
    rows  : the rows that it changes
    parts : parts of the review that it takes whole from the new version, `plan` or `curves`
    """

    name: str
    study: str = ""
    rows: tuple[RowChange, ...] = ()
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What one step does to a result.

    alone   : the old version with this step only; None where there is no result
    without : the new version but for this step
    enough  : whether it changes the conclusion by itself, into the new one
    needed  : whether the conclusion is not the new one without it
    """

    step: Step
    alone: PooledEffect | None
    without: PooledEffect | None
    enough: bool
    needed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultChange:
    """A pooled result before and after.

    before, after : the fit; None where there is none, or where the analysis is not in that version
    concluded     : the conclusion before and after
    gone, come    : studies (or strata) that were pooled before only, and after only
    steps         : what each step does by itself, where the result changed
    """

    analysis: str
    outcome: Outcome
    before: PooledEffect | None
    after: PooledEffect | None
    concluded: tuple[Conclusion, Conclusion]
    gone: tuple[str, ...]
    come: tuple[str, ...]
    steps: tuple[Effect, ...]

    @property
    def changed(self) -> bool:
        """Whether the numbers are not the same."""
        return not _same(self.before, self.after)

    @property
    def turned(self) -> bool:
        """Whether the conclusion is another."""
        return self.concluded[0] != self.concluded[1]

    @property
    def culprits(self) -> tuple[Effect, ...]:
        """Steps that change the conclusion by themselves; where none does, those without which it does not change."""
        enough = tuple(step for step in self.steps if step.enough)
        return enough or tuple(step for step in self.steps if step.needed)

    @property
    def jointly(self) -> bool:
        """Whether the conclusion changes only by several steps together."""
        return self.turned and not any(step.enough for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Everything that differs between two versions of a review.

    studies_added, studies_removed : by their titles in studies.csv
    studies_renamed : identifiers before and after of studies that are the same but for these
    plan    : keys of review.toml that changed
    certainty : keys of certainty.toml that changed
    rows    : rows of the tables that changed
    results : each analysis of either version
    """

    studies_added: tuple[Study, ...]
    studies_removed: tuple[Study, ...]
    studies_renamed: tuple[tuple[str, str], ...] = ()
    plan: tuple[CellChange, ...]
    certainty: tuple[CellChange, ...] = ()
    rows: tuple[RowChange, ...]
    results: tuple[ResultChange, ...]

    @property
    def turned(self) -> tuple[ResultChange, ...]:
        """Results whose conclusion changed."""
        return tuple(result for result in self.results if result.turned)


def compare_versions(old: Review, new: Review) -> Difference:
    """Hold two versions of a review against each other.

    Parameters
    ----------
    old, new : reviews, as `read_review` gives them

    Returns
    -------
    Difference. For each result that changed, every step (a study that came or went, a row, the plan) is made alone in the old
    version, and all but it; so a change of conclusion is laid at the door of those that bring it about by themselves, or said to
    come from several together.
    """
    renamed = renamed_studies(old, new)
    old = with_names(old, dict(renamed))
    rows = row_changes(old, new)
    before, after = {s.study for s in old.studies}, {s.study for s in new.studies}
    plan = tuple(_key_changes(old.plan, new.plan))
    steps = (*_steps(rows, before, after), *_whole_parts(old, new, plan))
    return Difference(
        studies_added=_first_rows(new, after - before),
        studies_removed=_first_rows(old, before - after),
        studies_renamed=renamed,
        plan=plan,
        certainty=tuple(_key_changes(old.certainty, new.certainty)),
        rows=rows,
        results=tuple(_results(old, new, steps)),
    )


def _first_rows(review: Review, studies: set[str]) -> tuple[Study, ...]:
    first = {s.study: s for s in reversed(review.studies)}
    return tuple(s for s in review.studies if s.study in studies and first[s.study] is s)


# --- the plan


def _key_changes(old: BaseModel | None, new: BaseModel | None) -> Iterator[CellChange]:
    """Keys of a TOML file that are not the same; a file that is not there has none."""
    before, after = (dict(_keys(of.model_dump(mode="json"))) if of is not None else {} for of in (old, new))
    before, after = _whole_tables(before, after), _whole_tables(after, before)
    for key in dict.fromkeys([*before, *after]):
        if before.get(key) != after.get(key):
            yield CellChange(column=key, before=_said(before.get(key)), after=_said(after.get(key)))


def _keys(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Each value by its path; tables of a list by what they are called, so that their order does not matter."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _keys(inner, f"{at}.{key}".lstrip("."))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for i, item in enumerate(value, start=1):
            called = next((item[name] for name in CALLED if item.get(name)), i)
            yield from _keys(item, f"{at}[{called}]")
    else:
        yield at, value


def _whole_tables(keys: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    """The keys, a table that the other version does not have as one of them, by its name."""
    known = {key[: key.rfind("]") + 1] for key in others}
    found: dict[str, Any] = {}
    for key, value in keys.items():
        table = next((key[: n + 1] for n, mark in enumerate(key) if mark == "]" and key[: n + 1] not in known), "")
        if table and not any(other.startswith(table) for other in others):
            found.setdefault(
                table, next(keys[f"{table}.{name}"] for name in ("name", *CALLED, "text") if keys.get(f"{table}.{name}"))
            )
        else:
            found[key] = value
    return found


def _said(value: Any) -> str:
    return "" if value is None else "; ".join(map(str, value)) if isinstance(value, list) else str(value)


# --- steps


def _steps(rows: Sequence[RowChange], before: set[str], after: set[str]) -> Iterator[Step]:
    """What can be done one at a time: studies that come or go or change their strata whole, other rows by themselves."""
    counted = [row for row in rows if row.file == "studies.csv" or row.file.startswith("results")]
    whole = {row.study for row in counted if row.file == "studies.csv" and row.kind != "changed"}
    for study in dict.fromkeys(row.study for row in counted if row.study in whole):
        what = "addition" if study not in before else "removal" if study not in after else "change of strata"
        yield Step(name=f"the {what} of {study}", study=study, rows=tuple(row for row in counted if row.study == study))
    for row in counted:
        if row.study not in whole:
            yield Step(name=f"the {NOUNS[row.kind]} of {row_name(row)}", study=row.study, rows=(row,))


def _whole_parts(old: Review, new: Review, plan: Sequence[CellChange]) -> Iterator[Step]:
    """What is taken whole: the plan, and the coordinates of curves."""
    if any(change.column.startswith(("outcomes", "analyses", "time_unit")) for change in plan):
        yield Step(name=f"the change of {PLAN}", parts=("plan",))
    if _coordinates(old) != _coordinates(new):
        yield Step(name="the change of the curves that were read", parts=("curves",))


def _coordinates(review: Review) -> dict[tuple[str, str, str], str]:
    """Everything that stands in the files of curves, as text, by file, arm and kind of thing."""
    return {
        (curve.name, arm, field.name): repr(np.asarray(getattr(of, field.name), dtype=object).tolist())
        for curve in review.curves
        for arm, of in curve.curves.items()
        for field in fields(of)
    }


def row_name(row: RowChange) -> str:
    """`results/survival.csv, row 12 (attal-2012, OS)`."""
    of = ", ".join(filter(None, (row.study, row.about)))
    return f"{row.file}, row {row.row}{f' ({of})' if of else ''}"


def with_steps(old: Review, new: Review, steps: Sequence[Step]) -> Review:
    """The old version with some of the steps made."""
    made = [row for step in steps for row in step.rows]
    update: dict[str, Any] = {part: getattr(new, part) for step in steps for part in step.parts}
    for name, is_there in (("studies", _of_studies), ("reports", _of_reports)):
        changes = [row for row in made if is_there(row)]
        after = {id(row.before): row.after for row in changes if row.before is not None}
        kept = [after.get(id(row), row) for row in getattr(old, name)]
        update[name] = (*(row for row in kept if row is not None), *(row.after for row in changes if row.before is None))
    return old.model_copy(update=update)


def _of_studies(row: RowChange) -> bool:
    return row.file == "studies.csv"


def _of_reports(row: RowChange) -> bool:
    return row.file.startswith("results")


# --- results


def _results(old: Review, new: Review, steps: tuple[Step, ...]) -> Iterator[ResultChange]:
    plans = {a.id: a for review in (old, new) for a in review.plan.analyses}
    known: Known = {}
    for id_ in plans:
        before, after = fit_of(old, id_, known), fit_of(new, id_, known)
        outcome = _outcome(new, id_) or _outcome(old, id_)
        assert outcome is not None
        was = conclusion(_outcome(old, id_) or outcome, before)
        now = conclusion(outcome, after)
        labels = [_pooled(fit) for fit in (before, after)]
        changed = not _same(before, after)
        yield ResultChange(
            analysis=id_,
            outcome=outcome,
            before=before,
            after=after,
            concluded=(was, now),
            gone=tuple(label for label in labels[0] if label not in labels[1]),
            come=tuple(label for label in labels[1] if label not in labels[0]),
            steps=tuple(_effects(old, new, id_, steps, (was, now), known)) if changed else (),
        )


def _effects(
    old: Review, new: Review, id_: str, steps: tuple[Step, ...], concluded: tuple[Conclusion, Conclusion], known: Known
) -> Iterator[Effect]:
    """What each step does that can bear on the analysis at all."""
    was, now = concluded
    names = {name for review in (old, new) if (o := _outcome(review, id_)) is not None for name in o.reported_as}
    bearing = [step for step in steps if bool(step.parts) or any(_bears(row, names) for row in step.rows)]
    for step in bearing:
        alone = with_steps(old, new, [step])
        without = with_steps(old, new, [other for other in bearing if other is not step])
        fits = fit_of(alone, id_, known), fit_of(without, id_, known)
        by_itself, without_it = (
            conclusion(_outcome(review, id_) or _fallback(old, new, id_), fit)
            for review, fit in zip((alone, without), fits, strict=True)
        )
        yield Effect(
            step=step,
            alone=fits[0],
            without=fits[1],
            enough=was != now and by_itself == now,
            needed=was != now and without_it != now,
        )


def _bears(row: RowChange, names: set[str]) -> bool:
    if row.file == "studies.csv":
        return True
    return any(report is not None and report.outcome in names for report in (row.before, row.after))


def _fallback(old: Review, new: Review, id_: str) -> Outcome:
    outcome = _outcome(new, id_) or _outcome(old, id_)
    assert outcome is not None
    return outcome


Known = dict[Hashable, tuple[UnitEffect, ...]]


def fit_of(review: Review, id_: str, known: Known) -> PooledEffect | None:
    """The pooled result of an analysis by its plan; None where there is none. What was chosen of a study is kept in `known`."""
    analysis = _analysis(review, id_)
    if analysis is None:
        return None
    outcome = review.outcome(analysis.outcome)
    chosen = _chosen(review, outcome, known)
    if not chosen:
        return None
    try:
        return pooled(chosen, analysis, outcome)
    except NotEstimable:
        return None


def _chosen(review: Review, outcome: Outcome, known: Known) -> tuple[UnitEffect, ...]:
    """The effects of an outcome, study by study: what a step does not touch need not be chosen anew."""
    units: dict[str, list[Study]] = {}
    reports: dict[str, list[Report]] = {}
    for unit in review.studies:
        units.setdefault(unit.study, []).append(unit)
    for report in review.reports:
        if report.outcome in outcome.reported_as:
            reports.setdefault(report.study, []).append(report)
    chosen: list[UnitEffect] = []
    for study, of in units.items():
        there = reports.get(study, [])
        key = (outcome, review.plan.time_unit, id(review.curves), *map(id, of), None, *map(id, there))
        if key not in known:
            alone = review.model_copy(update={"studies": tuple(of), "reports": tuple(there)})
            known[key] = select(alone, outcome).effects
        chosen += known[key]
    return tuple(chosen)


def _analysis(review: Review, id_: str) -> Analysis | None:
    return next((a for a in review.plan.analyses if a.id == id_), None)


def _outcome(review: Review, id_: str) -> Outcome | None:
    analysis = _analysis(review, id_)
    return review.outcome(analysis.outcome) if analysis is not None else None


def _pooled(fit: PooledEffect | None) -> tuple[str, ...]:
    return fit.effects.study if fit is not None else ()


def _same(before: PooledEffect | None, after: PooledEffect | None) -> bool:
    if before is None or after is None:
        return before is after
    one, other = (np.array([float(fit.mu), *map(float, fit.interval()), float(fit.tau2), float(fit.k)]) for fit in (before, after))
    return before.level == after.level and bool(np.allclose(one, other, rtol=0, atol=SAME, equal_nan=True))
