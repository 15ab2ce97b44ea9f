"""All subsets of the studies, pooled: how the result scatters when nobody chooses the studies, and which study splits it.

The subsets are a batch, as everything else is, but held compactly: of a subset of s studies only these s are looked at, and a study
is a bit in memory. Subsets of the same size stand together, so that a part of the batch is a plain array of s rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.arrays import Bools, Floats
from trialpool.stats.effects.columns import told_apart
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.pooling.choices import FIT_MAKERS, expect
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.pooling.tau2 import TAU2
from trialpool.stats.tables import Tabular, frame, html_table

Bytes = NDArray[np.uint8]
ALL_OF = 20  # so many studies at most have all their subsets looked at: 1,048,555
PART = 8_192  # subsets pooled at a time
SHARE = 0.5  # a study that splits the cloud explains at least this share of its variance
ROUNDING = 1e-12  # values that differ by no more than this share of them are the same
SHOWN_ROWS = 10  # in a notebook
STEP = 0.25  # and, where it is that of I2, moves I2 by this much at least


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Subsets(Tabular):
    """n subsets of k studies, each pooled by itself; in order of size, and of the studies in it.

    study    : (k,) labels of the studies present
    members  : (n, ceil(k / 8)) which studies are in: bit j of byte i stands for study 8 i + j
    k        : (n,) number of studies in
    mu       : (n,) pooled effect on the analysis scale
    tau2     : (n,) between-study variance; 0 for a common effect
    Q        : (n,) Cochran's Q
    I2       : (n,) as `PooledEffect.I2` has it, 0 to 1
    complete : whether these are all subsets of two studies or more, or a sample
    measure  : code of the effect measure
    library  : the data-frame library in which `to_frame` answers
    """

    study: tuple[str, ...]
    members: Bytes
    k: NDArray[np.intp]
    mu: Floats
    tau2: Floats
    Q: Floats
    I2: Floats
    complete: bool
    measure: str = ""
    library: str = ""

    @property
    def n(self) -> int:
        """Number of subsets."""
        return len(self.mu)

    def contain(self, study: str) -> Bools:
        """(n,) which subsets contain the study of this label."""
        if self.study.count(study) != 1:
            some = ", ".join(map(repr, self.study))
            raise BadArgument(f"study={study!r} is the label of {self.study.count(study)} studies. Choose one of {some}.")
        i = self.study.index(study)
        found: Bools = (self.members[:, i // 8] >> np.uint8(i % 8)) & 1 == 1
        return found

    def table(self) -> dict[str, list[Any]]:
        """A row a subset: k, mu, tau2, Q, I2, and a column of each study, by its label: whether it is in."""
        columns = {name: getattr(self, name).tolist() for name in ("k", "mu", "tau2", "Q", "I2")}
        return columns | dict(zip(told_apart(self.study), _unpacked(self.members, len(self.study)).T.tolist(), strict=True))

    def to_frame(self, library: str = "") -> Any:
        """The columns of `table` as a frame of the caller's library, or of `library`: "pandas", "polars" or "pyarrow"."""
        return frame(self.table(), library or self.library)

    def _repr_html_(self) -> str:
        head = {name: values[:SHOWN_ROWS] for name, values in self.table().items()}
        return html_table(head, caption=f"{repr(self).strip('<>')}; the first {min(SHOWN_ROWS, self.n)}")

    def __repr__(self) -> str:
        kind = "all" if self.complete else "a sample of the"
        shown = [f"{MEASURES[self.measure].shown(mu):.2f}" for mu in np.quantile(self.mu, (0, 0.5, 1)).tolist()]
        scatter = f"from {shown[0]} to {shown[2]}, median {shown[1]}"
        return f"<Subsets: {kind} subsets of {len(self.study)} studies, n = {self.n}, {scatter}>"


def all_subsets(
    fit: PooledEffect,
    *,
    n: int | None = None,
    rng: np.random.Generator | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Subsets:
    """Pool every subset of two studies or more, or a sample of these ("GOSH").

    Parameters
    ----------
    fit : one analysis by inverse variance, of at least two studies; its model and estimator of tau2 are those of the subsets
    n : how many subsets are drawn, each as likely as any other, and each anew; None goes through all, of up to 20 studies
    rng : where they are drawn from; needed with n
    progress : called with the number done and the number to do, after each part

    Returns
    -------
    Subsets

    Raises
    ------
    BadArgument
        for a sample without a generator, a batch, or Mantel-Haenszel
    NotEstimable
        where fewer than two studies are present, or more than 20 and no n

    References
    ----------
    Olkin, Dahabreh & Trikalinos (2012), Res Synth Methods 3:214-223

    >>> from trialpool.stats.effects.effects import effects
    >>> from trialpool.stats.pooling.pairwise import pool
    >>> found = all_subsets(pool(effects([-0.4, -0.5, 0.3], [0.04, 0.04, 0.04], ["A", "B", "C"], measure="HR"), tau2="DL"))
    >>> found
    <Subsets: all subsets of 3 studies, n = 4, from 0.64 to 0.95, median 0.86>
    >>> found.contain("C").tolist(), found.mu.round(2).tolist()
    ([False, True, True, True], [-0.45, -0.05, -0.1, -0.2])
    """
    expect("all_subsets", fit, PooledEffect, FIT_MAKERS)
    effects = fit.effects
    if effects.yi.ndim > 1 or effects.vi.ndim > 1:
        raise BadArgument("`all_subsets` is of one analysis, not of a batch. Fit the analyses one at a time.")
    if fit.method == "MH":
        raise BadArgument("`all_subsets` goes with inverse-variance weights, not Mantel-Haenszel.")
    there = np.isfinite(effects.vi)
    studies = _Studies(effects.yi[there], effects.vi[there], fit.tau2_method)
    members = _drawn(len(studies.yi), n, rng)
    size = np.bitwise_count(members).sum(-1, dtype=np.intp)
    order = np.argsort(size, kind="stable")
    members, size = members[order], size[order]
    parts = []
    for part in _parts(size):
        parts.append(studies.pooled(members[part], int(size[part.start])))
        if progress is not None:
            progress(part.stop, len(size))
    mu, tau2, Q, I2 = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Subsets(
        study=tuple(label for label, kept in zip(effects.study, there, strict=True) if kept),
        members=members,
        k=size,
        mu=mu,
        tau2=tau2,
        Q=Q,
        I2=I2,
        complete=n is None,
        measure=effects.measure,
        library=effects.library,
    )


class _Pooled(NamedTuple):
    mu: Floats
    tau2: Floats
    Q: Floats
    I2: Floats


class _Studies(NamedTuple):
    """The studies that subsets are made of, and the estimator of tau2, "" for a common effect."""

    yi: Floats
    vi: Floats
    tau2_method: str

    def pooled(self, members: Bytes, size: int) -> _Pooled:
        """The results of subsets of `size` studies each."""
        there = _unpacked(members, len(self.yi))
        index = np.ascontiguousarray(np.nonzero(there)[1].reshape(-1, size).T)
        yi, vi = self.yi[index], self.vi[index]  # (size, n): sums over studies run along contiguous memory
        wi = 1 / vi
        S1 = wi.sum(0)
        common = (wi * yi).sum(0) / S1
        Q = (wi * (yi - common) ** 2).sum(0)
        if not self.tau2_method:
            I2 = 1 - 1 / np.maximum(Q / (size - 1), 1.0)
            return _Pooled(common, np.zeros(len(members)), Q, I2)
        typical = (size - 1) / (wi * (1 - wi / S1)).sum(0)
        tau2 = np.asarray(TAU2[self.tau2_method](yi.T, vi.T))
        wi = 1 / (vi + tau2)
        return _Pooled((wi * yi).sum(0) / wi.sum(0), tau2, Q, tau2 / (tau2 + typical))


def _drawn(k: int, n: int | None, rng: np.random.Generator | None) -> Bytes:
    """Subsets of two studies or more as packed bits: all of them, or a sample."""
    if k < 2:
        raise NotEstimable(f"All subsets, k = {k}: there is no subset of two studies.")
    if n is None:
        if k > ALL_OF:
            raise NotEstimable(
                f"All subsets, k = {k}: there are {2**k - k - 1:,} subsets. Give n and rng to draw a sample of them."
            )
        codes = np.arange(2**k, dtype="<u4")
        codes = codes[np.bitwise_count(codes) > 1]
        return codes.view(np.uint8).reshape(-1, 4)[:, : (k + 7) // 8]
    if n < 1:
        raise BadArgument(f"n={n!r} is not a number of subsets. Give 1 or more, such as 100_000.")
    if rng is None:
        raise BadArgument("A sample of subsets is drawn from a generator. Give rng=np.random.default_rng(seed).")
    last = np.uint8(2 ** ((k - 1) % 8 + 1) - 1)  # the bits of the last byte that are studies
    drawn = np.zeros((n, (k + 7) // 8), dtype=np.uint8)
    lacking = np.arange(n)
    while len(lacking):
        again = rng.integers(0, 256, (len(lacking), drawn.shape[1]), dtype=np.uint8)
        again[:, -1] &= last
        drawn[lacking] = again
        lacking = lacking[np.bitwise_count(again).sum(-1, dtype=np.intp) < 2]
    return drawn


def _parts(size: NDArray[np.intp]) -> Iterator[slice]:
    """Runs of subsets of one size, in parts that stay in a processor's cache."""
    ends = np.flatnonzero(np.diff(size, append=-1)) + 1
    start = 0
    for end in ends.tolist():
        for i in range(start, end, PART):
            yield slice(i, min(i + PART, end))
        start = end


def _unpacked(members: Bytes, k: int) -> Bools:
    """(n, k) whether a study is in."""
    return np.unpackbits(members, axis=1, count=k, bitorder="little").view(bool)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outliers(Tabular):
    """How far each of k studies splits the cloud of subsets in two: those that contain it, and those that do not.

    study                : (k,) labels
    mu_with, mu_without  : (k,) mean pooled effect of the subsets with and without the study
    I2_with, I2_without  : (k,) mean I2
    mu_share, I2_share   : (k,) share of the variance over subsets that is between the two halves, 0 to 1
    library              : the data-frame library in which `to_frame` answers
    """

    study: tuple[str, ...]
    mu_with: Floats
    mu_without: Floats
    I2_with: Floats
    I2_without: Floats
    mu_share: Floats
    I2_share: Floats
    library: str = ""

    @property
    def outlying(self) -> Bools:
        """(k,) studies with half of the variance of mu, or half of that of I2 and 25 points of I2 between the halves."""
        apart = np.abs(self.I2_with - self.I2_without) >= STEP
        found: Bools = (self.mu_share >= SHARE) | ((self.I2_share >= SHARE) & apart)
        return found

    def table(self) -> dict[str, list[Any]]:
        """A row a study: study, mu_with, mu_without, I2_with, I2_without, mu_share, I2_share, outlying."""
        names = ("mu_with", "mu_without", "I2_with", "I2_without", "mu_share", "I2_share", "outlying")
        return {"study": list(self.study)} | {name: getattr(self, name).tolist() for name in names}

    def to_frame(self, library: str = "") -> Any:
        """The columns of `table` as a frame of the caller's library, or of `library`: "pandas", "polars" or "pyarrow"."""
        return frame(self.table(), library or self.library)

    def _repr_html_(self) -> str:
        return html_table(self.table())


def outliers(subsets: Subsets) -> Outliers:
    """Which studies split the cloud of subsets: where mu, or I2, goes depends on whether the study is in.

    The share of the variance over subsets that lies between those with a study and those without it is, with m and m' their means
    and q the share of subsets that contain it, q (1 - q) (m - m')^2 / variance. The shares of all studies sum to about 1. A study
    is called outlying where it has half or more of mu: the means of the halves are then two of their standard deviations apart,
    from where on a cloud shows two humps (Ashman, Bird & Zepf (1994), Astron J 108:2348-2361). It also is where it has half or more
    of I2 and shifts I2 by 25 points. It is a rule for where to look, not a test: among 12 studies that differ by chance alone it
    finds one about every fifth time, among fewer more often, and two that err alike hide each other.

    >>> from trialpool.stats.effects.effects import effects
    >>> from trialpool.stats.pooling.pairwise import pool
    >>> fit = pool(effects([-0.4, -0.5, -0.3, -0.6, -0.2, 1.9], [0.04] * 6, ["A", "B", "C", "D", "E", "F"]), tau2="DL")
    >>> found = outliers(all_subsets(fit))
    >>> found.mu_share.round(2)
    array([0.03, 0.05, 0.02, 0.07, 0.01, 0.8 ])
    >>> [study for study, it_is in zip(found.study, found.outlying) if it_is]
    ['F']
    """
    expect("outliers", subsets, Subsets, "all_subsets")
    values = np.stack([np.ones(subsets.n), subsets.mu, subsets.I2], axis=1)
    k = len(subsets.study)
    inside = np.zeros((k, 3))
    for i in range(0, subsets.n, PART):
        inside += _unpacked(subsets.members[i : i + PART], k).T.astype(float) @ values[i : i + PART]
    outside = values.sum(0) - inside
    with np.errstate(divide="ignore", invalid="ignore"):
        within, without = inside[:, 1:] / inside[:, :1], outside[:, 1:] / outside[:, :1]
        q = inside[:, :1] / subsets.n
        share = q * (1 - q) * (within - without) ** 2 / values[:, 1:].var(0)
    a_cloud = np.ptp(values[:, 1:], axis=0) > ROUNDING * np.abs(values[:, 1:]).max(0)
    share = np.where(np.isfinite(share) & a_cloud, share, 0.0)  # a study in all subsets or in none splits nothing
    return Outliers(
        study=subsets.study,
        mu_with=within[:, 0],
        mu_without=without[:, 0],
        I2_with=within[:, 1],
        I2_without=without[:, 1],
        mu_share=share[:, 0],
        I2_share=share[:, 1],
        library=subsets.library,
    )
