"""What a user can change of a request and a host, so that an answer becomes possible (contract, section 7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, assert_never, get_args

from packaging.version import Version

from las_solver.constraint import ANY, Requirement
from las_solver.model import Gpu, Host, Request
from las_solver.sentence import listed
from las_solver.size_text import size_beside, size_text

__all__ = [
    "ALL_CHANGES",
    "AdmitPrereleases",
    "AllowMode",
    "Change",
    "FreeMode",
    "LeaveOut",
    "LiftExclusion",
    "LiftPin",
    "ProvideInterface",
    "ProvideRuntime",
    "RaiseHardware",
    "RelaxConstraint",
    "ReleaseModule",
    "Unlock",
    "apply_changes",
    "barred_by",
    "change_document",
    "change_text",
    "changes_text",
    "cost",
    "raised_cards",
]


@dataclass(frozen=True, slots=True)
class RelaxConstraint:
    """Ask for the module of `requirement` at any version."""

    requirement: Requirement


@dataclass(frozen=True, slots=True)
class LeaveOut:
    """Do not ask for `module`."""

    module: str


@dataclass(frozen=True, slots=True)
class AdmitPrereleases:
    """Allow pre-releases of every module."""


@dataclass(frozen=True, slots=True)
class LiftExclusion:
    """Do not exclude what `requirement` excludes; if `removes`, do not remove it."""

    requirement: Requirement
    removes: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class LiftPin:
    """Do not pin by `requirement`."""

    requirement: Requirement


@dataclass(frozen=True, slots=True)
class Unlock:
    """Choose `module` as if there were no lock."""

    module: str


@dataclass(frozen=True, slots=True)
class ReleaseModule:
    """Allow to remove `module`, which is installed at `version`."""

    module: str
    version: Version = field(compare=False)


@dataclass(frozen=True, slots=True)
class AllowMode:
    """Allow `mode`, by the request and on the host; `barred_by` names those of the two that do not."""

    mode: str
    barred_by: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class FreeMode:
    """Do not force `module` into `mode`."""

    module: str
    mode: str


@dataclass(frozen=True, slots=True)
class ProvideInterface:
    """Provide `interface` from outside the module system."""

    interface: str


@dataclass(frozen=True, slots=True)
class RaiseHardware:
    """Have `to` of `fact` in place of `have` (None: unknown, or no GPU).

    `fact` is ``cores``, ``ram`` (bytes), ``vram`` (bytes, of one GPU), ``gpus`` or ``total-vram`` (bytes, of all GPUs,
    two or more).
    """

    fact: str
    to: int
    have: int | None


@dataclass(frozen=True, slots=True)
class ProvideRuntime:
    """Have the host provide the runtime `name` at `to`, in place of `have` (None: not at all).

    `spelled` is `to` as a manifest spells it, such as ``530.30.02``.
    """

    name: str
    to: Version
    have: Version | None
    spelled: str = field(default="", compare=False)


Change = (
    RelaxConstraint
    | LeaveOut
    | AdmitPrereleases
    | LiftExclusion
    | LiftPin
    | Unlock
    | ReleaseModule
    | AllowMode
    | FreeMode
    | ProvideInterface
    | RaiseHardware
    | ProvideRuntime
)

ALL_CHANGES: Final[frozenset[type]] = frozenset(get_args(Change))

_HARDWARE_COSTS = {"ram": 1000, "cores": 1100, "vram": 1500, "gpus": 2000, "total-vram": 2100}


def cost(change: Change) -> int:
    """What `change` costs, for ranking alone: asking for something else is cheap, buying a card is dear.

    To remove what is installed is dearer than any smaller wish, and cheaper than hardware.
    """
    match change:
        case RelaxConstraint() | LiftExclusion():
            return 100
        case LiftPin() | Unlock():
            return 110
        case AdmitPrereleases():
            return 120
        case FreeMode():
            return 150
        case AllowMode():
            return 200
        case ProvideRuntime():
            return 300
        case LeaveOut():
            return 400
        case ProvideInterface():
            return 500
        case ReleaseModule():
            return 600
        case RaiseHardware(fact, _, have):
            return 140 if have is None and fact in ("cores", "ram") else _HARDWARE_COSTS[fact]
        case _:
            assert_never(change)


def barred_by(mode: str, host: Host, request: Request) -> tuple[str, ...]:
    """Which of ``host`` and ``request`` do not allow `mode`."""
    allowed = {"host": host.modes, "request": request.modes}
    return tuple(place for place, modes in allowed.items() if modes is not None and mode not in modes)


def apply_changes(changes: Iterable[Change], host: Host, request: Request) -> tuple[Host, Request]:
    """`host` and `request` after `changes`."""
    hardware: dict[str, int] = {}
    for change in changes:
        match change:
            case RaiseHardware(fact, to):
                hardware[fact] = to
            case ProvideRuntime(name, to):
                host = replace(host, runtimes=MappingProxyType({**host.runtimes, name: to}))
            case ProvideInterface(interface):
                host = replace(host, interfaces=host.interfaces | {interface})
            case AllowMode(mode):
                host = host if host.modes is None else replace(host, modes=host.modes | {mode})
                request = request if request.modes is None else replace(request, modes=request.modes | {mode})
            case _:
                request = _asked_differently(change, request)
    if hardware:
        host = replace(
            host,
            cores=hardware.get("cores", host.cores),
            ram=hardware.get("ram", host.ram),
            gpus=raised_cards(
                host.gpus, hardware.get("vram", 0), hardware.get("gpus", 0), hardware.get("total-vram", 0)
            ),
        )
    return host, request


def _asked_differently(
    change: RelaxConstraint | LeaveOut | AdmitPrereleases | LiftExclusion | LiftPin | Unlock | ReleaseModule | FreeMode,
    request: Request,
) -> Request:
    match change:
        case RelaxConstraint(requirement):
            relaxed = (Requirement(one.name, ANY) if one == requirement else one for one in request.requirements)
            return replace(request, requirements=tuple(dict.fromkeys(relaxed)))
        case LeaveOut(module):
            return replace(request, requirements=tuple(one for one in request.requirements if one.name != module))
        case AdmitPrereleases():
            return replace(request, prereleases=True)
        case LiftExclusion(requirement):
            return replace(request, excluded=tuple(one for one in request.excluded if one != requirement))
        case LiftPin(requirement):
            return replace(request, pinned=tuple(one for one in request.pinned if one != requirement))
        case Unlock(module):
            return replace(request, unlocked=request.unlocked | {module})
        case ReleaseModule(module):
            return replace(request, released=request.released | {module})
        case FreeMode(module):
            left = {name: mode for name, mode in request.forced_modes.items() if name != module}
            return replace(request, forced_modes=MappingProxyType(left))


def raised_cards(cards: tuple[Gpu, ...], vram: int, count: int, together: int) -> tuple[Gpu, ...]:
    """`cards`, so that one has `vram` bytes, there are `count`, and they have `together`, shared by two or more.

    The largest card is raised to `vram`; cards are added that are like the largest; all are raised to an equal share.
    """
    raised = sorted(cards, key=lambda card: -card.vram)
    if vram:
        raised[:1] = [replace(raised[0], vram=max(raised[0].vram, vram)) if raised else Gpu(vram=vram)]
    least = max(count, 2 if together else 0)
    while len(raised) < least:
        raised.append(raised[0] if raised else Gpu(vram=0))
    if together > sum(card.vram for card in raised):
        share = -(-together // len(raised))
        raised = [replace(card, vram=max(card.vram, share)) for card in raised]
    return tuple(raised)


def change_document(change: Change) -> dict[str, object]:
    """`change` as plain values, ready for JSON: docs/documents.md describes every key."""
    match change:
        case RelaxConstraint(requirement):
            return {"kind": "requested", "requirement": str(requirement), "to": requirement.name}
        case LeaveOut(module):
            return {"kind": "requested", "requirement": module, "to": None}
        case AdmitPrereleases():
            return {"kind": "pre-release"}
        case LiftExclusion(requirement):
            return {"kind": "excluded", "requirement": str(requirement)}
        case LiftPin(requirement):
            return {"kind": "pinned", "requirement": str(requirement)}
        case Unlock(module):
            return {"kind": "locked", "module": module}
        case ReleaseModule(module):
            return {"kind": "installed", "module": module}
        case AllowMode(mode):
            return {"kind": "mode", "mode": mode}
        case FreeMode(module):
            return {"kind": "mode", "module": module}
        case ProvideInterface(interface):
            return {"kind": "interface", "interface": interface}
        case RaiseHardware(fact, to):
            return {"kind": "hardware", "fact": fact, "to": size_text(to, "") if fact in _SIZES else to}
        case ProvideRuntime(name, version, _, spelled):
            return {"kind": "runtime", "name": name, "to": spelled or str(version)}
        case _:
            assert_never(change)


def change_text(change: Change) -> str:
    """`change` in words that follow a number in a list."""
    match change:
        case RelaxConstraint(requirement):
            return f"ask for {requirement.name} without {requirement.constraint}"
        case LeaveOut(module):
            return f"leave out {module}"
        case AdmitPrereleases():
            return "allow pre-releases"
        case LiftExclusion(requirement, removes=True):
            return f"do not remove {requirement.name}"
        case LiftExclusion(requirement):
            return f"do not exclude {requirement.name} {requirement.constraint}".rstrip()
        case LiftPin(requirement):
            return f"lift the pin {requirement.name} {requirement.constraint}".rstrip()
        case Unlock(module):
            return f"let {module} differ from the lock"
        case ReleaseModule(module, version):
            return f"remove {module} {version}, which is installed"
        case AllowMode(mode, barred_by):
            where = " and ".join(_PLACES[one] for one in barred_by)
            return f"allow the mode {mode} {where}".rstrip()
        case FreeMode(module, mode):
            return f"do not force {module} into the mode {mode}"
        case ProvideInterface(interface):
            return f"provide the interface {interface} from outside"
        case RaiseHardware():
            return _more_hardware(change)
        case ProvideRuntime(name, to, have, spelled):
            what = name if to == ANY_RUNTIME else f"{name} {spelled or to}"
            return f"{what} on this host" + ("" if have is None else f" (now {have})")
        case _:
            assert_never(change)


def changes_text(changes: Sequence[Change]) -> str:
    """`changes` in words, those of one kind about several modules as one; what is to be done comes before what is to be
    got."""
    left_out = [change.module for change in changes if isinstance(change, LeaveOut)]
    unlocked = [change.module for change in changes if isinstance(change, Unlock)]
    removed = [f"{change.module} {change.version}" for change in changes if isinstance(change, ReleaseModule)]
    deeds = [f"leave out {listed(left_out, 'and')}"] if left_out else []
    things: list[str] = []
    for change in changes:
        if not isinstance(change, LeaveOut | Unlock | ReleaseModule):
            (things if _is_thing(change) else deeds).append(change_text(change))
    deeds.extend([f"let {listed(unlocked, 'and')} differ from the lock"] if unlocked else [])
    if removed:
        which_are = "which is installed" if len(removed) == 1 else "which are installed"
        deeds.append(f"remove {listed(removed, 'and')}, {which_are}")
    if deeds and things:
        return _joined([*deeds, f"get {_joined(things)}"])
    return _joined(deeds or things)


def _is_thing(change: Change) -> bool:
    """Whether :func:`change_text` names what a host is to have, rather than what is to be done."""
    is_to_be_stated = isinstance(change, RaiseHardware) and change.have is None and change.fact in ("cores", "ram")
    return isinstance(change, ProvideRuntime | RaiseHardware) and not is_to_be_stated


def _joined(parts: Sequence[str]) -> str:
    if len(parts) == 2 and not any(" and " in part for part in parts):
        return " and ".join(parts)
    return ", and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]


def _more_hardware(change: RaiseHardware) -> str:
    match change.fact:
        case "cores":
            if change.have is None:
                return f"state the number of CPU cores if it is {change.to} or more (--assume cores={change.to})"
            return f"{change.to} CPU cores (now {change.have})"
        case "ram":
            size = size_text(change.to)
            if change.have is None:
                return f"state the memory if it is {size} or more (--assume ram={size_text(change.to, '')})"
            return f"{size} of memory (now {size_beside(change.have, change.to)})"
        case "vram":
            instead = "" if change.have is None else f" (now {size_beside(change.have, change.to)})"
            return f"a GPU with {size_text(change.to)}{instead}"
        case "gpus":
            return "a second GPU" if change.have else "two GPUs"
        case _:
            return f"GPUs with {size_text(change.to)} together"


_PLACES = {"host": "on this host", "request": "in the request"}

ANY_RUNTIME = Version("0")
"""Stands for any version of a runtime, where manifests name none."""

_SIZES = frozenset({"ram", "vram", "total-vram"})
