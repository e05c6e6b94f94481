"""What the cores of an audit have in common: the facts that bar versions, without the ways that lead to them."""

from __future__ import annotations

from collections.abc import Sequence

from las_solver.statement import (
    Cycle,
    Dependency,
    HardwareLimit,
    InterfaceNeed,
    NoVersion,
    RuntimeNeed,
    Statement,
    UnknownModule,
    module_of,
)

__all__ = ["cause_of", "key_of"]


def cause_of(name: str, core: Sequence[Statement]) -> tuple[Statement, ...]:
    """The statements of a `core` for the module `name` that say more than how to come from there to the cause.

    Those are what hosts lack and what there is not; for the latter, also who needs it as a runtime, which says what
    the host has. Where there are none of them, needs contradict each other: then they are what is left of these without
    the way from the module to the first that has several.
    """
    facts = [one for one in core if not _is_way(one)]
    if not facts:
        return tuple(_without_way(name, core))
    absent = {one.module for one in facts if isinstance(one, UnknownModule | NoVersion)}
    said = [
        one for one in core if not _is_way(one) or (isinstance(one, RuntimeNeed) and one.requirement.name in absent)
    ]
    return tuple(sorted(said, key=lambda one: isinstance(one, UnknownModule | NoVersion)))


def key_of(cause: Sequence[Statement]) -> tuple[str, ...]:
    """What a `cause` of :func:`cause_of` is about, whatever the versions and amounts, e.g. ``hardware torch vram``.

    Sorted; failures with the same key belong together.
    """
    facts = [one for one in cause if not _is_way(one)] or cause
    return tuple(sorted({_key(one) for one in facts}))


def _is_way(one: Statement) -> bool:
    return isinstance(one, Dependency | RuntimeNeed) or (isinstance(one, InterfaceNeed) and bool(one.providers))


def _without_way(name: str, core: Sequence[Statement]) -> list[Statement]:
    """What is left of needs without those that alone lead on from the module `name`."""
    left = list(core)
    while True:
        about = [one for one in left if module_of(one) == name]
        if len(about) != 1 or not isinstance(about[0], Dependency | RuntimeNeed) or len(left) == 1:
            return left
        left.remove(about[0])
        name = about[0].requirement.name


def _key(one: Statement) -> str:
    match one:
        case HardwareLimit(span, lack):
            return f"hardware {span.module} {lack.fact}"
        case InterfaceNeed(span, interface, providers):
            return f"interface {span.module} {interface}" if providers else f"interface {interface}"
        case Dependency(span, requirement):
            return f"dependency {span.module} {requirement.name}"
        case RuntimeNeed(span, requirement):
            return f"runtime {span.module} {requirement.name}"
        case UnknownModule(module):
            return f"unknown-module {module}"
        case NoVersion(module, constraint):
            return f"no-version {module} {constraint}"
        case Cycle(modules):
            return f"cycle {' '.join(modules)}"
        case _:
            return f"{_KINDS[type(one).__name__]} {module_of(one)}"


_KINDS = {"ModeLimit": "mode", "PreRelease": "pre-release"}
"""The other kinds that there are where nothing is installed and no version is named."""
