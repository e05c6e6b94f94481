"""The time for explaining why there is no plan, which Ctrl-C ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

from las_cli.progress import Progress
from las_cli.question import Timer

if TYPE_CHECKING:
    from types import FrameType, TracebackType

__all__ = ["AT_LENGTH", "BRIEFLY", "Explaining"]

BRIEFLY: Final = 10.0
"""The seconds that the reasons of a conflict may take beside those for solving."""

AT_LENGTH: Final = 60.0
"""The same, where the reasons are what was asked for."""


class Explaining:
    """Answers whether to stop explaining, as `stop` of a planner: `seconds` after it was asked first, or on Ctrl-C.

    What is known by then is worth to be printed, so that Ctrl-C is not an error once it was asked, unless it comes
    twice. `interrupted` says that it came.
    """

    def __init__(self, seconds: float) -> None:
        self.interrupted = False
        self._is_over = Timer(seconds)
        self._progress: Progress | None = None
        self._before: Any = None

    def __call__(self) -> bool:
        if self._progress is None:
            self._progress = Progress("Looking for reasons and remedies; Ctrl-C shows what is known")
            self._listen()
        self._progress.tick()
        return self.interrupted or self._is_over()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._before is not None:
            import signal

            signal.signal(signal.SIGINT, self._before)
        if self._progress is not None:
            self._progress.__exit__(kind, error, traceback)

    def _listen(self) -> None:
        """Takes Ctrl-C for a wish to stop from now on, where this may be decided: in the main thread."""
        import signal  # late: a plan needs none of this
        import threading

        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._interrupt)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self.interrupted:
            raise KeyboardInterrupt
        self.interrupted = True
