"""NVIDIA's management library (NVML), which comes with the driver: the only module that knows its Python package."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Final, Protocol, cast

from las_registry.host.probes.sysfs import is_wsl

__all__ = ["MemoryInfo", "Nvml", "PciInfo", "code_of", "load_nvml", "text_of"]

_LIBRARY: Final = "libnvidia-ml.so.1"
_WSL_LIBRARY: Final = "usr/lib/wsl/lib/libnvidia-ml.so.1"


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
    def nvmlDeviceGetUUID(self, handle: object, /) -> bytes | str: ...
    def nvmlDeviceGetPciInfo(self, handle: object, /) -> PciInfo: ...
    def nvmlDeviceGetMemoryInfo(self, handle: object, /) -> MemoryInfo: ...
    def nvmlDeviceGetMigMode(self, handle: object, /) -> list[int]: ...
    def nvmlDeviceGetMaxMigDeviceCount(self, handle: object, /) -> int: ...
    def nvmlDeviceGetMigDeviceHandleByIndex(self, handle: object, index: int, /) -> object: ...
    def nvmlDeviceGetGpuInstanceId(self, handle: object, /) -> int: ...
    def nvmlDeviceGetComputeInstanceId(self, handle: object, /) -> int: ...


def load_nvml(root: Path = Path("/")) -> Nvml | None:
    """NVML, not yet started, or None where the driver's library cannot be loaded.

    To look for the library first is much cheaper than importing its Python package.
    """
    if not _library_exists(root):
        return None
    if "pynvml" not in sys.modules:
        import warnings

        with warnings.catch_warnings():  # at most once, since it changes the filters of all threads
            # The retired package of the same name warns when it is imported; it serves as well.
            warnings.simplefilter("ignore", FutureWarning)
            import_module("pynvml")
    import pynvml

    return cast(Nvml, pynvml)


def code_of(error: Exception) -> int:
    """NVML's return code of an error, or -1."""
    code = getattr(error, "value", None)
    return code if isinstance(code, int) else -1


def text_of(value: bytes | str) -> str:
    """A text that NVML answered; older packages answer with bytes."""
    text = value.decode("utf-8", errors="replace") if isinstance(value, bytes) else value
    return text.strip("\0 \n")


def _library_exists(root: Path) -> bool:
    """Whether the driver's library can be loaded."""
    if sys.platform == "darwin":
        return False
    if sys.platform == "win32":
        return True
    # Under WSL the library that works is here, and the loader may find none, or another from a Linux driver that
    # does not work. Once it is loaded, the loader serves its Python package with it, which asks by the bare name.
    if is_wsl(root) and _can_load(str(root / _WSL_LIBRARY)):
        return True
    return _can_load(_LIBRARY)


def _can_load(library: str) -> bool:
    import ctypes

    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
