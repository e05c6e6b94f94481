"""What a `stop` can be: a deadline, a cancellation, or either. No other file of the library reads a clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

from las_solver.errors import InvalidInput

__all__ = ["Cancellation", "Deadline", "Stop", "either"]

Stop: TypeAlias = Callable[[], bool]
"""Asked often, in the thread of the caller; once it answers True, it has to go on answering True."""


class Deadline:
    """Answers True from `seconds` after it was made, whatever happens to the time of day.

    Raises :class:`las_solver.errors.InvalidInput` for less than no time.
    """

    def __init__(self, seconds: float) -> None:
        if not seconds >= 0:  # so that nan is refused, too
            raise InvalidInput(f"a deadline of {seconds} seconds cannot be kept", hint="name a number from 0 on")
        self._end = time.monotonic() + seconds

    def __call__(self) -> bool:
        return time.monotonic() >= self._end

    @property
    def left(self) -> float:
        """The seconds that are left, 0 once they are over."""
        return max(0.0, self._end - time.monotonic())


class Cancellation:
    """Answers True once somebody, in whatever thread, has called :meth:`cancel`."""

    def __init__(self) -> None:
        self._is_cancelled = False

    def cancel(self) -> None:
        """End what was begun with this, soon; to say so again changes nothing."""
        self._is_cancelled = True

    def __call__(self) -> bool:
        return self._is_cancelled


def either(*stops: Stop) -> Stop:
    """Answers True once one of `stops` does."""
    return lambda: any(stop() for stop in stops)
