"""Intel cards. Integrated graphics, which most Intel processors have, are no card."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from las_registry.host.facts import LARGEST_MEMORY
from las_registry.host.probes.probe import Findings
from las_registry.host.probes.sysfs import INTEL, card_names, is_wsl, list_numbered, read_number
from las_solver.model import Gpu

if TYPE_CHECKING:
    from las_registry.host.probes.pci import Card

__all__ = ["NO_CARD", "probe_intel"]

NO_CARD: Final = "no Intel card was found"
_INTEGRATED: Final = "0000:00:02.0"
"""Where every Intel processor has its graphics; no slot leads there."""
_STATE: Final = "state it with --assume gpus=SIZE"

Ask = Callable[[Path, str], tuple[int, ...]]
"""Asks a render node and its driver for the memory of a card: :func:`~las_registry.host.probes.drm.device_memory`."""


def probe_intel(root: Path = Path("/"), platform: str = sys.platform, ask: Ask | None = None) -> Findings:
    """The cards that the drivers ``i915`` and ``xe`` show and whose memory is known.

    `root` is where ``sys``, ``dev`` and the others are looked for. Where a card has several tiles, each is a
    card with its own memory, as programs see it unless they are told otherwise (Level Zero, ``FLAT``).
    """
    if platform != "linux":
        return Findings()  # the probe of AMD cards says so for both
    if not card_names(root, INTEL):
        return Findings(notes=() if is_wsl(root) else (NO_CARD,))
    from las_registry.host.probes.drm import device_memory
    from las_registry.host.probes.pci import find_cards, find_name

    gpus: list[Gpu] = []
    notes: list[str] = []
    for card in find_cards(root, INTEL):
        listed = find_name(root, INTEL, card.number)
        name = f"Intel {listed}" if listed else f"Intel GPU 0x{card.number:04x}"
        sizes, why = _memory(root, card, ask or device_memory)
        if sizes:
            gpus += (Gpu(name=name, vendor="intel", vram=size) for size in sizes)
        elif why:
            notes.append(f"Intel card {card.place} ({name}) does not count, {why}")
        else:
            notes.append(f"integrated graphics ({name}) do not count as a card")
    return Findings(gpus=tuple(gpus), notes=tuple(notes))


def _memory(root: Path, card: Card, ask: Ask) -> tuple[tuple[int, ...], str]:
    """The bytes of each tile's memory, or none with the reason; integrated graphics have neither."""
    if card.place == _INTEGRATED:
        return (), ""
    if card.minor is None:
        return (), f"its driver offers nothing that computes: {_STATE}"
    node = f"dev/dri/renderD{card.minor}"
    try:
        return ask(root / node, card.driver), ""
    except FileNotFoundError:
        return (), f"/{node} is not there: a container has to be given /dev/dri"
    except PermissionError:
        return (), f"this user may not open /{node}: it takes the group that owns it, often render"
    except (OSError, ValueError) as error:
        shown = _shown_memory(card)
        what = errno.errorcode.get(error.errno or 0, "an error") if isinstance(error, OSError) else error
        return shown, f"the size of its memory is unknown ({what}): {_STATE}"


def _shown_memory(card: Card) -> tuple[int, ...]:
    """What versions of the drivers that are not part of Linux show in ``/sys``: the total, or one size per tile."""
    tiles = [name for _, name in list_numbered(card.device, "tile")]
    shown = [read_number(card.device / tile / "physical_vram_size_bytes") for tile in tiles]
    sizes = (read_number(card.folder / "lmem_total_bytes"), *shown)
    return tuple(size for size in sizes if size and size < LARGEST_MEMORY)
