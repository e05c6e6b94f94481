"""Section 7 on machines that have modules: what has to stay, pins and locks are told, and repairs change them."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, product
from types import MappingProxyType

import pytest
from brute_force import BruteForce
from brute_force_machine import Machine
from conflicts import diagnosis, random_installed_conflicts
from ladders import facts
from ladders import ladders as other_ladders
from registries import ask, machine, module, version
from strategies import Case

from las_solver.change import (
    ALL_CHANGES,
    AddCard,
    Change,
    LiftExclusion,
    LiftPin,
    RaiseLimit,
    ReleaseModule,
    TakeInstead,
    Unlock,
    apply_changes,
)
from las_solver.change_text import changes_text
from las_solver.conflict import explain_conflict
from las_solver.diagnosis import Diagnosis
from las_solver.document import conflict_document
from las_solver.model import Host, Request
from las_solver.planner import Planner
from las_solver.problem import Problem
from las_solver.shelf import Shelf
from las_solver.source import MemorySource

LIB = module("lib", "1.0", "2.0", "3.0")
APP = [version("app 1.0", "lib@<3"), version("app 2.0", "lib@<3")]
UI = [version("ui 1.0", "lib@>=3"), version("ui 2.0", "lib@>=3")]
WORLD = [*LIB, *APP, *UI]
MACHINE = machine(APP[0], LIB[1])


def told(said: Diagnosis) -> list[list[str]]:
    """The lines of each conflict, without the heading."""
    return [str(conflict_document(one)["explanation"]).split("\n  ")[1:] for one in said.conflicts]


def offered(said: Diagnosis) -> list[str]:
    """The repairs, with what they do to what is installed."""
    found = []
    for repair in said.repairs:
        steps = [f"{step.action} {step.module} {step.version}" for step in repair.plan.steps]
        found.append(f"{changes_text(repair.changes)}: {', '.join(sorted(steps))}")
    return found


def removal(*names: str, **options: object) -> Request:
    return ask(excluded=names, released=frozenset(names), **options)


# By hand


def test_what_has_to_stay_is_told_and_can_be_removed() -> None:
    said = diagnosis(WORLD, ask("ui"), MACHINE)
    assert told(said) == [
        [
            "every version of ui needs lib >=3",
            "app 1.0 is installed and has to stay, at this or another version",
            "every version of app needs lib <3",
        ]
    ]
    assert offered(said) == ["remove app 1.0, which is installed: install ui 2.0, remove app 1.0, upgrade lib 3.0"]


def test_what_is_asked_for_anyway_is_not_told_to_stay() -> None:
    said = diagnosis(WORLD, ask("ui", "app"), MACHINE)
    assert told(said) == [["every version of ui needs lib >=3", "every version of app needs lib <3"]]
    assert offered(said) == [
        "leave out ui: keep lib 2.0, upgrade app 2.0",
        "leave out app and remove app 1.0, which is installed: install ui 2.0, remove app 1.0, upgrade lib 3.0",
    ]


def test_a_removal_is_refused_for_what_still_needs_it() -> None:
    said = diagnosis(WORLD, removal("lib"), MACHINE)
    assert told(said) == [
        [
            "app 1.0 is installed and has to stay, at this or another version",
            "every version of app needs lib <3",
            "you asked to remove lib",
        ]
    ]
    assert offered(said) == ["remove app 1.0, which is installed: remove app 1.0, remove lib 2.0"]


def test_of_several_removals_one_can_be_taken_back() -> None:
    said = diagnosis(
        [*WORLD, version("tool 1.0")], removal("lib", "tool"), machine(*APP[:1], LIB[1], version("tool 1.0"))
    )
    assert [text.partition(":")[0] for text in offered(said)] == [
        "do not remove lib",
        "remove app 1.0, which is installed",
    ]


def test_a_pin_is_told_and_can_be_lifted() -> None:
    said = diagnosis(WORLD, ask("ui", pinned=["lib@<3"]), machine(LIB[1]))
    assert told(said) == [["every version of ui needs lib >=3", "lib is pinned to <3, and lib 3.0 is not that"]]
    assert offered(said) == ["lift the pin lib <3: install ui 2.0, upgrade lib 3.0"]


def test_a_pin_that_nothing_meets_is_told() -> None:
    said = diagnosis(WORLD, ask("lib", pinned=["lib@>=9"]), machine(LIB[1]))
    assert told(said) == [["lib is pinned to >=9, which no version of it is"]]


def test_a_pin_that_the_installed_version_does_not_meet_is_told_without_a_request() -> None:
    said = diagnosis([*LIB, *APP], ask(pinned=["lib@>=3"]), MACHINE)
    assert told(said) == [
        [
            "app 1.0 is installed and has to stay, at this or another version",
            "every version of app needs lib <3",
            "lib is pinned to >=3, and lib 2.0 and older are not that",
        ]
    ]
    assert offered(said) == [
        "lift the pin lib >=3: keep app 1.0, keep lib 2.0",
        "remove app 1.0, which is installed: remove app 1.0, upgrade lib 3.0",
    ]


def test_a_pin_that_names_a_pre_release_admits_it_only_as_long_as_it_is_there() -> None:
    registry = [version("ui 1.0", "lib@>1"), version("lib 1.0"), version("lib 2.0rc1"), version("lib 2.0rc2")]
    said = diagnosis(registry, ask("ui", pinned=["lib@<2.0rc1"]), Host())
    assert offered(said) == ["lift the pin lib <2.0rc1 and allow pre-releases: install lib 2.0rc2, install ui 1.0"]


def test_a_lock_is_told_and_single_modules_can_differ_from_it() -> None:
    said = diagnosis(WORLD, ask("ui", locked=["ui 1.0", "lib 2.0"]), machine(LIB[1]))
    assert told(said) == [["every version of ui needs lib >=3", "the lock has lib 2.0"]]
    assert offered(said) == ["let lib differ from the lock: install ui 1.0, upgrade lib 3.0"]
    said = diagnosis(WORLD, ask("ui", locked=["app 1.0"]), Host())
    assert told(said)[0] == ["ui is not in the lock"]
    assert offered(said) == ["let ui and lib differ from the lock: install lib 3.0, install ui 2.0"]


def test_a_deprecated_version_is_told() -> None:
    said = diagnosis(WORLD, ask("ui"), machine(LIB[1], deprecated=["lib 3.0"]))
    assert (told(said), offered(said)) == ([["every version of ui needs lib >=3", "lib 3.0 is deprecated here"]], [])


def test_a_provider_that_is_installed_is_missed() -> None:
    registry = [version("web 1.0", consumes=("db",)), version("pg 1.0", provides=("db",))]
    said = diagnosis(registry, removal("pg"), machine(*registry))
    assert told(said) == [
        [
            "web 1.0 is installed and has to stay, at this or another version",
            "web 1.0 consumes the interface db, which only pg can provide",
            "you asked to remove pg",
        ]
    ]
    assert offered(said) == [
        "provide the interface db from outside: keep web 1.0, remove pg 1.0",
        "remove web 1.0, which is installed: remove pg 1.0, remove web 1.0",
    ]


def test_the_kept_manifest_counts_where_the_registry_has_none() -> None:
    said = diagnosis([*LIB, *UI], ask("ui"), MACHINE)
    assert told(said)[0][1:] == [
        "app 1.0 is installed and has to stay, at this or another version",
        "app 1.0 needs lib <3",
    ]
    sources = [one["source"] for one in conflict_document(said.conflicts[0])["core"]]  # type: ignore[attr-defined]
    assert "app/1.0.manifest.yaml" in sources


def test_each_module_in_the_way_is_a_conflict_of_its_own() -> None:
    others = [version("tool 1.0", "lib@<3"), version("web 1.0", "lib@<3")]
    said = diagnosis([*WORLD, *others], ask("ui"), machine(APP[0], LIB[1], *others))
    assert [lines[1].partition(" is ")[0] for lines in told(said)] == ["app 1.0", "tool 1.0", "web 1.0"]
    assert [text.partition(":")[0] for text in offered(said)] == [
        "remove app 1.0, tool 1.0 and web 1.0, which are installed"
    ]


def test_a_change_of_the_host_that_breaks_what_is_installed_is_no_repair() -> None:
    old = version("old 1.0", runtimes=["cuda<13"])
    registry = [old, version("ui 1.0", runtimes=["cuda>=13"])]
    host = machine(old, runtimes=MappingProxyType({"cuda": version("cuda 12.0").version}))
    assert offered(diagnosis(registry, ask("ui"), host)) == []
    assert len(offered(diagnosis(registry, ask("ui"), replace(host, installed=MappingProxyType({}))))) == 1


def test_more_than_ten_removals_are_no_repair() -> None:
    users = [version(f"user{number} 1.0", "lib@<3") for number in range(11)]
    planner = Planner(MemorySource([*WORLD, *users]), machine(LIB[1], *users))
    said = planner.diagnose(planner.plan(ask("ui")))  # type: ignore[arg-type]
    assert (said.repairs, said.complete) == ((), False)
    assert len(said.conflicts) == 10


def test_a_smallest_core_may_be_about_what_stays() -> None:
    """The chain is nearer to the request; that app stays contradicts it at once."""
    tangle = [version(f"ui {at}.0", "lib@>=3", f"one@=={at}.0", f"two@=={at + 1}.0") for at in range(1, 4)]
    tangle += [version(f"{name} {at}.0", f"core@=={at}.0") for name in ("one", "two") for at in range(1, 5)]
    registry = [*LIB, *APP, *tangle, *module("core", "1.0", "2.0", "3.0", "4.0")]
    planner = Planner(MemorySource(registry), MACHINE)
    found = planner.plan(ask("ui"))
    said = planner.diagnose(found, smallest=True)  # type: ignore[arg-type]
    assert (said.conflicts[0].smallest, len(said.conflicts[0].core)) == (True, 4)
    assert "app 1.0 is installed" in told(said)[0][1]


# Effort


def test_a_conflict_of_the_request_reads_nothing_of_what_is_installed() -> None:
    installed = [version(f"m{at} 1.0", *([f"m{at - 1}"] if at else []), "lib") for at in range(200)]
    registry = [*installed, *WORLD]
    problem = Problem(Shelf(MemorySource(registry), machine(LIB[1], *installed)), ask("ui", "app"), pruned=False)
    assert len(explain_conflict(problem).core) == 4
    assert not any(problem.is_read(one.name) for one in installed)


def test_a_conflict_with_what_stays_reads_little_of_the_rest() -> None:
    installed = [version(f"m{at} 1.0", *([f"m{at - 1}"] if at else []), "lib") for at in range(200)]
    registry = [*installed, *WORLD]
    problem = Problem(Shelf(MemorySource(registry), machine(LIB[1], APP[0], *installed)), ask("ui"), pruned=False)
    assert len(explain_conflict(problem).core) == 4
    assert not any(problem.is_read(one.name) for one in installed)


# At random


def has_answer(case: Case, changes: Sequence[Change]) -> bool:
    """Whether `changes` lead to a plan, break nothing that is installed, and leave something to ask for."""
    host, request = apply_changes(changes, case.host, case.request)
    if bool(request.requirements) < bool(case.request.requirements):
        return False
    if not Machine(host).invalid.keys() <= Machine(case.host).invalid.keys():
        return False
    return next(BruteForce(case.module_versions, host, request).answers(), None) is not None


def ladders(case: Case) -> Iterator[list[Change]]:
    """Every fact that can be changed, what is installed, pinned and locked included."""
    request, staying = case.request, Machine(case.host).staying
    everything = (*case.module_versions, *case.host.installed.values())
    for ladder in other_ladders(Case(module_versions=everything, host=case.host, request=request)):
        match ladder[:1]:
            case [LiftExclusion(excluded)] if not request.requirements and excluded.name in request.released:
                pass  # that would be to ask for nothing
            case _:
                yield ladder
    yield from ([LiftPin(pin)] for pin in dict.fromkeys(request.pinned))
    names = sorted({one.name for one in everything} - request.unlocked)
    yield from ([Unlock(name)] for name in names if request.locked is not None)
    if not request.allow_removal:
        yield from (
            [ReleaseModule(one.name, one.version)] for one in staying.values() if one.name not in request.released
        )


@pytest.mark.parametrize("seed", range(4))
def test_every_repair_works_and_no_part_of_it_is_superfluous(seed: int) -> None:
    kinds: Counter[type] = Counter()
    for case in random_installed_conflicts(60, f"installed {seed}"):
        for repair in diagnosis(case).repairs:
            assert has_answer(case, repair.changes)
            for place, change in enumerate(repair.changes):
                assert not has_answer(case, (*repair.changes[:place], *repair.changes[place + 1 :])), change
                kinds[type(change)] += 1
    assert min(kinds[kind] for kind in (LiftPin, Unlock, ReleaseModule)) >= 3
    assert len(kinds) >= len(ALL_CHANGES - {RaiseLimit, TakeInstead, AddCard}) - 1


def test_every_two_changes_that_are_enough_hold_a_repair() -> None:
    tried = 0
    for case in random_installed_conflicts(20, "two installed"):
        found = Planner(MemorySource(case.module_versions), case.host)
        said = found.diagnose(found.plan(case.request), most_repairs=100)  # type: ignore[arg-type]
        assert said.complete
        repairs = [facts(case, repair.changes) for repair in said.repairs]
        for one, other in combinations([ladder for ladder in ladders(case) if ladder], 2):
            about = facts(case, (one[0], other[0]))
            if not any(repair <= about for repair in repairs):
                for changes in product(one, other):
                    assert not has_answer(case, changes), changes
                    tried += 1
    assert tried > 1000


def test_neither_the_order_of_files_nor_of_what_is_installed_matters() -> None:
    for case in random_installed_conflicts(60, "order"):
        versions, installed = list(case.module_versions), list(case.host.installed.items())
        random.Random(len(versions)).shuffle(versions)
        host = replace(case.host, installed=MappingProxyType(dict(reversed(installed))))
        other = Case(module_versions=tuple(versions), host=host, request=case.request)
        assert _document(other) == _document(case)


def test_a_smallest_core_is_a_core_and_no_larger() -> None:
    smaller = 0
    for case in random_installed_conflicts(80, "smallest"):
        planner = Planner(MemorySource(case.module_versions), case.host)
        conflict = planner.plan(case.request)
        least = planner.diagnose(conflict, smallest=True).conflicts[0]  # type: ignore[arg-type]
        assert least.smallest and len(least.core) <= len(conflict.core)  # type: ignore[union-attr]
        smaller += len(least.core) < len(conflict.core)  # type: ignore[union-attr]
    assert smaller > 3


def _document(case: Case) -> str:
    said = diagnosis(case)
    return json.dumps(conflict_document(said.conflicts[0], said))
