"""Extract the reference results that the tests compare with from the full reference folder, kept outside the project.

    python tests/reference/extract.py path/to/reference

Each file is a JSON array with an entry a line. README.md says what they hold and how they were computed.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Entry = dict[str, Any]

HERE = Path(__file__).parent
TAU2_METHODS = {"EE", "DL", "PM", "REML"}
TESTS = {"z", "t", "knha", "adhoc"}
GROUPINGS = {"~ alloc": "alloc", "~ 0 + alloc": "alloc", "~ factor(grp)": "grp"}

POOLED = ["k", "beta", "se", "stat", "pval", "ci.lb", "ci.ub", "ddf", "tau2", "I2", "H2", "QE", "QEp"]
POOLED += ["pi", "pi_t", "pi_riley", "tau2_ci", "weights"]
REGRESSION = ["k", "coef_names", "beta", "se", "stat", "pval", "ci.lb", "ci.ub", "ddf", "tau2", "QM", "QMdf", "QMp"]
MANTEL_HAENSZEL = ["k", "k.yi", "beta", "se", "stat", "pval", "ci.lb", "ci.ub", "I2", "H2", "QE", "QEp"]
EGGER = ["zval", "pval", "dfs", "est", "ci.lb", "ci.ub", "fit"]
REFITS = ["k", "estimate", "se", "zval", "pval", "ci.lb", "ci.ub", "Q", "Qp", "tau2", "I2", "H2", "order"]

# what sets of 2x2 tables call events_t, n_t, events_c, n_c; the second kind has non-events where the first has patients
PATIENTS = [("ai", "n1i", "ci", "n2i"), ("pre.xti", "pre.nti", "pre.xci", "pre.nci"), ("x.a", "n.a", "x.p", "n.p")]
NON_EVENTS = [("tpos", "tneg", "cpos", "cneg"), ("non.pos", "non.neg", "cir.pos", "cir.neg")]
MODERATORS = {
    "bcg.RR": ("year", "alloc"),
    "hackshaw1998": ("year",),
    "pignon2000": ("grp",),
    "raudenbush1985": ("year",),
}


def measure(entry: Entry) -> str:
    found = re.search(r'measure="(\w+)"', entry["call"])
    return found[1] if found else ""


def pooled(entries: Iterable[Entry]) -> Iterator[Entry]:
    for entry in entries:
        if "mods" not in entry and entry["method"] in TAU2_METHODS and entry["test"] in TESTS:
            yield kept(entry, ("method", "test"), POOLED)


def subgroups(entries: Iterable[Entry]) -> Iterator[Entry]:
    for entry in entries:
        if entry.get("mods") in GROUPINGS and entry["method"] in TAU2_METHODS and entry["test"] in TESTS:
            yield kept(entry, ("method", "test", "mods"), REGRESSION) | {"by": GROUPINGS[entry["mods"]]}


def mantel_haenszel(entries: Iterable[Entry]) -> Iterator[Entry]:
    for entry in entries:
        if "rma.mh" in entry["call"] and measure(entry) in {"OR", "RR", "RD"} and "correct=FALSE" not in entry["call"]:
            level = 0.90 if "level=90" in entry["call"] else 0.95
            zero_cells = "only" if 'to=c("only0"' in entry["call"] else "none"
            yield kept(entry, (), MANTEL_HAENSZEL) | {"measure": measure(entry), "level": level, "added_to": zero_cells}


def mantel_haenszel_refits(entries: Iterable[Entry]) -> Iterator[Entry]:
    for entry in entries:
        if entry["kind"] in {"leave1out_mh_peto", "cumul_mh_peto"} and "rma.mh" in entry["call"]:
            yield kept(entry, ("kind",), REFITS) | {"measure": measure(entry)}


def egger(entries: Iterable[Entry]) -> Iterator[Entry]:
    for entry in entries:
        if (entry["kind"], entry.get("model"), entry.get("predictor")) == ("regtest", "lm", "sei"):
            yield kept(entry, (), EGGER)


def refits(entries: Iterable[Entry]) -> Iterator[Entry]:
    for entry in entries:
        if entry["kind"] in {"leave1out", "cumul", "cumul_year"}:
            yield kept(entry, ("kind", "method"), REFITS)


def two_by_two(entries: Iterable[Entry]) -> Iterator[Entry]:
    call = re.compile(r'escalc\(measure="(OR|RR|RD)", (?:[abcdn12]+i=[\w.]+, ){4}(.*)data=dat\)')
    wanted = {"": ("only", "kept"), 'to="none", ': ("none", "kept"), 'to="only0", drop00=TRUE, ': ("only", "dropped")}
    for entry in entries:
        found = call.fullmatch(entry["call"])
        if found and found[2] in wanted:
            zero_cells, double_zeros = wanted[found[2]]
            chosen = {"measure": found[1], "zero_cells": zero_cells, "double_zeros": double_zeros}
            yield kept(entry, (), ["yi", "vi"]) | chosen


def kept(entry: Entry, tags: Iterable[str], results: Iterable[str]) -> Entry:
    """What the tests need of an entry, with the call that made it."""
    result = {name: entry["result"][name] for name in results if name in entry["result"]}
    if "tau2_ci" in result:
        result["tau2_ci"] = {"QP": result["tau2_ci"]["QP"]}
    made_by = f"{entry['package']} {entry['version']}"
    source = {"data": Path(entry["data"]).stem, "call": entry["call"], "package": made_by}
    warned = {"warnings": entry["warnings"]} if "warnings" in entry else {}
    return source | {tag: entry[tag] for tag in tags} | warned | {"result": result}


def data_sets(folder: Path, names: Iterable[str]) -> Iterator[Entry]:
    """The columns that are analysed: yi and vi, or counts by arm, and moderators; null where a value is missing."""
    for name in sorted(set(names)):
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        columns = effects(rows) if "yi" in rows[0] else arms(rows)
        columns |= {c: [row[c] for row in rows] for c in MODERATORS.get(name, ())}
        yield {"data": name, "columns": columns}


def effects(rows: list[dict[str, str]]) -> dict[str, list[Any]]:
    return {name: [float(row[name]) if row[name] else None for row in rows] for name in ("yi", "vi")}


def arms(rows: list[dict[str, str]]) -> dict[str, list[Any]]:
    names = next(names for names in PATIENTS + NON_EVENTS if set(names) <= set(rows[0]))
    a, n, c, m = ([int(row[name]) if row[name] else None for row in rows] for name in names)
    if names in NON_EVENTS:
        n, m = together(a, n), together(c, m)
    return {"events_t": a, "n_t": n, "events_c": c, "n_c": m}


def together(events: list[int | None], others: list[int | None]) -> list[int | None]:
    return [None if a is None or b is None else a + b for a, b in zip(events, others, strict=True)]


TABLES = {
    "pooled.json": ("rma_uni.json", pooled),
    "subgroups.json": ("rma_uni.json", subgroups),
    "mantel_haenszel.json": ("rma_mh_peto.json", mantel_haenszel),
    "mantel_haenszel_refits.json": ("influence.json", mantel_haenszel_refits),
    "egger.json": ("bias.json", egger),
    "refits.json": ("influence.json", refits),
    "two_by_two.json": ("escalc.json", two_by_two),
}


def write(name: str, entries: Iterable[Entry]) -> None:
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
    (HERE / name).write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def main(reference: Path) -> None:
    used = []
    for name, (source, chosen) in TABLES.items():
        entries = list(chosen(json.loads((reference / source).read_text(encoding="utf-8"))))
        write(name, entries)
        used += [entry["data"] for entry in entries]
    write("data_sets.json", data_sets(reference / "data", used))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
