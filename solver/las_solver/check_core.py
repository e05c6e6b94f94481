"""Checks the core of a conflict: each statement is true, together they contradict, and none can be left out.

What the statements say is defined in ``docs/documents.md``. A requirement that no version meets can be met unless the
core says that there is no such version, or no such module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from las_solver.check_document import Fields, Malformed
from las_solver.check_encoding import Edge, Encoding
from las_solver.check_rules import Chosen, Rules
from las_solver.constraint import ANY, Constraint, Requirement
from las_solver.errors import InvalidInput
from las_solver.model import ModuleVersion

__all__ = ["Core", "OnSufferance", "Requested", "Statement", "complaints_about_core", "read_statement"]


@dataclass(frozen=True, slots=True)
class Requested:
    """The request asks for `requirement`."""

    requirement: Requirement


@dataclass(frozen=True, slots=True)
class _Need:
    """Each of `versions`, all of one module, needs `requirement`."""

    versions: tuple[ModuleVersion, ...]
    requirement: Requirement


@dataclass(frozen=True, slots=True)
class _Barred:
    """None of `versions` can be present."""

    versions: tuple[ModuleVersion, ...]


@dataclass(frozen=True, slots=True)
class _Consumer:
    """Each of `versions`, all of one module, consumes `interface`."""

    versions: tuple[ModuleVersion, ...]
    interface: str


@dataclass(frozen=True, slots=True)
class _Acyclic:
    """The needs among `modules` form no cycle."""

    modules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _NoVersion:
    """No version of `module` meets `constraint`."""

    module: str
    constraint: Constraint


@dataclass(frozen=True, slots=True)
class OnSufferance:
    """Each of `versions`, all of one module, is a pre-release that has to be named by a requirement."""

    versions: tuple[ModuleVersion, ...]


Statement: TypeAlias = Requested | _Need | _Barred | _Consumer | _Acyclic | _NoVersion | OnSufferance


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


# Reading a statement, and whether it is true.


def read_statement(fields: Fields, rules: Rules) -> Statement:
    """The statement that `fields` are; raises :class:`Malformed` if it is not true."""
    fields.text("text")
    fields.text("source")
    kind = fields.text("kind")
    if kind not in _READERS:
        raise Malformed(f"{fields.place}.kind is unknown: {kind!r}")
    return _READERS[kind](fields, rules)


def _versions(fields: Fields, rules: Rules) -> tuple[ModuleVersion, ...]:
    """The versions that the statement is about."""
    specifiers = fields.specifiers("versions")
    versions = rules.versions(fields.text("module"))
    found = tuple(one for one in versions if specifiers.contains(one.version, prereleases=True))
    if not found:
        raise Malformed(f"{fields.place}.versions admits no version")
    return found


def _demand(fields: Fields, is_true: bool, untruth: str) -> None:
    if not is_true:
        raise Malformed(f"{fields.place} is not true: {untruth}")


def _read_requested(fields: Fields, rules: Rules) -> Statement:
    requirement = fields.requirement("requirement")
    _demand(fields, requirement in rules.request.requirements, f"{requirement} is not requested")
    _demand(fields, fields.text("module") == requirement.name, f"the module is {requirement.name}")
    return Requested(requirement)


def _read_dependency(fields: Fields, rules: Rules) -> Statement:
    versions, requirement = _versions(fields, rules), fields.requirement("requirement")
    for one in versions:
        _demand(fields, _implies(one.requirements, requirement, rules), f"{one} does not need {requirement}")
    return _Need(versions, requirement)


def _read_runtime(fields: Fields, rules: Rules) -> Statement:
    versions, requirement = _versions(fields, rules), fields.requirement("requirement")
    have = rules.host.runtimes.get(requirement.name)
    said = fields.text_or_null("have")
    _demand(fields, said == (None if have is None else str(have)), f"the host has {requirement.name} at {have}")
    for one in versions:
        unmet = [runtime for runtime in one.runtimes if not rules.host_meets(runtime)]
        _demand(fields, _implies(unmet, requirement, rules), f"{one} does not need the runtime {requirement}")
    return _Need(versions, requirement)


def _implies(entries: Sequence[Requirement], requirement: Requirement, rules: Rules) -> bool:
    """Whether one of `entries` is `requirement`, or one on the same module that says as much or more.

    One without a constraint says only that the module is needed, which every entry on it does.
    """
    if requirement in entries:
        return True
    on_module = [entry for entry in entries if entry.name == requirement.name]
    if not requirement.constraint.text:
        return bool(on_module)
    admitted = set(map(str, rules.admitted(requirement)))
    return any(set(map(str, rules.admitted(entry))) == admitted and bool(admitted) for entry in on_module)


def _read_hardware(fields: Fields, rules: Rules) -> Statement:
    versions, fact = _versions(fields, rules), fields.text("fact")
    for one in versions:
        _demand(fields, fact in rules.unmet_facts(one), f"{one} does not need more {fact} than there is")
    return _Barred(versions)


def _read_mode(fields: Fields, rules: Rules) -> Statement:
    versions, modes, allowed = _versions(fields, rules), fields.texts("modes"), fields.texts("allowed")
    for one in versions:
        _demand(fields, set(one.modes) <= set(modes), f"{one} has other modes")
        _demand(fields, rules.mode(one) is None, f"{one} has a mode that is allowed")
        _demand(fields, all(rules.may_run_in(one.name, mode) for mode in allowed), "not all of them are allowed")
    return _Barred(versions)


def _read_interface(fields: Fields, rules: Rules) -> Statement:
    versions, interface = _versions(fields, rules), fields.text("interface")
    for one in versions:
        _demand(fields, interface in rules.open_interfaces(one), f"{one} does not lack {interface}")
    return _Consumer(versions, interface)


def _read_cycle(fields: Fields, rules: Rules) -> Statement:
    return _Acyclic(fields.texts("modules"))


def _read_unknown_module(fields: Fields, rules: Rules) -> Statement:
    name = fields.text("module")
    fields.texts("suggestions")
    _demand(fields, not rules.versions(name), f"there is a module {name}")
    return _NoVersion(name, ANY)


def _read_no_version(fields: Fields, rules: Rules) -> Statement:
    name, text = fields.text("module"), fields.text("constraint")
    try:
        constraint = Constraint.parse(text) if text else ANY
    except InvalidInput as error:
        raise Malformed(f"{fields.place}.constraint: {error.message}") from None
    met = rules.admitted(Requirement(name, constraint))
    _demand(fields, not met, f"{', '.join(map(str, met))} meets {text}")
    return _NoVersion(name, constraint)


def _read_prerelease(fields: Fields, rules: Rules) -> Statement:
    versions = _versions(fields, rules)
    for one in versions:
        _demand(fields, rules.is_on_sufferance(one), f"{one} needs nothing that names a pre-release")
    return OnSufferance(versions)


def _read_excluded(fields: Fields, rules: Rules) -> Statement:
    versions, text = _versions(fields, rules), fields.text_or_null("constraint") or ""
    excluding = [
        excluded
        for excluded in rules.request.excluded
        if excluded.name == versions[0].name and excluded.constraint.text == text
    ]
    _demand(fields, bool(excluding), f"{versions[0].name} is not excluded at {text!r}")
    for one in versions:
        _demand(fields, excluding[0].constraint.admits(one.version), f"{one} is not excluded by {text!r}")
    return _Barred(versions)


_READERS: dict[str, Callable[[Fields, Rules], Statement]] = {
    "requested": _read_requested,
    "dependency": _read_dependency,
    "runtime": _read_runtime,
    "hardware": _read_hardware,
    "mode": _read_mode,
    "interface": _read_interface,
    "cycle": _read_cycle,
    "unknown-module": _read_unknown_module,
    "no-version": _read_no_version,
    "pre-release": _read_prerelease,
    "excluded": _read_excluded,
}


# Whether they contradict each other.


class Core:
    """The statements as clauses, each behind a literal that says whether it is in."""

    def __init__(self, rules: Rules, statements: Sequence[Statement]) -> None:
        self._rules = rules
        self.encoding = Encoding(rules)
        self._met_by: dict[Requirement, int] = {}
        self.statements = {self.encoding.new_variable(): statement for statement in statements}
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
        if not is_minimal and all(isinstance(one, Requested) for one in self.statements.values()):
            return  # the time to explain was up before a contradiction was found
        example = self.example(literals)
        if example is not None:
            together = ", ".join(map(str, example.values())) or "nothing at all"
            yield f"the core is no contradiction: {together} would do"
        elif is_minimal:
            for place, literal in enumerate(literals):
                if self.example(tuple(other for other in literals if other != literal)) is None:
                    yield f"answer.core[{place}] is not needed for the contradiction"

    def example(self, literals: Sequence[int], others: Sequence[int] = ()) -> Chosen | None:
        """A set of module versions that makes the statements behind `literals` true, and `others`, if there is one."""
        on_sufferance = [
            statement for literal in literals if isinstance(statement := self.statements[literal], OnSufferance)
        ]

        def is_admissible(found: Chosen) -> bool:
            return not any(self.is_unnamed(statement, found) for statement in on_sufferance)

        return self.encoding.find([*literals, *others], self._rules.requested, is_admissible)

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
                case _Need(versions, requirement):
                    names.update((versions[0].name, requirement.name))
                case _Barred(versions):
                    names.add(versions[0].name)
                case _Consumer(versions, interface):
                    names.update((versions[0].name, *self._rules.providers(interface)))
                case _Acyclic() | _NoVersion():
                    pass
                case OnSufferance(versions):
                    names.add(versions[0].name)
                    names.update(self._reachable())
                case _:
                    assert_never(statement)
        return names

    def _reachable(self) -> set[str]:
        """Every module that any versions lead to from the request: what names a pre-release has to be led to."""
        reached: set[str] = set()
        new = list(self._rules.requested)
        while new:
            name = new.pop()
            if name not in reached:
                reached.add(name)
                for one in self._rules.versions(name):
                    new.extend(self._rules.leads(one))
        return reached

    def _encode(self, literal: int, statement: Statement) -> None:
        encoding = self.encoding
        match statement:
            case Requested(requirement):
                self._encode_requirement([-literal], requirement)
            case _Need(versions, requirement):
                for one in versions:
                    self._encode_requirement([-literal, -encoding.literal(one)], requirement)
            case _Barred(versions):
                for one in versions:
                    encoding.sat.add([-literal, -encoding.literal(one)])
            case _Consumer(versions, interface):
                provided = encoding.any_of(encoding.providing(interface, besides=versions[0].name))
                for one in versions:
                    encoding.sat.add([-literal, -encoding.literal(one), provided])
            case _Acyclic(modules):
                encoding.forbid_cycles(self._edges(literal, modules))
            case _NoVersion(module, constraint):
                encoding.sat.add([-literal, -self.supposed(module, constraint)])
            case OnSufferance(versions):
                named = encoding.any_of(encoding.naming(versions[0].name))
                for one in versions:
                    encoding.sat.add([-literal, -encoding.literal(one), named])
            case _:
                assert_never(statement)

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
            if isinstance(statement, _Need):
                upper, lower = statement.versions[0].name, statement.requirement.name
                if upper in inside and lower in inside:
                    any_version = self.encoding.new_variable()
                    for one in statement.versions:
                        self.encoding.sat.add([-literal, -other, -self.encoding.literal(one), any_version])
                    yield Edge(any_version, upper, lower)
