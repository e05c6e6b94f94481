"""Why a module is in a plan, at that version, or why it is not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from brute_force import Answer, BruteForce
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from registries import ask, module, version
from strategies import Case, cases

from las_solver.cause import Entry, Provision
from las_solver.check import check
from las_solver.conflict import Conflict
from las_solver.constraint import Requirement, parse_version
from las_solver.document import conflict_document
from las_solver.errors import OutOfTime
from las_solver.model import Host, ModuleVersion, Request, Strategy
from las_solver.planner import Planner
from las_solver.preference import Earlier, ProviderOrder, Unadmitted
from las_solver.source import MemorySource
from las_solver.why import Impossible, Possible, Present, Why
from las_solver.why_document import why_document


def why(versions: Iterable[ModuleVersion], question: str, request: Request, host: Host | None = None) -> Any:
    """The answer as the JSON document; its order of keys does not matter here."""
    asked = Requirement.parse(question)
    found = Planner(MemorySource(versions), host or Host()).why(asked, request)
    assert not isinstance(found, Conflict)
    return json.loads(json.dumps(why_document(asked, found)))


def chains(document: Mapping[str, Any]) -> list[list[str]]:
    """The texts of the links, chain by chain."""
    return [[reason["text"] for link in chain for reason in link["reasons"]] for chain in document["chains"]]


DIAMOND = [
    version("app 1", "left", "right", "long"),
    version("left 1", "base"),
    version("right 1", "base@<3"),
    version("long 1", "longer"),
    version("longer 1", "base@>=2"),
    *module("base", "1", "2", "3", "4rc1"),
]


def test_all_shortest_chains_in_the_order_of_the_manifests() -> None:
    document = why(DIAMOND, "base", ask("app"))
    assert (document["status"], document["version"], document["more_chains"]) == ("present", "2", 0)
    assert chains(document) == [
        ["app 1 needs left", "left 1 needs base"],
        ["app 1 needs right", "right 1 needs base <3"],
    ]
    assert document["chains"][1][0]["reasons"][0]["source"] == "app/1.manifest.yaml: dependencies.modules[1]"


def test_what_is_requested_needs_no_chain() -> None:
    assert chains(why(DIAMOND, "left", ask("app", "left"))) == [[]]


def test_no_more_than_five_chains_and_how_many_more_there_are() -> None:
    middle = [f"m{number}" for number in range(8)]
    versions = [version("app 1", *middle), *(version(f"{name} 1", "base") for name in middle), version("base 1")]
    document = why(versions, "base", ask("app"))
    assert [texts[1] for texts in chains(document)] == [f"{name} 1 needs base" for name in middle[:5]]
    assert document["more_chains"] == 3


def test_constraints_of_the_plan_the_narrowest_first() -> None:
    constraints = why(DIAMOND, "base", ask("app", "base@>=1"))["constraints"]
    assert [(one["module"], one["requirement"], one["oldest"], one["newest"]) for one in constraints] == [
        ("right", "base@<3", "1", "2"),
        (None, "base@>=1", "1", "3"),
        ("left", "base", "1", "3"),
        ("longer", "base@>=2", "2", "3"),
    ]


def test_under_the_strategy_lowest_the_narrowest_admits_the_newest_oldest() -> None:
    document = why(DIAMOND, "base", ask("app", strategy=Strategy.LOWEST))
    assert document["version"] == "2"
    assert next((one["module"], one["oldest"]) for one in document["constraints"]) == ("longer", "2")


def test_a_runtime_that_the_host_does_not_meet() -> None:
    versions = [version("app 1", runtimes=["cuda>=12"]), *module("cuda", "12.4")]
    assert chains(why(versions, "cuda", ask("app"))) == [
        ["app 1 needs the runtime cuda >=12, which this host does not provide"]
    ]
    host = Host(runtimes={"cuda": parse_version("11.8")})
    assert chains(why(versions, "cuda", ask("app"), host)) == [
        ["app 1 needs the runtime cuda >=12, and this host has 11.8"]
    ]


APP = version("app 1", consumes=("api",))
ALPHA, BETA, GAMMA = (version(f"{name} 1", provides=("api",)) for name in ("alpha", "beta", "gamma"))


@pytest.mark.parametrize(
    ("others", "options", "reason"),
    [
        ([], {}, "beta provides, the only module that can"),
        ([GAMMA], {}, "beta provides, the first by name of 2 modules that could"),
        ([ALPHA], {"preferred": ("beta",)}, "beta provides, as you prefer it"),
        (
            [replace(ALPHA, requirements=(Requirement.parse("gone"),)), GAMMA],
            {},
            "beta provides, the first by name that goes with what was decided before; alpha does not",
        ),
    ],
)
def test_a_provider_was_chosen(others: list[ModuleVersion], options: dict[str, Any], reason: str) -> None:
    assert chains(why([APP, BETA, *others], "beta", ask("app", **options))) == [[f"app 1 consumes api, which {reason}"]]


def test_a_provider_that_is_there_anyway_was_not_chosen_for_it() -> None:
    versions = [version("app 1", "tool", consumes=("api",)), version("tool 1", "beta"), BETA]
    assert chains(why(versions, "beta", ask("app"))) == [["app 1 needs tool", "tool 1 needs beta"]]


def test_a_version_that_is_impossible_has_the_conflict_with_the_request() -> None:
    document = why(DIAMOND, "base@3", ask("app"))
    assert (document["status"], document["version"]) == ("impossible", "2")
    assert [one["text"] for one in document["conflict"]["core"]] == [
        "you asked for app",
        "you asked for base ==3",
        "app 1 needs right",
        "right 1 needs base <3",
    ]


def test_the_conflict_of_a_request_without_a_plan_is_the_answer() -> None:
    planner, request = Planner(MemorySource(DIAMOND), Host()), ask("app", "base@3")
    assert planner.why(Requirement.parse("left"), request) == planner.plan(request)


def test_of_what_is_possible_the_newest_is_taken() -> None:
    document = why([version("app 1", "lib"), *module("lib", "1", "2", "3")], "lib@<3", ask("app"))
    assert (document["status"], document["version"], document["then"]) == ("possible", "3", "2")
    assert document["changes"] == [{"module": "lib", "layer": 1, "from": "3", "to": "2"}]
    assert document["decided_by"] == {
        "kind": "layer",
        "layer": 1,
        "modules": ["lib"],
        "versions_behind": 0,
        "then_behind": 1,
    }


def test_what_is_decided_before_would_be_older() -> None:
    versions = [version("app 1", "lib@<2"), version("app 2"), version("app 3", "lib@<3", "new")]
    document = why([*versions, *module("lib", "1", "2", "3"), *module("new", "1")], "lib@1", ask("app"))
    assert document["decided_by"]["modules"] == ["lib"]
    document = why([*versions, *module("lib", "1", "2", "3"), *module("new", "1")], "lib@3", ask("app"))
    assert document["changes"] == [
        {"module": "app", "layer": 0, "from": "3", "to": "2"},
        {"module": "lib", "layer": 1, "from": "2", "to": "3"},
        {"module": "new", "layer": 1, "from": "1", "to": None},
    ]
    assert document["decided_by"] == {
        "kind": "layer",
        "layer": 0,
        "modules": ["app"],
        "versions_behind": 0,
        "then_behind": 1,
    }


def test_a_tie_goes_to_the_earlier_module() -> None:
    versions = [
        *(version(f"left {one}", f"base@{one}") for one in (1, 2)),
        *(version(f"right {one}", f"base@{3 - one}") for one in (1, 2)),
        *module("base", "1", "2"),
    ]
    decided = why(versions, "right@2", ask("left", "right"))["decided_by"]
    assert (decided["modules"], decided["versions_behind"], decided["then_behind"]) == (["left", "right"], 1, 1)


def test_a_pre_release_is_taken_only_where_it_is_asked_for() -> None:
    versions = [version("app 1", "lib"), *module("lib", "1", "2rc1")]
    document = why(versions, "lib@2rc1", ask("app"))
    assert document["decided_by"] == {"kind": "pre-release", "module": "lib", "version": "2rc1"}
    assert why(versions, "lib@>1", ask("app"))["status"] == "impossible"


def test_another_provider_comes_first_and_preferring_helps() -> None:
    document = why([APP, ALPHA, BETA], "beta", ask("app"))
    assert (document["version"], document["then"], document["preferring"]) == (None, "1", True)
    assert [one["text"] for one in document["reasons"]] == ["app consumes api, which alpha provides already"]
    assert document["decided_by"] == {"kind": "provider", "module": "app", "interface": "api", "provider": "alpha"}


def test_preferring_does_not_help_where_something_else_provides_the_interface_anyway() -> None:
    versions = [replace(APP, requirements=(Requirement.parse("alpha"),)), ALPHA, BETA]
    document = why(versions, "beta", ask("app"))
    assert [one["kind"] for one in document["reasons"]] == ["interface"]
    assert (document["preferring"], document["decided_by"]) == (False, None)


def test_only_versions_that_are_asked_about_could_provide_an_interface() -> None:
    versions = [APP, ALPHA, version("beta 1"), version("beta 2", provides=("api",))]
    assert why(versions, "beta@1", ask("app"))["reasons"] == []
    assert [one["kind"] for one in why(versions, "beta@2", ask("app"))["reasons"]] == ["interface"]


def test_the_host_has_what_would_be_needed() -> None:
    host = Host(runtimes={"cuda": parse_version("12.4")}, interfaces=frozenset(["api"]))
    versions = [version("app 1", runtimes=["cuda>=12"], consumes=("api",)), version("cuda 12.4", provides=("api",))]
    assert [one["text"] for one in why(versions, "cuda", ask("app"), host)["reasons"]] == [
        "app 1 needs the runtime cuda >=12, and this host itself has 12.4",
        "app consumes api, which this host itself provides already",
    ]


def test_other_versions_need_it() -> None:
    versions = [version("app 1", "lib"), version("app 2", "lib"), version("app 3"), *module("lib", "1")]
    document = why(versions, "lib", ask("app"))
    assert [one["text"] for one in document["reasons"]] == [
        "app 2 and older need lib, and the plan has app 3, which does not"
    ]
    assert document["decided_by"] is None
    assert document["changes"] == [{"module": "lib", "layer": None, "from": None, "to": "1"}]


def test_nothing_needs_it() -> None:
    assert why([version("app 1"), version("lib 1")], "lib", ask("app"))["reasons"] == []


def test_no_time_is_no_answer() -> None:
    planner = Planner(MemorySource(DIAMOND), Host(), descent=False)
    with pytest.raises(OutOfTime):
        planner.why(Requirement.parse("base"), ask("app"), stop=lambda: True)


# Against brute force


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(cases(), st.integers(0, 1000))
def test_brute_force_agrees(case: Case, choice: int) -> None:
    questions = [one.name for one in case.module_versions]
    questions += [f"{one.name}@=={one.version}" for one in case.module_versions]
    questions += [f"{one.name}@!={one.version}" for one in case.module_versions]
    question = Requirement.parse(questions[choice % len(questions)])
    found = Planner(MemorySource(case.module_versions), case.host).why(question, case.request)
    best = BruteForce(case.module_versions, case.host, case.request).best()
    assert isinstance(found, Conflict) == (best is None)
    event(type(found).__name__)
    if best is not None and not isinstance(found, Conflict):
        _judge(case, question, found, best)


def _judge(case: Case, question: Requirement, found: Why, best: Answer) -> None:
    chosen = best.chosen.get(question.name)
    if chosen is not None and question.constraint.admits(chosen.version):
        assert isinstance(found, Present)
        _judge_chains(case, found, best, question.name)
        return
    requirements = (*case.request.requirements, question)
    other = BruteForce(case.module_versions, case.host, replace(case.request, requirements=requirements)).best()
    if other is None:
        assert isinstance(found, Impossible)
        document = json.loads(json.dumps(conflict_document(found.conflict)))
        assert check(document, MemorySource(case.module_versions), case.host) == ()
        return
    assert isinstance(found, Possible)
    _judge_differences(case, found, best, other)
    if chosen is None:
        preferring = replace(case.request, preferred=(question.name, *case.request.preferred))
        then = BruteForce(case.module_versions, case.host, preferring).best()
        helps = then is not None and question.name in then.chosen
        helps = helps and question.constraint.admits(then.chosen[question.name].version)
        assert found.preferring == helps


def _judge_chains(case: Case, found: Present, best: Answer, target: str) -> None:
    oracle = BruteForce(case.module_versions, case.host, case.request)
    picks = _picks(oracle, best)
    edges = {name: {need.name for need in oracle.needs(one)} for name, one in best.chosen.items()}
    for (consumer, _), provider in picks.items():
        edges[consumer].add(provider)
    paths = [[name] for name in dict.fromkeys(one.name for one in case.request.requirements)]
    while not any(path[-1] == target for path in paths):
        paths = [[*path, name] for path in paths for name in edges[path[-1]]]
    wanted = {tuple(path) for path in paths if path[-1] == target}
    shown = [(*(link.module for link in chain), target) for chain in found.chains]
    assert len(shown) == len(set(shown)) == min(5, len(wanted)) and set(shown) <= wanted
    assert found.chain_count == len(wanted)
    for link in {link for chain in found.chains for link in chain}:
        one = best.chosen[link.module]
        assert link.version == one.version
        entries = dict.fromkeys(reason.requirement for reason in link.reasons if isinstance(reason, Entry))
        assert list(entries) == list(dict.fromkeys(need for need in oracle.needs(one) if need.name == link.target))
        interfaces = {reason.interface for reason in link.reasons if isinstance(reason, Provision)}
        assert interfaces == {key[1] for key, name in picks.items() if (key[0], name) == (link.module, link.target)}


def _picks(oracle: BruteForce, best: Answer) -> dict[tuple[str, str], str]:
    """The providers that the places in the key of an answer stand for, by consumer and interface."""
    picks: dict[tuple[str, str], str] = {}
    now: dict[str, ModuleVersion] = {}
    layer = tuple(dict.fromkeys(one.name for one in oracle.request.requirements))
    places = [part for part in best.key if isinstance(part, int)]
    while layer:
        now |= {name: best.chosen[name] for name in layer}
        layer = oracle._needed([best.chosen[name] for name in layer], now)
        missing = None if layer else oracle._missing_interface(now)
        if missing is not None:
            consumer = next(
                name
                for name, one in now.items()
                if missing in one.consumes and not oracle._is_provided(missing, name, now)
            )
            layer = (oracle._providers(missing)[places.pop(0)],)
            picks[consumer, missing] = layer[0]
    return picks


def _judge_differences(case: Case, found: Possible, best: Answer, other: Answer) -> None:
    before = {name: one.version for name, one in best.chosen.items()}
    after = {name: one.version for name, one in other.chosen.items()}
    names = before.keys() | after.keys()
    assert {one.module: (one.before, one.after) for one in found.differences} == {
        name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    }
    event(f"decided by {type(found.preference).__name__}")
    match found.preference:
        case None:
            assert all(after.get(name) == number for name, number in before.items())
        case Earlier(number=number, modules=modules, total=total, other_total=other_total):
            layers = [part for part in best.key if isinstance(part, tuple)]
            assert layers[number][0] == total <= other_total
            assert set(modules) == {one.module for one in found.differences if one.layer == number}
            assert not any(one.layer is not None and one.layer < number for one in found.differences)
        case ProviderOrder(interface=interface, provider=provider):
            there = other.chosen.get(provider)
            assert there is None or interface not in there.provides
        case Unadmitted(module=module, version=number):
            oracle = BruteForce(case.module_versions, case.host, case.request)
            assert other.chosen[module].version == number
            assert number.is_prerelease and not oracle.is_eligible(other.chosen[module])
