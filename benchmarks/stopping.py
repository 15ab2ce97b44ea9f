"""How often the advice to stop comes below its target in random orders, looked at after every decision: what docs/ranking.md says.

Run it as `python benchmarks/stopping.py [ORDERS]`; 400 orders a row take some minutes.
"""

from __future__ import annotations

import sys

import numpy as np

import trialpool as tp

SHAPES = ((500, 10), (500, 20), (2000, 30), (1000, 50), (2000, 100), (1000, 200), (5000, 300))
TARGETS = (0.95, 0.90, 0.80)


def below(total: int, relevant: int, target: float, orders: int, rng: np.random.Generator) -> float:
    """Share of random orders in which `stopping_point` comes before the target is reached."""
    early = 0
    for _ in range(orders):
        order = rng.permutation(np.arange(total) < relevant).astype(int)
        point = tp.stopping_point(order.tolist(), total, target=target)
        early += point is not None and order[:point].sum() < target * relevant
    return early / orders


def main(orders: int = 400) -> None:
    rng = np.random.default_rng(1)
    print("| records | relevant | orders |" + "".join(f" below {target:.0%} |" for target in TARGETS))
    print("|---|---|---|" + "---|" * len(TARGETS))
    for total, relevant in SHAPES:
        shares = (f" {below(total, relevant, target, orders, rng):.1%} |" for target in TARGETS)
        print(f"| {total} | {relevant} | {orders} |" + "".join(shares), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
