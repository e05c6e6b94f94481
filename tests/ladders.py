"""Everything about a request and its host that a user could change, for trying all combinations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from strategies import Case

from las_solver.change import (
    AdmitPrereleases,
    AllowMode,
    Change,
    FreeMode,
    LeaveOut,
    LiftExclusion,
    ProvideInterface,
    ProvideRuntime,
    RaiseHardware,
    RelaxConstraint,
)
from las_solver.constraint import parse_version

__all__ = ["facts", "ladders"]

RUNTIMES = [parse_version(text) for text in ("0", "0.9", "1.0", "1.0.1", "1.1", "2.0", "2.0.1", "2.1", "9")]


def ladders(case: Case) -> Iterator[list[Change]]:
    """Every fact of `case` that can be changed, with all that it could be; of hardware, the most that is needed."""
    host, request = case.host, case.request
    yield from ([RelaxConstraint(one)] for one in dict.fromkeys(request.requirements) if one.constraint.text)
    names = dict.fromkeys(one.name for one in request.requirements)
    yield from ([LeaveOut(name)] for name in names if len(names) > 1)
    yield from ([LiftExclusion(one)] for one in request.excluded)
    yield from ([FreeMode(module, mode)] for module, mode in request.forced_modes.items())
    yield [AdmitPrereleases()]
    versions = case.module_versions
    yield from ([AllowMode(mode)] for mode in sorted({mode for one in versions for mode in one.modes}))
    yield from ([ProvideInterface(name)] for name in sorted({name for one in versions for name in one.consumes}))
    for name in sorted({runtime.name for one in versions for runtime in one.runtimes}):
        have = host.runtimes.get(name)
        yield [ProvideRuntime(name, to, have) for to in RUNTIMES if have is None or to > have]
    amounts: dict[str, set[int | None]] = {
        "cores": {one.hardware.cores_min for one in versions},
        "ram": {one.hardware.ram_min for one in versions},
        "vram": {one.hardware.vram_min for one in versions if not one.hardware.multi_gpu},
        "gpus": {2 for one in versions if one.hardware.multi_gpu},
        "total-vram": {one.hardware.vram_min for one in versions if one.hardware.multi_gpu},
    }
    for fact, needed in amounts.items():
        yield [RaiseHardware(fact, amount, None) for amount in sorted(filter(None, needed))[-1:]]


def facts(case: Case, changes: Sequence[Change]) -> frozenset[object]:
    """What `changes` are about; who leaves out a module takes away its constraints, too.

    A change of the cards that asks for more than another is not repeated, so they are one fact.
    """
    left_out = {one.module for one in changes if isinstance(one, LeaveOut)}
    relaxed = [RelaxConstraint(one) for one in case.request.requirements if one.name in left_out]
    return frozenset(
        ("runtime", one.name)
        if isinstance(one, ProvideRuntime)
        else ("cards" if one.fact in ("vram", "gpus", "total-vram") else one.fact)
        if isinstance(one, RaiseHardware)
        else one
        for one in (*changes, *relaxed)
        if not (isinstance(one, RelaxConstraint) and not one.requirement.constraint.text)
    )
