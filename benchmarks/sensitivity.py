"""Speed of what shows how far a result can be trusted, beside R's metafor in one run: writes benchmarks/sensitivity.md.

Times of CPU, best of several rounds; what metafor needs long for is timed once.
"""

from __future__ import annotations

import platform
from pathlib import Path

import numpy as np
from speed import BCG, ROOT, VI, YI, Row, best_cpu, r_seconds, seconds_text

import trialpool as tp

COUNTS = "ai=events_t, n1i=n_t, ci=events_c, n2i=n_c"
DATA = "; ".join(f"{name} <- c({','.join(map(str, column))})" for name, column in BCG.items())
TIMED = "t <- system.time(invisible({})); cat(sum(t[1:2]))"
OFTEN = "t <- system.time(for (i in 1:{n}) {code}); cat(sum(t[1:2]) / {n})"


def columns(yi: np.ndarray, vi: np.ndarray) -> str:
    """Effects and variances as R code."""
    return "; ".join(f"{name} <- c({','.join(f'{x:.6f}' for x in column)})" for name, column in (("yi", yi), ("vi", vi)))


def subsets() -> list[Row]:
    """All subsets of the 13 trials of BCG vaccination, and of 18 studies, for which metafor needs a quarter of an hour."""
    bcg, eighteen = tp.pool(tp.risk_ratio(**BCG)), tp.pool(tp.effects(YI, VI))
    metafor = r_seconds(f"{DATA}; fit <- rma(measure='RR', {COUNTS}); {TIMED.format('gosh(fit, progbar=FALSE)')}")
    return [
        Row("REML fits of all 8,191 subsets of 13 studies", best_cpu(lambda: tp.all_subsets(bcg), times=1), 0.06, metafor),
        Row("REML fits of all 262,143 subsets of 18 studies", best_cpu(lambda: tp.all_subsets(eighteen), times=1, rounds=3), 1.2),
    ]


def influence(k: int = 1000) -> list[Row]:
    """Influence diagnostics of many studies."""
    rng = np.random.default_rng(3)
    vi = np.exp(rng.uniform(np.log(0.01), np.log(0.2), k))
    yi = rng.normal(-0.2, np.sqrt(vi + 0.05))
    fit = tp.pool(tp.effects(yi, vi), tau2="DL")
    ours = best_cpu(lambda: tp.influence(fit), times=1, rounds=3)
    few = tp.pool(tp.risk_ratio(**BCG))
    return [
        Row(
            f"influence diagnostics, k = {k:,}, DL",
            ours,
            None,
            r_seconds(f"{columns(yi, vi)}; fit <- rma(yi, vi, method='DL'); {TIMED.format('influence(fit)')}"),
        ),
        Row(
            "influence diagnostics, k = 13, REML",
            best_cpu(lambda: tp.influence(few), times=5),
            None,
            r_seconds(f"{DATA}; fit <- rma(measure='RR', {COUNTS}); {OFTEN.format(n=5, code='influence(fit)')}"),
        ),
    ]


def multiverse() -> list[Row]:
    """Every defensible analysis of the flagship's progression-free survival, with up to three studies left out."""
    review = tp.read_review(ROOT / "reviews" / "imid-maintenance")
    n = tp.multiverse(review, "pfs", leave_out=2).n
    ours = best_cpu(lambda: tp.multiverse(review, "pfs", leave_out=2), times=1, rounds=3)
    return [Row(f"multiverse of {n:,} analyses of the flagship", ours, 10.0)]


def selection() -> list[Row]:
    """Corrections for small-study effects."""
    effects = tp.risk_ratio(**BCG)
    fit = tp.pool(effects)
    r_fit = f"{DATA}; fit <- rma(measure='RR', {COUNTS})"
    ml_fit = f"{DATA}; fit <- rma(measure='RR', {COUNTS}, method='ML')"
    step = "selmodel(fit, type='stepfun', steps=0.025, alternative='less')"
    beta = "selmodel(fit, type='beta', alternative='less')"
    return [
        Row(
            "trim and fill, k = 13, REML",
            best_cpu(lambda: tp.trim_and_fill(fit), times=20),
            None,
            r_seconds(f"{r_fit}; {OFTEN.format(n=20, code='trimfill(fit)')}"),
        ),
        Row(
            "selection model with one step, k = 13",
            best_cpu(lambda: tp.selection_model(effects, "step", alternative="less"), times=3),
            None,
            r_seconds(f"{ml_fit}; {OFTEN.format(n=3, code=step)}"),
        ),
        Row(
            "selection model by a beta function, k = 13",
            best_cpu(lambda: tp.selection_model(effects, "beta", alternative="less"), times=3),
            None,
            r_seconds(f"{ml_fit}; {OFTEN.format(n=3, code=beta)}"),
        ),
    ]


def bayes() -> list[Row]:
    """A Bayesian fit with the posteriors of effect, heterogeneity, each study and a new one."""
    effects = tp.effects(YI, VI)

    def fit() -> object:
        found = tp.pool_bayesian(effects, effect=tp.NormalEffect(0, 1), tau=tp.HalfNormal(0.5))
        return str(found), found.table()

    return [Row("Bayesian fit with all posteriors, k = 18", best_cpu(fit, times=5), 0.02)]


def exact(k: int = 42) -> list[Row]:
    """The exact conditional model of odds ratios, on many trials of a rare event."""
    rng = np.random.default_rng(5)
    n = rng.integers(50, 400, (2, k))
    logit = np.log(0.03 / 0.97) + rng.normal(0, 0.5, k)
    events = [rng.binomial(n[arm], 1 / (1 + np.exp(-(logit + (arm == 0) * rng.normal(-0.5, 0.4, k))))) for arm in (0, 1)]
    counts = {"events_t": events[0], "n_t": n[0], "events_c": events[1], "n_c": n[1]}
    effects = tp.odds_ratio(**counts)
    data = "; ".join(f"{name} <- c({','.join(map(str, column))})" for name, column in counts.items())
    metafor = r_seconds(f"{data}; {TIMED.format(f'''rma.glmm(measure='OR', {COUNTS}, model='CM.EL')''')}")
    return [
        Row(
            f"exact conditional GLMM (CM.EL), {k} trials",
            best_cpu(lambda: tp.glmm(effects, method="CM.EL"), times=1),
            None,
            metafor,
        )
    ]


def main() -> None:
    rows = subsets() + influence() + multiverse() + selection() + bayes() + exact()
    lines = ["| task (CPU) | trialpool | aim | metafor | ratio |", "|---|---|---|---|---|"]
    for row in rows:
        ratio = f"{row.metafor / row.ours:,.0f}x" if row.metafor else "–"
        lines.append(f"| {row.task} | {' | '.join(map(seconds_text, (row.ours, row.aim, row.metafor)))} | {ratio} |")
    text = "\n".join(
        [
            "# Benchmarks: how far a result can be trusted",
            "",
            "Written by `make benchmark`, as [the others](README.md). Compare across a row, not across machines or days.",
            "",
            f"Machine: {platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}.",
            "",
            *lines,
            "",
        ]
    )
    (Path(__file__).parent / "sensitivity.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
