"""What a planner says of its progress while it works."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TypeAlias

from las_solver.lazy_dataclass import dataclass

__all__ = ["OnProgress", "Phase", "Progress", "watched"]


class Phase(StrEnum):
    """What a planner is busy with, and what is counted then.

    `READING`: modules that were asked of the source. `PROVING`: modules of an answer of which it is settled that none
    is better. `EXPLAINING`: modules of which it is known what holds them back, or conflicts. `REPAIRING`: repairs.
    """

    READING = "reading"
    PROVING = "proving"
    EXPLAINING = "explaining"
    REPAIRING = "repairing"


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of the things that `phase` counts are `done`, of `total`; None where that is not known."""

    phase: Phase
    done: int
    total: int | None = None


OnProgress: TypeAlias = Callable[[Progress], None]
"""Told of progress, in the thread of the caller; what it raises ends the work, and reaches the caller."""


def watched(
    stop: Callable[[], bool], counts: Mapping[Phase, Callable[[], int]], on_progress: OnProgress | None
) -> Callable[[], bool]:
    """`stop`, which also tells of those of `counts` that have grown, each time that it is asked."""
    if on_progress is None:
        return stop
    told = dict.fromkeys(counts, 0)

    def asked() -> bool:
        for phase, count in counts.items():
            if (now := count()) > told[phase]:
                told[phase] = now
                on_progress(Progress(phase, now))
        return stop()

    return asked
