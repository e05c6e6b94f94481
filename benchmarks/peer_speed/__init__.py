"""How many times as fast as resolvelib is las-solve, with the registry in memory?

Both have the same module versions, parsed, in the same source. *Fresh* is a new Planner, and for resolvelib a new
provider with empty caches; *again* is a second request to the same Planner, and a second resolution over the same
caches. resolvelib counts with its best preference on the problem.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from benchmarks.in_process import Timing, time_subjects
from benchmarks.measure import Comparison, best
from benchmarks.options import Options
from benchmarks.peers import resolvelib_peer
from benchmarks.problems import Problem
from benchmarks.results import Section
from benchmarks.subject import Answer, Solve, Subject, las_solve
from las_solver.source import MemorySource

__all__ = ["SUBJECTS", "TITLE", "run"]

TITLE = "las-solve against resolvelib, registry in memory"

_TARGETS: Mapping[str, float] = {"rails": 10.0, "synthetic": 20.0}
_LAS_SOLVE = "las-solve"


def _resolvelib(preference: str) -> Subject:
    def prepare(problem: Problem, source: MemorySource) -> Callable[[], Solve]:
        def make() -> Solve:
            index = resolvelib_peer.CandidateIndex(source, problem.host)

            def solve() -> Answer:
                chosen = resolvelib_peer.resolve(index, problem.request, preference)
                return None if chosen is None else {name: str(version) for name, version in chosen.items()}

            return solve

        return make

    return Subject(name=f"resolvelib ({preference})", prepare=prepare)


SUBJECTS: tuple[Subject, ...] = (las_solve(_LAS_SOLVE), *map(_resolvelib, resolvelib_peer.PREFERENCES))


def run(options: Options) -> Section:
    """Time all subjects and compare."""
    timings, notes = time_subjects("peer_speed", SUBJECTS, options)
    return Section(
        question="peer_speed",
        title=TITLE,
        measurements=tuple(one for timing in timings for one in (timing.fresh, timing.again)),
        comparisons=tuple(
            comparison
            for name in dict.fromkeys(timing.problem for timing in timings)
            for comparison in _compare(name, [timing for timing in timings if timing.problem == name])
        ),
        notes=notes,
    )


def _compare(problem: str, timings: list[Timing]) -> list[Comparison]:
    target = _TARGETS.get(problem.partition("-")[0])
    ours = next(timing for timing in timings if timing.subject == _LAS_SOLVE)
    peers = [timing for timing in timings if timing is not ours]
    compared = (
        Comparison.of(ours.fresh, best([peer.fresh for peer in peers]), target=target),
        Comparison.of(ours.again, best([peer.again for peer in peers]), target=target),
    )
    return [one for one in compared if one is not None]
