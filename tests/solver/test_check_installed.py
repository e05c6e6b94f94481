"""The checker on machines that have modules already: what is right passes, and each value made wrong does not."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from brute_force import BruteForce
from installed_strategies import make_installed_case
from registries import ask, asked, machine, module, version
from strategies import Dice

from las_solver.check import check
from las_solver.model import Host, ModuleVersion, Request, Strategy
from las_solver.source import MemorySource

STACK = (
    version("app 1.0", "lib"),
    version("app 2.0", "lib@<2", "tool"),
    version("app 3.0", "lib@<2"),
    *module("lib", "1.0", "1.5", "2.0"),
    version("tool 1.0", "lib"),
    version("tool 2.0", "lib@>=2"),
    *module("plug", "1.0", "2.0"),
    version("disk 1.0", provides=("store",)),
    version("memory 1.0", provides=("store",)),
    *module("other", "1.0", "2.0", "3.0rc1"),
)
HOST = machine(
    version("lib 2.0"),
    version("tool 2.0", "lib@>=2", "plug"),
    version("plug 1.0", provides=("door",)),
    version("gone 1.0", "lib@>=2", consumes=("door",)),
    version("broken 1.0", "ghost"),
    version("other 1.0"),
    deprecated=["app 3.0", "plug 2.0"],
)
REQUEST = ask("app", excluded=["plug"], released=["plug", "gone"])
"""Takes lib back to 1.5, and tool with it; removes plug, and gone, which cannot stay; broken is invalid already."""


def plan(versions: tuple[ModuleVersion, ...] = STACK, request: Request = REQUEST, host: Host = HOST) -> dict[str, Any]:
    found: Any = BruteForce(versions, host, request).document()
    assert found is not None
    for one in found["invalid"]:
        one["reason"] = "needs ghost, which is not installed"
    return {**found, **asked(request)}


def complaints(document: Any, versions: tuple[ModuleVersion, ...] = STACK, host: Host = HOST) -> tuple[str, ...]:
    return check(document, MemorySource(versions), host)


def changed(document: dict[str, Any], *path: str | int, to: Any) -> dict[str, Any]:
    found = copy.deepcopy(document)
    place: Any = found
    for key in path[:-1]:
        place = place[key]
    assert place[path[-1]] != to
    place[path[-1]] = to
    return found


def test_a_plan_over_what_is_installed_is_right() -> None:
    document = plan()
    assert [(step["module"], step["action"], step["version"], step["after"]) for step in document["steps"]] == [
        ("gone", "remove", "1.0", []),
        ("lib", "downgrade", "1.5", ["gone"]),
        ("other", "keep", "1.0", []),
        ("tool", "downgrade", "1.0", []),
        ("app", "install", "2.0", []),
        ("plug", "remove", "1.0", ["gone", "tool"]),
    ]
    assert complaints(document) == ()


@pytest.mark.parametrize(
    ("path", "to"),
    [
        (("options", "released"), ["plug"]),
        (("options", "released"), None),
        (("options", "pinned"), ["other@>1"]),
        (("options", "pinned"), ["lib@<1.5"]),
        (("options", "pinned"), ["lib@^1"]),
        (("options", "locked"), {}),
        (("options", "locked"), {"app": "1.0"}),
        (("options", "locked"), {"app": 2}),
        (("options", "locked"), []),
        (("options", "unlocked"), "app"),
        (("options", "allow_removal"), "no"),
        (("options", "allow_removal"), None),
        (("options", "strategy"), "lowest"),
        (("options", "excluded"), []),
        (("options", "excluded"), ["plug", "gone", "other"]),
        (("invalid",), []),
        (("invalid", 0, "module"), "other"),
        (("invalid", 0, "version"), "2.0"),
        (("invalid", 0, "version"), "1.0.0"),
        (("invalid", 0, "reason"), " "),
        (("invalid", 0, "reason"), None),
        (("steps", 0, "action"), "keep"),
        (("steps", 0, "version"), "2.0"),
        (("steps", 0, "mode"), "native"),
        (("steps", 0, "installed"), None),
        (("steps", 0, "requires"), ["lib"]),
        (("steps", 0, "required_by"), ["lib"]),
        (("steps", 0, "versions_behind"), 1),
        (("steps", 0, "newest"), "2.0"),
        (("steps", 0, "category"), "service"),
        (("steps", 0, "source"), "the store"),
        (("steps", 0, "checksum"), "sha256:" + "1" * 64),
        (("steps", 0, "system_packages"), ["gcc"]),
        (("steps", 0, "admitted_by"), {"changes": [], "version": "2.0", "text": "..."}),
        (("steps", 1, "after"), []),
        (("steps", 1, "after"), ["gone", "tool"]),
        (("steps", 1, "action"), "remove"),
        (("steps", 1, "action"), "install"),
        (("steps", 1, "action"), "keep"),
        (("steps", 1, "action"), "upgrade"),
        (("steps", 1, "installed"), "1.5"),
        (("steps", 1, "version"), "1.0"),
        (("steps", 2, "action"), "upgrade"),
        (("steps", 2, "action"), "remove"),
        (("steps", 2, "version"), "2.0"),
        (("steps", 2, "installed"), None),
        (("steps", 3, "after"), ["plug"]),
        (("steps", 4, "action"), "keep"),
        (("steps", 4, "installed"), "1.0"),
        (("steps", 4, "version"), "3.0"),
        (("steps", 4, "version"), "1.0"),
        (("steps", 4, "newest"), "2.0"),
        (("steps", 5, "after"), ["gone"]),
        (("steps", 5, "after"), "gone, tool"),
        (("steps", 5, "newest"), "1.0"),
        (("steps", 5, "module"), "broken"),
        (("steps", 5, "module"), "gone"),
    ],
)
def test_a_plan_with_another_value_is_rejected(path: tuple[str | int, ...], to: Any) -> None:
    document = plan()
    for step in document["steps"]:
        step["admitted_by"] = None
    assert complaints(document) == ()
    assert complaints(changed(document, *path, to=to))


@pytest.mark.parametrize("place", range(6))
def test_a_plan_without_one_step_is_rejected(place: int) -> None:
    document = plan()
    del document["steps"][place]
    assert complaints(document)


@pytest.mark.parametrize("places", [(0, 1), (4, 5), (2, 3)])
def test_steps_in_another_order_are_rejected(places: tuple[int, int]) -> None:
    document = plan()
    first, second = places
    document["steps"][first], document["steps"][second] = document["steps"][second], document["steps"][first]
    assert complaints(document) == ("the order of the steps should be gone, lib, other, tool, app, plug",)


def test_a_plan_for_another_machine_is_rejected() -> None:
    for host in (
        Host(),
        machine(*HOST.installed.values()),
        machine(*HOST.installed.values(), version("plug 1.0"), deprecated=["app 3.0"]),
        machine(*HOST.installed.values(), version("new 1.0"), deprecated=["app 3.0"]),
        machine(*HOST.installed.values(), version("broken 1.0"), deprecated=["app 3.0"]),
    ):
        assert complaints(plan(), host=host)


def test_an_answer_from_before_there_was_a_store_is_read() -> None:
    document = plan(request=ask("app"), host=Host())
    del document["invalid"]
    for key in ("pinned", "locked", "unlocked", "released", "allow_removal"):
        del document["options"][key]
    for step in document["steps"]:
        del step["installed"], step["after"]
    assert complaints(document, host=Host()) == ()
    assert complaints(document)


def test_of_all_answers_only_the_wanted_one_is_accepted() -> None:
    """On random machines: every other valid answer is complained about as not the wanted plan, and only as that."""
    others = 0
    for number in range(250):
        case = make_installed_case(Dice(random.Random(f"check {number}").randbytes(1000)))
        oracle = BruteForce(case.module_versions, case.host, case.request)
        found = sorted(oracle.answers(), key=lambda answer: (answer.changes, answer.key))
        for answer in found[:6]:
            is_wanted = dict(answer.chosen) == dict(found[0].chosen)
            document: Any = {**oracle.plan(answer.chosen), **asked(case.request)}
            for one in document["invalid"]:
                one["reason"] = "..."
            wrong = complaints(document, case.module_versions, case.host)
            assert (not wrong) == is_wanted
            assert all(one.startswith(f"not the {case.request.strategy} plan: ") for one in wrong)
            assert complaints({**document, "optimal": False}, case.module_versions, case.host) == ()
            others += not is_wanted
    assert others > 150


# Statements.


def conflict(*core: dict[str, Any], request: Request) -> dict[str, Any]:
    return {
        "status": "conflict", **asked(request), "minimal": True, "explanation": "There is no plan.",
        "core": [{"text": "...", "source": "...", "versions": None, **statement} for statement in core],
    }  # fmt: skip


BLOCKED = (version("app 1.0", "lib@>=2"), *module("lib", "1.0", "2.0"), *module("user", "1.0"))
BLOCKED_HOST = machine(version("user 1.0", "lib@<2"), version("lib 1.0"), deprecated=["lib 2.0"])
ASKED = {"kind": "requested", "module": "app", "requirement": "app"}
NEEDS_LIB = {"kind": "dependency", "module": "app", "versions": "==1.0", "requirement": "lib@>=2"}
USER_NEEDS_LIB = {"kind": "dependency", "module": "user", "versions": "==1.0", "requirement": "lib@<2"}
USER_STAYS = {"kind": "installed", "what": "stays", "module": "user", "versions": "==1.0"}
DEPRECATED = {"kind": "excluded", "deprecated": True, "module": "lib", "versions": "==2.0"}
PINNED = {"kind": "pinned", "module": "lib", "versions": "==2.0", "requirement": "lib@<2"}
LOCKED = {"kind": "locked", "module": "lib", "versions": "==2.0", "locked": "1.0"}
UNLOCKED = {"kind": "locked", "module": "app", "versions": "==1.0", "locked": None}


@pytest.mark.parametrize(
    ("core", "options"),
    [
        ((ASKED, NEEDS_LIB, USER_STAYS, USER_NEEDS_LIB), {}),
        ((ASKED, NEEDS_LIB, DEPRECATED), {}),
        ((ASKED, NEEDS_LIB, PINNED), {"pinned": ["lib@<2"]}),
        ((ASKED, NEEDS_LIB, LOCKED), {"locked": ["app 1.0", "lib 1.0"]}),
        ((ASKED, UNLOCKED), {"locked": ["lib 1.0"]}),
    ],
)
def test_a_core_that_speaks_of_the_machine(core: tuple[dict[str, Any], ...], options: dict[str, Any]) -> None:
    request = ask("app", **options)
    versions = tuple(one for one in BLOCKED if one.name != "user")
    assert complaints(conflict(*core, request=request), versions, BLOCKED_HOST) == ()
    for left_out in core:
        rest = [one for one in core if one is not left_out]
        (complaint,) = complaints(conflict(*rest, request=request), versions, BLOCKED_HOST)
        assert complaint.startswith("the core is no contradiction")


@pytest.mark.parametrize(
    ("statement", "change", "options"),
    [
        (USER_STAYS, {"module": "app"}, {}),
        (USER_STAYS, {"versions": ">1"}, {}),
        (USER_STAYS, {"versions": None}, {}),
        (USER_STAYS, {"what": "kept"}, {}),
        (USER_STAYS, {"what": "changes", "most": 0}, {}),
        (USER_STAYS, {}, {"allow_removal": True}),
        (USER_STAYS, {}, {"released": frozenset(["user"])}),
        (DEPRECATED, {"versions": ""}, {}),
        (DEPRECATED, {"deprecated": False}, {}),
        (DEPRECATED, {"deprecated": 1}, {}),
        (PINNED, {}, {}),
        (PINNED, {}, {"pinned": ["lib@<=2"]}),
        (PINNED, {"versions": ">=1"}, {"pinned": ["lib@<2"]}),
        (PINNED, {"requirement": "app@<2"}, {"pinned": ["lib@<2", "app@<2"]}),
        (LOCKED, {}, {}),
        (LOCKED, {"locked": None}, {"locked": ["app 1.0", "lib 1.0"]}),
        (LOCKED, {"locked": "2.0"}, {"locked": ["app 1.0", "lib 1.0"]}),
        (LOCKED, {"locked": 1}, {"locked": ["app 1.0", "lib 1.0"]}),
        (LOCKED, {"versions": ">=1"}, {"locked": ["app 1.0", "lib 1.0"]}),
        (LOCKED, {}, {"locked": ["app 1.0", "lib 1.0"], "unlocked": frozenset(["lib"])}),
    ],
)
def test_an_untrue_statement_is_rejected(
    statement: dict[str, Any], change: dict[str, Any], options: dict[str, Any]
) -> None:
    core = [ASKED, NEEDS_LIB, USER_NEEDS_LIB, {**statement, **change}]
    wrong = complaints(conflict(*core, request=ask("app", **options)), BLOCKED, BLOCKED_HOST)
    assert any(complaint.startswith("answer.core[3]") for complaint in wrong)
    assert not any(complaint.endswith("is not needed for the contradiction") for complaint in wrong)


# What holds versions back.

HELD = (version("app 1.0"), version("app 2.0", "lib@>=2"), *module("lib", "1.0", "2.0"), *module("other", "1.0", "2.0"))
HELD_HOST = machine(version("app 1.0"), version("lib 1.0"), version("other 1.0"))
KEPT = {"kind": "installed", "what": "kept", "module": "other", "versions": "==1.0", "text": "...", "source": "..."}
FEWEST = {
    "kind": "installed", "what": "changes", "most": 0, "module": "", "versions": None, "text": "...", "source": "...",
}  # fmt: skip


def held(app: list[dict[str, Any]], other: list[dict[str, Any]], strategy: Strategy = Strategy.KEEP) -> dict[str, Any]:
    """The plan that keeps all three, with what holds app and other back; lib is as other."""
    document = {**plan(HELD, ask("app@<=2", strategy=strategy), HELD_HOST), "explained": True}
    for step in document["steps"]:
        lib = [{**one, "module": "lib"} if one["module"] == "other" else one for one in other]
        step["held_back_by"] = {"app": app, "lib": lib, "other": other}[step["module"]]
    return document


def test_what_is_installed_holds_back() -> None:
    assert complaints(held([FEWEST], [KEPT]), HELD, HELD_HOST) == ()


@pytest.mark.parametrize(
    ("app", "other"),
    [
        ([{**FEWEST, "most": 1}], [KEPT]),
        ([{**FEWEST, "most": True}], [KEPT]),
        ([{**FEWEST, "what": "removals"}], [KEPT]),
        ([{**FEWEST, "what": "fears"}], [KEPT]),
        ([FEWEST, FEWEST], [KEPT]),
        ([{**KEPT, "module": "app"}], [KEPT]),
        ([FEWEST, {**KEPT, "what": "stays"}], [KEPT]),
        ([], [KEPT]),
        ([FEWEST], []),
        ([FEWEST], [{**KEPT, "versions": "==2.0"}]),
        ([FEWEST], [{**KEPT, "text": None}]),
        ([FEWEST], [{**KEPT, "what": "stays"}]),
        ([FEWEST], [{**KEPT, "module": "app"}]),
        ([FEWEST], [KEPT, KEPT]),
    ],
)
def test_wrong_reasons_are_rejected(app: list[dict[str, Any]], other: list[dict[str, Any]]) -> None:
    assert complaints(held(app, other), HELD, HELD_HOST)


# Repairs.


def test_repairs_lift_pins_and_locks_and_let_modules_go() -> None:
    request = ask("app", pinned=["lib@<2"], locked=["app 1.0", "lib 1.0", "user 1.0"])
    host = machine(version("user 1.0", "lib@<2"), version("lib 1.0"))
    changes = [
        {"kind": "installed", "module": "user"},
        {"kind": "pinned", "requirement": "lib@<2"},
        {"kind": "locked", "module": "lib"},
    ]
    then = [("app", "1.0", "install"), ("lib", "2.0", "upgrade")]
    repair: dict[str, Any] = {
        "text": "...", "changes": changes,
        "then": [{"module": name, "version": number, "action": action} for name, number, action in then],
    }  # fmt: skip
    document = conflict(ASKED, NEEDS_LIB, USER_STAYS, {**USER_NEEDS_LIB}, request=request)
    assert complaints({**document, "repairs": [repair]}, BLOCKED[:-1], host) == ()
    for place in range(len(changes)):
        less = {**repair, "changes": [*changes[:place], *changes[place + 1 :]]}
        assert complaints({**document, "repairs": [less]}, BLOCKED[:-1], host)
    for more in ({"kind": "installed", "module": "lib"}, {"kind": "locked", "module": "app"}):
        repairs = [{**repair, "changes": [*changes, more]}]
        wrong = complaints({**document, "repairs": repairs}, BLOCKED[:-1], host)
        assert "answer.repairs[0].changes[3] is not needed for a plan" in wrong
    assert complaints({**document, "repairs": [changed(repair, "then", 1, "action", to="install")]}, BLOCKED[:-1], host)


def test_a_repair_that_breaks_what_stays_is_rejected() -> None:
    versions = (version("app 1.0", runtimes=["cuda>=12"]),)
    host = machine(version("user 1.0", runtimes=["cuda<12"]), runtimes={"cuda": version("cuda 11.8").version})
    need = {"kind": "runtime", "module": "app", "versions": "==1.0", "requirement": "cuda@>=12", "have": "11.8"}
    nothing = {"kind": "unknown-module", "module": "cuda", "suggestions": []}
    repair = {
        "text": "...", "changes": [{"kind": "runtime", "name": "cuda", "to": "12"}],
        "then": [{"module": "app", "version": "1.0", "action": "install"}],
    }  # fmt: skip
    document = {**conflict(ASKED, need, nothing, request=ask("app")), "repairs": [repair]}
    assert complaints(document, versions, host) == ("answer.repairs[0] breaks user",)


def test_no_document_makes_the_checker_raise() -> None:
    junk: list[Any] = [None, True, -1, "", "9" * 5000, "x@y", [], [None], {}, {"": {}}, {"app": 1}]
    options = ("pinned", "locked", "unlocked", "released", "allow_removal")
    document = held([FEWEST], [KEPT])
    paths: list[tuple[str | int, ...]] = [("invalid",), *(("options", key) for key in options)]
    for place, step in enumerate(document["steps"]):
        paths += [("steps", place, key) for key in ("action", "installed", "after", "mode", "held_back_by")]
        paths += [("steps", place, "held_back_by", 0, key) for key in step["held_back_by"][0]]
    for path in paths:
        for value in junk:
            broken = copy.deepcopy(document)
            at: Any = broken
            for key in path[:-1]:
                at = at[key]
            at[path[-1]] = value
            assert isinstance(complaints(broken, HELD, HELD_HOST), tuple)
            del at[path[-1]]
            assert isinstance(complaints(broken, HELD, HELD_HOST), tuple)
