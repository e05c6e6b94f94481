"""Generated registries have the shape that is promised, and are the same each time."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice, pairwise

import pytest
from benchmarks.check import check_answer
from benchmarks.problems import Problem, load_problem
from benchmarks.registries import (
    HOST,
    GeneratedModule,
    Shape,
    Spec,
    fitting,
    generate,
    module_versions,
    planted,
    planted_modules,
    request,
)

from las_solver.check import check
from las_solver.check_machine import Machine
from las_solver.check_rules import Rules
from las_solver.check_validity import breaches
from las_solver.conflict import Conflict
from las_solver.constraint import Requirement
from las_solver.document import conflict_document, plan_document
from las_solver.model import ModuleVersion
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.source import MemorySource

SPEC = Spec(versions=12_000, closures=(50, 100), contradictions=(50,))


@lru_cache
def made(spec: Spec = SPEC) -> tuple[GeneratedModule, ...]:
    return tuple(generate(spec))


@lru_cache
def source(spec: Spec = SPEC) -> MemorySource:
    return MemorySource(one for module in made(spec) for one in module_versions(module))


def others(modules: Sequence[GeneratedModule]) -> list[GeneratedModule]:
    """The modules that belong to no planted request."""
    return [module for module in modules if module.name.startswith("m-")]


def shapes(modules: Sequence[GeneratedModule]) -> list[Shape]:
    """The shape of each version."""
    return [shape for module in modules for _, shape in module.shapes()]


def names(shape: Shape) -> list[str]:
    """The modules that the entries of `shape` name."""
    runtimes = [Requirement.parse_runtime(entry).name for entry in shape.runtimes]
    return [entry.partition("@")[0] for entry in shape.requirements] + runtimes


def needed(module: GeneratedModule) -> set[str]:
    return {name for _, shape in module.runs for name in names(shape)}


def test_the_same_seed_gives_the_same_registry_and_another_seed_another() -> None:
    small = Spec(versions=2000, closures=(50,))
    assert list(generate(small)) == list(generate(small))
    assert list(generate(small)) != list(generate(Spec(versions=2000, closures=(50,), seed=small.seed + 1)))


@pytest.mark.parametrize("versions", [1, 999, 12_000])
def test_it_has_as_many_versions_as_wanted_all_different(versions: int) -> None:
    modules = list(generate(Spec(versions=versions)))
    assert sum(len(module.versions) for module in modules) == versions
    assert len({module.name for module in modules}) == len(modules)
    for module in modules:
        assert [str(one.version) for one in module_versions(module)] == list(module.versions)
        numbers = [one.version for one in module_versions(module)]
        assert numbers == sorted(set(numbers))
        assert all(start < len(module.versions) for start, _ in module.runs)


def test_a_registry_that_is_too_small_for_its_planted_requests_is_refused() -> None:
    with pytest.raises(ValueError, match="have more than 500 versions"):
        list(generate(Spec(versions=500, closures=(50,))))


@pytest.mark.parametrize(("versions", "sizes"), [(500, ()), (1000, (50,)), (10_000, (50, 500))])
def test_as_many_planted_requests_as_fit(versions: int, sizes: tuple[int, ...]) -> None:
    spec = fitting(Spec(versions=versions))
    assert spec.closures == sizes
    assert sum(len(module.versions) for module in planted_modules(spec)) <= versions


def test_it_is_made_as_it_is_asked_for() -> None:
    endless = Spec(versions=10**12, closures=(50,))
    first = list(islice(generate(endless), 200))
    assert first == list(islice(generate(Spec(versions=5000, closures=(50,))), 200))


def test_planted_requests_are_the_same_whatever_else_is_there() -> None:
    by_name = {module.name: module for module in made()}
    for other in (Spec(versions=2000, closures=(100,)), Spec(versions=5000, closures=(100, 50))):
        for module in planted_modules(other):
            assert by_name[module.name] == module
        assert request(other, 100) == request(SPEC, 100)


def test_popularity_is_a_power_law() -> None:
    modules = others(made(Spec(versions=30_000)))
    counts = Counter(name for module in modules for name in needed(module))
    ranked = [count for _, count in counts.most_common(len(modules) // 4)]
    points = [(math.log(rank), math.log(count)) for rank, count in enumerate(ranked, 1)]
    mean_x, mean_y = (sum(column) / len(points) for column in zip(*points, strict=True))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    unexplained = sum((y - mean_y - slope * (x - mean_x)) ** 2 for x, y in points)
    assert -0.9 < slope < -0.5
    assert unexplained < 0.05 * sum((y - mean_y) ** 2 for _, y in points)


def test_versions_share_what_they_need_in_runs() -> None:
    modules = made()
    runs = sum(len(module.runs) for module in modules)
    assert 2.5 < sum(len(module.versions) for module in modules) / runs < 4.5
    assert 1.5 < sum(len(names(shape)) for shape in shapes(modules)) / 12_000 < 2.5


@pytest.mark.parametrize("share", [0.0, 0.15, 0.3])
def test_so_many_versions_are_blocked_as_wanted(share: float) -> None:
    found = shapes(made(Spec(versions=20_000, blocked=share)))
    blocked = Counter(shape.blocked_by for shape in found if shape.blocked_by)
    assert blocked.total() / len(found) == pytest.approx(share, abs=0.02)
    assert share == 0 or 0.8 < blocked["hardware"] / blocked["requirement"] < 1.6


def test_a_blocked_version_cannot_be_part_of_an_answer_and_others_run() -> None:
    machine = source()
    for module in others(made())[:400]:
        for (_, shape), one in zip(module.shapes(), module_versions(module), strict=True):
            entries = (*one.requirements, *one.runtimes)
            assert runs(one) == (shape.blocked_by != "hardware")
            unmet = [
                entry
                for entry in entries
                if entry.name not in HOST.runtimes and not any(map(entry.constraint.admits, known(machine, entry.name)))
            ]
            if shape.blocked_by == "requirement":
                assert [entry.constraint.text for entry in unmet if entry.constraint.text == ">=99"]


def runs(one: ModuleVersion) -> bool:
    least, card = one.hardware, HOST.gpus[0].vram
    assert HOST.cores is not None
    assert HOST.ram is not None
    return (
        (least.cores_min or 0) <= HOST.cores
        and (least.ram_min or 0) <= HOST.ram
        and (least.vram_min or 0) <= card
        and not least.multi_gpu
    )


def known(machine: MemorySource, name: str) -> list[object]:
    return [one.version for one in machine.versions(name)]


@pytest.mark.parametrize("size", [50, 100])
@pytest.mark.parametrize("is_plain", [True, False])
def test_the_planted_answer_is_valid_and_as_large_as_wanted(size: int, is_plain: bool) -> None:
    spec = Spec(versions=5000, closures=(size,))
    spec = spec.plain() if is_plain else spec
    answer = planted(spec, size)
    machine = source(spec)
    chosen = {
        name: next(one for one in machine.versions(name) if str(one.version) == version)
        for name, version in answer.items()
    }
    assert tuple(breaches(chosen, Rules(Machine(machine, HOST), request(spec, size)))) == ()
    if is_plain:
        assert len(answer) == size
        versions = tuple(one for module in made(spec) for one in module_versions(module))
        problem = Problem(name="", module_versions=versions, host=HOST, request=request(spec, size))
        verdict = check_answer(problem, answer)
        assert (verdict.problems, verdict.cycle) == ((), ())
        assert verdict.versions_behind > 0
    else:
        assert size <= len(answer) <= 1.2 * size


@pytest.mark.parametrize("is_plain", [True, False])
def test_the_newest_answer_is_found_and_not_trivial(is_plain: bool) -> None:
    spec = Spec(versions=5000, closures=(100,))
    spec = spec.plain() if is_plain else spec
    answer = Planner(source(spec), HOST).plan(request(spec, 100), held_back=False)
    assert isinstance(answer, Plan)
    behind = [step for step in answer.steps if step.versions_behind]
    assert 0.08 < len(behind) / len(answer.steps) < 0.35
    small = Planner(source(spec), HOST).plan(request(spec, 100))
    assert check(plan_document(small), source(spec), HOST) == ()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_planted_contradiction_has_no_answer(seed: int) -> None:
    spec = Spec(versions=2000, contradictions=(50,), seed=seed)
    answer = Planner(source(spec), HOST).plan(request(spec, 50, contradiction=True))
    assert isinstance(answer, Conflict)
    assert check(conflict_document(answer), source(spec), HOST) == ()


def test_a_contradiction_stands_between_two_modules_that_are_always_needed() -> None:
    modules = {module.name: module for module in made() if module.name.startswith("x50-")}
    always: set[str] = set()
    ahead = [one.name for one in request(SPEC, 50, contradiction=True).requirements]
    while ahead:
        name = ahead.pop()
        if name not in always:
            always.add(name)
            needs = (set(names(shape)) for _, shape in modules[name].runs)
            ahead += set.intersection(*needs) & modules.keys()
    clashes = [
        (one.name, target)
        for one in map(modules.__getitem__, sorted(always))
        for target in {entry for _, shape in one.runs[:1] for entry in shape.requirements if "@" in entry}
        if all(target in shape.requirements for _, shape in one.runs)
    ]
    below = {(who, target.partition("@<")[0]) for who, target in clashes if "@<" in target}
    assert any(
        (other, target.partition("@>=")[0]) in below and f"{target.replace('>=', '<')}" in {text for _, text in clashes}
        for who, target in clashes
        for other in always - {who}
    )


def test_runtimes_are_met_by_the_host_or_by_modules() -> None:
    entries = {Requirement.parse_runtime(entry).name for shape in shapes(made()) for entry in shape.runtimes}
    assert {"cuda", "nvidia-driver"} <= entries
    assert len(entries & {module.name for module in made()}) > 20


def test_interfaces_have_several_providers() -> None:
    consumed = {one for module in others(made()) for _, shape in module.runs for one in shape.consumes}
    assert len(consumed) > 2
    assert all(len(source().providers(interface)) == 3 for interface in consumed)


def test_cycles_can_be_avoided() -> None:
    modules = others(made())
    pairs = [
        (one, other)
        for one, other in pairwise(modules)
        if other.name in needed(one) and all(one.name in names(shape) for _, shape in other.runs)
    ]
    assert len(pairs) > 5
    for one, other in pairs:
        assert other.name not in names(one.planted_shape())


def test_some_requirements_and_versions_are_pre_releases() -> None:
    versions = [one for module in made() for one in module_versions(module)]
    assert 0.02 < sum(one.is_prerelease for one in versions) / len(versions) < 0.05
    entries = [entry for one in versions for entry in one.requirements]
    assert 0 < sum(entry.constraint.names_prerelease for entry in entries) / len(entries) < 0.005


def test_a_plain_registry_says_nothing_that_other_resolvers_have_no_words_for() -> None:
    for shape in shapes(made(Spec(versions=5000, closures=(50,)).plain())):
        assert not shape.consumes
        assert not shape.provides
        assert all(Requirement.parse_runtime(entry).name in HOST.runtimes for entry in shape.runtimes)
        assert "rc" not in " ".join(shape.requirements)


def test_the_problems_of_the_benchmarks_are_the_planted_requests() -> None:
    problem = load_problem("closure-50")
    assert problem.facts["modules in the planted answer"] == 50
    assert 50 < problem.facts["reachable modules"] <= problem.facts["modules"]
    assert problem.has_answer
    assert not load_problem("contradiction-50").has_answer
