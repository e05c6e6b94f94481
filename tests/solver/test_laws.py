"""The laws of other resolvers' mistakes: pitfalls 1, 3 to 10, 18 and 19. (2, 5, 6 and 16 are also in test_exact.)"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import permutations

import pytest
from brute_force import BruteForce
from registries import chosen, kinds, module, version
from strategies import Case, Dice, make_case

from las_solver.check import check
from las_solver.constraint import Constraint, Requirement, parse_version
from las_solver.document import conflict_document
from las_solver.model import Gpu, Host, ModuleVersion, Request, Strategy
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.source import MemorySource


def random_cases(law: str, count: int = 150) -> Iterator[Case]:
    """The same cases every time, other ones for each law."""
    return (make_case(Dice(random.Random(f"{law} {number}").randbytes(700))) for number in range(count))


def planned(case: Case, request: Request | None = None, versions: Sequence[ModuleVersion] | None = None) -> Plan | None:
    """The plan without what holds modules back, or None for a conflict."""
    source = MemorySource(case.module_versions if versions is None else versions)
    found = Planner(source, case.host).plan(request or case.request, held_back=False)
    return found if isinstance(found, Plan) else None


def versions_of(plan: Plan | None) -> dict[str, str] | None:
    return None if plan is None else {step.module: str(step.version) for step in plan.steps}


# Pitfall 1: unsound backjumping.


def test_a_solvable_request_behind_several_dead_ends_is_solved() -> None:
    registry = [
        version("app 1.0", "a", "b", "c"),
        *[version(f"a {number}.0", f"d@=={number}") for number in range(1, 6)],
        *[version(f"b {number}.0", f"d@<={number}", f"e@>={number}") for number in range(1, 6)],
        *[version(f"c {number}.0", f"e@<={number - 3}") for number in range(4, 6)],
        *module("d", "1.0", "2.0", "3.0", "4.0", "5.0"),
        *[version(f"e {number}.0", f"d@<={number}") for number in range(1, 6)],
    ]
    assert chosen(registry, "app") == "d 2.0, a 2.0, e 2.0, b 2.0, c 5.0, app 1.0"


def test_a_conflict_is_confirmed_by_its_minimal_core_alone() -> None:
    conflicts = 0
    for case in random_cases("core"):
        source = MemorySource(case.module_versions)
        found = Planner(source, case.host).plan(case.request)
        if not isinstance(found, Plan):
            assert check(conflict_document(found), source, case.host) == ()
            conflicts += 1
    assert conflicts > 40


# Pitfall 3: the priority trap.


def test_a_new_patch_of_a_minor_module_does_not_force_an_old_major_of_an_important_one() -> None:
    registry = [
        version("app 1.0", "engine", "formatter"),
        *module("engine", "1.0", "2.0", "3.0", "4.0"),
        version("formatter 1.0.0"),
        version("formatter 1.0.1", "engine@<2"),
    ]
    assert chosen(registry, "app") == "engine 4.0, formatter 1.0.0, app 1.0"
    assert chosen(registry, "formatter", "engine") == "engine 4.0, formatter 1.0.0"


def test_earlier_layers_come_before_later_ones() -> None:
    registry = [
        version("app 1.0", "lib"),
        version("app 2.0", "lib@<2"),
        *module("lib", "1.0", "2.0", "3.0", "4.0"),
    ]
    assert chosen(registry, "app") == "lib 1.0, app 2.0"
    assert chosen(registry, "app", "lib") == "lib 4.0, app 1.0"


# Pitfall 4: a filter that changed the answer.


def test_what_nothing_leads_to_changes_no_answer() -> None:
    for case in random_cases("stray"):
        stray = [
            version("stray 1.0", *(f"{one.name}@>=0.1a1" for one in case.module_versions)),
            version("stray 2.0", "ghost"),
        ]
        assert planned(case, versions=[*case.module_versions, *stray]) == planned(case)


def test_versions_that_can_never_be_chosen_change_no_plan() -> None:
    for case in random_cases("useless"):
        useless = [
            version(f"{name} 9.{number}", vram_min=10**15)
            for name in {one.name for one in case.module_versions if not one.version.is_prerelease}
            for number in range(2)
        ]
        with_them = planned(case, versions=[*case.module_versions, *useless])
        assert versions_of(with_them) == versions_of(planned(case))


# Pitfall 5: dependence on order.


def test_order_in_a_manifest_changes_neither_verdict_nor_first_layer() -> None:
    for case in random_cases("turned"):
        turned = [
            replace(one, requirements=one.requirements[::-1], runtimes=one.runtimes[::-1])
            for one in case.module_versions
        ]
        before, after = versions_of(planned(case)), versions_of(planned(case, versions=turned))
        assert (before is None) == (after is None)
        if before and after and not any(one.consumes for one in case.module_versions):
            for requirement in case.request.requirements:
                assert before[requirement.name] == after[requirement.name]


# Pitfall 7: pre-releases.

WITH_EARLY = [*module("lib", "1.0", "2.0rc1"), version("app 1.0", "lib"), version("bold 1.0", "lib@>=2.0rc1")]


@pytest.mark.parametrize(
    ("requirements", "options", "plan"),
    [
        (["app"], {}, "lib 1.0, app 1.0"),
        (["app"], {"prereleases": True}, "lib 2.0rc1, app 1.0"),
        (["app", "lib@>=1.0a1"], {}, "lib 2.0rc1, app 1.0"),
        (["app", "lib@!=1.0a1"], {}, "lib 1.0, app 1.0"),
        (["app", "bold"], {}, "lib 2.0rc1, app 1.0, bold 1.0"),
        (["lib", "lib@<3.0a1"], {}, "lib 2.0rc1"),
    ],
)
def test_a_pre_release_needs_leave(requirements: list[str], options: dict[str, object], plan: str) -> None:
    assert chosen(WITH_EARLY, *requirements, **options) == plan


def test_where_everything_is_a_pre_release_it_may_be_chosen() -> None:
    assert chosen([*module("lib", "2.0.dev1", "2.0rc1")], "lib") == "lib 2.0rc1"
    assert chosen([*module("lib", "2.0.dev1", "2.0rc1")], "lib", strategy=Strategy.LOWEST) == "lib 2.0.dev1"


def test_an_entry_that_is_not_in_the_answer_admits_nothing() -> None:
    registry = [*WITH_EARLY, version("lib 0.9")]
    assert chosen(registry, "app") == "lib 1.0, app 1.0"
    assert kinds(registry, "app", "lib@>1.0") == ["pre-release", "requested"]


def test_a_runtime_entry_that_the_host_meets_admits_nothing() -> None:
    registry = [
        version("app 1.0", "cuda", runtimes=["cuda>=12.0rc1"]),
        *module("cuda", "12.0", "12.4rc1"),
    ]
    host = Host(runtimes={"cuda": parse_version("12.1")})
    assert chosen(registry, "app", host=host) == "cuda 12.0, app 1.0"
    assert chosen(registry, "app") == "cuda 12.4rc1, app 1.0"
    only_early = [registry[0], version("cuda 11.0", vram_min=1), version("cuda 12.4rc1")]
    assert chosen(only_early, "app") == "cuda 12.4rc1, app 1.0"
    assert "pre-release" in kinds(only_early, "app", host=host)


def test_a_pre_release_of_a_host_runtime_counts() -> None:
    registry = [version("app 1.0", runtimes=["cuda>=12"])]
    assert chosen(registry, "app", host=Host(runtimes={"cuda": parse_version("12.1rc1")})) == "app 1.0"


def test_a_requirement_can_admit_what_it_does_not_choose() -> None:
    """An entry that names a pre-release admits all of the module; among ties the newer version wins."""
    registry = [version("app 1.0", "lib@>=1.0.dev1"), *module("lib", "1.0", "1.1rc1", "2.0b1")]
    assert chosen(registry, "app") == "lib 2.0b1, app 1.0"


# Pitfall 8: solvable is not orderable.


def test_an_answer_without_a_cycle_is_looked_for() -> None:
    registry = [
        version("app 1.0", "lib"),
        version("lib 2.0", "tool"),
        version("lib 1.0"),
        version("tool 1.0", "app"),
    ]
    assert chosen(registry, "app") == "lib 1.0, app 1.0"
    assert "cycle" in kinds(registry, "app", "lib@2")
    assert "cycle" in kinds([version("app 1.0", "app")], "app")
    assert "cycle" in kinds([version("app 1.0", runtimes=["app"])], "app")


def test_interfaces_make_no_cycle() -> None:
    registry = [
        version("app 1.0", consumes=("store",), provides=("api",)),
        version("disk 1.0", consumes=("api",), provides=("store",)),
        version("loop 1.0", "app", provides=("store",)),
    ]
    assert chosen(registry, "app") == "disk 1.0, app 1.0"
    assert chosen(registry, "app", preferred=("loop",)) == "app 1.0, loop 1.0"


def test_every_plan_can_be_installed_in_its_order() -> None:
    for case in random_cases("order"):
        plan = planned(case)
        before: set[str] = set()
        for step in () if plan is None else plan.steps:
            assert set(step.requires) <= before
            before.add(step.module)


# Pitfall 9: metamorphic laws.


def has_early(case: Case) -> bool:
    """Whether a pre-release, or the name of one, could play a part."""
    entries = [need for one in case.module_versions for need in (*one.requirements, *one.runtimes)]
    return any(one.version.is_prerelease for one in case.module_versions) or any(
        entry.constraint.names_prerelease for entry in (*entries, *case.request.requirements)
    )


def test_a_requirement_less_never_makes_a_request_unsolvable() -> None:
    """Also with pre-releases about, as long as the module itself names none when it is gone."""
    for case in random_cases("less", 300):
        if planned(case) is None or has_early(case):
            continue
        wanted = case.request.requirements
        for place in range(len(wanted)) if len(wanted) > 1 else ():
            fewer = replace(case.request, requirements=wanted[:place] + wanted[place + 1 :])
            assert planned(case, fewer) is not None
        for place, one in enumerate(case.module_versions):
            if one.requirements:
                looser = [*case.module_versions]
                looser[place] = replace(one, requirements=one.requirements[1:])
                assert planned(case, versions=looser) is not None


def test_a_final_version_more_never_makes_a_request_unsolvable() -> None:
    for case in random_cases("more"):
        if planned(case) is not None:
            finals = {one.name for one in case.module_versions if not one.version.is_prerelease}
            for name in sorted(finals):
                more = [*case.module_versions, version(f"{name} 7.0", "ghost"), version(f"{name} 0.1")]
                assert planned(case, versions=more) is not None


def test_no_plan_has_a_newer_valid_neighbour_in_its_first_layer() -> None:
    neighbours = 0
    for case in random_cases("neighbour", 300):
        request = replace(case.request, strategy=Strategy.NEWEST)
        plan = planned(case, request)
        requested = {requirement.name for requirement in request.requirements}
        steps = {step.module: step.version for step in plan.steps if step.module in requested} if plan else {}
        if any(version.is_prerelease or version.local for version in steps.values()):
            continue
        floor = tuple(_at(name, f">={found}") for name, found in steps.items())
        for name, found in steps.items():
            newer = replace(request, requirements=(*request.requirements, *floor, _at(name, f"!={found}")))
            assert planned(case, newer) is None
            neighbours += 1
    assert neighbours > 100


def _at(name: str, constraint: str) -> Requirement:
    return Requirement(name, Constraint.parse(constraint))


def test_planning_again_from_the_versions_of_a_plan_gives_the_plan() -> None:
    for case in random_cases("again"):
        plan = planned(case)
        if plan is not None:
            own = versions_of(plan)
            assert own is not None
            only = [one for one in case.module_versions if own.get(one.name) == str(one.version)]
            assert versions_of(planned(case, versions=only)) == own


def test_a_request_in_another_order_keeps_the_total_of_its_first_layer() -> None:
    turned = 0
    for case in random_cases("permuted"):
        totals = set()
        for requirements in permutations(case.request.requirements):
            plan = planned(case, replace(case.request, requirements=requirements))
            totals.add(None if plan is None else _first_total(case, plan))
            turned += 1
        assert len(totals) == 1
    assert turned > 250


def _first_total(case: Case, plan: Plan) -> int:
    oracle = BruteForce(case.module_versions, case.host, case.request)
    own = versions_of(plan)
    assert own is not None
    requested = {requirement.name for requirement in case.request.requirements}
    found = [one for one in case.module_versions if one.name in requested and own[one.name] == str(one.version)]
    count = oracle.versions_behind if case.request.strategy is Strategy.NEWEST else oracle.versions_ahead
    return sum(map(count, found))


# Pitfall 18: absent, unknown and zero are three things.

NEEDS: Mapping[str, dict[str, int | bool]] = {
    "cores": {"cores_min": 1},
    "ram": {"ram_min": 1},
    "vram": {"vram_min": 1},
    "gpus": {"multi_gpu": True},
}


@pytest.mark.parametrize("fact", NEEDS)
def test_what_is_unknown_or_absent_meets_no_minimum(fact: str) -> None:
    assert kinds([version("app 1.0", **NEEDS[fact])], "app", host=Host()) == ["hardware", "requested"]


@pytest.mark.parametrize("fact", NEEDS)
def test_what_is_zero_meets_no_minimum_and_is_not_unknown(fact: str) -> None:
    host = Host(cores=0, ram=0, gpus=(Gpu(vram=0),))
    assert kinds([version("app 1.0", **NEEDS[fact])], "app", host=host) == ["hardware", "requested"]


def test_without_a_minimum_nothing_has_to_be_known() -> None:
    assert chosen([version("app 1.0")], "app", host=Host()) == "app 1.0"


def test_a_minimum_of_no_memory_still_needs_a_card() -> None:
    registry = [version("app 1.0", vram_min=0)]
    assert kinds(registry, "app", host=Host()) == ["hardware", "requested"]
    assert chosen(registry, "app", host=Host(gpus=(Gpu(vram=0),))) == "app 1.0"


# Pitfall 19: memory of one card and of all together.


@pytest.mark.parametrize(
    ("vrams", "one_card", "together"),
    [
        ((), False, False),
        ((24,), True, False),
        ((23,), False, False),
        ((12, 12), False, True),
        ((12, 11), False, False),
        ((24, 1), True, True),
        ((1, 24), True, True),
        ((8, 8, 8), False, True),
    ],
)
def test_memory_of_cards_is_added_up_only_for_what_uses_several(
    vrams: tuple[int, ...], one_card: bool, together: bool
) -> None:
    host = Host(gpus=tuple(Gpu(vram=vram) for vram in vrams))
    for multi_gpu, is_enough in ((False, one_card), (True, together)):
        registry = [version("app 1.0", vram_min=24, multi_gpu=multi_gpu)]
        if is_enough:
            assert chosen(registry, "app", host=host) == "app 1.0"
        else:
            assert set(kinds(registry, "app", host=host)) == {"hardware", "requested"}


def test_the_order_of_cards_does_not_matter() -> None:
    registry = [version("app 1.0"), version("app 2.0", vram_min=24), version("app 3.0", vram_min=33, multi_gpu=True)]
    for cards in permutations((8, 24, 0)):
        assert chosen(registry, "app", host=Host(gpus=tuple(Gpu(vram=vram) for vram in cards))) == "app 2.0"
