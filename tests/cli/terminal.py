"""`trialpool` as somebody runs it at a terminal, without the cost of another process."""

from __future__ import annotations

import contextlib
import io
import sys
from dataclasses import dataclass
from unittest.mock import patch

from trialpool.cli.main import run


@dataclass(frozen=True)
class Ran:
    """What a command printed, and its exit code."""

    out: str
    err: str
    code: int


def trialpool(*arguments: object) -> Ran:
    """Run `trialpool` with these arguments."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        patch.object(sys, "argv", ["trialpool", *map(str, arguments)]),
    ):
        try:
            run()
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Ran(out.getvalue(), err.getvalue(), code)
