"""Registries of any size from a seed, registries that are hard on purpose, and what writes them down."""

from benchmarks.registries.spec import HOST, Spec
from benchmarks.registries.synthetic import (
    GeneratedModule,
    Shape,
    generate,
    module_versions,
    planted,
    planted_modules,
    request,
)

__all__ = [
    "HOST",
    "GeneratedModule",
    "Shape",
    "Spec",
    "generate",
    "module_versions",
    "planted",
    "planted_modules",
    "request",
]
