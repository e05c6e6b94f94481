"""On registries that are hard on purpose: is las-solve ever far worse than the better of its parts alone?

*Eager SAT only* encodes all that the request can reach and leaves the rest to the SAT solver; *search only* is the
search that learns from clashes without the bounds after which las-solve asks the SAT solver instead (what the search
does not know is left to that all the same). Chains, pigeonholes, random 3-SAT, parities and plateaus: see
``registries/families.py``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from benchmarks.conditions.contest import Contest, hold_contest
from benchmarks.measure import Comparison
from benchmarks.options import Options
from benchmarks.problems import Problem
from benchmarks.registries.families import FAMILIES
from benchmarks.results import Section
from benchmarks.subject import Solve, Subject, las_solve
from las_solver import backjumping
from las_solver.source import MemorySource

__all__ = ["SUBJECTS", "TITLE", "bounds", "run"]

TITLE = "Registries that are hard on purpose, against eager SAT and search alone"

_TARGET = 3.0
_LAS_SOLVE, _EAGER, _SEARCH = "las-solve", "eager SAT only", "search only"
_QUICK = ("chain-300", "pigeonholes-8-into-7", "sat-50", "plateau-24")


def bounds() -> list[str]:
    """The names of the numbers after which the search gives up."""
    return [name for name, value in vars(backjumping).items() if name.isupper() and isinstance(value, int)]


def _prepare_search(problem: Problem, source: MemorySource) -> Callable[[], Solve]:
    """The process that times this has no other subject, so that the bounds may be lifted in all of it."""
    for name in bounds():
        setattr(backjumping, name, sys.maxsize)
    return las_solve(_SEARCH).prepare(problem, source)


SUBJECTS: tuple[Subject, ...] = (
    las_solve(_LAS_SOLVE),
    las_solve(_EAGER, eager=True, descent=False),
    Subject(name=_SEARCH, prepare=_prepare_search),
)


def run(options: Options) -> Section:
    """Time the three on every member of the families, and compare."""
    problems = options.asked or (_QUICK if options.is_quick else tuple(FAMILIES))
    contest = hold_contest("conditions.adversarial", SUBJECTS, (), problems, options)
    return Section(
        question="adversarial",
        title=TITLE,
        measurements=tuple(contest.solving.values()),
        comparisons=tuple(_comparisons(contest)),
        notes=contest.notes,
    )


def _comparisons(contest: Contest) -> Iterator[Comparison]:
    """las-solve against the better of the two; where neither answered within the limit, there is nothing to tell."""
    for problem in contest.problems:
        better = contest.best(problem, (_EAGER, _SEARCH))
        if better is None or better.median is None:
            continue
        compared = Comparison.of(better, contest.solving[problem, _LAS_SOLVE], target=_TARGET, is_ceiling=True)
        if compared is not None:
            yield compared
