"""What a job finds in the process that does it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from las_cli.serve.settings import Settings
    from las_registry.registry import Registry
    from las_registry.snapshot import Snapshot
    from las_solver.model import Host
    from las_solver.planner import Planner

__all__ = ["Context"]

_PLANNERS: Final = 8


class Context:
    """The registry of one generation, as `snapshot` has it, and what was worked out about it; for one job after the
    other.

    `is_cancelled` answers whether nobody waits for the job any more.
    """

    def __init__(self, snapshot: Snapshot, settings: Settings, is_cancelled: Callable[[], bool]) -> None:
        self.settings = settings
        self.is_cancelled = is_cancelled
        self.digest = snapshot.digest
        self._snapshot = snapshot
        self._deadline = float("inf")
        self.registry: Registry = snapshot.open()
        self._planners: list[tuple[Host, Planner]] = []

    def begin(self, seconds: float) -> None:
        """From now on, there is so much time."""
        self._deadline = time.monotonic() + seconds

    def stop(self) -> bool:
        """Whether to stop working: the time is over, or nobody waits any more."""
        return time.monotonic() >= self._deadline or self.is_cancelled()

    def planner(self, host: Host) -> Planner:
        """A planner for `host`; the same one for an equal host, as long as few others were asked for meanwhile."""
        for place, (known, planner) in enumerate(self._planners):
            if known == host:
                self._planners.append(self._planners.pop(place))
                return planner
        from las_solver.planner import Planner

        made = Planner(self.registry, host)
        self._planners.append((host, made))
        del self._planners[:-_PLANNERS]
        return made

    def forget(self) -> None:
        """Opens the registry anew, so that nothing stays in memory of what was read of it."""
        self._planners.clear()
        self.registry = self._snapshot.open()
