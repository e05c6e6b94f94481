"""The limits that Linux control groups, version 1 and 2, put on this process.

A process stands in one group of each hierarchy, and every ancestor of that group limits it too: the least
limit counts. The files and their meaning are described in the Linux kernel's ``admin-guide/cgroup-v1`` and
``admin-guide/cgroup-v2``, ``/proc/self/mountinfo`` in the manual page proc(5).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from las_registry.host.probes.sysfs import parse_number, read_bytes

__all__ = ["cpu_limit", "memory_limit"]

_UNLIMITED: Final = 1 << 62
"""From here on a number of bytes means "no limit"; version 1 writes the largest multiple of a page."""
_MOST_BYTES: Final = 1 << 20


def cpu_limit(root: Path = Path("/")) -> float | None:
    """How many CPUs' worth of time this process may use, e.g. 1.5, or None where nothing limits it.

    `root` is where ``proc`` and ``sys`` are looked for.
    """
    limits = [_cpu_limit_v2(group) for group in _groups(root, None)]
    limits += [_cpu_limit_v1(group) for group in _groups(root, "cpu")]
    return min((limit for limit in limits if limit is not None), default=None)


def memory_limit(root: Path = Path("/")) -> int | None:
    """How many bytes of memory this process may use, or None where nothing limits it."""
    limits = [_bytes(_read(group / "memory.max")) for group in _groups(root, None)]
    for group in _groups(root, "memory"):
        limits.append(_bytes(_read(group / "memory.limit_in_bytes")))
        limits.append(_inherited_limit_v1(group))
    return min((limit for limit in limits if limit is not None), default=None)


def _cpu_limit_v2(group: Path) -> float | None:
    """``cpu.max`` holds a quota and a period in microseconds: ``150000 100000``, or ``max 100000``."""
    quota, _, period = _read(group / "cpu.max").partition(" ")
    return _share(quota, period or "100000")


def _cpu_limit_v1(group: Path) -> float | None:
    """The quota is -1 where there is none."""
    return _share(_read(group / "cpu.cfs_quota_us"), _read(group / "cpu.cfs_period_us"))


def _share(quota: str, period: str) -> float | None:
    above, below = parse_number(quota), parse_number(period)
    return above / below if above and below else None


def _inherited_limit_v1(group: Path) -> int | None:
    """The least limit of all ancestors, those that a container cannot see included."""
    for line in _read(group / "memory.stat").splitlines():
        key, _, value = line.partition(" ")
        if key == "hierarchical_memory_limit":
            return _bytes(value)
    return None


def _bytes(text: str) -> int | None:
    count = parse_number(text)
    return count if count and count < _UNLIMITED else None


def _groups(root: Path, controller: str | None) -> Iterator[Path]:
    """The directories of the process's own group and its ancestors, own first.

    `controller` names one of version 1; None means the only hierarchy of version 2.
    """
    own = _own_group(_read(root / "proc/self/cgroup"), controller)
    mounts = tuple(_mounts(_read(root / "proc/self/mountinfo"), controller))
    if own is None or not mounts:
        return
    inside = [(top, point) for top, point in mounts if own.is_relative_to(top)]
    for top, point in inside or mounts[:1]:
        # A group that is not below any mount is out of this container's sight; what is mounted is its own.
        below = own.relative_to(top) if inside else PurePosixPath()
        at = root / point.relative_to("/")
        if ".." in below.parts:
            below = PurePosixPath()
        for step in (below, *below.parents) if below.parts else (below,):
            yield at / step


def _own_group(text: str, controller: str | None) -> PurePosixPath | None:
    """From lines ``number:controller,controller:/group``; version 2 has the number 0 and no controllers."""
    for line in text.splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        matches = number == "0" and not controllers if controller is None else controller in controllers.split(",")
        if matches and path.startswith("/"):
            return PurePosixPath(path)
    return None


def _mounts(text: str, controller: str | None) -> Iterator[tuple[PurePosixPath, PurePosixPath]]:
    """Each mounted hierarchy: its top, the group that is seen at a point, and that point.

    From lines ``36 35 0:31 /top /point options ... - type source options``.
    """
    for line in text.splitlines():
        head, _, tail = line.partition(" - ")
        fields, kind = head.split(" "), tail.split(" ")
        if len(fields) < 6 or len(kind) < 3:
            continue
        if kind[0] == "cgroup2" if controller is None else kind[0] == "cgroup" and controller in kind[2].split(","):
            top, point = _unescaped(fields[3]), _unescaped(fields[4])
            if top.startswith("/") and point.startswith("/"):
                yield PurePosixPath(top), PurePosixPath(point)


def _unescaped(text: str) -> str:
    """Blanks and backslashes stand as ``\\040`` and the like."""
    octal: Callable[[re.Match[str]], str] = lambda found: chr(int(found.group(1), 8))  # noqa: E731
    return re.sub(r"\\([0-7]{3})", octal, text)


def _read(path: Path) -> str:
    """The text of a file, stripped; empty where it cannot be read."""
    return read_bytes(path, _MOST_BYTES).decode("utf-8", errors="replace").strip()
