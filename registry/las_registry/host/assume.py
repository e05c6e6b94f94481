"""Facts that the caller states for one call, over what is known of the host: ``--assume FACT=VALUE``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final, TypeVar

from las_registry.host.facts import (
    parse_cores,
    parse_label,
    parse_memory,
    parse_runtime_name,
    parse_runtime_version,
)
from las_solver.errors import InvalidInput
from las_solver.model import Gpu, Host

__all__ = ["EXAMPLES", "assume"]

EXAMPLES: Final = {
    "cores": "cores=16",
    "ram": "ram=64GB",
    "gpus": "gpus=24GB,24GB",
    "runtime.NAME": "runtime.cuda=12.4",
    "modes": "modes=native,container",
    "interfaces": "interfaces=sql-database",
    "system_packages": "system_packages=cmake,git",
}
"""Every fact that can be stated, with an example."""

_ALIASES: Final = {
    "cpu": "cores",
    "cpus": "cores",
    "cpu.cores": "cores",
    "threads": "cores",
    "memory": "ram",
    "memory.ram": "ram",
    "gpu": "gpus",
    "vram": "gpus",
    "cuda": "runtime.NAME",
    "rocm": "runtime.NAME",
    "python": "runtime.NAME",
    "runtime": "runtime.NAME",
    "runtimes": "runtime.NAME",
    "nvidia-driver": "runtime.NAME",
    "packages": "system_packages",
}
Item = TypeVar("Item")

_NONE: Final = ("", "none")
_MOST_GPUS: Final = 1024
_LEAST_MEMORY: Final = 1_000_000


def assume(host: Host, facts: Sequence[str]) -> Host:
    """`host` with each of `facts`, written ``FACT=VALUE``, in place of what was known.

    An empty value, or ``none``, means that there are none: no card, no such runtime, nothing provided.
    ``modes=any`` allows every mode. Raises :class:`InvalidInput` for a fact that is not known, a value that
    makes no sense, and the same fact stated twice with different values.
    """
    stated: dict[str, str] = {}
    for text in facts:
        fact, equals, value = (part.strip() for part in text.partition("="))
        if not equals:
            raise InvalidInput(f"--assume {text}: no value follows", hint=_examples(fact))
        if stated.setdefault(fact, value) != value:
            raise InvalidInput(
                f"--assume {fact} is stated twice, as {stated[fact]!r} and {value!r}", hint="keep one of them"
            )
    for fact, value in stated.items():
        try:
            host = _with_fact(host, fact, value)
        except InvalidInput as error:
            raise InvalidInput(f"--assume {fact}={value}: {error.message}", hint=error.hint) from None
    return host


def _with_fact(host: Host, fact: str, value: str) -> Host:
    if fact.startswith("runtime."):
        return _with_runtime(host, fact.removeprefix("runtime."), value)
    match fact:
        case "cores":
            return replace(host, cores=parse_cores(value))
        case "ram":
            return replace(host, ram=_memory(value))
        case "gpus":
            return replace(host, gpus=_gpus(value))
        case "modes":
            return replace(host, modes=_modes(value))
        case "interfaces":
            return replace(host, interfaces=frozenset(_items(value, parse_label)))
        case "system_packages":
            return replace(host, system_packages=frozenset(_items(value, parse_label)))
        case _:
            raise InvalidInput("there is no such fact", hint=_examples(fact))


def _with_runtime(host: Host, name: str, value: str) -> Host:
    runtimes = dict(host.runtimes)
    parse_runtime_name(name)
    if value in _NONE:
        runtimes.pop(name, None)
    else:
        runtimes[name] = parse_runtime_version(value)
    return replace(host, runtimes=MappingProxyType(runtimes))


def _memory(value: str) -> int:
    """An amount of memory that some machine has: who leaves the unit out does not mean bytes."""
    size = parse_memory(value)
    if size < _LEAST_MEMORY:
        raise InvalidInput(f"{value!r} is only {size} byte{'' if size == 1 else 's'}", hint="name the unit, as in 24GB")
    return size


def _gpus(value: str) -> tuple[Gpu, ...]:
    """Sizes, each of one card; ``2x24GB`` is two cards."""
    cards: list[Gpu] = []
    for item in _items(value, str):
        several = re.fullmatch(r"([0-9]{1,4}) *[xX×*] *(.+)", item)
        count, size = (int(several[1]), several[2]) if several else (1, item)
        if not 1 <= count <= _MOST_GPUS - len(cards):
            raise InvalidInput(f"from 1 to {_MOST_GPUS} cards can be stated", hint=EXAMPLES["gpus"])
        cards += [Gpu(vram=_memory(size))] * count
    return tuple(cards)


def _modes(value: str) -> frozenset[str] | None:
    if value == "any":
        return None
    if value == "":
        raise InvalidInput("no mode is left", hint="name the modes that are allowed, or write modes=any for every mode")
    return frozenset(_items(value, parse_label, none=()))


def _items(value: str, parse: Callable[[str], Item], none: Sequence[str] = _NONE) -> list[Item]:
    """The parts between commas."""
    return [] if value in none else [parse(part.strip()) for part in value.split(",")]


def _examples(fact: str) -> str:
    meant = _ALIASES.get(fact.lower()) or next(iter(get_close_matches(fact.lower(), EXAMPLES, n=1)), None)
    if meant is not None:
        return f"write it like {EXAMPLES[meant]}"
    return "write one of " + ", ".join(EXAMPLES.values())
