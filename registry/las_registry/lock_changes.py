"""What is no longer as a lock has it, so that it cannot be obeyed, or why it cannot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from las_solver.errors import LasSolveError

if TYPE_CHECKING:
    from las_registry.lock import Lock, LockedModule
    from las_registry.registry import Registry
    from las_solver.model import Host
    from las_solver.plan import Plan

__all__ = ["Change", "LockNotObeyed", "changed_facts", "changed_manifests", "unlike_plan"]

_UNKNOWN: Final = "the one that is installed"
"""Stands for the checksum of a manifest that is known to be another one, but carries none."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is not as it was `locked`.

    `kind` is ``gone`` for a version that there is no more (`now` is then the newest that there is), ``manifest`` for
    one whose manifest has another checksum, ``unneeded`` or ``mode`` for a module that the plan does not have, or has
    in another mode, and ``host`` for a fact about the machine. `name` is that of the module or the fact.
    """

    kind: str
    name: str
    locked: str
    now: str | None

    def __str__(self) -> str:
        match self.kind:
            case "gone":
                newest = f", the newest is {self.now}" if self.now else ""
                return f"{self.name} {self.locked} is no longer there{newest}"
            case "manifest":
                return f"{self.name} has another manifest: {self.now} in place of {self.locked}"
            case "unneeded":
                return f"{self.name} {self.locked} is not needed here any more"
            case "mode":
                return f"{self.name} would run in mode {self.now}, not {self.locked}"
            case _:
                return f"{self.name}: {self.now} here, {self.locked} where it was locked"


class LockNotObeyed(LasSolveError):
    """There is no plan with the modules of a lock as they are locked; `changes` say why."""

    def __init__(self, file: str, changes: Sequence[Change]) -> None:
        super().__init__(file, changes)
        self.message = f"{file} cannot be obeyed: not everything is as it was locked"
        self.changes = tuple(changes)

    def __str__(self) -> str:
        return "\n".join([self.message, *(f"  {change}" for change in self.changes)])


def changed_manifests(lock: Lock, registry: Registry, host: Host) -> Iterator[Change]:
    """The modules whose version is gone, or has another manifest; that of an installed version is the one that was
    kept."""
    for one in lock.modules:
        now = _checksum(one, registry, host)
        if now is None:
            versions = registry.versions(one.name)
            yield Change("gone", one.name, str(one.version), str(versions[0].version) if versions else None)
        elif now != one.checksum:
            yield Change("manifest", one.name, one.checksum, now)


def unlike_plan(lock: Lock, plan: Plan) -> Iterator[Change]:
    """The modules that `plan`, which has no other versions, does not have, or has in another mode."""
    modes = {step.module: step.mode for step in plan.steps if step.action != "remove"}
    for one in lock.modules:
        if one.name not in modes:
            yield Change("unneeded", one.name, str(one.version), None)
        elif modes[one.name] != one.mode:
            yield Change("mode", one.name, one.mode, modes[one.name])


def changed_facts(lock: Lock, host: Host) -> Iterator[Change]:
    """The facts about the machine that mattered and are others on `host`."""
    from las_registry.lock_facts import fact_of, is_same

    for fact, value in lock.facts.items():
        now = fact_of(host, fact)
        if not is_same(fact, value, now):
            yield Change("host", fact, value, now)


def _checksum(one: LockedModule, registry: Registry, host: Host) -> str | None:
    """The checksum of the manifest that counts for a module at its version; None where there is no such version.

    The manifest of what is installed may carry none. It is then compared with that of the registry, which says the same
    unless one of them was changed; where the registry has none, it is taken for the one that was locked.
    """
    manifest = registry.manifest(one.name, one.version)
    kept = host.installed.get(one.name)
    if kept is not None and kept.version == one.version:
        if kept.checksum is not None or manifest is None:
            return kept.checksum or one.checksum
        module = manifest.module
        if replace(kept, source=module.source, checksum=module.checksum) != module:
            return _UNKNOWN
    return None if manifest is None else manifest.checksum
