"""What rests is looked at only where something disturbs it, and long chains of that take few rounds."""

from __future__ import annotations

import pytest
from registries import ask, machine, version

from las_solver.installed import Installed
from las_solver.model import Host, ModuleVersion, Request, Strategy
from las_solver.newest import Newest
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.problem import Problem
from las_solver.sat import DEFAULT_BACKEND, never
from las_solver.search import Search
from las_solver.shelf import Shelf
from las_solver.source import MemorySource

LENGTH = 200
LAST = f"m{LENGTH - 1:03}"
STRICT = [
    version(f"m{place:03} {number}", *([f"m{place + 1:03}@=={number}"] if place + 1 < LENGTH else []))
    for place in range(LENGTH)
    for number in ("1.0", "2.0")
]
INTERFACES = [
    version(f"m{place:03} 1.0", provides=(f"i{place}",), consumes=(f"i{place + 1}",) if place + 1 < LENGTH else ())
    for place in range(LENGTH)
]
REMOVAL = ask(excluded=[LAST], allow_removal=True)


def at_first(registry: list[ModuleVersion]) -> Host:
    return machine(*(one for one in registry if str(one.version) == "1.0"))


@pytest.mark.parametrize(
    ("registry", "request_", "has_answer"),
    [
        (STRICT, ask(f"{LAST}@2.0"), True),
        (STRICT[2:], ask(f"{LAST}@2.0"), True),
        ([STRICT[0], *STRICT[2:]], ask(f"{LAST}@2.0"), False),
        (STRICT, REMOVAL, True),
        (INTERFACES, REMOVAL, True),
        (INTERFACES, ask(excluded=[LAST]), False),
    ],
)
def test_a_long_chain_of_disturbed_modules_takes_few_rounds(
    registry: list[ModuleVersion], request_: Request, *, has_answer: bool
) -> None:
    problem = Problem(Shelf(MemorySource(registry), at_first(registry)), request_)
    search = Search(problem, DEFAULT_BACKEND, stop=never, eager=False)
    assert search.solve() is has_answer
    assert search.sat.calls < 40


@pytest.mark.parametrize("strategy", [Strategy.NEWEST, Strategy.KEEP])
def test_all_of_a_long_chain_changes_with_its_end(strategy: Strategy) -> None:
    plan = Planner(MemorySource(STRICT), at_first(STRICT)).plan(ask(f"{LAST}@2.0", strategy=strategy))
    assert isinstance(plan, Plan)
    assert [step.action for step in plan.steps] == ["upgrade"] * LENGTH


def test_what_consumes_is_looked_at_once_when_many_providers_go(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    provides = Problem.provides

    def counted(problem: Problem, name: str, rank: int, interface: str) -> bool:
        nonlocal looks
        looks += 1
        return provides(problem, name, rank, interface)

    monkeypatch.setattr(Problem, "provides", counted)
    going = [version(f"p{place:03} 1.0", "lib@<2", provides=("x",)) for place in range(LENGTH)]
    users = [version(f"u{place:03} 1.0", consumes=("x",)) for place in range(LENGTH)]
    installed = [*going, *users, version("lib 1.0"), version("q 1.0", provides=("x",))]
    problem = Problem(
        Shelf(MemorySource([*installed, version("lib 2.0")]), machine(*installed)), ask("lib@2", allow_removal=True)
    )
    outcome = Newest(problem, DEFAULT_BACKEND, stop=never, eager=False, descent=False).find()
    assert outcome is not None
    assert len(outcome.modules) == LENGTH + 2
    assert looks < 20 * LENGTH


def test_modules_that_consume_what_they_all_provide_are_invalid_one_after_the_other_in_little_time() -> None:
    count = 1500  # each was looked at for each that went before: minutes
    names = [f"p{place:04}" for place in range(count)]
    needs = ["gone", *names]
    modules = [
        version(f"{name} 1.0", need, provides=("x",), consumes=("x",)) for name, need in zip(names, needs, strict=False)
    ]
    installed = Installed(machine(*modules))
    assert not installed.staying
    assert [one.reason for one in installed.invalid[:2]] == [
        "it needs gone, which is not installed",
        "it needs p0000, which is itself not valid",
    ]


def test_pins_locks_and_deprecations_are_seen_to_hold_versions_back_without_a_search(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def searched(*_: object) -> None:
        raise AssertionError("a search was begun")

    monkeypatch.setattr("las_solver.obstacle.Obstacles.__init__", searched)
    registry = [version("app 1.0"), version("app 2.0")]
    for request, host in [
        (ask("app", pinned=["app@<2"]), machine()),
        (ask("app", locked=["app 1.0"]), machine()),
        (ask("app"), machine(deprecated=["app 2.0"])),
    ]:
        plan = Planner(MemorySource(registry), host).plan(request)
        assert isinstance(plan, Plan)
        assert plan.explained
