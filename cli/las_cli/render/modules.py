"""Modules as people and programs read them: one line each, or everything that a manifest says."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from las_cli.render.phrases import counted, first_line
from las_cli.render.table import Column, render_table
from las_cli.render.terminal import terminal_width

if TYPE_CHECKING:
    from las_registry.manifest import Manifest
    from las_registry.registry import Registry
    from las_registry.trust.standing import Standing
    from las_solver.model import Hardware

__all__ = ["facts_of", "module_document", "module_table", "newest_manifest"]


def newest_manifest(registry: Registry, name: str) -> Manifest:
    """The manifest of a module's newest final version, or its newest at all if there is none."""
    versions = registry.versions(name)
    newest = next((one for one in versions if not one.version.is_prerelease), versions[0])
    manifest = registry.manifest(name, newest.version)
    assert manifest is not None
    return manifest


def module_table(registry: Registry, newest: Sequence[Manifest]) -> Iterator[str]:
    """The lines of a table with the modules whose newest manifests are given."""
    columns = (
        Column(title="MODULE", cells=tuple(one.module.name for one in newest)),
        Column(title="NEWEST", cells=tuple(str(one.module.version) for one in newest)),
        Column(title="VERSIONS", cells=tuple(str(len(registry.versions(one.module.name))) for one in newest), rank=2),
        Column(title="CATEGORY", cells=tuple(one.module.category for one in newest), rank=1),
        Column(title="DESCRIPTION", cells=tuple(first_line(one.text("description")) for one in newest), rank=3),
    )
    return render_table(columns, width=terminal_width(sys.stdout))


def module_document(registry: Registry, newest: Manifest) -> dict[str, object]:
    """A module as JSON, in short."""
    return {
        "module": newest.module.name,
        "category": newest.module.category,
        "description": newest.text("description"),
        "newest": str(newest.module.version),
        "versions": [str(one.version) for one in registry.versions(newest.module.name)],
    }


def facts_of(manifest: Manifest, standing: Standing | None = None) -> Iterator[tuple[str, str]]:
    """What a manifest says, as labels and texts; a text is empty where it says nothing. `standing` says who vouches for
    it, None where nobody looked."""
    module = manifest.module
    yield "license", manifest.text("license") or ""
    yield "needs", ", ".join(map(str, module.requirements))
    yield "runtimes", ", ".join(f"{one.name}{one.constraint}" for one in module.runtimes)
    yield "hardware", ", ".join(_hardware(module.hardware))
    yield "modes", ", ".join(f"{one} (preferred)" if one == module.preferred_mode else one for one in module.modes)
    yield "provides", ", ".join(module.provides)
    yield "consumes", ", ".join(module.consumes)
    yield "system packages", ", ".join(module.system_packages)
    yield "manifest", module.source
    yield "checksum", module.checksum or ""
    if standing is None:
        yield "signature", "not checked" if manifest.signature else ""
    else:
        from las_cli.standings import standing_text

        yield "signature", "" if standing.kind == "unsigned" else standing_text(standing)


def _hardware(hardware: Hardware) -> Iterable[str]:
    from las_registry.size import format_size

    if hardware.cores_min is not None:
        yield counted(hardware.cores_min, "CPU core")
    if hardware.ram_min is not None:
        yield f"{format_size(hardware.ram_min)} RAM"
    if hardware.vram_min is not None:
        yield f"{format_size(hardware.vram_min)} VRAM"
    if hardware.multi_gpu:
        yield "two GPUs or more"
