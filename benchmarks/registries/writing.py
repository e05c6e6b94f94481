"""Generated modules as manifests: their text, and trees of files, written one module at a time."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.registries.layout import Layout, path_of
from benchmarks.registries.module import GeneratedModule, Shape

__all__ = ["LICENSE", "description_of", "documents", "files_of", "write_tree"]

LICENSE = "Apache-2.0"


def documents(module: GeneratedModule) -> Iterator[str]:
    """The manifest of each version, oldest first."""
    last: Shape | None = None
    head = f'name: "{module.name}"\ncategory: {module.category}\nversion: "'
    for version, shape in module.shapes():
        if shape is not last:
            last = shape
            rest = _rest(module.name, shape)
        yield f"{head}{version}{rest}"


def description_of(name: str) -> str:
    """What a manifest says of its module."""
    return f"{name}, made to measure planning."


def files_of(module: GeneratedModule, layout: Layout = Layout.FOLDERS) -> Iterator[tuple[str, str]]:
    """The files of a module: each with its path and its text."""
    if layout is Layout.VERSIONS:
        for version, text in zip(module.versions, documents(module), strict=True):
            yield path_of(module.name, version, layout), text
    else:
        yield path_of(module.name, layout=layout), "---\n".join(documents(module))


def write_tree(
    modules: Iterable[GeneratedModule],
    folder: Path,
    layout: Layout = Layout.FOLDERS,
) -> None:
    """Write `modules` below `folder`, which must not exist; a tree that cannot be finished is removed.

    Raises :class:`FileExistsError` where it exists.
    """
    folder.mkdir(parents=True)
    made: set[str] = set()
    try:
        for module in modules:
            for path, text in files_of(module, layout):
                parent = path.rpartition("/")[0]
                if parent not in made:
                    (folder / parent).mkdir(parents=True, exist_ok=True)
                    if layout is Layout.STREAMS:
                        made.add(parent)
                with (folder / path).open("x", encoding="utf-8", newline="\n") as file:
                    file.write(text)
    except BaseException:
        shutil.rmtree(folder)
        raise


def _rest(name: str, shape: Shape) -> str:
    """A manifest from the end of its version on."""
    lines = [f'"\ndescription: "{description_of(name)}"', f"license: {LICENSE}"]
    cores, ram, vram, multi_gpu = shape.hardware
    if any(shape.hardware):
        lines.append("hardware:")
        lines += [f"  cpu: {{cores_min: {cores}}}"] if cores else []
        lines += [f"  memory: {{ram_min: {ram}}}"] if ram else []
        gpu = [f"vram_min: {vram}"] if vram else []
        gpu += ["multi_gpu: true"] if multi_gpu else []
        lines += [f"  gpu: {{{', '.join(gpu)}}}"] if gpu else []
    if shape.system_packages or shape.requirements or shape.runtimes:
        lines.append("dependencies:")
        lines += [f"  system: [{', '.join(shape.system_packages)}]"] if shape.system_packages else []
        lines += _list("modules", shape.requirements) + _list("runtime", shape.runtimes)
    lines += ["runtime:", f"  modes: [{', '.join(shape.modes)}]"]
    if shape.provides or shape.consumes:
        lines.append("interfaces:")
        lines += _list("provides", shape.provides) + _list("consumes", shape.consumes)
    return "\n".join(lines) + "\n"


def _list(field: str, entries: Iterable[str]) -> list[str]:
    texts = [f'    - "{entry}"' for entry in entries]
    return [f"  {field}:", *texts] if texts else []
