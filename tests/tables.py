"""A builder of indexes of registries that were read, and of manifest files of module versions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from las_registry.compiled.building import write_digests
from las_registry.compiled.encoding import edition_of, encode_module
from las_registry.compiled.extract import Extract, extract
from las_registry.compiled.kinds import INTERFACE, MODULE, NAMERS
from las_registry.compiled.shelf import CompiledShelf
from las_registry.compiled.table import Table, TableWriter
from las_registry.registry import Registry
from las_solver.constraint import Constraint, parse_version
from las_solver.model import ModuleVersion
from las_solver.ranks import Intervals, admitted_ranks

IDENTITY = "tests"


def index_of(registry: Registry, path: Path | None, *, state: str = "") -> Table:
    """The index of all that `registry` accepted, in a file at `path` or in memory."""
    extracts = {
        name: [extract(manifest) for one in versions[::-1] if (manifest := registry.manifest(name, one.version))]
        for name in registry.names()
        if (versions := registry.versions(name))
    }
    writer = TableWriter(path)
    for name, several in extracts.items():
        writer.put(MODULE, name, encode_module(several, ranks_in(extracts)))
    for interface in registry.interfaces():
        writer.put(INTERFACE, interface, json.dumps(list(registry.providers(interface))).encode())
    for name in sorted({need[0] for several in extracts.values() for one in several for need in needs_of(one)}):
        writer.put(NAMERS, name, json.dumps(list(registry.prerelease_namers(name))).encode())
    write_digests(extracts, writer)
    table = writer.finish(identity=IDENTITY, state=state)
    if table is not None:
        return table
    assert path is not None
    return Table.open(path, IDENTITY)


def shelf_of(table: Table, directory: Path) -> CompiledShelf:
    """The shelf over an index of the registry in `directory`; it fails if the index is damaged."""

    def recover() -> Table:
        raise AssertionError("the index is damaged")

    return CompiledShelf(table, directory, recover)


def needs_of(one: Extract) -> Iterable[tuple[str, str]]:
    """What a version needs of modules and runtimes."""
    return (*one.shape.requirements, *one.shape.runtimes)


def ranks_in(modules: Mapping[str, Iterable[Extract]]) -> Callable[[str, str], tuple[str, Intervals] | None]:
    """What a constraint admits of one of `modules`, whose versions stand from old to new."""
    versions = {name: [one.version for one in several] for name, several in modules.items()}

    def ranks_of(name: str, constraint: str) -> tuple[str, Intervals] | None:
        if name not in versions:
            return None
        parsed = [parse_version(one) for one in versions[name]]
        return edition_of(versions[name]), admitted_ranks(parsed, Constraint.of_text(constraint))

    return ranks_of


def manifest_file(versions: Iterable[ModuleVersion], **fields: object) -> str:
    """A manifest file that describes `versions`, each in a document that has `fields`, too."""
    return "".join(f"--- {json.dumps({**_document(one), **fields})}\n" for one in versions)


def _document(one: ModuleVersion) -> dict[str, object]:
    hardware = one.hardware
    return {
        "name": one.name,
        "category": one.category,
        "version": str(one.version),
        "description": f"This is {one}: ünïcode",
        "license": "MIT" if one.version.release[0] % 2 else None,
        "hardware": {
            "cpu": {"cores_min": hardware.cores_min},
            "memory": {"ram_min": None if hardware.ram_min is None else f"{hardware.ram_min}"},
            "gpu": {
                "vram_min": None if hardware.vram_min is None else f"{hardware.vram_min}",
                "multi_gpu": hardware.multi_gpu,
            },
        },
        "dependencies": {
            "modules": [str(need) for need in one.requirements],
            "runtime": [f"{need.name}{need.constraint}" for need in one.runtimes],
            "system": list(one.system_packages),
        },
        "runtime": {"modes": list(one.modes), "preferred": one.preferred_mode},
        "interfaces": {"provides": list(one.provides), "consumes": list(one.consumes)},
    }
