"""What a review gives to other programs and to a journal: files by name, as bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from trialpool.analysis.findings import Findings
from trialpool.errors import BadInput, Problem, TrialpoolError
from trialpool.formats.records.writing import records_text
from trialpool.formats.reproducible_zip import zip_of
from trialpool.formats.whole_file import write_whole
from trialpool.reports.findings_json import findings_json
from trialpool.reports.included_records import included_records, records_by_study
from trialpool.reports.r_script import r_script
from trialpool.reports.revman_web import revman_web

SKIPPED = frozenset({"__pycache__"})
SCRIPT = "recompute.R"
Files = dict[str, bytes]


def export_review(findings: Findings, folder: str | Path, to: str | Path, *, what: str = "all") -> tuple[Path, ...]:
    """Write what other programs and a journal take from a review, and return the paths of what was written.

    Parameters
    ----------
    findings : what `analyse` returned
    folder : the review folder
    to : folder to write into; files of the same names are replaced, others stay
    what : "revman" (study data for RevMan Web), "r" (a script that recomputes the report with metafor), "ris" or "bibtex"
        (publications of the included studies), "zip" (everything for a journal's supplement), or "all"

    Raises
    ------
    TrialpoolError
        for another `what`
    BadInput
        for a zip of a review whose report was not built, or is of an older state of the folder
    """
    if what not in (*EXPORTS, "all"):
        raise TrialpoolError(f"{what!r} cannot be exported. Use one of {', '.join((*EXPORTS, 'all'))}.")
    to = Path(to)
    files = {
        name: content
        for kind, make in EXPORTS.items()
        if what in (kind, "all")
        for name, content in make(findings, Path(folder)).items()
    }
    for name, content in files.items():
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        write_whole(to / name, content)
    return tuple(to / name for name in files)


def _revman(findings: Findings, folder: Path) -> Files:
    files = {f"revman/{name}": text.encode() for name, text in revman_web(findings).items()}
    return files | {"revman/included.ris": records_text(records_by_study(findings.review), "ris").encode()}


def _records(findings: Findings, kind: str) -> bytes:
    return records_text(included_records(findings.review), kind).encode()


def _zip(findings: Findings, folder: Path) -> Files:
    """The review folder with its report, the R script, the records, and a list of it all with checksums."""
    _refuse_old_report(findings, folder)
    entries = {f"review/{name}": path.read_bytes() for name, path in _of_folder(folder).items()}
    entries[SCRIPT] = r_script(findings).encode()
    entries["included.ris"] = _records(findings, "ris")
    entries["README.txt"] = _readme(findings, entries).encode()
    entries["SHA256SUMS"] = "".join(f"{hashlib.sha256(entries[name]).hexdigest()}  {name}\n" for name in sorted(entries)).encode()
    return {"supplement.zip": zip_of({name: entries[name] for name in sorted(entries)})}


def _of_folder(folder: Path) -> dict[str, Path]:
    """The files of a review folder by their paths in it; hidden ones are a person's own."""
    found = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    return {
        name.as_posix(): path
        for name, path in sorted(found.items())
        if not any(part.startswith((".", "~")) or part in SKIPPED for part in name.parts)
    }


def _refuse_old_report(findings: Findings, folder: Path) -> None:
    made = folder / "report" / "findings.json"
    mend = f"Run `trialpool build {folder}` first"
    if not made.is_file():
        raise BadInput([Problem(str(folder), 0, "", "the supplement needs the report, which is not there", mend)])
    if made.read_bytes() != findings_json(findings).encode():
        raise BadInput([Problem(str(made), 0, "", "the report is of an older state of the folder", mend)])


def _readme(findings: Findings, entries: Mapping[str, bytes]) -> str:
    from trialpool import __version__

    review = findings.review
    studies = len({unit.study for unit in review.studies})
    outcomes = ", ".join(outcome.name.lower() for outcome in review.plan.outcomes)
    return (
        f"{review.plan.title}\n\n"
        f"Data and analysis of a review of {studies} studies ({outcomes}), made with trialpool {__version__}.\n\n"
        "review/          the review as plain text: question and plan (review.toml), studies, what they report (results/), and\n"
        "                 the report made from these (report/index.html opens in a browser)\n"
        f"{SCRIPT}      computes every pooled result again with the R package metafor and compares: Rscript {SCRIPT}\n"
        "included.ris     the publications of the included studies\n"
        "SHA256SUMS       checksums of the files: sha256sum -c SHA256SUMS\n\n"
        "To make the report anew: trialpool build review\n"
    )


EXPORTS: dict[str, Callable[[Findings, Path], Files]] = {
    "revman": _revman,
    "r": lambda findings, folder: {SCRIPT: r_script(findings).encode()},
    "ris": lambda findings, folder: {"included.ris": _records(findings, "ris")},
    "bibtex": lambda findings, folder: {"included.bib": _records(findings, "bib")},
    "zip": _zip,
}
