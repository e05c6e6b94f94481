"""What a peer took for a problem, what it answered, and what is to be said of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from time import monotonic

from benchmarks.check import Verdict, check_answer
from benchmarks.problems import Problem, load_problem
from las_solver.errors import OutOfTime
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.source import MemorySource

__all__ = ["Outcome", "newest_answer"]


_PROVING_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What `peer` took for `problem`, in seconds a sample, and what it answered.

    `solve_only` is with everything in memory, in the peer's own form; `end_to_end` is from a file in the peer's own
    format. What exactly is in them, and in the further `parts`, says the worker of the peer. There are no samples where
    a call took longer than the limit (`over_limit`), or the peer failed.

    `answer` is a module's name to its version; None, where there are samples, says that there is none. `is_right`: the
    answer is valid, or there is none and the peer says so; None where it did not answer. `is_newest`: the answer is the
    one that las-solve proves to be the newest; None where there is no such proof.
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
        if self.answer is None or self.verdict is None:
            if not self.end_to_end:
                return ""
            return "says that there is no answer" + (", WRONG" if self.is_right is False else "")
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
            is_right=verdict.is_valid if verdict is not None else not problem.has_answer,
            is_newest=None if answer is None or newest is None else dict(answer) == newest,
        )


@lru_cache(maxsize=4)
def newest_answer(problem: str) -> Mapping[str, str] | None:
    """The newest answer to the problem of that name, proved by las-solve; None: there is none, or it takes too long."""
    told = _loaded(problem)
    if not told.has_answer:
        return None
    end = monotonic() + _PROVING_SECONDS
    planner = Planner(MemorySource(told.module_versions), told.host)
    try:
        plan = planner.plan(told.request, stop=lambda: monotonic() > end, held_back=False)
    except OutOfTime:
        return None
    if not isinstance(plan, Plan):
        raise TypeError(f"{problem} was made to have an answer, and has none")
    return {step.module: str(step.version) for step in plan.steps} if plan.optimal else None


@lru_cache(maxsize=4)
def _loaded(problem: str) -> Problem:
    return load_problem(problem)


def _yes(claim: bool | None) -> str:
    return {True: "yes", False: "no", None: "not known"}[claim]
