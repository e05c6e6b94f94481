"""What speaks against a module version by itself: hardware, modes, exclusions (contract, section 4, items 4 and 5)."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from packaging.version import Version

from las_solver.constraint import Requirement
from las_solver.lazy_dataclass import dataclass
from las_solver.model import NO_HARDWARE, Hardware, Host, ModuleVersion, Request

__all__ = [
    "Deprecated",
    "Excluded",
    "LacksHardware",
    "LacksMode",
    "Objection",
    "OutsideLock",
    "OutsidePin",
    "allowed_mode",
    "names_versions",
    "objections",
    "passes",
]


@dataclass(frozen=True, slots=True)
class LacksHardware:
    """The host has less of `fact` than the version needs; `have` is None where that is unknown, or there is no GPU.

    `fact` is ``cores``, ``ram`` (bytes), ``vram`` (bytes, of one GPU), ``total-vram`` (bytes, of all GPUs) or ``gpus``.
    """

    fact: str
    need: int
    have: int | None


@dataclass(frozen=True, slots=True)
class LacksMode:
    """The version has none of the `allowed` modes."""

    modes: tuple[str, ...]
    allowed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Excluded:
    """The caller excluded the version."""

    by: Requirement


@dataclass(frozen=True, slots=True)
class OutsidePin:
    """A pin of the module does not admit the version."""

    by: Requirement


@dataclass(frozen=True, slots=True)
class OutsideLock:
    """The lock has the module at another version, `locked`, or not at all."""

    locked: Version | None


@dataclass(frozen=True, slots=True)
class Deprecated:
    """The version is deprecated, and not installed."""


Objection = LacksHardware | LacksMode | Excluded | OutsidePin | OutsideLock | Deprecated


def objections(candidate: ModuleVersion, host: Host, request: Request) -> tuple[Objection, ...]:
    """Everything that rules `candidate` out by itself, apart from the request's constraint and pre-releases."""
    found: list[Objection] = []
    if candidate.hardware is not NO_HARDWARE:
        found.extend(_hardware_objections(candidate.hardware, host))
    is_any_mode_allowed = host.modes is None and request.modes is None and not request.forced_modes
    if not is_any_mode_allowed and allowed_mode(candidate, host, request) is None:
        found.append(LacksMode(candidate.modes, tuple(sorted(_allowed_modes(candidate.name, host, request) or ()))))
    if request.excluded or request.pinned or request.locked is not None or host.deprecated:
        found.extend(_owners_objections(candidate, host, request))
    return tuple(found)


def passes(hardware: Hardware, modes: Collection[str], name: str, host: Host, request: Request) -> bool:
    """Whether a version of the module `name` that asks for `hardware` and one of `modes` is not ruled out by those."""
    if hardware is not NO_HARDWARE and _hardware_objections(hardware, host):
        return False
    if host.modes is None and request.modes is None and not request.forced_modes:
        return True
    allowed = _allowed_modes(name, host, request)
    return allowed is None or not allowed.isdisjoint(modes)


def _owners_objections(candidate: ModuleVersion, host: Host, request: Request) -> Iterator[Objection]:
    """What the caller and the owner of the machine have against a version."""
    name, version = candidate.name, candidate.version
    for requirement in request.excluded:
        if requirement.name == name and requirement.constraint.admits(version):
            yield Excluded(requirement)
    for pin in request.pinned:
        if pin.name == name and not pin.constraint.admits(version):
            yield OutsidePin(pin)
    installed = host.installed.get(name)
    is_installed = installed is not None and installed.version == version
    if request.locked is not None and name not in request.unlocked:
        locked = request.locked.get(name)
        if version != locked and not (locked is None and is_installed):
            yield OutsideLock(locked)
    if not is_installed and (name, version) in host.deprecated:
        yield Deprecated()


def names_versions(name: str, host: Host, request: Request) -> bool:
    """Whether something but hardware and modes may speak against single versions of the module `name`."""
    if request.locked is None and not (request.excluded or request.pinned or host.deprecated):
        return False
    return (
        request.locked is not None
        or any(one.name == name for one in (*request.excluded, *request.pinned))
        or any(module == name for module, _ in host.deprecated)
    )


def allowed_mode(candidate: ModuleVersion, host: Host, request: Request) -> str | None:
    """The mode in which `candidate` would run: the preferred one if it is allowed, else its first that is."""
    allowed = _allowed_modes(candidate.name, host, request)
    if candidate.preferred_mode is not None and (allowed is None or candidate.preferred_mode in allowed):
        return candidate.preferred_mode
    return next((mode for mode in candidate.modes if allowed is None or mode in allowed), None)


def _allowed_modes(name: str, host: Host, request: Request) -> frozenset[str] | None:
    """The modes that the host and the caller allow for the module `name`; None if every mode is.

    A mode forced for one module stands in place of the modes that the caller allows for all.
    """
    forced = request.forced_modes.get(name)
    wanted = request.modes if forced is None else frozenset((forced,))
    if host.modes is None or wanted is None:
        return host.modes if wanted is None else wanted
    return host.modes & wanted


def _hardware_objections(hardware: Hardware, host: Host) -> tuple[LacksHardware, ...]:
    largest = max((gpu.vram for gpu in host.gpus), default=None)
    together = sum(gpu.vram for gpu in host.gpus)
    checks = (
        ("cores", hardware.cores_min, host.cores),
        ("ram", hardware.ram_min, host.ram),
        ("gpus", 2 if hardware.multi_gpu else None, len(host.gpus)),
        ("total-vram", hardware.vram_min, together) if hardware.multi_gpu else ("vram", hardware.vram_min, largest),
    )
    return tuple(
        LacksHardware(fact, need, have)
        for fact, need, have in checks
        if need is not None and (have is None or have < need)
    )
