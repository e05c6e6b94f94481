"""Audits of registries, by several processes, each going on where the last one was interrupted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from las_registry.audit.findings import Audit
from las_registry.registry import Registry
from las_solver.constraint import Requirement
from las_solver.model import Host

__all__ = ["Progress", "audit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How many verdicts (versions on hosts) are `done` of `total`, and how many of those are `resumed` from before."""

    done: int
    total: int
    resumed: int


def audit(
    open_registry: Callable[[], Registry],
    hosts: Mapping[str, Host],
    *,
    wanted: Sequence[Requirement] | None = None,
    processes: int | None = None,
    seconds: float | None = None,
    fresh: bool = False,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> Audit:
    """The audit of the versions that one of `wanted` admits (of all, if None) of a registry, on each of `hosts`.

    `open_registry` is called by each process and can be pickled: ``partial(Registry.open, directories)``. By default
    there are as many `processes` as can run at a time. A version on a host may take so many `seconds` (None: any time)
    until it is undecided. Unless `fresh`, it goes on where one of the same registry and hosts was interrupted. Raises
    :class:`las_registry.problem.RegistryUnusable` like :meth:`Registry.open`.
    """
    raise NotImplementedError
