"""Judgements of several results by one tool, as a figure or a table shows them: a level for each domain, and one over all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trialpool.analysis.risk_of_bias import PooledRiskOfBias
from trialpool.errors import BadArgument, BadInput, Problem
from trialpool.formats.tool_definition import packaged_tool, read_tool
from trialpool.review.risk_of_bias import Assessment
from trialpool.review.risk_of_bias_tool import OVERALL, Tool
from trialpool.stats.tables import Tabular


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgements(Tabular):
    """Levels of risk, a row a result and a column a domain.

    tool    : by which they were judged
    study   : what tables and plots call each result
    levels  : by domain, the id of the level of each result; empty where it has none
    overall : the same over all domains; None where the tool has no such judgement
    weights : share of a pooled result that each has, 0 to 1; None where there is none
    """

    tool: Tool
    study: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]]
    overall: tuple[str, ...] | None
    weights: tuple[float, ...] | None = None

    @property
    def k(self) -> int:
        """How many results."""
        return len(self.study)

    def table(self) -> dict[str, list[Any]]:
        """A row a result."""
        columns: dict[str, list[Any]] = {"study": list(self.study)} | {id_: list(found) for id_, found in self.levels.items()}
        if self.overall is not None:
            columns[OVERALL] = list(self.overall)
        if self.weights is not None:
            columns["weight"] = list(self.weights)
        return columns

    def __str__(self) -> str:
        counted = ", ".join(f"{list(self.overall or ()).count(level.id)} {level.name.lower()}" for level in self.tool.levels)
        return f"{self.k} results by {self.tool.name}{': ' + counted if self.overall is not None else ''}"


def judgements(
    study: Sequence[Any],
    levels: Any,
    *,
    tool: str | Path | Tool = "rob2-assignment",
    overall: Sequence[Any] | None = None,
    weights: Sequence[float] | None = None,
) -> Judgements:
    """Judgements that were made elsewhere, for figures.

    Parameters
    ----------
    study : what to call each result
    levels : a mapping or data frame with a column for each domain of the tool, named by its id (`D1`, ...); levels by id or name,
        in any case (`low`, `Some concerns`); empty or missing where there is none
    tool : `id` of a packaged tool, or the path of a definition (`.toml`)
    overall : the levels over all domains; where left out, the column `overall` of `levels`, and where that is lacking, the
        worst of the domains that count (of domains without a level only the worst level of another settles it)
    weights : of each result in a pooled result, in any unit

    Returns
    -------
    Judgements, which `traffic_light` and `risk_of_bias_summary` draw

    Raises
    ------
    BadArgument
        for a domain that is lacking, a level that the tool does not have, and columns of different lengths
    BadInput
        for a definition that cannot be used

    >>> made = judgements(["A", "B"], {"D1": ["low", "Low"], "D2": ["high", "low"], "D3": ["low", "low"],
    ...                                "D4": ["Some concerns", "low"], "D5": ["low", "low"]})
    >>> made.overall
    ('high', 'low')
    """
    of = _tool(tool)
    names = tuple(str(name) for name in study)
    columns = {str(name).casefold(): levels[name] for name in (levels if isinstance(levels, Mapping) else levels.columns)}
    lacking = [domain.id for domain in of.domains if domain.id.casefold() not in columns]
    if lacking:
        raise BadArgument(f"levels has no column {', '.join(lacking)}. {of.name} has the domains {_ids(of)}.")
    found = {domain.id: _levels(of, domain.id, columns[domain.id.casefold()], len(names)) for domain in of.domains}
    given = overall if overall is not None else columns.get(OVERALL)
    return Judgements(
        tool=of,
        study=names,
        levels=found,
        overall=_overall(of, found, given, len(names)),
        weights=None if weights is None else _shares(weights, len(names)),
    )


def _tool(tool: str | Path | Tool) -> Tool:
    if isinstance(tool, Tool):
        return tool
    path = Path(tool)
    if path.suffix != ".toml":
        return packaged_tool(str(tool))
    problems: list[Problem] = []
    read = read_tool(path, path.name, problems)
    if read is None:
        raise BadInput(problems)
    return read


def _ids(tool: Tool) -> str:
    return ", ".join(domain.id for domain in tool.domains)


def _levels(tool: Tool, column: str, values: Sequence[Any], k: int) -> tuple[str, ...]:
    by_name = {name.casefold(): level.id for level in tool.levels for name in (level.name, level.id)}
    given = ["" if value is None or value != value else str(value).strip() for value in values]
    if len(given) != k:
        raise BadArgument(f"{column} has {len(given)} levels for {k} studies. Give as many.")
    for value in given:
        if value and value.casefold() not in by_name:
            known = ", ".join(level.id for level in tool.levels)
            raise BadArgument(f"{column} holds {value!r}, which {tool.name} does not have. Use one of {known}.")
    return tuple(by_name[value.casefold()] if value else "" for value in given)


def _overall(tool: Tool, levels: Mapping[str, tuple[str, ...]], given: Any, k: int) -> tuple[str, ...] | None:
    if given is not None:
        return _levels(tool, OVERALL, given, k)
    if tool.overall.rule == "none":
        return None
    counting = [levels[domain.id] for domain in tool.domains if domain.counts]
    return tuple(tool.over_all(list(row)) for row in zip(*counting, strict=True))


def _shares(weights: Sequence[float], k: int) -> tuple[float, ...]:
    found = np.asarray(list(weights), dtype=float)
    if found.shape != (k,):
        raise BadArgument(f"weights has {found.size} numbers for {k} studies. Give as many.")
    if not (np.isfinite(found).all() and (found >= 0).all() and found.sum() > 0):
        raise BadArgument("weights must be numbers of 0 or more, and not all 0.")
    return tuple((found / found.sum()).tolist())


def judgements_of(risk: PooledRiskOfBias) -> Iterator[Judgements]:
    """The judgements of the results that an analysis pools, for each tool; results not judged stand with the first."""
    for i, tool in enumerate(risk.tools):
        mine = [
            (unit, each, weight)
            for unit, each, weight in zip(risk.units, risk.assessments, risk.weights, strict=True)
            if (each is None and i == 0) or (each is not None and each.tool.id == tool.id)
        ]
        found = [each for _, each, _ in mine]
        yield Judgements(
            tool=tool,
            study=tuple(unit for unit, _, _ in mine),
            levels={domain.id: tuple(_of_domain(each, j) for each in found) for j, domain in enumerate(tool.domains)},
            overall=None if tool.overall.rule == "none" else tuple(each.overall.level if each else "" for each in found),
            weights=tuple(weight for _, _, weight in mine),
        )


def _of_domain(each: Assessment | None, place: int) -> str:
    return each.domains[place].level if each is not None else ""
