"""The cheapest values of variables under clauses that come in one by one, held against trying all values."""

from __future__ import annotations

import random
from itertools import combinations, product

import pytest

from las_solver.sat import Budget, Cheapest, Stopped


def cost_of_best(weights: dict[int, int], clauses: list[list[int]]) -> int | None:
    """What the cheapest of all values costs that meet `clauses`."""
    return min(
        (
            sum(weight for weight, true in zip(weights.values(), values, strict=True) if true)
            for values in product((False, True), repeat=len(weights))
            if all(any(values[abs(one) - 1] is (one > 0) for one in clause) for clause in clauses)
        ),
        default=None,
    )


def test_no_values_are_cheaper() -> None:
    unsolvable = 0
    for seed in range(150):
        dice = random.Random(seed)
        weights = {variable: dice.randint(1, 5) for variable in range(1, dice.randint(2, 9))}
        cheapest, clauses = Cheapest(weights), list[list[int]]()
        for _ in range(12):
            some = dice.sample(list(weights), dice.randint(1, min(3, len(weights))))
            clauses.append([variable * dice.choice([1, 1, -1]) for variable in some])
            cheapest.add(clauses[-1])
            found, expected = cheapest.find(), cost_of_best(weights, clauses)
            assert (None if found is None else sum(map(weights.__getitem__, found))) == expected
            if found is None:
                unsolvable += 1
                break
            assert all(any((abs(one) in found) is (one > 0) for one in clause) for clause in clauses)
        cheapest.close()
    assert unsolvable > 10


def test_the_effort_is_counted_and_can_be_ended() -> None:
    """Each two of forty: a search that meets conflicts."""
    budget = Budget(1)
    cheapest = Cheapest(dict.fromkeys(range(1, 41), 1), budget)
    for two in combinations(range(1, 41), 2):
        cheapest.add(two)
    with pytest.raises(Stopped):
        cheapest.find()
        cheapest.find()
    assert budget()
    cheapest.close()


def test_stop_is_asked() -> None:
    cheapest = Cheapest({1: 1}, Budget(stop=lambda: True))
    with pytest.raises(Stopped):
        cheapest.find()
    cheapest.close()
