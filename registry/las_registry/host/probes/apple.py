"""Macs: the memory that the graphics of Apple silicon may use, and the runtimes ``macos`` and ``metal``."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Final

from packaging.version import Version

from las_registry.host.facts import LARGEST_MEMORY
from las_registry.host.probes.probe import Findings
from las_solver.model import Gpu

__all__ = ["Sysctl", "probe_apple", "read_sysctl"]

Sysctl = Callable[[str], bytes]
"""The value that the kernel has under a name, as it stands in memory; empty where there is none."""

_MIB: Final = 1 << 20
_MUCH: Final = 36 << 30
_LONGEST: Final = 100
_METAL: Final = ((26, "4"), (13, "3"))
"""The first macOS with each version of Metal, for Apple silicon; none of them leaves a chip out."""


def probe_apple(platform: str = sys.platform, sysctl: Sysctl | None = None) -> Findings:
    """The graphics of Apple silicon as a card with the memory that it may use; of other Macs only ``macos``."""
    if platform != "darwin":
        return Findings()
    sysctl = sysctl or read_sysctl
    notes: list[str] = []
    runtimes: dict[str, Version] = {}
    gpus: tuple[Gpu, ...] = ()
    macos = _macos(_text(sysctl("kern.osproductversion")), _text(sysctl("kern.osrelease")))
    if macos is None:
        notes.append("the version of macOS is not known")
    else:
        runtimes["macos"] = macos
    ram = _number(sysctl("hw.memsize"))
    # Of a program for Intel that Rosetta runs, this is still true.
    if _number(sysctl("hw.optional.arm64")) != 1:
        notes.append("the graphics of a Mac with an Intel processor do not count as a card")
    elif _number(sysctl("kern.hv_vmm_present")) == 1:
        notes.append("the graphics of a virtual Mac do not count as a card: state what they may use, if anything")
    elif not 0 < ram < LARGEST_MEMORY:
        notes.append("the graphics do not count as a card, the size of the memory is not known")
    else:
        vram = _usable(ram, _number(sysctl("iogpu.wired_limit_mb")) * _MIB)
        gpus = (Gpu(name=_name(_text(sysctl("machdep.cpu.brand_string"))), vendor="apple", vram=vram),)
        metal = next((metal for first, metal in _METAL if macos and macos.major >= first), None)
        if metal:
            runtimes["metal"] = Version(metal)
    return Findings(gpus=gpus, runtimes=runtimes, notes=tuple(notes))


def read_sysctl(name: str) -> bytes:
    """Asks the kernel of macOS: manual page sysctlbyname(3)."""
    import ctypes

    try:
        ask = ctypes.CDLL(None, use_errno=True).sysctlbyname
    except (OSError, AttributeError):
        return b""
    room = ctypes.create_string_buffer(256)
    length = ctypes.c_size_t(len(room))
    failed = ask(name.encode(), room, ctypes.byref(length), None, ctypes.c_size_t(0))
    return b"" if failed else room.raw[: length.value]


def _usable(ram: int, limit: int) -> int:
    """The bytes of the memory that graphics may keep to themselves.

    `limit` is the user's, 0 where there is none. What Metal then recommends, ``recommendedMaxWorkingSetSize``,
    is not written down by Apple; up to macOS 15 Macs report two thirds of the memory, and three quarters from
    36 GiB on. With macOS 26 they report more (74 % of 16 GiB, 78 % of 36, 84 % of 128); the least counts.
    """
    if limit:
        return min(limit, ram)
    return ram * 3 // 4 if ram >= _MUCH else ram * 2 // 3


def _macos(product: str, kernel: str) -> Version | None:
    """The version of macOS, e.g. 15.5.

    To programs built for older systems macOS 11 and later call themselves 10.16, and macOS 26 and later 16.0.
    The kernel always tells: 20 belongs to macOS 11, and so on to 24; 25 belongs to macOS 26.
    """
    found = re.match(r"[0-9]{1,3}([.][0-9]{1,3}){0,2}(?![0-9])", product)
    version = Version(found[0]) if found else None
    if version is not None and version.release[:2] != (10, 16) and version.major != 16:
        return version
    darwin = int(found[0]) if (found := re.match("[0-9]{2}(?=[.])", kernel)) else 0
    if darwin < 20:
        return None
    return Version(str(darwin - 9 if darwin < 25 else darwin + 1))


def _name(brand: str) -> str:
    """The chip; what Rosetta shows of it to programs for Intel is no name."""
    return brand if brand.startswith("Apple ") and len(brand) <= _LONGEST else "Apple GPU"


def _number(value: bytes) -> int:
    """A number of 4 or 8 bytes, 0 where there is none."""
    return int.from_bytes(value, "little") if len(value) in (4, 8) else 0


def _text(value: bytes) -> str:
    text = value.decode("utf-8", errors="replace").strip("\0 \n")
    return text if text.isprintable() else ""
