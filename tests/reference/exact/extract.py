"""Take what the tests of rare-event methods need from the folder of reference results: `python extract.py path/to/reference`."""

from __future__ import annotations

import csv
import json
import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TWO_ARMS = ("events_t", "n_t", "events_c", "n_c")
RATES = ("events_t", "time_t", "events_c", "time_c")
COLUMNS = {
    "bcg": (("tpos", "tneg", "cpos", "cneg", "ablat"), (*TWO_ARMS, "ablat")),
    "nielweise2007": (("ai", "n1i", "ci", "n2i"), TWO_ARMS),
    "collins1985b": (("pre.xti", "pre.nti", "pre.xci", "pre.nci"), TWO_ARMS),
    "yusuf1985": (("ai", "n1i", "ci", "n2i"), TWO_ARMS),
    "egger2001": (("ai", "n1i", "ci", "n2i"), TWO_ARMS),
    "vanhowe1999": (("non.pos", "non.neg", "cir.pos", "cir.neg"), TWO_ARMS),
    "lau1992": (("ai", "n1i", "ci", "n2i"), TWO_ARMS),
    "dorn2007": (("x.a", "n.a", "x.p", "n.p"), TWO_ARMS),
    "hart1999": (("x1i", "t1i", "x2i", "t2i"), RATES),
    "pignon2000": (("OmE", "V"), ("o_minus_e", "v")),
    "pritz1997": (("xi", "ni"), ("events", "n")),
    "crisafulli2020": (("cases", "total", "pubyear"), ("events", "n", "pubyear")),
}
NON_EVENTS = {"bcg", "vanhowe1999"}  # these give non-events where the others give patients
NOT_COMPARED = {"yi", "vi", "coef_names", "rho", "weights"}


def data_set(source: Path, name: str) -> list[list[str]]:
    theirs, ours = COLUMNS[name]
    rows: list[list[str]] = [list(ours)]
    with (source / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            cells = [row[column] for column in theirs]
            if "" in cells:
                continue  # a trial without counts, which metafor leaves out
            if name in NON_EVENTS:
                cells[1], cells[3] = (str(int(cells[i]) + int(cells[i + 1])) for i in (0, 2))
            rows.append(cells)
    return rows


def compact(entry: dict[str, Any]) -> dict[str, Any]:
    result = {key: value for key, value in entry["result"].items() if key not in NOT_COMPARED and value is not None}
    measure = re.search(r'measure="(\w+)"', entry["call"])
    tags = {"measure": measure[1]} if measure else {}
    tags |= {key: entry[key] for key in ("model", "method", "warnings") if key in entry}
    return {"data": entry["dataset"], "call": entry["call"], **tags, "result": result}


def write(name: str, entries: list[dict[str, Any]]) -> None:
    lines = ",\n".join(json.dumps(entry) for entry in entries)
    (HERE / name).write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def main(source: Path) -> None:
    for name in COLUMNS:
        with (HERE / "data" / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(data_set(source, name))
    for ours, theirs in {"mantel_haenszel_peto.json": "rma_mh_peto.json", "mixed_models.json": "rma_glmm.json"}.items():
        write(ours, [compact(entry) for entry in json.loads((source / theirs).read_text(encoding="utf-8"))])
    extras = json.loads((source / "synthesis_extras.json").read_text(encoding="utf-8"))
    write("rare_events.json", [extras[name] | {"data": name} for name in ("rare_nielweise2007", "rare_made_up_spm")])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
