"""What a peer took for a problem, what it answered, and what is to be said of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from benchmarks.check import Verdict, check_answer
from benchmarks.problems import Problem, load_problem
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.source import MemorySource

__all__ = ["Outcome", "newest_answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What `peer` took for `problem`, in seconds a sample, and what it answered.

    `solve_only` is with everything in memory, in the peer's own form; `end_to_end` is from a file in the peer's own
    format. What exactly is in them, and in the further `parts`, says the worker of the peer. There are no samples where
    a call took longer than the limit (`over_limit`), or the peer failed.

    `answer` is a module's name to its version; None, where there are samples, says that there is none. `is_right`: the
    problem has a valid answer and this is one, or it has none and the peer says so. `is_newest`: it is also what
    las-solve proves to be the newest answer. Both are None where the peer did not answer.
    """

    peer: str
    problem: str
    version: str = "unknown"
    solve_only: tuple[float, ...] = ()
    end_to_end: tuple[float, ...] = ()
    parts: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    answer: Mapping[str, str] | None = None
    verdict: Verdict | None = None
    is_right: bool | None = None
    is_newest: bool | None = None
    over_limit: bool = False
    failure: str | None = None

    @property
    def note(self) -> str:
        """The answer, and what is wrong with it, in a few words."""
        if self.failure is not None:
            return self.failure
        if self.is_right is None:
            return ""
        if self.answer is None or self.verdict is None:
            return "says that there is no answer" + ("" if self.is_right else ", WRONG")
        found = [
            f"{len(self.answer)} modules",
            f"valid: {_yes(self.verdict.is_valid)}",
            f"newest: {_yes(self.is_newest)}",
        ]
        found.append(f"{self.verdict.versions_behind} versions behind in total")
        if self.verdict.problems:
            more = len(self.verdict.problems) - 1
            found.append(self.verdict.problems[0] + (f" and {more} more" if more else ""))
        if self.verdict.cycle:
            found.append(f"circle through {', '.join(self.verdict.cycle[:4])}")
        return "; ".join(found)

    def with_answer(self, answer: Mapping[str, str] | None) -> Outcome:
        """The same with `answer`, judged."""
        problem = _loaded(self.problem)
        newest = newest_answer(self.problem)
        verdict = None if answer is None else check_answer(problem, answer)
        return replace(
            self,
            answer=answer,
            verdict=verdict,
            is_right=newest is None if verdict is None else verdict.is_valid,
            is_newest=answer == newest,
        )


@lru_cache(maxsize=2)
def newest_answer(problem: str) -> Mapping[str, str] | None:
    """The answer of las-solve to the problem of that name, proved to be the newest; None: proved to be impossible."""
    told = _loaded(problem)
    plan = Planner(MemorySource(told.module_versions), told.host).plan(told.request, held_back=False)
    return {step.module: str(step.version) for step in plan.steps} if isinstance(plan, Plan) else None


@lru_cache(maxsize=2)
def _loaded(problem: str) -> Problem:
    return load_problem(problem)


def _yes(claim: bool | None) -> str:
    return "yes" if claim else "no"
