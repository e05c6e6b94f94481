"""What changed between two audits, and their JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from las_registry.audit.difference import Change, Difference, compare
from las_registry.audit.document import audit_document, read_audit
from las_registry.audit.findings import Audit, Cause, Failure, Told, Undecided
from las_registry.problem import InvalidFile
from las_solver.errors import InvalidInput

TOLD = Told("hardware", "app", "==1", "app 1 needs more", "app/manifest.yaml: hardware", '{"have":1,"need":2}')


def failure(name: str, versions: Sequence[str], *hosts: str) -> Failure:
    return Failure(
        module=name, versions=tuple(versions), constraint="==1", text=f"{name} 1", hosts=tuple(hosts), core=(TOLD,)
    )


def audited(
    modules: Mapping[str, Sequence[str]],
    *failures: Failure,
    undecided: Sequence[Undecided] = (),
    hosts: Mapping[str, str] = {"large": "sha256:1", "small": "sha256:2"},
) -> Audit:
    return Audit(
        release="0.1.0",
        registry="sha256:0",
        hosts=hosts,
        modules={name: tuple(versions) for name, versions in modules.items()},
        causes=tuple(Cause(key=("hardware app vram",), statements=(TOLD,), failures=(one,)) for one in failures),
        never=failures[:1],
        undecided=tuple(undecided),
    )


def test_versions_lose_and_gain_plans_by_host() -> None:
    before = audited({"app": ["1", "2"]}, failure("app", ["1"], "small"))
    after = audited({"app": ["1", "2"]}, failure("app", ["2"], "large", "small"))
    assert compare(before, after) == Difference(
        lost=(Change("app", "2", ("large", "small")),),
        gained=(Change("app", "1", ("small",)),),
        added=(),
        removed=(),
        unknown=(),
        doubtful=(),
    )
    assert compare(before, before) == Difference(lost=(), gained=(), added=(), removed=(), unknown=(), doubtful=())


def test_a_version_that_is_written_otherwise_is_the_same() -> None:
    before = audited({"app": ["1.0", "2.0"]})
    after = audited({"app": ["1.0.0", "2"]}, failure("app", ["1.0.0"], "small"))
    assert compare(before, after) == Difference(
        lost=(Change("app", "1.0.0", ("small",)),), gained=(), added=(), removed=(), unknown=(), doubtful=()
    )
    assert compare(audited({"app": ["no version"]}), after).removed == (
        Change("app", "no version", ("large", "small")),
    )


def test_new_and_gone_versions_are_told_with_where_they_can_be_planned() -> None:
    before = audited({"app": ["1", "2"]}, failure("app", ["1"], "small"))
    after = audited(
        {"app": ["2"], "lib": ["1", "2"]}, failure("lib", ["1", "2"], "large"), failure("lib", ["2"], "small")
    )
    assert compare(before, after) == Difference(
        lost=(),
        gained=(),
        added=(Change("lib", "1", ("small",)), Change("lib", "2", ())),
        removed=(Change("app", "1", ("large",)),),
        unknown=(),
        doubtful=(),
    )


def test_what_is_undecided_is_neither_lost_nor_gained() -> None:
    sure = audited({"app": ["1", "2"]}, failure("app", ["1"], "small", "large"))
    unsure = audited({"app": ["1", "2"]}, undecided=[Undecided(module="app", versions=("1", "2"), hosts=("small",))])
    changes = (Change("app", "1", ("small",)), Change("app", "2", ("small",)))
    gained = compare(sure, unsure)
    assert gained.unknown == changes and gained.lost == () and gained.gained == (Change("app", "1", ("large",)),)
    assert compare(unsure, sure).unknown == changes and compare(unsure, sure).lost == (Change("app", "1", ("large",)),)


def test_what_is_undecided_is_doubtful_only_where_it_could_be_planned_before() -> None:
    before = audited(
        {"app": ["1.0", "2"], "lib": ["1"]},
        failure("app", ["1.0"], "small"),
        undecided=[Undecided(module="lib", versions=("1",), hosts=("large", "small"))],
    )
    after = audited(
        {"app": ["1", "2", "3"], "lib": ["1"]},
        undecided=[
            Undecided(module="app", versions=("1", "2", "3"), hosts=("small",)),
            Undecided(module="lib", versions=("1",), hosts=("large",)),
        ],
    )
    assert compare(before, after).doubtful == (Change("app", "2", ("small",)),)
    assert compare(after, before).doubtful == (Change("lib", "1", ("small",)),)


def test_audits_of_other_hosts_are_not_compared() -> None:
    one, two = audited({"app": ["1"]}), audited({"app": ["1"]}, hosts={"large": "sha256:1", "small": "sha256:3"})
    with pytest.raises(InvalidInput, match="other hosts; those that differ: small"):
        compare(one, two)
    with pytest.raises(InvalidInput, match="other hosts; those that differ: small"):
        compare(audited({}, hosts={"large": "sha256:1"}), one)


AUDIT = audited(
    {"app": ["1", "2"]},
    failure("app", ["1"], "small"),
    undecided=[Undecided(module="app", versions=("2",), hosts=())],
)


def test_an_audit_is_read_as_it_was_written() -> None:
    text = json.dumps(audit_document(AUDIT))
    assert read_audit(text.encode(), Path("audit.json")) == AUDIT
    assert json.loads(text)["statements"] == [TOLD.document]


def document(**changes: object) -> dict[str, Any]:
    return {**audit_document(AUDIT), **changes}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"\xff", "it is not JSON"),
        (b"[" * 100_000, "it is not JSON"),
        (b"[]", "the key format is missing"),
        (json.dumps(document(format=2)).encode(), "expected version 1"),
        (json.dumps(document(format=True)).encode(), "expected version 1"),
        (json.dumps(document(statements=[])).encode(), "keys are missing"),
        (json.dumps(document(statements=[{"kind": 1}])).encode(), "keys are missing"),
        (json.dumps(document(hosts=[1])).encode(), "keys are missing"),
        (json.dumps(document(modules={"app": "12"})).encode(), "keys are missing"),
        (json.dumps(document(causes=[{**document()["causes"][0], "statements": [-1]}])).encode(), "keys are missing"),
        (json.dumps(document(never=[{**document()["never"][0], "minimal": 1}])).encode(), "keys are missing"),
        (json.dumps(document(undecided=None)).encode(), "keys are missing"),
    ],
)
def test_what_is_no_audit_is_refused(text: bytes, message: str) -> None:
    with pytest.raises(InvalidFile, match=message):
        read_audit(text, Path("audit.json"))


def test_however_deep_it_goes_it_is_read_or_refused() -> None:
    limit = sys.getrecursionlimit()
    text = json.dumps(document(statements=[{**TOLD.document, "more": "deep"}]))
    results = set[bool]()
    for depth in range(limit - 150, limit):
        deep = text.replace('"deep"', "[" * depth + "]" * depth).encode()
        try:
            results.add(bool(read_audit(deep, Path("audit.json"))))
        except InvalidFile:
            results.add(False)
    assert results == {False, True}
