"""Kept manifests read quickly, as thousands of them may stand before a plan.

What is kept was accepted when it was written, and its digest says that it is still the same. So nothing is validated
here: texts that are spelled alike are understood once, and whatever does not fit is left to the reader that validates.
Both make the same of what was accepted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from las_registry.lifecycle.kept_manifest import digest_of_text, read_kept_manifest
from las_registry.manifest import Pool
from las_registry.size import parse_size
from las_solver.constraint import ANY, Constraint, Requirement, parse_version
from las_solver.errors import InvalidInput
from las_solver.model import Hardware, ModuleVersion

__all__ = ["QuickReader"]

_NOTHING: dict[str, Any] = {}
_NO_HARDWARE = Hardware()


class QuickReader:
    """Reads kept manifests; keeps what several of them share."""

    def __init__(self) -> None:
        self._pool = Pool()
        self._labels: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._modules: dict[tuple[str, ...], tuple[Requirement, ...]] = {}
        self._runtimes: dict[tuple[str, ...], tuple[Requirement, ...]] = {}
        self._hardware: dict[tuple[Any, ...], Hardware] = {}

    def read_all(self, kept: Sequence[tuple[str, str, str, str]]) -> list[ModuleVersion]:
        """What the manifests describe, of each the name, the version, the text and its digest.

        Raises :class:`InvalidInput` if one of them cannot be read, or is not what its digest says.
        """
        for name, version, text, digest in kept:
            if not isinstance(text, str) or digest_of_text(text) != digest:
                raise InvalidInput(f"the manifest of {name} {version} that is kept is not what its digest says")
        try:
            contents: list[Any] = json.loads(f"[{','.join([row[2] for row in kept])}]")
        except (ValueError, RecursionError):
            contents = []
        if len(contents) != len(kept):
            contents = [None] * len(kept)
        return [self._read(content, *row[:3]) for content, row in zip(contents, kept, strict=True)]

    def _read(self, content: Any, name: str, version: str, text: str) -> ModuleVersion:
        try:
            if content["name"] == name and content["version"] == version:
                return self._quickly(content, version, f"installed {name} {version}")
        except (LookupError, TypeError, AttributeError, InvalidInput):
            pass
        return read_kept_manifest(text, name, parse_version(version), self._pool)

    def _quickly(self, content: dict[str, Any], version: str, source: str) -> ModuleVersion:
        dependencies = content.get("dependencies", _NOTHING)
        interfaces = content.get("interfaces", _NOTHING)
        runtime, integrity = content["runtime"], content.get("integrity")
        modes = self._named(runtime["modes"])
        if not modes or not isinstance(content["category"], str):
            raise TypeError("what every manifest has is missing")
        checksum = None if integrity is None else integrity.get("checksum")
        return ModuleVersion(
            name=content["name"],
            version=parse_version(version),
            category=content["category"],
            requirements=self._requirements(dependencies.get("modules"), self._modules, _entry),
            runtimes=self._requirements(dependencies.get("runtime"), self._runtimes, Requirement.parse_runtime),
            hardware=self._needed(content["hardware"]) if "hardware" in content else _NO_HARDWARE,
            modes=modes,
            preferred_mode=runtime.get("preferred"),
            provides=self._named(interfaces.get("provides")),
            consumes=self._named(interfaces.get("consumes")),
            system_packages=self._named(dependencies.get("system")),
            source=source,
            checksum=None if checksum is None else checksum.lower(),
        )

    def _named(self, names: list[str] | None) -> tuple[str, ...]:
        if not names:
            return ()
        key = tuple(names)
        found = self._labels.get(key)
        if found is None:
            _check_texts(names)
            found = self._labels[key] = tuple(dict.fromkeys(key))
        return found

    def _requirements(
        self,
        texts: list[str] | None,
        known: dict[tuple[str, ...], tuple[Requirement, ...]],
        parse: Callable[[str], Requirement],
    ) -> tuple[Requirement, ...]:
        if not texts:
            return ()
        key = tuple(texts)
        found = known.get(key)
        if found is None:
            _check_texts(texts)
            found = known[key] = tuple(dict.fromkeys(map(parse, key)))
        return found

    def _needed(self, hardware: dict[str, Any]) -> Hardware:
        gpu = hardware.get("gpu", _NOTHING)
        cores = hardware.get("cpu", _NOTHING).get("cores_min")
        ram, vram = hardware.get("memory", _NOTHING).get("ram_min"), gpu.get("vram_min")
        key = cores, ram, vram, gpu.get("multi_gpu", False)
        found = self._hardware.get(key)
        if found is None:
            if not isinstance(cores, int | None) or not isinstance(key[3], bool):
                raise TypeError("a minimum is no number")
            found = self._hardware[key] = Hardware(
                cores_min=cores,
                ram_min=None if ram is None else parse_size(ram),
                vram_min=None if vram is None else parse_size(vram),
                multi_gpu=key[3],
            )
        return found


def _check_texts(texts: object) -> None:
    """Raises :class:`TypeError` for what is no list of texts: forged, as its digest fits."""
    if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
        raise TypeError("what should be a list of texts is something else")


def _entry(text: str) -> Requirement:
    """A module entry that was accepted before, so that its name need not be looked at again."""
    name, at, constraint = text.partition("@")
    return Requirement(name.strip(), Constraint.parse(constraint) if at else ANY)
