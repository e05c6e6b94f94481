"""What a service holds on to, and whether that grows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import TypeAlias

__all__ = ["Held", "children", "grown", "held", "left_behind", "workers_of"]

Held: TypeAlias = Mapping[str, int]
"""Counts, and sizes in KiB, by what they are of."""

_LEAST = 9
"""So many samples at least, for thirds of them to say something."""

_ALLOWED = {"KiB": 6144, "fds": 3, "threads": 3}
"""What may come and go, by the last word: connections to a store or an index, and arenas of memory."""

_WARM = 4
"""The first of so many parts of a lifetime in which everything is read for the first time."""


def held(pid: int, temporary: Path) -> Held:
    """What the service with this process holds on to while it does nothing."""
    found = {"children": len(children(pid)), **_of_process("server", pid)}
    workers = workers_of(pid)
    if workers:  # the others are younger, if some were lost
        found |= _of_process(f"worker {workers[0]}", workers[0])
    for watcher in children(pid):
        if watcher not in workers:
            found |= _of_process("watcher", watcher)
    found["temporary files"] = sum(1 for _ in temporary.iterdir())
    return found


def grown(samples: Sequence[Held]) -> Iterator[str]:
    """What of the samples of one lifetime, in their order, grows: more in the last third than in the first one, once
    everything is warm."""
    warm = samples[len(samples) // _WARM :]
    for name in sorted({name for one in warm for name in one}):
        values = [one[name] for one in warm if name in one]
        if len(values) < _LEAST:
            continue
        third = len(values) // 3
        first, last = median(values[:third]), median(values[-third:])
        if last - first > _ALLOWED.get(name.split()[-1], 0):
            yield f"{name}: {first:g} before, {last:g} after"


def left_behind(caches: Path, temporary: Path) -> list[str]:
    """What a service that has ended should have removed."""
    return sorted(map(str, (*caches.glob("serve-*"), *temporary.iterdir())))


def children(pid: int) -> list[int]:
    """The processes that a process has started, in the order in which they began."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += map(int, (task / "children").read_text().split())
    return sorted(found, key=_began)


def workers_of(pid: int) -> list[int]:
    """The workers of a service, the oldest first."""
    return [one for one in children(pid) if b"las_cli.serve.worker" in Path(f"/proc/{one}/cmdline").read_bytes()]


def _of_process(name: str, pid: int) -> Held:
    place = Path(f"/proc/{pid}")
    pages = int((place / "statm").read_text().split()[1])
    return {
        f"{name} KiB": pages * os.sysconf("SC_PAGE_SIZE") >> 10,
        f"{name} fds": len(list((place / "fd").iterdir())),
        f"{name} threads": len(list((place / "task").iterdir())),
    }


def _began(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
