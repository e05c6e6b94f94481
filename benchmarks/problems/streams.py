"""Module versions written as manifests: a folder and a YAML stream a module, all of its versions in it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from las_solver.model import ModuleVersion

__all__ = ["write_streams"]


def write_streams(module_versions: Iterable[ModuleVersion], folder: Path) -> None:
    """Write `module_versions` below `folder`, each module as ``NAME/manifest.yaml``, in the order given."""
    streams: dict[str, list[str]] = {}
    for one in module_versions:
        streams.setdefault(one.name, []).append(_manifest(one))
    for name, manifests in streams.items():
        home = folder / name
        home.mkdir(parents=True, exist_ok=True)
        (home / "manifest.yaml").write_text("---\n".join(manifests), encoding="utf-8", newline="\n")


def _manifest(one: ModuleVersion) -> str:
    """What the problems of the benchmarks use of a manifest: module entries, VRAM and modes."""
    lines = [
        f"name: {one.name}",
        f"category: {one.category}",
        f'version: "{one.version}"',
        f"description: {one.name}, made to measure planning.",
    ]
    if one.hardware.vram_min is not None:
        lines += ["hardware:", "  gpu:", f'    vram_min: "{one.hardware.vram_min}"']
    if one.requirements:
        lines += ["dependencies:", "  modules:", *(f'    - "{entry}"' for entry in one.requirements)]
    lines += ["runtime:", f"  modes: [{', '.join(one.modes)}]"]
    return "\n".join(lines) + "\n"
