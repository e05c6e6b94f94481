"""Which versions of a runtime are worth trying on a host."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

from packaging.version import Version

from las_solver.change import ANY_RUNTIME
from las_solver.constraint import Constraint, parse_version
from las_solver.ranks import admitted_ranks

__all__ = ["versions_named"]


def versions_named(constraints: Iterable[Constraint]) -> dict[Version, str]:
    """The versions that `constraints` on a runtime name, as they spell them, sorted, if one of them admits each.

    With :data:`ANY_RUNTIME` where one admits what is older than all, and a version soon after each that is the newest
    which one admits, or that it leaves out.
    """
    named = {ANY_RUNTIME: ""}
    for constraint in constraints:
        for operator, text in constraint.parts:
            if operator not in (">", "!="):
                spelled = text.removesuffix(".*")
                named.setdefault(parse_version(spelled), spelled)
            if operator not in (">=", "<"):
                beyond = _next(operator, text)
                named.setdefault(parse_version(beyond), beyond)
    versions = sorted(named)
    changes = [0] * (len(versions) + 1)
    for constraint in constraints:
        for low, high in admitted_ranks(versions, constraint):
            changes[low] += 1
            changes[high + 1] -= 1
    return {one: named[one] for one, admitting in zip(versions, accumulate(changes), strict=False) if admitting}


def _next(operator: str, text: str) -> str:
    """A version soon after those that a specifier is about: ``12.0.1`` after ``==12.0``, ``13`` after ``==12.*``."""
    version = parse_version(text.removesuffix(".*"))
    prefix = version.release[:-1] if operator == "~=" else version.release
    if operator != "~=" and not text.endswith(".*"):
        return f"{version.base_version}{'.0' * (len(version.release) == 1)}.1"
    epoch = f"{version.epoch}!" if version.epoch else ""
    return epoch + ".".join(map(str, (*prefix[:-1], prefix[-1] + 1)))
