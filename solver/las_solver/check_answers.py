"""All valid answers to a request in the checker's own encoding, and what decision 0017 counts of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from las_solver.check_capacity import Capacity, Group
from las_solver.check_encoding import Edge, Encoding
from las_solver.check_packing import Weight
from las_solver.check_rules import Chosen, Rules
from las_solver.constraint import Requirement
from las_solver.model import ModuleVersion

__all__ = ["changes", "choices", "encode_answers", "nearest", "removals"]


def encode_answers(rules: Rules) -> Encoding:
    """All valid answers to a request: the clauses of section 4 over every version that an answer could hold."""
    encoding = Encoding(rules)
    names = dict.fromkeys((*rules.requested, *rules.staying))
    queue = list(names)
    while queue:
        name = queue.pop()
        usable = [one for one in rules.versions(name) if rules.is_usable(one)]
        encoding.add_module(name, usable)
        for one in usable:
            for other in rules.leads(one):
                if other not in names:
                    names[other] = None
                    queue.append(other)
    for name in (*rules.requested, *(name for name in rules.staying if not rules.is_removable(name))):
        encoding.sat.add(list(encoding.literals(name).values()))
    _encode_needs(encoding)
    _encode_interfaces(encoding)
    _encode_prereleases(encoding)
    for capacity in rules.capacities:
        encoding.capacities.hold(capacity.cards, _groups(encoding, capacity))
    return encoding


def changes(encoding: Encoding, names: Iterable[str]) -> list[list[tuple[int, int]]]:
    """The rows that count the modules of `names` which are installed and changed, for :meth:`Encoding.count`."""
    rules = encoding.rules
    return [
        [(literal, 1) for one, literal in choices(encoding, name) if rules.is_changed(name, one)]
        for name in names
        if name in rules.installed and name in encoding.modules
    ]


def removals(encoding: Encoding) -> list[list[tuple[int, int]]]:
    """The rows that count the staying modules which are removed."""
    return [[(-encoding.presence(name), 1)] for name in encoding.rules.staying if name in encoding.modules]


def nearest(
    encoding: Encoding, mine: Mapping[str, int], find: Callable[[Sequence[int]], Chosen | None]
) -> dict[str, int]:
    """For each module of `mine`, the least distance that any answer found by `find` has, and no more than its own.

    Only where one of them is nearer than the last answer with it does it take another search.
    """
    least = dict(mine)
    while True:
        nearer = [
            literal
            for name, distance in least.items()
            for one, literal in choices(encoding, name)
            if encoding.rules.distance(one) < distance
        ]
        found = find([encoding.any_of(nearer)]) if nearer else None
        if found is None:
            return least
        for name in least:
            least[name] = min(least[name], encoding.rules.distance(found.get(name)))


def choices(encoding: Encoding, name: str) -> Iterator[tuple[ModuleVersion | None, int]]:
    """The versions of a module and their literals; then None, that it is absent, and the literal of that."""
    yield from encoding.literals(name).items()
    yield None, -encoding.presence(name)


def _encode_needs(encoding: Encoding) -> None:
    """Items 2, 3 and 7: what a version needs is present at an admitted version, and needs make no cycle."""
    met: dict[Requirement, int] = {}
    edges: list[Edge] = []
    for name in tuple(encoding.modules):
        for one, literal in encoding.literals(name).items():
            for need in encoding.rules.needs(one):
                if need not in met:
                    met[need] = encoding.any_of(encoding.admitted(need))
                encoding.sat.add([-literal, met[need]])
                edges.append(Edge(literal, name, need.name))
    encoding.forbid_cycles(edges)


def _encode_interfaces(encoding: Encoding) -> None:
    """Item 6: what a version consumes is provided by another module."""
    for name in tuple(encoding.modules):
        provided: dict[str, int] = {}
        for one, literal in encoding.literals(name).items():
            for interface in encoding.rules.open_interfaces(one):
                if interface not in provided:
                    provided[interface] = encoding.any_of(encoding.providing(interface, besides=name))
                encoding.sat.add([-literal, provided[interface]])


def _groups(encoding: Encoding, capacity: Capacity) -> Iterator[Group]:
    """Decision 0022: what the versions hold of `capacity`, those of a module that hold the same together."""
    for name in encoding.modules:
        alike: dict[Weight, list[int]] = {}
        for one, literal in encoding.literals(name).items():
            weight = capacity.weigh(one)
            if weight.amount:
                alike.setdefault(weight, []).append(literal)
        yield from (Group(name, weight, literals) for weight, literals in alike.items())


def _encode_prereleases(encoding: Encoding) -> None:
    """Section 2: a pre-release that is not eligible is named by an active entry."""
    for name in tuple(encoding.modules):
        on_sufferance = [
            literal for one, literal in encoding.literals(name).items() if encoding.rules.is_on_sufferance(one)
        ]
        if on_sufferance:
            named = encoding.any_of(encoding.naming(name))
            for literal in on_sufferance:
                encoding.sat.add([-literal, named])
