"""Take what the tests of evidence measures need from the folder of reference results: `python extract.py path/to/reference`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
NOT_NEEDED = {"source", "literature", "peer_defect", "formulas"}
ABOUT = {
    "tsa": "boundaries by multivariate normal integrals in R 4.2.2; `rtsa` and `rtsa_perioOxy` by the R package RTSA 0.2.2",
    "fragility": "by metafor 3.8.1 in R 4.2.2, refitted at each step; data of the R package RTSA 0.2.2",
    "e_values": "by VanderWeele and Ding's formulas in R 4.2.2; the R package EValue agrees",
    "absolute": "by Altman and Andersen's formulas in R 4.2.2; BMJ 1999;319:1492-1495",
}


def without(value: Any) -> Any:
    return {key: inner for key, inner in value.items() if key not in NOT_NEEDED}


def main(source: Path) -> None:
    extras = json.loads((source / "synthesis_extras.json").read_text(encoding="utf-8"))
    for name, about in ABOUT.items():
        table = {"about": about, **without(extras[name])}
        lines = ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in table.items())
        (HERE / f"{name}.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
