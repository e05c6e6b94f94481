"""A bound on what several modules hold together, as clauses."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import gcd
from typing import Final

from las_solver.decision_diagram import TooLarge, clauses, diagram
from las_solver.sat import Sat

__all__ = ["add_at_most"]

_MOST_BRANCHES: Final = 200_000


def add_at_most(sat: Sat, chains: Sequence[Sequence[tuple[int, int]]], bound: int) -> None:
    """Demand of `sat` that `chains` weigh no more than `bound` together.

    A chain has literals with their weights, above 0, the heaviest first. A true literal demands those after it, and
    the chain weighs as much as the first true one. By cardinality encodings where all weigh the same, else by a
    decision diagram, and by pseudo-Boolean encodings where that is too large. Says nothing where the weights are too
    large for these, too.
    """
    unit = gcd(*(weight for chain in chains for _, weight in chain))
    bound //= unit
    ordered = sorted(chains, key=lambda chain: -chain[0][1])  # the largest first make the smallest diagram
    literals = [[literal for literal, _ in chain] for chain in ordered]
    weights = [[weight // unit for _, weight in chain] for chain in ordered]
    if all(several == [1] for several in weights):
        sat.add_at_most([literal for (literal,) in literals], [1 for _ in weights], bound)
        return
    try:
        root = diagram(weights, bound, _MOST_BRANCHES)
    except TooLarge:
        steps = [one - less for several in weights for one, less in pairwise((*several, 0))]
        sat.add_at_most([literal for several in literals for literal in several], steps, bound)
        return
    for clause in clauses(root, literals, sat.new_variable):
        sat.add(clause)
