"""Everything that the answer to one request depends on, picked out of a source and a machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from types import MappingProxyType
from typing import Final

from las_solver.constraint import Requirement
from las_solver.installed import InstalledSource
from las_solver.model import Gpu, Host, ModuleVersion, Request
from las_solver.nearest import nearest
from las_solver.shelf import Shelf
from las_solver.source import InformedSource, MemorySource, Note, ShadowedModule, Source

__all__ = ["RecordedSource", "Recording", "record"]

_MOST_COMPARED: Final = 2_000_000
"""The names that are compared to find out what unknown ones may have meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What an answer depends on.

    `module_versions` are those that an answer could contain, `notes` tell of what does not count beside them. `names`
    and `interfaces` are further ones, of which only is known that they exist: they may be suggested in place of
    unknown ones.
    """

    request: Request
    host: Host
    module_versions: tuple[ModuleVersion, ...]
    notes: tuple[Note, ...] = ()
    names: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()


class RecordedSource(MemorySource):
    """The modules of a recording."""

    def __init__(self, recording: Recording) -> None:
        super().__init__(recording.module_versions, recording.notes)
        self._names = sorted({*super().names(), *recording.names})
        self._interfaces = sorted({*super().interfaces(), *recording.interfaces})

    def names(self) -> Iterable[str]:
        return self._names

    def interfaces(self) -> Iterable[str]:
        return self._interfaces


def record(
    source: Source, host: Host, request: Request, *, also: Iterable[str] = (), directories: Iterable[str] = ()
) -> Recording:
    """`request` with all that its answer, and any question about the modules `also`, depends on.

    Every version of every module that can be reached, also from what is installed, whatever the host has, and from
    the other sizes of what is to run at the same time; of the host, what is installed, and what all these manifests
    ask about. Names of cards are left out, and where files stand: of paths in texts, those of `directories`, of other
    registries all but the last part.
    """
    requested = [one.name for one in request.requirements]
    sizes = _other_sizes(source, host, requested) if request.together else ()
    roots = [*requested, *sizes, *also, *sorted(host.installed)]
    together = InstalledSource(source, host.installed)
    reached = _reach(together, host, roots)
    namers = {
        namer
        for name, versions in reached.items()
        if any(one.is_prerelease for one in versions)
        for namer in together.prerelease_namers(name)
    }
    names_with_versions = [*reached, *sorted(namers - reached.keys())]
    module_versions = [one for name in names_with_versions for one in source.versions(name)]
    described = [*module_versions, *host.installed.values()]
    runtimes = {entry.name for one in described for entry in one.runtimes}
    consumed = dict.fromkeys(chain.from_iterable(one.consumes for one in described))
    provided = {interface for one in described for interface in one.provides}
    packages = {package for one in described for package in one.system_packages}
    unknown = [name for name, versions in reached.items() if not versions]
    names = _near(unknown, source.names())
    runtimes |= _near(unknown, host.runtimes)
    interfaces = set[str]()
    if isinstance(source, InformedSource):
        unprovided = [one for one in consumed if not source.providers(one)]
        interfaces = _near([*unknown, *unprovided], source.interfaces())
    return Recording(
        request=request,
        host=replace(
            host,
            gpus=tuple(Gpu(vram=gpu.vram) for gpu in host.gpus),
            runtimes=MappingProxyType({name: host.runtimes[name] for name in sorted(runtimes & host.runtimes.keys())}),
            interfaces=host.interfaces & consumed.keys(),
            system_packages=host.system_packages & packages,
            deprecated=frozenset(one for one in host.deprecated if one[0] in names_with_versions),
        ),
        module_versions=tuple(module_versions),
        notes=_notes(source, [*reached, *consumed], [*directories]),
        names=tuple(sorted(names - {one.name for one in module_versions})),
        interfaces=tuple(sorted(interfaces - provided)),
    )


def _other_sizes(source: Source, host: Host, names: Iterable[str]) -> Iterator[str]:
    """The modules that could be offered in place of the modules `names`."""
    from las_solver.making_room import smaller_modules  # late: few requests need it

    shelf = Shelf(source, host)
    return (other for name in names for other in smaller_modules(shelf, name))


def _reach(source: Source, host: Host, names: Sequence[str]) -> dict[str, Sequence[ModuleVersion]]:
    """The versions of every module that can be reached from `names`, nearest first; none for unknown names."""
    reached: dict[str, Sequence[ModuleVersion]] = {}
    waiting = dict.fromkeys(names)
    while waiting:
        following: dict[str, None] = {}
        for name in waiting:
            versions = reached[name] = source.versions(name)
            if not versions:
                following.update(dict.fromkeys(sorted(source.providers(name))))
            entries: dict[tuple[Requirement, ...], None] = {}
            consumed: dict[str, None] = {}
            for one in versions:
                entries[one.requirements] = entries[one.runtimes] = None
                consumed.update(dict.fromkeys(one.consumes))
            following.update((entry.name, None) for entry in chain.from_iterable(entries))
            for interface in consumed:
                if interface not in host.interfaces:
                    following.update(dict.fromkeys(sorted(source.providers(interface))))
        waiting = {name: None for name in following if name not in reached}
    return reached


def _near(unknown: Sequence[str], known: Iterable[str]) -> set[str]:
    """Those of `known` that may be suggested in place of `unknown` ones: of the first of these, if there are many."""
    known = tuple(known)
    return {near for name in unknown[: _MOST_COMPARED // (len(known) + 1)] for near in nearest(name, known)}


def _notes(source: Source, names: Iterable[str], directories: Sequence[str]) -> tuple[Note, ...]:
    """What does not count beside the modules and interfaces `names`."""
    if not isinstance(source, InformedSource):
        return ()
    notes = dict.fromkeys(note for name in dict.fromkeys(names) for note in source.notes(name))
    return tuple(_nowhere(note, directories) for note in notes)


def _nowhere(note: Note, directories: Iterable[str]) -> Note:
    """`note` without where on a machine the files stand."""
    if isinstance(note, ShadowedModule):
        return replace(note, registry=note.registry.replace("\\", "/").rstrip("/").rpartition("/")[2])
    reason = note.reason
    for directory in directories:
        reason = reason.replace(directory.rstrip("/\\") + "/", "").replace(directory.rstrip("/\\") + "\\", "")
    return replace(note, reason=reason)
