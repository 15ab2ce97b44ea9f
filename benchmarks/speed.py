"""Speed beside the peers, in one run: `make benchmark` writes the tables of benchmarks/README.md.

Each figure is the best of several repetitions on this machine at this moment; compare across a row, not across days. R's metafor is
timed where Rscript finds it, PyMARE where it can be installed into an environment of its own (.venv-peers).
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import trialpool as tp

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / ".venv-peers"
YI = [-0.1879, -0.5326, -0.3882, -0.1846, -0.2999, -0.8977, -0.3366, -0.3637, -0.3265]
YI += [-0.7874, -0.6005, 0.1452, -0.4020, -0.4906, -0.1529, -0.4687, -0.5784, -0.4506]
VI = [0.0217, 0.1013, 0.0208, 0.0521, 0.0301, 0.0601, 0.1698, 0.0081, 0.1338]
VI += [0.0658, 0.0452, 0.0411, 0.0299, 0.0894, 0.0163, 0.1483, 0.0149, 0.0529]
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Row:
    """A task with the seconds it took us, the aim, and the seconds it took a peer (None where it is not here)."""

    task: str
    ours: float
    aim: float | None
    metafor: float | None = None
    pymare: float | None = None


def best_cpu(work: Callable[[], object], *, times: int, rounds: int = 7) -> float:
    """Least CPU seconds of one call over the rounds."""
    seconds = []
    for _ in range(rounds):
        began = time.process_time()
        for _ in range(times):
            work()
        seconds.append((time.process_time() - began) / times)
    return min(seconds)


def best_wall(command: list[str], *, rounds: int = 5, before: Callable[[], object] = lambda: None, **options: object) -> float:
    """Least wall seconds of a fresh process."""
    seconds = []
    for _ in range(rounds):
        before()
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, **options)  # type: ignore[call-overload]
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def python(code: str) -> list[str]:
    """The command that runs this code in a fresh interpreter."""
    return [sys.executable, "-c", code]


def r_seconds(code: str) -> float | None:
    """What the R code prints as its last number; None without Rscript and metafor."""
    if not shutil.which("Rscript"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "timed.R"
        script.write_text(f"suppressMessages(library(metafor)); {code}\n", encoding="utf-8")
        run = subprocess.run(["Rscript", str(script)], capture_output=True, text=True, check=False)
    return float(run.stdout.split()[-1]) if run.returncode == 0 else None


def pymare_python() -> str | None:
    """An interpreter with PyMARE, installed if that can be done."""
    python = PEERS / "bin" / "python"
    if not python.exists():
        made = subprocess.run([sys.executable, "-m", "venv", str(PEERS)], capture_output=True, check=False)
        if made.returncode == 0:
            subprocess.run([str(python), "-m", "pip", "install", "--quiet", "pymare"], capture_output=True, check=False)
    ready = (
        python.exists() and subprocess.run([str(python), "-c", "import pymare"], capture_output=True, check=False).returncode == 0
    )
    return str(python) if ready else None


def start_up() -> list[Row]:
    """Whole processes."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "effects.csv"
        table.write_text("yi,vi\n" + "".join(f"{y},{v}\n" for y, v in zip(YI, VI, strict=True)))
        ours = (
            "import csv, trialpool as tp\n"
            f"rows = list(csv.DictReader(open({str(table)!r})))\n"
            "effects = tp.effects([float(r['yi']) for r in rows], [float(r['vi']) for r in rows], measure='HR')\n"
            "print(tp.pool(effects))"
        )
        theirs = f"suppressMessages(library(metafor)); print(rma(yi, vi, data=read.csv('{table}'), test='knha'))"
        rscript = ["Rscript", "-e", theirs]
        metafor = best_wall(rscript) if r_seconds("cat(1)") is not None else None
        flagship = ROOT / "reviews" / "imid-maintenance"
        copy = Path(folder) / "review"
        shutil.copytree(flagship, copy, ignore=shutil.ignore_patterns("report"))
        report, program = copy / "report", str(BIN / "trialpool")
        build = best_wall([program, "build", str(copy)], rounds=3, before=lambda: shutil.rmtree(report, ignore_errors=True))
        return [
            Row("`trialpool --help`", best_wall([program, "--help"]), 0.3),
            Row("`import trialpool`", best_wall(python("import trialpool")), 0.35),
            Row("`import trialpool`, and all that pooling needs", best_wall(python("import trialpool; trialpool.pool")), 0.35),
            Row("CSV to printed pooled result, new process", best_wall(python(ours)), 0.6, metafor),
            Row("`trialpool build reviews/imid-maintenance`", build, 6.0),
        ]


def one_fit() -> list[Row]:
    """One REML + Hartung-Knapp fit of 18 studies."""
    effects = tp.effects(YI, VI)
    y, v = (f"c({','.join(map(str, column))})" for column in (YI, VI))
    metafor = r_seconds(
        f"y <- {y}; v <- {v}; n <- 50; best <- Inf; for (i in 1:7) {{ t <- system.time(for (j in 1:n) rma(y, v, test='knha')); "
        "best <- min(best, sum(t[1:2]) / n) }; cat(best)"
    )
    return [Row("one REML + Hartung-Knapp fit, k = 18 (CPU)", best_cpu(lambda: tp.pool(effects), times=200), 0.0002, metafor)]


BCG = {
    "events_t": [4, 6, 3, 62, 33, 180, 8, 505, 29, 17, 186, 5, 27],
    "n_t": [123, 306, 231, 13598, 5069, 1541, 2545, 88391, 7499, 1716, 50634, 2498, 16913],
    "events_c": [11, 29, 11, 248, 47, 372, 10, 499, 45, 65, 141, 3, 29],
    "n_c": [139, 303, 220, 12867, 5808, 1451, 629, 88391, 7277, 1665, 27338, 2341, 17854],
}
LATITUDE = [44, 55, 42, 52, 13, 44, 19, 13, 27, 42, 18, 33, 33]


def other_models() -> list[Row]:
    """A permutation test of a moderator, and the exact conditional model of odds ratios, on the 13 trials of BCG vaccination."""
    data = "; ".join(f"{name} <- c({','.join(map(str, column))})" for name, column in (BCG | {"latitude": LATITUDE}).items())
    fit = tp.regress(tp.risk_ratio(**BCG), "~ latitude", {"latitude": LATITUDE}, tau2="DL")
    rng = np.random.default_rng(1)
    ours = best_cpu(lambda: tp.permutation_test(fit, n=1000, rng=rng), times=1)
    counts = "ai=events_t, n1i=n_t, ci=events_c, n2i=n_c"
    timed = "t <- system.time({}); cat(sum(t[1:2]))"
    permutest = "invisible(capture.output(permutest(fit, iter=1000, progbar=FALSE)))"
    metafor = r_seconds(f"{data}; fit <- rma(measure='RR', {counts}, mods=~latitude, method='DL'); {timed.format(permutest)}")
    glmm = f"rma.glmm(measure='OR', {counts}, model='CM.EL')"
    effects = tp.odds_ratio(**BCG)
    return [
        Row("permutation test of a moderator, k = 13, 1,000 permutations (CPU)", ours, None, metafor),
        Row(
            "exact conditional GLMM (CM.EL), 13 trials (CPU)",
            best_cpu(lambda: tp.glmm(effects, method="CM.EL"), times=1, rounds=3),
            None,
            r_seconds(f"{data}; {timed.format(glmm)}"),
        ),
    ]


def many_fits(n: int = 100_000, *, aim: float = 1.0) -> list[Row]:
    """Independent REML fits of 10 studies."""
    yi, vi = simulated(n)
    effects = tp.effects(yi, vi)
    ours = best_cpu(lambda: tp.pool(effects), times=1, rounds=3)
    metafor = r_seconds(
        "set.seed(1); n <- 300; fits <- system.time(for (j in 1:n) { v <- exp(runif(10, log(0.01), log(0.2))); "
        f"y <- rnorm(10, -0.2, sqrt(v + 0.05)); try(rma(y, v), silent=TRUE) }}); cat(sum(fits[1:2]) / n * {n})"
    )
    peer = pymare_python()
    pymare = None
    if peer:
        with tempfile.TemporaryDirectory() as folder:
            np.savez(Path(folder) / "sets.npz", yi=yi.T, vi=vi.T)
            code = (
                "import time, warnings, numpy as np; warnings.simplefilter('ignore')\n"
                "from pymare.estimators import VarianceBasedLikelihoodEstimator as E\n"
                f"d = np.load({str(Path(folder) / 'sets.npz')!r}); y, v = d['yi'], d['vi']; X = np.ones((10, 1))\n"
                "best = 9e9\n"
                "for _ in range(3):\n"
                "    began = time.process_time(); E(method='REML').fit(y, v, X); best = min(best, time.process_time() - began)\n"
                "print(best)"
            )
            environment = {**os.environ, "OMP_NUM_THREADS": "1"}
            run = subprocess.run([peer, "-c", code], capture_output=True, text=True, env=environment, check=False)
            pymare = float(run.stdout) if run.returncode == 0 else None
    return [Row(f"{n:,} independent REML fits, k = 10 (CPU)", ours, aim, metafor, pymare)]


def simulated(n: int, seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """n sets of 10 studies: variances 0.01 to 0.2, tau2 0.05."""
    rng = np.random.default_rng(seed)
    vi = np.exp(rng.uniform(np.log(0.01), np.log(0.2), (n, 10)))
    return rng.normal(-0.2, np.sqrt(vi + 0.05)), vi


def off_the_maximum(n: int = 100_000) -> str:
    """How many of the fits are not at the highest point of the restricted likelihood, by a grid of 400 values of tau2."""
    yi, vi = simulated(n)
    tau2 = np.asarray(tp.pool(tp.effects(yi, vi)).tau2)
    worse, worst = 0, 0.0
    for i in range(0, n, 2000):
        y, v, t = (x[i : i + 2000] for x in (yi, vi, tau2))
        top = ((y - y.mean(-1, keepdims=True)) ** 2).sum(-1)
        small = v.min(-1)
        grid = small[:, None] * np.expm1(np.linspace(0, 1, 400) * np.log1p(top / small)[:, None])
        gap = log_restricted_likelihood(y, v, grid).max(-1) - log_restricted_likelihood(y, v, t[:, None])[:, 0]
        worse += int((gap > 1e-10).sum())
        worst = max(worst, float(gap.max()))
    failed = int((~np.isfinite(tau2)).sum())
    below = f"{worse} lie below a grid point of their restricted likelihood (largest gap {worst:.1e})"
    return f"Of {n:,} fits {failed} failed and {below}."


def log_restricted_likelihood(y: np.ndarray, v: np.ndarray, tau2: np.ndarray) -> np.ndarray:
    """Up to a constant; y, v (n, k), tau2 (n, m)."""
    w = 1 / (v[:, None] + tau2[..., None])
    mu = (w * y[:, None]).sum(-1) / w.sum(-1)
    Q = (w * (y[:, None] - mu[..., None]) ** 2).sum(-1)
    return 0.5 * (np.log(w).sum(-1) - np.log(w.sum(-1)) - Q)


def seconds_text(seconds: float | None) -> str:
    """Seconds in the unit that suits them."""
    if seconds is None:
        return "–"
    return f"{1000 * seconds:.2f} ms" if seconds < 0.1 else f"{seconds:.2f} s"


def main() -> None:
    rows = start_up() + one_fit() + many_fits(10_000, aim=0.07) + many_fits() + many_fits(1_000_000, aim=3.0) + other_models()
    lines = ["| task | trialpool | aim | metafor | PyMARE |", "|---|---|---|---|---|"]
    lines += [f"| {r.task} | " + " | ".join(map(seconds_text, (r.ours, r.aim, r.metafor, r.pymare))) + " |" for r in rows]
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, NumPy {np.__version__}"
    text = "\n".join(
        [
            "# Benchmarks",
            "",
            "Written by `make benchmark`. Compare across a row, not across machines or days: best of several repetitions in one",
            "run, wall time for whole processes, CPU time where the row says so. – means that the peer was not at hand or has no",
            "such thing; metafor's many fits are extrapolated from 300.",
            "",
            f"Machine: {machine}.",
            "",
            *lines,
            "",
            off_the_maximum(),
            "",
        ]
    )
    (ROOT / "benchmarks" / "README.md").write_text(text, encoding="utf-8")
    print(text)
    print(json.dumps({row.task: row.ours for row in rows}, ensure_ascii=False))


if __name__ == "__main__":
    main()
