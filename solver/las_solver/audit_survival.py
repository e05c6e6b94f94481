"""Which versions could be in a valid answer at all, as far as each need alone tells: the others are in none.

A version is out if one of its needs is left without a version, or an interface that it consumes without a provider;
that is passed on until nothing changes. What is left may still be impossible, for needs that contradict each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from las_solver.constraint import Constraint
from las_solver.problem import Problem
from las_solver.propagation import bits_of

__all__ = ["Survival"]

_Alternatives: TypeAlias = tuple[tuple[str, int], ...]
"""Modules, each with ranks: one of them has to be there."""


class Survival:
    """The ranks that are left of each module that was reached, in `left`, with a bit for each.

    Needs are read as the domains of `problem` state them, whatever else it says of what is admitted.
    """

    def __init__(self, problem: Problem, left: dict[str, int]) -> None:
        self._problem = problem
        self._left = left
        self._alike: dict[str, list[tuple[int, tuple[_Alternatives, ...]]]] = {}
        self._users: dict[str, dict[str, None]] = {}
        self._known: dict[tuple[str, str], _Alternatives] = {}

    def reach(self, name: str) -> int:
        """The ranks that are left of the module `name`; what it leads to is looked at as well."""
        if name not in self._left:
            fresh: dict[str, None] = {name: None}
            queue = [name]
            for one in queue:
                following = self._read(one)
                unread = [other for other in following if other not in self._left and other not in fresh]
                fresh.update(dict.fromkeys(unread))
                queue.extend(dict.fromkeys(unread))
            self._left.update((one, (1 << len(self._problem.domain(one))) - 1) for one in queue)
            self._strike(queue)
        return self._left[name]

    def _strike(self, names: Iterable[str]) -> None:
        """Strike out what cannot be met, first of those that were reached last."""
        queue = dict.fromkeys(names)
        left = self._left
        while queue:
            name, _ = queue.popitem()
            before = left[name]
            now = before
            for ranks, needs in self._alike[name]:
                if ranks & now and not all(any(left[other] & some for other, some in need) for need in needs):
                    now &= ~ranks
            if now != before:
                left[name] = now
                queue.update(dict.fromkeys(self._users.get(name, ())))

    def _read(self, name: str) -> Iterable[str]:
        """The modules that versions of the module `name` need, or may have as providers."""
        domain = self._problem.domain(name)
        alike: dict[tuple[_Alternatives, ...], int] = {}
        for low, high in domain.runs():
            needs = [self._meeting(need.name, need.constraint) for need in domain.needs(low)]
            needs.extend(self._providing(name, interface) for interface in domain.consumes(low))
            alike[tuple(needs)] = alike.get(tuple(needs), 0) | bits_of(((low, high),))
        self._alike[name] = [(ranks, needs) for needs, ranks in alike.items()]
        following = {other: None for needs in alike for need in needs for other, _ in need}
        for other in following:
            self._users.setdefault(other, {})[name] = None
        return following

    def _meeting(self, name: str, constraint: Constraint) -> _Alternatives:
        """What meets a need."""
        key = name, constraint.text
        meeting = self._known.get(key)
        if meeting is None:
            meeting = self._known[key] = ((name, bits_of(self._problem.domain(name).admitted(constraint))),)
        return meeting

    def _providing(self, consumer: str, interface: str) -> _Alternatives:
        """What provides an interface that `consumer` needs another module to provide."""
        domain = self._problem.domain
        return tuple(
            (other, bits_of(domain(other).providing(interface)))
            for other in self._problem.providers(interface)
            if other != consumer
        )
