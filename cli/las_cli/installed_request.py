"""Requests about what is installed: to upgrade it, to remove it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from las_cli.installed import is_typed
from las_cli.question import Question, answer
from las_cli.render.phrases import did_you_mean
from las_cli.store_option import completed_from_store

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from las_registry.lifecycle.reading import StoreContent
    from las_solver.conflict import Conflict
    from las_solver.errors import InvalidInput
    from las_solver.model import Host, Request
    from las_solver.plan import Plan

    Adapt = Callable[[Request, Host, StoreContent | None], Request]

__all__ = ["InstalledModuleType", "other_machine", "removal_of", "upgrade_all", "upgrade_of", "wanted", "without"]


class InstalledModuleType(click.ParamType[str]):
    """An installed module; the shell completes those of the store."""

    name = "module"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        names = completed_from_store(ctx, lambda store: [one.name for one in store.modules() if one.installed])
        return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete)]


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
                raise _not_installed(one.name, host, content, instead=f"las-solve plan {one.name} plans to install it")
        if not host.installed:
            hint = other_machine(content) or "las-solve state records what is; las-solve plan begins"
            raise InvalidInput("nothing is installed", hint=hint)
        requirements = request.requirements
        if not modules:
            names = sorted(wanted(host, content)) or sorted(host.installed)
            requirements = tuple(Requirement.parse(name) for name in names)
        providers = sorted(name for name, one in host.installed.items() if one.provides)
        first = [name for name in request.preferred if name in host.installed]
        preferred = tuple(dict.fromkeys((*first, *providers, *request.preferred)))
        return replace(request, requirements=requirements, preferred=preferred, strategy=Strategy.UPGRADE)

    return adapt


def upgrade_all(question: Question) -> tuple[Question, Plan | Conflict]:
    """The `question` of :func:`upgrade_of` everything, and its answer.

    Where there is no plan, what does not work as it is and cannot be made to work is left alone, if that helps.
    """
    from las_solver.plan import Plan

    found = answer(question)
    if isinstance(found, Plan):
        return question, found
    invalid = {one.module for one in found.problem.installed.invalid}
    working = tuple(one for one in question.request.requirements if one.name not in invalid)
    if len(working) == len(question.request.requirements):
        return question, found
    fewer = replace(question, request=replace(question.request, requirements=working))
    second = answer(fewer)
    return (fewer, second) if isinstance(second, Plan) else (question, found)


def removal_of(modules: Collection[str], *, cascade: bool) -> Adapt:
    """What makes a request one to remove `modules` with the least change to the rest; if `cascade`, removing more.

    Raises :class:`InvalidInput` where one is not installed, or is not a name alone.
    """

    def adapt(request: Request, host: Host, content: StoreContent | None) -> Request:
        from las_solver.constraint import Requirement
        from las_solver.errors import InvalidInput
        from las_solver.model import Strategy

        for text in modules:
            one = Requirement.parse(text)
            if one.name not in host.installed:
                raise _not_installed(one.name, host, content)
            if one.constraint.text:
                hint = f"of each module one version at most is installed: las-solve remove {one.name}"
                raise InvalidInput(f"{text} names versions of a module, and a module is removed as a whole", hint=hint)
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


def _not_installed(name: str, host: Host, content: StoreContent | None, *, instead: str = "") -> InvalidInput:
    """The error about a module that is not installed; `instead` is what else may help."""
    from las_solver.errors import InvalidInput

    near = did_you_mean(name, host.installed)
    hints = [part for part in (near, other_machine(content), instead) if part]
    return InvalidInput(
        f"{name} is not installed", hint="; ".join(hints) or "las-solve state list --installed lists what is"
    )


def other_machine(content: StoreContent | None) -> str:
    """What to do where no store was looked at, since the profile on the command line is of another machine."""
    if content is None and is_typed("profile"):
        return "the store of this machine does not count for that profile; --store FILE names one that does"
    return ""
