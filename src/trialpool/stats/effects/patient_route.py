"""From a Kaplan-Meier figure by way of the patients behind it."""

from __future__ import annotations

from trialpool.stats.effects.derivation import Derivation, Refusal
from trialpool.stats.effects.reported import Reported

NAME = "reconstructed patient data"


def from_reconstructed_patients(r: Reported) -> Derivation | Refusal:
    """theta and SE of a Cox model of reconstructed patients, with what the figure leaves open added to the SE.

    Guyot et al. (2012), BMC Med Res Methodol 12:9; the effect itself is made by `reconstructed_hazard_ratio`.
    """
    return r.reconstructed or Refusal(NAME, "needs coordinates of both curves, and numbers at risk")
