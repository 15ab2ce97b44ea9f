"""From the published results of clinical trials to a pooled answer that anyone can trace, check and rebuild."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from trialpool.analysis.run import analyse as analyse
    from trialpool.errors import BadArgument as BadArgument
    from trialpool.errors import BadInput as BadInput
    from trialpool.errors import NotEstimable as NotEstimable
    from trialpool.errors import TrialpoolError as TrialpoolError
    from trialpool.figures.from_results import forest as forest
    from trialpool.figures.from_results import funnel as funnel
    from trialpool.formats.review_folder import read_review as read_review
    from trialpool.reports.build import write_report as write_report
    from trialpool.stats.bias.egger import egger as egger
    from trialpool.stats.effects.effects import effects as effects
    from trialpool.stats.effects.hazard_ratio import hazard_ratio as hazard_ratio
    from trialpool.stats.effects.two_by_two import odds_ratio as odds_ratio
    from trialpool.stats.effects.two_by_two import risk_difference as risk_difference
    from trialpool.stats.effects.two_by_two import risk_ratio as risk_ratio
    from trialpool.stats.influence.leave_one_out import cumulative as cumulative
    from trialpool.stats.influence.leave_one_out import leave_one_out as leave_one_out
    from trialpool.stats.pooling.mantel_haenszel import mantel_haenszel as mantel_haenszel
    from trialpool.stats.pooling.pairwise import pool as pool
    from trialpool.stats.pooling.pairwise import pool_common as pool_common
    from trialpool.stats.pooling.subgroups import subgroups as subgroups

_HOMES = {
    "analyse": "analysis.run",
    "BadArgument": "errors",
    "BadInput": "errors",
    "NotEstimable": "errors",
    "TrialpoolError": "errors",
    "forest": "figures.from_results",
    "funnel": "figures.from_results",
    "read_review": "formats.review_folder",
    "write_report": "reports.build",
    "egger": "stats.bias.egger",
    "effects": "stats.effects.effects",
    "hazard_ratio": "stats.effects.hazard_ratio",
    "odds_ratio": "stats.effects.two_by_two",
    "risk_difference": "stats.effects.two_by_two",
    "risk_ratio": "stats.effects.two_by_two",
    "cumulative": "stats.influence.leave_one_out",
    "leave_one_out": "stats.influence.leave_one_out",
    "mantel_haenszel": "stats.pooling.mantel_haenszel",
    "pool": "stats.pooling.pairwise",
    "pool_common": "stats.pooling.pairwise",
    "subgroups": "stats.pooling.subgroups",
}  # where each public name lives; it is loaded when first asked for, so that the import is quick

__all__ = [  # noqa: PLE0604
    "__version__",
    *sorted(_HOMES),
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'trialpool' has no attribute {name!r}")
    value = getattr(import_module(f"trialpool.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
