"""The facts about a machine that a lock depends on, each with its value as text.

They have the names and values of ``--assume``, apart from ``interface.NAME``: ``provided`` or ``none``. ``unknown``
stands for what is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from las_registry.document_reading import label
from las_registry.host.facts import (
    parse_cores,
    parse_label,
    parse_memory,
    parse_runtime_name,
    parse_runtime_version,
)
from las_registry.size import format_size
from las_solver.errors import InvalidInput
from las_solver.model import Host, ModuleVersion
from las_solver.statement import HardwareLimit, InterfaceNeed, ModeLimit, RuntimeNeed, Statement

__all__ = ["fact_of", "facts_that_mattered", "is_same", "parse_fact"]

_HARDWARE: Final = {"cores": "cores", "ram": "ram", "vram": "gpus", "total-vram": "gpus", "gpus": "gpus"}
"""The fact that a :class:`las_solver.feasibility.LacksHardware` is about."""

_FEW: Final = ("cores", "ram", "gpus", "modes")
_RUNTIME: Final = "runtime."
_INTERFACE: Final = "interface."


def facts_that_mattered(host: Host, chosen: Iterable[ModuleVersion], reasons: Iterable[Statement]) -> Mapping[str, str]:
    """The facts of `host` on which it depends that versions can be `chosen`, and the `reasons` why none is newer.

    These are the facts that their minimums are about, the runtimes and interfaces that they need, wherever they get
    these from, and the modes that the host allows where it rules out any.
    """
    names = {fact for one in chosen for fact in _needed(one, host)}
    names.update(fact for reason in reasons for fact in _named(reason, host))
    order = {fact: place for place, fact in enumerate(_FEW)}
    return {fact: fact_of(host, fact) for fact in sorted(names, key=lambda fact: (order.get(fact, len(order)), fact))}


def fact_of(host: Host, fact: str) -> str:
    """The value of `fact` on `host`."""
    if fact.startswith(_RUNTIME):
        version = host.runtimes.get(fact.removeprefix(_RUNTIME))
        return "none" if version is None else str(version)
    if fact.startswith(_INTERFACE):
        return "provided" if fact.removeprefix(_INTERFACE) in host.interfaces else "none"
    match fact:
        case "cores":
            return "unknown" if host.cores is None else str(host.cores)
        case "ram":
            return "unknown" if host.ram is None else format_size(host.ram)
        case "gpus":
            sizes = sorted((gpu.vram for gpu in host.gpus), reverse=True)
            return ", ".join(map(format_size, sizes)) or "none"
        case _:
            return "any" if host.modes is None else ", ".join(sorted(host.modes))


def parse_fact(fact: str, value: str) -> str:
    """`value` as :func:`fact_of` spells it; raises :class:`InvalidInput` for a fact or a value that there cannot be."""
    if fact.startswith(_RUNTIME):
        parse_runtime_name(fact.removeprefix(_RUNTIME))
        return value if value == "none" else str(parse_runtime_version(value))
    if fact.startswith(_INTERFACE):
        label(fact.removeprefix(_INTERFACE))
        if value not in ("provided", "none"):
            raise InvalidInput("an interface is provided or none", hint=f"write {fact}: none")
        return value
    match fact:
        case "cores":
            return value if value == "unknown" else str(parse_cores(value))
        case "ram":
            return value if value == "unknown" else format_size(parse_memory(value))
        case "gpus":
            sizes = [] if value == "none" else [parse_memory(part.strip()) for part in value.split(",")]
            return ", ".join(map(format_size, sorted(sizes, reverse=True))) or "none"
        case "modes":
            return value if value == "any" else ", ".join(sorted(parse_label(one.strip()) for one in value.split(",")))
        case _:
            known = ", ".join((*_FEW, f"{_RUNTIME}NAME", f"{_INTERFACE}NAME"))
            raise InvalidInput("there is no such fact", hint=f"facts are {known}")


def is_same(fact: str, value: str, other: str) -> bool:
    """Whether two values of `fact` mean the same: versions may be spelled in several ways."""
    if value == other or not fact.startswith(_RUNTIME) or "none" in (value, other):
        return value == other
    return parse_runtime_version(value) == parse_runtime_version(other)


def _needed(one: ModuleVersion, host: Host) -> Iterator[str]:
    """The facts that matter to a version by itself."""
    if one.hardware.cores_min is not None:
        yield "cores"
    if one.hardware.ram_min is not None:
        yield "ram"
    if one.hardware.vram_min is not None or one.hardware.multi_gpu:
        yield "gpus"
    if host.modes is not None and not host.modes.issuperset(one.modes):
        yield "modes"
    yield from (_RUNTIME + requirement.name for requirement in one.runtimes)
    yield from (_INTERFACE + interface for interface in one.consumes)


def _named(reason: Statement, host: Host) -> Iterator[str]:
    """The facts that a statement names."""
    match reason:
        case HardwareLimit(_, lack):
            yield _HARDWARE[lack.fact]
        case ModeLimit() if host.modes is not None:
            yield "modes"
        case RuntimeNeed(_, requirement):
            yield _RUNTIME + requirement.name
        case InterfaceNeed(_, interface):
            yield _INTERFACE + interface
