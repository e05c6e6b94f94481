"""Section 6: "Steps in an order in which what a module needs comes before it"."""

from __future__ import annotations

from registries import ask, chosen, document, machine, version

from las_solver.constraint import parse_version
from las_solver.model import Host
from las_solver.order import arrange
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.source import MemorySource


def test_what_is_needed_comes_first_and_names_decide_among_the_free() -> None:
    registry = [version("app 1.0", "b", "a"), version("a 1.0"), version("b 1.0", "z"), version("z 1.0")]
    assert chosen(registry, "app") == "a 1.0, z 1.0, b 1.0, app 1.0"


def test_names_are_compared_by_code_points() -> None:
    registry = [version("app 1.0", "a", "B", "C10", "C9"), *map(version, ("a 1", "B 1", "C10 1", "C9 1"))]
    assert chosen(registry, "app") == "B 1, C10 1, C9 1, a 1, app 1.0"


def test_a_provider_comes_before_its_consumer() -> None:
    registry = [version("app 1.0", consumes=("db",)), version("zdb 1.0", provides=("db",))]
    assert chosen(registry, "app") == "zdb 1.0, app 1.0"


def test_every_present_provider_comes_first_unless_the_host_provides() -> None:
    registry = [version("app 1.0", consumes=("db",)), *(version(f"z{one} 1.0", provides=("db",)) for one in "12")]
    assert chosen(registry, "app", "z1", "z2") == "z1 1.0, z2 1.0, app 1.0"
    outside = Host(interfaces=frozenset(["db"]))
    assert chosen(registry, "app", "z1", "z2", host=outside) == "app 1.0, z1 1.0, z2 1.0"


def test_of_edges_that_would_close_a_cycle_the_first_by_consumer_is_kept() -> None:
    registry = [
        version("a 1.0", consumes=("y",), provides=("x",)),
        version("b 1.0", consumes=("x",), provides=("y",)),
    ]
    assert chosen(registry, "a", "b") == "b 1.0, a 1.0"


def test_requires_and_required_by_are_the_edges() -> None:
    registry = [
        version("app 1.0", "lib", runtimes=["cuda", "python>=3"], consumes=("db",)),
        *map(version, ("lib 1.0", "cuda 12")),
        version("disk 1.0", "lib", provides=("db",)),
    ]
    steps = document(registry, ask("app"), Host(runtimes={"python": parse_version("3.12")}))["steps"]
    assert {step["module"]: (step["requires"], step["required_by"]) for step in steps} == {
        "cuda": ([], ["app"]),
        "lib": ([], ["app", "disk"]),
        "disk": (["lib"], ["app"]),
        "app": (["cuda", "disk", "lib"], []),
    }


def test_long_chains_need_no_recursion() -> None:
    before = {f"m{place:05}": [f"m{place - 1:05}"] if place else [] for place in range(5000)}
    assert arrange(before) == sorted(before)


def test_many_that_consume_what_they_all_provide_are_put_in_order_without_following_every_edge() -> None:
    names = [f"m{place:03}" for place in range(600)]
    registry = [version(f"{name} 1.0", consumes=("x",), provides=("x",)) for name in names]
    plan = Planner(MemorySource(registry), Host()).plan(ask(*names))
    assert isinstance(plan, Plan)
    assert [step.module for step in plan.steps] == names[::-1]
    assert [len(step.requires) for step in plan.steps] == list(range(600))


def test_many_of_those_are_removed_without_following_every_edge() -> None:
    names = [f"m{place:03}" for place in range(600)]
    installed = [version(f"{name} 1.0", consumes=("x",), provides=("x",)) for name in names]
    gone = names[:200]
    request = ask(excluded=gone, released=frozenset(gone))
    plan = Planner(MemorySource(installed), machine(*installed)).plan(request)
    assert isinstance(plan, Plan)
    assert [step.module for step in plan.steps if step.action == "remove"] == gone[::-1]
    assert all(set(step.after) >= set(names[200:]) for step in plan.steps if step.action == "remove")
