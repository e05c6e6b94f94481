"""Registries of any size from a seed, registries that are hard on purpose, and what writes them down."""

from benchmarks.registries.layout import Layout
from benchmarks.registries.module import GeneratedModule, Shape, module_versions
from benchmarks.registries.spec import HOST, Spec
from benchmarks.registries.synthetic import PLANTED_SIZES, fitting, generate, planted, planted_modules, request
from benchmarks.registries.writing import write_tree

__all__ = [
    "HOST",
    "PLANTED_SIZES",
    "GeneratedModule",
    "Layout",
    "Shape",
    "Spec",
    "fitting",
    "generate",
    "module_versions",
    "planted",
    "planted_modules",
    "request",
    "write_tree",
]
