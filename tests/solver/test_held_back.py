"""Section 6: what holds back the modules that are older than their newest version, minimal, true and canonical."""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from brute_force import BruteForce
from random_cases import TIMES, on_many
from registries import ask, document, module, version
from strategies import Case, Dice, cases, make_case

from las_solver.check import check
from las_solver.constraint import parse_version
from las_solver.document import plan_document
from las_solver.model import Gpu, Host, ModuleVersion, Strategy
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.source import MemorySource

GB = 1000**3


def reasons(
    versions: list[ModuleVersion], *wanted: str, of: str, host: Host | None = None, **options: Any
) -> list[str]:
    """What holds back one module of the plan, a text each; the checker and brute force agree with the plan."""
    answer = document(versions, ask(*wanted, **options), host)
    assert answer["status"] == "resolved", answer["explanation"]
    step = next(step for step in answer["steps"] if step["module"] == of)
    return [statement["text"] for statement in step["held_back_by"]]


# One statement of each kind.


def test_what_is_the_newest_is_not_held_back() -> None:
    registry = [version("app 1.0", "lib"), *module("lib", "1.0", "2.0")]
    assert reasons(registry, "app", of="lib") == []
    assert reasons([*registry, version("lib 3.0rc1")], "app", of="lib") == []


def test_a_module_chosen_before_needs_an_older_version() -> None:
    registry = [version("app 1.0", "lib@<2"), *module("lib", "1.0", "2.0", "3.0rc1")]
    assert reasons(registry, "app", of="lib") == ["app 1.0 was chosen before", "app 1.0 needs lib <2"]


def test_the_request_asks_for_an_older_version() -> None:
    assert reasons(module("app", "1.0", "2.0", "3.0"), "app@<2", of="app") == ["you asked for app <2"]


def test_one_statement_for_each_newer_version() -> None:
    registry = [version("app 1.0"), version("app 2.0"), version("app 3.0", modes=("container",)), version("app 4.0rc1")]
    host = Host(modes=frozenset(["native"]))
    assert sorted(reasons(registry, "app", of="app", host=host, excluded=["app@2"])) == [
        "app 3.0 runs only as container, and only native may be used",
        "app 4.0rc1 is a pre-release, and nothing that is needed here names one of app (--pre admits it)",
        "you excluded app ==2, which is app 2.0",
    ]


def test_hardware() -> None:
    registry = [version("app 1.0"), version("app 2.0", vram_min=24 * GB), version("app 2.1", vram_min=24 * GB)]
    assert reasons(registry, "app", of="app", host=Host(gpus=(Gpu(vram=8 * GB),))) == [
        "app 2.0 and newer need 24 GB of GPU memory, and the largest GPU of this host has 8 GB"
    ]


def test_a_runtime() -> None:
    registry = [version("app 1.0"), version("app 2.0", runtimes=["cuda>=12"])]
    assert reasons(registry, "app", of="app", host=Host(runtimes={"cuda": parse_version("11.8")})) == [
        "app 2.0 needs the runtime cuda >=12, and this host has 11.8",
        "no module provides the runtime cuda either",
    ]


def test_an_interface() -> None:
    registry = [version("app 1.0"), version("app 2.0", consumes=("db",))]
    assert reasons(registry, "app", of="app") == ["app 2.0 consumes the interface db, which no other module provides"]


def test_a_circle() -> None:
    registry = [version("app 1.0", "lib"), version("lib 1.0"), version("lib 2.0", "app")]
    assert reasons(registry, "app", of="lib") == [
        "lib 2.0 needs app",
        "app 1.0 needs lib",
        "lib and app need each other, so that neither can come first",
    ]


def test_a_chain_of_needs_is_named_whole() -> None:
    registry = [
        version("app 2.0", "lib@>=2"),
        version("app 1.0"),
        version("lib 2.0", "core@>=2"),
        version("lib 1.0"),
        version("core 2.0", vram_min=1),
        version("core 1.0"),
    ]
    assert reasons(registry, "app", of="app") == [
        "app 2.0 needs lib >=2",
        "lib 2.0 needs core >=2",
        "core 2.0 needs 1 bytes of GPU memory, and this host has no GPU",
    ]


def test_an_earlier_module_of_the_layer_is_chosen_before() -> None:
    registry = [version("app 1.0", "first", "second"), *module("first", "1.0", "2.0"), version("second 1.0")]
    registry.append(version("second 2.0", "first@<2"))
    assert reasons(registry, "app", of="second") == ["second 2.0 needs first <2", "first 2.0 was chosen before"]


def test_a_provider_was_chosen_for_what_it_provides() -> None:
    registry = [
        version("app 1.0", consumes=("db",)),
        version("disk 1.0", provides=("db",)),
        version("disk 2.0"),
    ]
    assert reasons(registry, "app", of="disk") == ["disk was chosen to provide the interface db for app"]


def test_a_larger_total() -> None:
    registry = [
        version("app 1.0", "torch", "xformers", "audio"),
        *module("torch", "2.6", "2.7"),
        *(version(f"{name} {number}", *needs) for name in ("xformers", "audio") for number, needs in AFTER_TORCH),
    ]
    assert reasons(registry, "app", of="torch") == [
        "xformers 2.0 needs torch <2.7",
        "torch 2.7 would take xformers from 2.0 to 1.0 and audio from 2.0 to 1.0: "
        "2 versions behind in total instead of 1",
    ]


AFTER_TORCH = (("1.0", ()), ("2.0", ("torch@<2.7",)))


def test_a_tie_that_a_later_module_wins() -> None:
    """A pre-release that lib names is as far behind as the final version, and would cost web, which gains as much."""
    registry = [
        version("app 1.0", "lib", "web", "zip", "namer"),
        *module("lib", "1.0", "2.0rc1", "2.0"),
        version("namer 1.0", "lib@<2.0,!=2.0rc1"),
        *module("web", "1.0"),
        *module("zip", "1.0"),
    ]
    assert reasons(registry, "app", of="lib")[-1].startswith("namer 1.0 needs lib <2.0")


def test_the_lowest_versions_were_asked_for() -> None:
    registry = [version("app 1.0", "lib"), *module("lib", "1.0", "2.0")]
    answer = document(registry, ask("app", strategy=Strategy.LOWEST))
    assert [step["held_back_by"] for step in answer["steps"]] == [
        [
            {
                "kind": "total", "module": "lib", "versions": None, "text": "you asked for the lowest versions",
                "source": "the request", "version": None, "falls": [], "total": 0, "instead": 0,
            }
        ],
        [],
    ]  # fmt: skip


# Whole documents of the kinds that stand only here.


def test_the_keys_of_chosen_and_total() -> None:
    registry = [
        version("app 1.0", "torch", "audio"),
        *module("torch", "2.6", "2.7", "2.8"),
        version("audio 1.0"),
        version("audio 2.0"),
        version("audio 3.0", "torch@<2.7"),
        version("audio 4.0", "torch@<2.7"),
        version("audio 5.0", "torch@<2.7"),
    ]
    answer = document(registry, ask("app"))
    (torch,) = (step for step in answer["steps"] if step["module"] == "torch")
    assert torch["held_back_by"][-1] == {
        "kind": "total", "module": "torch", "versions": None, "source": "the plan",
        "text": "torch 2.8 would take audio from 5.0 to 2.0: 3 versions behind in total instead of 2",
        "version": "2.8", "falls": [{"module": "audio", "from": "5.0", "to": "2.0"}], "total": 2, "instead": 3,
    }  # fmt: skip
    lib = document([version("app 1.0", "lib@<2"), *module("lib", "1.0", "2.0")], ask("app"))["steps"][0]
    assert lib["held_back_by"][0] == {
        "kind": "chosen", "module": "app", "versions": "==1.0", "text": "app 1.0 was chosen before",
        "source": "the plan", "interface": None, "consumer": None,
    }  # fmt: skip


# On random cases.


def answer_to(case: Case, versions: Iterable[ModuleVersion] = (), **options: Any) -> dict[str, Any] | None:
    found = Planner(MemorySource(versions or case.module_versions), case.host, **options).plan(case.request)
    return plan_document(found) if isinstance(found, Plan) else None


@pytest.mark.parametrize("shard", range(3))
def test_reasons_are_there_where_they_have_to_be_and_the_checker_agrees(shard: int) -> None:
    seen: Counter[str] = Counter()

    @on_many(cases(), 250, shard + 70)
    def holds(case: Case) -> None:
        answer = answer_to(case)
        if answer is not None:
            assert answer["explained"] is True
            for step in answer["steps"]:
                is_older = parse_version(step["version"]) < parse_version(step["newest"])
                assert bool(step["held_back_by"]) == is_older
                seen.update(statement["kind"] for statement in step["held_back_by"])
            assert check(answer, MemorySource(case.module_versions), case.host) == ()

    assert {"chosen", "total", "dependency", "hardware", "interface", "pre-release", "cycle", "mode"} <= seen.keys()


def test_every_way_to_solve_gives_the_same_reasons() -> None:
    @on_many(cases(), 150, 80)
    def holds(case: Case) -> None:
        wanted = answer_to(case)
        shuffled = random.Random(len(case.module_versions)).sample(case.module_versions, len(case.module_versions))
        assert answer_to(case, shuffled) == wanted
        for options in ({"backend": "cadical195"}, {"backend": "minisat22"}, {"eager": True}, {"descent": False}):
            assert answer_to(case, **options) == wanted


def test_brute_force_finds_the_same_totals() -> None:
    """A newer version is possible after what was chosen before if and only if a total says so, and what it costs."""
    totals: Counter[bool] = Counter()

    for number in range(900 * TIMES):
        tight = bytes([2]) + random.Random(f"total {number}").randbytes(700)  # more totals that tie
        case = make_case(Dice(tight))
        answer = answer_to(case)
        if answer is None or case.request.strategy is Strategy.LOWEST:
            continue
        oracle = BruteForce(case.module_versions, case.host, case.request)
        found = list(oracle.answers())
        best = min(found, key=lambda one: one.key)
        for step in answer["steps"]:
            if not step["held_back_by"]:
                continue
            name = step["module"]
            before, layer = _before_and_layer(oracle, best.chosen, name)
            others = [
                _total(oracle, other.chosen, layer)
                for other in found
                if list(other.chosen)[: len(before)] == before
                and all(other.chosen[one] == best.chosen[one] for one in before)
                and name in other.chosen
                and other.chosen[name].version > best.chosen[name].version
                and list(other.chosen)[len(before)] == name
            ]
            said = [statement for statement in step["held_back_by"] if statement["kind"] == "total"]
            totals[bool(said)] += 1
            assert bool(said) == bool(others)
            if said:
                assert said[0]["instead"] == min(others)
                assert said[0]["total"] == _total(oracle, best.chosen, layer) <= min(others)

    assert totals[True] > 10 and totals[False] > 100


def _before_and_layer(
    oracle: BruteForce, chosen: Mapping[str, ModuleVersion], name: str
) -> tuple[list[str], list[str]]:
    """The modules chosen before `name`, and all of its layer, which ends where the next one begins."""
    names = list(chosen)
    layer = list(dict.fromkeys(requirement.name for requirement in oracle.request.requirements))
    done: list[str] = []
    while name not in layer:
        done += layer
        needed = (need.name for one in layer for need in oracle.needs(chosen[one]))
        layer = list(dict.fromkeys(one for one in needed if one not in done)) or [names[len(done)]]
    return names[: names.index(name)], layer


def _total(oracle: BruteForce, chosen: Mapping[str, ModuleVersion], layer: list[str]) -> int:
    return sum(oracle.versions_behind(chosen[name]) for name in layer)


# What the checker rejects.

STACK = [
    version("app 1.0", "torch", "audio", "lib@<2", consumes=("db",)),
    *module("torch", "2.6", "2.7"),
    version("audio 1.0"),
    version("audio 2.0", "torch@<2.7"),
    version("extra 1.0"),
    version("extra 2.0", "torch@<2.7"),
    *module("lib", "1.0", "2.0"),
    version("disk 1.0", provides=("db",)),
    version("disk 2.0"),
]
STACK[0] = version("app 1.0", "torch", "audio", "extra", "lib@<2", consumes=("db",))


def test_reasons_that_are_changed_are_rejected() -> None:
    answer = document(STACK, ask("app"))
    source = MemorySource(STACK)
    rejected = 0
    for place, step in enumerate(answer["steps"]):
        if not step["held_back_by"]:
            changed = copy.deepcopy(answer)
            changed["steps"][place]["held_back_by"] = answer["steps"][0]["held_back_by"]
            assert check(changed, source, Host())
        for number, statement in enumerate(step["held_back_by"]):
            changed = copy.deepcopy(answer)
            del changed["steps"][place]["held_back_by"][number]
            assert check(changed, source, Host()), (step["module"], statement)
            changed = copy.deepcopy(answer)
            changed["steps"][place]["held_back_by"].append(statement)
            assert check(changed, source, Host()), (step["module"], statement)
            for key, value in statement.items():
                if key not in ("text", "source"):
                    changed = copy.deepcopy(answer)
                    changed["steps"][place]["held_back_by"][number][key] = 7 if isinstance(value, int) else "ghost"
                    assert check(changed, source, Host()), (step["module"], statement["kind"], key)
                    rejected += 1
    assert rejected > 20


@pytest.mark.parametrize(
    "falls",
    [
        [],
        [{"module": "audio", "from": "2.0", "to": "1.0"}],
        [{"module": "audio", "from": "1.0", "to": "1.0"}, {"module": "extra", "from": "2.0", "to": "1.0"}],
        [{"module": "audio", "from": "2.0", "to": "1.0"}, {"module": "app", "from": "1.0", "to": "1.0"}],
    ],
)
def test_a_total_that_names_other_modules_is_rejected(falls: list[dict[str, str]]) -> None:
    answer = document(STACK, ask("app"))
    (torch,) = (step for step in answer["steps"] if step["module"] == "torch")
    assert check(answer, MemorySource(STACK), Host()) == ()
    torch["held_back_by"][-1]["falls"] = falls
    assert check(answer, MemorySource(STACK), Host())


def test_no_reasons_make_the_checker_raise() -> None:
    answer = document(STACK, ask("app"))
    junk: list[Any] = [None, True, -1, "", "9" * 5000, "x@y", [], [[]], [None], {}, {"": {}}]
    for place, step in enumerate(answer["steps"]):
        for number, statement in enumerate(step["held_back_by"]):
            for key in statement:
                for value in junk:
                    broken = copy.deepcopy(answer)
                    broken["steps"][place]["held_back_by"][number][key] = value
                    assert isinstance(check(broken, MemorySource(STACK), Host()), tuple)
                    del broken["steps"][place]["held_back_by"][number][key]
                    assert isinstance(check(broken, MemorySource(STACK), Host()), tuple)


# Time.


def test_where_the_time_is_up_what_takes_no_search_is_still_said() -> None:
    found = Planner(MemorySource(STACK), Host()).plan(ask("app"), stop_explaining=lambda: True)
    assert isinstance(found, Plan)
    held = {step.module: bool(step.held_back_by) for step in found.steps if step.version < step.newest}
    assert held == {"torch": False, "lib": True, "disk": True}
    assert not found.explained
    assert check(plan_document(found), MemorySource(STACK), Host()) == ()
    silent = Planner(MemorySource(STACK), Host()).plan(ask("app"), held_back=False)
    assert isinstance(silent, Plan) and not silent.explained
    assert not any(step.held_back_by for step in silent.steps)


# The change that would admit a newer version.


def admitted(versions: list[ModuleVersion], *wanted: str, host: Host | None = None, **options: Any) -> dict[str, Any]:
    planner = Planner(MemorySource(versions), host or Host())
    found = planner.plan(ask(*wanted, **options))
    assert isinstance(found, Plan)
    steps: Any = plan_document(planner.admit(found))["steps"]
    return {step["module"]: step["admitted_by"] and step["admitted_by"]["text"] for step in steps}


def test_asking_for_it_is_the_cheapest() -> None:
    assert admitted(STACK, "app") == {
        "app": None, "audio": None, "disk": None, "extra": None, "lib": None,
        "torch": "ask for torch >2.6 as well; then audio falls back to 1.0, and 1 other falls back",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("registry", "wanted", "host", "options", "text"),
    [
        (module("app", "1.0", "2.0"), "app@<2", Host(), {}, "ask for app without <2"),
        (module("app", "1.0", "2.0"), "app", Host(), {"excluded": ["app@2"]}, "do not exclude app ==2"),
        (
            [version("app 1.0"), version("app 2.0", modes=("container",))],
            "app",
            Host(modes=frozenset(["native"])),
            {},
            "allow the mode container on this host",
        ),
        (
            [
                version("app 1.0"),
                version("app 2.0", runtimes=["cuda>=12.4"]),
                version("app 3.0", runtimes=["cuda>=13"]),
            ],
            "app",
            Host(runtimes={"cuda": parse_version("11.8")}),
            {},
            "cuda 12.4 on this host (now 11.8)",
        ),
        (
            [version("app 1.0"), version("app 2.0", vram_min=16 * GB), version("app 3.0", vram_min=24 * GB)],
            "app",
            Host(gpus=(Gpu(vram=8 * GB),)),
            {},
            "a GPU with 16 GB (now 8 GB)",
        ),
    ],
)
def test_else_what_lifts_a_statement(
    registry: list[ModuleVersion], wanted: str, host: Host, options: dict[str, Any], text: str
) -> None:
    assert admitted(registry, wanted, host=host, **options) == {"app": text}


def test_what_is_said_to_admit_newer_versions_does() -> None:
    admissions = 0
    for number in range(200):
        case = make_case(Dice(random.Random(f"admitted {number}").randbytes(700)))
        source = MemorySource(case.module_versions)
        planner = Planner(source, case.host)
        found = planner.plan(case.request)
        if isinstance(found, Plan):
            document: Any = json.loads(json.dumps(plan_document(planner.admit(found))))
            assert check(document, source, case.host) == ()
            admissions += sum(step["admitted_by"] is not None for step in document["steps"])
    assert admissions > 20


def test_a_change_that_does_not_admit_what_it_says_is_complained_of() -> None:
    registry = [version("app 1.0"), version("app 2.0", vram_min=16 * GB), version("app 3.0", vram_min=24 * GB)]
    host = Host(gpus=(Gpu(vram=8 * GB),))
    planner = Planner(MemorySource(registry), host)
    found = planner.plan(ask("app"))
    assert isinstance(found, Plan)
    document: Any = plan_document(planner.admit(found))
    admission = document["steps"][0]["admitted_by"]
    for wrong in ({"version": "3.0"}, {"version": "1.0"}, {"version": "9"}, {"changes": []}):
        document["steps"][0]["admitted_by"] = {**admission, **wrong}
        (complaint,) = check(document, MemorySource(registry), host)
        assert "admitted_by" in complaint
    document["steps"][0]["admitted_by"] = admission
    assert check(document, MemorySource(registry), host) == ()
