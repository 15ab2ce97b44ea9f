"""Patient data from published Kaplan-Meier curves: whole patients whose curve is the one that was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Bools, Floats
from trialpool.stats.survival.censoring_times import censored_times, event_hazard, middle_ranks
from trialpool.stats.survival.expected_path import ExpectedPath, expected_path
from trialpool.stats.survival.hazard_ratio import cox_of_each, cox_of_pairs
from trialpool.stats.survival.integer_path import IntegerPath, MeanPath, integer_path, rounded_path
from trialpool.stats.survival.knots import Knots, knots_of, marks_before_the_end
from trialpool.stats.survival.life_table import life_table, survival_at
from trialpool.stats.survival.patient_times import PatientTimes
from trialpool.stats.survival.posterior import Draws, posterior_draws
from trialpool.stats.survival.published_curve import PublishedCurve
from trialpool.stats.tables import Tabular

DRAWS = 200
LEANS = tuple(np.linspace(-4.0, 4.0, 20).tolist())  # how early in their gaps the censored are tried
ASIDE = (-1.0, -0.5, 0.5, 1.0)  # standard deviations of the number at risk, to which other paths are looked for
CLOSE = 1e-3  # to the mean of ln HR; where the patients in the middle are not, others beside them are looked at
MANY = 6.0  # patients in half a box: with more, single events cannot be told apart
TOO_WIDE = 60.0  # standard deviation of the number at risk, before the drops are looked at, with which they are not
TOO_LONG = 20_000.0  # the same, summed over the knots
WIDER = (1.0, 2.0, 4.0, 8.0)  # boxes that are tried, where the readings are less exact than they look
MISSED = 0.05  # share of the readings that may lie outside their boxes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ArmFit:
    """How well the reconstruction of an arm meets what was published.

    n, events       : patients, and events among them
    wanted_events   : the published total, None where there was none
    table_misses    : (time, published, reconstructed) of each number at risk that could not be met
    largest_miss    : largest distance of the reconstructed curve from a reading, in survival
    outside         : share of the readings whose box (of half-width `half_width`) the curve misses
    exact           : whether every step was told from the drops; False where patients were too many or the input contradicts itself
    """

    n: int
    events: int
    wanted_events: int | None
    table_misses: tuple[tuple[float, int, int], ...]
    largest_miss: float
    outside: float
    half_width: float
    exact: bool

    @property
    def met(self) -> bool:
        """Whether the risk table and the total of events are met."""
        return not self.table_misses and self.wanted_events in (None, self.events)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Reconstruction(Tabular):
    """Patient data that the published curves were made from, or might have been.

    patients : the data in the middle of all that the figure allows
    curves   : what was read, by arm
    fits     : how well the data meet it, by arm
    draws    : other data sets that the figure allows as well, drawn by how likely they are; empty where none could be drawn
    """

    patients: PatientTimes
    curves: dict[str, PublishedCurve]
    fits: dict[str, ArmFit]
    draws: tuple[PatientTimes, ...]

    @property
    def misses(self) -> tuple[str, ...]:
        """What of the published numbers could not be met, in sentences."""
        return tuple(sentence for arm, fit in self.fits.items() for sentence in _misses(arm, fit))

    def table(self) -> dict[str, list[Any]]:
        """A row an arm."""
        fits = list(self.fits.values())
        return {
            "arm": list(self.fits),
            "n": [fit.n for fit in fits],
            "events": [fit.events for fit in fits],
            "wanted_events": [fit.wanted_events for fit in fits],
            "table_misses": [len(fit.table_misses) for fit in fits],
            "largest_miss": [fit.largest_miss for fit in fits],
            "half_width": [fit.half_width for fit in fits],
        }

    def __repr__(self) -> str:
        return f"<Reconstruction: {self.patients}>"

    def __str__(self) -> str:
        off = max(fit.largest_miss for fit in self.fits.values())
        met = "the risk table and the events met exactly" if not self.misses else f"{len(self.misses)} published numbers missed"
        return f"{self.patients}; {met}, survival within {off:.4f} of every reading"


def reconstruct(curves: Mapping[str, PublishedCurve], *, unit: str = "", seed: int = 1) -> Reconstruction:
    """Patient data from the published curves of a trial's arms.

    The number of events at each drop and of patients censored between two drops are whole numbers that bring the curve through the
    box of every reading, meet each number at risk and, where it was published, the total of events. Of all such data the ones in
    the middle are given, found in two steps: draws from what the drops, the table and the total say together (a hidden Markov
    model, whose prior has censoring spread over each interval of the table), and the path of whole patients nearest to their mean.
    When a patient was censored between two drops is not in the figure: there, they are placed so that the hazard ratio is near the
    mean of those of the draws, which `reconstructed_hazard_ratio` gives.

    Parameters
    ----------
    curves : by arm, the control arm first; of `published_curve`
    unit : unit of time, such as "months"
    seed : of the draws; the same seed gives the same data

    Raises
    ------
    BadArgument
        where there is no arm, or something else than curves

    References
    ----------
    The problem and its first solution: Guyot et al. (2012), BMC Med Res Methodol 12:9

    >>> from trialpool.stats.survival.published_curve import published_curve
    >>> curve = published_curve([0, 1.5, 4.0, 7.2], [1, 0.8, 0.6, 0.3], risk_time=[0, 6], at_risk=[5, 2])
    >>> made = reconstruct({"drug": curve})
    >>> print(made.patients)
    3 events among 5 in drug
    """
    if not curves or not all(isinstance(curve, PublishedCurve) for curve in curves.values()):
        raise BadArgument(
            "reconstruct takes curves by arm, such as {'control': published_curve(...), 'drug': published_curve(...)}."
        )
    rng = np.random.default_rng(seed)
    solved = [_solve(curve, rng) for curve in curves.values()]
    names = tuple(curves)
    kept = min(len(s.chosen) for s in solved)
    draws = tuple(_joined([_times(s, s.drawn(i), rng=rng) for s in solved], names, unit) for i in range(kept))
    placed = _in_the_middle(solved, names, draws, rng)
    patients = _joined([each.times for each in placed], names, unit)
    fits = {name: _fit(each.solved, patients.of(name)) for name, each in zip(names, placed, strict=True)}
    return Reconstruction(patients=patients, curves=dict(curves), fits=fits, draws=draws)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Solved:
    """One arm: its knots, the path that was found, and the draws that were kept."""

    curve: PublishedCurve
    knots: Knots
    path: IntegerPath
    mean: MeanPath | None
    draws: Draws | None
    chosen: NDArray[np.intp]
    hazard: Floats
    exact: bool

    def drawn(self, i: int) -> IntegerPath:
        assert self.draws is not None
        at = self.chosen[i]
        return IntegerPath(n=self.draws.n[at], d=self.draws.d[at], c=self.draws.c[at], S=self.draws.S[at])


def _solve(curve: PublishedCurve, rng: np.random.Generator) -> _Solved:
    """One arm, with boxes as wide as the readings need."""
    knots = knots_of(curve)
    path = expected_path(knots, curve.end, curve.events)
    tried = []
    for wider in WIDER:
        wide = replace(curve, half_width=curve.half_width * wider)
        if wide.half_width * wide.n > MANY or path.spread.max() > TOO_WIDE or path.spread.sum() > TOO_LONG:
            break
        solved = _solve_exactly(wide, knots, path, rng)
        if solved is not None:
            tried.append((_outside(solved), solved))
            if tried[-1][0] <= MISSED:
                break
    if tried:
        return min(tried, key=lambda one: one[0])[1]
    other = _solve_as_steps(curve, rng) if curve.reading == "points" else None
    return other if other is not None else _solve_roughly(curve, knots, path)


def _solve_as_steps(curve: PublishedCurve, rng: np.random.Generator) -> _Solved | None:
    """Points at equal distances may be steps after all, where times are whole days or months."""
    drops = np.concatenate([[True], np.diff(curve.survival) < 0])
    steps = replace(curve, time=curve.time[drops], survival=curve.survival[drops], reading="steps")
    if steps.half_width * steps.n > MANY or drops.sum() < 2:
        return None
    knots = knots_of(steps)
    path = expected_path(knots, curve.end, curve.events)
    solved = None if path.spread.sum() > TOO_LONG or path.spread.max() > TOO_WIDE else _solve_exactly(steps, knots, path, rng)
    return solved if solved is not None and _outside(solved) <= MISSED else None


def _solve_exactly(curve: PublishedCurve, knots: Knots, path: ExpectedPath, rng: np.random.Generator) -> _Solved | None:
    draws = posterior_draws(knots, path, curve.half_width, curve.reading == "points", DRAWS, rng)
    if draws is None:
        return None
    weights = _weights(draws.d.sum(1), curve.events)
    n = weights @ draws.n
    spread = np.sqrt(weights @ (draws.n - n) ** 2)
    mean = MeanPath(n=n, events=weights @ np.cumsum(draws.d, axis=1), S=weights @ draws.S, spread=spread)
    found = integer_path(knots, mean, curve.half_width, curve.events)
    if found is None:
        return None
    hazard = event_hazard(knots, n, weights @ draws.d)
    chosen = _chosen(weights, rng)
    return _Solved(curve=curve, knots=knots, path=found, mean=mean, draws=draws, chosen=chosen, hazard=hazard, exact=True)


def _solve_roughly(curve: PublishedCurve, knots: Knots, path: ExpectedPath) -> _Solved:
    """Without draws: for arms of thousands, where a drop is many patients, and for input that contradicts itself."""
    before = np.maximum(np.concatenate([[1.0], knots.S[:-1]]), 1e-9)
    died = np.cumsum(path.n * np.where(knots.eventful, 1 - knots.S / before, 0.0))
    mean = MeanPath(n=path.n, events=died, S=knots.S, spread=path.spread)
    found = integer_path(knots, mean, max(curve.half_width, 1e-4), curve.events)
    nearest = found if found is not None else rounded_path(knots, mean, curve.events)
    hazard = event_hazard(knots, path.n, np.diff(died, prepend=0.0))
    none = np.zeros(0, np.intp)
    return _Solved(curve=curve, knots=knots, path=nearest, mean=None, draws=None, chosen=none, hazard=hazard, exact=False)


def _weights(events: NDArray[np.intp], wanted: int | None) -> Floats:
    """Weight of each draw, by how near its total of events is to the published one."""
    if wanted is None:
        return np.full(len(events), 1 / len(events))
    width = max(0.4, float(events.std()) / 3)
    log_weight = -0.5 * ((events - wanted) / width) ** 2
    weight = np.exp(log_weight - log_weight.max())
    shares: Floats = weight / weight.sum()
    return shares


def _chosen(weights: Floats, rng: np.random.Generator) -> NDArray[np.intp]:
    """As many draws as there are, each by its weight, as evenly as can be, in random order.

    Kitagawa (1996), J Comput Graph Stat 5:1-25
    """
    places = (np.arange(len(weights)) + rng.random()) / len(weights)
    return rng.permutation(np.minimum(np.searchsorted(np.cumsum(weights), places), len(weights) - 1))


def _times(
    solved: _Solved, path: IntegerPath, *, rng: np.random.Generator | None = None, lean: float = 0.0
) -> tuple[Floats, Bools]:
    """When each patient of a path had the event or was censored.

    rng : for a draw, in which the censored are anywhere between the knots, since the figure does not say where
    lean : by how much more they are early in every gap than the hazard of the event makes them
    """
    knots, curve = solved.knots, solved.curve
    before = np.concatenate([[0.0], knots.time[:-1]])
    events = knots.time if curve.reading == "steps" else (before + knots.time) / 2
    rank = middle_ranks(path.c) if rng is None else rng.random(int(path.c.sum()))
    marks = marks_before_the_end(curve, knots.closed)
    censored = censored_times(knots, marks, path.c, rank, solved.hazard * (knots.time - before) + lean)
    left = int(path.n[-1] - path.d[-1])
    time = np.concatenate([np.repeat(events, path.d), censored, np.full(left, max(curve.end, float(knots.time[-1])))])
    happened = np.arange(len(time)) < path.d.sum()
    return time, happened


class _Placed(NamedTuple):
    """A path of an arm with the times of its patients."""

    solved: _Solved
    times: tuple[Floats, Bools]


def _in_the_middle(
    solved: list[_Solved], names: tuple[str, ...], draws: tuple[PatientTimes, ...], rng: np.random.Generator
) -> list[_Placed]:
    """The paths in the middle, the censored between two knots where they make the hazard ratio the mean of those of the draws.

    The curve, the table and the events leave free where these are, so that every arm still meets its own. Where that is not enough,
    paths a little to one side of the middle are tried as well. The control arm is fixed with the first of the others.
    """
    placed = [_Placed(s, _times(s, s.path)) for s in solved]
    for i in range(1, len(solved) if draws else 0):
        wanted = cox_of_each(draws, names[i], names[0]).log_hr
        if np.isfinite(wanted).sum() < 2:
            continue
        mean = float(np.nanmean(wanted))
        own, other = _placements(placed[i], rng), _placements(placed[0], rng) if i == 1 else placed[:1]
        off, *pair = _nearest(own, other, mean)
        if off > CLOSE:
            own = own + _beside(solved[i], rng)
            other = other + _beside(solved[0], rng) if i == 1 else other
            _, *pair = _nearest(own, other, mean)
        placed[i], placed[0] = pair
    return placed


def _nearest(own: list[_Placed], other: list[_Placed], mean: float) -> tuple[float, _Placed, _Placed]:
    """The pair whose ln HR is nearest to the mean, and how far it is; the first of each where no pair has one."""
    off = np.abs(cox_of_pairs([each.times for each in own], [each.times for each in other]).log_hr - mean)
    if not np.isfinite(off).any():
        return 0.0, own[0], other[0]
    i, j = np.unravel_index(int(np.nanargmin(off)), off.shape)
    return float(off[i, j]), own[i], other[j]


def _placements(placed: _Placed, rng: np.random.Generator) -> list[_Placed]:
    s = placed.solved
    return [placed, *(_Placed(s, _times(s, s.path, rng=rng, lean=lean)) for lean in LEANS)]


def _beside(solved: _Solved, rng: np.random.Generator) -> list[_Placed]:
    """Paths to one side of the middle, by a share of the spread of the number at risk, that miss no more of the readings."""
    assert solved.mean is not None
    means = [replace(solved.mean, n=solved.mean.n + aside * solved.mean.spread) for aside in ASIDE]
    paths = [integer_path(solved.knots, mean, solved.curve.half_width, solved.curve.events) for mean in means]
    others = [replace(solved, path=path) for path in paths if path is not None]
    as_good = [other for other in others if _outside(other) <= _outside(solved)]
    return [_Placed(s, _times(s, s.path, rng=rng, lean=lean)) for s in as_good for lean in (-1.0, 0.0, 1.0)]


def _joined(arms: list[tuple[Floats, Bools]], names: tuple[str, ...], unit: str) -> PatientTimes:
    sizes = [len(time) for time, _ in arms]
    return PatientTimes(
        time=np.concatenate([time for time, _ in arms]),
        event=np.concatenate([event for _, event in arms]),
        arm=np.repeat(np.arange(len(arms)), sizes),
        arms=names,
        unit=unit,
    )


def _outside(solved: _Solved) -> float:
    read = ~np.isnan(solved.knots.read)
    off = np.abs(solved.path.S - solved.knots.read)[read]
    return float(np.mean(off > solved.curve.half_width * 1.001)) if read.any() else 0.0


def _fit(solved: _Solved, patients: PatientTimes) -> ArmFit:
    """What the reconstructed patients of an arm come to, counted on them."""
    curve, knots = solved.curve, solved.knots
    time, event = patients.time, patients.event
    counted = [int((time >= t - 1e-9).sum()) for t in curve.risk_time]
    misses = [(float(t), int(n), got) for t, n, got in zip(curve.risk_time, curve.at_risk, counted, strict=True) if got != n]
    read = ~np.isnan(knots.read)
    S = survival_at(life_table(time, event), knots.time[read]) if event.any() else np.ones(int(read.sum()))
    return ArmFit(
        n=len(time),
        events=int(event.sum()),
        wanted_events=curve.events,
        table_misses=tuple(misses),
        largest_miss=float(np.abs(S - knots.read[read]).max(initial=0.0)),
        outside=_outside(solved),
        half_width=curve.half_width,
        exact=solved.exact,
    )


def _misses(arm: str, fit: ArmFit) -> list[str]:
    found = [f"{arm}: {got} at risk at {t:g}, where {n} were published" for t, n, got in fit.table_misses]
    if fit.wanted_events not in (None, fit.events):
        found.append(f"{arm}: {fit.events} events, where {fit.wanted_events} were published")
    return found
