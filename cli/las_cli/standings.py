"""What is said of who vouches for manifests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from las_cli.logging import logger

if TYPE_CHECKING:
    from las_registry.registry import Registry
    from las_registry.trust.standing import Standing
    from las_solver.conflict import Conflict
    from las_solver.plan import Plan

__all__ = ["standing_text", "warn_of_standings"]

_SHOWN: Final = 5


def standing_text(standing: Standing) -> str:
    """Who vouches for a manifest, in a few words."""
    from las_registry.trust.standing import short_key

    key = short_key(standing.key_id)
    match standing.kind:
        case "valid":
            return f"valid, by the key {key}"
        case "listed":
            return f"in the list of its registry, which the key {key} signed"
        case "other-names":
            return f"by the key {key}, which does not count for this module here"
        case "unknown-key":
            return f"not checked: the key {key} is not trusted"
        case "unsigned":
            return "none"


def warn_of_standings(registry: Registry, answer: Plan | Conflict) -> None:
    """Warns of the modules that a plan brings for which nobody vouches, where the user wants to be warned of that."""
    from las_solver.plan import Plan

    found = list(_doubtful(registry, answer)) if isinstance(answer, Plan) else []
    log = logger()
    for module, text in found[:_SHOWN]:
        log.warning(f"nobody vouches for {module}: {text}")
    if len(found) > _SHOWN:
        log.warning(f"nor for {len(found) - _SHOWN} more; las-solve registry verify shows them all")


def _doubtful(registry: Registry, plan: Plan) -> Iterable[tuple[str, str]]:
    for step in plan.steps:
        if step.action in ("keep", "remove") or registry.trust_of(step.module).policy.unsigned != "warn":
            continue
        standing = registry.standing(step.module, step.version)
        if standing is not None and not standing.is_vouched_for:
            why = "it is not signed" if standing.kind == "unsigned" else f"its signature is {standing_text(standing)}"
            yield f"{step.module} {step.version}", why
