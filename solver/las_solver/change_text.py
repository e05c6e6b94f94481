"""Changes in words, and as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from las_solver.change import (
    ANY_RUNTIME,
    AddCard,
    AdmitPrereleases,
    AllowMode,
    Change,
    FreeMode,
    LeaveOut,
    LiftExclusion,
    LiftPin,
    ProvideInterface,
    ProvideRuntime,
    RaiseHardware,
    RaiseLimit,
    RelaxConstraint,
    ReleaseModule,
    TakeInstead,
    Unlock,
)
from las_solver.sentence import listed
from las_solver.size_text import rounded_up, size_beside, size_text

__all__ = ["change_document", "change_text", "changes_text"]


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
        case AddCard(vram, have):
            return {"kind": "hardware", "fact": "card", "to": vram, "have": have}
        case RaiseLimit(name, bound, now):
            return {"kind": "limit", "limit": name, "to": bound, "have": now}
        case TakeInstead(module, instead):
            return {"kind": "instead", "module": module, "to": instead}
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
        case RaiseLimit(name, bound, now):
            allowed = f"raise the limit on {name} to 1" if bound == 1 else f"allow {bound} {name}"
            return f"{allowed} (now {now})"
        case TakeInstead(module, instead):
            return f"ask for {instead} in place of {module}"
        case AddCard(vram, have):
            return f"{'one more GPU' if have else 'a GPU'} with {size_text(rounded_up(vram))}"
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
    return isinstance(change, ProvideRuntime | RaiseHardware | AddCard) and not is_to_be_stated


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
        case "gpus":
            return "a second GPU" if change.have else "two GPUs"
        case _:
            return _more_memory(change, rounded_up(change.to))


def _more_memory(change: RaiseHardware, to: int) -> str:
    now = "" if change.have is None else f" (now {size_beside(change.have, to)})"
    if change.fact == "vram":
        return f"a GPU with {size_text(to)}{now}"
    if change.fact == "total-vram":
        return f"GPUs with {size_text(to)} together"
    if change.have is None:
        return f"state the memory if it is {size_text(to)} or more (--assume ram={size_text(to, '')})"
    return f"{size_text(to)} of memory{now}"


_PLACES = {"host": "on this host", "request": "in the request"}

_SIZES = frozenset({"ram", "vram", "total-vram"})
