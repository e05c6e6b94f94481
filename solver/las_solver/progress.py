"""What a planner says of its progress while it works."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias

from las_solver.lazy_dataclass import dataclass

__all__ = ["OnProgress", "Phase", "Progress", "watched"]


class Phase(StrEnum):
    """What a planner is busy with.

    `READING`: modules that it has asked the source for. `SEARCHING`: for an answer; hosts, where the smallest are
    looked for. `PROVING`: modules of an answer of which it is settled that no better answer has them newer.
    `EXPLAINING`: modules that are held back, or conflicts. `REPAIRING`: changes with which there is an answer.
    """

    READING = "reading"
    SEARCHING = "searching"
    PROVING = "proving"
    EXPLAINING = "explaining"
    REPAIRING = "repairing"


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of the things that `phase` counts are `done`, of `total` at most; None where that is not known."""

    phase: Phase
    done: int
    total: int | None = None


OnProgress: TypeAlias = Callable[[Progress], None]
"""Told of progress, in the thread of the caller; what it raises ends the work, and reaches the caller."""


def watched(stop: Callable[[], bool], count: Callable[[], int], on_progress: OnProgress) -> Callable[[], bool]:
    """`stop`, which also tells of the `count` of modules that were read, each time that it is asked and more are."""
    told = 0

    def asked() -> bool:
        nonlocal told
        if (now := count()) > told:
            told = now
            on_progress(Progress(Phase.READING, now))
        return stop()

    return asked
