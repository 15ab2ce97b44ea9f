"""Take what the tests of small-study effects need from the folder of reference results: `python extract.py path/to/reference`."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ARMS = ("events_t", "n_t", "events_c", "n_c")
GROUPS = ("n_t", "mean_t", "sd_t", "n_c", "mean_c", "sd_c")
COUNTS = {
    "bcg": ("tpos", "tneg", "cpos", "cneg"),
    "nielweise2007": ("ai", "n1i", "ci", "n2i"),
    "collins1985b": ("pre.xti", "pre.nti", "pre.xci", "pre.nci"),
    "lau1992": ("ai", "n1i", "ci", "n2i"),
}
MEANS = dict.fromkeys(("normand1999", "gibson2002"), ("n1i", "m1i", "sd1i", "n2i", "m2i", "sd2i"))
PATIENTS = {
    "bcg": ("tpos", "tneg", "cpos", "cneg"),
    "vanhowe1999": ("non.pos", "non.neg", "cir.pos", "cir.neg"),
    "linde2005": ("n1i", "n2i"),
    "egger2001": ("n1i", "n2i"),
    "lau1992": ("n1i", "n2i"),
    "normand1999": ("n1i", "n2i"),
    "raudenbush1985": ("n1i", "n2i"),
    "molloy2014": ("ni",),
    "pritz1997": ("ni",),
}
FIT = ("tau2", "beta", "se", "ci.lb", "ci.ub", "QE")
TRIMMED = ("k", "k0", "se.k0", "p.k0", "side", "yi_filled", "vi_filled")
OF_META = ("TE.common", "seTE.common", "TE.random", "seTE.random", "tau2", "k")
SELECTION = [
    "k",
    "beta",
    "se",
    "tau2",
    "se.tau2",
    "delta",
    "se.delta",
    "LRT",
    "LRTp",
    "LRTdf",
    "LRT.tau2",
    "steps",
    "ptable",
    "fit",
]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def complete(path: Path, columns: Iterable[str]) -> list[dict[str, str]]:
    """The rows that R did not leave out for a missing value."""
    return [row for row in rows(path) if not {row[column] for column in columns} & {"", "NA"}]


def effects(source: Path, name: str) -> dict[str, Any]:
    """yi, vi and the patients of each study, where the calls use them."""
    there = complete(source / name, ("yi", "vi"))
    columns = {column: [float(row[column]) for row in there] for column in ("yi", "vi")}
    data = Path(name).stem
    dataset = data.split(".")[0]
    if dataset == "hackshaw1998":
        columns["n"] = [float(math.ceil(4 / vi)) for vi in columns["vi"]]
    elif dataset in PATIENTS:
        columns["n"] = [sum(float(row[part]) for part in PATIENTS[dataset]) for row in there]
    return {"data": data, "columns": columns}


def table(source: Path, name: str, theirs: tuple[str, ...], ours: tuple[str, ...]) -> dict[str, Any]:
    there = complete(source / "data" / f"{name}.csv", theirs)
    columns = {mine: [float(row[column]) for row in there] for mine, column in zip(ours, theirs, strict=True)}
    if name == "bcg":  # non-events where the others give patients
        for arm in ("t", "c"):
            columns[f"n_{arm}"] = [a + b for a, b in zip(columns[f"events_{arm}"], columns[f"n_{arm}"], strict=True)]
    return {"data": name, "columns": columns}


def of_metafor(entry: dict[str, Any]) -> dict[str, Any]:
    result = entry["result"]
    if entry["kind"] == "trimfill":
        result = {name: result[name] for name in (*FIT, *TRIMMED) if name in result}
    return described(entry, ("kind", "model", "predictor", "estimator", "type"), result)


def of_selection(entry: dict[str, Any]) -> dict[str, Any]:
    result = {name: entry["result"][name] for name in SELECTION if name in entry["result"]}
    return described(entry, ("type", "alternative", "warnings"), result)


def of_meta(entry: dict[str, Any]) -> dict[str, Any]:
    result = entry["result"]
    if entry["kind"] == "trimfill":
        result = {name: result[name] for name in OF_META}
    return described(entry, ("kind",), result)


def described(entry: dict[str, Any], tags: tuple[str, ...], result: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in result.items() if value not in (None, [None])}
    said = {tag: entry[tag] for tag in tags if tag in entry}
    return {"data": Path(entry["data"]).stem, "call": entry["call"].split("\n")[-1], **said, "result": kept}


def read(path: Path) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return entries


def write(name: str, entries: Iterable[dict[str, Any]]) -> None:
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
    (HERE / name).write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def main(source: Path) -> None:
    tests, models, meta = (read(source / f"{name}.json") for name in ("bias", "selmodel", "meta_pkg"))
    small = [e for e in meta if e["kind"].startswith("metabias") or e["kind"] == "trimfill"]
    sets = dict.fromkeys(e["data"] for e in [*tests, *models, *small] if "yi" in rows(source / e["data"])[0])
    write("effects.json", [effects(source, name) for name in sets])
    write("counts.json", [table(source, name, theirs, ARMS) for name, theirs in COUNTS.items()])
    write("means.json", [table(source, name, theirs, GROUPS) for name, theirs in MEANS.items()])
    write("metafor.json", map(of_metafor, tests))
    write("selection.json", map(of_selection, models))
    write("by_meta.json", map(of_meta, small))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
