"""How long does it take to tell that there is no answer?

Planted contradictions: requests of 50 to 2,500 modules in which two modules that are always needed ask for ranges of a
third without a version in common (``registries/synthetic.py``), and members of hard families without an answer.
*las-solve* is a fresh Planner, up to the minimal conflict, each statement of which is needed; *not reduced* is it with
statements some of which may not be needed, as if time were up. Peers say no, and some name a reason, which is not
reduced.
"""

from __future__ import annotations

from collections.abc import Callable

from benchmarks import peers
from benchmarks.conditions.contest import hold_contest
from benchmarks.measure import Comparison
from benchmarks.options import Options
from benchmarks.problems import Problem
from benchmarks.results import Section
from benchmarks.subject import Answer, Solve, Subject, las_solve
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.source import MemorySource

__all__ = ["SUBJECTS", "TITLE", "run"]

TITLE = "Telling that there is no answer, and why"

_LAS_SOLVE, _NOT_REDUCED = "las-solve", "las-solve, not reduced"
_PROBLEMS = (
    "contradiction-50",
    "contradiction-500",
    "contradiction-2500",
    "chain-3000-broken",
    "pigeonholes-8-into-7",
    "parity-16",
)
_RIVALS = ("resolvo", "libsolv", "clingo")
"""resolvelib tries one version after the other, and tells none of the contradictions within a minute."""

_QUICK = ("contradiction-50", "pigeonholes-8-into-7")


def _prepare_without_reasons(problem: Problem, source: MemorySource) -> Callable[[], Solve]:
    def make() -> Solve:
        planner = Planner(source, problem.host)

        def solve() -> Answer:
            found = planner.plan(problem.request, stop_explaining=lambda: True, held_back=False)
            return {step.module: str(step.version) for step in found.steps} if isinstance(found, Plan) else None

        return solve

    return make


SUBJECTS: tuple[Subject, ...] = (
    las_solve(_LAS_SOLVE),
    Subject(name=_NOT_REDUCED, prepare=_prepare_without_reasons),
)


def run(options: Options) -> Section:
    """Time all on every problem, and compare."""
    problems = options.asked or (_QUICK if options.is_quick else _PROBLEMS)
    rivals = [peer for peer in peers.available() if peer.name in _RIVALS]
    contest = hold_contest("conditions.unsat", SUBJECTS, rivals, problems, options)
    compared = (
        Comparison.of(contest.solving[problem, subject.name], contest.solving[problem, peer.name])
        for problem in contest.problems
        for subject in SUBJECTS
        for peer in rivals
    )
    return Section(
        question="unsat",
        title=TITLE,
        measurements=(*contest.solving.values(), *contest.others),
        comparisons=tuple(one for one in compared if one is not None),
        notes=(*contest.notes, *peers.missing()),
        versions=contest.versions,
    )
