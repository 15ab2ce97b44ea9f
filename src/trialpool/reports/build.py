"""From findings to the report folder, written whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

from trialpool.analysis.findings import Findings
from trialpool.errors import BadInput, Problem
from trialpool.figures.canvas import Figure
from trialpool.reports.findings_json import findings_json
from trialpool.reports.html import html_report
from trialpool.reports.report_figures import report_figures
from trialpool.reports.tables import tables_of

WORTH_WORKERS = 8  # figures from which starting processes costs less than it saves
FORMATS = ("svg", "pdf", "png")
Watch = Callable[[str, int, int], None]


def write_report(findings: Findings, folder: str | Path, *, workers: int = 1, watch: Watch = lambda *_: None) -> Path:
    """Write index.html, findings.json, figures and tables into `folder`/report, and return that folder.

    All is made in a folder beside it first, which then takes its place: a build that is stopped leaves the old report as it was.

    Parameters
    ----------
    findings : what `analyse` returned
    folder : the review folder
    workers : processes that draw the figures; more than one needs a program that can be imported anew (as `trialpool` can)
    watch : is called with what was written, how many steps are done, and how many there are
    """
    folder = Path(folder)
    target = folder / "report"
    _refuse_what_is_not_ours(target)
    new = Path(tempfile.mkdtemp(prefix=".report-", dir=folder))
    try:
        _write(findings, new, workers, watch)
        new.chmod(0o755)
        _take_place(new, target)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    return target


def _write(findings: Findings, new: Path, workers: int, watch: Watch) -> None:
    figures = report_figures(findings)
    steps = len(figures) + 1
    (new / "figures").mkdir()
    with _drawing(figures, workers) as drawn:
        (new / "findings.json").write_bytes(findings_json(findings).encode())
        (new / "tables").mkdir()
        for name, text in tables_of(findings).items():
            (new / "tables" / name).write_bytes(text.encode())
        (new / "index.html").write_bytes(html_report(findings, figures).encode())
        watch("index.html", 1, steps)
        for done, (name, files) in enumerate(drawn, start=2):
            for kind, content in files.items():
                (new / "figures" / f"{name}.{kind}").write_bytes(content)
            watch(name, done, steps)


@contextmanager
def _drawing(figures: Mapping[str, Figure], workers: int) -> Iterator[Iterator[tuple[str, dict[str, bytes]]]]:
    """The files of each figure; several workers begin to draw at once, while the caller does other things."""
    if workers < 2 or len(figures) < WORTH_WORKERS:
        yield ((name, _files(figure)) for name, figure in figures.items())
        return
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
    try:
        waiting = {name: pool.submit(_files, figure) for name, figure in figures.items()}
        yield ((name, future.result()) for name, future in waiting.items())
    finally:
        pool.shutdown(cancel_futures=True)


def _files(figure: Figure) -> dict[str, bytes]:
    return {kind: figure.to_bytes(kind) for kind in FORMATS}


def _take_place(new: Path, target: Path) -> None:
    """Put `new` where `target` is; the old one goes only when the new one stands."""
    if not target.exists():
        new.rename(target)
        return
    old = Path(tempfile.mkdtemp(prefix=".report-old-", dir=target.parent))
    try:
        target.rename(old / "report")
        try:
            new.rename(target)
        except OSError:
            (old / "report").rename(target)
            raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _refuse_what_is_not_ours(target: Path) -> None:
    """A folder or file called `report` that no build made is not to be replaced."""
    if target.exists() and not (target / "findings.json").is_file():
        mend = "Move it away: `trialpool build` makes a folder of this name, and would replace it"
        raise BadInput([Problem(str(target), 0, "", "this is not a report that trialpool made", mend)])
