"""Checks the core of a conflict: each statement is true, together they contradict, and none can be left out.

What the statements say is defined in ``docs/documents.md``. A requirement that no version meets can be met unless the
core says that there is no such version, or no such module.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import assert_never

from las_solver.check_capacity import Group
from las_solver.check_document import Fields, Malformed
from las_solver.check_encoding import Edge, Encoding
from las_solver.check_packing import Weight
from las_solver.check_rules import Chosen, Rules
from las_solver.check_statement import (
    Acyclic,
    Barred,
    Bounded,
    Consumer,
    Need,
    NoVersion,
    OnSufferance,
    Requested,
    Statement,
    Stays,
    read_statement,
)
from las_solver.constraint import ANY, Constraint, Requirement
from las_solver.model import ModuleVersion

__all__ = ["Core", "complaints_about_core", "is_unexplained"]


def complaints_about_core(document: Fields, rules: Rules) -> tuple[str, ...]:
    """What is wrong with the core of a conflict; empty if it proves the conflict."""
    is_minimal = document.boolean("minimal")
    statements: list[Statement] = []
    complaints: list[str] = []
    for fields in document.objects("core"):
        try:
            statements.append(read_statement(fields, rules))
        except Malformed as error:
            complaints.append(str(error))
    if complaints:
        return tuple(complaints)
    core = Core(rules, statements)
    try:
        return tuple(core.complaints(is_minimal))
    finally:
        core.close()


def is_unexplained(statements: Iterable[Statement]) -> bool:
    """Whether nothing but what is asked for, and what stays, is there: no contradiction was found in time."""
    return all(isinstance(one, Requested | Stays) for one in statements)


class Core:
    """The statements as clauses, each behind a literal that says whether it is in.

    So is each entry of what statements count; `entries` says where they stand: the literal of the statement, and the
    place in its list.
    """

    def __init__(self, rules: Rules, statements: Sequence[Statement]) -> None:
        self._rules = rules
        self.encoding = Encoding(rules)
        self._met_by: dict[Requirement, int] = {}
        self.statements = {self.encoding.new_variable(): statement for statement in statements}
        self.entries: dict[int, tuple[int, int]] = {}
        for name in sorted(self._named_modules()):
            self.encoding.add_module(name, rules.versions(name))
        for literal, statement in self.statements.items():
            self._encode(literal, statement)

    def close(self) -> None:
        """Free the solver's memory."""
        self.encoding.close()

    def complaints(self, is_minimal: bool) -> Iterator[str]:
        """That the statements do not contradict each other; or those without which they still do."""
        literals = tuple(self.statements)
        if not is_minimal and is_unexplained(self.statements.values()):
            return  # the time to explain was up before a contradiction was found
        example = self.example(literals)
        if example is not None:
            together = ", ".join(map(str, example.values())) or "nothing at all"
            yield f"the core is no contradiction: {together} would do"
        elif is_minimal:
            for place, literal in enumerate(literals):
                if self.example(tuple(other for other in literals if other != literal)) is None:
                    yield f"answer.core[{place}] is not needed for the contradiction"
            for entry, (literal, place) in self.entries.items():
                if self.example(literals, without=entry) is None:
                    yield f"answer.core[{literals.index(literal)}].counts[{place}] is not needed for the contradiction"

    def example(
        self, literals: Sequence[int], others: Sequence[int] = (), *, without: int | None = None
    ) -> Chosen | None:
        """A set of module versions that makes the statements behind `literals` true, and `others`, if there is one.

        These count all their entries but the one behind the literal `without`.
        """
        on_sufferance = [
            statement for literal in literals if isinstance(statement := self.statements.get(literal), OnSufferance)
        ]

        def is_admissible(found: Chosen) -> bool:
            return not any(self.is_unnamed(statement, found) for statement in on_sufferance)

        assumed = [*literals, *(entry for entry in self.entries if entry != without), *others]
        return self.encoding.find(assumed, self._rules.requested, is_admissible)

    def is_unnamed(self, statement: OnSufferance, found: Chosen) -> bool:
        """Whether `found` holds one of the versions that `statement` is about, and nothing that names it."""
        name = statement.versions[0].name
        return found.get(name) in statement.versions and not any(
            self._rules.names_prerelease(one, name) for one in found.values()
        )

    def _named_modules(self) -> set[str]:
        """Every module that matters to the statements."""
        names: set[str] = set()
        for statement in self.statements.values():
            match statement:
                case Requested(requirement):
                    names.add(requirement.name)
                case Need(versions, requirement):
                    names.update((versions[0].name, requirement.name))
                case Barred(versions):
                    names.add(versions[0].name)
                case Consumer(versions, interface):
                    names.update((versions[0].name, *self._rules.providers(interface)))
                case Acyclic() | NoVersion():
                    pass
                case OnSufferance(versions):
                    names.add(versions[0].name)
                    names.update(self._leading(self._rules.machine.namers(versions[0].name)))
                case Stays(module):
                    names.add(module)
                case Bounded(_, counts):
                    names.update(versions[0].name for versions, _ in counts)
                case _:
                    assert_never(statement)
        return names

    def _leading(self, namers: set[str]) -> set[str]:
        """The modules by which any versions lead to one of `namers`, from the request and what stays."""
        if not namers:
            return set()
        upper: dict[str, set[str]] = {name: set() for name in (*self._rules.requested, *self._rules.staying)}
        new = list(upper)
        while new:
            name = new.pop()
            for lower in {lower for one in self._rules.versions(name) for lower in self._rules.leads(one)}:
                if lower not in upper:
                    upper[lower] = set()
                    new.append(lower)
                upper[lower].add(name)
        leading: set[str] = set()
        new = [name for name in namers if name in upper]
        while new:
            name = new.pop()
            if name not in leading:
                leading.add(name)
                new.extend(upper[name])
        return leading

    def _encode(self, literal: int, statement: Statement) -> None:
        encoding = self.encoding
        match statement:
            case Requested(requirement):
                self._encode_requirement([-literal], requirement)
            case Need(versions, requirement):
                for one in versions:
                    self._encode_requirement([-literal, -encoding.literal(one)], requirement)
            case Barred(versions):
                for one in versions:
                    encoding.sat.add([-literal, -encoding.literal(one)])
            case Consumer(versions, interface):
                provided = encoding.any_of(encoding.providing(interface, besides=versions[0].name))
                for one in versions:
                    encoding.sat.add([-literal, -encoding.literal(one), provided])
            case Acyclic(modules):
                encoding.forbid_cycles(self._edges(literal, modules))
            case NoVersion(module, constraint):
                encoding.sat.add([-literal, -self.supposed(module, constraint)])
            case OnSufferance(versions):
                named = encoding.any_of(encoding.naming(versions[0].name))
                for one in versions:
                    encoding.sat.add([-literal, -encoding.literal(one), named])
            case Stays(module):
                encoding.sat.add([-literal, encoding.presence(module)])
            case Bounded(cards, counts):
                encoding.capacities.hold(cards, self._groups(literal, counts), unless=[-literal])
            case _:
                assert_never(statement)

    def _groups(self, literal: int, counts: Sequence[tuple[tuple[ModuleVersion, ...], Weight]]) -> Iterator[Group]:
        """The entries of what the statement behind `literal` counts."""
        for place, (versions, weight) in enumerate(counts):
            entry = self.encoding.new_variable()
            self.entries[entry] = literal, place
            yield Group(versions[0].name, weight, [*map(self.encoding.literal, versions)], besides=-entry)

    def _encode_requirement(self, unless: list[int], requirement: Requirement) -> None:
        """One of the admitted versions is present, unless one of the literals is true.

        Where there is none, only the statements that say so make that impossible.
        """
        admitted = self._rules.admitted(requirement)
        met = self._met(requirement) if admitted else self.supposed(requirement.name, requirement.constraint)
        self.encoding.sat.add([*unless, met])

    def supposed(self, module: str, constraint: Constraint) -> int:
        """The literal "a version of `module` that meets `constraint` is present", where there is no such version.

        Of a module without any versions, all constraints say the same.
        """
        requirement = Requirement(module, constraint if self._rules.versions(module) else ANY)
        if requirement not in self._met_by:
            self._met_by[requirement] = self.encoding.new_variable()
        return self._met_by[requirement]

    def _met(self, requirement: Requirement) -> int:
        if requirement not in self._met_by:
            self._met_by[requirement] = self.encoding.any_of(self.encoding.admitted(requirement))
        return self._met_by[requirement]

    def _edges(self, literal: int, modules: Sequence[str]) -> Iterator[Edge]:
        """The needs among `modules` that the statements of the core name, where they and the one of `literal` are
        in."""
        inside = set(modules)
        for other, statement in self.statements.items():
            if isinstance(statement, Need):
                upper, lower = statement.versions[0].name, statement.requirement.name
                if upper in inside and lower in inside:
                    any_version = self.encoding.new_variable()
                    for one in statement.versions:
                        self.encoding.sat.add([-literal, -other, -self.encoding.literal(one), any_version])
                    yield Edge(any_version, upper, lower)
