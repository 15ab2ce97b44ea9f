"""Extract the reference results on influence from the full reference folder, kept outside the project.

    python tests/reference/influence/extract.py path/to/reference

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
REFITS = ("k", "estimate", "se", "zval", "pval", "ci.lb", "ci.ub", "Q", "Qp")
DIAGNOSTICS = ("influence", "rstandard", "rstudent", "baujat", "radial", "qqnorm")
COLUMNS = {"bcg.RR": ("yi", "vi", "ablat", "year"), "raudenbush1985": ("yi", "vi", "weeks")}
TIGHT = re.compile(r"control=list\(threshold=1e-12, maxiter=10000, tol=1e-12\)")


def read(reference: Path) -> list[Entry]:
    found: list[Entry] = json.loads((reference / "influence.json").read_text(encoding="utf-8"))
    return found


def kept(entry: Entry) -> Entry:
    result = {name: value for name, value in entry["result"].items() if name not in ("ids", "slab")}
    call = TIGHT.sub("control=tight", entry["call"])
    source = {"data": Path(entry["data"]).stem, "call": call, "package": f"{entry['package']} {entry['version']}"}
    return source | {name: entry[name] for name in ("kind", "method")} | {"result": result}


def refits(entry: Entry) -> Entry:
    result = {name: entry["result"][name] for name in REFITS if name in entry["result"]}
    return kept(entry | {"result": result, "method": "Peto"})


def data_sets(reference: Path, names: Iterable[str]) -> Iterator[Entry]:
    for name in names:
        with (reference / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        columns = {column: [float(row[column]) for row in rows] for column in COLUMNS.get(name, ("yi", "vi"))}
        yield {"data": name, "columns": columns}


def write(name: str, entries: Iterable[Entry]) -> None:
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
    (HERE / name).write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def main(reference: Path) -> None:
    entries = read(reference)
    diagnostics = [kept(entry) for entry in entries if entry["kind"] in DIAGNOSTICS]
    subsets = [kept(entry) for entry in entries if entry["kind"] == "gosh"]
    peto = [refits(entry) for entry in entries if entry["kind"].endswith("_mh_peto") and "rma.peto" in entry["call"]]
    write("peto_refits.json", peto)
    write("diagnostics.json", diagnostics)
    write("all_subsets.json", subsets)
    write("data_sets.json", data_sets(reference, dict.fromkeys(entry["data"] for entry in [*diagnostics, *subsets])))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
