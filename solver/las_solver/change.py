"""What a user can change of a request and a host, so that an answer becomes possible (contract, section 7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field, replace
from typing import Any, Final, assert_never, get_args

from packaging.version import Version

from las_solver.constraint import ANY, Requirement
from las_solver.lazy_dataclass import dataclass
from las_solver.model import Gpu, Host, Request

__all__ = [
    "ALL_CHANGES",
    "ANY_RUNTIME",
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
    "cost",
    "raised_cards",
]


def _to_dict(self: Change) -> dict[str, Any]:
    """The change as plain values, ready for JSON (docs/documents.md)."""
    from las_solver.change_text import change_document  # late, as it comes after this

    return change_document(self)


@dataclass(frozen=True, slots=True)
class RelaxConstraint:
    """Ask for the module of `requirement` at any version."""

    requirement: Requirement

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class LeaveOut:
    """Do not ask for `module`."""

    module: str

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class AdmitPrereleases:
    """Allow pre-releases of every module."""

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class LiftExclusion:
    """Do not exclude what `requirement` excludes; if `removes`, do not remove it."""

    requirement: Requirement
    removes: bool = field(default=False, compare=False)

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class LiftPin:
    """Do not pin by `requirement`."""

    requirement: Requirement

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class Unlock:
    """Choose `module` as if there were no lock."""

    module: str

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class ReleaseModule:
    """Allow to remove `module`, which is installed at `version`."""

    module: str
    version: Version = field(compare=False)

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class AllowMode:
    """Allow `mode`, by the request and on the host; `barred_by` names those of the two that do not."""

    mode: str
    barred_by: tuple[str, ...] = field(default=(), compare=False)

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class FreeMode:
    """Do not force `module` into `mode`."""

    module: str
    mode: str

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class ProvideInterface:
    """Provide `interface` from outside the module system."""

    interface: str

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class RaiseHardware:
    """Have `to` of `fact` in place of `have` (None: unknown, or no GPU).

    `fact` is ``cores``, ``ram`` (bytes), ``vram`` (bytes, of one GPU), ``gpus`` or ``total-vram`` (bytes, of all GPUs,
    two or more).
    """

    fact: str
    to: int
    have: int | None

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class RaiseLimit:
    """Let the limit `name` of the request be `to` in place of `have`."""

    name: str
    to: int
    have: int

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class TakeInstead:
    """Ask for `instead` in place of the requested module `module`, at any version."""

    module: str
    instead: str

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class AddCard:
    """Have one graphics card more, of `vram` bytes, as the last one; there are `have` now."""

    vram: int
    have: int = field(default=0, compare=False)

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class ProvideRuntime:
    """Have the host provide the runtime `name` at `to`, in place of `have` (None: not at all).

    `spelled` is `to` as a manifest spells it, such as ``530.30.02``.
    """

    name: str
    to: Version
    have: Version | None
    spelled: str = field(default="", compare=False)

    to_dict = _to_dict


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
    | RaiseLimit
    | TakeInstead
    | AddCard
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
        case RaiseLimit():
            return 130
        case FreeMode():
            return 150
        case AllowMode():
            return 200
        case ProvideRuntime():
            return 300
        case TakeInstead():
            return 350
        case LeaveOut():
            return 400
        case ProvideInterface():
            return 500
        case ReleaseModule():
            return 600
        case AddCard():
            return 1800
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
    added: list[Gpu] = []
    for change in changes:
        match change:
            case RaiseHardware(fact, to):
                hardware[fact] = to
            case AddCard(vram):
                added.append(Gpu(vram=vram))
            case ProvideRuntime(name, to):
                host = replace(host, runtimes={**host.runtimes, name: to})
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
    return (replace(host, gpus=(*host.gpus, *added)) if added else host), request


def _asked_differently(
    change: RelaxConstraint
    | LeaveOut
    | TakeInstead
    | RaiseLimit
    | AdmitPrereleases
    | LiftExclusion
    | LiftPin
    | Unlock
    | ReleaseModule
    | FreeMode,
    request: Request,
) -> Request:
    match change:
        case RelaxConstraint(requirement):
            relaxed = (Requirement(one.name, ANY) if one == requirement else one for one in request.requirements)
            return replace(request, requirements=tuple(dict.fromkeys(relaxed)))
        case LeaveOut(module):
            return replace(request, requirements=tuple(one for one in request.requirements if one.name != module))
        case TakeInstead(module, instead):
            asked = (Requirement(instead, ANY) if one.name == module else one for one in request.requirements)
            return replace(request, requirements=tuple(dict.fromkeys(asked)))
        case RaiseLimit(name, to):
            limits = (replace(one, at_most=to) if one.name == name else one for one in request.limits)
            return replace(request, limits=tuple(limits))
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
            return replace(request, forced_modes=left)


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


ANY_RUNTIME = Version("0")
"""Stands for any version of a runtime, where manifests name none."""
