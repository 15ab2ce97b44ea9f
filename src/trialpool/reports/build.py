"""From findings to the report folder, written whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from trialpool.analysis.findings import Findings
from trialpool.figures.from_results import figures_of
from trialpool.reports.findings_json import findings_json
from trialpool.reports.html import html_report
from trialpool.reports.tables import tables_of

FORMATS = ("svg", "pdf", "png")
Watch = Callable[[str, int, int], None]


def write_report(findings: Findings, folder: str | Path, *, watch: Watch = lambda *_: None) -> Path:
    """Write index.html, findings.json, figures and tables into `folder`/report, and return that folder.

    All is made in a folder beside it first, which then takes its place: a build that is stopped leaves the old report as it was.
    `watch` is called with what is being written, how many steps are done, and how many there are.
    """
    folder = Path(folder)
    target = folder / "report"
    new = Path(tempfile.mkdtemp(prefix=".report-", dir=folder))
    try:
        _write(findings, new, watch)
        new.chmod(0o755)
        _take_place(new, target)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    return target


def _write(findings: Findings, new: Path, watch: Watch) -> None:
    figures = figures_of(findings)
    steps = len(figures) + 2
    watch("tables", 0, steps)
    (new / "findings.json").write_text(findings_json(findings), encoding="utf-8")
    (new / "tables").mkdir()
    for name, text in tables_of(findings).items():
        (new / "tables" / name).write_text(text, encoding="utf-8", newline="")
    watch("index.html", 1, steps)
    (new / "index.html").write_text(html_report(findings, figures), encoding="utf-8")
    (new / "figures").mkdir()
    for done, (name, figure) in enumerate(figures.items(), start=2):
        watch(name, done, steps)
        for kind in FORMATS:
            (new / "figures" / f"{name}.{kind}").write_bytes(figure.to_bytes(kind))
    watch("done", steps, steps)


def _take_place(new: Path, target: Path) -> None:
    """Put `new` where `target` is; the old one goes only when the new one stands."""
    if not target.exists():
        new.rename(target)
        return
    old = Path(tempfile.mkdtemp(prefix=".report-old-", dir=target.parent))
    target.rename(old / "report")
    try:
        new.rename(target)
    except OSError:
        (old / "report").rename(target)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)
