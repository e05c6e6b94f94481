"""Section 7: every repair works, no part of it is superfluous, the cheapest come first, hardware is exact."""

from __future__ import annotations

import json
import random
from collections import Counter
from types import MappingProxyType

import pytest
from brute_force import BruteForce
from conflicts import diagnosis, random_conflicts
from registries import ask, module, version
from strategies import Case

from las_solver.change import (
    ALL_CHANGES,
    AllowMode,
    Change,
    FreeMode,
    LeaveOut,
    ProvideRuntime,
    RaiseHardware,
    apply_changes,
    cost,
)
from las_solver.conflict import Conflict
from las_solver.constraint import parse_version
from las_solver.document import conflict_document
from las_solver.model import Gpu, Host, ModuleVersion, Request
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.relaxation import Relaxation
from las_solver.repair import find_repairs
from las_solver.sat import Budget, Stopped
from las_solver.shelf import Shelf
from las_solver.source import MemorySource

GB = 1000**3


def repairs(versions: list[ModuleVersion], *wanted: str, host: Host | None = None, **options: object) -> list[str]:
    """The texts of the repairs, and which versions of the requested modules they lead to."""
    request = ask(*wanted, **options)
    said = diagnosis(versions, request, host)
    assert said.complete
    documents = json.loads(json.dumps(conflict_document(said.conflicts[0], said)))["repairs"]
    asked = {requirement.name for requirement in request.requirements}
    return [
        f"{one['text']}: "
        + ", ".join(f"{step['module']} {step['version']}" for step in one["then"] if step["module"] in asked)
        for one in documents
    ]


def has_answer(case: Case, changes: tuple[Change, ...]) -> bool:
    host, request = apply_changes(changes, case.host, case.request)
    answers = BruteForce(case.module_versions, host, request).answers() if request.requirements else iter(())
    return next(answers, None) is not None


def test_every_repair_works_and_no_part_of_it_is_superfluous() -> None:
    kinds: Counter[str] = Counter()
    for case in random_conflicts(120):
        for repair in diagnosis(case).repairs:
            assert has_answer(case, repair.changes)
            for place, change in enumerate(repair.changes):
                assert not has_answer(case, (*repair.changes[:place], *repair.changes[place + 1 :])), change
                kinds[type(change).__name__] += 1
    assert len(kinds) == 9, kinds


def test_hardware_is_no_more_than_it_takes() -> None:
    """A tenth less of an amount, and there is no plan."""
    seen = 0
    for case in random_conflicts(150, "hardware"):
        for repair in diagnosis(case).repairs:
            for place, change in enumerate(repair.changes):
                if isinstance(change, RaiseHardware) and change.to > 2:
                    less = RaiseHardware(change.fact, change.to * 9 // 10, change.have)
                    changed = (*repair.changes[:place], less, *repair.changes[place + 1 :])
                    assert not has_answer(case, changed)
                    seen += 1
    assert seen > 20


def test_the_cheapest_come_first() -> None:
    for case in random_conflicts(60, "order"):
        costs = [sum(cost(change) for change in repair.changes) for repair in diagnosis(case).repairs]
        assert costs == sorted(costs)


def test_the_order_of_files_does_not_matter() -> None:
    for case in random_conflicts(40, "files"):
        shuffled = list(case.module_versions)
        random.Random(1).shuffle(shuffled)
        assert diagnosis(Case(module_versions=tuple(shuffled), host=case.host, request=case.request)) == diagnosis(case)


def test_a_request_is_relaxed_before_a_card_is_bought() -> None:
    registry = [version("model 1.0", vram_min=8 * GB), version("model 2.0", vram_min=24 * GB)]
    assert repairs(registry, "model@>=2", host=Host(gpus=(Gpu(vram=8 * GB),))) == [
        "ask for model without >=2: model 1.0",
        "a GPU with 24 GB (now 8 GB): model 2.0",
    ]


def test_the_smallest_amount_that_any_manifest_asks_for_is_named() -> None:
    registry = [version(f"model {size}", ram_min=size * GB) for size in (64, 32, 48)]
    assert repairs(registry, "model", host=Host(ram=16 * GB)) == ["32 GB of memory (now 16 GB): model 32"]


def test_what_is_unknown_can_be_stated() -> None:
    registry = [version("model 1.0", ram_min=32 * 1024**3, cores_min=8)]
    assert repairs(registry, "model") == [
        "state the number of CPU cores if it is 8 or more (--assume cores=8) and "
        "state the memory if it is 32 GiB or more (--assume ram=32GiB): model 1.0"
    ]


@pytest.mark.parametrize(
    ("cards", "needs", "expected"),
    [
        ((), {"vram_min": 24 * GB}, "a GPU with 24 GB"),
        ((), {"multi_gpu": True}, "two GPUs"),
        ((8,), {"multi_gpu": True}, "a second GPU"),
        ((8,), {"multi_gpu": True, "vram_min": 16 * GB}, "a second GPU"),
        ((8,), {"multi_gpu": True, "vram_min": 48 * GB}, "GPUs with 48 GB together"),
        ((8, 8), {"multi_gpu": True, "vram_min": 48 * GB}, "GPUs with 48 GB together"),
    ],
)
def test_cards(cards: tuple[int, ...], needs: dict[str, int], expected: str) -> None:
    host = Host(gpus=tuple(Gpu(vram=card * GB) for card in cards))
    assert repairs([version("model 1.0", **needs)], "model", host=host)[0] == f"{expected}: model 1.0"


def test_a_newer_runtime_is_named_as_the_manifest_spells_it() -> None:
    registry = [
        version("app 1.0", runtimes=["driver>=530.30.02,<600"]),
        version("app 2.0", runtimes=["driver>=580"]),
        version("app 3.0", runtimes=["driver>=700"]),
    ]
    host = Host(runtimes=MappingProxyType({"driver": parse_version("470")}))
    assert repairs(registry, "app", host=host) == ["driver 530.30.02 on this host (now 470): app 1.0"]
    assert repairs(registry, "app@>=2", host=host) == [
        "driver 580 on this host (now 470): app 2.0",
        "ask for app without >=2 and get driver 530.30.02 on this host (now 470): app 1.0",
    ]


def test_a_runtime_without_a_constraint_is_named_without_a_version() -> None:
    assert repairs([version("app 1.0", runtimes=["docker"])], "app") == ["docker on this host: app 1.0"]


def test_a_runtime_that_is_too_new_is_no_repair() -> None:
    registry = [version("app 1.0", "lib", runtimes=["cuda>=12"]), version("lib 1.0", runtimes=["cuda<12"])]
    assert repairs(registry, "app") == []
    assert repairs([*registry, version("cuda 11.8")], "app") == ["cuda 12 on this host: app 1.0"]


def test_modes_exclusions_and_pre_releases() -> None:
    registry = [version("app 1.0", modes=("container",)), version("app 2.0rc1")]
    native = Host(modes=frozenset(["native"]))
    assert repairs(registry, "app", host=native) == [
        "allow pre-releases: app 2.0rc1",
        "allow the mode container on this host: app 1.0",
    ]
    assert repairs(module("app", "1.0"), "app", excluded=["app"]) == ["do not exclude app: app 1.0"]
    forced = repairs([version("app 1.0", modes=("native",))], "app", forced_modes={"app": "container"})
    assert forced == ["do not force app into the mode container: app 1.0"]


def test_nothing_more_is_asked_for_where_a_change_ends_the_need_that_named_a_pre_release() -> None:
    versions = [
        version("app 1.0", runtimes=["tool"], consumes=("store",)),
        version("base 1.0", "tool@==2b2", provides=("store",)),
        version("tool 1.0"),
        version("tool 2b2", provides=("store",)),
    ]
    assert repairs(versions, "app", excluded=["tool@==1"]) == [
        "allow pre-releases: app 1.0",
        "provide the interface store from outside and do not exclude tool ==1: app 1.0",
        "tool on this host: app 1.0",
    ]


def test_an_interface_can_come_from_outside() -> None:
    assert repairs([version("app 1.0", consumes=("db",))], "app") == ["provide the interface db from outside: app 1.0"]


def test_one_of_several_requested_modules_can_be_left_out_but_not_all() -> None:
    registry = [version("left 1.0", "lib@<2"), version("right 1.0", "lib@>=2"), *module("lib", "1.0", "2.0")]
    assert repairs(registry, "left", "right") == ["leave out left: right 1.0", "leave out right: left 1.0"]
    assert repairs([version("app 1.0", "ghost")], "app") == []


def test_repairs_that_fix_several_conflicts_fix_all_of_them_together() -> None:
    registry = [version("app 1.0", ram_min=32 * GB), version("model 1.0", vram_min=24 * GB)]
    host = Host(ram=8 * GB, gpus=(Gpu(vram=8 * GB),))
    said = diagnosis(registry, ask("app", "model"), host)
    assert len(said.conflicts) == 2
    assert repairs(registry, "app", "model", host=host) == [
        "leave out model and get 32 GB of memory (now 8 GB): app 1.0",
        "leave out app and get a GPU with 24 GB (now 8 GB): model 1.0",
        "32 GB of memory (now 8 GB) and a GPU with 24 GB (now 8 GB): app 1.0, model 1.0",
    ]


def test_no_more_repairs_than_asked_for() -> None:
    registry = [version(f"m{place} 1.0", "lib@<2" if place else "lib@>=2") for place in range(8)]
    registry += module("lib", "1.0", "2.0")
    planner = Planner(MemorySource(registry), Host())
    found = planner.plan(ask(*(f"m{place}@<2" for place in range(8))))
    assert isinstance(found, Conflict)
    assert len(planner.diagnose(found, most_repairs=1).repairs) == 1
    assert planner.diagnose(found, most_repairs=0).repairs == ()


def test_when_time_is_up_what_was_found_is_kept() -> None:
    registry = [version("app 1.0", vram_min=24 * GB)]
    planner = Planner(MemorySource(registry), Host())
    found = planner.plan(ask("app"))
    assert isinstance(found, Conflict)
    said = planner.diagnose(found, stop=lambda: True)
    assert (said.conflicts, said.repairs, said.complete) == ((found,), (), False)


@pytest.mark.parametrize("change", [AllowMode("native"), FreeMode("app", "native"), LeaveOut("other")])
def test_changes_leave_alone_what_they_are_not_about(change: Change) -> None:
    request = ask("app")
    assert apply_changes([change], Host(), request) == (Host(), request)


def test_a_runtime_of_the_host_is_replaced() -> None:
    host = Host(runtimes=MappingProxyType({"cuda": parse_version("11"), "python": parse_version("3.11")}))
    changed, _ = apply_changes([ProvideRuntime("cuda", parse_version("12"), parse_version("11"))], host, ask("app"))
    assert dict(changed.runtimes) == {"cuda": parse_version("12"), "python": parse_version("3.11")}


def test_a_request_that_names_a_pre_release_admits_it_only_as_it_stands() -> None:
    """Without the constraint, the pre-release has to be allowed in another way."""
    registry = [version("app 1.0", vram_min=24 * GB), version("app 2.0rc1")]
    assert repairs(registry, "app@>=3.0rc1") == [
        "ask for app without >=3.0rc1 and allow pre-releases: app 2.0rc1",
        "ask for app without >=3.0rc1 and get a GPU with 24 GB: app 1.0",
    ]


def test_to_leave_out_a_module_costs_the_same_with_a_constraint() -> None:
    """It comes before an interface from outside, not after it for also taking the constraint away."""
    registry = [version("app 1.0", consumes=("db",)), *module("tool", "1.0")]
    assert repairs(registry, "app@<2", "tool") == [
        "leave out app: tool 1.0",
        "provide the interface db from outside: app 1.0, tool 1.0",
    ]


def test_a_runtime_between_two_neighbours_is_found() -> None:
    registry = [version("app 1.0", runtimes=["cuda>12,<12.1"])]
    assert repairs(registry, "app") == ["cuda 12.0.1 on this host: app 1.0"]


def test_thousands_of_thresholds_are_not_climbed_one_by_one() -> None:
    registry = [
        version(f"app {step}", ram_min=16 * GB + step, runtimes=[f"cuda>=12.{step}"]) for step in range(1, 2000)
    ]
    host = Host(ram=8 * GB, runtimes=MappingProxyType({"cuda": parse_version("12")}))
    relaxation = Relaxation(Shelf(MemorySource(registry), host), ask("app@1999", "app@>1"), ALL_CHANGES, Budget())
    assert not relaxation.admits({})
    assert len(list(relaxation.remedies({}))) < 10
    relaxation.close()


def test_weighing_changes_is_part_of_the_budget() -> None:
    """Sixty modules, of which no two go together: which changes are the cheapest takes longer than trying them."""
    registry = [version(f"m{place} {new}", f"lib@=={place * new}") for place in range(60) for new in (0, 1)]
    source = MemorySource([*registry, *module("lib", *map(str, range(60)))])
    request = ask(*(f"m{place}@>=1" for place in range(60)))

    def plan(host: Host, wanted: Request) -> Plan | None:
        found = Planner(source, host).plan(wanted)
        return found if isinstance(found, Plan) else None

    with pytest.raises(Stopped):
        list(find_repairs(Shelf(source, Host()), request, plan=plan, budget=Budget(300)))
