"""The search that learns from clashes: the answers of the SAT solver, without it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise

import pytest

from las_solver import backjumping, tangles
from las_solver.backjumping import Found, GaveUp, search
from las_solver.constraint import Requirement, parse_version
from las_solver.model import Host, ModuleVersion, Request, Strategy
from las_solver.planner import Planner
from las_solver.problem import Problem
from las_solver.sat import Stopped, never
from las_solver.shelf import Shelf
from las_solver.source import MemorySource


def _version(
    name: str, version: int, *needs: str, provides: tuple[str, ...] = (), consumes: tuple[str, ...] = ()
) -> ModuleVersion:
    return ModuleVersion(
        name=name,
        version=parse_version(str(version)),
        category="tool",
        requirements=tuple(Requirement.parse(text) for text in needs),
        provides=provides,
        consumes=consumes,
        source="",
    )


def _request(*names: str, strategy: Strategy = Strategy.NEWEST) -> Request:
    return Request(requirements=tuple(Requirement.parse(name) for name in names), strategy=strategy)


def _find(versions: list[ModuleVersion], request: Request) -> Found | None:
    return search(Problem(Shelf(MemorySource(versions), Host()), request), never)


def _random_problems(seed: int) -> Iterator[tuple[list[ModuleVersion], Request]]:
    chance = random.Random(seed)
    for _ in range(25):
        depth, width, count = chance.choice((2, 3, 4)), chance.choice((3, 5, 8)), chance.choice((3, 5))
        versions = []
        for level in range(depth):
            for place in range(width):
                for version in range(1, count + 1):
                    targets = [(at, chance.randrange(width)) for at in (level, level + 1, level + 2) if at < depth]
                    needs = [
                        f"m{at}{other}@{chance.choice(('>=', '<=', '!='))}{chance.randint(1, count)}"
                        for at, other in chance.sample(targets, chance.randint(0, min(2, len(targets))))
                        if (at, other) != (level, place)
                    ]
                    provides = ("i",) if chance.random() < 0.1 else ()
                    consumes = ("i",) if chance.random() < 0.03 else ()
                    versions.append(_version(f"m{level}{place}", version, *needs, provides=provides, consumes=consumes))
        wanted = [f"m0{place}" for place in range(chance.choice((1, width)))]
        yield versions, _request(*wanted, strategy=chance.choice((Strategy.NEWEST, Strategy.LOWEST)))


@pytest.mark.parametrize("modules_at_once", [0, 12])
@pytest.mark.parametrize("seed", range(4))
def test_the_search_finds_what_the_sat_solver_proves(
    seed: int, modules_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tangles, "_MOST_MODULES", modules_at_once)
    monkeypatch.setattr(backjumping, "_DECISIONS", 1000)
    monkeypatch.setattr(backjumping, "_APPLIED", 10_000)
    for versions, request in _random_problems(seed):
        found = _find(versions, request)
        plan = Planner(MemorySource(versions), Host(), descent=False)._find(request, never)
        if plan is None:
            assert found is None
            continue
        assert found is not None
        assert found.is_newest
        domain = Problem(Shelf(MemorySource(versions), Host()), request).domain
        chosen = {name: domain(name).versions[rank] for name, rank in found.modules.items()}
        assert chosen == {step.module: step.version for step in plan.steps}


def test_a_chain_that_fails_at_its_end_is_followed_once() -> None:
    names = [f"link-{place}" for place in range(2000)]
    versions = [_version(name, 1, after) for name, after in pairwise(names)]
    versions += [_version(name, 2, f"{after}@>=2") for name, after in pairwise(names)]
    found = _find([*versions, _version(names[-1], 1)], _request(names[0]))
    assert found == Found(dict.fromkeys(names, 0), is_newest=True)
    assert _find(versions, _request(names[0])) is None


def test_two_that_cannot_both_be_newest_share_the_least_loss() -> None:
    versions = [_version("base", version) for version in (1, 2, 3)]
    versions += [_version("left", 3, "base@>=3"), _version("left", 2, "base@>=2"), _version("left", 1)]
    versions += [_version("right", 3, "base@<=1"), _version("right", 2, "base@<=2"), _version("right", 1)]
    found = _find(versions, _request("left", "right"))
    assert found == Found({"left": 2, "right": 0, "base": 2}, is_newest=True)


def test_a_version_that_needs_its_own_module_is_in_no_answer() -> None:
    versions = [_version("a", 1), _version("a", 2, "a@>=2"), _version("a", 3, "b"), _version("b", 1, "a")]
    assert _find(versions, _request("a")) == Found({"a": 0}, is_newest=True)


def test_the_next_provider_is_taken_where_the_first_clashes() -> None:
    versions = [
        _version("app", 1, "lib@<=1", consumes=("store",)),
        _version("first", 1, "lib@>=2", provides=("store",)),
        _version("second", 1, provides=("store",)),
        _version("lib", 1),
        _version("lib", 2),
    ]
    assert _find(versions, _request("app")) == Found({"app": 0, "lib": 0, "second": 0}, is_newest=True)
    assert _find(versions[:2] + versions[3:], _request("app")) is None


def test_what_is_hard_is_given_up() -> None:
    names = [f"pigeon-{place}" for place in range(9)]
    versions = [
        _version(name, hole, *(f"{other}@!={hole}" for other in names[place + 1 :]))
        for place, name in enumerate(names)
        for hole in range(1, 9)
    ]
    with pytest.raises(GaveUp):
        _find(versions, _request(*names))


def test_what_is_hard_within_a_layer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the time would be up without any plan, where the SAT solver finds one at once."""
    for limit in ("_ROUNDS", "_DECISIONS", "_APPLIED"):
        monkeypatch.setattr(backjumping, limit, 10**6)
    names = [f"pigeon-{place:02}" for place in range(10)]
    versions = [_version(name, 1) for name in names]
    versions += [
        _version(name, hole, *(f"{other}@!={hole}" for other in names[place + 1 :]))
        for place, name in enumerate(names)
        for hole in range(2, 11)
    ]
    with pytest.raises(GaveUp):
        _find(versions, _request(*names))


def test_the_search_ends_when_time_is_up() -> None:
    problem = Problem(Shelf(MemorySource([_version("a", 1)]), Host()), _request("a"))
    with pytest.raises(Stopped):
        search(problem, lambda: True)
