"""A machine in one line."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from las_cli.render.phrases import counted

if TYPE_CHECKING:
    from las_solver.model import Host

__all__ = ["summary"]

_GIB: Final = 1024**3


def summary(host: Host) -> str:
    """The cores, the memory and the cards of `host`: ``16 CPU cores, 64 GiB of memory, 2 x GeForce RTX 3090 (24 GiB)``.

    Sizes are rounded to a tenth of a GiB.
    """
    cores = "an unknown number of CPU cores" if host.cores is None else counted(host.cores, "CPU core")
    memory = "unknown memory" if host.ram is None else f"{_rounded(host.ram)} of memory"
    cards = Counter(f"{gpu.name} ({_rounded(gpu.vram)})" for gpu in host.gpus)
    gpus = " and ".join(card if count == 1 else f"{count} x {card}" for card, count in cards.items())
    return f"{cores}, {memory}, {gpus or 'no graphics card'}"


def _rounded(size: int) -> str:
    return f"{size / _GIB:.1f}".removesuffix(".0") + " GiB"
