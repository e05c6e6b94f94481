"""The lines of a registry's digest as records: in groups, so that little is written where one of them changes, and
little is looked for where all of them are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from zlib import crc32

from las_registry.compiled.extract import Extract
from las_registry.registry_digest import module_line

__all__ = ["digest_groups", "group_of", "renewed"]

_USUAL: Final = 256
"""Lines a group."""


def digest_groups(lines: Mapping[str, str]) -> list[bytes]:
    """The records of the `lines` of modules, by name; their keys are their places."""
    groups: list[list[str]] = [[] for _ in range(len(lines) // _USUAL + 1)]
    for name, line in lines.items():
        groups[group_of(name, len(groups))].append(line)
    return ["\n".join(sorted(several)).encode() for several in groups]


def group_of(name: str, groups: int) -> int:
    """The place of the group, of so many, that has the line of the module called `name`."""
    return crc32(name.encode()) % groups


def renewed(group: bytes, modules: Iterable[tuple[str, Sequence[Extract]]]) -> bytes:
    """The record of a group in which `modules`, each with its name, have other versions than they had, or none."""
    lines = {line.partition(" ")[0]: line for line in group.decode().split("\n") if line}
    for name, several in modules:
        lines.pop(name, None)
        if several:
            lines[name] = module_line(name, [one.mark for one in several])
    return "\n".join(sorted(lines.values())).encode()
