"""Effects of several studies, ready to be pooled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Floats, count
from trialpool.stats.effects.columns import MISSING, Columns, labels_of, numbers, told_apart
from trialpool.stats.effects.derivation import Derivation
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.pooling.choices import choose
from trialpool.stats.tables import frame, html_table, library_of

Effect = tuple[Floats, Floats]  # yi and vi, as formulas return them


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Events and patients by arm, each of shape (..., k); nan where a study lacks a count and is left out."""

    events_t: Floats
    n_t: Floats
    events_c: Floats
    n_c: Floats


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Effects:
    """Effects on the analysis scale (log for ratios), one a study.

    yi, vi      : (..., k) effects and sampling variances; vi is inf where a study is absent
    study       : (k,) labels
    measure     : code of the effect measure, such as "HR"
    counts      : events and patients by arm, where the effects came from these
    derivations : how each effect came about, where that was recorded
    notes       : by label, what was corrected or left out, and why; labels that stand twice with their place, "A (study 2)"
    library     : the data-frame library that the columns came from, in which `to_frame` answers
    """

    yi: Floats
    vi: Floats
    study: tuple[str, ...]
    measure: str = ""
    counts: Counts | None = None
    derivations: tuple[Derivation | None, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    library: str = ""

    @property
    def k(self) -> Any:
        """Number of studies present."""
        return count(self.vi)

    @property
    def sei(self) -> Floats:
        """Standard errors, (..., k)."""
        return np.sqrt(self.vi)

    def __iter__(self) -> Iterator[tuple[str, float, float]]:
        return zip(self.study, self.yi.tolist(), self.vi.tolist(), strict=True)

    def table(self) -> dict[str, list[Any]]:
        """Columns study, yi, vi, se and, back-transformed, shown; a row a study. In a batch, each cell holds all analyses."""
        yi, vi = np.broadcast_arrays(self.yi, self.vi)
        columns = {"yi": np.where(np.isfinite(vi), yi, np.nan), "vi": np.where(np.isfinite(vi), vi, np.nan)}
        columns["se"] = np.sqrt(columns["vi"])
        shown = MEASURES[self.measure].shown
        values = [np.nan if np.isnan(y) else shown(y) for y in columns["yi"].ravel().tolist()]
        columns["shown"] = np.reshape(values, columns["yi"].shape)
        return {"study": list(self.study)} | {name: np.moveaxis(values, -1, 0).tolist() for name, values in columns.items()}

    def to_dict(self) -> dict[str, Any]:
        """The measure, the columns of `table` and the notes, as plain lists and dictionaries."""
        return {"measure": self.measure, **self.table(), "notes": dict(self.notes)}

    def to_frame(self, library: str = "") -> Any:
        """The columns of `table` as a frame of the caller's library, or of `library`: "pandas", "polars" or "pyarrow".

        >>> import pandas as pd
        >>> data = pd.DataFrame({"yi": [-0.36, -0.73], "vi": [0.02, 0.03]})
        >>> effects(data["yi"], data["vi"], ["A", "B"]).to_frame()
          study    yi    vi        se  shown
        0     A -0.36  0.02  0.141421  -0.36
        1     B -0.73  0.03  0.173205  -0.73
        """
        return frame(self.table(), library or self.library)

    def _repr_html_(self) -> str:
        return html_table(self.table(), caption=repr(self).strip("<>"))

    def __repr__(self) -> str:
        return f"<Effects: {MEASURES[self.measure].name.lower()}, {np.max(self.k)} studies>"


def effects(yi: Any, vi: Any, study: Sequence[str] | None = None, *, measure: str = "", missing: str = "raise") -> Effects:
    """Effects that were computed elsewhere.

    Parameters
    ----------
    yi : (..., k) effects on the analysis scale: logarithms for ratios
    vi : (..., k) their sampling variances, > 0
    study : (k,) labels; "1", "2", ... where not given
    measure : "HR", "RR", "OR", "RD" or another code of the table of measures; "" for anything else, which is shown as it is
    missing : "raise" refuses a missing effect or variance; "drop" leaves its study out, and a note says so

    Raises
    ------
    BadArgument
        for missing, infinite or non-numeric effects, variances that are not positive, unequal lengths, an unknown measure

    For estimates with standard errors, limits or P values, or ratios on their own scale, see `generic`.

    >>> effects([-0.36, -0.73], [0.02, 0.03], ["A", "B"], measure="HR")
    <Effects: hazard ratio, 2 studies>
    """
    known_measure(measure)
    values = {"yi": numbers("yi", yi), "vi": numbers("vi", vi)}
    labels = labels_of(study, values)
    choose("missing", missing, MISSING)
    absent = np.isnan(values["yi"]) | np.isnan(values["vi"]) if missing == "drop" else np.zeros(1, dtype=bool)
    if absent.any():
        values = {"yi": np.where(absent, 0.0, values["yi"]), "vi": np.where(absent, 1.0, values["vi"])}
    for name, column in values.items():
        _refuse(labels, name, column, ~np.isfinite(column), "Leave the study out, or give its value")
    _refuse(
        labels,
        "vi",
        values["vi"],
        values["vi"] <= 0,
        "A sampling variance is positive: check whether it is an SE or a sign was lost",
    )
    library = library_of(yi, vi, study)
    if not absent.any():
        return Effects(yi=values["yi"], vi=values["vi"], study=labels, measure=measure, library=library)
    apart = told_apart(labels)
    notes = {apart[i]: "left out: yi or vi is missing" for i in np.flatnonzero(absent.reshape(-1, len(labels)).any(0))}
    vi = np.where(absent, np.inf, values["vi"])
    return Effects(yi=values["yi"], vi=vi, study=labels, measure=measure, notes=notes, library=library)


def known_measure(measure: str) -> str:
    """`measure`, if it is a code of the table of measures."""
    if measure not in MEASURES:
        raise BadArgument(f"measure={measure!r} is not known. Choose one of {', '.join(repr(m) for m in MEASURES)}.")
    return measure


def effects_of(
    measure: str,
    columns: Columns,
    effect: Effect,
    *,
    left_out: Mapping[str, Any] | None = None,
    corrected: Mapping[str, Any] | None = None,
    otherwise: str = "left out: its figures leave no effect with a variance above 0",
    counts: Counts | None = None,
) -> Effects:
    """Effects by a formula from checked columns: what cannot be had is absent, and the notes say why.

    Parameters
    ----------
    effect : yi and vi by the formula, nan or infinite where there is none
    left_out, corrected : note -> (..., k) which studies are left out for that reason, or were corrected so
    otherwise : the note of a study that has no effect for another reason
    """
    yi, vi, *_ = np.broadcast_arrays(*effect, *columns.missing.values())
    reasons = {f"left out: {name} is missing": where for name, where in columns.missing.items()} | dict(left_out or {})
    absent = np.logical_or.reduce([np.broadcast_to(where, yi.shape) for where in reasons.values()])
    unusable = ~absent & ~(np.isfinite(yi) & np.isfinite(vi) & (vi > 0))
    reasons[otherwise] = unusable
    absent = absent | unusable
    reasons |= {note: where & ~absent for note, where in (corrected or {}).items()}
    notes: dict[str, str] = {}
    for note, where in reasons.items():
        notes |= {label: note for label in columns.labels_where(where) if label not in notes}
    return Effects(
        yi=np.where(absent, 0.0, yi),
        vi=np.where(absent, np.inf, vi),
        study=columns.study,
        measure=measure,
        counts=counts,
        notes=notes,
        library=columns.library,
    )


def average(values: Floats, weights: Floats) -> Floats:
    """The weighted mean over studies, (..., k) -> (..., 1); studies without a value don't count."""
    there = np.isfinite(values) & np.isfinite(weights)
    weights = np.where(there, weights, 0.0)
    return np.asarray((weights * np.where(there, values, 0.0)).sum(-1, keepdims=True) / weights.sum(-1, keepdims=True))


def _refuse(labels: tuple[str, ...], name: str, values: Floats, bad: Any, mend: str) -> None:
    rows, bad = values.reshape(-1, len(labels)), bad.reshape(-1, len(labels))
    at = np.flatnonzero(bad.any(0))
    if len(at):
        found = ", ".join(f"{rows[bad[:, i].argmax(), i]:g} ({labels[i]})" for i in at)
        raise BadArgument(f"{name} has values that cannot be used: {found}. {mend}.")
