"""What `trialpool build` says of a folder that it refuses, and that it then leaves the folder as it was."""

from __future__ import annotations

from pathlib import Path

from tests.cli.terminal import trialpool
from tests.formats.folders import tree


def refused(folder: Path) -> list[str]:
    """The lines on standard error; nothing else is printed, nothing is written, and an older report stays."""
    (folder / "report").mkdir(exist_ok=True)
    (folder / "report" / "index.html").write_text("the report of yesterday", encoding="utf-8")
    before = tree(folder)
    ran = trialpool("build", folder)
    assert (ran.code, ran.out) == (1, "")
    assert tree(folder) == before
    return ran.err.splitlines()
