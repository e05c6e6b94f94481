"""What a rule has to say about a manifest, before it is looked up in which line that stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from las_registry.lint.codes import CODES
from las_registry.lint.finding import Finding, Fix, FixKind, Place
from las_registry.manifest import Manifest
from las_registry.problem import FieldPath, format_path

__all__ = ["Beside", "Remark", "items_of"]


@dataclass(frozen=True, slots=True)
class Beside:
    """A field of another manifest that a remark has to do with, and what stands there."""

    manifest: Manifest
    path: FieldPath
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something about the field at `path` of a manifest; positions in lists count nulls."""

    code: str
    manifest: Manifest
    path: FieldPath = ()
    message: str
    hint: str | None = None
    fix: FixKind | None = None
    beside: tuple[Beside, ...] = ()

    def finding(self) -> Finding:
        """The remark with its places in files."""
        document, module = self.manifest.document, self.manifest.module
        return Finding(
            code=self.code,
            severity=CODES[self.code].severity,
            file=document.file,
            line=document.line_of(self.path),
            field=format_path(self.path),
            module=module.name,
            version=str(module.version),
            message=self.message,
            hint=self.hint,
            fix=None if self.fix is None else Fix(kind=self.fix, document=document.index, path=self.path),
            related=tuple(
                Place(
                    file=one.manifest.document.file,
                    line=one.manifest.document.line_of(one.path),
                    message=one.message,
                )
                for one in self.beside
            ),
        )


def items_of(manifest: Manifest, path: FieldPath) -> Iterator[tuple[int, str]]:
    """The texts of the list at `path`, each with its position, in which nulls count."""
    value = manifest.document.value
    for key in path:
        value = value.get(str(key)) if isinstance(value, dict) else None
    for at, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, str):
            yield at, str(item)
