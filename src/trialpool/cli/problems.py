"""Problems as the commands print them for a machine."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from trialpool.errors import Problem
from trialpool.reports.findings_json import problem_data


def problems_json(problems: Iterable[Problem], **further: Any) -> str:
    """Problems with their parts by name, whether the review can be used in spite of them, and what else there is to say."""
    problems = tuple(problems)
    usable = all(p.severity != "error" for p in problems)
    return json.dumps(
        {"problems": [problem_data(p) for p in problems], "usable": usable, **further},
        ensure_ascii=False,
        indent=1,
        allow_nan=False,
    )
