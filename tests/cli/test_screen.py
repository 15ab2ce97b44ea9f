"""`trialpool screen` and `trialpool progress`: a folder, a terminal, a process that is killed."""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
import threading
import time
from pathlib import Path

import pytest
from tests.cli.terminal import trialpool
from tests.formats.folders import PLAN

from trialpool.formats.decision_file import append_decision
from trialpool.formats.screening_folder import read_screening
from trialpool.review.screening import ScreeningDecision

COLUMNS, ROWS = 110, 36
TITLES = [
    "A randomised trial",
    "Of mice",
    "Another randomised trial",
    "Knee surgery",
    "Vaccination",
    "A survey",
    "A sixth",
    "A seventh",
]
SCREENING = """
[screening]
include = ["Random allocation"]
reasons = ["not randomised", "no outcome"]
title_abstract_reasons = ["not randomised", "animals"]
"""


def review(at: Path, *, n: int = len(TITLES), plan: str = PLAN + SCREENING) -> Path:
    """A folder in which screening can begin: a plan and records, nothing else."""
    folder = at / "review"
    (folder / "search").mkdir(parents=True)
    (folder / "review.toml").write_text(plan)
    records = (
        f"TY  - JOUR\nTI  - {title}\nAU  - Author, {number}\nPY  - {2000 + number}\nJO  - Journal {number}\nER  - \n"
        for number, title in enumerate(TITLES[:n], 1)
    )
    (folder / "search/a.ris").write_text("\n".join(records))
    (folder / "search/searches.csv").write_text(f"file,database,date,query,hits\na.ris,Embase,2026-01-01,trial,{n}\n")
    return folder


def decided(folder: Path, record: int, decision: str, reviewer: str, stage: str = "title-abstract", **more: str) -> None:
    time_ = f"2026-03-01T09:{record:02d}:00Z"
    append_decision(folder, ScreeningDecision(f"a.ris#{record}", stage, decision, reviewer=reviewer, time=time_, **more))


def rows(folder: Path) -> list[str]:
    """What the file of decisions holds, as it stands now; a whole file is all that is ever found."""
    return [f"{row.record} {row.decision} {row.reason}".strip() for row in read_screening(folder).decisions]


# Killed


class Terminal:
    """`trialpool screen` in a terminal of its own, typed into."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        import fcntl
        import pty
        import termios

        self.folder, self.seen = folder, b""
        self.pid, self.end = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.environ |= {"TERM": "xterm-256color"}
            command = "from trialpool.cli.main import run; run()"
            os.execv(sys.executable, [sys.executable, "-c", command, "screen", str(folder), "--reviewer", "mk", *arguments])
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            try:
                found = os.read(self.end, 65536)
            except OSError:
                return
            if not found:
                return
            self.seen += found

    def press(self, keys: str) -> None:
        os.write(self.end, keys.encode())

    def until(self, true, seconds: float = 60) -> None:
        """Wait until something is so."""
        last = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < last, self.seen[-2000:].decode(errors="replace")
            time.sleep(0.02)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.end)


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal that a program types into")
def test_killing_it_loses_at_most_the_decision_being_typed(tmp_path):
    folder = review(tmp_path)
    terminal = Terminal(folder, "--order", "file")
    terminal.until(lambda: b"Quit" in terminal.seen)
    terminal.press("i")
    terminal.until(lambda: rows(folder) == ["a.ris#1 include"])
    terminal.press("e")  # the reason is asked for
    terminal.until(lambda: b"Why is it excluded?" in terminal.seen)
    terminal.kill()
    assert rows(folder) == ["a.ris#1 include"]

    terminal = Terminal(folder, "--order", "file")
    terminal.until(lambda: b"Quit" in terminal.seen)
    typed = "2ime2"
    terminal.press(typed)
    terminal.until(lambda: len(rows(folder)) >= 3)
    terminal.kill()
    whole = ["a.ris#1 include", "a.ris#2 exclude animals", "a.ris#3 include", "a.ris#4 maybe", "a.ris#5 exclude animals"]
    found = rows(folder)
    assert found == whole[: len(found)]
    assert len(found) >= 3

    terminal = Terminal(folder, "--order", "file")
    terminal.until(lambda: b"Quit" in terminal.seen)
    assert f"{len(found)} decided, {8 - len(found)} left".encode() in terminal.seen
    terminal.press("q")
    terminal.until(lambda: f"{len(found)} decided by mk, {8 - len(found)} left.".encode() in terminal.seen)
    os.waitpid(terminal.pid, 0)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="where processes cannot be looked at")
def test_killing_it_ends_the_ranking_too(tmp_path):
    terminal = Terminal(review(tmp_path))
    terminal.until(lambda: b"Quit" in terminal.seen)
    children = Path(f"/proc/{terminal.pid}/task/{terminal.pid}/children").read_text().split()
    assert children
    terminal.press("i")
    terminal.until(lambda: len(rows(terminal.folder)) == 1)
    terminal.kill()
    terminal.until(lambda: not any(running(child) for child in children))


def running(pid: str) -> bool:
    """Whether a process is there, and no zombie that nobody waits for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# Refused


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--reviewer", "m k"], "'m k' is no name of a reviewer. Use letters, digits, - and _: it becomes the name of a file."),
        (["--reviewer", "mk", "--stage", "title"], "--stage title is not known. Use one of title-abstract, full-text."),
        (["--reviewer", "mk", "--order", "best"], "--order best is not known. Use one of ranked, file, random."),
        (
            ["--reviewer", "mk"],
            (
                "trialpool screen needs a terminal to be typed into. `trialpool progress` prints where the screening stands; "
                "decisions made elsewhere can be written to screening/decisions-REVIEWER.csv."
            ),
        ),
    ],
)
def test_what_it_cannot_do_is_said(tmp_path, arguments, said):
    ran = trialpool("screen", review(tmp_path), *arguments)
    assert (ran.code, ran.out, ran.err) == (1, "", said + "\n")


def test_a_folder_without_records_or_with_bad_rows_is_refused(tmp_path):
    folder = review(tmp_path, n=0)
    (folder / "search/a.ris").unlink()
    (folder / "search/searches.csv").unlink()
    assert trialpool("screen", folder, "--reviewer", "mk").err == (
        f"{folder}/search has no records. Put exports of databases there, as they were downloaded.\n"
    )
    assert trialpool("screen", tmp_path / "none", "--reviewer", "mk").err == (
        f"{tmp_path}/none: there is no such folder. Give the path of a review folder, or make one with `trialpool new`.\n"
    )
    folder = review(tmp_path / "other")
    decided(folder, 9, "include", "mk")
    (folder / "screening/duplicates.csv").write_text(
        "record,duplicate_of,decision,time\na.ris#1,a.ris#1,same,\na.ris#1,b.ris#1,alike,\na.ris#1,b.ris#1,same,\n"
    )
    ran = trialpool("progress", folder)
    assert (ran.code, ran.out) == (1, "")
    mend = "Correct the identifier: the file in search/, and the record's position in it (pubmed.nbib#12)."
    assert ran.err.splitlines() == [
        "screening/duplicates.csv, row 2, column duplicate_of: a record is compared with itself. Name the other record.",
        "screening/duplicates.csv, row 3, column decision: 'alike' is not one of same, different, same-study. Use one of these.",
        f"screening/duplicates.csv, row 4, column duplicate_of: search/ has no record 'b.ris#1'. {mend}",
        "screening/decisions-mk.csv, row 2, column record: there is no record 'a.ris#9'. a.ris has a.ris#1 to a.ris#8.",
    ]


# Progress


def halfway(at: Path) -> Path:
    folder = review(at)
    for record, mk, jl in (
        (1, "include", "include"),
        (2, "exclude", "exclude"),
        (3, "include", "exclude"),
        (4, "exclude", "exclude"),
    ):
        decided(folder, record, mk, "mk", reason="animals" if record == 2 else "")
        decided(folder, record, jl, "jl")
    decided(folder, 5, "maybe", "mk")
    decided(folder, 1, "include", "mk", "full-text")
    return folder


def test_progress_in_words(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    ran = trialpool("progress", halfway(tmp_path))
    assert (ran.code, ran.err) == (0, "")
    lines = [line.rstrip() for line in ran.out.splitlines()]
    assert lines[:3] + lines[4:10] == [
        "8 records, 0 of them duplicates: 8 publications.",
        "",
        "where they stand  Title and abstract  Full text",
        "publications                       8          1",
        "included                           1          0",
        "excluded                           2          0",
        "unavailable                        0          0",
        "conflict                           1          0",
        "pending                            4          1",
    ]
    text = "\n".join(lines)
    assert "a.ris#3  jl exclude, mk include  Another randomised trial" in text
    assert "Title and abstract, conflicts: trialpool screen REVIEW --reviewer NAME --adjudicate" in text
    assert "Cohen's kappa         jl and mk   0.50" in text
    assert "animals                  1" in text
    assert "May screening by title and abstract stop? Not yet, by what all have decided:" in text
    assert lines[-1] == "This holds where records were shown in ranked or random order."


def test_progress_of_a_screening_that_is_done(tmp_path):
    folder = review(tmp_path, n=2)
    for record, reviewer in ((1, "mk"), (1, "jl"), (2, "mk")):
        decided(folder, record, "exclude", reviewer)
    decided(folder, 2, "include", "jl")
    to_settle = "\n\nEvery publication was decided by title and abstract; 1 conflict is to be settled.\n"
    assert trialpool("progress", folder).out.endswith(to_settle)
    decided(folder, 2, "exclude", "jl")
    assert trialpool("progress", folder).out.endswith("\n\nEvery publication was decided by title and abstract.\n")


def test_progress_for_programs(tmp_path):
    data = json.loads(trialpool("progress", halfway(tmp_path), "--json").out)
    first = data["stages"]["title-abstract"]
    assert {name: first[name] for name in ("publications", "pending", "conflict", "included", "excluded", "unavailable")} == {
        "publications": 8,
        "pending": 4,
        "conflict": 1,
        "included": 1,
        "excluded": 2,
        "unavailable": 0,
    }
    assert first["conflicts"] == [{"record": "a.ris#3", "votes": {"jl": "exclude", "mk": "include"}}]
    assert first["reviewers"]["mk"] == {"decided": 5, "include": 2, "maybe": 1, "exclude": 2, "unavailable": 0, "left": 3}
    assert first["reasons"] == {"animals": 1, "": 1}
    kappa = next(row for row in first["agreement"] if row["coefficient"] == "Cohen's kappa")
    assert kappa["value"] == pytest.approx(0.5)  # p_o = 3/4, p_e = 1/2 by hand
    assert first["stopping"]["stop"] is False
    assert data["stages"]["full-text"]["no_agreement"] == "No publication was decided by two reviewers yet."
    assert data["included"] == []


def test_duplicates_that_a_person_joined_are_decided_once(tmp_path):
    folder = halfway(tmp_path)
    (folder / "screening/duplicates.csv").write_text("record,duplicate_of,decision,reviewer\na.ris#1,a.ris#3,same,mk\n")
    data = json.loads(trialpool("progress", folder, "--json").out)
    assert (data["publications"], data["duplicates"]) == (7, 1)
    assert data["stages"]["title-abstract"]["pending"] == 5  # jl decided the copies differently, and is asked again
