"""NVIDIA cards, their driver and the CUDA version that it supports; the only module that knows NVML.

NVML is NVIDIA's management library, which comes with the driver. A machine without a driver, a library or a
card is an ordinary machine; whatever NVML refuses to answer becomes a note, and the other cards still count.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol, cast

from packaging.version import InvalidVersion, Version

from las_registry.host.probes.memory import usable_memory
from las_registry.host.probes.probe import Findings
from las_solver.model import Gpu

__all__ = ["NO_LIBRARY", "Nvml", "inspect_cards", "probe_nvidia"]

NO_LIBRARY: Final = "no NVIDIA driver library was found, so no NVIDIA card"
_NOT_SUPPORTED: Final = 3
_SHARED: Final = "has no memory of its own and may use the machine's"
_LARGEST: Final = 1 << 60
_NO_START: Final = {
    4: "this user may not ask the NVIDIA driver (no permission), so no NVIDIA card counts",
    9: "the NVIDIA driver is installed but not loaded, so no NVIDIA card counts",
    12: NO_LIBRARY,
    18: "the loaded NVIDIA driver and its library differ in version: no NVIDIA card counts until a restart",
}
"""What NVML's return codes mean where it does not start."""


class MemoryInfo(Protocol):
    """Sizes in bytes."""

    @property
    def total(self) -> int: ...


class PciInfo(Protocol):
    """Where a card is plugged in, e.g. ``00000000:01:00.0``."""

    @property
    def busId(self) -> bytes | str: ...


class Nvml(Protocol):
    """What is used of NVML, in the form of the module ``pynvml`` (nvidia-ml-py). Every call may raise."""

    def nvmlInit(self) -> object: ...
    def nvmlShutdown(self) -> object: ...
    def nvmlSystemGetDriverVersion(self) -> bytes | str: ...
    def nvmlSystemGetCudaDriverVersion(self) -> int: ...
    def nvmlDeviceGetCount(self) -> int: ...
    def nvmlDeviceGetHandleByIndex(self, index: int, /) -> object: ...
    def nvmlDeviceGetName(self, handle: object, /) -> bytes | str: ...
    def nvmlDeviceGetPciInfo(self, handle: object, /) -> PciInfo: ...
    def nvmlDeviceGetMemoryInfo(self, handle: object, /) -> MemoryInfo: ...
    def nvmlDeviceGetMigMode(self, handle: object, /) -> list[int]: ...


@dataclass(frozen=True, slots=True)
class Card:
    """A card with the place that it keeps over restarts, which NVML's own numbers do not promise."""

    place: tuple[str, int]
    gpu: Gpu


def probe_nvidia() -> Findings:
    """The cards that NVML shows, with the runtimes ``nvidia-driver`` and ``cuda``."""
    if not _library_exists():
        return Findings(notes=(NO_LIBRARY,))
    import warnings

    with warnings.catch_warnings():
        # The retired package of the same name warns when it is imported; it serves as well.
        warnings.simplefilter("ignore", FutureWarning)
        import pynvml
    return inspect_cards(cast(Nvml, pynvml))


def inspect_cards(nvml: Nvml, unified_memory: Callable[[], int | None] = usable_memory) -> Findings:
    """What `nvml` answers. `unified_memory` is asked for the size where a card has no memory of its own."""
    try:
        nvml.nvmlInit()
    except Exception as error:
        return Findings(notes=(_NO_START.get(_code(error), f"NVML does not start, so no NVIDIA card counts: {error}"),))
    try:
        return _Inspection(nvml, unified_memory).findings()
    finally:
        with suppress(Exception):
            nvml.nvmlShutdown()


def _library_exists() -> bool:
    """Whether the driver's library can be loaded; much cheaper to ask than importing its Python package."""
    if sys.platform == "darwin":
        return False
    if sys.platform == "win32":
        return True
    import ctypes

    try:
        ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return False
    return True


class _Inspection:
    """One pass over the driver and its cards, collecting notes on the way."""

    def __init__(self, nvml: Nvml, unified_memory: Callable[[], int | None]) -> None:
        self.nvml = nvml
        self.unified_memory = unified_memory
        self.notes: list[str] = []

    def findings(self) -> Findings:
        runtimes = dict(self.runtimes())
        cards = sorted(self.cards(), key=lambda card: card.place)
        return Findings(gpus=tuple(card.gpu for card in cards), runtimes=runtimes, notes=tuple(self.notes))

    def runtimes(self) -> Iterator[tuple[str, Version]]:
        """The driver, and the newest CUDA that it supports: 12040 means 12.4."""
        try:
            yield "nvidia-driver", Version(_text(self.nvml.nvmlSystemGetDriverVersion()))
        except InvalidVersion as error:
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
        if count == 0:
            self.notes.append("the NVIDIA driver shows no card")
        for index in range(count):
            try:
                card = self.card(index)
            except Exception as error:
                self.notes.append(f"NVIDIA card {index} does not count, it does not answer: {error}")
            else:
                if card is not None:
                    yield card

    def card(self, index: int) -> Card | None:
        """The card at `index`, or None, with a note, where it cannot be used as one card. May raise."""
        handle = self.nvml.nvmlDeviceGetHandleByIndex(index)
        name = "NVIDIA GPU"
        with suppress(Exception):
            name = _text(self.nvml.nvmlDeviceGetName(handle)) or name
        if self.is_split(handle):
            self.notes.append(
                f"NVIDIA card {index} ({name}) does not count, it is split into MIG slices: state those"
                " that may be used with --assume gpus=SIZE,SIZE"
            )
            return None
        vram = self.memory(handle, f"NVIDIA card {index} ({name})")
        if vram is None:
            return None
        bus = ""
        with suppress(Exception):
            bus = _text(self.nvml.nvmlDeviceGetPciInfo(handle).busId)
        # Cards that do not say their place come last, in NVML's order.
        return Card((bus.lower() or "~", index), Gpu(name=name, vendor="nvidia", vram=vram))

    def is_split(self, handle: object) -> bool:
        """Whether MIG is on; most cards do not have it and say so by an error."""
        try:
            return self.nvml.nvmlDeviceGetMigMode(handle)[0] == 1
        except Exception:
            return False

    def memory(self, handle: object, card: str) -> int | None:
        """The card's whole memory in bytes, free or not."""
        try:
            total = self.nvml.nvmlDeviceGetMemoryInfo(handle).total
        except Exception as error:
            if _code(error) != _NOT_SUPPORTED:
                raise
            # So answer cards without memory of their own, which use the machine's.
            shared = self.unified_memory()
            what = "does not count, the size of its memory is unknown"
            self.notes.append(f"{card} {what if shared is None else _SHARED}")
            return shared
        if not isinstance(total, int) or not 0 < total < _LARGEST:
            self.notes.append(f"{card} does not count, the size of its memory is not understood: {total!r}")
            return None
        return total


def _code(error: Exception) -> int:
    """NVML's return code of an error, or -1."""
    code = getattr(error, "value", None)
    return code if isinstance(code, int) else -1


def _text(value: bytes | str) -> str:
    text = value.decode("utf-8", errors="replace") if isinstance(value, bytes) else value
    return text.strip("\0 \n")
