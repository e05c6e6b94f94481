"""Pages about the public names of the Python packages."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Final

from docs_site.markdown import code

__all__ = ["PACKAGES", "canonical_names", "public_names", "python_pages"]

PACKAGES: Final = ("las_solver", "las_registry", "las_registry.lifecycle")
"""The packages that programs of others use; `__all__` of each is what they may rely on."""

_PAGES: Final = "python/"


def public_names(package: str) -> tuple[str, ...]:
    """The public names of a package, sorted."""
    return tuple(sorted(import_module(package).__all__, key=str.casefold))


def canonical_names() -> dict[str, str]:
    """Where each public name is defined, e.g. ``las_solver.plan.Plan``, and what it is to be called."""
    found = {}
    for package in PACKAGES:
        module = import_module(package)
        for name in public_names(package):
            value = getattr(module, name)
            defined = f"{getattr(value, '__module__', package)}.{getattr(value, '__qualname__', name)}"
            found[defined] = f"{package}.{name}"
    return found


def python_pages() -> dict[str, str]:
    """A page for each package, by their paths on the site."""
    return {f"{_PAGES}{package}.md": _page(import_module(package)) for package in PACKAGES}


def _page(package: ModuleType) -> str:
    names = public_names(package.__name__)
    references = ", ".join(f"[{code(name)}][{package.__name__}.{name}]" for name in names)
    parts = [f"# {package.__name__}\n", f"{package.__doc__}\n", f"{references}\n"]
    parts += [f"::: {package.__name__}.{name}\n" for name in names]
    return "\n".join(parts)
