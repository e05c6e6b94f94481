"""What is hard on purpose has an answer, or none, as its maker says."""

from __future__ import annotations

import pytest
from benchmarks.problems import load_problem
from benchmarks.registries.families import (
    FAMILIES,
    RATIO,
    Family,
    chain,
    parity,
    pigeonholes,
    plateau,
    satisfiable,
)

from las_solver.model import Host, Request
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.source import MemorySource


def answer(family: Family) -> dict[str, str] | None:
    found = Planner(MemorySource(family.module_versions), Host()).plan(family.request, held_back=False)
    return {step.module: str(step.version) for step in found.steps} if isinstance(found, Plan) else None


@pytest.mark.parametrize(
    "family",
    [
        chain(12),
        chain(12, is_broken=True),
        pigeonholes(4, 4),
        pigeonholes(5, 4),
        *(satisfiable(12, seed=seed) for seed in (1, 2, 3)),
        *(parity(6, seed=seed) for seed in (1, 2, 3)),
        plateau(9),
    ],
)
def test_there_is_an_answer_where_the_family_says_so(family: Family) -> None:
    assert (answer(family) is not None) == family.has_answer


def test_a_chain_falls_back_as_a_whole() -> None:
    assert set((answer(chain(12)) or {}).values()) == {"1"}


def test_pigeons_sit_in_different_holes() -> None:
    assert sorted((answer(pigeonholes(4, 4)) or {}).values()) == ["1", "2", "3", "4"]


def test_one_of_four_neighbours_on_a_plateau_is_the_newest() -> None:
    versions = list((answer(plateau(9, reach=3)) or {}).values())
    assert versions.count("2") == 3


@pytest.mark.parametrize(("family", "variables"), [(satisfiable(50), 50), (parity(16), 24)])
def test_formulas_have_the_hardest_ratio(family: Family, variables: int) -> None:
    assert len(family.request.requirements) == round(RATIO * variables)


def test_without_its_charge_a_parity_formula_would_have_an_answer() -> None:
    family = parity(6)
    asked = Request(requirements=family.request.requirements[4:24])
    found = Planner(MemorySource(family.module_versions), Host()).plan(asked, held_back=False)
    assert isinstance(found, Plan)


@pytest.mark.parametrize("name", FAMILIES)
def test_each_is_a_problem_of_the_benchmarks(name: str) -> None:
    problem = load_problem(name)
    family = FAMILIES[name]()
    assert (problem.module_versions, problem.has_answer) == (family.module_versions, family.has_answer)
