"""NVIDIA cards, their driver and the CUDA version that it supports.

A machine without a driver, a library or a card is an ordinary machine; whatever NVML refuses to answer becomes a
note, and the other cards still count.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from packaging.version import Version

from las_registry.host.facts import LARGEST_MEMORY, parse_runtime_version
from las_registry.host.probes.memory import usable_memory
from las_registry.host.probes.nvml import Nvml, code_of, load_nvml, text_of
from las_registry.host.probes.probe import Findings
from las_registry.host.probes.visible import CardNames, Key, select
from las_registry.size import format_size
from las_solver.errors import InvalidInput
from las_solver.model import Gpu

__all__ = ["NO_LIBRARY", "inspect_cards", "probe_nvidia"]

NO_LIBRARY: Final = "no NVIDIA driver library was found, so no NVIDIA card"
_NOT_SUPPORTED: Final = 3
_NOT_FOUND: Final = 6
_SHARED: Final = "has no memory of its own and may use the machine's"
_OTHERWISE: Final = "state other cards with --assume gpus=SIZE,SIZE"
_LAST: Final = "~"
"""Cards that do not say their place come last, in NVML's order."""
_MOST_CARDS: Final = 1024
_MOST_SLICES: Final = 64
_LONGEST_NAME: Final = 200
_NO_START: Final = {
    4: "this user may not ask the NVIDIA driver (no permission), so no NVIDIA card counts",
    9: "the NVIDIA driver is installed but not loaded, so no NVIDIA card counts",
    12: NO_LIBRARY,
    18: "the loaded NVIDIA driver and its library differ in version: no NVIDIA card counts until a restart",
}
"""What NVML's return codes mean where it does not start."""


@dataclass(frozen=True, slots=True)
class Device:
    """What CUDA may use as one device: a whole card, or a slice of one. `names` as CUDA_VISIBLE_DEVICES has them."""

    label: str
    gpu: Gpu
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card with the place that it keeps over restarts, which NVML's own numbers do not promise.

    `whole` is None where the card is split, or cannot be used.
    """

    place: tuple[str, int]
    label: str
    uuid: str = ""
    whole: Device | None = None
    slices: tuple[Device, ...] = ()

    @property
    def devices(self) -> tuple[Device, ...]:
        return self.slices if self.whole is None else (self.whole,)

    def device(self, part: int | None) -> tuple[Device, ...]:
        """One of the slices, or everything."""
        return self.devices if part is None else (self.slices[part],)


def probe_nvidia() -> Findings:
    """The cards that NVML shows and CUDA may use, with the runtimes ``nvidia-driver`` and ``cuda``."""
    nvml = load_nvml()
    return Findings(notes=(NO_LIBRARY,)) if nvml is None else inspect_cards(nvml)


def inspect_cards(
    nvml: Nvml,
    unified_memory: Callable[[], int | None] = usable_memory,
    environment: Mapping[str, str] = os.environ,
) -> Findings:
    """What `nvml` answers. `unified_memory` is asked for the size where a card has no memory of its own.

    `environment` has the variables that tell CUDA which devices to use.
    """
    try:
        nvml.nvmlInit()
    except Exception as error:
        note = _NO_START.get(code_of(error), f"NVML does not start, so no NVIDIA card counts: {error}")
        return Findings(notes=(note,))
    try:
        reading = _Reading(nvml, unified_memory)
        runtimes = dict(reading.runtimes())
        cards = sorted(reading.cards(), key=lambda card: card.place)
    finally:
        with suppress(Exception):
            nvml.nvmlShutdown()
    choice = _Choice(cards, environment)
    gpus = tuple(device.gpu for device in choice.counted())
    return Findings(gpus=gpus, runtimes=runtimes, notes=(*reading.notes, *choice.notes))


class _Reading:
    """One pass over the driver and its cards, collecting notes on the way."""

    def __init__(self, nvml: Nvml, unified_memory: Callable[[], int | None]) -> None:
        self.nvml = nvml
        self.unified_memory = unified_memory
        self.notes: list[str] = []

    def runtimes(self) -> Iterator[tuple[str, Version]]:
        """The driver, and the newest CUDA that it supports: 12040 means 12.4."""
        try:
            yield "nvidia-driver", parse_runtime_version(text_of(self.nvml.nvmlSystemGetDriverVersion()))
        except InvalidInput as error:
            self.notes.append(f"the NVIDIA driver's version is not understood: {error}")
        except Exception as error:
            self.notes.append(f"the NVIDIA driver does not say its version: {error}")
        try:
            number = self.nvml.nvmlSystemGetCudaDriverVersion()
            if isinstance(number, int) and 1000 <= number < 1_000_000:
                yield "cuda", Version(f"{number // 1000}.{number % 1000 // 10}")
            else:
                self.notes.append(f"the NVIDIA driver's CUDA version is not understood: {number!r}")
        except Exception as error:
            self.notes.append(f"the NVIDIA driver does not say which CUDA it supports: {error}")

    def cards(self) -> Iterator[Card]:
        try:
            count = self.nvml.nvmlDeviceGetCount()
        except Exception as error:
            self.notes.append(f"the NVIDIA driver does not say how many cards there are: {error}")
            return
        if not isinstance(count, int) or not 0 <= count <= _MOST_CARDS:
            self.notes.append(f"the number of NVIDIA cards is not understood: {count!r}")
            return
        if count == 0:
            self.notes.append("the NVIDIA driver shows no card")
        for index in range(count):
            try:
                yield self.card(index)
            except Exception as error:
                label = f"NVIDIA card {index}"
                self.notes.append(f"{label} does not count, it does not answer: {error}")
                yield Card(place=(_LAST, index), label=label)

    def card(self, index: int) -> Card:
        """The card at `index`, without a device, and with a note, where it cannot be used. May raise."""
        handle = self.nvml.nvmlDeviceGetHandleByIndex(index)
        name = self.name(handle) or "NVIDIA GPU"
        label = f"NVIDIA card {index} ({name})"
        bus = ""
        with suppress(Exception):
            bus = text_of(self.nvml.nvmlDeviceGetPciInfo(handle).busId)
        place = (bus.lower() or _LAST, index)
        uuid = self.uuid(handle)
        if self.is_split(handle):
            slices = tuple(self.slices(handle, label, name, uuid))
            if not slices:
                self.notes.append(f"{label} does not count, it is in MIG mode without a slice that can be used")
            return Card(place=place, label=label, uuid=uuid, slices=slices)
        vram = self.memory(handle, label)
        whole = None if vram is None else Device(label, Gpu(name=name, vendor="nvidia", vram=vram), (uuid,))
        return Card(place=place, label=label, uuid=uuid, whole=whole)

    def slices(self, card: object, label: str, name: str, card_uuid: str) -> Iterator[Device]:
        """The MIG slices of a card, each with the memory of its own. May raise."""
        for index in range(min(self.nvml.nvmlDeviceGetMaxMigDeviceCount(card), _MOST_SLICES)):
            this = f"{label}, MIG slice {index}"
            try:
                handle = self.nvml.nvmlDeviceGetMigDeviceHandleByIndex(card, index)
                vram = self.memory(handle, this)
            except Exception as error:
                if code_of(error) != _NOT_FOUND:  # which says that there is no slice of this number
                    self.notes.append(f"{this} does not count, it does not answer: {error}")
                continue
            if vram is not None:
                gpu = Gpu(name=self.name(handle) or f"{name} MIG", vendor="nvidia", vram=vram)
                yield Device(this, gpu, tuple(self.slice_names(handle, card_uuid)))

    def slice_names(self, handle: object, card_uuid: str) -> Iterator[str]:
        if uuid := self.uuid(handle):
            yield uuid
        with suppress(Exception):
            instance = self.nvml.nvmlDeviceGetGpuInstanceId(handle)
            yield f"MIG-{card_uuid}/{instance}/{self.nvml.nvmlDeviceGetComputeInstanceId(handle)}"

    def name(self, handle: object) -> str:
        """The name of a card or slice as a profile can have it, or nothing."""
        with suppress(Exception):
            text = text_of(self.nvml.nvmlDeviceGetName(handle))
            return "".join(filter(str.isprintable, text)).strip()[:_LONGEST_NAME]
        return ""

    def uuid(self, handle: object) -> str:
        with suppress(Exception):
            return text_of(self.nvml.nvmlDeviceGetUUID(handle))
        return ""

    def is_split(self, handle: object) -> bool:
        """Whether MIG is on; most cards do not have it and say so by an error."""
        try:
            return self.nvml.nvmlDeviceGetMigMode(handle)[0] == 1
        except Exception:
            return False

    def memory(self, handle: object, label: str) -> int | None:
        """The whole memory of a card or slice in bytes, free or not."""
        try:
            total = self.nvml.nvmlDeviceGetMemoryInfo(handle).total
        except Exception as error:
            if code_of(error) != _NOT_SUPPORTED:
                raise
            # So answer cards without memory of their own, which use the machine's.
            shared = self.unified_memory()
            what = "does not count, the size of its memory is unknown"
            self.notes.append(f"{label} {what if shared is None else _SHARED}")
            return shared
        if not isinstance(total, int) or not 0 < total < LARGEST_MEMORY:
            self.notes.append(f"{label} does not count, the size of its memory is not understood: {total!r}")
            return None
        return total


class _Choice:
    """Which of the cards, in order of their places, and their slices count (``docs/host.md``)."""

    def __init__(self, cards: Sequence[Card], environment: Mapping[str, str]) -> None:
        self.cards = cards
        self.environment = environment
        self.notes: list[str] = []

    def counted(self) -> tuple[Device, ...]:
        """The whole cards, or the largest slice where no whole card has as much memory."""
        devices = self.visible()
        slices = [device for card in self.cards for device in card.slices if device in devices]
        if len(slices) == len(devices) == 1 or not slices:
            return devices
        whole = tuple(device for device in devices if device not in slices)
        largest = max(slices, key=lambda device: device.gpu.vram)
        if max((device.gpu.vram for device in whole), default=0) >= largest.gpu.vram:
            self.notes.append(
                f"MIG slices ({len(slices)}) beside whole cards do not count, since one process uses either whole cards"
                f" or one slice: name the whole cards in CUDA_VISIBLE_DEVICES, or {_OTHERWISE}"
            )
            return whole
        chosen = f"CUDA_VISIBLE_DEVICES={largest.names[0]}" if largest.names else "CUDA_VISIBLE_DEVICES"
        self.notes.append(
            f"of {len(devices)} devices only {largest.label} counts ({format_size(largest.gpu.vram)}), since one"
            f" process uses either whole cards or one MIG slice: choose it with {chosen}, or {_OTHERWISE}"
        )
        return (largest,)

    def visible(self) -> tuple[Device, ...]:
        """The devices that CUDA_VISIBLE_DEVICES leaves."""
        everything = tuple(device for card in self.cards for device in card.devices)
        listed = self.environment.get("CUDA_VISIBLE_DEVICES")
        if listed is None or not self.cards:
            return everything
        names = [CardNames(card.uuid, tuple(part.names for part in card.slices)) for card in self.cards]
        selection = select(listed, names)
        if selection.fault is not None:
            self.notes.append(f"CUDA_VISIBLE_DEVICES: {selection.fault}")
        shown = [device for card, part in selection.keys for device in self.cards[card].device(part)]
        if selection.by_index and self.order_matters(selection.keys):
            self.notes.append(
                "CUDA_VISIBLE_DEVICES was taken to count cards in the order of their slots, but CUDA may put the"
                " fastest first: set CUDA_DEVICE_ORDER=PCI_BUS_ID, or name the cards by UUID"
            )
        self.note_hidden(shown)
        if len(shown) > 1 and any(part is not None for _, part in selection.keys):
            self.notes.append("of the MIG slices that CUDA_VISIBLE_DEVICES names, CUDA uses the first: only it counts")
            return tuple(shown[:1])
        return tuple(device for device in everything if device in shown)

    def order_matters(self, keys: Sequence[Key]) -> bool:
        """Whether some cards are hidden, and another order would hide cards of another kind."""
        if not 0 < len(keys) < len(self.cards):
            return False
        if any(card.slices for card in self.cards):
            return True  # what CUDA counts as a device then depends on the driver
        kinds = {device.gpu for card in self.cards for device in card.devices}
        return len(kinds) > 1 and self.environment.get("CUDA_DEVICE_ORDER") != "PCI_BUS_ID"

    def note_hidden(self, shown: Sequence[Device]) -> None:
        hidden: list[str] = []
        for card in self.cards:
            missing = [device.label for device in card.devices if device not in shown]
            hidden += [card.label] if len(missing) == len(card.devices) > 0 else missing
        if hidden:
            self.notes.append(f"CUDA_VISIBLE_DEVICES hides {'; '.join(hidden)}")
