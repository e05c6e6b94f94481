"""What a recording consists of, as pieces that can be left out each by itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, Final

from las_solver.constraint import ANY, Constraint, Requirement
from las_solver.model import Hardware, Host, ModuleVersion, Request, Strategy
from las_solver.recording import Recording

__all__ = ["CUTS", "Cut", "Piece"]

Piece = Hashable
"""Names a piece of one recording, for the cut that it comes from."""

_ENTRIES: Final = ("requirements", "runtimes", "provides", "consumes", "system_packages")
_ONLY_MODE: Final = ("native",)


@dataclass(frozen=True, slots=True)
class Cut:
    """One way to take recordings apart: `pieces` lists the pieces of one, those to leave out first come first; `keep`
    makes the recording that has only some of them."""

    pieces: Callable[[Recording], Iterable[Piece]]
    keep: Callable[[Recording, Collection[Piece]], Recording]


def _described(recording: Recording) -> tuple[ModuleVersion, ...]:
    """All versions of which the recording has a manifest: those of the registry, then what is installed."""
    installed = recording.host.installed
    return (*recording.module_versions, *(installed[name] for name in sorted(installed)))


def _with_described(recording: Recording, several: Iterable[ModuleVersion]) -> Recording:
    """`recording` with others in place of :func:`_described`."""
    versions = tuple(several)
    count = len(recording.module_versions)
    installed = MappingProxyType({one.name: one for one in versions[count:]})
    return replace(recording, module_versions=versions[:count], host=replace(recording.host, installed=installed))


def _modules(recording: Recording) -> Iterable[Piece]:
    return sorted({one.name for one in _described(recording)})


def _with_modules(recording: Recording, kept: Collection[Piece]) -> Recording:
    installed = {name: one for name, one in recording.host.installed.items() if name in kept}
    return replace(
        recording,
        module_versions=tuple(one for one in recording.module_versions if one.name in kept),
        host=replace(recording.host, installed=MappingProxyType(installed)),
    )


def _versions(recording: Recording) -> Iterable[Piece]:
    """The oldest of each module first."""
    several = recording.module_versions
    return sorted(range(len(several)), key=lambda place: (several[place].name, several[place].version))


def _with_versions(recording: Recording, kept: Collection[Piece]) -> Recording:
    several = enumerate(recording.module_versions)
    return replace(recording, module_versions=tuple(one for place, one in several if place in kept))


def _entries(recording: Recording) -> Iterator[Piece]:
    for place, one in enumerate(_described(recording)):
        yield from ((place, field, entry) for field in _ENTRIES for entry in getattr(one, field))
        yield from ((place, field.name) for field in fields(Hardware) if getattr(one.hardware, field.name))
        if one.modes != _ONLY_MODE:
            yield from ((place, "modes", mode) for mode in one.modes)
        if one.preferred_mode is not None:
            yield place, "preferred_mode"


def _with_entries(recording: Recording, kept: Collection[Piece]) -> Recording:
    def pared(place: int, one: ModuleVersion) -> ModuleVersion:
        lists: dict[str, Any] = {
            field: tuple(each for each in getattr(one, field) if (place, field, each) in kept) for field in _ENTRIES
        }
        lacking: dict[str, Any] = {
            field.name: field.default for field in fields(Hardware) if (place, field.name) not in kept
        }
        modes = tuple(mode for mode in one.modes if (place, "modes", mode) in kept) or _ONLY_MODE
        preferred = one.preferred_mode if (place, "preferred_mode") in kept and one.preferred_mode in modes else None
        return replace(one, **lists, hardware=replace(one.hardware, **lacking), modes=modes, preferred_mode=preferred)

    several = enumerate(_described(recording))
    return _with_described(recording, (pared(place, one) for place, one in several))


def _specifiers(recording: Recording) -> Iterator[Piece]:
    for place, one in enumerate(_described(recording)):
        yield from _parts((place, "requirements"), one.requirements)
        yield from _parts((place, "runtimes"), one.runtimes)


def _with_specifiers(recording: Recording, kept: Collection[Piece]) -> Recording:
    versions = (
        replace(
            one,
            requirements=_with_parts((place, "requirements"), one.requirements, kept),
            runtimes=_with_parts((place, "runtimes"), one.runtimes, kept),
        )
        for place, one in enumerate(_described(recording))
    )
    return _with_described(recording, versions)


def _facts(recording: Recording) -> Iterator[Piece]:
    host = recording.host
    yield from (fact for fact in ("cores", "ram") if getattr(host, fact) is not None)
    yield from (("gpu", place) for place in range(len(host.gpus)))
    yield from (("runtime", name) for name in sorted(host.runtimes))
    yield from _modes(host.modes)
    yield from (("interface", one) for one in sorted(host.interfaces))
    yield from (("package", one) for one in sorted(host.system_packages))
    yield from (("installed", name) for name in sorted(host.installed))
    yield from (("deprecated", one) for one in sorted(host.deprecated))


def _with_facts(recording: Recording, kept: Collection[Piece]) -> Recording:
    host = recording.host
    runtimes = {name: version for name, version in host.runtimes.items() if ("runtime", name) in kept}
    installed = {name: one for name, one in host.installed.items() if ("installed", name) in kept}
    return replace(
        recording,
        host=Host(
            cores=host.cores if "cores" in kept else None,
            ram=host.ram if "ram" in kept else None,
            gpus=tuple(gpu for place, gpu in enumerate(host.gpus) if ("gpu", place) in kept),
            runtimes=MappingProxyType(runtimes),
            modes=_with_modes(host.modes, kept),
            interfaces=frozenset(one for one in host.interfaces if ("interface", one) in kept),
            system_packages=frozenset(one for one in host.system_packages if ("package", one) in kept),
            installed=MappingProxyType(installed),
            deprecated=frozenset(one for one in host.deprecated if ("deprecated", one) in kept),
        ),
    )


def _options(recording: Recording) -> Iterator[Piece]:
    request = recording.request
    if request.strategy is not Strategy.NEWEST:
        yield "strategy"
    if request.prereleases:
        yield "prereleases"
    yield from _modes(request.modes)
    yield from (("forced", name) for name in sorted(request.forced_modes))
    yield from (("preferred", name) for name in request.preferred)
    yield from (("excluded", one) for one in request.excluded)
    yield from _parts("excluded", request.excluded)
    yield from (("pinned", one) for one in request.pinned)
    yield from _parts("pinned", request.pinned)
    if request.locked is not None:
        yield "locked"
        yield from (("locked", name) for name in sorted(request.locked))
    yield from (("unlocked", name) for name in sorted(request.unlocked))
    yield from (("released", name) for name in sorted(request.released))
    if request.allow_removal:
        yield "allow_removal"
    if request.together:
        yield "together"
    yield from (("limit", one.name) for one in request.limits)
    yield from (("requested", one) for one in request.requirements)
    yield from _parts("requested", request.requirements)


def _with_options(recording: Recording, kept: Collection[Piece]) -> Recording:
    request = recording.request
    requirements = _with_parts("requested", request.requirements, kept, every="requested")
    locked = request.locked if "locked" in kept else None
    return replace(
        recording,
        request=Request(
            requirements=requirements,
            strategy=request.strategy if "strategy" in kept else Strategy.NEWEST,
            prereleases=request.prereleases and "prereleases" in kept,
            modes=_with_modes(request.modes, kept),
            forced_modes=MappingProxyType(
                {name: mode for name, mode in request.forced_modes.items() if ("forced", name) in kept}
            ),
            preferred=tuple(name for name in request.preferred if ("preferred", name) in kept),
            excluded=_with_parts("excluded", request.excluded, kept, every="excluded"),
            pinned=_with_parts("pinned", request.pinned, kept, every="pinned"),
            locked=None
            if locked is None
            else MappingProxyType({name: one for name, one in locked.items() if ("locked", name) in kept}),
            unlocked=frozenset(name for name in request.unlocked if ("unlocked", name) in kept),
            released=frozenset(name for name in request.released if ("released", name) in kept),
            allow_removal=request.allow_removal and "allow_removal" in kept,
            limits=tuple(one for one in request.limits if ("limit", one.name) in kept),
            together=request.together and "together" in kept,
        ),
    )


def _hints(recording: Recording) -> Iterator[Piece]:
    yield from (("name", one) for one in recording.names)
    yield from (("interface", one) for one in recording.interfaces)
    yield from (("note", one) for one in recording.notes)


def _with_hints(recording: Recording, kept: Collection[Piece]) -> Recording:
    return replace(
        recording,
        names=tuple(one for one in recording.names if ("name", one) in kept),
        interfaces=tuple(one for one in recording.interfaces if ("interface", one) in kept),
        notes=tuple(one for one in recording.notes if ("note", one) in kept),
    )


def _modes(modes: frozenset[str] | None) -> Iterator[Piece]:
    """That only `modes` are allowed, then each of them."""
    if modes is not None:
        yield "modes"
        yield from (("mode", one) for one in sorted(modes))


def _with_modes(modes: frozenset[str] | None, kept: Collection[Piece]) -> frozenset[str] | None:
    """Those of `modes` that are kept; the last where none is, since a profile has to allow one."""
    if modes is None or "modes" not in kept:
        return None
    return frozenset(one for one in modes if ("mode", one) in kept) or frozenset(sorted(modes)[-1:])


def _parts(owner: Hashable, requirements: Iterable[Requirement]) -> Iterator[Piece]:
    """The single specifiers of `requirements`."""
    for place, requirement in enumerate(requirements):
        yield from ((owner, place, part) for part in requirement.constraint.parts)


def _with_parts(
    owner: Hashable, requirements: Iterable[Requirement], kept: Collection[Piece], every: str | None = None
) -> tuple[Requirement, ...]:
    """`requirements` with those specifiers that are kept; `every` names the pieces that are whole requirements."""
    found: dict[Requirement, None] = {}
    for place, requirement in enumerate(requirements):
        if every is None or (every, requirement) in kept:
            parts = [part for part in requirement.constraint.parts if (owner, place, part) in kept]
            text = ",".join(operator + version for operator, version in parts)
            found[Requirement(requirement.name, Constraint.parse(text) if text else ANY)] = None
    return tuple(found)


CUTS: Final = (
    Cut(_modules, _with_modules),
    Cut(_versions, _with_versions),
    Cut(_entries, _with_entries),
    Cut(_specifiers, _with_specifiers),
    Cut(_facts, _with_facts),
    Cut(_options, _with_options),
    Cut(_hints, _with_hints),
)
"""All cuts, those that take out most first."""
