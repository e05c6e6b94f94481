"""The vocabulary: module versions and what they need, the host, and the request (contract, sections 1 to 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from packaging.version import Version

from las_solver.constraint import Requirement
from las_solver.lazy_dataclass import dataclass
from las_solver.limit import Limit

__all__ = ["Gpu", "Hardware", "Host", "ModuleVersion", "Request", "Strategy"]


class Strategy(StrEnum):
    """Which of the valid answers is wanted.

    `KEEP`: fewest changes to what is installed, then the newest. `UPGRADE`: the newest, also of installed providers.
    """

    NEWEST = "newest"
    LOWEST = "lowest"
    KEEP = "keep"
    UPGRADE = "upgrade"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """The least hardware that a module version runs on; None where it names no minimum. Sizes in bytes.

    `multi_gpu`: needs two GPUs or more, and `vram_min` counts over all of them.
    """

    cores_min: int | None = None
    ram_min: int | None = None
    vram_min: int | None = None
    multi_gpu: bool = False


NO_HARDWARE = Hardware()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleVersion:
    """One version of one module, as its manifest describes it.

    `requirements` and `runtimes` stand in the order of ``dependencies.modules`` and ``dependencies.runtime``.
    `modes` is never empty. `source` says where the manifest stands, e.g. ``cuda/manifest.yaml``.
    """

    name: str
    version: Version
    category: str = "tool"
    requirements: tuple[Requirement, ...] = ()
    runtimes: tuple[Requirement, ...] = ()
    hardware: Hardware = NO_HARDWARE
    modes: tuple[str, ...] = ("native",)
    preferred_mode: str | None = None
    provides: tuple[str, ...] = ()
    consumes: tuple[str, ...] = ()
    system_packages: tuple[str, ...] = ()
    source: str = ""
    checksum: str | None = None
    is_prerelease: bool = field(init=False, repr=False, compare=False)
    """Whether `version` is a pre-release; kept, because `Version` works it out anew each time."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_prerelease", self.version.is_prerelease)

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """One graphics card that can compute. `vram` in bytes; for unified memory, what it may use."""

    name: str = "GPU"
    vendor: str = "unknown"
    vram: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What is known of the machine that a plan is for (contract, section 3).

    `cores` and `ram` (bytes) are None where unknown; then no minimum on them is met. `modes` is None where every mode
    is allowed. `runtimes` are what the host itself provides, with their versions.
    """

    cores: int | None = None
    ram: int | None = None
    gpus: tuple[Gpu, ...] = ()
    runtimes: Mapping[str, Version] = field(default_factory=dict)
    modes: frozenset[str] | None = None
    interfaces: frozenset[str] = frozenset()
    system_packages: frozenset[str] = frozenset()
    installed: Mapping[str, ModuleVersion] = field(default_factory=dict)
    deprecated: frozenset[tuple[str, Version]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for.

    `requirements` are the requested modules in the order given; a module named twice must meet both constraints and
    stands where it was named first. `modes` are the only modes that the caller allows (None: any);
    `forced_modes` names the mode of single modules. `excluded` versions are never chosen. `preferred` are providers
    of interfaces to take first, best first.

    `pinned` modules are chosen only at versions that their pins admit. With `locked`, its modules are chosen at its
    versions alone, and other modules only as they are installed; `unlocked` ones as if there were no lock. What is
    installed stays, at whatever version, except modules that are `released`, or all where `allow_removal`.
    `requirements` may be empty where something is installed.

    Each of `limits`, of which the names are unique, holds for all modules of an answer. With `together` these run at
    the same time, so that their minimums of memory add up (docs/decisions/0022).
    """

    requirements: tuple[Requirement, ...]
    strategy: Strategy = Strategy.NEWEST
    prereleases: bool = False
    modes: frozenset[str] | None = None
    forced_modes: Mapping[str, str] = field(default_factory=dict)
    preferred: tuple[str, ...] = ()
    excluded: tuple[Requirement, ...] = ()
    pinned: tuple[Requirement, ...] = ()
    locked: Mapping[str, Version] | None = None
    unlocked: frozenset[str] = frozenset()
    released: frozenset[str] = frozenset()
    allow_removal: bool = False
    limits: tuple[Limit, ...] = ()
    together: bool = False

    @property
    def removed(self) -> tuple[str, ...]:
        """The modules of which the removal is asked for: they may be removed, and every version of them is excluded."""
        return tuple(one.name for one in self.excluded if not one.constraint.text and one.name in self.released)
