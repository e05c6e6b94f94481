"""An audit tells of every version what plans and conflicts tell of a request for it alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from types import MappingProxyType

import pytest
from brute_force import BruteForce
from hypothesis import HealthCheck, given, settings
from registries import machine, module, version
from strategies import Case, cases

from las_solver.audit import Auditor, Fate
from las_solver.audit_cause import cause_of, key_of
from las_solver.audit_ideal import IDEAL_HOST, IDEAL_OPTIONS, IdealSource
from las_solver.conflict import Conflict
from las_solver.constraint import Requirement
from las_solver.model import Gpu, Host, ModuleVersion, Request
from las_solver.planner import Planner
from las_solver.sentence import sentence
from las_solver.source import MemorySource
from las_solver.statement import Requested, Span


def fates(versions: Iterable[ModuleVersion], name: str, host: Host | None = None) -> dict[str, bool | None]:
    source = MemorySource(versions)
    numbers = [str(one.version) for one in source.versions(name)][::-1]
    return {numbers[rank]: fate.fits for rank, fate in Auditor(source, host or Host()).fates(name).items()}


def reasons(versions: Iterable[ModuleVersion], name: str, host: Host | None = None) -> list[list[str]]:
    """The core of each version, from old to new; nothing for those that fit."""
    found = Auditor(MemorySource(versions), host or Host()).fates(name).values()
    return [[sentence(one) for one in fate.core] for fate in found]


def causes(versions: Iterable[ModuleVersion], name: str, host: Host | None = None) -> list[tuple[str, ...]]:
    """What bars each version that does not fit, from old to new."""
    found = Auditor(MemorySource(versions), host or Host()).fates(name).values()
    return [key_of(cause_of(name, fate.core)) for fate in found if not fate.fits]


def exact_request(source: MemorySource, name: str, rank: int, options: Request) -> Request:
    numbers = tuple(one.version for one in source.versions(name))[::-1]
    wanted = Requirement.parse(f"{name}@{Span(name, rank, rank, numbers).constraint}")
    return replace(options, requirements=(wanted,))


def planned(source: MemorySource, host: Host, name: str, options: Request) -> dict[int, Fate]:
    """The fates as a planner has them that looks at one version at a time."""
    planner = Planner(source, host)
    found = {}
    for rank in range(len(source.versions(name))):
        answer = planner.plan(exact_request(source, name, rank, options), held_back=False)
        if isinstance(answer, Conflict):
            core = tuple(one for one in answer.core if not isinstance(one, Requested))
            found[rank] = Fate(fits=False, core=core, minimal=answer.minimal)
        else:
            found[rank] = Fate(fits=True)
    return found


ALONE = Request(requirements=())


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(cases())
def test_every_version_fares_as_a_plan_for_it_alone(case: Case) -> None:
    source = MemorySource(case.module_versions)
    auditor = Auditor(source, case.host)
    for name in source.names():
        fresh = planned(source, case.host, name, ALONE)
        assert auditor.fates(name) == fresh
        told = [[sentence(one) for one in fate.core] for fate in auditor.fates(name).values()]
        assert told == [[sentence(one) for one in fate.core] for fate in fresh.values()]


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(cases())
def test_brute_force_has_an_answer_for_the_same_versions(case: Case) -> None:
    source = MemorySource(case.module_versions)
    for name in source.names():
        for rank, fate in Auditor(source, case.host).fates(name).items():
            request = exact_request(source, name, rank, ALONE)
            assert any(BruteForce(case.module_versions, case.host, request).answers()) == fate.fits


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(cases())
def test_what_was_audited_before_changes_nothing(case: Case) -> None:
    source = MemorySource(case.module_versions)
    options = replace(ALONE, prereleases=True)
    forwards, backwards = (Auditor(source, case.host, options) for _ in range(2))
    names = tuple(source.names())
    found = {name: forwards.fates(name) for name in names}
    assert {name: backwards.fates(name) for name in reversed(names)} == found
    for name in names:
        assert planned(source, case.host, name, options) == found[name]
        for rank, fate in found[name].items():
            assert Auditor(source, case.host, options).fates(name, [rank]) == {rank: fate}


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(cases())
def test_what_is_never_chosen_is_in_no_answer(case: Case) -> None:
    """Not for any host, nor for any request, with whatever is asked for beside it."""
    ideal = Auditor(IdealSource(MemorySource(case.module_versions)), IDEAL_HOST, IDEAL_OPTIONS)
    never = {
        (name, rank)
        for name in MemorySource(case.module_versions).names()
        for rank, fate in ideal.fates(name).items()
        if not fate.fits
    }
    ranks = {
        (name, one.version): (name, rank)
        for name in MemorySource(case.module_versions).names()
        for rank, one in enumerate(MemorySource(case.module_versions).versions(name)[::-1])
    }
    large = replace(case.host, cores=10**6, ram=10**18, gpus=(Gpu(vram=10**18),) * 2, modes=None)
    for request in (case.request, replace(case.request, prereleases=True, modes=None, forced_modes={}, excluded=())):
        for answer in BruteForce(case.module_versions, large, request).answers():
            assert not never.intersection(ranks[one.name, one.version] for one in answer.chosen.values())


def test_what_an_answer_holds_fits_too_unless_something_else_in_it_admitted_it() -> None:
    """``lib`` names a pre-release of ``core``, and what it leads to goes without that."""
    versions = [
        version("app 1", "lib", "base"),
        version("lib 1", "core@>=2rc1"),
        version("base 1", "core"),
        version("core 1", "gone"),
        version("core 2rc1"),
    ]
    assert fates(versions, "app") == {"1": True}
    assert fates(versions, "base") == {"1": False}
    auditor = Auditor(MemorySource(versions), Host())
    assert [auditor.fates(name)[0].fits for name in ("app", "lib", "base")] == [True, True, False]


def test_a_provider_is_part_of_what_a_version_leads_to() -> None:
    versions = [version("app 1", consumes=("api",)), version("server 1", "lib", provides=("api",)), *module("lib", "1")]
    assert fates(versions, "app") == {"1": True}
    alone = version("app 1", consumes=("api",), provides=("api",))
    assert fates([alone], "app") == {"1": False}
    assert fates([alone], "app", machine(interfaces=frozenset(["api"]))) == {"1": True}


def test_versions_that_differ_only_in_who_admits_them_are_told_apart() -> None:
    """They are alike, but a provider that they lead to needs their module in turn."""
    versions = [
        *(version(f"app {number}", consumes=("api",)) for number in (1, 2, 3)),
        version("server 1", "app@==2", provides=("api",)),
    ]
    assert fates(versions, "app") == {"1": False, "2": True, "3": False}


def test_a_pre_release_is_asked_for_by_name() -> None:
    versions = [*module("app", "1", "2rc1"), version("tool 1", "app@>=2")]
    assert fates(versions, "app") == {"1": True, "2rc1": True}
    assert fates(versions, "tool") == {"1": False}
    assert fates([*module("app", "2rc1", "2rc2"), version("tool 1", "app")], "tool") == {"1": True}


def test_a_local_version_is_told_apart_from_its_public_one() -> None:
    versions = [version("app 1"), version("app 1+local", "gone"), version("app 2", "gone")]
    assert fates(versions, "app") == {"1": True, "1+local": False, "2": False}
    fitting, local, newest = map(" ".join, reasons(versions, "app"))
    assert fitting == "" and "app 1+local needs gone" in local and "app 2 needs gone" in newest


def test_what_is_installed_or_deprecated_does_not_count() -> None:
    versions = module("lib", "1", "2")
    host = machine(version("lib 1"), deprecated=["lib 2"])
    assert fates([*versions, version("app 1", "lib@2")], "app", host) == {"1": True}


def test_only_versions_that_are_asked_about_are_told_of() -> None:
    auditor = Auditor(MemorySource(module("app", "1", "2", "3")), Host())
    assert list(auditor.fates("app", [2, 0])) == [0, 2]
    assert auditor.fates("app", []) == {} and auditor.fates("unknown") == {}


def test_what_there_is_no_time_for_is_undecided() -> None:
    dense = [version(f"m{one} {number}", f"m{one + 1}") for one in range(6) for number in (1, 2)]
    circle = [*dense, version("m6 1", "m0"), version("app 1", "m0"), version("app 2")]
    limits: list[Callable[[], bool]] = []

    def limit() -> Callable[[], bool]:
        limits.append(lambda: True)
        return limits[-1]

    found = Auditor(MemorySource(circle), Host()).fates("app", limit=limit)
    assert found[0].fits is None and len(limits) == 2
    late = Auditor(MemorySource(circle), Host())
    assert late.fates("app")[0].fits is False and late.fates("app", limit=limit)[0].fits is None


def test_a_core_that_there_is_no_time_for_is_not_minimal() -> None:
    versions = [version("app 1", "lib"), version("lib 1", "gone")]
    (fate,) = Auditor(MemorySource(versions), Host()).fates("app", limit=lambda: lambda: True).values()
    assert fate == Fate(fits=False, core=(), minimal=False)


BARRED: Sequence[tuple[list[ModuleVersion], tuple[str, ...]]] = [
    ([version("app 1", "lib"), version("lib 1", vram_min=8)], ("hardware lib vram",)),
    ([version("app 1", "lib"), version("lib 1", modes=("wsl",))], ("mode lib",)),
    ([version("app 1", "lib"), version("lib 1", runtimes=["cuda>=12"])], ("unknown-module cuda",)),
    ([version("app 1", "lib@>=9"), *module("lib", "1")], ("no-version lib >=9",)),
    ([version("app 1", "lib"), version("lib 1", consumes=("api",))], ("interface api",)),
    (
        [version("app 1", consumes=("api",)), version("lib 1", provides=("api",), cores_min=99)],
        ("hardware lib cores",),
    ),
    ([version("app 1", "lib"), version("lib 1", "app")], ("cycle app lib",)),
    (
        [
            version("app 1", "one"),
            version("one 1", "two", "lib@<2"),
            version("two 1", "lib@2"),
            *module("lib", "1", "2"),
        ],
        ("dependency one lib", "dependency one two", "dependency two lib"),
    ),
]


@pytest.mark.parametrize(("versions", "key"), BARRED, ids=lambda one: one[0] if isinstance(one[0], str) else "")
def test_a_cause_leaves_out_the_way_that_leads_to_it(versions: list[ModuleVersion], key: tuple[str, ...]) -> None:
    host = Host(cores=4, ram=4, gpus=(), modes=frozenset(["native"]))
    assert causes(versions, "app", host) == [key]


def test_what_is_absent_is_told_with_who_needs_it_as_a_runtime() -> None:
    versions = [version("app 1", "lib"), version("lib 1", runtimes=["cuda>=12"])]
    host = Host(runtimes=MappingProxyType({"cuda": version("cuda 11").version}))
    (fate,) = Auditor(MemorySource(versions), host).fates("app").values()
    assert [sentence(one) for one in cause_of("app", fate.core)] == [
        "lib 1 needs the runtime cuda >=12, and this host has 11",
        "no module provides the runtime cuda either",
    ]
