"""What needs alone rule out: contradictions that take no search, and the few modules that each is about.

A module that is needed has to be at a rank that all that needs it for certain admits, and a version whose needs cannot
be met is out. Both are passed on until nothing changes, or a module that is needed has no version left. Sets of ranks
are integers, with a bit for each rank.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from las_solver.problem import Need, Problem
from las_solver.propagation import bits_of
from las_solver.ranks import Intervals
from las_solver.sat import Stopped, never

__all__ = ["NeedsAlone"]

_Alike = list[tuple[int, dict[str, int]]]
"""The versions of a module by what they need: their ranks, and the ranks of each module that they need."""
_Struck = tuple[int, str | None, bool]
"""Ranks that were struck out, and because of which module: of one that needs this one, if it is so, or that this one
needs. None if they were because the module was fixed, or for a supposition."""


class NeedsAlone:
    """The ranks that are left of modules that are needed, as more and more of them are fixed.

    Once `stop` answers True, what is asked raises :class:`las_solver.sat.Stopped`.
    """

    def __init__(self, problem: Problem, stop: Callable[[], bool] = never) -> None:
        self._problem = problem
        self._stop = stop
        self._alike: dict[str, _Alike] = {}
        self._users: dict[str, dict[str, None]] = {}
        self._left: dict[str, int] = {}
        self._struck: dict[str, tuple[_Struck, ...]] = {}
        self._needed_by: dict[str, str] = {}
        self._fixed: set[str] = set()
        self._queue: dict[str, None] = {}

    def fix(self, name: str, rank: int) -> None:
        """From now on, the module `name` is at `rank`, as it can be, whatever else is known of it."""
        if name not in self._fixed:
            self._fixed.add(name)
            self._struck[name] = ((self._all(name) & ~(1 << rank), None, False),)
            self._needed_by.pop(name, None)
            self._left[name] = 1 << rank
            self._look_again(name)

    def fork(self) -> NeedsAlone:
        """The same, to suppose something that is not to stay."""
        fork = NeedsAlone.__new__(NeedsAlone)
        fork.__dict__.update(self.__dict__)
        fork._left, fork._struck, fork._queue = self._left.copy(), self._struck.copy(), self._queue.copy()
        fork._needed_by = self._needed_by.copy()
        return fork

    def suppose(self, name: str, ranks: Intervals) -> None:
        """From now on, the module `name` is there, at one of `ranks`."""
        self._needed_by.pop(name, None)
        self._left[name] = self.left(name)
        self._strike(name, ~bits_of(ranks), None, by_user=False)
        self._look_again(name)

    def left(self, name: str) -> int:
        """The ranks at which the module `name` can be, with a bit for each."""
        left = self._left.get(name)
        return self._all(name) if left is None else left

    def refute(self) -> Mapping[str, int]:
        """The modules that show that not all of this can be, each with the ranks that it would have to be at for that
        to change; none where that takes a search, or it can."""
        empty = self._propagate()
        return {} if empty is None else self._about(empty)

    def given(self, name: str) -> int:
        """The ranks of a module that are out because it was fixed, or for what was supposed."""
        return sum(ranks for ranks, cause, _ in self._struck.get(name, ()) if cause is None)

    def _propagate(self) -> str | None:
        """Pass on what follows until nothing changes; the module of which nothing is left, if there is one."""
        queue, left = self._queue, self._left
        while queue:
            if self._stop():
                raise Stopped
            name = next(iter(queue))
            del queue[name]
            if name not in left:
                continue  # it is a user of something, and not known to be needed
            possible = self._possible(name)
            if not left[name]:
                return name
            for target in possible[0]:
                admitted = 0
                for needs in possible:
                    if target not in needs:
                        break
                    admitted |= needs[target]
                else:
                    if target not in left:
                        left[target] = self._all(target)
                        self._needed_by[target] = name
                        self._look_again(target)
                    self._strike(target, ~admitted, name, by_user=True)
                    if not left[target]:
                        return target
        return None

    def _possible(self, name: str) -> list[dict[str, int]]:
        """What the versions left of a module need, after those are struck out whose needs cannot be met."""
        left, possible = self._left, []
        impossible: dict[str, int] = {}
        for ranks, needs in self._versions(name):
            if ranks & left[name]:
                for target, admitted in needs.items():
                    if not admitted & left.get(target, admitted):
                        impossible[target] = impossible.get(target, 0) | ranks
                        break
                else:
                    possible.append(needs)
        for target, ranks in impossible.items():  # at once: there may be 100,000 versions, each with needs of its own
            self._strike(name, ranks, target, by_user=False)
        return possible

    def _strike(self, name: str, ranks: int, cause: str | None, *, by_user: bool) -> None:
        """Strike out `ranks` of a module that is needed."""
        struck = self._left[name] & ranks
        if struck:
            self._left[name] ^= struck
            self._struck[name] = (*self._struck.get(name, ()), (struck, cause, by_user))
            self._look_again(name)

    def _look_again(self, name: str) -> None:
        """Look again at a module of which less is left, and at its users but for fixed ones: it was left what these
        need."""
        self._queue[name] = None
        self._queue.update(dict.fromkeys(user for user in self._users.get(name, ()) if user not in self._fixed))

    def _all(self, name: str) -> int:
        return (1 << len(self._problem.domain(name))) - 1

    def _versions(self, name: str) -> _Alike:
        """The versions of a module by what they need; it is looked at again when less is left of what they need."""
        found = self._alike.get(name)
        if found is None:
            domain = self._problem.domain(name)
            ranks: dict[tuple[Need, ...], int] = {}
            for low, high in domain.runs():
                needs = domain.needs(low)
                ranks[needs] = ranks.get(needs, 0) | bits_of(((low, high),))
            found = self._alike[name] = [(bits, _targets(needs)) for needs, bits in ranks.items()]
            for _, targets in found:
                for target in targets:
                    self._users.setdefault(target, {})[name] = None
        return found

    def _about(self, empty: str) -> Mapping[str, int]:
        """The modules from which it follows that nothing is left of `empty`, which is needed; the ranks looked at."""
        about: dict[str, int] = {}
        waiting = [(empty, self._all(empty))]
        for name, ranks in waiting:
            if name not in about and name in self._needed_by:
                user = self._needed_by[name]
                waiting.append((user, sum(bits for bits, needs in self._versions(user) if name not in needs)))
            fresh = ranks & ~about.get(name, 0)
            about[name] = about.get(name, 0) | ranks
            for struck, cause, is_user in self._struck.get(name, ()):
                part = struck & fresh
                if part and cause is not None:
                    waiting.append((cause, self._otherwise(name, part, cause, is_user=is_user)))
        return about

    def _otherwise(self, name: str, ranks: int, cause: str, *, is_user: bool) -> int:
        """The ranks of `cause` that would let `name` be at one of `ranks`."""
        if is_user:
            alike = self._versions(cause)
            return sum(bits for bits, needs in alike if name not in needs or needs[name] & ranks)
        found = 0
        for bits, needs in self._versions(name):
            if bits & ranks and cause in needs:
                found |= needs[cause]
        return found & self._all(cause)


def _targets(needs: Iterable[Need]) -> dict[str, int]:
    targets: dict[str, int] = {}
    for need in needs:
        targets[need.name] = targets.get(need.name, -1) & bits_of(need.ranks)
    return targets
