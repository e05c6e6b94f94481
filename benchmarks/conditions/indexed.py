"""A problem's module versions as a registry that was compiled into an index, without any manifest."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

from benchmarks.problems import Problem
from las_registry.compiled.building import compile_registry
from las_registry.compiled.extract import Extract, Need, Shape
from las_registry.compiled.shelf import CompiledShelf
from las_registry.compiled.table import Table
from las_registry.registry import Registry
from las_solver.constraint import Requirement
from las_solver.model import ModuleVersion

__all__ = ["indexed"]


def indexed(problem: Problem) -> Registry:
    """The registry of `problem`; what was asked of it once stays in memory."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "index")
        compile_registry(map(_extract, problem.module_versions), path)
        table = Table.open(path, "")  # stays readable without its name
        return Registry([CompiledShelf(table, Path(folder), _refuse)])


def _refuse() -> NoReturn:
    raise RuntimeError("the index is damaged")


def _extract(one: ModuleVersion) -> Extract:
    least = one.hardware
    shape = Shape(
        category=one.category,
        requirements=_needs(one.requirements),
        runtimes=_needs(one.runtimes),
        hardware=(least.cores_min, least.ram_min, least.vram_min, least.multi_gpu),
        modes=one.modes,
        preferred=one.preferred_mode,
        provides=one.provides,
        consumes=one.consumes,
        system_packages=one.system_packages,
    )
    return Extract(name=one.name, version=str(one.version), shape=shape, path=one.source)


def _needs(requirements: Iterable[Requirement]) -> tuple[Need, ...]:
    return tuple((one.name, one.constraint.text) for one in requirements)
