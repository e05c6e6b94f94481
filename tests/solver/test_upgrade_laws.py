"""The laws of a machine that is planned for again and again: nothing to upgrade after an upgrade, and its like."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from applied import apply_plan, machines_between
from brute_force import BruteForce
from brute_force_machine import Machine
from installed_strategies import make_installed_case
from strategies import Case, Dice

from las_solver.constraint import Requirement
from las_solver.model import Host, ModuleVersion, Request, Strategy
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.source import MemorySource

TIMES = int(os.environ.get("LAS_SOLVE_EXAMPLES", "1"))


def random_machines(law: str, count: int = 400) -> Iterator[Case]:
    """The same cases every time, other ones for each law."""
    for number in range(count * TIMES):
        case = make_installed_case(Dice(random.Random(f"{law} {number}").randbytes(1000)))
        if case.host.installed or case.request.requirements:
            yield case


def planned(case: Case, host: Host | None = None, request: Request | None = None) -> Plan | None:
    """The plan without what holds modules back, or None for a conflict."""
    planner = Planner(MemorySource(case.module_versions), host or case.host)
    found = planner.plan(request or case.request, held_back=False)
    return found if isinstance(found, Plan) else None


def plans(law: str, count: int = 400, **options: object) -> Iterator[tuple[Case, Plan, Host]]:
    """Cases whose requests have these `options`, with their plans and the hosts after them, if not empty."""
    for case in random_machines(law, count):
        asked = replace(case, request=replace(case.request, **options))  # type: ignore[arg-type]
        plan = planned(asked)
        if plan is not None:
            after = apply_plan(plan, case.host, case.module_versions)
            if after.installed:
                yield asked, plan, after


@cache
def plans_of_many() -> Sequence[tuple[Case, Plan, Host]]:
    """Those of the laws about requests as they come, made once."""
    return tuple(plans("as it comes", 800))


def changes(plan: Plan) -> list[str]:
    return [f"{step.action} {step.module} {step.version}" for step in plan.steps if step.action != "keep"]


def comes_back(plan: Plan, after: Host) -> bool:
    """Whether a module that was invalid already and that the plan leaves alone is valid after it."""
    left_alone = {one.module for one in plan.invalid} - {step.module for step in plan.steps}
    return bool(left_alone & set(Machine(after).staying))


def is_as_free(case: Case, after: Host) -> bool:
    """Whether there are still all versions to choose from, with the same manifests, and as eligible as before.

    'A version that was eligible only as the installed one may not be any more', and what describes a version that was
    replaced is the registry's manifest again, or nothing.
    """
    return _choice(case, after) == _choice(case, case.host)


def _choice(case: Case, host: Host) -> set[tuple[ModuleVersion, bool]]:
    oracle = BruteForce(case.module_versions, host, case.request)
    return {(one, oracle.is_eligible(one)) for versions in oracle.registry.values() for one in versions}


# What was done need not be done again.


def test_after_a_plan_that_keeps_all_it_can_the_same_request_changes_nothing() -> None:
    seen = 0
    for case, plan, after in plans("keep again", strategy=Strategy.KEEP):
        if not comes_back(plan, after):
            again = planned(case, after)
            assert again is not None and changes(again) == []
            seen += bool(changes(plan))
    assert seen > 60


def test_after_any_plan_the_same_request_changes_nothing() -> None:
    seen = 0
    for case, plan, after in plans_of_many():
        if is_as_free(case, after) and not comes_back(plan, after):
            again = planned(case, after)
            assert again is not None and changes(again) == [], case
            seen += bool(changes(plan))
    assert seen > 80


def test_after_an_upgrade_there_is_nothing_to_upgrade() -> None:
    seen = 0
    for case in random_machines("upgrade", 800):
        some = sorted(case.host.installed)[: 1 + len(case.host.installed) // 2]
        asked = replace(case, request=_upgrade(some, case.host))
        plan = planned(asked)
        if plan is None:
            continue
        after = apply_plan(plan, case.host, case.module_versions)
        if is_as_free(asked, after) and not comes_back(plan, after):
            again = planned(case, after, _upgrade(some, after))
            assert again is not None and changes(again) == [], case
            seen += bool(changes(plan))
    assert seen > 100


def _upgrade(names: Iterable[str], host: Host) -> Request:
    return Request(
        requirements=tuple(map(Requirement.parse, names)),
        strategy=Strategy.UPGRADE,
        preferred=tuple(sorted(host.installed)),
    )


def test_a_request_that_is_satisfied_changes_nothing_under_keep() -> None:
    """'A request that is satisfied already gives no steps but `keep`.'"""
    seen = 0
    for case in random_machines("satisfied"):
        staying = sorted(Machine(case.host).staying.items())
        wanted = [f"{name}@=={one.version}" for name, one in staying[::2]]
        request = Request(requirements=tuple(map(Requirement.parse, wanted)), strategy=Strategy.KEEP)
        plan = planned(case, request=request)
        assert plan is not None and changes(plan) == []
        assert [step.module for step in sorted(plan.steps, key=lambda step: step.module)] == [
            name for name, _ in staying
        ]
        seen += bool(wanted)
    assert seen > 200


# What works goes on working.


def test_no_plan_breaks_what_works() -> None:
    removed = changed = 0
    for case, plan, after in plans_of_many():
        before, staying = Machine(case.host).staying, Machine(after).staying
        gone = {step.module for step in plan.steps if step.action == "remove"}
        assert set(before) - gone <= set(staying)
        assert {step.module for step in plan.steps} - gone <= set(staying)
        assert case.request.allow_removal or gone <= case.request.released
        removed += bool(gone)
        changed += bool(changes(plan))
    assert removed > 20
    assert changed > 200


def test_what_is_invalid_already_and_not_needed_is_left_alone() -> None:
    seen = 0
    for case, plan, after in plans_of_many():
        invalid = Machine(case.host).invalid
        assert [one.module for one in plan.invalid] == sorted(invalid)
        for name in set(invalid) - {step.module for step in plan.steps}:
            assert after.installed[name] == case.host.installed[name]
            seen += 1
    assert seen > 50


# The order of steps.


def test_nothing_is_taken_away_before_what_still_needs_it() -> None:
    """As far as the order of what is new allows: 'unless that closes a cycle'."""
    removals = downgrades = 0
    for case, plan, _ in plans("order", 1500, allow_removal=True):
        before: dict[str, set[str]] = {}
        installed: Mapping[str, ModuleVersion] = case.host.installed
        for step, now in machines_between(plan, case.host, case.module_versions):
            before[step.module] = {*step.requires, *step.after}
            assert before[step.module] <= set(before)
            if step.action in ("remove", "downgrade"):
                later = {other.module for other in plan.steps} - set(before)
                for name in _that_break(case.host, installed, now, step.module) & later:
                    assert step.module in _below(name, plan)
                removals += step.action == "remove"
                downgrades += step.action == "downgrade"
            installed = now
    assert removals > 60
    assert downgrades > 60


def _that_break(
    host: Host, was: Mapping[str, ModuleVersion], now: Mapping[str, ModuleVersion], changed: str
) -> set[str]:
    """The modules that a change of `changed` leaves without what they needed, and had."""
    machine = Machine(host)

    def met(name: str, installed: Mapping[str, ModuleVersion]) -> bool:
        needs = [need for need in machine.needs(installed[name]) if need.name == changed]
        return all(changed in installed and need.constraint.admits(installed[changed].version) for need in needs)

    return {name for name in now if name != changed and met(name, was) and not met(name, now)}


def _below(name: str, plan: Plan) -> set[str]:
    """All that comes before a step."""
    edges = {step.module: {*step.requires, *step.after} for step in plan.steps}
    below: set[str] = set()
    new = edges[name]
    while new:
        below |= new
        new = {lower for upper in new for lower in edges[upper]} - below
    return below


# What was installed can be removed.


def test_removing_what_was_just_installed_restores_the_machine() -> None:
    """Together with 'what nobody needs any more'."""
    seen = 0
    for case, plan, after in plans("restore", 800, strategy=Strategy.KEEP):
        new = {step.module for step in plan.steps if step.action == "install"}
        if plan.invalid or not new or len(changes(plan)) > len(new) or not new & _names(case.request):
            continue
        unneeded = new - _led_to(set(case.host.installed), after)
        remove = Request(
            requirements=(),
            strategy=Strategy.KEEP,
            excluded=tuple(map(Requirement.parse, sorted(unneeded))),
            released=frozenset(unneeded),
        )
        back = planned(case, after, remove)
        assert back is not None
        assert {step.module for step in back.steps if step.action == "remove"} == unneeded
        assert len(changes(back)) == len(unneeded)
        restored = apply_plan(back, after, case.module_versions).installed
        assert restored == {name: one for name, one in after.installed.items() if name not in unneeded}
        seen += unneeded == new
    assert seen > 40


def _names(request: Request) -> set[str]:
    return {requirement.name for requirement in request.requirements}


def _led_to(names: set[str], host: Host) -> set[str]:
    """`names`, and the modules that they lead to 'through needs of present versions and interfaces that present
    modules provide'.
    """
    machine = Machine(host)
    found: set[str] = set()
    new = names
    while new:
        found |= new
        there = [host.installed[name] for name in new]
        needs = {need.name for one in there for need in machine.needs(one)}
        consumed = {interface for one in there for interface in one.consumes} - host.interfaces
        providers = {name for name, one in host.installed.items() if consumed & set(one.provides)}
        new = (needs | providers) - found
    return found
