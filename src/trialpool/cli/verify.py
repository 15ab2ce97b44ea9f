"""`trialpool verify`: is what a text says borne out by itself, by the review, by what was published?"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import typer

from trialpool.analysis.claims import verify
from trialpool.analysis.claims_judged import NOTHING, SIDES, Judged, VerifiedText
from trialpool.cli.terminal_table import fits, print_table
from trialpool.formats.plain_text import read_text
from trialpool.formats.review_folder import read_review
from trialpool.reports.html_claims import claims_page, write_whole

SILENT = {"of whom": {"overall"}, "by": {""}} | {side: {"-"} for side in SIDES}  # cells of a column that is left out
COLOURS = {
    "contradicted": "bold red",
    "disputed": "yellow",
    "not borne out": "yellow",
    "too uncertain": "yellow",
    "can't be judged": "dim",
    "borne out": "green",
}


def verify_text(folder: Path, text: Path, *, about: str, html: Path | None, as_json: bool) -> int:
    """Print the text with what it says judged, and the table of verdicts; the exit code is 1 where something is contradicted."""
    read = read_text(text)
    verified = verify(read_review(folder), read.text, about=about, name=read.name)
    if html is not None:
        write_whole(html, claims_page(verified))
    if as_json:
        typer.echo(json.dumps(verified.to_dict(), ensure_ascii=False, indent=1, allow_nan=False))
    else:
        _show(verified)
        if html is not None:
            typer.echo(f"Page: {html}")
    return int(bool(verified.contradicted))


def _show(verified: VerifiedText) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    for sentence, items in by_sentence(verified):
        console.print(Text(sentence, style="bold" if items else "dim"), soft_wrap=False)
        for item in items:
            line = Text.assemble((item.verdict, COLOURS[item.verdict]), f"  {_what(item)}: {item.why}")
            console.print(Padding(line, (0, 0, 0, 4), expand=False))
    if verified.judged:
        typer.echo()
        print_table(_columns(verified, console.width), whole=("verdict", *SIDES))
        typer.echo()
    typer.echo(verified.summary)


def _columns(verified: VerifiedText, room: int) -> dict[str, list[str]]:
    """The table of verdicts; a terminal too narrow for a column of each side has them in one."""
    columns: dict[str, list[str]] = {
        "verdict": [item.verdict for item in verified.judged],
        "outcome": [item.outcome for item in verified.judged],
        "of whom": [_of_whom(item) for item in verified.judged],
        "said": [item.claim or _short(item) for item in verified.judged],
    }
    sides = {side: [item.by(side).verdict.replace(NOTHING, "-") for item in verified.judged] for side in SIDES}
    wide = _telling(columns | sides)
    if fits(wide, room, whole=("verdict", *SIDES)):
        return wide
    return _telling(columns | {"by": [_by_sides(item) for item in verified.judged]})


def _by_sides(item: Judged) -> str:
    """`text contradicted; review borne out`: the sides that have a verdict."""
    return "; ".join(f"{j.side} {j.verdict}" for j in item.judgements if j.verdict != NOTHING)


def _telling(columns: dict[str, list[str]]) -> dict[str, list[str]]:
    """Without those that say nothing in any row."""
    return {name: cells for name, cells in columns.items() if set(cells) - SILENT.get(name, set())}


def _what(item: Judged) -> str:
    """`OS, said to be better`, or the figures."""
    return item.said if item.kind == "figures" else f"{item.outcome} said to be {item.claim}"


def _of_whom(item: Judged) -> str:
    """The scope, short where it is of many subgroups."""
    levels = item.scope.split(", ")
    return item.scope if len(levels) < 3 else f"{len(levels)} subgroups"


def _short(item: Judged) -> str:
    """Figures without their level and P: `HR 0.62 (0.57 to 0.67)`."""
    return re.sub(r", P .*$|[\d.]+% CI ", "", item.said.removesuffix(f", {item.outcome}"))


def by_sentence(verified: VerifiedText) -> list[tuple[str, list[Judged]]]:
    """The text in pieces: each sentence in which something is said with what it says, and what stands between."""
    pieces: list[tuple[str, list[Judged]]] = []
    last = 0
    for start, end in sorted({(item.sentence_start, item.sentence_end) for item in verified.judged}):
        pieces.append((" ".join(verified.text[last:start].split()), []))
        items = [item for item in verified.judged if (item.sentence_start, item.sentence_end) == (start, end)]
        pieces.append((" ".join(verified.text[start:end].split()), items))
        last = end
    pieces.append((" ".join(verified.text[last:].split()), []))
    return [(text, items) for text, items in pieces if text]
