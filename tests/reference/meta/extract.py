"""Take the results of R's meta on each kind of data from the folder of reference results: `python extract.py path/to/reference`."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ELSEWHERE = re.compile("metagen_.*|predict_.*|tauci_.*|I2_.*|metabias_.*|trimfill|metabin_TACC|three_?level.*")
ARMS = ("events_t", "n_t", "events_c", "n_c")
GROUPS = ("n_t", "mean_t", "sd_t", "n_c", "mean_c", "sd_c")
COLUMNS: dict[str, dict[str, str]] = {
    "bcg": {"events_t": "tpos", "n_t": "tneg", "events_c": "cpos", "n_c": "cneg", "group": "alloc"},
    "nielweise2007": dict(zip(ARMS, ("ai", "n1i", "ci", "n2i"), strict=True)),
    "collins1985b": dict(zip(ARMS, ("pre.xti", "pre.nti", "pre.xci", "pre.nci"), strict=True)),
    "lau1992": dict(zip(ARMS, ("ai", "n1i", "ci", "n2i"), strict=True)),
    "normand1999": dict(zip(GROUPS, ("n1i", "m1i", "sd1i", "n2i", "m2i", "sd2i"), strict=True)),
    "gibson2002": dict(zip(GROUPS, ("n1i", "m1i", "sd1i", "n2i", "m2i", "sd2i"), strict=True)),
    "pritz1997": {"events": "xi", "n": "ni"},
    "crisafulli2020": {"events": "cases", "n": "total"},
    "hart1999": {"events_t": "x1i", "time_t": "t1i", "events_c": "x2i", "time_c": "t2i"},
    "molloy2014": {"r": "ri", "n": "ni"},
    "pignon2000": {"yi": "yi", "vi": "vi", "group": "grp"},
}
KEPT = re.compile(
    r"k|TE|seTE|lower|upper|tau2|Q|df\.Q|pval\.Q|(TE|seTE|lower|upper|pval|df)\.(common|random)|(lower|upper)\.predict"
    r"|subgroup\.levels|(k|TE\.common|seTE\.common|TE\.random|seTE\.random|tau2|Q)\.w|df\.Q\.b|(Q|pval\.Q)\.b\.(common|random)"
)


def columns(path: Path) -> dict[str, list[Any]]:
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    wanted = COLUMNS[path.stem]
    found: dict[str, list[Any]] = {
        mine: [row[theirs] if mine == "group" else number(row[theirs]) for row in rows] for mine, theirs in wanted.items()
    }
    if path.stem == "bcg":  # non-events where the others give patients
        for arm in ("t", "c"):
            found[f"n_{arm}"] = [a + b for a, b in zip(found[f"events_{arm}"], found[f"n_{arm}"], strict=True)]
    return found


def number(text: str) -> float | None:
    return None if text in ("", "NA") else float(text)


def described(entry: dict[str, Any]) -> dict[str, Any]:
    result = {name: value for name, value in entry["result"].items() if KEPT.fullmatch(name) and value is not None}
    made_by = f"{entry['package']} {entry['version']}"
    return {"data": Path(entry["data"]).stem, "kind": entry["kind"], "call": entry["call"], "package": made_by, "result": result}


def write(name: str, entries: Iterable[dict[str, Any]]) -> None:
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
    (HERE / name).write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def main(reference: Path) -> None:
    entries = json.loads((reference / "meta_pkg.json").read_text(encoding="utf-8"))
    chosen = [entry for entry in entries if not ELSEWHERE.fullmatch(entry["kind"])]
    write("results.json", map(described, chosen))
    sets = dict.fromkeys(entry["data"] for entry in chosen)
    write("data_sets.json", ({"data": Path(name).stem, "columns": columns(reference / name)} for name in sets))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
