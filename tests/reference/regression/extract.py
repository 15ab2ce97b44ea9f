"""Extract the reference results on meta-regression from the full reference folder, kept outside the project.

    python tests/reference/regression/extract.py path/to/reference

Each file is a JSON array with an entry a line. README.md says what they hold and how they were computed.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Entry = dict[str, Any]

HERE = Path(__file__).parent
KINDS = ("lrt", "wald_btt", "wald_X", "predict", "vif", "robust_HC1like", "robust_CR2", "robust", "unweighted", "custom_weights")
KINDS += ("tau2_fixed", "confint_QP", "level90")
RESIDUALS = ("rstandard", "rstudent")
LEFT_OUT = ("se.tau2", "vt", "s2w", "vb", "va", "test", "p", "weights", "QEdf")


def entries(reference: Path, name: str) -> list[Entry]:
    found: list[Entry] = json.loads((reference / name).read_text(encoding="utf-8"))
    return found


def kept(entry: Entry) -> Entry:
    """What the tests need of an entry, with the call that made it."""
    result = {name: value for name, value in entry["result"].items() if name not in LEFT_OUT}
    if "tau2_ci" in result:
        result["tau2_ci"] = {"QP": result["tau2_ci"].get("QP")}
    if result.get("blup"):
        result["blup"] = {name: result["blup"][name] for name in ("pred", "se")}
    call = re.sub(r"control=list\(threshold=1e-12, maxiter=10000, tol=1e-12\)", "control=tight", entry["call"])
    tags = {name: entry[name] for name in ("kind", "method", "test", "mods", "link", "warnings") if name in entry}
    source = {"data": Path(entry["data"]).stem, "call": call, "package": f"{entry['package']} {entry['version']}"}
    return source | tags | {"result": result}


def moderator_fits(reference: Path) -> Iterator[Entry]:
    return (kept(entry) for entry in entries(reference, "rma_uni.json") if "mods" in entry)


def extras(reference: Path) -> Iterator[Entry]:
    for entry in entries(reference, "rma_uni_extra.json"):
        if entry["kind"] in KINDS:
            yield kept(entry)


def permutations(reference: Path) -> Iterator[Entry]:
    return (kept(entry) for entry in entries(reference, "influence.json") if entry["kind"] == "permutest_exact")


def residuals(reference: Path) -> Iterator[Entry]:
    for entry in entries(reference, "influence.json"):
        if entry["kind"] in RESIDUALS and "mods=" in entry["call"]:
            yield kept(entry)


def location_scale(reference: Path) -> Iterator[Entry]:
    return (kept(entry) for entry in entries(reference, "location_scale.json"))


def data_sets(reference: Path, used: set[str]) -> Iterator[Entry]:
    """yi, vi and the moderators that a formula names; null where a value is missing."""
    for name in sorted(used):
        with (reference / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        columns = [c for c in COLUMNS if c in rows[0] and (c in ("yi", "vi") or c in MODERATORS[name])]
        yield {"data": name, "columns": {c: [value(row[c]) for row in rows] for c in columns}}


def value(cell: str) -> float | str | None:
    try:
        return float(cell) if cell else None
    except ValueError:
        return None if cell == "NA" else cell


TABLES = {
    "moderator_fits.json": moderator_fits,
    "extras.json": extras,
    "permutations.json": permutations,
    "residuals.json": residuals,
    "location_scale.json": location_scale,
}
MODERATORS: dict[str, set[str]] = {}
COLUMNS: list[str] = []


def write(name: str, rows: list[Entry]) -> None:
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (HERE / name).write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def main(reference: Path) -> None:
    for name, chosen in TABLES.items():
        rows = list(chosen(reference))
        write(name, rows)
        for row in rows:
            named = re.findall(r"[A-Za-z_]\w*", re.sub(r"\w+=|\"\w+\"", "", row["call"]))
            MODERATORS.setdefault(row["data"], set()).update(named)
    for name in MODERATORS:
        with (reference / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
            COLUMNS.extend(c for c in next(csv.reader(lines)) if c not in COLUMNS)
    write("data_sets.json", list(data_sets(reference, set(MODERATORS))))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
