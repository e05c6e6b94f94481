"""The checker rejects what is wrong: a check that cannot fail is worth nothing."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest
from brute_force import BruteForce
from registries import ask, asked, module, version
from strategies import Case, Dice, make_case

from las_solver.check import check, check_conflict, check_plan
from las_solver.constraint import parse_version
from las_solver.model import Gpu, Host, ModuleVersion, Request
from las_solver.source import MemorySource

HOST = Host(cores=8, gpus=(Gpu(vram=24),), runtimes={"cuda": parse_version("12.1")}, system_packages=frozenset(["git"]))
STACK = (
    version("app 1.0", "lib", "web"),
    version("app 2.0", "web@>=1.1", "lib<2".replace("<", "@<"), runtimes=["cuda>=12"], consumes=("store",)),
    version("app 2.1rc1", "lib"),
    *module("lib", "1.0", "1.1", "2.0"),
    version("web 1.0"),
    version("web 1.1", "lib", system_packages=("gcc", "git"), checksum="sha256:" + "1" * 64),
    version("disk 1.0", provides=("store",)),
    version("disk 2.0", provides=("store",), modes=("wsl", "native"), preferred_mode="native"),
    version("memory 1.0", provides=("store",)),
    *module("other", "1.0"),
)
REQUEST = ask("app")


def plan(versions: tuple[ModuleVersion, ...] = STACK, request: Request = REQUEST, host: Host = HOST) -> dict[str, Any]:
    found = BruteForce(versions, host, request).document()
    assert found is not None
    return {**found, **asked(request)}


def complaints(document: Any, versions: tuple[ModuleVersion, ...] = STACK, host: Host = HOST) -> tuple[str, ...]:
    return check(document, MemorySource(versions), host)


def changed(document: dict[str, Any], *path: str | int, to: Any) -> dict[str, Any]:
    """A copy in which the value at `path` is another one."""
    found = copy.deepcopy(document)
    place: Any = found
    for key in path[:-1]:
        place = place[key]
    assert place[path[-1]] is not to
    place[path[-1]] = to
    return found


def test_the_plan_of_the_stack_is_right() -> None:
    document = plan()
    assert [f"{step['module']} {step['version']}" for step in document["steps"]] == [
        "disk 2.0", "lib 1.1", "web 1.1", "app 2.0",
    ]  # fmt: skip
    assert complaints(document) == ()
    assert check_plan(document, MemorySource(STACK), HOST) == ()
    assert check_conflict(document, MemorySource(STACK), HOST) == ("answer.status is not 'conflict'",)


@pytest.mark.parametrize(
    ("path", "to"),
    [
        (("status",), "conflict"),
        (("status",), "error"),
        (("request",), ["app@<2"]),
        (("request",), ["app", "other"]),
        (("options", "strategy"), "lowest"),
        (("options", "strategy"), "best"),
        (("options", "prereleases"), True),
        (("options", "modes"), ["container"]),
        (("options", "forced_modes"), {"disk": "wsl"}),
        (("options", "preferred"), ["memory"]),
        (("options", "excluded"), ["disk@2"]),
        (("options", "excluded"), ["disk@^2"]),
        (("system_packages",), []),
        (("system_packages",), ["gcc", "git"]),
        (("steps", 0, "version"), "1.0"),
        (("steps", 0, "version"), "3.0"),
        (("steps", 0, "version"), "2.0.0"),
        (("steps", 0, "module"), "memory"),
        (("steps", 0, "module"), "lib"),
        (("steps", 1, "version"), "1.0"),
        (("steps", 1, "version"), "2.0"),
        (("steps", 2, "version"), "1.0"),
        (("steps", 3, "version"), "2.1rc1"),
        (("steps", 3, "version"), "1.0"),
        (("steps", 0, "mode"), "wsl"),
        (("steps", 0, "category"), "service"),
        (("steps", 0, "action"), "keep"),
        (("steps", 3, "requires"), ["lib", "web"]),
        (("steps", 3, "requires"), ["web", "lib", "disk"]),
        (("steps", 0, "required_by"), []),
        (("steps", 3, "newest"), "2.1rc1"),
        (("steps", 1, "newest"), "1.1"),
        (("steps", 1, "versions_behind"), 0),
        (("steps", 1, "versions_behind"), True),
        (("steps", 2, "system_packages"), ["gcc", "git"]),
        (("steps", 2, "source"), "web/1.0.manifest.yaml"),
        (("steps", 2, "checksum"), None),
        (("steps", 1, "checksum"), "sha256:" + "1" * 64),
    ],
)
def test_a_plan_with_another_value_is_rejected(path: tuple[str | int, ...], to: Any) -> None:
    assert complaints(changed(plan(), *path, to=to))


@pytest.mark.parametrize("place", range(4))
def test_a_plan_without_one_step_is_rejected(place: int) -> None:
    document = plan()
    del document["steps"][place]
    assert complaints(document)


def test_a_plan_with_a_step_that_nothing_leads_to_is_rejected() -> None:
    """Section 4, item 9."""
    document = plan()
    extra = BruteForce(STACK, HOST, ask("other")).document()
    assert extra is not None
    document["steps"] += extra["steps"]  # type: ignore[operator]
    assert complaints(document) == ("nothing leads to other",)


def test_steps_in_another_order_are_rejected() -> None:
    document = plan()
    document["steps"][0:2] = reversed(document["steps"][0:2])
    assert complaints(document) == ("the order of the steps should be disk, lib, web, app",)


def test_a_plan_for_another_host_is_rejected() -> None:
    for host in (
        Host(),
        Host(runtimes={"cuda": parse_version("11.8")}),
        Host(runtimes=HOST.runtimes, interfaces=frozenset(["store"])),
        Host(runtimes=HOST.runtimes, modes=frozenset(["wsl"])),
        Host(runtimes=HOST.runtimes),
    ):
        assert complaints(plan(), host=host)


def random_cases(count: int) -> Iterator[Case]:
    return (make_case(Dice(random.Random(f"check {number}").randbytes(700))) for number in range(count))


def test_every_valid_answer_but_the_wanted_one_is_rejected_and_only_as_not_the_newest() -> None:
    others = 0
    for case in random_cases(400):
        oracle = BruteForce(case.module_versions, case.host, case.request)
        found = sorted(oracle.answers(), key=lambda answer: answer.key)
        for answer in found[:8]:
            is_wanted = dict(answer.chosen) == dict(found[0].chosen)
            document = {**oracle.plan(answer.chosen), **asked(case.request)}
            source = MemorySource(case.module_versions)
            wrong = check(document, source, case.host)
            assert (not wrong) == is_wanted
            assert all(one.startswith(f"not the {case.request.strategy.value} plan: ") for one in wrong)
            assert check({**document, "optimal": False}, source, case.host) == ()
            others += not is_wanted
    assert others > 200


def test_a_set_of_versions_is_accepted_only_if_brute_force_finds_it() -> None:
    """Random sets, mostly near an answer: a version exchanged, a module more or less."""
    rejected = 0
    for number, case in enumerate(random_cases(300)):
        oracle = BruteForce(case.module_versions, case.host, case.request)
        answers = [dict(answer.chosen) for answer in oracle.answers()]
        for near in _neighbours(answers[:1], case, random.Random(number)):
            is_valid = near in answers
            steps = [{"module": name, "version": str(one.version)} for name, one in near.items()]
            document = {
                **(oracle.plan(near) if is_valid else {"status": "resolved", "steps": steps}),
                **asked(case.request),
                "optimal": False,
            }
            wrong = check(document, MemorySource(case.module_versions), case.host)
            assert (not wrong) == is_valid
            assert not any(complaint.startswith(("answer", "the order", "not the")) for complaint in wrong)
            rejected += bool(wrong)
    assert rejected > 200


def _neighbours(
    answers: list[dict[str, ModuleVersion]], case: Case, dice: random.Random
) -> Iterator[dict[str, ModuleVersion]]:
    for answer in answers:
        for _ in range(10):
            other = dice.choice(case.module_versions)
            yield {**answer, other.name: other}
            if len(answer) > 1:
                left_out = dice.choice(sorted(answer))
                yield {name: one for name, one in answer.items() if name != left_out}


# Conflicts.

BLOCKED = (
    version("app 1.0", "lib@>=2", "web"),
    version("app 2.0", "lib@>=2", "web"),
    version("lib 1.0"),
    version("lib 2.0", vram_min=40),
    version("lib 2.1", vram_min=48),
    version("web 1.0", "lib@<2"),
    version("web 2.0rc1"),
)


def conflict(*core: dict[str, Any], request: Request = REQUEST, minimal: bool = True) -> dict[str, Any]:
    return {
        "status": "conflict", **asked(request), "minimal": minimal, "explanation": "There is no plan.",
        "core": [{"text": "...", "source": "...", "versions": None, **statement} for statement in core],
    }  # fmt: skip


ASKED = {"kind": "requested", "module": "app", "requirement": "app"}
NEEDS_LIB = {"kind": "dependency", "module": "app", "versions": "", "requirement": "lib@>=2"}
NEEDS_WEB = {"kind": "dependency", "module": "app", "versions": ">=1", "requirement": "web"}
TOO_BIG = {"kind": "hardware", "module": "lib", "versions": ">=2", "fact": "vram", "need": 40, "have": 24}
WEB_NEEDS_LIB = {"kind": "dependency", "module": "web", "versions": "==1.0", "requirement": "lib@<2"}
WEB_IS_EARLY = {"kind": "pre-release", "module": "web", "versions": ">1.0"}


def test_two_cores_of_one_conflict_are_right() -> None:
    assert complaints(conflict(ASKED, NEEDS_LIB, TOO_BIG), BLOCKED) == ()
    assert complaints(conflict(ASKED, NEEDS_LIB, NEEDS_WEB, WEB_NEEDS_LIB, WEB_IS_EARLY), BLOCKED) == ()


def test_a_core_that_is_no_contradiction_is_rejected() -> None:
    assert complaints(conflict(), BLOCKED)
    for core in ((ASKED, NEEDS_LIB, TOO_BIG), (ASKED, NEEDS_LIB, NEEDS_WEB, WEB_NEEDS_LIB, WEB_IS_EARLY)):
        for left_out in core:
            rest = [statement for statement in core if statement is not left_out]
            (complaint,) = complaints(conflict(*rest), BLOCKED)
            assert complaint.startswith("the core is no contradiction")


def test_a_core_that_is_not_minimal_is_rejected_unless_it_says_so() -> None:
    core = (ASKED, NEEDS_LIB, TOO_BIG, NEEDS_WEB)
    assert complaints(conflict(*core), BLOCKED) == ("answer.core[3] is not needed for the contradiction",)
    assert complaints(conflict(*core, minimal=False), BLOCKED) == ()
    assert complaints(conflict(*core[:3], ASKED), BLOCKED)


@pytest.mark.parametrize(
    ("statement", "change"),
    [
        (ASKED, {"requirement": "app@>=2"}),
        (ASKED, {"module": "lib"}),
        (NEEDS_LIB, {"requirement": "lib@>2"}),
        (NEEDS_LIB, {"requirement": "lib@==3"}),
        (NEEDS_LIB, {"module": "web"}),
        (NEEDS_LIB, {"kind": "runtime", "have": None}),
        (TOO_BIG, {"versions": ">=1"}),
        (TOO_BIG, {"versions": ">=3"}),
        (TOO_BIG, {"versions": None}),
        (TOO_BIG, {"versions": "two"}),
        (TOO_BIG, {"fact": "ram"}),
        (TOO_BIG, {"fact": "gpus"}),
        (TOO_BIG, {"kind": "mode", "modes": ["native"], "allowed": ["native"]}),
        (TOO_BIG, {"kind": "interface", "interface": "store"}),
        (TOO_BIG, {"kind": "excluded", "constraint": ">=2"}),
        (TOO_BIG, {"kind": "no-version", "constraint": ">=2"}),
        (TOO_BIG, {"kind": "unknown-module", "suggestions": []}),
        (TOO_BIG, {"kind": "pre-release"}),
        (TOO_BIG, {"kind": "installed"}),
    ],
)
def test_an_untrue_statement_is_rejected(statement: dict[str, Any], change: dict[str, Any]) -> None:
    core = [{**one, **change} if one is statement else one for one in (ASKED, NEEDS_LIB, TOO_BIG)]
    assert complaints(conflict(*core), BLOCKED)


def test_what_there_is_not_is_a_statement_of_its_own() -> None:
    registry = (version("app 1.0", "ghost"), version("app 2.0", "lib@>=3"), *module("lib", "1.0"))
    unknown = {"kind": "unknown-module", "module": "ghost", "suggestions": []}
    none = {"kind": "no-version", "module": "lib", "constraint": ">=3"}
    needs_ghost = {"kind": "dependency", "module": "app", "versions": "==1.0", "requirement": "ghost"}
    needs_lib = {"kind": "dependency", "module": "app", "versions": "==2.0", "requirement": "lib@>=3"}
    core = (ASKED, needs_ghost, unknown, needs_lib, none)
    assert complaints(conflict(*core), registry) == ()
    for left_out in core:
        assert complaints(conflict(*(one for one in core if one is not left_out)), registry)


def test_a_cycle_is_a_contradiction_of_the_needs_that_are_named() -> None:
    registry = (version("app 1.0", "lib"), version("lib 1.0", "web"), version("web 1.0", "app"))
    needs = [
        {"kind": "dependency", "module": upper, "versions": "==1.0", "requirement": lower}
        for upper, lower in (("app", "lib"), ("lib", "web"), ("web", "app"))
    ]
    cycle = {"kind": "cycle", "module": "app", "modules": ["app", "lib", "web"]}
    core = (ASKED, *needs, cycle)
    assert complaints(conflict(*core), registry) == ()
    for left_out in core:
        assert complaints(conflict(*(one for one in core if one is not left_out)), registry)
    assert complaints(conflict(ASKED, *needs, {**cycle, "modules": ["app", "lib"]}), registry)


def test_a_pre_release_is_admitted_only_by_what_the_request_leads_to() -> None:
    registry = (
        version("app 1.0", "lib"),
        version("lib 1.0", vram_min=40),
        version("lib 2.0rc1"),
        version("stray 1.0", "lib@>=2.0rc1"),
    )
    needs = {"kind": "dependency", "module": "app", "versions": "==1.0", "requirement": "lib"}
    early = {"kind": "pre-release", "module": "lib", "versions": "==2.0rc1"}
    big = {"kind": "hardware", "module": "lib", "versions": "==1.0", "fact": "vram", "need": 40, "have": 24}
    assert complaints(conflict(ASKED, needs, big, early), registry) == ()
    assert complaints(conflict(ASKED, needs, big, early, request=ask("app", "stray")), registry)


# Hostile input.


def test_no_document_makes_the_checker_raise() -> None:
    junk: list[Any] = [None, True, -1, 1e400, "", "\0", "9" * 5000, "x@y", [], [[]], [None], {}, {"": {}}, {"app": 1}]
    documents = [plan(), conflict(ASKED, NEEDS_LIB, NEEDS_WEB, WEB_NEEDS_LIB, WEB_IS_EARLY)]
    for document, versions in zip(documents, (STACK, BLOCKED), strict=True):
        for path in _paths(document):
            for value in junk:
                broken = copy.deepcopy(document)
                place: Any = broken
                for key in path[:-1]:
                    place = place[key]
                place[path[-1]] = value
                assert isinstance(complaints(broken, versions), tuple)
                del place[path[-1]]
                assert isinstance(complaints(broken, versions), tuple)
    for whole in (*junk, 0.5):
        assert complaints(whole)
        assert check_plan(whole, MemorySource(STACK), HOST)
        assert check_conflict(whole, MemorySource(STACK), HOST)


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in list(keys):
        yield (*path, key)
        yield from _paths(value[key], (*path, key))
