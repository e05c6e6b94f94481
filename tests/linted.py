"""Small registries to lint, and what is found in them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from manifests import manifest_text, write_files

from las_registry.lint.finding import Finding
from las_registry.lint.linting import lint
from las_registry.lint.selection import Selection

__all__ = ["find", "found", "manifest"]


def manifest(name: str = "app 1.0", rest: str = "", **lists: list[str]) -> str:
    """``manifest("app 1.1", modules=["lib"], provides=["sql"])``: a manifest with a licence, and lists by name."""
    module, version = name.split()
    modes = lists.pop("modes", ["native"])
    sections: dict[str, list[str]] = {}
    for key, items in lists.items():
        section = "interfaces" if key in ("provides", "consumes") else "dependencies"
        sections.setdefault(section, []).append(f"  {key}: [{', '.join(items)}]\n")
    text = "".join(f"{section}:\n{''.join(lines)}" for section, lines in sections.items())
    return manifest_text(module, version, f"license: MIT\n{text}{rest}", modes=f"[{', '.join(modes)}]")


def find(directory: Path, *texts: str, select: str = "", **options: Any) -> tuple[Finding, ...]:
    """What is found in a registry with the `texts` as one stream, of the codes that begin with `select`."""
    write_files(directory, {"all.manifest.yaml": "---\n".join(texts)})
    return lint([directory], selection=Selection.parse([select], []), **options).findings


def found(directory: Path, select: str, *texts: str) -> list[str]:
    """The same, each as ``LAS101 app 1.1 interfaces.provides``."""
    return [f"{one.code} {one.module} {one.version} {one.field}" for one in find(directory, *texts, select=select)]


def lint_files(directory: Path, files: Mapping[str, str | bytes], select: str) -> list[str]:
    """What is found in a registry of several files, each as ``LAS001 app/manifest.yaml:3``."""
    write_files(directory, files)
    findings = lint([directory], selection=Selection.parse([select], [])).findings
    return [f"{one.code} {Path(one.file).relative_to(directory)}:{one.line}" for one in findings]
