"""A subject: something that answers a problem, and is timed while it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from benchmarks.problems import Problem
from las_solver.source import MemorySource

__all__ = ["Answer", "Solve", "Subject", "las_solve"]

Answer: TypeAlias = Mapping[str, str] | None
"""A module's name to its version, or None for "there is no answer"."""

Solve: TypeAlias = Callable[[], Answer]
"""Answers the problem it was prepared for; calling it again answers again, with whatever it kept in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """`prepare` takes a problem and its source (both in memory) and returns what makes a fresh :data:`Solve`.

    Making one and calling it is timed together ("fresh": nothing is kept from another call); calling it again is timed
    alone ("again": what can be kept is kept).
    """

    name: str
    prepare: Callable[[Problem, MemorySource], Callable[[], Solve]]


def las_solve(name: str, *, held_back: bool = False, **options: object) -> Subject:
    """las-solve as a subject; `held_back`: it says what holds modules back, too. `options` go to its Planner."""

    def prepare(problem: Problem, source: MemorySource) -> Callable[[], Solve]:
        from las_solver.plan import Plan
        from las_solver.planner import Planner

        def make() -> Solve:
            planner = Planner(source, problem.host, **options)  # type: ignore[arg-type]

            def solve() -> Answer:
                answer = planner.plan(problem.request, held_back=held_back)
                if not isinstance(answer, Plan):
                    return None
                if not answer.optimal:
                    raise RuntimeError("the plan is not proved to be the newest")
                return {step.module: str(step.version) for step in answer.steps}

            return solve

        return make

    return Subject(name=name, prepare=prepare)
