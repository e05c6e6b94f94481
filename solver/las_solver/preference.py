"""What decides between two plans: the first step of the construction in which they differ (contract, section 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from packaging.version import Version

from las_solver.cause import Decision, Layer, Pick
from las_solver.model import Strategy
from las_solver.plan import Plan
from las_solver.problem import Problem

__all__ = [
    "Difference",
    "Earlier",
    "FewerChanges",
    "Preference",
    "ProviderOrder",
    "Settled",
    "Unadmitted",
    "differences",
    "preference",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A module that two plans have at different versions; None where one does not have it.

    `layer` is the number of the first plan's layer that decides it, from 0; None where that plan does not have it.
    """

    module: str
    layer: int | None
    before: Version | None
    after: Version | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The first layer in which two plans differ: `modules` are those that do.

    `total` and `other_total` are the versions behind of all modules of the layer, in the one and in the other.
    """

    number: int
    modules: tuple[str, ...]
    total: int
    other_total: int


@dataclass(frozen=True, slots=True)
class ProviderOrder:
    """`provider` comes first of those that can provide `interface` for `consumer`; the other plan does not use it."""

    consumer: str
    interface: str
    provider: str


@dataclass(frozen=True, slots=True)
class Unadmitted:
    """`version` of `module`, which the other plan has, is a pre-release that nothing admits without its request."""

    module: str
    version: Version


@dataclass(frozen=True, slots=True)
class FewerChanges:
    """What is installed changes, or is removed, less: `count` modules in the one plan, `other_count` in the other.

    `modules` are those that the other one changes, or removes, and the one does not. `what` is ``changes`` or
    ``removals``.
    """

    what: str
    modules: tuple[str, ...]
    count: int
    other_count: int


@dataclass(frozen=True, slots=True)
class Settled:
    """`modules` are installed, and change only where that is needed; the other plan has them at other versions."""

    modules: tuple[str, ...]


Preference = Earlier | FewerChanges | ProviderOrder | Settled | Unadmitted


def differences(decisions: Sequence[Decision], plan: Plan, other: Plan) -> tuple[Difference, ...]:
    """The modules of which the plans have different versions, in the order in which `decisions` come to them."""
    before, after = _versions(plan), _versions(other)
    layers = (decision.modules for decision in decisions if isinstance(decision, Layer))
    found = [
        Difference(module=name, layer=number, before=before[name], after=after.get(name))
        for number, modules in enumerate(layers)
        for name in modules
        if before[name] != after.get(name)
    ]
    added = sorted(after.keys() - before.keys())
    found += [Difference(module=name, layer=None, before=None, after=after[name]) for name in added]
    return tuple(found)


def preference(
    problem: Problem, whole: Problem, decisions: Sequence[Decision], plan: Plan, other: Plan
) -> Preference | None:
    """The first of `decisions` that `other`, the plan for more requirements, does not share.

    All before it are the same, so that `other` has every module of a layer that differs. It can only be better there
    with a pre-release that the further requirement admits, or what that brings with it.
    """
    fewer = _fewer_changes(plan, other)
    if fewer is not None:
        return fewer
    before, after = _versions(plan), _versions(other)
    number = -1
    for decision in decisions:
        if isinstance(decision, Pick):
            rank = _rank(whole, decision.provider, after.get(decision.provider))
            if rank is None or not whole.provides(decision.provider, rank, decision.interface):
                return ProviderOrder(decision.consumer, decision.interface, decision.provider)
            continue
        number += 1
        differing = tuple(name for name in decision.modules if before[name] != after.get(name))
        if differing and decision.is_settled:
            return Settled(differing)
        if differing:
            own = [_behind(problem, name, before[name]) for name in decision.modules]
            others = [_behind(problem, name, after[name]) for name in decision.modules]
            wins_tie = (before[differing[0]] > after[differing[0]]) is not problem.lowest
            if (sum(own), own) < (sum(others), others) or (own == others and wins_tie):
                return Earlier(number=number, modules=differing, total=sum(own), other_total=sum(others))
            return _unadmitted(problem, decisions, plan, other)
    return None


def _fewer_changes(plan: Plan, other: Plan) -> FewerChanges | None:
    """That `plan` removes, or under the strategy keep changes, fewer installed modules than `other`, if so."""
    removed, others = ({one.module for one in each.steps if one.action == "remove"} for each in (plan, other))
    if len(removed) != len(others):
        return FewerChanges("removals", tuple(sorted(others - removed)), len(removed), len(others))
    if plan.request.strategy is Strategy.KEEP:
        moved, others = (
            {one.module for one in each.steps if one.action not in ("install", "keep")} for each in (plan, other)
        )
        if len(moved) != len(others):
            return FewerChanges("changes", tuple(sorted(others - moved)), len(moved), len(others))
    return None


def _unadmitted(problem: Problem, decisions: Sequence[Decision], plan: Plan, other: Plan) -> Unadmitted:
    """The first pre-release by which the plans differ that the request of `plan` does not admit by itself."""
    for one in differences(decisions, plan, other):
        eligible = {problem.domain(one.module).versions[rank] for rank in problem.domain(one.module).eligible}
        if one.after is not None and one.after.is_prerelease and one.after not in eligible:
            return Unadmitted(one.module, one.after)
    raise AssertionError("a better plan was missed")


def _rank(whole: Problem, name: str, version: Version | None) -> int | None:
    return None if version is None else whole.domain(name).versions.index(version)


def _behind(problem: Problem, name: str, version: Version) -> int:
    """The number of eligible versions of the module `name` newer than `version` (older, under strategy `lowest`)."""
    domain = problem.domain(name)
    eligible = [domain.versions[rank] for rank in domain.eligible]
    return sum(one < version if problem.lowest else one > version for one in eligible)


def _versions(plan: Plan) -> dict[str, Version]:
    return {step.module: step.version for step in plan.steps if step.action != "remove"}
