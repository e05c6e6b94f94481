"""What a synthetic registry is to be like, and the host that plans on it are made for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType

from las_solver.constraint import parse_version
from las_solver.model import Gpu, Host

__all__ = ["HOST", "Spec"]

HOST = Host(
    cores=16,
    ram=64 * 1024**3,
    gpus=(Gpu(name="Example 24 GB", vendor="nvidia", vram=24 * 1000**3),),
    runtimes=MappingProxyType({"cuda": parse_version("12.4"), "nvidia-driver": parse_version("550.54")}),
)
"""The host that plans are made for: the hardware tiers of the registries fit it, what is blocked does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A registry of `versions` module versions from `seed`.

    `closures` and `contradictions` are sizes of planted requests (see :func:`benchmarks.registries.request`), whose
    modules are part of the registry and the same whatever else is in it; other modules make up the number of versions.
    All other fields are shares of 1, except `mean_versions`, the mean number of a module's versions, and `moment`.
    """

    versions: int
    seed: int = 2
    closures: tuple[int, ...] = ()
    contradictions: tuple[int, ...] = ()
    mean_versions: float = 13.0
    blocked: float = 0.15
    """Of the versions: those that ask for more hardware than the host has, or for what nothing meets."""
    revised: float = 0.15
    """Of the versions: those that change what the version before needs; the others share it."""
    ceilings: float = 0.5
    """Of the requirements: those that also say which versions are too new."""
    moment: float = 0.8
    """When the planted answer was the newest, in a time that runs from 0 to 1."""
    optional: float = 0.3
    """Modules of a planted request that its planted answer does without, to those that are in it."""
    prereleases: float = 0.04
    """Of the versions: pre-releases."""
    named_prereleases: float = 0.005
    """Of the requirements: those that name a pre-release, if there is one."""
    runtimes: float = 0.1
    """Of the requirements: those on a runtime, which a module provides."""
    interfaces: float = 0.05
    """Of the modules: those that consume an interface."""
    cycles: float = 0.02
    """Of the modules: those of which some versions need a module that needs them."""

    def plain(self) -> Spec:
        """The same without what other resolvers have no words for.

        These are runtimes that modules provide, interfaces, cycles, and requirements that let pre-releases in.
        """
        return replace(self, named_prereleases=0.0, runtimes=0.0, interfaces=0.0, cycles=0.0)
