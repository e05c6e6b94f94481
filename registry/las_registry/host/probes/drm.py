"""How much memory an Intel card has, asked of its driver: ``i915`` and ``xe`` show it nowhere in ``/sys``.

It is asked by ``ioctl`` on the card's render node, the file through which programs compute. Layouts and numbers
are those of the kernel's ``include/uapi/drm/i915_drm.h`` and ``xe_drm.h``, which do not change.
"""

from __future__ import annotations

import os
import struct
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Final

from las_registry.host.facts import LARGEST_MEMORY

__all__ = ["Control", "device_memory"]

Control = Callable[[int, int, bytearray], object]
"""``fcntl.ioctl``: a file, a request, and its argument, which is changed. Raises OSError."""

_I915_QUERY: Final = 0xC0106479
_I915_MEMORY_REGIONS: Final = 4
_XE_DEVICE_QUERY: Final = 0xC0286440
_XE_MEM_REGIONS: Final = 1
_REGION: Final = struct.Struct("=HHIQ72x")
"""The same in both: class, instance, something else, size in bytes."""
_DEVICE_CLASS: Final = 1
_MOST_BYTES: Final = 1 << 16


def device_memory(node: Path, driver: str, control: Control | None = None) -> tuple[int, ...]:
    """The bytes of each region of memory that the card itself has; integrated graphics have none.

    Raises OSError where the render node `node` cannot be opened or asked, ValueError for a driver or an answer
    that is not understood.
    """
    ask = {"i915": _ask_i915, "xe": _ask_xe}.get(driver)
    if ask is None:
        raise ValueError("the driver is not known")
    file = os.open(node, os.O_RDWR | os.O_CLOEXEC)
    try:
        answer, start = ask(file, control or _system_control())
    finally:
        os.close(file)
    (count,) = struct.unpack_from("=I", answer)
    if start + count * _REGION.size > len(answer):
        raise ValueError("the driver's answer is cut off")
    regions = (_REGION.unpack_from(answer, start + index * _REGION.size) for index in range(count))
    return tuple(size for kind, _, _, size in regions if kind == _DEVICE_CLASS and 0 < size < LARGEST_MEMORY)


def _system_control() -> Control:
    from fcntl import ioctl  # there is none on Windows

    return ioctl


def _ask_i915(file: int, control: Control) -> tuple[bytes, int]:
    """``struct drm_i915_query`` points to one ``drm_i915_query_item``, which points to the answer.

    Asked without an answer's place, the driver says how long it is; a negative length is an error.
    """
    item = array("B", struct.pack("=QiIQ", _I915_MEMORY_REGIONS, 0, 0, 0))
    query = bytearray(struct.pack("=IIQ", 1, 0, item.buffer_info()[0]))
    control(file, _I915_QUERY, query)
    answer = _place(struct.unpack_from("=i", item, 8)[0], 16)
    struct.pack_into("=Q", item, 16, answer.buffer_info()[0])
    control(file, _I915_QUERY, query)
    _place(struct.unpack_from("=i", item, 8)[0], 16)
    return answer.tobytes(), 16


def _ask_xe(file: int, control: Control) -> tuple[bytes, int]:
    """``struct drm_xe_device_query`` points to the answer; asked for 0 bytes, the driver says how long it is."""
    query = bytearray(struct.pack("=QIIQQQ", 0, _XE_MEM_REGIONS, 0, 0, 0, 0))
    control(file, _XE_DEVICE_QUERY, query)
    answer = _place(struct.unpack_from("=I", query, 12)[0], 8)
    struct.pack_into("=Q", query, 16, answer.buffer_info()[0])
    control(file, _XE_DEVICE_QUERY, query)
    return answer.tobytes(), 8


def _place(length: int, least: int) -> array[int]:
    """Room for an answer of `length` bytes."""
    if not least <= length <= _MOST_BYTES:
        raise ValueError("the driver does not say how much memory there is")
    return array("B", bytes(length))
