"""The checker of decision 0022 against brute force, with which it shares no code, and against wrong documents."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from brute_force import BruteForce
from registries import ask, asked, document, machine, module, version
from strategies import GB, Case, Dice
from together_strategies import make_together_case

from las_solver.check import check
from las_solver.limit import Limit
from las_solver.model import Gpu, Host, ModuleVersion, Request
from las_solver.source import MemorySource

HOST = Host(ram=16 * GB, gpus=(Gpu(vram=10 * GB), Gpu(vram=6 * GB)))
STACK = (
    version("big 1.0", vram_min=6 * GB, ram_min=8 * GB),
    version("left 1.0", vram_min=5 * GB, ram_min=4 * GB, provides=("serve",)),
    version("right 1.0", vram_min=5 * GB, provides=("serve",)),
    version("small 1.0", vram_min=2 * GB),
    version("small 2.0", vram_min=3 * GB, ram_min=20 * GB),
    version("wide 1.0", vram_min=2 * GB, multi_gpu=True),
    version("wide 2.0", vram_min=5 * GB, multi_gpu=True),
    *module("plain", "1.0"),
)
SERVERS = Limit("servers", 1, lambda one: int("serve" in one.provides))


def plan(request: Request, host: Host = HOST, versions: tuple[ModuleVersion, ...] = STACK) -> dict[str, Any]:
    found = BruteForce(versions, host, request).document()
    assert found is not None
    return {**found, **asked(request)}


def complaints(
    document: Any,
    host: Host = HOST,
    versions: tuple[ModuleVersion, ...] = STACK,
    limits: tuple[Limit, ...] = (SERVERS,),
) -> tuple[str, ...]:
    return check(document, MemorySource(versions), host, limits=limits)


def step_of(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(step for step in document["steps"] if step["module"] == name)


@pytest.mark.parametrize(
    ("limit", "complaint"),
    [
        (Limit("servers", -1, lambda one: 0), "'servers' is below 0"),
        (Limit("servers", 1, lambda one: -int(one.name == "left")), "weighs left 1.0 -1"),
        (Limit("servers", 1, lambda one: 0.5), "weighs left 1.0 0.5"),  # type: ignore[arg-type, return-value]
    ],
)
def test_limits_that_make_no_sense_prove_nothing(limit: Limit, complaint: str) -> None:
    document = {**plan(ask("left")), **asked(replace(ask("left"), limits=(limit,)))}
    (said,) = complaints(document, limits=(limit,))
    assert complaint in said


# Plans.

ALL_PLACED = ask("big", "left", "right", together=True)
SPREAD = ask("left", "right", "wide", "plain", together=True)


def test_what_cannot_be_spread_leaves_room_for_the_rest_and_what_can_be_takes_what_is_free() -> None:
    document = plan(ALL_PLACED)
    assert complaints(document) == ()
    assert {step["module"]: [share["card"] for share in step["placement"]] for step in document["steps"]} == {
        "big": [1],
        "left": [0],
        "right": [0],
    }
    document = plan(SPREAD)
    assert complaints(document) == ()
    assert step_of(document, "wide")["placement"] == [{"card": 1, "vram": 5 * GB}]
    document = plan(ask("left", "wide", together=True), replace(HOST, gpus=(Gpu(vram=6 * GB),) * 2))
    assert step_of(document, "wide")["placement"] == [{"card": 0, "vram": GB}, {"card": 1, "vram": 4 * GB}]


@pytest.mark.parametrize(
    "shares",
    [
        [],
        [{"card": 0, "vram": 2 * GB}, {"card": 1, "vram": 3 * GB}],
        [{"card": 1, "vram": 2 * GB}, {"card": 1, "vram": 3 * GB}],
        [{"card": 1, "vram": 4 * GB}],
        [{"card": 0, "vram": 0}, {"card": 1, "vram": 5 * GB}],
        [{"card": True, "vram": 5 * GB}],
        [{"card": 1, "vram": 5.0 * GB}],
        [{"card": 1}],
        [1],
        None,
    ],
)
def test_another_placement_of_what_can_be_spread_is_rejected(shares: object) -> None:
    document = plan(SPREAD)
    step_of(document, "wide")["placement"] = shares
    assert complaints(document)


def test_a_placement_that_is_not_the_first_in_order_is_rejected() -> None:
    host = replace(HOST, gpus=(Gpu(vram=6 * GB), Gpu(vram=6 * GB)))
    document = plan(ask("left", "right", together=True), host)
    assert complaints(document, host) == ()
    left, right = step_of(document, "left"), step_of(document, "right")
    left["placement"], right["placement"] = right["placement"], left["placement"]
    assert complaints(document, host) == (
        f"answer.steps[0].placement of left should be [{{'card': 0, 'vram': {5 * GB}}}]",
        f"answer.steps[1].placement of right should be [{{'card': 1, 'vram': {5 * GB}}}]",
    )


def test_a_placement_stands_in_plans_of_what_runs_at_the_same_time_alone() -> None:
    document = plan(ALL_PLACED)
    document["options"]["together"] = False
    assert "answer.steps[0] should have no placement" in complaints(document)
    document = plan(ALL_PLACED)
    del step_of(document, "big")["placement"]
    assert complaints(document) == ("answer.steps[0] has no 'placement'",)


def test_what_is_removed_is_not_placed() -> None:
    host = replace(machine(version("small 1.0", vram_min=2 * GB)), ram=HOST.ram, gpus=HOST.gpus)
    document = plan(replace(ALL_PLACED, allow_removal=True), host)
    assert complaints(document, host) == ()
    assert step_of(document, "small")["action"] == "remove"
    step_of(document, "small")["placement"] = []
    assert complaints(document, host) == ("answer.steps[3] should have no placement",)


@pytest.mark.parametrize(
    ("names", "cards", "total"),
    [
        (("big", "left", "right", "small@<2"), (10, 6), 18),
        (("big", "left", "right", "wide"), (10, 6), 21),
        (("big", "left", "right"), (8, 8), 16),
    ],
)
def test_more_than_the_cards_hold_is_rejected(names: tuple[str, ...], cards: tuple[int, ...], total: int) -> None:
    host = replace(HOST, gpus=tuple(Gpu(vram=card * GB) for card in cards))
    document = {**plan(ask(*names), host), **asked(ask(*names, together=True)), "optimal": False}
    assert complaints(document, host) == (f"all modules hold {total * GB} of vram, which does not fit",)


def test_more_memory_than_there_is_is_rejected() -> None:
    host = replace(HOST, ram=11 * GB)
    document = {**plan(ask("big", "left"), host), **asked(ask("big", "left", together=True)), "optimal": False}
    assert complaints(document, host) == (f"all modules hold {12 * GB} of ram, which does not fit",)


def test_a_limit_holds_for_all_modules_of_a_plan() -> None:
    request = ask("left", "right")
    document = {**plan(request), **asked(replace(request, limits=(SERVERS,))), "optimal": False}
    assert complaints(document) == ("all modules hold 2 of servers, which does not fit",)
    two = replace(SERVERS, at_most=2)
    document = plan(replace(request, limits=(two,)))
    assert complaints(document, limits=(SERVERS, two)) == ()


@pytest.mark.parametrize(
    "limits",
    [
        [{"name": "servers", "at_most": 2}],
        [{"name": "server", "at_most": 1}],
        [{"name": "servers", "at_most": True}],
        [{"name": "servers", "at_most": -(10**5000)}],
        [{"name": "servers", "at_most": 1}] * 2,
        [{"name": "servers"}],
        ["servers"],
        {"servers": 1},
        None,
    ],
)
def test_a_limit_that_is_not_known_is_rejected(limits: object) -> None:
    document = plan(ask("left", limits=(SERVERS,)))
    assert complaints(document) == ()
    assert complaints(document, limits=())
    document["options"]["limits"] = limits
    assert complaints(document)


def test_a_better_plan_that_fits_is_found_and_one_that_does_not_fit_is_none() -> None:
    versions = (
        *(version(f"one {number}.0", vram_min=number * GB) for number in range(1, 8)),
        *(version(f"two {number}.0", vram_min=number * GB) for number in range(1, 8)),
    )
    host = Host(gpus=(Gpu(vram=8 * GB),))
    request = ask("one", "two", together=True)
    document = plan(request, host, versions)
    assert [step["version"] for step in document["steps"]] == ["7.0", "1.0"]
    assert complaints(document, host, versions) == ()
    other = BruteForce(versions, host, request).plan(
        {one.name: one for one in versions if str(one) in ("one 6.0", "two 2.0")}
    )
    (complaint,) = complaints({**other, **asked(request)}, host, versions)
    assert complaint.startswith("not the newest plan: ")


def random_cases(count: int) -> Iterator[Case]:
    return (make_together_case(Dice(random.Random(f"check {number}").randbytes(900))) for number in range(count))


def test_every_valid_answer_but_the_wanted_one_is_rejected_and_only_as_not_the_newest() -> None:
    others = 0
    for case in random_cases(80):
        oracle = BruteForce(case.module_versions, case.host, case.request)
        found = sorted(oracle.answers(), key=lambda answer: (answer.changes, answer.key))
        for answer in found[:5]:
            is_wanted = dict(answer.chosen) == dict(found[0].chosen)
            document = answer_of(oracle, dict(answer.chosen))
            wrong = check(document, MemorySource(case.module_versions), case.host, limits=case.request.limits)
            assert (not wrong) == is_wanted
            assert all(one.startswith(f"not the {case.request.strategy.value} plan: ") for one in wrong)
            others += not is_wanted
    assert others > 40


def test_a_set_of_versions_is_accepted_only_if_brute_force_finds_it() -> None:
    """Sets that are answers where nothing has to fit."""
    rejected = 0
    for case in random_cases(80):
        oracle = BruteForce(case.module_versions, case.host, case.request)
        valid = [dict(answer.chosen) for answer in oracle.answers()]
        free = BruteForce(case.module_versions, case.host, replace(case.request, limits=(), together=False))
        sets = [dict(answer.chosen) for _, answer in zip(range(10), free.answers(), strict=False)]
        for chosen in sets:
            document = {**answer_of(oracle, chosen), "optimal": False}
            wrong = check(document, MemorySource(case.module_versions), case.host, limits=case.request.limits)
            assert (not wrong) == (chosen in valid)
            assert all("does not fit" in complaint for complaint in wrong)
            rejected += bool(wrong)
    assert rejected > 50


def answer_of(oracle: BruteForce, chosen: dict[str, ModuleVersion]) -> dict[str, Any]:
    found: dict[str, Any] = {**oracle.plan(chosen), **asked(oracle.request)}
    return {**found, "invalid": [{**one, "reason": "it is"} for one in found["invalid"]]}


# Conflicts.


def conflict(*core: dict[str, Any], request: Request, minimal: bool = True) -> dict[str, Any]:
    return {
        "status": "conflict", **asked(request), "minimal": minimal, "explanation": "There is no plan.",
        "core": [{"module": "", "text": "...", "source": "...", "versions": None, **statement} for statement in core],
    }  # fmt: skip


def wanted(name: str) -> dict[str, Any]:
    return {"kind": "requested", "module": name, "requirement": name}


def count(name: str, weight: int, versions: str = "", **more: object) -> dict[str, Any]:
    return {"module": name, "versions": versions, "weight": weight, **more}


def on_cards(*counts: dict[str, Any], **changes: object) -> dict[str, Any]:
    cards = [card.vram for card in HOST.gpus]
    return {"kind": "together", "fact": "vram", "have": sum(cards), "cards": cards, "counts": list(counts), **changes}


FULL = ask("big", "left", "right", "small", "plain", together=True)
COUNTED = [
    count(name, amount * GB, spread=False) for name, amount in (("big", 6), ("left", 5), ("right", 5), ("small", 2))
]
CORE = (*map(wanted, ("big", "left", "right", "small")), on_cards(*COUNTED))

SERVING = ask("left", "right", limits=(SERVERS,))
ONE_SERVER = {
    "kind": "limit", "limit": "servers", "at_most": 1, "counts": [count("left", 1), count("right", 1, ">=1")],
}  # fmt: skip

IN_MEMORY = ask("big", "left", "small@>=2", together=True)


def test_cores_of_what_does_not_fit_are_right() -> None:
    assert complaints(conflict(*CORE, request=FULL)) == ()
    assert complaints(conflict(wanted("left"), wanted("right"), ONE_SERVER, request=SERVING)) == ()
    two = replace(SERVERS, at_most=0)
    lighter = {**ONE_SERVER, "at_most": 0, "counts": [count("left", 1)]}
    assert complaints(conflict(wanted("left"), lighter, request=ask("left", limits=(two,))), limits=(two,)) == ()


def test_less_than_a_version_needs_may_be_counted_where_that_is_enough() -> None:
    less = [*COUNTED[:3], count("small", 1, spread=False)]
    assert complaints(conflict(*CORE[:4], on_cards(*less), request=FULL)) == ()
    too_little = on_cards(*COUNTED[:2], count("right", 3 * GB, spread=False), COUNTED[3])
    assert complaints(conflict(*CORE[:4], too_little, request=FULL))


def test_versions_of_one_module_may_hold_different_amounts() -> None:
    request = ask("wide", "big", "left", together=True)
    host = replace(HOST, gpus=(Gpu(vram=6 * GB), Gpu(vram=5 * GB)))
    counts = [*COUNTED[:2], count("wide", 1, "<2", spread=True), count("wide", 5 * GB, "==2.0", spread=True)]
    said = on_cards(*counts, have=11 * GB, cards=[6 * GB, 5 * GB])
    core = (*map(wanted, ("wide", "big", "left")), said)
    assert complaints(conflict(*core, request=request), host) == ()
    for entry in counts:
        fewer = {**said, "counts": [one for one in counts if one is not entry]}
        (complaint,) = complaints(conflict(*core[:3], fewer, request=request), host)
        assert complaint.startswith("the core is no contradiction")


def test_memory_adds_up() -> None:
    host = replace(HOST, ram=11 * GB)
    request = ask("big", "left", together=True)
    counts = [count("big", 8 * GB, spread=False), count("left", 4 * GB, spread=False)]
    said = {"kind": "together", "fact": "ram", "have": 11 * GB, "cards": [], "counts": counts}
    core = (wanted("big"), wanted("left"))
    assert complaints(conflict(*core, said, request=request), host) == ()
    for change in ({"have": 12 * GB}, {"have": None}, {"cards": [11 * GB]}, {"fact": "cores"}, {"fact": "vram"}):
        assert complaints(conflict(*core, {**said, **change}, request=request), host)
    assert complaints(conflict(*core, said, request=request), replace(host, ram=None))


def test_a_core_that_is_no_contradiction_or_not_minimal_is_rejected() -> None:
    for left_out in CORE:
        (complaint,) = complaints(conflict(*(one for one in CORE if one is not left_out), request=FULL))
        assert complaint.startswith("the core is no contradiction")
    for entry in COUNTED:
        fewer = on_cards(*(one for one in COUNTED if one is not entry))
        (complaint,) = complaints(conflict(*CORE[:4], fewer, request=FULL))
        assert complaint.startswith("the core is no contradiction")
    assert complaints(conflict(*CORE, wanted("plain"), request=FULL)) == (
        "answer.core[5] is not needed for the contradiction",
    )


def test_an_entry_that_can_be_left_out_is_rejected_unless_the_core_says_that_it_is_not_minimal() -> None:
    request = ask("big", "left", "right", "small", "wide", together=True)
    more = on_cards(*COUNTED, count("wide", GB, spread=True))
    said = conflict(*CORE[:4], more, request=request)
    assert complaints(said) == ("answer.core[4].counts[4] is not needed for the contradiction",)
    assert complaints({**said, "minimal": False}) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"have": 15 * GB},
        {"cards": [6 * GB, 10 * GB]},
        {"cards": [16 * GB]},
        {"cards": []},
        {"cards": "10"},
        {"cards": [True, 1]},
        {"fact": "ram"},
        {"fact": "gpus"},
        {"module": "big"},
        {"versions": ""},
        {"counts": None},
        {"counts": [1]},
        {"kind": "limit"},
        {"kind": "limit", "limit": "servers", "at_most": 1},
        {"counts": [count("big", 7 * GB, spread=False), *COUNTED[1:]]},
        {"counts": [count("big", 6 * GB, spread=True), *COUNTED[1:]]},
        {"counts": [count("big", 6 * GB), *COUNTED[1:]]},
        {"counts": [count("big", 6 * GB, ">1", spread=False), *COUNTED[1:]]},
        {"counts": [count("ghost", 6 * GB, spread=False), *COUNTED[1:]]},
        {"counts": [count("big", 10**5000, spread=False), *COUNTED[1:]]},
        {"counts": [count("big", True, spread=False), *COUNTED[1:]]},
        {"counts": [*COUNTED, COUNTED[0]]},
        {"counts": [*COUNTED[:3], count("small", 3 * GB, spread=False)]},
        {"counts": [*COUNTED, count("plain", 0, spread=False)]},
        {"counts": [*COUNTED, count("plain", -1, spread=False)]},
        {"counts": [*COUNTED, count("wide", GB, spread=False)]},
    ],
)
def test_an_untrue_statement_is_rejected(change: dict[str, Any]) -> None:
    assert complaints(conflict(*CORE[:4], {**CORE[4], **change}, request=FULL))


@pytest.mark.parametrize("change", [{"at_most": 0}, {"at_most": 2}, {"limit": "weight"}, {"at_most": None}])
def test_a_limit_that_the_request_has_not_is_rejected(change: dict[str, Any]) -> None:
    core = (wanted("left"), wanted("right"))
    assert complaints(conflict(*core, {**ONE_SERVER, **change}, request=SERVING))
    assert complaints(conflict(*core, ONE_SERVER, request=ask("left", "right")))


def test_that_modules_run_at_the_same_time_has_to_be_asked_for() -> None:
    (complaint,) = complaints(conflict(*CORE, request=replace(FULL, together=False)))
    assert complaint == "answer.core[4] is not true: the modules need not run at the same time"


# What the planner says, changed.


def said(request: Request, host: Host = HOST) -> dict[str, Any]:
    found = document(STACK, request, host)
    assert found["status"] == "conflict"
    assert complaints(found, host) == ()
    return found


def test_a_line_that_does_not_follow_is_rejected() -> None:
    found = said(FULL)
    lines = found["derivation"]
    place = next(
        place
        for place, line in enumerate(lines)
        if any(found["core"][it]["kind"] == "together" for it in line["statements"])
    )
    broken = copy.deepcopy(found)
    broken["derivation"][place]["claim"] = broken["derivation"][place]["claim"][:-1]
    assert f"answer.derivation[{place}] does not follow from what it names" in complaints(broken)


@pytest.mark.parametrize(
    ("request_", "changes", "then", "wrong"),
    [
        (SERVING, [{"kind": "limit", "limit": "servers", "to": 2, "have": 1}], "left right", ""),
        (SERVING, [{"kind": "limit", "limit": "servers", "to": 2, "have": 0}], "left right", ".have should be 1"),
        (SERVING, [{"kind": "limit", "limit": "servers", "to": 1, "have": 1}], "left right", "raises no limit"),
        (SERVING, [{"kind": "limit", "limit": "weight", "to": 2, "have": 1}], "left right", "raises no limit"),
        (SERVING, [{"kind": "limit", "limit": "servers", "to": "2", "have": 1}], "left right", "is not an integer"),
        (SERVING, [{"kind": "instead", "module": "right", "to": "plain"}], "left plain", ""),
        (SERVING, [{"kind": "instead", "module": "right", "to": "plain"}], "left", "plain is requested and not there"),
        (SERVING, [{"kind": "instead", "module": "right", "to": "left"}], "left", "puts no other module"),
        (SERVING, [{"kind": "instead", "module": "big", "to": "plain"}], "left plain", "puts no other module"),
        (SERVING, [{"kind": "instead", "module": "right", "to": "ghost"}], "left", "ghost is requested and not there"),
        (FULL, [{"kind": "hardware", "fact": "card", "to": 2 * GB, "have": 2}], "big left right small plain", ""),
        (FULL, [{"kind": "hardware", "fact": "card", "to": "2GB", "have": 2}], "big left right small plain", ""),
        (FULL, [{"kind": "hardware", "fact": "card", "to": 1, "have": 2}], "big left right small plain", "not fit"),
        (FULL, [{"kind": "hardware", "fact": "card", "to": 2 * GB, "have": 1}], "big left right small plain", "have"),
        (
            FULL,
            [{"kind": "hardware", "fact": "card", "to": 2 * GB, "have": 2}, {"kind": "pre-release"}],
            "big left right small plain",
            "changes[1] is not needed for a plan",
        ),
    ],
)  # fmt: skip
def test_a_repair_has_to_make_everything_fit(
    request_: Request, changes: list[dict[str, Any]], then: str, wrong: str
) -> None:
    versions = {"small": "1.0"}
    found = said(request_)
    chosen = [{"module": name, "version": versions.get(name, "1.0")} for name in then.split()]
    found["repairs"] = [{"text": "...", "changes": changes, "then": chosen}]
    complained = complaints(found)
    assert bool(complained) == bool(wrong)
    assert any(wrong in complaint for complaint in complained) == bool(wrong)


# Too hard.


def test_what_is_too_hard_to_check_is_a_complaint() -> None:
    amounts = [1000 + (number * number * 7919) % 997 for number in range(40)]
    versions = tuple(version(f"m{number} 1.0", vram_min=amount) for number, amount in enumerate(amounts))
    host = Host(gpus=(Gpu(vram=sum(amounts) // 8 + 1),) * 8)
    request = ask(*(one.name for one in versions), together=True)
    steps = [{"module": one.name, "version": "1.0"} for one in versions]
    answer = {"status": "resolved", **asked(request), "optimal": False, "steps": steps, "system_packages": []}
    assert complaints(answer, host, versions) == ("whether 40 modules fit on 8 cards is too hard to check",)
