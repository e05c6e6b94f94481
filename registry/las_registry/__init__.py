"""What there is: modules and their manifests, the machine, and the states of what is installed."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from las_registry.problem import InvalidFile, Problem, RegistryUnusable
    from las_registry.registry import Registry, default_directories
    from las_registry.trust.user_trust import NOBODY, UserTrust

__all__ = ["NOBODY", "InvalidFile", "Problem", "Registry", "RegistryUnusable", "UserTrust", "default_directories"]

_FILES = {
    "problem": ("InvalidFile", "Problem", "RegistryUnusable"),
    "registry": ("Registry", "default_directories"),
    "trust.user_trust": ("NOBODY", "UserTrust"),
}


def __getattr__(name: str) -> object:
    """Imports what is asked for, and only then: detecting a machine needs no manifests."""
    for file, names in _FILES.items():
        if name in names:
            found: object = getattr(import_module(f"{__name__}.{file}"), name)
            globals()[name] = found
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
