"""What is said where a module could also come from a registry that does not count for it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

import click

from las_cli.logging import logger

if TYPE_CHECKING:
    from las_registry.offer import Offer
    from las_registry.registry import Registry
    from las_solver.conflict import Conflict
    from las_solver.model import Request
    from las_solver.plan import Plan

__all__ = ["warn_of_others", "warn_of_shadowed", "why_nowhere"]

_MOST: Final = 5
_KEY: Final = "las_cli.shadowed"


def warn_of_others(registry: Registry, request: Request, found: Plan | Conflict) -> None:
    """Warns of the modules that are asked for, or in the answer `found`, and that other registries have or might."""
    from las_solver.plan import Plan

    asked = [one.name for one in request.requirements]
    if isinstance(found, Plan):
        warn_of_shadowed(registry, [*asked, *(step.module for step in found.steps if step.action != "remove")])
        return
    from las_solver.statement import UnknownModule

    warn_of_shadowed(registry, asked)
    for name in dict.fromkeys(one.module for one in found.core if isinstance(one, UnknownModule)):
        if (why := why_nowhere(registry, name)) is not None:
            logger().warning(f"there is no module named {name} here: {why}")


def warn_of_shadowed(registry: Registry, names: Iterable[str]) -> None:
    """Warns where a later registry has a newer version of one of the modules called `names` than the first that has
    it, which alone counts: once a module and command."""
    context = click.get_current_context(silent=True)
    told: set[str] = set() if context is None else context.meta.setdefault(_KEY, set())
    found = []
    for name in (one for one in dict.fromkeys(names) if one not in told):
        told.add(name)
        offers = registry.offers(name)
        text = _newer_elsewhere(name, offers)
        if text is not None:
            found.append((_which(name, offers), text))
    log = logger()
    for which, text in found[:_MOST]:
        log.warning(f"{text}; {which} says why")
    if found[_MOST:]:
        which, _ = found[_MOST]
        log.warning(f"and newer versions of {len(found) - _MOST} more in registries that do not count; {which}")


def why_nowhere(registry: Registry, name: str) -> str | None:
    """Why no registry provides the module called `name`, where that is since the user maps it to registries."""
    rule, offers = registry.rule_of(name), registry.offers(name)
    if rule is None or any(one.fate == "counts" for one in offers):
        return None
    from las_cli.render.which import rule_text

    text = f"by {rule.place}, {rule_text(rule)}"
    if all(one.fate == "rule" for one in offers):
        names = " or ".join(f"--registry {shlex.quote(one)}" for one in sorted(rule.registries))
        return f"{text}; name it, too: {names}"
    return f"{text}, where there is none called {name}"


def _newer_elsewhere(name: str, offers: Sequence[Offer]) -> str | None:
    """The warning about the newest version elsewhere, None if it is no newer."""
    counting = next((one for one in offers if one.fate == "counts"), None)
    newest = None if counting is None else counting.newest
    if counting is None or newest is None:
        return None
    later = [(version, one) for one in offers if one.fate == "earlier" and (version := one.newest) is not None]
    if not later:
        return None
    version, other = max(later, key=lambda pair: pair[0])
    if version <= newest:
        return None
    return f"{other.directory} has {name} {version}, newer than {newest} in {counting.directory}, which alone counts"


def _which(name: str, offers: Iterable[Offer]) -> str:
    """The command that says why the module called `name` comes from one of these registries."""
    registries = [part for one in offers for part in ("--registry", one.directory)]
    return shlex.join(["las-solve", "registry", "which", name, *registries])
