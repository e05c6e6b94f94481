"""Who of what is installed needs a module that is to go (contract, sections 4 and 9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from las_solver.constraint import Requirement
from las_solver.model import Host, ModuleVersion

__all__ = ["needs_of"]


def needs_of(module: ModuleVersion, left: Iterable[ModuleVersion], host: Host | None) -> Iterator[str]:
    """What those `left` need of `module`, each as a sentence, in order of name.

    That is a module entry, at a version that it admits; an interface that `module` provides and nothing else that is
    left; and, if `host` is given, a runtime entry that it does not meet. Without `host` nobody knows whether it meets
    runtime entries: they do not count. An interface that the host provides does not count.
    """
    others = sorted(left, key=lambda one: one.name)
    offered = frozenset() if host is None else host.interfaces
    only_here = set(module.provides) - offered
    providers = {interface: {one.name for one in others if interface in one.provides} for interface in only_here}
    for other in others:
        entries = [entry for entry in other.requirements if entry.name == module.name]
        if host is not None:
            entries += [entry for entry in other.runtimes if entry.name == module.name and not _is_met(entry, host)]
        for entry in entries:
            if entry.constraint.admits(module.version):
                yield f"{other} needs {entry}"
        for interface in other.consumes:
            if interface in only_here and not providers[interface] - {other.name}:
                yield f"{other} consumes the interface {interface!r}, which nothing else that is installed provides"


def _is_met(entry: Requirement, host: Host) -> bool:
    version = host.runtimes.get(entry.name)
    return version is not None and entry.constraint.admits(version)
