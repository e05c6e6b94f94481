"""A machine in one line, and its sizes for people."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from las_cli.render.phrases import counted

if TYPE_CHECKING:
    from las_solver.model import Host

_DECIMAL: Final = (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("KB", 10**3))

__all__ = ["cards", "decimal_size", "readable_size", "rounded_size", "summary"]


def summary(host: Host) -> str:
    """The cores, the memory and the cards of a host: ``8 CPU cores, 64 GiB of memory, 2 x Arc A770 (14.9 GiB)``."""
    cores = "an unknown number of CPU cores" if host.cores is None else counted(host.cores, "CPU core")
    memory = "unknown memory" if host.ram is None else f"{rounded_size(host.ram)} of memory"
    return f"{cores}, {memory}, {' and '.join(cards(host)) or 'no graphics card'}"


def cards(host: Host) -> tuple[str, ...]:
    """The cards of `host`, each with its memory, the same ones counted: ``2 x GeForce RTX 3090 (24 GiB)``."""
    found = Counter(f"{gpu.name} ({rounded_size(gpu.vram)})" for gpu in host.gpus)
    return tuple(card if count == 1 else f"{count} x {card}" for card, count in found.items())


def rounded_size(size: int) -> str:
    """`size` bytes, rounded to a tenth of a GiB: ``24 GiB``."""
    return f"{_short(size / 1024**3)} GiB"


def decimal_size(size: int) -> str:
    """`size` bytes, rounded to a tenth of a GB, or of a smaller unit: ``25.8 GB``."""
    unit, factor = next(((name, one) for name, one in _DECIMAL if size >= one), ("bytes", 1))
    return f"{_short(size / factor)} {unit}"


def readable_size(size: int) -> str:
    """`size` bytes in powers of 1024 and of 1000, e.g. ``24564 MiB (25.8 GB)``."""
    if size < 1024**2:
        return f"{size} bytes"
    if size % 1024**3 == 0:
        binary = f"{size // 1024**3} GiB"
    elif size % 1024**2 == 0 and size < 100_000 * 1024**2:
        binary = f"{size // 1024**2} MiB"
    elif size < 1024**3:
        binary = f"{_short(size / 1024**2)} MiB"
    else:
        binary = rounded_size(size)
    decimal = f"{_short(size / 1000**3)} GB" if size >= 1000**3 else f"{_short(size / 1000**2)} MB"
    return f"{binary} ({decimal})"


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
