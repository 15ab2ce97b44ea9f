"""From findings to the report folder, written whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trialpool.analysis.findings import Findings
from trialpool.errors import BadInput, Problem
from trialpool.figures.canvas import Figure
from trialpool.figures.printed import pdf_bytes, pixels, png_of
from trialpool.reports.document_sections import document_of
from trialpool.reports.figure_sources import figure_sources
from trialpool.reports.findings_json import findings_json
from trialpool.reports.html import html_report
from trialpool.reports.prisma_checklist import checklist_csv
from trialpool.reports.report_figures import report_figures
from trialpool.reports.tables import csv_text, table_rows
from trialpool.reports.typeset import pdf_file
from trialpool.reports.word import with_fewer_colours, word_file
from trialpool.reports.workbook import workbook

THREADS = min(os.cpu_count() or 1, 4)
Watch = Callable[[str, int, int], None]


def write_report(findings: Findings, folder: str | Path, *, watch: Watch = lambda *_: None) -> Path:
    """Write the report into `folder`/report, and return that folder.

    It holds index.html, review.docx, review.pdf, findings.json, tables.xlsx, and figures and tables as files of their own.
    All is made in a folder beside it first, which then takes its place: a build that is stopped leaves the old report as it was.

    Parameters
    ----------
    findings : what `analyse` returned
    folder : the review folder
    watch : is called with what was written, how many steps are done, and how many there are
    """
    folder = Path(folder)
    target = folder / "report"
    _refuse_what_is_not_ours(target)
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
    figures = report_figures(findings)
    steps = len(figures) + 2
    (new / "figures").mkdir()
    with _threads() as run:
        drawn = {name: run(_draw, figure) for name, figure in figures.items()}
        (new / "findings.json").write_bytes(findings_json(findings).encode())
        (new / "tables").mkdir()
        tables = table_rows(findings)
        for name, rows in tables.items():
            (new / "tables" / f"{name}.csv").write_bytes(csv_text(rows).encode())
        (new / "tables.xlsx").write_bytes(workbook(tables, title=findings.review.plan.title))
        for name, text in figure_sources(findings, figures).items():
            (new / "figures" / f"{name}.csv").write_bytes(text.encode())
        (new / "prisma-checklist.csv").write_bytes(checklist_csv(findings).encode())
        (new / "index.html").write_bytes(html_report(findings, figures).encode())
        document = document_of(findings, figures)
        watch("index.html", 1, steps)
        made: dict[str, Drawn] = {}
        for done, (name, waiting) in enumerate(drawn.items(), start=2):
            made[name] = waiting()
            for kind, content in made[name].files.items():
                (new / "figures" / f"{name}.{kind}").write_bytes(content)
            watch(name, done, steps)
        word = run(word_file, document, {name: of.picture for name, of in made.items() if of.picture})
        pdf = run(pdf_file, document, {name: of.files["pdf"] for name, of in made.items() if of.files["pdf"]})
        (new / "review.docx").write_bytes(word())
        (new / "review.pdf").write_bytes(pdf())
        watch("review.docx", steps, steps)


@contextmanager
def _threads() -> Iterator[Callable[..., Callable[[], Any]]]:
    """Something that runs a function beside this thread, and gives what is to be called for its result.

    What takes long, typst, pdfium and Pillow, lets other threads run meanwhile.
    """
    pool = ThreadPoolExecutor(THREADS)
    try:
        yield lambda *call: pool.submit(*call).result
    finally:
        pool.shutdown(cancel_futures=True)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure as files by kind, and as the picture that a Word file takes."""

    files: dict[str, bytes]
    picture: bytes


def _draw(figure: Figure) -> Drawn:
    """Each from the one before."""
    pdf = pdf_bytes(figure)
    image = pixels(pdf)
    png = png_of(image, title=figure.title, description=figure.description)
    return Drawn({"svg": figure.to_bytes("svg"), "pdf": pdf, "png": png}, with_fewer_colours(image))


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
