"""A scenario as a question that a package manager can be asked: packages, what they need, and facts of the host.

What las-solve knows of hosts becomes packages that are there already, at the version that the host has:

- ``host-cores``, ``host-ram``, ``host-vram`` (the largest card), ``host-total-vram`` and ``host-gpus``; sizes in GB;
- a runtime of the host, under its own name, where modules may stand in for it; entries that it meets are left out;
- ``mode-native`` and so on for each allowed mode; versions without an allowed mode need the first of theirs;
- ``interface-NAME`` for what the host provides from outside.

What the caller excluded is left out. It cannot be said that needs form no circle, that pre-releases count only where
one is named, or that the newest answer is wanted layer by layer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from packaging.specifiers import Specifier
from packaging.version import Version

from las_solver.constraint import Requirement
from las_solver.model import Host, ModuleVersion, Request, Strategy
from las_solver.recording import Recording

__all__ = ["Need", "Package", "Question", "bounds_of", "question_of"]

GB = 10**9


@dataclass(frozen=True, slots=True)
class Need:
    """A need of a package called `name`; `bounds` say the same as `constraint` by ``< <= == != >= >`` alone."""

    name: str
    constraint: str = ""
    bounds: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Package:
    """One version of a package; it also counts as each of `provides`."""

    name: str
    version: str
    needs: tuple[Need, ...] = ()
    provides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of a peer. `facts` are packages that are there already."""

    needs: tuple[Need, ...]
    packages: tuple[Package, ...]
    facts: tuple[Package, ...]
    is_lowest: bool = False
    prereleases: bool = False
    left_out: tuple[str, ...] = field(default=())
    """What the caller excluded."""

    @property
    def has_interfaces(self) -> bool:
        return any(need.name.startswith("interface-") for one in self.packages for need in one.needs)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def question_of(recording: Recording) -> Question:
    """The question that `recording` asks."""
    request, host = recording.request, recording.host
    facts = tuple(_facts(request, host))
    taken = {(fact.name, Version(fact.version)) for fact in facts}
    excluded = [one for one in recording.module_versions if _is_excluded(one, request)]
    kept = [one for one in recording.module_versions if one not in excluded and (one.name, one.version) not in taken]
    return Question(
        needs=tuple(map(_need, request.requirements)),
        packages=tuple(_package(one, request, host) for one in kept),
        facts=facts,
        is_lowest=request.strategy is Strategy.LOWEST,
        prereleases=request.prereleases,
        left_out=tuple(map(str, excluded)),
    )


def bounds_of(constraint: str) -> tuple[tuple[str, str], ...]:
    """A PEP 440 specifier set by ``< <= == != >= >`` alone; a final version stands for the whole of ``==1.4.*``."""
    bounds: list[tuple[str, str]] = []
    for one in map(Specifier, filter(None, constraint.split(","))):
        release = Version(one.version.removesuffix(".*")).release
        match one.operator, one.version.endswith(".*"):
            case "~=", _:
                bounds += [(">=", one.version), ("<", _next(release[:-1]))]
            case "==", True:
                bounds += [(">=", ".".join(map(str, release))), ("<", _next(release))]
            case operator, False:
                bounds.append((operator, one.version))
            case operator, _:
                raise ValueError(f"{operator}{one.version} has no bounds")
    return tuple(bounds)


def _next(release: tuple[int, ...]) -> str:
    return ".".join(map(str, (*release[:-1], release[-1] + 1)))


def _facts(request: Request, host: Host) -> Iterable[Package]:
    if host.cores is not None:
        yield Package("host-cores", str(host.cores))
    if host.ram is not None:
        yield Package("host-ram", _gigabytes(host.ram))
    if host.gpus:
        yield Package("host-gpus", str(len(host.gpus)))
        yield Package("host-vram", _gigabytes(max(gpu.vram for gpu in host.gpus)))
        yield Package("host-total-vram", _gigabytes(sum(gpu.vram for gpu in host.gpus)))
    for name in sorted(host.runtimes):
        yield Package(name, str(host.runtimes[name]))
    for mode in sorted(mode for mode in host.modes or () if request.modes is None or mode in request.modes):
        yield Package(f"mode-{mode}", "1")
    for interface in sorted(host.interfaces):
        yield Package(f"interface-{interface}", "1")


def _package(one: ModuleVersion, request: Request, host: Host) -> Package:
    return Package(
        name=one.name,
        version=str(one.version),
        needs=(
            *map(_need, one.requirements),
            *(_need(runtime) for runtime in one.runtimes if not _meets(host, runtime)),
            *_hardware_needs(one),
            *_mode_needs(one, request, host),
            *(Need(f"interface-{interface}") for interface in one.consumes),
        ),
        provides=tuple(f"interface-{interface}" for interface in one.provides),
    )


def _meets(host: Host, runtime: Requirement) -> bool:
    return runtime.name in host.runtimes and runtime.constraint.admits(host.runtimes[runtime.name])


def _need(requirement: Requirement) -> Need:
    constraint = requirement.constraint.text
    return Need(requirement.name, constraint, bounds_of(constraint))


def _hardware_needs(one: ModuleVersion) -> Iterable[Need]:
    hardware = one.hardware
    if hardware.cores_min is not None:
        yield _at_least("host-cores", str(hardware.cores_min))
    if hardware.ram_min is not None:
        yield _at_least("host-ram", _gigabytes(hardware.ram_min))
    if hardware.multi_gpu:
        yield _at_least("host-gpus", "2")
    if hardware.vram_min is not None:
        yield _at_least("host-total-vram" if hardware.multi_gpu else "host-vram", _gigabytes(hardware.vram_min))


def _mode_needs(one: ModuleVersion, request: Request, host: Host) -> Iterable[Need]:
    """That a version has one of several modes is decided here, as an "or" is more than most peers can be told."""
    forced = request.forced_modes.get(one.name)
    allowed = [
        mode
        for mode in one.modes
        if forced in (None, mode)
        and (host.modes is None or mode in host.modes)
        and (request.modes is None or mode in request.modes)
    ]
    if not allowed:
        yield Need(f"mode-{one.modes[0]}" if forced is None else f"mode-{one.modes[0]}-for-{one.name}")


def _at_least(name: str, amount: str) -> Need:
    return Need(name, f">={amount}", ((">=", amount),))


def _gigabytes(size: int) -> str:
    return f"{(Decimal(size) / GB).normalize():f}"


def _is_excluded(one: ModuleVersion, request: Request) -> bool:
    return any(other.name == one.name and other.constraint.admits(one.version) for other in request.excluded)
