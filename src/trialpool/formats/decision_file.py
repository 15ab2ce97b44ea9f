"""One reviewer's file of decisions: rows are only ever added, a whole line at a time, so that a crash costs one line at most."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from trialpool.errors import TrialpoolError
from trialpool.formats.csv_table import Table, table_of
from trialpool.formats.quoted import quoted
from trialpool.review.screening import Role, ScreeningDecision, Stage, Verdict, file_of

ROLES: tuple[Role, ...] = ("reviewer", "adjudicator")


class DecisionRow(BaseModel):
    """A row of screening/decisions-REVIEWER.csv."""

    model_config = ConfigDict(frozen=True)

    record: str = Field(
        description="Identifier of any record of the publication: its file in search/, and its place (`pubmed.nbib#12`)"
    )
    stage: Stage = Field(description="What was looked at")
    decision: Verdict = Field(
        description="`maybe` goes on to the full text; `unavailable`: the full text is not to be had, which is no exclusion; "
        "`undo` takes back what this person decided last of this record at this stage"
    )
    reason: str = Field("", description="Why it was excluded, as review.toml words it")
    note: str = Field("", description="Anything else")
    reviewer: str = Field(description="Who decided, as in the name of the file")
    time: str = Field(description="When, in UTC (`2026-03-01T09:30:00Z`), or a date")
    role: Role = Field("reviewer", description="`adjudicator` where the row settles a conflict between reviewers")


COLUMNS = tuple(DecisionRow.model_fields)


def decision_line(decision: ScreeningDecision) -> str:
    """A decision as a line of its file, whatever its texts hold.

    >>> decision_line(ScreeningDecision("a.ris#1", "full-text", "exclude", "no control", "see page 2, table 1", "mk", "2026-03-01"))
    'a.ris#1,full-text,exclude,no control,"see page 2, table 1",mk,2026-03-01,reviewer\\n'
    """
    return _line([" ".join(str(getattr(decision, name)).split()) for name in COLUMNS])


def append_decision(folder: Path, decision: ScreeningDecision) -> Path:
    """Add a decision to its reviewer's file: one write, on the disk when this returns.

    Raises
    ------
    TrialpoolError
        where the file's columns are not those that a row is written in, or the disk is full
    """
    path = folder / file_of(decision.reviewer)
    _append(path, _before(path), decision_line(decision))
    return path


def append_decisions(folder: Path, decisions: Sequence[ScreeningDecision]) -> None:
    """Add many decisions, to each reviewer's file in one write; nothing is written where a file has other columns.

    Raises
    ------
    TrialpoolError
        as `append_decision`
    """
    lines: dict[Path, list[str]] = {}
    for decision in decisions:
        lines.setdefault(folder / file_of(decision.reviewer), []).append(decision_line(decision))
    before = {path: _before(path) for path in lines}
    for path, own in lines.items():
        _append(path, before[path], "".join(own))


def _append(path: Path, before: bytes, lines: str) -> None:
    path.parent.mkdir(exist_ok=True)
    text = before + lines.encode()
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
    file = os.open(path, flags, 0o644)
    try:
        written = os.write(file, text)
        if written < len(text):
            raise TrialpoolError(f"{path}: only a part of the decision could be written. Make room on the disk; then decide again.")
        os.fsync(file)
    finally:
        os.close(file)


def decision_table(data: bytes, file: str) -> tuple[Table, str]:
    """The table of a file of decisions, and the last line where its writing was cut short, which is no row then."""
    whole, torn = _whole_lines(data)
    return table_of(whole, file, required=("record", "stage", "decision", "reviewer", "time")), torn.decode(errors="replace")


def cut_short(role: str) -> bool:
    """Whether the last cell of a row was begun and not written to its end."""
    return role not in ("", *ROLES) and any(known.startswith(role) for known in ROLES)


def _whole_lines(data: bytes) -> tuple[bytes, bytes]:
    """What can be read, and a last line that was cut short: no line break after it, and not all of its cells."""
    start = data.rfind(b"\n") + 1
    last = data[start:]
    if start == 0 or not last.strip() or _cells(last)[-1:] in [[role] for role in ROLES]:
        return data, b""
    return data[:start], last


def _cells(line: bytes) -> list[str]:
    """The cells of a line that holds as many as there are columns; none where it does not."""
    try:
        cells = next(csv.reader([line.decode("utf-8")], strict=True), [])
    except (UnicodeDecodeError, csv.Error):
        return []
    return cells if len(cells) == len(COLUMNS) else []


def _before(path: Path) -> bytes:
    """What must be written before the new row: the header of a new file, or the end of a line that was cut short."""
    data = path.read_bytes() if path.exists() else b""
    if not data.strip():
        return _line(COLUMNS).encode()
    header = data.splitlines()[0].decode("utf-8-sig", errors="replace")
    if header.replace('"', "") != ",".join(COLUMNS):
        raise TrialpoolError(
            f"{path}: the columns are {quoted(header)}. To go on in it, make them {','.join(COLUMNS)}, with commas, in this order."
        )
    if data.endswith(b"\n"):
        return b""
    _, torn = _whole_lines(data)
    if torn != torn.decode(errors="ignore").encode():  # half a letter would make the whole file unreadable
        os.truncate(path, len(data) - len(torn) + len(torn.decode(errors="ignore").encode()))
    return b'"\n' if torn.count(b'"') % 2 else b"\n"


def _line(cells: tuple[str, ...] | list[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()
