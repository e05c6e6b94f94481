"""What is installed and was never asked for, and nothing that was asked for leads to."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from las_solver.model import Host, ModuleVersion

__all__ = ["unneeded"]


def unneeded(present: Iterable[ModuleVersion], wanted: Collection[str], host: Host) -> tuple[str, ...]:
    """The modules of `present`, in order of name, to which no `wanted` one of them leads.

    A module leads to what its entries need, apart from runtimes that `host` provides, and to every other one that
    provides an interface which it consumes, apart from those that come from outside.
    """
    by_name = {one.name: one for one in present}
    providers: dict[str, list[str]] = {}
    for one in by_name.values():
        for interface in one.provides:
            providers.setdefault(interface, []).append(one.name)
    reached: set[str] = set()
    queue = [name for name in by_name if name in wanted]
    for name in queue:
        if name in reached or name not in by_name:
            continue
        reached.add(name)
        one = by_name[name]
        queue.extend(entry.name for entry in one.requirements)
        for entry in one.runtimes:
            version = host.runtimes.get(entry.name)
            if version is None or not entry.constraint.admits(version):
                queue.append(entry.name)
        for interface in one.consumes:
            if interface not in host.interfaces:
                queue.extend(other for other in providers.get(interface, ()) if other != name)
    return tuple(sorted(by_name.keys() - reached))
