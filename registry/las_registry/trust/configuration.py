"""What a user says of registries: ``registries.yaml`` in the directory for settings (docs/registries.md).

A registry is known by its directory, whatever links lead there. What the file says of names maps modules to registries:
of all patterns, of all registries, that match a name, the narrowest alone count, and only registries that have one of
these may provide the module.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from las_registry.problem import InvalidFile, Problem
from las_registry.trust.policy import DEFAULT_POLICY, NamePattern, Policy
from las_solver.lazy_dataclass import dataclass

__all__ = [
    "CATALOG",
    "LARGEST",
    "Configuration",
    "Entry",
    "NameRule",
    "read_configuration",
    "real_path",
    "repeated",
]

CATALOG: Final = "catalog"
"""What stands for the directory of the bundled catalog."""

LARGEST: Final = 1 << 20
"""The most bytes that the file may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the file says of one registry.

    `path` is as it is written there, on `line`. `name_lines` are the lines of the names in `policy`.
    """

    path: str
    line: int
    policy: Policy
    name_lines: tuple[int, ...] = ()

    @property
    def directory(self) -> str:
        """The real path of the registry's directory, empty if there can be none."""
        if self.path == CATALOG:
            from las_registry.registry import default_directories  # late: it imports what imports this

            return real_path(default_directories()[0])
        # Path.expanduser raises where there is no home.
        path = Path(os.path.expanduser(self.path))  # noqa: PTH111
        return real_path(path) if path.is_absolute() else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameRule:
    """That modules whose names match `pattern`, and no narrower one, come from nowhere but `registries`, by their real
    paths; so say the `lines` of the `file`."""

    pattern: NamePattern
    registries: frozenset[str]
    file: str
    lines: tuple[int, ...]

    @property
    def place(self) -> str:
        """Where it stands: the file, and the first of its lines."""
        return f"{self.file}:{self.lines[0]}"


class Configuration:
    """What the file called `file` says: `default` of all registries, and `entries` of some.

    Raises :class:`InvalidFile` if two entries are about one directory.
    """

    def __init__(self, file: str, entries: Sequence[Entry] = (), default: Policy = DEFAULT_POLICY) -> None:
        problems = repeated(file, entries)
        if problems:
            raise InvalidFile(problems)
        self.file = file
        self.entries = tuple(entries)
        self.default = default
        self._entries = {one.directory: one for one in entries}
        self._rules = _rules(file, self._entries)
        self._lengths = sorted({len(text) - 1 for text in self._rules if text.endswith("*")}, reverse=True)

    def entry_of(self, directory: Path) -> Entry | None:
        """What the file says of the registry in `directory`, None if nothing."""
        return self._entries.get(real_path(directory))

    def policy_of(self, directory: Path) -> Policy:
        """What is asked of the registry in `directory`."""
        entry = self.entry_of(directory)
        return self.default if entry is None else entry.policy

    @property
    def has_rules(self) -> bool:
        """Whether it says of any names where they come from."""
        return bool(self._rules)

    def rule_of(self, name: str) -> NameRule | None:
        """The rule about modules called `name`, None if there is none."""
        exact = self._rules.get(name)
        if exact is not None:
            return exact
        beginnings = (name[:length] for length in self._lengths if length <= len(name))
        return next((rule for one in beginnings if (rule := self._rules.get(f"{one}*")) is not None), None)


def read_configuration(data: bytes, path: Path) -> Configuration:
    """What the file at `path` with the content `data` says; one that was read before is not parsed again.

    Raises :class:`InvalidFile` with everything that is wrong with it.
    """
    from las_registry.trust.kept_configuration import keep_configuration, known_configuration

    known = known_configuration(data, path)
    if known is not None:
        return known
    from las_registry.trust.configuration_reading import parse_configuration  # late: it imports a YAML library

    parsed = parse_configuration(data, str(path))
    keep_configuration(data, parsed)
    return parsed


def real_path(directory: Path) -> str:
    """The path of `directory` without links, by which a registry is known; empty if there can be no such directory."""
    try:
        return os.path.normcase(os.path.realpath(directory))
    except (OSError, ValueError):  # the working directory is gone, or nothing can have such a name
        return ""


def repeated(file: str, entries: Iterable[Entry]) -> list[Problem]:
    """The entries that are about the same directory as one before them."""
    first: dict[str, Entry] = {}
    problems = []
    for at, one in enumerate(entries):
        before = first.setdefault(one.directory, one)
        if before is not one:
            problems.append(
                Problem(
                    file=file,
                    line=one.line,
                    field=f"registries[{at}].path",
                    message=f"{one.path} is the same directory as {before.path} on line {before.line}",
                    hint="say all about a registry in one place",
                )
            )
    return problems


def _rules(file: str, entries: dict[str, Entry]) -> dict[str, NameRule]:
    """The rule of each pattern, by its text."""
    found: dict[str, list[tuple[str, int]]] = {}
    for directory, entry in entries.items():
        for pattern, line in zip(entry.policy.names, entry.name_lines, strict=True):
            found.setdefault(pattern.text, []).append((directory, line))
    return {
        text: NameRule(
            pattern=NamePattern(text),
            registries=frozenset(directory for directory, _ in places),
            file=file,
            lines=tuple(line for _, line in places),
        )
        for text, places in found.items()
    }
