"""Why a plan has no newer versions: for each module older than its newest, what rules out all newer versions."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from itertools import count
from typing import Final

from las_solver.answer import Modules, is_changed
from las_solver.excluders import direct_reasons
from las_solver.ground import completed
from las_solver.model import Strategy
from las_solver.newest import Outcome
from las_solver.place import Place, layers, places
from las_solver.problem import Problem
from las_solver.sat import Budget, Stopped
from las_solver.shelf import Shelf
from las_solver.statement import Dependency, Fewest, Kept, NoVersion, Span, Statement, Total, UnknownModule

__all__ = ["find_reasons"]

_SEARCHING: Final = 100_000
"""The SAT conflicts that the search for reasons may cost, for all modules of a plan together."""

_SELDOM: Final = 16
"""Most plans have their reasons before anybody has to be asked whether there is time for them."""


def find_reasons(
    shelf: Shelf, problem: Problem, outcome: Outcome, *, stop: Callable[[], bool]
) -> dict[str, tuple[Statement, ...]]:
    """For each module of the answer that is older than its newest final version, why no newer one was chosen.

    `problem` is the one that was solved, with `outcome`. Once `stop` answers True, further modules are left out; those
    of which only a search can tell, too, where the answer is not known to be the newest.
    """
    if not outcome.optimal and problem.request.strategy is Strategy.UPGRADE:
        return {}  # the answer is not in order of discovery
    with closing(Problem(shelf, problem.request, pruned=False)) as whole:
        found: dict[str, tuple[Statement, ...]] = {}
        with suppress(Stopped):
            _find_reasons(shelf, problem, whole, outcome, stop, found)
        return found


def _find_reasons(
    shelf: Shelf,
    problem: Problem,
    whole: Problem,
    outcome: Outcome,
    stop: Callable[[], bool],
    found: dict[str, tuple[Statement, ...]],
) -> None:
    """Puts what holds back each module into `found`; raises :class:`Stopped` once `stop` answers True."""
    answer = outcome.modules
    now_and_then = _every(_SELDOM, stop)
    fewest = tuple(_fewest(problem, answer))
    searched: list[Place] = []
    for layer in layers(problem, answer) if problem.installed.staying else ():
        for name in layer.modules if layer.is_settled else ():
            is_older = problem.installed.modules[name].version < problem.newest(name)
            if is_older and not is_changed(problem, name, answer):
                found[name] = (_kept(shelf, name),)
    for place in places(problem, answer):
        if place.is_settled:
            reasons = direct_reasons(whole, problem, place, stop=now_and_then)
            found[place.name] = _completed(whole, reasons or [_kept(shelf, place.name)])
        elif problem.lowest:
            found[place.name] = (Total(place.name),)
        elif (reasons := direct_reasons(whole, problem, place, fewest, stop=now_and_then)) is not None:
            found[place.name] = _completed(whole, reasons)
        else:
            searched.append(place)
    if searched and outcome.optimal:
        from las_solver.obstacle import Obstacles  # a plan starts sooner without it

        budget = Budget(_SEARCHING, stop)
        obstacles = Obstacles(whole, problem, outcome, fewest, budget)
        for place in searched:
            try:
                found[place.name] = obstacles.against(place)
            except Stopped:
                if budget():
                    return


def _every(times: int, stop: Callable[[], bool]) -> Callable[[], bool]:
    """`stop`, which is asked only when this is for the first of so many `times` again."""
    calls = count(1)
    return lambda: next(calls) % times == 0 and stop()


def _fewest(pruned: Problem, answer: Modules) -> Iterator[Fewest]:
    """That no more installed modules are removed, or change, than in `answer`, where that comes before all else."""
    installed, request = pruned.installed, pruned.request
    if request.allow_removal or request.released:
        yield Fewest("removals", sum(name not in answer for name in installed.staying))
    if pruned.keeps and installed.modules:
        yield Fewest("changes", sum(is_changed(pruned, name, answer) for name in installed.modules))


def _kept(shelf: Shelf, name: str) -> Kept:
    """That the installed module `name` changes only where that is needed."""
    installed = shelf.host.installed[name]
    versions = shelf.module(name).versions
    rank = bisect_left(versions, installed.version)
    return Kept(Span(name, rank, rank, versions), installed.source)


def _completed(problem: Problem, statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """`statements`, of which those about what there is not say what may have been meant."""
    needed = {one.requirement.name for one in statements if isinstance(one, Dependency)}
    return tuple(
        completed(problem, one, is_runtime=isinstance(one, UnknownModule) and one.module not in needed)
        if isinstance(one, UnknownModule | NoVersion)
        else one
        for one in statements
    )
