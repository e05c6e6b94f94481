"""The AMD cards that ROCm can use, from files alone.

A card counts where its memory is known, its device files are there and may be opened, and no variable hides it.
Integrated graphics are no card. Sources: the kernel's ``drivers/gpu/drm/amd`` and ``Documentation/gpu/amdgpu``; for
the variables, ``amd_filter_device.cpp`` of ROCR and ``rocdevice.cpp`` of HIP.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from las_registry.host.facts import LARGEST_MEMORY
from las_registry.host.probes.pci import Card, find_cards, find_name, is_name
from las_registry.host.probes.sysfs import (
    AMD,
    list_numbered,
    parse_number,
    read_bytes,
    read_fields,
    read_number,
    read_text,
)
from las_registry.size import format_size
from las_solver.model import Gpu

__all__ = ["inspect_cards"]

_MOST_BYTES: Final = 1 << 20
_INTEGRATED_BY_FORMAT: Final = {1: False, 2: True, 3: True}
"""By the format of ``gpu_metrics``: kernel, ``kgd_pp_interface.h``."""


@dataclass(frozen=True, slots=True)
class Node:
    """A device as the kernel shows it to ROCm: with the number of its render node and, where it has one, a number
    of its own, as ``gpu-`` and 16 digits."""

    folder: Path
    minor: int
    has_cpu: bool
    architecture: str
    uuid: str

    def memory(self) -> int:
        """The bytes of its own memory: what HIP calls ``totalGlobalMem``. Heap 0 is the system's."""
        banks = (self.folder / "mem_banks" / name for _, name in list_numbered(self.folder / "mem_banks", ""))
        fields = [read_fields(bank / "properties", " ") for bank in banks]
        return sum(_field(bank, "size_in_bytes") for bank in fields if _field(bank, "heap_type") in (1, 2))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A card whose memory is known, with its device, if the kernel shows it to ROCm."""

    card: Card
    node: Node | None
    gpu: Gpu


def inspect_cards(root: Path, environ: Mapping[str, str]) -> tuple[tuple[Gpu, ...], tuple[str, ...]]:
    """The cards that count, in the order of their places, and notes on the others."""
    return _Inspection(root, environ).usable()


class _Inspection:
    """One pass over the machine, collecting notes on the way."""

    def __init__(self, root: Path, environ: Mapping[str, str]) -> None:
        self.root = root
        self.environ = environ
        self.nodes = tuple(_nodes(root))
        self.notes: list[str] = []

    def usable(self) -> tuple[tuple[Gpu, ...], tuple[str, ...]]:
        """The cards that ROCm can open and may see."""
        candidates = tuple(self.candidates())
        obstacle = _obstacle(self.root, "dev/kfd")
        if candidates and obstacle:
            self.notes.append(f"no AMD card counts, {obstacle}")
            return (), tuple(self.notes)
        hidden = _hidden(self.nodes, self.environ)
        gpus = []
        for candidate in candidates:
            node, minor = candidate.node, candidate.card.minor
            why = "" if minor is None else _obstacle(self.root, f"dev/dri/renderD{minor}")
            if not why and node is None:
                why = "the kernel does not offer it to ROCm"
            elif not why and minor in hidden:
                why = f"{hidden[minor]} hides it"
            if why:
                self.notes.append(f"{_label(candidate.card, candidate.gpu.name)} does not count, {why}")
            else:
                gpus.append(candidate.gpu)
        return tuple(gpus), tuple(self.notes)

    def candidates(self) -> Iterator[Candidate]:
        by_minor = {node.minor: node for node in self.nodes}
        for card in find_cards(self.root, AMD):
            node = None if card.minor is None else by_minor.get(card.minor)
            name = _name(self.root, card, node)
            vram = self.memory(card, node, name)
            if vram is not None:
                yield Candidate(card, node, Gpu(name=name, vendor="amd", vram=vram))

    def memory(self, card: Card, node: Node | None, name: str) -> int | None:
        """The bytes of the card's memory, or None, with a note, where it is no card of its own."""
        label = _label(card, name)
        vram = read_number(card.device / "mem_info_vram_total")
        integrated = _is_integrated(card, node)
        partition = read_text(card.device / "current_compute_partition")
        if integrated:
            note = (
                f"integrated graphics ({name}) do not count as a card: state the memory that they may use with"
                " --assume gpus=SIZE"
            )
        elif partition not in ("", "SPX"):
            note = (
                f"{label} does not count, it is split into partitions ({partition}): state those that may be used"
                " with --assume gpus=SIZE,SIZE"
            )
        elif not vram and integrated is False and node is not None and 0 < (shared := node.memory()) < LARGEST_MEMORY:
            self.notes.append(f"{label} tells no memory of its own: the {format_size(shared)} that ROCm may use count")
            return shared
        elif vram is None or not 0 < vram < LARGEST_MEMORY:
            note = f"{label} does not count, the size of its memory is unknown"
        elif integrated is None:
            note = (
                f"{label} does not count, nothing tells whether it is integrated: if it is not, state it with"
                " --assume gpus=SIZE"
            )
        else:
            return vram
        self.notes.append(note)
        return None


def _is_integrated(card: Card, node: Node | None) -> bool | None:
    """Whether the card is a part of the processor that has no fast memory of its own; None where nothing tells.

    Only a card has memory chips of a vendor that its firmware names; a device that has CPU cores, too, is a
    processor. ``gpu_metrics`` comes last, since reading it may wake a card that sleeps. An MI300A, a processor
    with the fast memory of a card, has the format of cards there, but no vendor, and no memory that is its alone.
    """
    if read_text(card.device / "mem_info_vram_vendor") not in ("", "unknown"):
        return False
    if node is not None and node.has_cpu:
        return True
    # The header: 16 bits of size, 8 of format, 8 of content.
    header = read_bytes(card.device / "gpu_metrics", 4)
    return _INTEGRATED_BY_FORMAT.get(header[2]) if len(header) == 4 else None


def _nodes(root: Path) -> Iterator[Node]:
    """The devices that compute, in the order in which ROCm counts them.

    A processor without graphics has no SIMD units; a device that this container was not given cannot be read.
    """
    folder = root / "sys/class/kfd/kfd/topology/nodes"
    for _, name in list_numbered(folder, ""):
        fields = read_fields(folder / name / "properties", " ")
        if _field(fields, "simd_count"):
            version, number = _field(fields, "gfx_target_version"), _field(fields, "unique_id")
            yield Node(
                folder=folder / name,
                minor=_field(fields, "drm_render_minor"),
                has_cpu=_field(fields, "cpu_cores_count") > 0,
                architecture=f"gfx{version // 10000}{version // 100 % 100:x}{version % 100:x}" if version else "",
                uuid=f"gpu-{number:016x}" if number else "",
            )


def _field(fields: Mapping[str, str], key: str) -> int:
    return parse_number(fields.get(key, "")) or 0


def _hidden(nodes: tuple[Node, ...], environ: Mapping[str, str]) -> dict[int, str]:
    """The variable that hides a device, by the number of its render node.

    ROCR filters first, and shows nothing where its variable is empty; HIP counts what is left, and passes over a
    variable that is empty.
    """
    hidden: dict[int, str] = {}
    hip = next((name for name in ("HIP_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES") if environ.get(name)), None)
    for variable in ("ROCR_VISIBLE_DEVICES", hip):
        if variable is not None and variable in environ:
            shown = _shown(nodes, environ[variable])
            hidden |= {node.minor: variable for node in nodes if node not in shown}
            nodes = shown
    return hidden


def _shown(nodes: tuple[Node, ...], text: str) -> tuple[Node, ...]:
    """Those that `text` lists, by their indices or the beginnings of their ``GPU-`` numbers; whatever names no
    device, or one again, ends the list."""
    shown: list[Node] = []
    for word in text.split(","):
        word = word.strip().lower()
        if word.startswith("gpu-"):
            named = [node for node in nodes if node.uuid.startswith(word)]
        else:
            index = parse_number(word)
            named = [nodes[index]] if index is not None and index < len(nodes) else []
        if len(named) != 1 or named[0] in shown:
            break
        shown += named
    return tuple(shown)


def _obstacle(root: Path, path: str) -> str:
    """What keeps this user from opening a device file, or nothing."""
    if not os.access(root / path, os.F_OK):
        return f"/{path} is not there: a container has to be given /dev/kfd and /dev/dri"
    if not os.access(root / path, os.R_OK | os.W_OK):
        return f"this user may not open /{path}: it takes the group that owns it, often render"
    return ""


def _label(card: Card, name: str) -> str:
    return f"AMD card {card.place} ({name})"


def _name(root: Path, card: Card, node: Node | None) -> str:
    """What the card calls itself, or what the lists of names that come with libdrm and with the system call it."""
    own = read_text(card.device / "product_name")
    name = own if is_name(own) else _listed_name(root, card) or find_name(root, AMD, card.number)
    return name or f"AMD GPU 0x{card.number:04x}" + (f" {node.architecture}" if node and node.architecture else "")


def _listed_name(root: Path, card: Card) -> str:
    """From lines ``744C,<tab>C8,<tab>AMD Radeon RX 7900 XTX``: device, revision, name."""
    revision = re.fullmatch("0x([0-9a-f]{1,2})", read_text(card.device / "revision"))
    if revision is None:
        return ""
    pattern = rb"(?m)^%04X,\s*%02X,\s*([^\r\n]+)" % (card.number, int(revision[1], 16))
    found = re.search(pattern, read_bytes(root / "usr/share/libdrm/amdgpu.ids", _MOST_BYTES))
    name = found[1].decode("utf-8", errors="replace").strip() if found else ""
    return name if is_name(name) else ""
