"""Decision 0022 where nothing else matters: which versions a limit leaves, and where modules are placed."""

from __future__ import annotations

import json
from itertools import product

from brute_force_together import placement_of
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from registries import ask, version

from las_solver.check import check
from las_solver.document import conflict_document, plan_document
from las_solver.limit import Limit
from las_solver.model import Gpu, Host, ModuleVersion
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.source import MemorySource

fixed = settings(max_examples=80, deadline=None, database=None)


@seed(1)
@fixed
@given(
    cards=st.lists(st.integers(0, 12), max_size=4),
    needs=st.lists(st.tuples(st.integers(0, 7), st.sampled_from([False, False, False, True])), min_size=1, max_size=6),
)
def test_modules_are_placed_as_by_brute_force(cards: list[int], needs: list[tuple[int, bool]]) -> None:
    versions = [
        version(f"m{place} 1.0", vram_min=need, multi_gpu=is_spread) for place, (need, is_spread) in enumerate(needs)
    ]
    host = Host(gpus=tuple(Gpu(vram=card) for card in cards))
    found = Planner(MemorySource(versions), host).plan(ask(*(one.name for one in versions), together=True))
    placed = placement_of({one.name: one for one in versions}, host)
    is_alone_too_much = any(is_spread and len(cards) < 2 for _, is_spread in needs) or not cards
    if placed is None or is_alone_too_much:
        assert not isinstance(found, Plan)
        assert check(json.loads(json.dumps(conflict_document(found))), MemorySource(versions), host) == ()
    else:
        assert isinstance(found, Plan)
        document = json.loads(json.dumps(plan_document(found)))
        assert {step["module"]: step["placement"] for step in document["steps"]} == placed
        assert check(document, MemorySource(versions), host) == ()


@seed(2)
@fixed
@given(
    weights=st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=4), min_size=1, max_size=4),
    at_most=st.integers(0, 20),
)
def test_the_newest_versions_that_a_limit_admits_are_chosen(weights: list[list[int]], at_most: int) -> None:
    """The least total of versions behind; of those that tie, the newer version of the earlier module."""
    weight_of = {(f"m{place}", f"{number}.0"): it for place, of in enumerate(weights) for number, it in enumerate(of)}
    limit = Limit("weight", at_most, lambda one: weight_of[one.name, str(one.version)])
    versions = [version(f"{name} {number}") for name, number in weight_of]
    names = sorted({one.name for one in versions})
    found = Planner(MemorySource(versions), Host()).plan(ask(*names, limits=(limit,)))
    choices = [[one for one in reversed(versions) if one.name == name] for name in names]
    fitting = [choice for choice in product(*choices) if sum(map(limit.weigh, choice)) <= at_most]
    if not fitting:
        assert not isinstance(found, Plan)
        document = json.loads(json.dumps(conflict_document(found)))
        assert "limit" in {statement["kind"] for statement in document["core"]}
    else:

        def behind(choice: tuple[ModuleVersion, ...]) -> tuple[int, list[int]]:
            places = [of.index(one) for of, one in zip(choices, choice, strict=True)]
            return sum(places), places

        assert isinstance(found, Plan)
        document = json.loads(json.dumps(plan_document(found)))
        chosen = {step["module"]: step["version"] for step in document["steps"]}
        assert chosen == {one.name: str(one.version) for one in min(fitting, key=behind)}
    assert check(document, MemorySource(versions), Host(), limits=(limit,)) == ()
