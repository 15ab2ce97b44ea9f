"""Extract the effect sizes that the tests compare with from the full reference folder, kept outside the project.

    python tests/reference/effect_sizes/extract.py path/to/reference

README.md says what the files hold and how the numbers were computed.
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
ARGUMENT = re.compile(r"(\w+)=((?:rep\([^()]*\([^()]*\)\)|[^,()])+)")
OPTIONS = {"measure", "correct", "vtype", "to", "add", "drop00", "flip"}
# numbers of R's package meta for the correction by the size of the other arm
TREATMENT_ARM = 'sm="OR", method="Inverse", incr="TACC"'
ARMS = {
    "bcg": ("tpos", "tneg", "cpos", "cneg"),
    "vanhowe1999": ("non.pos", "non.neg", "cir.pos", "cir.neg"),
    "collins1985b": ("pre.xti", "pre.nti", "pre.xci", "pre.nci"),
}


def escalc(entries: Iterable[Entry]) -> Iterator[Entry]:
    for entry in entries:
        inside = entry["call"].removeprefix("escalc(").removesuffix(")")
        found = {name: value.strip('"') for name, value in ARGUMENT.findall(inside) if name != "data"}
        yield {
            "data": Path(entry["data"]).stem,
            "call": entry["call"],
            "package": f"{entry['package']} {entry['version']}",
            "options": {name: value for name, value in found.items() if name in OPTIONS},
            "columns": {name: value for name, value in found.items() if name not in OPTIONS},
            "result": {name: entry["result"][name] for name in ("yi", "vi")},
        }


def treatment_arm(entries: Iterable[Entry]) -> Iterator[Entry]:
    for entry in entries:
        if entry.get("kind") == "metabin_TACC" and TREATMENT_ARM in entry["call"]:
            package = f"{entry['package']} {entry['version']}"
            result = {name: entry["result"][name] for name in ("TE", "seTE")}
            yield {"data": Path(entry["data"]).stem, "call": entry["call"], "package": package, "result": result}


def data_sets(folder: Path, used: dict[str, set[str]]) -> Iterator[Entry]:
    for name, wanted in sorted(used.items()):
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        columns = {c: [float(row[c]) if row[c] not in {"", "NA"} else None for row in rows] for c in sorted(wanted & set(rows[0]))}
        yield {"data": name, "columns": columns}


def write(name: str, entries: Iterable[Entry]) -> None:
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
    (HERE / name).write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def main(reference: Path) -> None:
    read = {name: json.loads((reference / name).read_text(encoding="utf-8")) for name in ("escalc.json", "meta_pkg.json")}
    effects, arms = list(escalc(read["escalc.json"])), list(treatment_arm(read["meta_pkg.json"]))
    used: dict[str, set[str]] = {}
    for entry in effects:
        used.setdefault(entry["data"], set()).update(entry["columns"].values())
    for entry in arms:
        used.setdefault(entry["data"], set()).update(ARMS.get(entry["data"], ("ai", "n1i", "ci", "n2i")))
    write("escalc.json", effects)
    write("treatment_arm.json", arms)
    write("data_sets.json", data_sets(reference / "data", used))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
