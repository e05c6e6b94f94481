"""What needs alone rule out, and layers mended without a search, against the search that decides otherwise."""

from __future__ import annotations

from collections import Counter

import pytest
from benchmarks.problems import synthetic

from las_solver import obstacle
from las_solver.needs_alone import NeedsAlone
from las_solver.place import Place
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.source import MemorySource


def test_the_search_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: Counter[str] = Counter()
    supposed, mended = obstacle.Obstacles._supposed, obstacle.patched_layer
    places: list[tuple[obstacle.Obstacles, Place]] = []

    def search() -> dict[str, int] | None:
        obstacles, place = places[-1]
        found = obstacle._Instead(obstacles._pruned, obstacles._outcome, place, obstacles._budget).find_layer()
        return None if found is None else dict(found)

    def compare_refuted(obstacles: obstacle.Obstacles, place: Place) -> NeedsAlone:
        places.append((obstacles, place))
        alone = supposed(obstacles, place)
        if alone.fork().refute():
            seen["refuted"] += 1
            assert search() is None
        return alone

    def compare_mended(*arguments: object) -> object:
        layer = mended(*arguments)  # type: ignore[arg-type]
        if layer is not None:
            seen["mended"] += 1
            assert search() == layer
        return layer

    monkeypatch.setattr(obstacle.Obstacles, "_supposed", compare_refuted)
    monkeypatch.setattr(obstacle, "patched_layer", compare_mended)
    for seed in range(4):
        for snapshot in (synthetic.SNAPSHOT, synthetic.MILD_SNAPSHOT):
            registry = synthetic.generate(seed, modules=60, snapshot=snapshot)
            source = MemorySource(synthetic.module_versions(registry))
            assert isinstance(Planner(source, synthetic.HOST).plan(synthetic.request(60)), Plan)
    assert seen["refuted"] > 20
    assert seen["mended"] > 5
