"""Every backend gives the same verdicts, cores of the assumptions, and stops when it is told to."""

from __future__ import annotations

from itertools import combinations, count, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from las_solver.sat import BACKENDS, Sat, Stopped, Totalizer

every_backend = pytest.mark.parametrize("backend", BACKENDS)

LITERALS = st.integers(1, 5).flatmap(lambda one: st.sampled_from([one, -one]))
CLAUSES = st.lists(st.lists(LITERALS, min_size=1, max_size=3), max_size=14)


def is_satisfiable(clauses: list[list[int]]) -> bool:
    return any(
        all(any(values[abs(one) - 1] == (one > 0) for one in clause) for clause in clauses)
        for values in product((False, True), repeat=5)
    )


@every_backend
@settings(max_examples=60)
@given(clauses=CLAUSES, assumed=st.lists(LITERALS, max_size=4))
def test_verdicts_models_and_cores(backend: str, clauses: list[list[int]], assumed: list[int]) -> None:
    sat = Sat(backend)
    for _ in range(5):
        sat.new_variable(phase=True)
    for clause in clauses:
        sat.add(clause)
    if sat.solve(assumed):
        assert all(any(map(sat.value, clause)) for clause in clauses)
        assert all(map(sat.value, assumed))
    else:
        assert set(sat.core) <= set(assumed)
        assert not is_satisfiable([*clauses, *([one] for one in sat.core)])
    sat.close()


@every_backend
def test_the_empty_clause_cannot_be_true(backend: str) -> None:
    sat = Sat(backend)
    assert sat.solve()
    sat.add(())
    assert not sat.solve()
    assert sat.core == ()
    sat.close()


@every_backend
def test_a_long_search_is_stopped(backend: str) -> None:
    """Eleven pigeons in ten holes: no backend proves that in the few slices that it gets."""
    asked = count()
    sat = Sat(backend, stop=lambda: next(asked) >= 2)
    holes = [[sat.new_variable() for _ in range(10)] for _ in range(11)]
    for pigeon in holes:
        sat.add(pigeon)
    for one, other in combinations(holes, 2):
        for left, right in zip(one, other, strict=True):
            sat.add((-left, -right))
    with pytest.raises(Stopped):
        sat.solve()
    sat.close()


def test_an_unknown_backend_is_refused() -> None:
    with pytest.raises(ValueError, match="minesat"):
        Sat("minesat")


@pytest.mark.parametrize("size", range(2, 7))
def test_a_totalizer_counts(size: int) -> None:
    sat = Sat()
    inputs = [sat.new_variable() for _ in range(size)]
    totalizer = Totalizer(sat, inputs)
    assert totalizer.more_than(size) is None
    for bound in (1, size - 1, 0):
        more = totalizer.more_than(bound)
        assert more is not None
        for true in range(size + 1):
            values = [*inputs[:true], *(-one for one in inputs[true:])]
            assert sat.solve([*values, -more]) == (true <= bound)
    sat.close()
