"""The ranking, learnt anew in a process of its own whenever something was decided; whoever screens never waits for it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection

from trialpool.review.record import Record
from trialpool.screening.ranking.ranker import Ranker, Ranking


class BackgroundRanking:
    """A process that ranks by the latest decisions; of those that come while it is at work only the last are taken.

    It ends when this one does, however that ends. A thread here only waits for what it sends.

    deliver : is given each ranking, in that thread
    """

    def __init__(self, records: Sequence[Record], *, criteria: str, seed: int, deliver: Callable[[Ranking], object]) -> None:
        context = get_context("spawn")
        self._here, there = context.Pipe()
        self._process = context.Process(target=work, args=(there, list(records), criteria, seed), daemon=True)
        self._process.start()
        there.close()  # else the process would not notice the end of this one
        self._deliver = deliver
        self._ended = False
        self._waiting = threading.Thread(target=self._wait, daemon=True)
        self._waiting.start()

    def learn(self, decided: Mapping[str, bool]) -> None:
        """Rank by these decisions as soon as the process is free."""
        if not self._ended:
            try:
                self._here.send(dict(decided))
            except OSError:  # the process has died; the order stays as it is
                self._ended = True

    def stop(self) -> None:
        """Deliver nothing more, and end the process."""
        self._ended = True
        self._process.terminate()
        self._process.join()
        self._here.close()

    def _wait(self) -> None:
        while not self._ended:
            try:
                ranking = self._here.recv()
            except (EOFError, OSError):
                return
            if not self._ended:
                self._deliver(ranking)


def work(there: Connection, records: Sequence[Record], criteria: str, seed: int) -> None:
    """Rank by what comes, until the other end closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at the terminal is the screen's
    if hasattr(os, "nice"):
        os.nice(5)  # the screen comes first
    ranker = Ranker(records, criteria=criteria, seed=seed)
    try:
        while True:
            decided = there.recv()
            while there.poll():
                decided = there.recv()
            there.send(ranker.rank(decided))
    except (EOFError, OSError):
        return
