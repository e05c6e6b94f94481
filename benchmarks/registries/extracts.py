"""Generated modules as the compiler of indexes takes them, without any file: what it would take of a tree."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.registries.layout import Layout, path_of
from benchmarks.registries.module import GeneratedModule, module_versions
from benchmarks.registries.writing import LICENSE, description_of, documents
from las_registry.compiled.building import compile_registry
from las_registry.compiled.extract import Extract, Shape
from las_solver.constraint import Requirement

__all__ = ["extracts", "write_index"]


def extracts(module: GeneratedModule, layout: Layout = Layout.FOLDERS) -> Iterator[Extract]:
    """What the compiler takes of each version of `module`, oldest first, if they are laid out like this."""
    texts = list(documents(module))
    is_stream = layout is not Layout.VERSIONS
    path, description = path_of(module.name, layout=layout), description_of(module.name)
    digest = _digest("---\n".join(texts)) if is_stream else ""
    made: dict[tuple[object, ...], Shape] = {}
    line = 1
    for place, (one, text) in enumerate(zip(module_versions(module), texts, strict=True)):
        key = (one.requirements, one.runtimes, one.hardware, one.provides, one.consumes)
        if key not in made:
            least = one.hardware
            made[key] = Shape(
                category=one.category,
                requirements=_needs(one.requirements),
                runtimes=_needs(one.runtimes),
                hardware=(least.cores_min, least.ram_min, least.vram_min, least.multi_gpu),
                modes=one.modes,
                provides=one.provides,
                consumes=one.consumes,
                system_packages=one.system_packages,
            )
        version = module.versions[place]
        yield Extract(
            name=module.name,
            version=version,
            shape=made[key],
            path=path if is_stream else path_of(module.name, version, layout),
            document=place if is_stream else 0,
            line=line if is_stream else 1,
            mark=f"{digest}:{place}" if is_stream else f"{_digest(text)}:0",
            description=description,
            license=LICENSE,
        )
        line += text.count("\n") + (1 if place else 0)  # a document begins at its `---`


def write_index(modules: Iterable[GeneratedModule], path: Path, layout: Layout = Layout.FOLDERS) -> None:
    """Compile `modules` into an index at `path`, which must not exist; `Table.open(path, "")` opens it.

    Raises :class:`FileExistsError` where it exists.
    """
    if path.exists():
        raise FileExistsError(f"{path} exists")
    path.parent.mkdir(parents=True, exist_ok=True)
    compile_registry((one for module in modules for one in extracts(module, layout)), path)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _needs(requirements: tuple[Requirement, ...]) -> tuple[tuple[str, str], ...]:
    return tuple([(one.name, one.constraint.text) for one in requirements])
