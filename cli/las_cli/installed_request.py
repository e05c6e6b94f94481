"""Requests about what is installed: to upgrade it, to remove it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from las_cli.render.phrases import did_you_mean

if TYPE_CHECKING:
    from las_registry.lifecycle.reading import StoreContent
    from las_solver.errors import InvalidInput
    from las_solver.model import Host, Request

    Adapt = Callable[[Request, Host, StoreContent | None], Request]

__all__ = ["not_installed", "removal_of", "upgrade_of", "wanted", "without"]


def upgrade_of(modules: Sequence[str]) -> Adapt:
    """What makes a request one to upgrade `modules` (requirements, which the request has), or all where there are none.

    All are those that somebody asked for; what they need follows. Installed providers are preferred. Raises
    :class:`InvalidInput` where one is not installed, or nothing is.
    """

    def adapt(request: Request, host: Host, content: StoreContent | None) -> Request:
        from las_solver.constraint import Requirement
        from las_solver.errors import InvalidInput
        from las_solver.model import Strategy

        for one in request.requirements:
            if one.name not in host.installed:
                raise not_installed(one.name, host, instead=f"las-solve plan {one.name} plans to install it")
        if not host.installed:
            raise InvalidInput("nothing is installed", hint="las-solve state records what is; las-solve plan begins")
        requirements = request.requirements
        if not modules:
            names = sorted(wanted(host, content)) or sorted(host.installed)
            requirements = tuple(Requirement.parse(name) for name in names)
        providers = sorted(name for name, one in host.installed.items() if one.provides)
        first = [name for name in request.preferred if name in host.installed]
        preferred = tuple(dict.fromkeys((*first, *providers, *request.preferred)))
        return replace(request, requirements=requirements, preferred=preferred, strategy=Strategy.UPGRADE)

    return adapt


def removal_of(modules: Collection[str], *, cascade: bool) -> Adapt:
    """What makes a request one to remove `modules` with the least change to the rest; if `cascade`, removing more.

    Raises :class:`InvalidInput` where one is not installed.
    """

    def adapt(request: Request, host: Host, content: StoreContent | None) -> Request:
        from las_solver.model import Strategy

        for name in modules:
            if name not in host.installed:
                raise not_installed(name, host)
        kept = replace(request, strategy=Strategy.KEEP, allow_removal=request.allow_removal or cascade)
        return without(kept, modules)

    return adapt


def without(request: Request, modules: Collection[str]) -> Request:
    """`request`, and that `modules`, which are installed, are removed."""
    from las_solver.constraint import Requirement

    return replace(
        request,
        excluded=tuple(dict.fromkeys((*request.excluded, *map(Requirement.parse, modules)))),
        released=request.released.union(modules),
    )


def wanted(host: Host, content: StoreContent | None) -> frozenset[str]:
    """The installed modules that somebody asked for."""
    return frozenset() if content is None else content.requested.intersection(host.installed)


def not_installed(name: str, host: Host, *, instead: str = "") -> InvalidInput:
    """The error about a module that is not installed; `instead` is what else may help."""
    from las_solver.errors import InvalidInput

    near = did_you_mean(name, host.installed)
    hint = "; ".join(part for part in (near, instead) if part) or "las-solve state list --installed lists what is"
    return InvalidInput(f"{name} is not installed", hint=hint)
