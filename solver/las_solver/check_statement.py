"""The statements that an answer gives as reasons: what they say, and whether that is true.

What the statements say is defined in ``docs/documents.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from packaging.version import Version

from las_solver.check_capacity import ram_of, vram_of, weight_of
from las_solver.check_document import Fields, Malformed
from las_solver.check_packing import Weight
from las_solver.check_rules import Rules
from las_solver.constraint import ANY, Constraint, Requirement
from las_solver.errors import InvalidInput
from las_solver.model import ModuleVersion

__all__ = [
    "Acyclic",
    "Barred",
    "Bounded",
    "Consumer",
    "Need",
    "NoVersion",
    "OnSufferance",
    "Requested",
    "Statement",
    "Stays",
    "demand",
    "read_statement",
    "read_versions",
]


@dataclass(frozen=True, slots=True)
class Requested:
    """The request asks for `requirement`."""

    requirement: Requirement


@dataclass(frozen=True, slots=True)
class Need:
    """Each of `versions`, all of one module, needs `requirement`."""

    versions: tuple[ModuleVersion, ...]
    requirement: Requirement


@dataclass(frozen=True, slots=True)
class Barred:
    """None of `versions` can be present."""

    versions: tuple[ModuleVersion, ...]


@dataclass(frozen=True, slots=True)
class Consumer:
    """Each of `versions`, all of one module, consumes `interface`."""

    versions: tuple[ModuleVersion, ...]
    interface: str


@dataclass(frozen=True, slots=True)
class Acyclic:
    """The needs among `modules` form no cycle."""

    modules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoVersion:
    """No version of `module` meets `constraint`."""

    module: str
    constraint: Constraint


@dataclass(frozen=True, slots=True)
class OnSufferance:
    """Each of `versions`, all of one module, is a pre-release that has to be named by a requirement."""

    versions: tuple[ModuleVersion, ...]


@dataclass(frozen=True, slots=True)
class Stays:
    """`module` is installed, and has to be present at some version."""

    module: str


@dataclass(frozen=True, slots=True)
class Bounded:
    """What is present of the versions that are counted fits on `cards`, each entry with what it holds at least."""

    cards: tuple[int, ...]
    counts: tuple[tuple[tuple[ModuleVersion, ...], Weight], ...]


Statement: TypeAlias = Requested | Need | Barred | Consumer | Acyclic | NoVersion | OnSufferance | Stays | Bounded


# Reading a statement, and whether it is true.


def read_statement(fields: Fields, rules: Rules) -> Statement:
    """The statement that `fields` are; raises :class:`Malformed` if it is not true."""
    fields.text("text")
    fields.text("source")
    kind = fields.text("kind")
    if kind not in _READERS:
        raise Malformed(f"{fields.place}.kind is unknown: {kind!r}")
    return _READERS[kind](fields, rules)


def read_versions(fields: Fields, rules: Rules) -> tuple[ModuleVersion, ...]:
    """The versions that the statement is about."""
    specifiers = fields.specifiers("versions")
    versions = rules.versions(fields.text("module"))
    found = tuple(one for one in versions if specifiers.contains(one.version, prereleases=True))
    if not found:
        raise Malformed(f"{fields.place}.versions admits no version")
    return found


def demand(fields: Fields, is_true: bool, untruth: str) -> None:
    if not is_true:
        raise Malformed(f"{fields.place} is not true: {untruth}")


def _read_requested(fields: Fields, rules: Rules) -> Statement:
    requirement = fields.requirement("requirement")
    demand(fields, requirement in rules.request.requirements, f"{requirement} is not requested")
    demand(fields, fields.text("module") == requirement.name, f"the module is {requirement.name}")
    return Requested(requirement)


def _read_dependency(fields: Fields, rules: Rules) -> Statement:
    versions, requirement = read_versions(fields, rules), fields.requirement("requirement")
    for one in versions:
        demand(fields, _implies(one.requirements, requirement, rules), f"{one} does not need {requirement}")
    return Need(versions, requirement)


def _read_runtime(fields: Fields, rules: Rules) -> Statement:
    versions, requirement = read_versions(fields, rules), fields.requirement("requirement")
    have = rules.host.runtimes.get(requirement.name)
    said = fields.text_or_null("have")
    demand(fields, said == (None if have is None else str(have)), f"the host has {requirement.name} at {have}")
    for one in versions:
        unmet = [runtime for runtime in one.runtimes if not rules.host_meets(runtime)]
        demand(fields, _implies(unmet, requirement, rules), f"{one} does not need the runtime {requirement}")
    return Need(versions, requirement)


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
    versions, fact = read_versions(fields, rules), fields.text("fact")
    for one in versions:
        demand(fields, fact in rules.unmet_facts(one), f"{one} does not need more {fact} than there is")
    return Barred(versions)


def _read_mode(fields: Fields, rules: Rules) -> Statement:
    versions, modes, allowed = read_versions(fields, rules), fields.texts("modes"), fields.texts("allowed")
    for one in versions:
        demand(fields, set(one.modes) <= set(modes), f"{one} has other modes")
        demand(fields, rules.mode(one) is None, f"{one} has a mode that is allowed")
        demand(fields, all(rules.may_run_in(one.name, mode) for mode in allowed), "not all of them are allowed")
    return Barred(versions)


def _read_interface(fields: Fields, rules: Rules) -> Statement:
    versions, interface = read_versions(fields, rules), fields.text("interface")
    for one in versions:
        demand(fields, interface in rules.open_interfaces(one), f"{one} does not lack {interface}")
    return Consumer(versions, interface)


def _read_cycle(fields: Fields, rules: Rules) -> Statement:
    return Acyclic(fields.texts("modules"))


def _read_unknown_module(fields: Fields, rules: Rules) -> Statement:
    name = fields.text("module")
    fields.texts("suggestions")
    demand(fields, not rules.versions(name), f"there is a module {name}")
    return NoVersion(name, ANY)


def _read_no_version(fields: Fields, rules: Rules) -> Statement:
    name, text = fields.text("module"), fields.text("constraint")
    try:
        constraint = Constraint.parse(text) if text else ANY
    except InvalidInput as error:
        raise Malformed(f"{fields.place}.constraint: {error.message}") from None
    met = rules.admitted(Requirement(name, constraint))
    demand(fields, not met, f"{', '.join(map(str, met))} meets {text}")
    return NoVersion(name, constraint)


def _read_prerelease(fields: Fields, rules: Rules) -> Statement:
    versions = read_versions(fields, rules)
    for one in versions:
        demand(fields, rules.is_on_sufferance(one), f"{one} needs nothing that names a pre-release")
    return OnSufferance(versions)


def _read_excluded(fields: Fields, rules: Rules) -> Statement:
    versions = read_versions(fields, rules)
    if fields.has("deprecated") and fields.boolean("deprecated"):
        for one in versions:
            demand(fields, rules.is_deprecated(one), f"{one} is not deprecated, or installed")
        return Barred(versions)
    text = fields.text_or_null("constraint") or ""
    excluding = [
        excluded
        for excluded in rules.request.excluded
        if excluded.name == versions[0].name and excluded.constraint.text == text
    ]
    demand(fields, bool(excluding), f"{versions[0].name} is not excluded at {text!r}")
    for one in versions:
        demand(fields, excluding[0].constraint.admits(one.version), f"{one} is not excluded by {text!r}")
    return Barred(versions)


def _read_pinned(fields: Fields, rules: Rules) -> Statement:
    versions, pin = read_versions(fields, rules), fields.requirement("requirement")
    demand(fields, pin in rules.request.pinned and pin.name == versions[0].name, f"there is no pin {pin} of it")
    for one in versions:
        demand(fields, not pin.constraint.admits(one.version), f"{one} is what the pin admits")
    return Barred(versions)


def _read_locked(fields: Fields, rules: Rules) -> Statement:
    versions, locked = read_versions(fields, rules), (rules.request.locked or {}).get(fields.text("module"))
    said = None if fields.text_or_null("locked") is None else fields.version("locked")
    demand(fields, said == locked, f"the lock has it at {locked}")
    for one in versions:
        demand(fields, rules.is_locked_out(one), f"{one} is not ruled out by a lock")
    return Barred(versions)


def _read_installed(fields: Fields, rules: Rules) -> Statement:
    demand(fields, fields.text_or_null("what") == "stays", "what is least matters only to why a version is not newer")
    name = fields.text("module")
    demand(fields, read_versions(fields, rules) == (rules.installed.get(name),), "that is not what is installed")
    demand(fields, name in rules.staying and not rules.is_removable(name), f"{name} does not have to stay")
    return Stays(name)


def _read_limit(fields: Fields, rules: Rules) -> Statement:
    name, at_most = fields.text("limit"), fields.integer("at_most")
    limits = [one for one in rules.request.limits if (one.name, one.at_most) == (name, at_most)]
    demand(fields, bool(limits), f"{name!r} has no such limit")
    counts = _read_counts(fields, rules, weight_of(limits[0]), in_cards=False)
    return Bounded((at_most,), counts)


def _read_together(fields: Fields, rules: Rules) -> Statement:
    demand(fields, rules.request.together, "the modules need not run at the same time")
    fact, have, cards = fields.text("fact"), fields.integer("have"), fields.integers("cards")
    vrams = tuple(card.vram for card in rules.host.gpus)
    if fact == "vram":
        demand(fields, have == sum(vrams) and cards == vrams, f"the cards are {vrams}")
        return Bounded(cards, _read_counts(fields, rules, vram_of, in_cards=True))
    demand(fields, fact == "ram" and not cards, f"{fact!r} of cards does not add up")
    demand(fields, have == rules.host.ram, f"the memory is {rules.host.ram}")
    return Bounded((have,), _read_counts(fields, rules, ram_of, in_cards=True))


def _read_counts(
    fields: Fields, rules: Rules, weigh: Callable[[ModuleVersion], Weight], *, in_cards: bool
) -> tuple[tuple[tuple[ModuleVersion, ...], Weight], ...]:
    """What the entries say, which are about different versions: each of these holds so much, or more."""
    demand(fields, fields.text("module") == "" and fields.get("versions") is None, "it is about several modules")
    counts: list[tuple[tuple[ModuleVersion, ...], Weight]] = []
    seen: set[tuple[str, Version]] = set()
    for entry in fields.objects("counts"):
        versions = read_versions(entry, rules)
        said = Weight(entry.integer("weight"), in_cards and entry.boolean("spread"))
        demand(entry, said.amount > 0, "only what holds something counts")
        for one in versions:
            holds = weigh(one)
            demand(entry, holds.amount >= said.amount, f"{one} holds no more than {holds.amount}")
            demand(entry, holds.spread == said.spread, f"{one} {'is' if holds.spread else 'is not'} spread")
            demand(entry, (one.name, one.version) not in seen, f"{one} is counted twice")
            seen.add((one.name, one.version))
        counts.append((versions, said))
    return tuple(counts)


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
    "pinned": _read_pinned,
    "locked": _read_locked,
    "installed": _read_installed,
    "limit": _read_limit,
    "together": _read_together,
}
