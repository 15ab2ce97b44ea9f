"""Coverage of intervals in simulated meta-analyses, beside what simulations in the literature found: writes benchmarks/coverage.md.

Effects are normal about a true mean with between-study variance tau2; sampling variances are known. `unequal` gives every fourth
study a tenth of the others' variance, as IntHout et al. do. Seeded; the standard error of a coverage near 0.95 is 0.002.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

import trialpool as tp
from trialpool.stats.effects.effects import Effects

ROOT = Path(__file__).resolve().parents[1]
REPLICATIONS = 10_000
TYPICAL = 0.1  # sampling variance of the smaller studies
INTERVALS = (("DL", "Wald"), ("REML", "Wald"), ("REML", "HK"), ("REML", "HK-floor"), ("REML", "KR"), ("ML", "PL"))
PREDICTIONS = ("normal", "t", "HTS")
LITERATURE = """\
What simulations in the literature found:

- IntHout, Ioannidis & Borm (2014), BMC Med Res Methodol 14:25, with 2 to 20 trials: at a level of 5% the error rate of
  DerSimonian-Laird can be over 30%, that of Hartung-Knapp at most doubles; both are worse where trials differ in size.
- Röver, Knapp & Friede (2015), BMC Med Res Methodol 15:99: Hartung-Knapp keeps its level where trials are of similar precision and
  exceeds it where they are not; with its scale factor at least 1 it is conservative.
- Partlett & Riley (2017), Stat Med 36:301-317: with few studies and much heterogeneity the conventional (Wald) interval covers too
  little, and Hartung-Knapp and Kenward-Roger do better.
- Nagashima, Noma & Furukawa (2019), Stat Methods Med Res 28:1689-1702: the prediction interval of Higgins et al. covers
  too little with few studies.
"""


def simulated(k: int, I2: float, *, unequal: bool, rng: np.random.Generator) -> tuple[Effects, np.ndarray]:
    """A batch of meta-analyses with true mean 0, and a new true effect for each."""
    vi = np.full(k, TYPICAL)
    if unequal:
        vi[::4] = TYPICAL / 10
    tau2 = I2 / (1 - I2) * TYPICAL
    yi = rng.normal(0, np.sqrt(vi + tau2), (REPLICATIONS, k))
    return tp.effects(yi, np.broadcast_to(vi, yi.shape)), rng.normal(0, np.sqrt(tau2), REPLICATIONS)


def covered(limits: tuple[np.ndarray, np.ndarray], truth: np.ndarray | float) -> float:
    """Share of intervals that hold the truth."""
    low, high = limits
    return float(np.mean((low <= truth) & (truth <= high)))


def main() -> None:
    began = time.perf_counter()
    rng = np.random.default_rng(20)
    names = [f"{tau2} + {ci}" for tau2, ci in INTERVALS] + [f"next, {name}" for name in PREDICTIONS]
    rows = ["| k | I² | sizes | " + " | ".join(names) + " |", "|---|---|---|" + "---|" * len(names)]
    for k in (3, 5, 10, 20):
        for I2 in (0.0, 0.5, 0.9):
            for unequal in (False, True):
                effects, new = simulated(k, I2, unequal=unequal, rng=rng)
                cells = [covered(tp.pool(effects, tau2=tau2, ci=ci).interval(), 0.0) for tau2, ci in INTERVALS]
                fit = tp.pool(effects)
                cells += [covered(fit.prediction_interval(method=method), new) for method in PREDICTIONS]
                sizes = "unequal" if unequal else "equal"
                rows.append(f"| {k} | {I2:.0%} | {sizes} | " + " | ".join(f"{cell:.3f}" for cell in cells) + " |")
    head = f"Share of 95% intervals that hold the truth, over {REPLICATIONS:,} simulated meta-analyses a row. The columns named"
    text = "\n".join(
        [
            "# Coverage of intervals",
            "",
            f"Written by `benchmarks/coverage.py` (`make benchmark`). {head}",
            "`next` are prediction intervals (REML, Hartung-Knapp) and the true effect of a new study.",
            "",
            *rows,
            "",
            LITERATURE,
        ]
    )
    (ROOT / "benchmarks" / "coverage.md").write_text(text, encoding="utf-8")
    print(text, f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
