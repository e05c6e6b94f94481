"""The store of what is planned, installed and running on a machine, and its history (docs/lifecycle.md)."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from las_registry.lifecycle.errors import Refused, StoreUnusable
    from las_registry.lifecycle.kept_manifest import manifest_text
    from las_registry.lifecycle.reading import StoreContent, read_store
    from las_registry.lifecycle.records import Applied, Module, Pin, PlanRecord, Snapshot, Transition
    from las_registry.lifecycle.states import ALLOWED, State, is_allowed
    from las_registry.lifecycle.store import Store

__all__ = [
    "ALLOWED",
    "Applied",
    "Module",
    "Pin",
    "PlanRecord",
    "Refused",
    "Snapshot",
    "State",
    "Store",
    "StoreContent",
    "StoreUnusable",
    "Transition",
    "is_allowed",
    "manifest_text",
    "read_store",
]

_FILES = {
    "errors": ("Refused", "StoreUnusable"),
    "kept_manifest": ("manifest_text",),
    "reading": ("StoreContent", "read_store"),
    "records": ("Applied", "Module", "Pin", "PlanRecord", "Snapshot", "Transition"),
    "states": ("ALLOWED", "State", "is_allowed"),
    "store": ("Store",),
}


def __getattr__(name: str) -> object:
    """Imports what is asked for, and only then: reading for a plan must not import SQLAlchemy."""
    for file, names in _FILES.items():
        if name in names:
            found: object = getattr(import_module(f"{__name__}.{file}"), name)
            globals()[name] = found
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
