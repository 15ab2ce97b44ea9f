"""Requests as the services ask for them: not too many a second, and again, later, where one could not be answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from trialpool.errors import TrialpoolError

TRIES = 6
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0  # seconds; each wait is twice the one before
TEMPORARY = frozenset({408, 425, 429, 500, 502, 503, 504})
Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a service answered; status 0 where it did not answer, `text` then saying why. `after` is its Retry-After, in seconds."""

    status: int
    text: str
    after: float | None = None


Send = Callable[[str, str, Values], Reply]  # method, address, values


@dataclass
class Service:
    """A public service, and how it wants to be asked.

    name : as people call it; address : what its paths begin with
    send : makes a request; `clock` and `sleep` are the time, in seconds
    interval : seconds between the beginnings of two requests
    """

    name: str
    address: str
    send: Send
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    interval: float
    _next: float = field(default=0.0, repr=False)

    def ask(self, path: str, values: Values, *, method: str = "GET", whole: Callable[[str], bool] = bool) -> str:
        """The text of the answer.

        whole : whether an answer is complete; one that is not is asked for again

        Raises
        ------
        TrialpoolError
            where the service refuses the request, or does not answer after several tries
        """
        what, wait = "", FIRST_WAIT
        for attempt in range(TRIES):
            self._pause()
            reply = self.send(method, f"{self.address}/{path}", values)
            if reply.status == 200 and whole(reply.text):
                return reply.text
            what = self._refusal(reply)
            if attempt < TRIES - 1:
                self.sleep(min(reply.after if reply.after is not None else wait, LONGEST_WAIT))
                wait *= 2
        raise TrialpoolError(f"{self.name} did not answer after {TRIES} tries: {what}. Try again later; nothing was written.")

    def _pause(self) -> None:
        now = self.clock()
        if now < self._next:
            self.sleep(self._next - now)
            now = self._next
        self._next = now + self.interval

    def _refusal(self, reply: Reply) -> str:
        """Why an answer cannot be used, where another try may help; what cannot be mended by that is raised."""
        if reply.status in (0, 200) or reply.status in TEMPORARY:
            reasons = {0: reply.text, 200: "an answer that broke off"}
            return reasons.get(reply.status, f"status {reply.status}")
        said = " ".join(reply.text.split())[:200]
        raise TrialpoolError(f"{self.name} refuses the search with status {reply.status}: {said or 'no reason given'}.")


@contextmanager
def connection(agent: str, timeout: float = 60.0) -> Iterator[Send]:
    """Requests over the network, with the name of the program that sends them."""
    import httpx

    with httpx.Client(timeout=timeout, follow_redirects=True, headers={"User-Agent": agent}) as client:

        def send(method: str, address: str, values: Values) -> Reply:
            sent = {"data": dict(values)} if method == "POST" else {"params": dict(values)}
            try:
                reply = client.request(method, address, **sent)  # type: ignore[arg-type]
            except httpx.HTTPError as error:
                return Reply(0, f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
            return Reply(reply.status_code, reply.text, _seconds(reply.headers.get("Retry-After", "")))

        yield send


def _seconds(after: str) -> float | None:
    return float(after) if after.isascii() and after.isdigit() else None
