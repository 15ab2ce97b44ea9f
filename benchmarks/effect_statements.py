"""How many written variants of effect statements are read whole, how many readings are false, how fast abstracts are read.

python benchmarks/effect_statements.py
"""

from __future__ import annotations

import json
from pathlib import Path
from time import process_time

from trialpool.formats.effect_statements.reading import read_effect_statements

CASES = Path(__file__).parents[1] / "tests/reference/effect_statements.json"
ABSTRACTS = 1000
FILLER = (
    "Maintenance after transplantation is given to many patients, and the balance of benefit and harm is debated. We searched "
    "databases for phase 3 trials, extracted data in pairs, and pooled effects by random-effects "
    "models (I2 = 47%, P = .03 for heterogeneity). "
)
ABSTRACT = (
    f"{FILLER * 4}PFS was longer (hazard ratio [HR] = 0.62, 95% confidence interval [CI] = 0.57 to 0.67, P < .001), OS was not "
    f"(HR = 0.93, 95% CI = 0.85 to 1.01, P = .082). Thromboembolism was more frequent (RR 2.52, "
    f"95% CI 1.41 to 4.52; P=.002). {FILLER}"
)


def triple(found: object) -> tuple[float | None, ...]:
    figures = (getattr(found, name) for name in ("estimate", "ci_low", "ci_high"))
    return tuple(None if figure is None else float(figure) for figure in figures)


def main() -> None:
    data = json.loads(CASES.read_text(encoding="utf-8"))
    whole = false = ps = with_p = 0
    for case in data["cases"]:
        expected, found = case["expected"], read_effect_statements(case["text"])
        if expected.get("no_ratio"):
            false += len(found)
            continue
        wanted = tuple(expected[name] for name in ("estimate", "lower", "upper"))
        whole += [triple(one) for one in found] == [wanted] and found[0].measure == expected["measure"]
        false += max(len(found) - 1, 0)
        with_p += expected["p"] is not None
        ps += expected["p"] is not None and len(found) == 1 and found[0].p is not None and float(found[0].p) == expected["p"]
    ratios = sum(not case["expected"].get("no_ratio") for case in data["cases"])
    begin = process_time()
    statements = sum(len(read_effect_statements(f"{ABSTRACT} {i}")) for i in range(ABSTRACTS))
    seconds = process_time() - begin
    peer = data["peer"]
    print("| | trialpool | aim | peer |\n|---|---|---|---|")
    print(f"| triples read whole, of {ratios} | {whole} | {ratios} | {peer['triples_right']} |")
    print(f"| P values attached, of {with_p} | {ps} | {with_p} | {peer['p_right']} |")
    print(f"| false readings | {false} | 0 | several |")
    print(f"| {ABSTRACTS} abstracts of {len(ABSTRACT)} letters, {statements} statements (CPU) | {seconds:.2f} s | 2 s | |")
    print(f"\nThe peer is {peer['name']}; it takes {peer['seconds_for_48kB']} s for 48 kB.")


if __name__ == "__main__":
    main()
