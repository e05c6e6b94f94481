"""Slices of the RubyGems index as module versions.

The input is a JSON object: a gem's name to the list of its versions, each with ``name``, ``version`` and
``dependencies`` (a gem's name to comma-separated constraints). Gems become modules like this:

- A version with letters is a pre-release: ``5.0.0-beta2`` and ``5.0.0.beta2`` become ``5.0.0b2``; ``a`` and
  ``alpha``, ``b`` and ``beta``, ``pre``, ``preview`` and ``rc``, ``dev`` are known. Other words (``racecar1``) have
  no PEP 440 spelling: such versions are left out and counted. ``2.5.1-1`` is the release ``2.5.1.1``.
- ``~> 3.1`` becomes ``>=3.1,<4``, ``= x`` becomes ``==x``, ``!= x`` and the rest stay. A version with a constraint
  that names a version without a PEP 440 spelling is left out and counted.
- A version that is spelled twice counts once: the first spelling in the file wins.
- Every module runs natively and needs no hardware.

Gems may need each other in a circle; an answer of las-solve never does (contract, section 4, item 7), so that a
version that is free to bundler or resolvelib may be closed to las-solve.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.version import Version

from las_solver.constraint import Constraint, Requirement
from las_solver.model import ModuleVersion

__all__ = ["ConvertedGems", "convert_constraint", "convert_gems", "convert_version"]

_VERSION = re.compile(r"(?P<release>\d+(?:\.\d+)*)(?:[.-]?(?P<word>[A-Za-z]+)[.-]?(?P<number>\d+)?|-(?P<more>\d+))?")
_WORDS = {"a": "a", "alpha": "a", "b": "b", "beta": "b", "pre": "rc", "preview": "rc", "rc": "rc", "dev": ".dev"}
_CONSTRAINT = re.compile(r"(?P<operator>~>|!=|>=|<=|=|>|<)?\s*(?P<version>\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertedGems:
    """Gems as module versions, and how many were left out: per cause, versions."""

    module_versions: tuple[ModuleVersion, ...]
    unspelled_versions: int
    unspelled_constraints: int
    repeated_versions: int


def convert_version(text: str) -> str | None:
    """The PEP 440 spelling of a gem's version; None if there is none."""
    matched = _VERSION.fullmatch(text)
    if matched is None:
        return None
    release, word, number, more = matched.group("release", "word", "number", "more")
    if more is not None:
        return f"{release}.{more}"
    if word is None:
        return release
    letter = _WORDS.get(word.lower())
    return None if letter is None else f"{release}{letter}{number or 0}"


def convert_constraint(text: str) -> str | None:
    """The PEP 440 specifier set of a gem's comma-separated constraints; None if a version in it has no spelling.

    A constraint that every version meets (``>= 0``) still stands; it admits every final version and every pre-release.
    """
    specifiers: list[str] = []
    for part in text.split(","):
        matched = _CONSTRAINT.fullmatch(part.strip())
        version = None if matched is None else convert_version(matched["version"])
        if matched is None or version is None:
            return None
        operator = matched["operator"] or "="
        if operator == "~>":
            specifiers += [f">={version}", f"<{_ceiling(version)}"]
        else:
            specifiers.append(f"{'==' if operator == '=' else operator}{version}")
    return ",".join(specifiers)


def convert_gems(index: Mapping[str, Sequence[Mapping[str, Any]]]) -> ConvertedGems:
    """All gems of `index` as module versions, in its order."""
    converted: list[ModuleVersion] = []
    unspelled_versions = unspelled_constraints = repeated_versions = 0
    for name, gems in index.items():
        seen: set[Version] = set()
        for gem in gems:
            spelling = convert_version(gem["version"])
            if spelling is None:
                unspelled_versions += 1
                continue
            version = Version(spelling)
            if version in seen:
                repeated_versions += 1
                continue
            requirements = _requirements(gem["dependencies"])
            if requirements is None:
                unspelled_constraints += 1
                continue
            seen.add(version)
            converted.append(
                ModuleVersion(name=name, version=version, requirements=requirements, source=f"{name}/manifest.yaml")
            )
    return ConvertedGems(
        module_versions=tuple(converted),
        unspelled_versions=unspelled_versions,
        unspelled_constraints=unspelled_constraints,
        repeated_versions=repeated_versions,
    )


def _requirements(dependencies: Mapping[str, str]) -> tuple[Requirement, ...] | None:
    """What a gem needs; None if a constraint has no PEP 440 spelling."""
    requirements = []
    for name, text in dependencies.items():
        constraint = convert_constraint(text)
        if constraint is None:
            return None
        requirements.append(Requirement(name, Constraint.parse(constraint)))
    return tuple(requirements)


def _ceiling(version: str) -> str:
    """The first release that ``~> version`` does not admit: the last part but one, plus one."""
    release = Version(version).release
    kept = release[:-1] or release
    return ".".join(map(str, (*kept[:-1], kept[-1] + 1)))
