"""A generated module: what manifests would say of its versions, and the same as the solver knows it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from benchmarks.registries.layout import path_of
from las_registry.size import parse_size
from las_solver.constraint import Requirement, parse_version
from las_solver.model import Hardware, ModuleVersion

__all__ = ["NO_HARDWARE", "GeneratedModule", "HardwareTexts", "Shape", "module_versions"]


class HardwareTexts(NamedTuple):
    """The hardware that a version needs, as its manifest spells it."""

    cores: int | None = None
    ram: str | None = None
    vram: str | None = None
    multi_gpu: bool = False


NO_HARDWARE = HardwareTexts()


class Shape(NamedTuple):
    """What a run of versions has in common, as manifests spell it. `blocked_by`: hardware or requirement, if it is."""

    requirements: tuple[str, ...] = ()
    runtimes: tuple[str, ...] = ()
    hardware: HardwareTexts = NO_HARDWARE
    modes: tuple[str, ...] = ("native",)
    provides: tuple[str, ...] = ()
    consumes: tuple[str, ...] = ()
    system_packages: tuple[str, ...] = ()
    blocked_by: str | None = None


class GeneratedModule(NamedTuple):
    """A module with its `versions`, oldest first. `runs` are the indexes at which a run begins, each with its shape;
    `planted` is the index of the version in planted answers."""

    name: str
    category: str
    versions: Sequence[str]
    runs: Sequence[tuple[int, Shape]]
    planted: int

    def shapes(self) -> Iterator[tuple[str, Shape]]:
        """Each version with its shape."""
        ends = [*(start for start, _ in self.runs[1:]), len(self.versions)]
        for (start, shape), end in zip(self.runs, ends, strict=True):
            for version in self.versions[start:end]:
                yield version, shape

    def planted_shape(self) -> Shape:
        """The shape of the planted version."""
        return self.runs[bisect_right(self.runs, self.planted, key=lambda run: run[0]) - 1][1]


def module_versions(module: GeneratedModule) -> Iterator[ModuleVersion]:
    """The versions of `module` as the solver knows them, oldest first."""
    source = path_of(module.name)
    last: Shape | None = None
    for version, shape in module.shapes():
        if shape is not last:
            last = shape
            requirements = tuple([Requirement.parse(text) for text in shape.requirements])
            runtimes = tuple([Requirement.parse_runtime(text) for text in shape.runtimes])
            hardware = Hardware(
                cores_min=shape.hardware.cores,
                ram_min=_size(shape.hardware.ram),
                vram_min=_size(shape.hardware.vram),
                multi_gpu=shape.hardware.multi_gpu,
            )
        yield ModuleVersion(
            name=module.name,
            version=parse_version(version),
            category=module.category,
            requirements=requirements,
            runtimes=runtimes,
            hardware=hardware,
            modes=shape.modes,
            provides=shape.provides,
            consumes=shape.consumes,
            system_packages=shape.system_packages,
            source=source,
        )


def _size(text: str | None) -> int | None:
    return None if text is None else parse_size(text)
