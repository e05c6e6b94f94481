"""Planted contradictions: no answer with both chains, an answer without them."""

from __future__ import annotations

from itertools import pairwise

from benchmarks.conflicts.planted import Planted, plant
from benchmarks.conflicts.worker import time_stages
from benchmarks.problems import synthetic

from las_solver.conflict import Conflict
from las_solver.document import conflict_document
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.source import MemorySource
from las_solver.statement import Dependency

PLANTED = Planted(name="small", modules=50, depth=0.9)


def test_the_registry_has_a_plan_until_the_contradiction_is_planted() -> None:
    registry = synthetic.generate(PLANTED.seed, modules=PLANTED.modules)
    before = MemorySource(synthetic.module_versions(registry))
    request = synthetic.request(PLANTED.modules)
    assert isinstance(Planner(before, synthetic.HOST).plan(request), Plan)
    after = MemorySource(synthetic.module_versions(plant(registry, 45)))
    assert isinstance(Planner(after, synthetic.HOST).plan(request), Conflict)


def test_every_version_of_a_chain_needs_the_next_module() -> None:
    registry = {one.name: one for one in plant(synthetic.generate(1, modules=100), 90)}
    for chain in (("part-000", "part-020", "part-040", "part-060"), ("part-001", "part-021", "part-041", "part-061")):
        for name, following in pairwise(chain):
            for version in registry[name].versions:
                assert sum(text.partition("@")[0] == following for text in version.requirements) == 1
    ends = {text for name in ("part-080", "part-081") for one in registry[name].versions for text in one.requirements}
    assert len([text for text in ends if text.startswith(("part-090@<", "part-090@>="))]) >= 2


def test_the_ends_of_both_chains_are_blamed() -> None:
    problem = PLANTED.load()
    found = Planner(MemorySource(problem.module_versions), problem.host).plan(problem.request)
    assert isinstance(found, Conflict)
    assert found.minimal
    named = {(one.span.module, one.requirement.name) for one in found.core if isinstance(one, Dependency)}
    assert {("part-040", "part-045"), ("part-041", "part-045")} <= named
    assert conflict_document(found)["status"] == "conflict"


def test_every_stage_is_timed() -> None:
    seconds, size = time_stages(PLANTED.load(), 1)
    assert {stage: len(several) for stage, several in seconds.items()} == dict.fromkeys(seconds, 1)
    assert seconds["first core and minimization"][0] >= seconds["first core"][0] > 0
    assert size >= 4
