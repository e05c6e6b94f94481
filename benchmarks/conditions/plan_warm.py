"""How long does solving take, in process, with the registry in memory: las-solve, and other resolvers?

*las-solve* is a fresh Planner over an index of which what it needs was read before, up to the proved newest answer.
What a peer's time is for stands in the docstrings of ``peers/workers``: its own form of the registry is in memory, and
only solving is timed. *End to end* is from a file in the peer's own format; *again* is las-solve's second answer from
the same Planner. resolvo, libsolv and resolvelib give *an* answer, las-solve and clingo the newest one, with its proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from benchmarks import peers
from benchmarks.conditions.contest import Contest, hold_contest
from benchmarks.measure import Comparison, Measurement
from benchmarks.options import Options
from benchmarks.problems import Problem
from benchmarks.results import Section
from benchmarks.subject import Solve, Subject, las_solve
from las_solver.source import MemorySource

__all__ = ["SUBJECTS", "TITLE", "run"]

TITLE = "Solving with the registry in memory, against other resolvers"

_LAS_SOLVE = "las-solve"
_FASTER: Mapping[str, Mapping[str, float]] = {
    "gems": {"resolvo": 5.0, "resolvelib": 25.0},
    "closure": {"resolvo": 2.0},
}
"""How many times as fast as a peer las-solve has to be, by the first word of a problem's name."""

_AT_MOST: Mapping[str, Mapping[str, float]] = {"closure": {"libsolv": 1.5}}
"""How many times as long as a peer it may take."""

_PROBLEMS = (
    "gems-rails",
    "gems-rails-3",
    "gems-rails-4",
    "gems-rails-5-tested",
    "gems-mail",
    "gems-websockets",
    "gems-observers",
    "gems-pages",
    "gems-pages-39",
    "gems-jekyll-2",
    "gems-jekyll-plugins",
    "gems-cucumber",
    "closure-50",
    "closure-500",
    "closure-2500",
)
_QUICK = ("gems-rails", "gems-pages", "closure-50")


def _prepare(problem: Problem, _source: MemorySource) -> Callable[[], Solve]:
    from benchmarks.conditions.indexed import indexed

    return las_solve(_LAS_SOLVE).prepare(problem, indexed(problem))  # type: ignore[arg-type]


SUBJECTS: tuple[Subject, ...] = (Subject(name=_LAS_SOLVE, prepare=_prepare),)


def run(options: Options) -> Section:
    """Time all on every problem, and compare."""
    problems = options.asked or (_QUICK if options.is_quick else _PROBLEMS)
    rivals = [peer for peer in peers.available() if peer.has_solve_only]
    contest = hold_contest("conditions.plan_warm", SUBJECTS, rivals, problems, options)
    return Section(
        question="plan-warm",
        title=TITLE,
        measurements=(*contest.solving.values(), *contest.others),
        comparisons=tuple(_comparisons(contest, [peer.name for peer in rivals])),
        notes=(*contest.notes, *peers.missing()),
        versions=contest.versions,
    )


def _comparisons(contest: Contest, rivals: Sequence[str]) -> Iterator[Comparison]:
    for problem in contest.problems:
        kind = problem.partition("-")[0]
        ours = contest.solving[problem, _LAS_SOLVE]
        for rival in rivals:
            theirs = contest.solving[problem, rival]
            target = _FASTER.get(kind, {}).get(rival)
            ceiling = _AT_MOST.get(kind, {}).get(rival)
            yield from _compared(ours, theirs, target, ceiling)


def _compared(
    ours: Measurement, theirs: Measurement, target: float | None, ceiling: float | None
) -> Iterator[Comparison]:
    """How many times our time theirs is, or the other way round where that is what must not be exceeded."""
    subject, base = (ours, theirs) if ceiling is None else (theirs, ours)
    compared = Comparison.of(
        subject, base, target=target if ceiling is None else ceiling, is_ceiling=ceiling is not None
    )
    if compared is not None:
        yield compared
