"""Extract the reference results of estimators and intervals from the full reference folder, kept outside the project.

    python tests/reference/pooling/extract.py path/to/reference

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
Column = list[float | None]

HERE = Path(__file__).parent
OF_TAU2 = ["k", "p", "tau2", "se.tau2", "I2", "H2", "vt", "tau2_ci"]
OF_MEAN = ["beta", "se", "ci.lb", "ci.ub", "pi", "pi_t", "pi_riley"]
GIVEN_WEIGHTS = {"GENQ", "GENQM"}  # whose weights metafor uses for the pooled effect too
META = "TE.random seTE.random lower.random upper.random pval.random df.random lower.predict upper.predict tau2 "
META += "se.tau2 lower.tau2 upper.tau2"
META_KINDS = re.compile("metagen_.*|predict_.*|tauci_.*|I2_.*")


def estimates(entries: Iterable[Entry]) -> Iterator[Entry]:
    """An entry for each data set, moderators and estimator, with what the tests of the effect have in common once."""
    found: dict[tuple[str, str, str], Entry] = {}
    for entry in entries:
        if entry["method"] == "EE":
            continue
        mods, result = entry.get("mods", ""), entry["result"]
        key = Path(entry["data"]).stem, mods, entry["method"]
        if key not in found:
            shared = {name: result[name] for name in OF_TAU2 if name in result} | {"by_test": {}}
            found[key] = described(entry) | {"method": entry["method"], "mods": mods, "result": shared}
        ours = found[key]["result"]
        assert [ours[n] for n in ("tau2", "se.tau2", "k")] == [result[n] for n in ("tau2", "se.tau2", "k")]
        if "tau2_ci" in result:
            ours["tau2_ci"] = result["tau2_ci"]
        if not mods:
            ours |= {name: result[name] for name in ("fit", "blup") if name in result and entry["test"] == "z"}
        if entry["method"] in GIVEN_WEIGHTS:
            named = {name: result[name] for name in ("beta", "se", "ci.lb", "ci.ub") if name in result}
            ours.setdefault("weighted_by_test", {})[entry["test"]] = named
        elif not mods:
            ours["by_test"][entry["test"]] = {name: result[name] for name in OF_MEAN if name in result}
    yield from found.values()


def designs(entries: Iterable[Entry], reference: Path) -> Iterator[Entry]:
    """The design matrix of each call with moderators, and the rows of the data that are complete."""
    seen = set()
    for entry in entries:
        key = entry["data"], entry.get("mods")
        if key[1] and key not in seen:
            seen.add(key)
            with (reference / key[0]).open(encoding="utf-8", newline="") as lines:
                rows = list(csv.DictReader(lines))
            columns = design(rows, key[1])
            effects = [[number(row[name]) for row in rows] for name in ("yi", "vi")]
            kept = [i for i in range(len(rows)) if all(column[i] is not None for column in columns + effects)]
            X = [[column[i] for column in columns] for i in kept]
            yield {"data": Path(key[0]).stem, "mods": key[1], "rows": kept, "X": X}


def design(rows: list[dict[str, str]], mods: str) -> list[Column]:
    """Columns of the R formula: an intercept, numbers, and an indicator of each level of a factor but the first."""
    terms = mods.removeprefix("~ ").split(" + ")
    if terms[0] == "0":
        return indicators(rows, terms[1])
    return [[1.0] * len(rows), *(column for term in terms for column in of_term(rows, term))]


def of_term(rows: list[dict[str, str]], term: str) -> list[Column]:
    if "*" in term:
        one, other = (of_term(rows, part) for part in term.split(" * "))
        return one + other + [[None if None in (a, b) else a * b for a, b in zip(x, y, strict=True)] for x in one for y in other]
    if cut := re.fullmatch(r"pmin\((\w+), (\d+)\)", term):
        return [[None if x is None else min(x, float(cut[2])) for x in of_term(rows, cut[1])[0]]]
    if factor := re.fullmatch(r"factor\((\w+)\)", term):
        return indicators(rows, factor[1])[1:]
    if all(is_number(row[term]) for row in rows):
        return [[number(row[term]) for row in rows]]
    return indicators(rows, term)[1:]


def indicators(rows: list[dict[str, str]], name: str) -> list[Column]:
    levels = sorted({row[name] for row in rows} - {"", "NA"}, key=str.lower)
    return [[None if row[name] in ("", "NA") else float(row[name] == level) for row in rows] for level in levels]


def is_number(text: str) -> bool:
    return text in ("", "NA") or re.fullmatch(r"-?[\d.]+(e-?\d+)?", text) is not None


def number(text: str) -> float | None:
    return None if text in ("", "NA") else float(text)


def by_meta(entries: Iterable[Entry]) -> Iterator[Entry]:
    for entry in entries:
        if META_KINDS.fullmatch(entry["kind"]):
            yield described(entry) | {"kind": entry["kind"], "result": {name: entry["result"][name] for name in META.split()}}


def extras(entries: Iterable[Entry]) -> Iterator[Entry]:
    for entry in entries:
        if entry["kind"] in {"henmi_copas", "level90"}:
            result = {name: entry["result"][name] for name in ("beta", "se", "ci.lb", "ci.ub", "pi") if name in entry["result"]}
            yield described(entry) | {"kind": entry["kind"], "result": result}


def described(entry: Entry) -> Entry:
    made_by = f"{entry['package']} {entry['version']}"
    return {"data": Path(entry["data"]).stem, "call": entry["call"], "package": made_by}


def read(path: Path) -> list[Entry]:
    entries: list[Entry] = json.loads(path.read_text(encoding="utf-8"))
    return entries


def write(name: str, entries: Iterable[Entry]) -> None:
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
    (HERE / name).write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def main(reference: Path) -> None:
    fits = read(reference / "rma_uni.json")
    write("estimates.json", estimates(fits))
    write("designs.json", designs(fits, reference))
    write("by_meta.json", by_meta(read(reference / "meta_pkg.json")))
    write("extras.json", extras(read(reference / "rma_uni_extra.json")))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
