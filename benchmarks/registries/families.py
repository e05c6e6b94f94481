"""Registries that are hard on purpose. For each it is known, by how it is made, whether there is an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from random import Random

from las_solver.constraint import Requirement, parse_version
from las_solver.model import ModuleVersion, Request

__all__ = ["FAMILIES", "Family", "chain", "parity", "pigeonholes", "plateau", "satisfiable"]

RATIO = 4.26
"""Clauses to variables where random 3-SAT is hardest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One member of a family: module versions, a request, and whether it has an answer."""

    module_versions: tuple[ModuleVersion, ...]
    request: Request
    has_answer: bool


def chain(length: int, *, is_broken: bool = False) -> Family:
    """`length` modules, each version 2 of which needs version 2 of the next, version 1 any; the last has no version 2.

    So the newest of everything fails after `length` steps, and the answer is version 1 throughout. In a broken chain
    the last module does not exist.
    """
    made: list[ModuleVersion] = []
    for place in range(length - 1):
        following = f"link-{place + 1:05d}"
        made.append(_version(f"link-{place:05d}", 1, following))
        made.append(_version(f"link-{place:05d}", 2, f"{following}@>=2"))
    if not is_broken:
        made.append(_version(f"link-{length - 1:05d}", 1))
    return _family(made, ["link-00000"], has_answer=not is_broken)


def pigeonholes(pigeons: int, holes: int) -> Family:
    """`pigeons` modules with a version for each hole, no two of which may be in the same one."""
    names = [f"pigeon-{place:03d}" for place in range(pigeons)]
    made = [
        _version(name, hole, *(f"{other}@!={hole}" for other in names[place + 1 :]))
        for place, name in enumerate(names)
        for hole in range(1, holes + 1)
    ]
    return _family(made, names, has_answer=pigeons <= holes)


def satisfiable(variables: int, *, seed: int = 1) -> Family:
    """Random 3-SAT at the hardest ratio, of clauses that a hidden assignment meets."""
    chance = Random(f"3-SAT {variables} {seed}")
    hidden = [chance.random() < 0.5 for _ in range(variables)]
    clauses: list[_Clause] = []
    while len(clauses) < round(RATIO * variables):
        clause = _random_clause(chance, variables)
        if any(hidden[variable] == value for variable, value in clause):
            clauses.append(clause)
    return _sat(variables, clauses, has_answer=True)


def parity(vertices: int, *, seed: int = 1) -> Family:
    """3-SAT at the hardest ratio that cannot be met.

    In a graph where each of `vertices` (an even number, 6 or more) has three edges, an odd number of the edges at the
    first vertex is to be true, and an even number at each other one; but each edge counts twice, so that the numbers
    add up to an even one. Random clauses fill it up to the ratio.
    """
    chance = Random(f"parity {vertices} {seed}")
    edges = _cubic_graph(chance, vertices)
    clauses: list[_Clause] = []
    for vertex in range(vertices):
        around = [number for number, edge in enumerate(edges) if vertex in edge]
        for values in product((False, True), repeat=3):
            if sum(values) % 2 == (1 if vertex else 0):
                clauses.append(tuple((edge, not value) for edge, value in zip(around, values, strict=True)))
    while len(clauses) < round(RATIO * len(edges)):
        clauses.append(_random_clause(chance, len(edges)))
    return _sat(len(edges), clauses, has_answer=False)


def plateau(modules: int, *, reach: int = 3) -> Family:
    """`modules` modules in a row, at most one of which among `reach` + 1 neighbours may be the newest: a great many
    answers are as new as each other in total."""
    names = [f"plain-{place:04d}" for place in range(modules)]
    made: list[ModuleVersion] = []
    for place, name in enumerate(names):
        neighbours = names[place + 1 : place + 1 + reach]
        made.append(_version(name, 1))
        made.append(_version(name, 2, *(f"{other}@<2" for other in neighbours)))
    return _family(made, names, has_answer=True)


FAMILIES: Mapping[str, Callable[[], Family]] = {
    "chain-300": lambda: chain(300),
    "chain-1000": lambda: chain(1000),
    "chain-3000": lambda: chain(3000),
    "chain-3000-broken": lambda: chain(3000, is_broken=True),
    "pigeonholes-8-into-8": lambda: pigeonholes(8, 8),
    "pigeonholes-8-into-7": lambda: pigeonholes(8, 7),
    "sat-50": lambda: satisfiable(50),
    "sat-100": lambda: satisfiable(100),
    "parity-16": lambda: parity(16),
    "parity-24": lambda: parity(24),
    "plateau-24": lambda: plateau(24),
    "plateau-60": lambda: plateau(60),
}
"""The members that are measured, by name."""

_Clause = tuple[tuple[int, bool], ...]
"""Variables, and for each the value that meets the clause."""


def _sat(variables: int, clauses: Sequence[_Clause], *, has_answer: bool) -> Family:
    """Variables with version 1 for false and 2 for true; clauses with a version for each literal, which needs it."""
    made = [_version(f"variable-{number:04d}", value) for number in range(variables) for value in (1, 2)]
    for number, clause in enumerate(clauses):
        for place, (variable, value) in enumerate(clause, 1):
            made.append(_version(f"clause-{number:04d}", place, f"variable-{variable:04d}@=={1 + value}"))
    return _family(made, [f"clause-{number:04d}" for number in range(len(clauses))], has_answer=has_answer)


def _random_clause(chance: Random, variables: int) -> _Clause:
    return tuple((variable, chance.random() < 0.5) for variable in sorted(chance.sample(range(variables), 3)))


def _cubic_graph(chance: Random, vertices: int) -> list[tuple[int, int]]:
    """The edges of a connected graph in which every vertex has three different neighbours: a ring, and chords."""
    ring = {tuple(sorted((vertex, (vertex + 1) % vertices))) for vertex in range(vertices)}
    while True:
        ends = list(range(vertices))
        chance.shuffle(ends)
        chords = {tuple(sorted(pair)) for pair in zip(ends[::2], ends[1::2], strict=True)}
        if not chords & ring:
            return sorted((one, two) for one, two in chords | ring)


def _version(name: str, version: int, *entries: str) -> ModuleVersion:
    return ModuleVersion(
        name=name,
        version=parse_version(str(version)),
        requirements=tuple(map(Requirement.parse, entries)),
        source=f"{name}/manifest.yaml",
    )


def _family(made: Sequence[ModuleVersion], requested: Sequence[str], *, has_answer: bool) -> Family:
    return Family(
        module_versions=tuple(made),
        request=Request(requirements=tuple(map(Requirement.parse, requested))),
        has_answer=has_answer,
    )
