"""What is installed and nobody needs."""

from __future__ import annotations

import random
from collections.abc import Collection

import pytest
from applied import apply_plan
from installed_strategies import make_installed_case
from registries import ask, machine, version
from strategies import Dice

from las_solver.constraint import parse_version
from las_solver.model import Host, ModuleVersion
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.source import MemorySource
from las_solver.unneeded import unneeded

APP = version("app 1.0", "lib", runtimes=["python>=3.11"], consumes=("chat",))
LIB = version("lib 1.0", "base")
BASE = version("base 1.0")
PYTHON = version("python 3.12")
ONE = version("one 1.0", provides=("chat",))
TWO = version("two 1.0", provides=("chat",))
ALL = (APP, LIB, BASE, PYTHON, ONE, TWO)


@pytest.mark.parametrize(
    ("wanted", "left_over"),
    [
        (["app"], ()),
        (["lib"], ("app", "one", "python", "two")),
        (["base", "one"], ("app", "lib", "python", "two")),
        (["gone"], ("app", "base", "lib", "one", "python", "two")),
        ([], ("app", "base", "lib", "one", "python", "two")),
    ],
)
def test_what_nobody_leads_to(wanted: Collection[str], left_over: tuple[str, ...]) -> None:
    assert unneeded(ALL, wanted, Host()) == left_over


def test_a_runtime_of_the_host_needs_no_module_if_it_will_do() -> None:
    assert unneeded(ALL, ["app"], Host(runtimes={"python": parse_version("3.12")})) == ("python",)
    assert unneeded(ALL, ["app"], Host(runtimes={"python": parse_version("3.10")})) == ()


def test_an_interface_from_outside_needs_no_provider() -> None:
    assert unneeded(ALL, ["app"], Host(interfaces=frozenset({"chat"}))) == ("one", "two")


def test_a_module_does_not_provide_for_itself() -> None:
    alone = version("alone 1.0", consumes=("chat",), provides=("chat",))
    assert unneeded([alone, ONE], ["alone"], Host()) == ()
    assert unneeded([alone, ONE], ["one"], Host()) == ("alone",)


def test_modules_that_only_need_each_other_are_unneeded() -> None:
    circle = (version("a 1.0", "b"), version("b 1.0", "a"), BASE)
    assert unneeded(circle, ["base"], Host()) == ("a", "b")


def _plan(host: Host, *requirements: str, versions: Collection[ModuleVersion] = ALL, **options: object) -> Plan:
    found = Planner(MemorySource(versions), host).plan(ask(*requirements, **options))  # type: ignore[arg-type]
    assert isinstance(found, Plan)
    return found


def _left_over(host: Host, plan: Plan, *wanted: str) -> tuple[str, ...]:
    return Planner(MemorySource(ALL), host).unneeded(plan, wanted)


def test_a_plan_s_new_modules_are_never_unneeded() -> None:
    host = machine(BASE)
    assert _left_over(host, _plan(host, "lib")) == ()
    assert _left_over(host, _plan(host, "python")) == ("base",)


def test_what_is_invalid_is_not_unneeded_and_leads_to_what_it_needs_if_it_is_wanted() -> None:
    broken = version("broken 1.0", "base", vram_min=10**10)
    host = machine(broken, BASE, PYTHON)
    plan = _plan(host, "python")
    assert _left_over(host, plan, "broken") == ()
    assert _left_over(host, plan) == ("base",)


def test_without_what_nobody_needs_everything_else_is_valid_and_nothing_more_is_unneeded() -> None:
    seen = 0
    for number in range(300):
        case = make_installed_case(Dice(random.Random(f"unneeded {number}").randbytes(1000)))
        planner = Planner(MemorySource(case.module_versions), case.host)
        plan = planner.plan(case.request, held_back=False)
        if not isinstance(plan, Plan):
            continue
        after = apply_plan(plan, case.host, case.module_versions)
        if not after.installed:
            continue
        again = Planner(MemorySource(case.module_versions), after)
        nothing = again.plan(ask(strategy="keep"), held_back=False)
        assert isinstance(nothing, Plan)
        wanted = {one.name for one in case.request.requirements}
        names = again.unneeded(nothing, wanted)
        removal = ask(strategy="keep", excluded=names, released=frozenset(names))
        rest = again.plan(removal, held_back=False)
        assert isinstance(rest, Plan)
        assert {step.module for step in rest.steps if step.action != "keep"} == set(names), case
        if len(names) < len(after.installed):
            assert again.unneeded(rest, wanted) == ()
        seen += bool(names)
    assert seen > 50
