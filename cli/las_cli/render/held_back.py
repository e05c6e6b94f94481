"""What holds back the modules of a plan, a short line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from las_cli.render.terminal import printable
from las_solver.model import Strategy
from las_solver.plan import Plan, Step

__all__ = ["briefly", "held_back", "not_explained"]

_Statement = Mapping[str, Any]
_ABOUT_NEEDS = ("dependency", "runtime")
_ABSENT_WORDS = {"no-version": ", which no version meets", "unknown-module": ", which does not exist"}
_ABSENT = frozenset(_ABSENT_WORDS)
_BESIDE_OTHERS = ("chosen", "no-version", "unknown-module")
"""Kinds that only say why what another statement needs is not there."""


def held_back(plan: Plan) -> Iterator[tuple[str, str]]:
    """The modules that are older than their newest version, and the most telling statement about each.

    Nothing under the strategy `lowest`, where the headline says all.
    """
    if plan.request.strategy is Strategy.LOWEST or not any(step.held_back_by for step in plan.steps):
        return
    from las_solver.statement_document import statement_document  # late, as many plans need none of this

    for step in plan.steps:
        if step.held_back_by:
            statements = [statement_document(one) for one in step.held_back_by]
            yield printable(f"{step.module} {step.version}"), printable(briefly(step.module, statements))


def not_explained(plan: Plan) -> list[Step]:
    """The steps of which the time was up before it was known what holds them back."""
    if plan.explained:
        return []
    return [step for step in plan.steps if not step.held_back_by and step.version < step.newest]


def briefly(module: str, statements: Sequence[_Statement]) -> str:
    """The most telling of `statements`, which rule out newer versions of `module`, and how many more there are."""
    total = next((one for one in statements if one["kind"] == "total"), None)
    if total is not None:
        return str(total["text"])
    versions = {one["module"]: one["versions"] for one in statements if one["kind"] == "chosen" and one["versions"]}
    telling = [one for one in statements if one["kind"] not in _BESIDE_OTHERS] or list(statements)
    first = min(telling, key=lambda one: _rank(module, one))
    text = str(first["text"])
    if first["module"] in versions and first["kind"] in _ABOUT_NEEDS:
        version = versions[first["module"]].removeprefix("==")
        text = f"{first['module']} {version} needs {first['requirement'].replace('@', ' ')}"
    absent = _ABSENT.intersection(one["kind"] for one in statements if one["module"] == _target(first))
    text += _ABSENT_WORDS[min(absent)] if absent else ""
    more = len(telling) - 1
    return f"{text}, and {more} more" if more else text


def _target(statement: _Statement) -> str | None:
    """The module that a statement needs."""
    return statement["requirement"].partition("@")[0] if statement["kind"] in _ABOUT_NEEDS else None


def _rank(module: str, statement: _Statement) -> int:
    """What others need of `module` tells the most, then what is said of it, then what is said of others."""
    if _target(statement) == module:
        return 0
    return 1 if statement["module"] == module else 2
