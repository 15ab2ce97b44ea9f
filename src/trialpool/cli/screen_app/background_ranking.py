"""The ranking, learnt anew in the background whenever something was decided; whoever screens never waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from trialpool.review.record import Record
from trialpool.screening.ranking.ranker import Ranker, Ranking


class BackgroundRanking:
    """A thread that ranks by the latest decisions; of those that come while it is at work only the last are taken.

    deliver : is given each ranking, in the thread
    """

    def __init__(self, records: Sequence[Record], *, criteria: str, seed: int, deliver: Callable[[Ranking], object]) -> None:
        self._records, self._criteria, self._seed, self._deliver = records, criteria, seed, deliver
        self._wanted: Mapping[str, bool] | None = None
        self._changed = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._work, daemon=True)

    def learn(self, decided: Mapping[str, bool]) -> None:
        """Rank by these decisions as soon as the thread is free."""
        self._wanted = decided
        self._changed.set()
        if not self._thread.is_alive() and not self._ended:
            self._thread.start()

    def stop(self) -> None:
        """Deliver nothing more."""
        self._ended = True
        self._changed.set()

    def _work(self) -> None:
        ranker = Ranker(self._records, criteria=self._criteria, seed=self._seed)
        while not self._ended:
            self._changed.wait()
            self._changed.clear()
            wanted, self._wanted = self._wanted, None
            if wanted is not None and not self._ended:
                ranking = ranker.rank(wanted)
                if not self._ended:
                    self._deliver(ranking)
