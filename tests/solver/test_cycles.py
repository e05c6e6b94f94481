"""Section 4, item 7: needs go in no circle; also where there are too many circles to forbid one by one."""

from __future__ import annotations

import pytest
from registries import ask, chosen, document, kinds, version

from las_solver.graph import trim
from las_solver.model import Host, ModuleVersion
from las_solver.planner import Planner
from las_solver.sat import BACKENDS
from las_solver.source import MemorySource


def ring(stages: int) -> list[ModuleVersion]:
    """Two modules a stage, each of which needs one of the next stage, by its version: 2 ** stages circles."""
    return [
        version(f"s{stage}{side} {number}.0", f"s{(stage + 1) % stages}{other}")
        for stage in range(stages)
        for side in "ab"
        for number, other in ((1, "a"), (2, "b"))
    ]


def test_a_version_that_needs_itself_is_never_chosen() -> None:
    registry = [version("app 1.0"), version("app 2.0", "app"), version("app 3.0", runtimes=["app"])]
    assert chosen(registry, "app") == "app 1.0"


@pytest.mark.parametrize("backend", BACKENDS)
def test_exponentially_many_circles_are_refuted_at_once(backend: str) -> None:
    found = Planner(MemorySource(ring(14)), Host(), backend=backend).plan(ask("s0a"))
    assert "Cycle" in {type(statement).__name__ for statement in found.core}  # type: ignore[union-attr]


def test_the_one_way_out_of_many_circles_is_found() -> None:
    answer = document([*ring(4), version("s3a 0.5")], ask("s0a"))
    assert answer["steps"][0]["module"] == "s3a"


def test_a_circle_is_a_conflict() -> None:
    assert kinds(ring(2), "s0a") == ["cycle", *["dependency"] * 8, "requested"]


def test_what_is_left_after_trimming_are_the_circles() -> None:
    needs = {"in": ["a"], "a": ["b"], "b": ["a", "out"], "out": [], "self": ["self"], "c": ["nowhere"]}
    assert trim(needs, needs.__getitem__) == ["a", "b", "self"]
    assert trim(["in", "a", "out"], needs.__getitem__) == []
