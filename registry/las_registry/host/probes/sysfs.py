"""Small files as the Linux kernel shows them in ``/sys`` and ``/proc``, and graphics cards in ``/sys/class/drm``.

Nothing here raises or waits: what is missing, unreadable, damaged or too large reads as empty. It is part of every
start, so it takes nothing that is slow to import or to set up.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

__all__ = [
    "AMD",
    "INTEL",
    "card_names",
    "is_wsl",
    "list_names",
    "list_numbered",
    "parse_number",
    "read_bytes",
    "read_fields",
    "read_number",
    "read_text",
]

AMD: Final = 0x1002
INTEL: Final = 0x8086
"""The numbers of vendors of PCI devices."""
_MOST_BYTES: Final = 1 << 16
_MOST_DIGITS: Final = 20
_LONGEST: Final = 200
_NOT_WAITING: Final = getattr(os, "O_NONBLOCK", 0)  # of a pipe in place of a file; Windows has no such flag


def read_bytes(path: Path, most: int = _MOST_BYTES) -> bytes:
    """The first `most` bytes of a file."""
    try:
        with open(path, "rb", opener=_open) as file:
            return file.read(most) or b""
    except (OSError, ValueError):
        return b""


def read_text(path: Path) -> str:
    """The text of a file, stripped; empty where it is not printable, of one line and at most 200 characters."""
    text = read_bytes(path).decode("utf-8", errors="replace").strip("\0 \t\r\n")
    is_sound = text.isprintable() and len(text) <= _LONGEST and "\N{REPLACEMENT CHARACTER}" not in text
    return text if is_sound else ""


def read_number(path: Path) -> int | None:
    """The whole number that a file holds."""
    return parse_number(read_text(path))


def read_fields(path: Path, separator: str) -> dict[str, str]:
    """The lines ``key separator value`` of a file."""
    lines = read_bytes(path).decode("utf-8", errors="replace").splitlines()
    return {key: value.strip() for key, found, value in (line.partition(separator) for line in lines) if found}


def parse_number(text: str) -> int | None:
    """The whole number of at most 20 digits that `text` spells, or None."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def list_names(folder: Path) -> list[str]:
    """The entries of `folder` in order of their names."""
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - half the time of pathlib's
    except (OSError, ValueError):
        return []


def list_numbered(folder: Path, prefix: str) -> list[tuple[int, str]]:
    """The entries of `folder` that are `prefix` and a number, in order of the number."""
    names = [name for name in list_names(folder) if name.startswith(prefix)]
    return sorted((number, name) for name in names if (number := parse_number(name[len(prefix) :])) is not None)


def card_names(root: Path, vendor: int) -> tuple[str, ...]:
    """The cards, e.g. ``card0``, that a driver shows of the PCI vendor `vendor`, in the kernel's order.

    The file ``uevent`` of a PCI device has its numbers as ``PCI_ID=1002:744C``: kernel, ``pci_uevent()``.
    """
    folder = root / "sys/class/drm"
    start = f"{vendor:04X}:"
    names = (name for _, name in list_numbered(folder, "card"))
    return tuple(
        name
        for name in names
        if read_fields(folder / name / "device/uevent", "=").get("PCI_ID", "").upper().startswith(start)
    )


def is_wsl(root: Path) -> bool:
    """Whether this is Linux inside Windows, where cards are behind ``/dev/dxg`` and not in ``/sys``."""
    return os.access(root / "dev/dxg", os.F_OK) and "microsoft" in read_text(root / "proc/sys/kernel/osrelease").lower()


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | _NOT_WAITING)
