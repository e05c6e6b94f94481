"""How much to measure."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Options"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`processes` a subject and problem, `samples` a process, `limit` in seconds a call, and which problems."""

    processes: int = 3
    samples: int = 20
    limit: float = 60.0
    problems: tuple[str, ...] = ("rails", "synthetic-1", "mild-1")
