"""What the clients of a service under load share with whoever starts it anew and changes its registry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition

from serve_known import STATES, Known

__all__ = ["Shared"]

_PATIENCE = 120.0


class Shared:
    """The turns of so many requests, the service as it is now, and what came of it."""

    def __init__(self, known: Known, requests: int) -> None:
        self.known = known
        self.answers: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.cut = 0
        self.crashes = 0
        self.port = 0
        self.is_up = False
        self.age = 0
        """Is another one with each start and each end of the service."""
        self.settled = 0
        """How many changes of the registry have been taken in."""
        self._begun = 0
        self._requests = self._allowed = requests
        self._taken = self._done = self._active = self._waiting = 0
        self._is_silent = False
        self._is_over = False
        self._ids: set[str] = set()
        self._changed = Condition()

    def begin(self, port: int) -> None:
        """There is a service again."""
        with self._change():
            self.port, self.is_up, self.age = port, True, self.age + 1

    def end(self, *, is_crash: bool) -> None:
        """From now on, the service may be gone."""
        with self._change():
            self.is_up, self.age = False, self.age + 1
            self.crashes += is_crash

    def stop(self) -> None:
        """Nobody waits for anything any more."""
        with self._change():
            self._is_over = True

    def begin_change(self) -> int:
        """From now on, answers may be those of the next state, the number of which comes back."""
        with self._change():
            self._begun += 1
            return self._begun

    def settle(self) -> None:
        """From now on, answers to what is asked are those of this state alone."""
        with self._change():
            self.settled = self._begun

    def states_since(self, settled: int) -> set[int]:
        """The states in which the registry was since so many changes had been taken in."""
        return {one % STATES for one in range(settled, self._begun + 1)}

    @contextmanager
    def turn(self) -> Iterator[int | None]:
        """The number of the next request, None if there is none."""
        with self._change():
            self._await(lambda: not self._is_silent and self._taken < self._allowed)
            number = self._taken
            self._taken += 1
            self._active += 1
        try:
            yield None if number >= self._requests or self._is_over else number
        finally:
            with self._change():
                self._active -= 1
                self._done += 1

    @contextmanager
    def silence(self) -> Iterator[None]:
        """No client asks for anything meanwhile."""
        with self._change():
            self._is_silent = True
        try:
            with self._change():
                self._await(lambda: self._active == 0)
            yield
        finally:
            with self._change():
                self._is_silent = False

    def await_service(self) -> bool:
        """Waits until there is a service; whether there will be one."""
        with self._change():
            self._waiting += 1
        with self._change():
            self._await(lambda: self.is_up)
            self._waiting -= 1
            return not self._is_over

    def await_clients(self) -> None:
        """Waits until every client has seen that there is no service any more."""
        with self._change():
            self._await(lambda: self._waiting == self._active)

    def await_requests(self, number: int, allowed: int) -> bool:
        """Waits until so many are done, and lets clients go on with others until so many are `allowed`; whether there
        will be more."""
        with self._change():
            self._allowed = number
        with self._change():
            self._changed.wait_for(lambda: self._done >= number or self._is_over)
            self._allowed = allowed
            return not self._is_over

    def allow_all(self) -> None:
        """Lets clients go on to the end."""
        with self._change():
            self._allowed = self._requests + 1_000

    def count(self, what: str, identity: str | None = None) -> None:
        """An answer of a kind."""
        with self._change():
            self.answers[what] += 1
            if identity is not None:
                self._ids.add(identity)

    def received(self) -> set[str]:
        """The ids of all requests to which an answer came."""
        with self._changed:
            return set(self._ids)

    def complain(self, what: str) -> None:
        """An answer was wrong."""
        with self._changed:
            self.wrong.append(what)

    def tried_again(self) -> None:
        """A request got no answer."""
        with self._changed:
            self.cut += 1

    def _await(self, holds: Callable[[], bool]) -> None:
        assert self._changed.wait_for(lambda: holds() or self._is_over, _PATIENCE), "it took too long"

    @contextmanager
    def _change(self) -> Iterator[None]:
        with self._changed:
            yield
            self._changed.notify_all()
