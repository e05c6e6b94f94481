"""Which facts differ between two hosts, by the names that ``--assume`` has for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from las_registry.size import format_size
from las_solver.model import Gpu, Host

__all__ = ["Difference", "differences"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact that differs, and its value on either host as people write it."""

    fact: str
    before: str
    after: str


def differences(before: Host, after: Host) -> tuple[Difference, ...]:
    """The facts in which `after` is not as `before`; none where both state the same."""
    old, new = _facts(before), _facts(after)
    return tuple(
        Difference(fact, old.get(fact, "none"), new.get(fact, "none"))
        for fact in dict.fromkeys((*old, *new))
        if old.get(fact) != new.get(fact)
    )


def _facts(host: Host) -> Mapping[str, str]:
    """Every fact as text, a runtime each for itself."""
    return {
        "cores": "unknown" if host.cores is None else str(host.cores),
        "ram": "unknown" if host.ram is None else format_size(host.ram),
        "gpus": ", ".join(_cards(host.gpus)) or "none",
        **{f"runtime.{name}": str(host.runtimes[name]) for name in sorted(host.runtimes)},
        "modes": "any" if host.modes is None else _list(host.modes),
        "interfaces": _list(host.interfaces),
        "system_packages": _list(host.system_packages),
    }


def _cards(gpus: Iterable[Gpu]) -> Iterable[str]:
    """The cards in their order, equal neighbours counted: ``2 x GeForce RTX 3090 (nvidia, 24GiB)``."""
    for gpu, several in groupby(gpus):
        count = len(list(several))
        card = f"{gpu.name} ({gpu.vendor}, {format_size(gpu.vram)})"
        yield card if count == 1 else f"{count} x {card}"


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
