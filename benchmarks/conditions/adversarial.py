"""On registries that are hard on purpose: is las-solve ever far worse than the better of its parts alone?

*Eager SAT only* encodes all that the request can reach and leaves the rest to the SAT solver; *search only* encodes
what a model selects, and asks for another model. Chains, pigeonholes, random 3-SAT, parities and plateaus: see
``registries/families.py``.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.conditions.contest import Contest, hold_contest
from benchmarks.measure import Comparison
from benchmarks.options import Options
from benchmarks.registries.families import FAMILIES
from benchmarks.results import Section
from benchmarks.subject import Subject, las_solve

__all__ = ["SUBJECTS", "TITLE", "run"]

TITLE = "Registries that are hard on purpose, against eager SAT and search alone"

_TARGET = 3.0
_LAS_SOLVE, _EAGER, _SEARCH = "las-solve", "eager SAT only", "search only"
_QUICK = ("chain-300", "pigeonholes-8-into-7", "sat-50", "plateau-24")

SUBJECTS: tuple[Subject, ...] = (
    las_solve(_LAS_SOLVE),
    las_solve(_EAGER, eager=True, descent=False),
    las_solve(_SEARCH, eager=False, descent=False),
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
