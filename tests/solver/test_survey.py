"""A survey tells of every version of a module whether it can be planned, and why not."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest
from brute_force import BruteForce
from hypothesis import HealthCheck, given, settings
from registries import ask, module, version
from strategies import Case, cases

from las_solver.check import check
from las_solver.constraint import Requirement
from las_solver.document import conflict_document
from las_solver.errors import InvalidInput
from las_solver.model import Host, ModuleVersion, Request
from las_solver.planner import Planner
from las_solver.source import MemorySource
from las_solver.statement import HardwareLimit, PreRelease
from las_solver.survey import Verdict


def survey(
    versions: list[ModuleVersion], wanted: str, host: Host | None = None, request: Request | None = None
) -> list[Verdict]:
    planner = Planner(MemorySource(versions), host or Host())
    options = () if request is None else (request,)
    return list(planner.survey(Requirement.parse(wanted), *options))


def told(verdicts: list[Verdict]) -> list[tuple[str, bool | None]]:
    return [(str(verdict.span), verdict.fits) for verdict in verdicts]


APPS = [
    version("app 1", "lib@<2"),
    version("app 2", "lib@<2"),
    version("app 3", "lib@<2", vram_min=8 * 10**9),
    version("app 4", "lib@<2", vram_min=8 * 10**9),
    version("app 5", "lib@<1"),
    *module("lib", "1", "2"),
]


def test_neighbours_of_the_same_fate_are_one_verdict_newest_first() -> None:
    assert told(survey(APPS, "app")) == [("app 3 and newer", False), ("app 2 and older", True)]


def test_a_verdict_says_why_none_of_its_versions_fits() -> None:
    (verdict,) = survey(APPS, "app@>=3,<5")
    assert verdict.conflict is not None
    assert [type(one) for one in verdict.conflict.core][1:] == [HardwareLimit]
    assert str(verdict.conflict.request.requirements[0]) == "app@>=3,<5"


def test_only_what_the_constraint_admits_is_told_of() -> None:
    assert told(survey(APPS, "app@!=2,<4")) == [("app 3", False), ("app 1", True)]
    assert survey(APPS, "app@>5") == [] and survey(APPS, "unknown") == []


def test_a_prerelease_is_asked_for_by_itself() -> None:
    versions = [*module("app", "1", "2rc1")]
    assert told(survey(versions, "app")) == [("every version of app", True)]


def test_that_a_version_is_a_prerelease_is_no_reason_against_it() -> None:
    """For by itself it is named."""
    registry = [version("app 1", consumes=("api",)), version("app 2rc1", "lib"), version("lib 1", cores_min=8)]
    for versions in (registry, [version("app 3"), *registry], [version("app 1.post1", "gone"), *registry[1:]]):
        verdict = survey(versions, "app")[-1]
        assert verdict.conflict is not None
        assert PreRelease not in map(type, verdict.conflict.core)
        assert HardwareLimit in map(type, verdict.conflict.core)


def test_a_local_version_is_told_apart_from_its_public_one() -> None:
    versions = [version("app 1"), version("app 1+local", "gone"), version("app 2")]
    assert told(survey(versions, "app")) == [("app 2", True), ("app 1+local", False), ("app 1", True)]


def test_the_options_of_a_request_count() -> None:
    request = ask("other", excluded=["app@2"])
    assert told(survey(module("app", "1", "2"), "app", request=request)) == [("app 2", False), ("app 1", True)]


def test_what_there_is_no_time_for_is_left_undecided() -> None:
    dense = [version(f"m{one} {number}", f"m{one + 1}") for one in range(6) for number in (1, 2)]
    circle = [*dense, version("m6 1", "m0"), version("app 1", "m0"), version("app 2")]
    planner = Planner(MemorySource(circle), Host(), descent=False)
    verdicts = list(planner.survey(Requirement.parse("app"), stop=lambda: True))
    assert {verdict.fits for verdict in verdicts} <= {None, True} and None in {verdict.fits for verdict in verdicts}


def test_has_plan_refuses_a_request_for_nothing() -> None:
    with pytest.raises(InvalidInput, match="nothing is requested"):
        Planner(MemorySource([]), Host()).has_plan(Request(requirements=()))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(cases())
def test_brute_force_gives_the_same_verdicts(case: Case) -> None:
    source = MemorySource(case.module_versions)
    planner = Planner(source, case.host)
    for name in itertools.islice(source.names(), 2):
        verdicts = list(planner.survey(Requirement.parse(name), case.request))
        spanned = [one for verdict in verdicts for one in _versions(verdict)]
        assert spanned == [one.version for one in source.versions(name)]
        for verdict in verdicts:
            for number in _versions(verdict):
                local = (
                    ""
                    if number.local
                    else "".join(f",!={one}" for one in spanned if one.public == str(number) and one.local)
                )
                request = replace(case.request, requirements=(Requirement.parse(f"{name}@=={number}{local}"),))
                assert any(BruteForce(case.module_versions, case.host, request).answers()) == verdict.fits
            if verdict.conflict is not None:
                document = json.loads(json.dumps(conflict_document(verdict.conflict)))
                assert check(document, source, case.host) == ()
                assert not any(isinstance(one, PreRelease) and one.span.module == name for one in verdict.conflict.core)


def _versions(verdict: Verdict) -> list[object]:
    return list(reversed(verdict.span.versions[verdict.span.low : verdict.span.high + 1]))
