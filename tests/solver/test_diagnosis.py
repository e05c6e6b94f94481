"""Section 7: several independent conflicts, and cores of the least size."""

from __future__ import annotations

import random
from itertools import combinations

from conflicts import diagnosis, random_conflicts
from registries import ask, module, version

from las_solver.closure import closure
from las_solver.conflict import Conflict
from las_solver.model import Gpu, Host, Request
from las_solver.planner import Planner
from las_solver.problem import Problem
from las_solver.sentence import sentence
from las_solver.shelf import Shelf
from las_solver.source import MemorySource
from las_solver.statement import Cycle, Dependency, NoVersion, Requested, UnknownModule
from las_solver.theory import NO_CYCLE, Theory

GB = 1000**3


def test_independent_conflicts_are_all_reported() -> None:
    registry = [
        version("app 1.0", "lib@>=2"),
        *module("lib", "1.0", "2.0"),
        version("model 1.0", vram_min=24 * GB),
        version("tool 1.0", "app@>=3"),
        version("fine 1.0"),
    ]
    said = diagnosis(registry, ask("app", "lib@<2", "model", "tool", "fine"), Host(gpus=(Gpu(vram=8 * GB),)))
    assert [[sentence(one) for one in conflict.core] for conflict in said.conflicts] == [
        ["you asked for app", "you asked for lib <2", "app 1.0 needs lib >=2"],
        [
            "you asked for model",
            "model 1.0 needs 24 GB of GPU memory, and the largest GPU of this host has 8 GB",
        ],
        ["you asked for tool", "tool 1.0 needs app >=3", "no version of app meets >=3: there is only 1.0"],
    ]


def test_all_that_a_manifest_misspells_is_reported() -> None:
    """None of it is a cause of the host's or the request's, and one request is behind all of it."""
    registry = [version("app 1.0", "libb", "tool@>=2", runtimes=["cudda"]), version("tool 1.0"), version("lib 1.0")]
    said = diagnosis(registry, ask("app"))
    assert [sentence(conflict.core[-1]) for conflict in said.conflicts] == [
        "there is no module named libb; did you mean lib?",
        "no version of tool meets >=2: there is only 1.0",
        "no module provides the runtime cudda either",
    ]


def test_there_are_at_most_ten_conflicts() -> None:
    for count, complete in ((10, True), (11, False)):
        registry = [version(f"model{at} 1.0", vram_min=24 * GB) for at in range(count)]
        said = diagnosis(registry, ask(*(f"model{at}" for at in range(count))), Host(gpus=(Gpu(vram=8 * GB),)))
        assert (len(said.conflicts), said.complete) == (10, complete)


def test_no_two_conflicts_share_a_cause() -> None:
    several = 0
    for case in random_conflicts(250, "independent"):
        cores = [set(conflict.core) for conflict in diagnosis(case).conflicts]
        registry = Cycle | Dependency | UnknownModule | NoVersion
        for left, right in combinations(cores, 2):
            shared = {one for one in left & right if not isinstance(one, registry)}
            assert all(isinstance(one, Requested) for one in shared)
        several += len(cores) > 1
    assert several > 20


def test_one_fact_is_not_blamed_again_for_the_next_module() -> None:
    registry = [version("app 1.0", "engine", modes=("native",)), version("engine 1.0", modes=("native",))]
    native = diagnosis(registry, ask("app", modes=frozenset(["container"])))
    assert [[sentence(one) for one in conflict.core] for conflict in native.conflicts] == [
        ["you asked for app", "app 1.0 runs only as native, and only container may be used"]
    ]
    models = [version(f"model-{size} 1.0", vram_min=size * GB) for size in (24, 48)]
    assert len(diagnosis(models, ask("model-24", "model-48")).conflicts) == 2


def test_what_a_host_lacks_is_said_in_full() -> None:
    registry = [version("engine 1.0", vram_min=8 * GB, runtimes=["cuda"])]
    said = diagnosis(registry, ask("engine"), Host(ram=GB))
    assert [[sentence(one) for one in conflict.core] for conflict in said.conflicts] == [
        ["you asked for engine", "engine 1.0 needs 8 GB of GPU memory, and this host has no GPU"],
        [
            "you asked for engine",
            "engine 1.0 needs the runtime cuda, which this host does not provide",
            "no module provides the runtime cuda either",
        ],
    ]


def test_one_cause_of_two_troubles_is_one_conflict() -> None:
    registry = [version("app 1.0", "engine"), version("tool 1.0", "engine"), version("engine 1.0", vram_min=24 * GB)]
    assert len(diagnosis(registry, ask("app", "tool")).conflicts) == 1


def smallest(registry: list[object], request: Request, host: Host | None = None) -> tuple[Conflict, Conflict]:
    """The conflict as it is found, and the one with a core of the least size."""
    planner = Planner(MemorySource(registry), host or Host())  # type: ignore[arg-type]
    found = planner.plan(request)
    assert isinstance(found, Conflict)
    return found, planner.diagnose(found, smallest=True, most_repairs=0).conflicts[0]


def test_the_smallest_core_may_be_further_from_the_request() -> None:
    registry = [
        *(version(f"app {number}.0", f"lib@=={number}") for number in range(1, 6)),
        *(version(f"lib {number}.0", "core") for number in range(1, 6)),
        *(version(f"tool {number}.0", f"lib@!={number}") for number in range(1, 2)),
        version("core 1.0", "ghost"),
    ]
    found, least = smallest([*registry, version("tool 2.0", "lib@>9")], ask("app", "tool@2"))
    assert (least.smallest, least.minimal) == (True, True)
    assert len(least.core) <= len(found.core)


def test_no_core_is_smaller_than_the_smallest() -> None:
    """Every set of fewer statements can be true: all of them are tried."""
    smaller = 0
    for case in random_conflicts(60, "smallest"):
        source = MemorySource(case.module_versions)
        found, least = smallest(list(case.module_versions), case.request, case.host)
        assert least.smallest is True
        smaller += len(least.core) < len(found.core)
        problem = Problem(Shelf(source, case.host), case.request, pruned=False)
        theory = Theory(problem, [*closure(problem, lambda: False).statements, NO_CYCLE])
        if len(least.core) <= 4 and len(theory.selectors) <= 30:
            for some in combinations(theory.selectors, len(least.core) - 1):
                assert not theory.contradicts(some)
        theory.close()
    assert smaller > 3


def test_a_core_that_is_not_looked_for_long_enough_is_not_called_the_smallest() -> None:
    planner = Planner(MemorySource([version("app 1.0", "lib"), version("lib 1.0", "ghost")]), Host())
    found = planner.plan(ask("app"))
    assert isinstance(found, Conflict)
    said = planner.diagnose(found, smallest=True, stop=lambda: True)
    assert (said.conflicts[0].smallest, said.conflicts[0].core) == (False, found.core)
    assert planner.diagnose(found).conflicts[0].smallest is None


def test_the_order_of_files_does_not_matter_for_the_smallest_core() -> None:
    for case in random_conflicts(30, "shuffled"):
        shuffled = list(case.module_versions)
        random.Random(2).shuffle(shuffled)
        assert smallest(shuffled, case.request, case.host) == smallest(
            list(case.module_versions), case.request, case.host
        )


def test_what_needs_more_and_more_of_a_fact_is_said_once() -> None:
    registry = [version(f"model {size}.0", ram_min=size * 10 * GB) for size in range(1, 9)]
    said = diagnosis(registry, ask("model"), Host(ram=GB))
    assert [sentence(one) for one in said.conflicts[0].core] == [
        "you asked for model",
        "every version of model needs at least 10 GB of memory, and this host has 1 GB",
    ]
    assert isinstance(said.conflicts[0].core[0], Requested)
