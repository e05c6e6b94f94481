"""Bounds on sums, as decision diagrams and as clauses, against adding up."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from las_solver import sum_bound
from las_solver.decision_diagram import Node, TooLarge, diagram
from las_solver.sat import Sat
from las_solver.sum_bound import add_at_most

PARTS = st.lists(st.lists(st.integers(1, 12), min_size=1, max_size=3, unique=True).map(sorted), max_size=4)


def choices(parts: list[list[int]]) -> list[tuple[int | None, ...]]:
    """The places of all that may be chosen of `parts`."""
    return list(product(*([None, *range(len(amounts))] for amounts in parts)))


def total(parts: list[list[int]], chosen: tuple[int | None, ...]) -> int:
    return sum(amounts[place] for amounts, place in zip(parts, chosen, strict=True) if place is not None)


@given(PARTS, st.integers(0, 40))
@settings(max_examples=200)
def test_a_diagram_leads_to_what_the_sum_says(parts: list[list[int]], bound: int) -> None:
    root = diagram(parts, bound, 1_000)
    for chosen in choices(parts):
        node = root
        while isinstance(node, Node):
            place = chosen[node.part]
            node = node.without if place is None else node.branches[place]
        assert node is (total(parts, chosen) <= bound)


def test_sums_that_leave_as_much_possible_share_a_node() -> None:
    parts = [[10_000 + step] for step in range(0, 2_000, 100)]
    assert isinstance(diagram(parts, 100_000, 1_400), Node)  # of 2**20 sums


@pytest.mark.parametrize(
    ("parts", "most"), [([[5], [4], [3]], 5), ([[*range(1, 5_000)]] * 3, 10**4), ([[1]] * 5_000, 10**6)]
)
def test_a_diagram_that_is_too_large_is_not_made(parts: list[list[int]], most: int) -> None:
    with pytest.raises(TooLarge):
        diagram(parts, 6, most)


@pytest.mark.parametrize("most_branches", [200_000, 0], ids=["diagram", "pseudo-Boolean"])
@given(PARTS.filter(bool), st.integers(0, 40), st.integers(1, 10**9))
@settings(max_examples=100)
def test_clauses_say_what_the_sum_says(most_branches: int, parts: list[list[int]], bound: int, unit: int) -> None:
    assert admitted(parts, bound, unit, most_branches) == [
        chosen for chosen in choices(parts) if total(parts, chosen) <= bound
    ]


@given(st.integers(1, 6), st.integers(0, 7), st.integers(1, 10**9))
@settings(max_examples=50)
def test_clauses_say_how_many(count: int, bound: int, unit: int) -> None:
    parts = [[1]] * count
    assert admitted(parts, bound, unit, 0) == [chosen for chosen in choices(parts) if total(parts, chosen) <= bound]


def admitted(parts: list[list[int]], bound: int, unit: int, most_branches: int) -> list[tuple[int | None, ...]]:
    """What may be chosen of `parts`, by clauses about `unit` times as much; a literal of each amount means as much or
    more."""
    sat = Sat()
    literals = [[sat.new_variable() for _ in amounts] for amounts in parts]
    for chain in literals:
        for less, more in pairwise(chain):
            sat.add((-more, less))
    chains = [
        [(literal, amount * unit) for literal, amount in zip(*both, strict=True)][::-1]
        for both in zip(literals, parts, strict=True)
    ]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sum_bound, "_MOST_BRANCHES", most_branches)
        add_at_most(sat, chains, bound * unit + unit - 1)
    found = []
    for chosen in choices(parts):
        assumed = [
            literal if place is not None and step <= place else -literal
            for chain, place in zip(literals, chosen, strict=True)
            for step, literal in enumerate(chain)
        ]
        if sat.solve(assumed):
            found.append(chosen)
    return found
