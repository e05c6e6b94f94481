"""What the compiler takes of an accepted manifest: plain values, which go from process to process and into JSON."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    from las_registry.manifest import Manifest
    from las_solver.constraint import Requirement

__all__ = ["Extract", "Need", "Shape", "extract", "source_of"]

Need: TypeAlias = tuple[str, str]
"""A requirement: the name of a module or runtime, and the text of the constraint, as `Constraint.text` spells it."""


class Shape(NamedTuple):
    """What a version is apart from its number and its place; the same for versions that are alike.

    `hardware` are the least cores, RAM and VRAM, None where there is no minimum, and whether it needs several GPUs.
    """

    category: str = "tool"
    requirements: tuple[Need, ...] = ()
    runtimes: tuple[Need, ...] = ()
    hardware: tuple[int | None, int | None, int | None, bool] = (None, None, None, False)
    modes: tuple[str, ...] = ("native",)
    preferred: str | None = None
    provides: tuple[str, ...] = ()
    consumes: tuple[str, ...] = ()
    system_packages: tuple[str, ...] = ()


class Extract(NamedTuple):
    """One version of one module, as its manifest describes it.

    `version` is the text of the parsed version. `path` leads from the registry's directory to the file, as the system
    spells it (bytes that are no UTF-8 as surrogates); `document` (from 0) and `line` say where in the file it stands.
    `checksum` is what the manifest carries; `mark` is what it is known by in a registry's digest, the checksum if there
    is one. `standing` says who vouches for it, by its own signature, as the text of a
    :class:`las_registry.trust.standing.Standing`.
    """

    name: str
    version: str
    shape: Shape
    path: str
    document: int = 0
    line: int = 1
    checksum: str | None = None
    standing: str = "unsigned"
    mark: str = ""
    description: str = ""
    license: str | None = None


def extract(manifest: Manifest, path: str | None = None) -> Extract:
    """What the compiler takes of `manifest`; `path` is that of its file, where it is not UTF-8."""
    module, document = manifest.module, manifest.document
    hardware = module.hardware
    shape = Shape(
        module.category,
        _needs(module.requirements),
        _needs(module.runtimes),
        (hardware.cores_min, hardware.ram_min, hardware.vram_min, hardware.multi_gpu),
        module.modes,
        module.preferred_mode,
        module.provides,
        module.consumes,
        module.system_packages,
    )
    return Extract(
        module.name,
        str(module.version),
        shape,
        module.source if path is None else path,
        document.index,
        document.line,
        module.checksum,
        manifest.standing.text,
        manifest.mark,
        manifest.text("description") or "",
        manifest.text("license"),
    )


def source_of(path: str) -> str:
    """The path that a manifest carries, of its file's `path` as the system spells it."""
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "backslashreplace")


def _needs(requirements: Iterable[Requirement]) -> tuple[Need, ...]:
    return tuple([(one.name, one.constraint.text) for one in requirements])
