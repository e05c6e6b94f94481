"""Recordings are shrunk to what cannot be left out, and keep their answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import count
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from installed_strategies import installed_cases
from strategies import Case, cases
from together_strategies import together_cases

from las_solver.conflict import Conflict
from las_solver.constraint import Requirement, parse_version
from las_solver.errors import InvalidInput
from las_solver.model import Gpu, Hardware, Host, ModuleVersion, Request, Strategy
from las_solver.pieces import CUTS
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.recording import RecordedSource, Recording, record
from las_solver.shrink import essence, shrink
from las_solver.source import MemorySource, RejectedManifest, ShadowedModule


def _version(name: str, version: str, *requirements: str, **more: object) -> ModuleVersion:
    return ModuleVersion(
        name=name,
        version=parse_version(version),
        requirements=tuple(map(Requirement.parse, requirements)),
        **more,  # type: ignore[arg-type]
    )


def _recording(versions: Iterable[ModuleVersion], *requested: str, **more: object) -> Recording:
    request = Request(requirements=tuple(map(Requirement.parse, requested)))
    return Recording(request=request, module_versions=tuple(versions), **{"host": Host(), **more})  # type: ignore[arg-type]


def _answer(recording: Recording) -> Plan | Conflict:
    return Planner(RecordedSource(recording), recording.host).plan(recording.request)


def _listed(recording: Recording) -> list[str]:
    """Every version with what it needs."""
    return [f"{one}: {' '.join(map(str, one.requirements))}".rstrip(": ") for one in recording.module_versions]


def test_only_the_conflict_is_left() -> None:
    versions = [
        *(_version("app", f"1.{minor}", "lib@>=2,<4", "other") for minor in range(20)),
        *(_version("tool", f"1.{minor}", "lib@<2", "other") for minor in range(20)),
        *(_version("lib", f"{major}") for major in range(1, 6)),
        *(_version("other", f"{major}") for major in range(1, 6)),
    ]
    shrunk = shrink(_recording(versions, "other", "app@>=1.1", "tool"))
    assert shrunk.minimal
    assert _listed(shrunk.recording) == ["app 1.19: lib@>=2", "lib 2", "lib 1", "tool 1.19: lib@<2"]
    assert [str(one) for one in shrunk.recording.request.requirements] == ["app", "tool"]


def test_facts_that_say_nothing_go_and_others_stay() -> None:
    hungry = _version("app", "1", hardware=Hardware(vram_min=24 * 10**9, ram_min=10**9))
    host = Host(cores=8, ram=10**10, gpus=(Gpu(vram=8 * 10**9), Gpu(vram=12 * 10**9)), modes=frozenset({"native"}))
    shrunk = shrink(_recording([hungry], "app", host=host)).recording
    assert shrunk.host == Host(gpus=(Gpu(vram=12 * 10**9),))
    assert shrunk.module_versions == (_version("app", "1", hardware=Hardware(vram_min=24 * 10**9)),)


def test_of_a_plan_its_steps_and_what_holds_them_back_are_left() -> None:
    versions = [
        _version("app", "1", "lib@<3", "extra"),
        *(_version("lib", f"{major}", "extra") for major in range(1, 6)),
        *(_version("extra", f"{major}") for major in range(1, 6)),
    ]
    shrunk = shrink(_recording(versions, "app")).recording
    assert _listed(shrunk) == ["app 1: lib@<3 extra", "extra 5", "lib 5", "lib 2"]


def test_suggestions_stay() -> None:
    names = ["torch", "torc", "numpy"]
    recording = _recording([_version(name, "1") for name in names], "torhc")
    shrunk = shrink(recording).recording
    assert (shrunk.module_versions, shrunk.names) == ((), ("torc", "torch"))
    assert _answer(shrunk) == _answer(recording)


def test_notes_stay_where_the_conflict_tells_of_them() -> None:
    notes = (
        RejectedManifest(module="lib", version=parse_version("2"), place="lib.yaml:3", reason="no"),
        ShadowedModule(module="other", versions=(parse_version("2"),), registry="later"),
    )
    shrunk = shrink(_recording([_version("lib", "1"), _version("other", "1")], "lib@2", notes=notes)).recording
    assert shrunk.notes == notes[:1]


def test_without_time_the_whole_is_kept() -> None:
    recording = _recording([_version("app", "1", "lib"), _version("app", "2", "lib")], "app")
    tried: list[int] = []
    shrunk = shrink(recording, on_trial=tried.append, stop=lambda: len(tried) == 2)
    assert not shrunk.minimal
    assert essence(_answer(shrunk.recording)) == essence(_answer(recording))
    with pytest.raises(InvalidInput, match="nothing can be left out"):
        explaining = count()
        shrink(recording, stop=lambda: next(explaining) > 8)


def test_of_what_is_installed_only_what_matters_is_left() -> None:
    """app 2 needs lib 2, which the pin rules out; what else is installed, deprecated or locked says nothing."""
    versions = [_version("app", "2", "lib@>=2"), _version("lib", "1"), _version("lib", "2"), _version("tool", "1")]
    installed = {"lib": _version("lib", "1"), "tool": _version("tool", "1", "lib"), "gone": _version("gone", "1")}
    host = Host(installed=MappingProxyType(installed), deprecated=frozenset({("tool", parse_version("2"))}))
    recording = _recording(versions, "app", host=host)
    pinned = tuple(map(Requirement.parse, ("lib@<2", "tool@<3")))
    request = replace(recording.request, pinned=pinned, strategy=Strategy.KEEP, released=frozenset({"gone"}))
    shrunk = shrink(replace(recording, request=request)).recording
    assert (dict(shrunk.host.installed), shrunk.host.deprecated) == ({}, frozenset())
    assert shrunk.request == Request(requirements=(Requirement.parse("app"),), pinned=(Requirement.parse("lib@<2"),))


def test_of_a_plan_what_stays_and_what_is_invalid_is_left() -> None:
    """The tool stays, with what it needs; what is broken lacks what it needs, at any version."""
    installed = {
        "tool": _version("tool", "1", "lib@<2"),
        "lib": _version("lib", "1"),
        "broken": _version("broken", "1", "gone@>=7", "lib"),
    }
    versions = [_version("app", "1"), _version("lib", "1"), _version("lib", "2"), _version("tool", "1", "lib@<2")]
    shrunk = shrink(_recording(versions, "app", host=Host(installed=MappingProxyType(installed)))).recording
    answer = _answer(shrunk)
    assert isinstance(answer, Plan)
    assert [(one.module, one.action) for one in answer.steps] == [("app", "install"), ("lib", "keep"), ("tool", "keep")]
    assert [one.module for one in answer.invalid] == ["broken"]
    assert list(map(str, shrunk.host.installed["broken"].requirements)) == ["gone"]


@given(cases() | installed_cases() | together_cases())
@settings(max_examples=30)
def test_nothing_alone_can_be_left_out_and_the_answer_is_the_same(case: Case) -> None:
    recording = record(MemorySource(case.module_versions), case.host, case.request)
    wanted = essence(_answer(recording))
    shrunk = shrink(recording)
    assert shrunk.minimal
    assert essence(_answer(shrunk.recording)) == wanted
    for cut in CUTS:
        pieces = list(cut.pieces(shrunk.recording))
        for piece in pieces:
            less = cut.keep(shrunk.recording, [one for one in pieces if one != piece])
            is_question = less.request.requirements or less.host.installed
            if is_question and less != shrunk.recording:
                assert essence(_answer(less)) != wanted, piece


@given(cases())
@settings(max_examples=8)
def test_the_order_of_versions_does_not_matter(case: Case) -> None:
    recording = record(MemorySource(case.module_versions), case.host, case.request)
    shuffled = replace(recording, module_versions=recording.module_versions[::-1])
    one, two = shrink(recording).recording, shrink(shuffled).recording
    assert sorted(map(repr, one.module_versions)) == sorted(map(repr, two.module_versions))
    assert (one.request, one.host) == (two.request, two.host)
