"""The machine with 2,000 installed modules is what it is said to be, and its cases are answered on both machines."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest
from benchmarks.installed import fill_store
from benchmarks.installed.machine import CASES, CLOSURES, HOST, INSTALLED, case_of, installed_modules, registry
from benchmarks.installed.worker import time_case

from las_registry.lifecycle import read_store
from las_solver.conflict import Conflict
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.source import MemorySource

REGISTRY = lru_cache(registry)


def test_the_registry_is_the_same_each_time() -> None:
    assert registry() == REGISTRY()
    assert len({one.name for one in REGISTRY()}) == 3026
    assert len(REGISTRY()) == 4 * 3026


@pytest.mark.parametrize("size", CLOSURES)
def test_the_first_module_of_a_closure_needs_all_of_it_and_half_is_installed(size: int) -> None:
    newest = {one.name: one for one in REGISTRY()}
    closure, left = set[str](), [f"part-{size:04}-0000"]
    while left:
        name = left.pop()
        if name not in closure:
            closure.add(name)
            left += [entry.name for entry in newest[name].requirements]
    assert len(closure) == size
    assert len(closure.intersection(installed_modules(REGISTRY()))) == size // 2


def test_all_that_is_installed_works_and_a_plan_changes_some_of_it() -> None:
    host = replace(HOST, installed=installed_modules(REGISTRY()))
    assert len(host.installed) == INSTALLED
    plan = Planner(MemorySource(REGISTRY()), host).plan(case_of("closure of 50").wanted())
    assert isinstance(plan, Plan)
    assert plan.invalid == ()
    actions = [step.action for step in plan.steps]
    assert actions.count("install") == 25
    assert actions.count("upgrade") >= 20
    assert actions.count("keep") > 1900


def test_the_conflict_is_the_same_beside_what_is_installed() -> None:
    request = case_of("conflict").wanted()
    hosts = (HOST, replace(HOST, installed=installed_modules(REGISTRY())))
    empty, beside = (Planner(MemorySource(REGISTRY()), host).plan(request) for host in hosts)
    assert isinstance(empty, Conflict)
    assert isinstance(beside, Conflict)
    assert empty.core == beside.core


def test_a_store_says_what_is_installed(tmp_path: Path) -> None:
    installed = tuple(installed_modules(REGISTRY()).values())[-30:]
    fill_store(tmp_path / "store.sqlite3", installed)
    content = read_store(tmp_path / "store.sqlite3")
    assert content is not None
    assert {name: one.requirements for name, one in content.installed.items()} == {
        one.name: one.requirements for one in installed
    }


def test_a_case_is_timed_until_its_limit() -> None:
    case = case_of("closure of 50")
    reply = time_case(case, REGISTRY(), is_beside=False, samples=2, limit=60.0)
    assert len(reply.seconds) == 2
    assert reply.found == "50 install"
    assert time_case(case, REGISTRY(), is_beside=False, samples=1, limit=0.0).over_limit


def test_every_case_has_a_name_of_its_own() -> None:
    assert [case_of(one.name) for one in CASES] == list(CASES)
