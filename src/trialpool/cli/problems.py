"""Problems as the commands print them for a machine."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from trialpool.analysis.checks_finding import Inconsistency
from trialpool.errors import Problem
from trialpool.reports.findings_json import problem_data


def problems_json(problems: Iterable[Problem], **further: Any) -> str:
    """Problems with their parts by name, whether the review can be used in spite of them, and what else there is to say.

    A figure that cannot be right is an error of the source, and stops nothing: only a cell that cannot be read does.
    """
    problems = tuple(problems)
    usable = all(p.severity != "error" or isinstance(p, Inconsistency) for p in problems)
    return json.dumps(
        {"problems": [_data(p) for p in problems], "usable": usable, **further},
        ensure_ascii=False,
        indent=1,
        allow_nan=False,
    )


def _data(problem: Problem) -> dict[str, Any]:
    """A problem with its parts; of a disagreement also the rule that found it, and every column that takes part."""
    data = problem_data(problem)
    if isinstance(problem, Inconsistency):
        data |= {"rule": problem.rule, "columns": list(problem.columns)}
    return data
