"""Where in the construction of an answer its modules were chosen: what came before each, and what beside it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from las_solver.answer import Answer, Demand, unmet_demand
from las_solver.model import ModuleVersion
from las_solver.problem import Problem
from las_solver.statement import Span

__all__ = ["Place", "places", "rank_of", "span_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One module of an answer: `before` are the modules chosen before it, `after` those chosen after it in its layer.

    `picks` are the providers chosen so far. The last of them is this module if `is_picked`.
    """

    chosen: ModuleVersion
    before: Mapping[str, ModuleVersion]
    after: Mapping[str, ModuleVersion]
    layer: tuple[str, ...]
    picks: Mapping[Demand, str]
    is_picked: bool

    @property
    def name(self) -> str:
        """The name of the module."""
        return self.chosen.name


def places(problem: Problem, answer: Answer) -> Iterator[Place]:
    """The places of the modules of `answer` that are older than their newest final version.

    `problem` is the one that was solved, and `answer` in order of discovery (docs/algorithm.md, "Words").
    """
    chosen = {name: problem.domain(name).candidates[rank] for name, rank in answer.items()}
    picks: dict[Demand, str] = {}
    begin = 0
    layer = problem.requested
    while layer:
        end = begin + len(layer)
        for place, name in enumerate(layer, begin):
            if chosen[name].version < problem.newest(name):
                yield Place(
                    chosen=chosen[name],
                    before=dict(islice(chosen.items(), place)),
                    after=dict(islice(chosen.items(), place + 1, end)),
                    layer=layer,
                    picks=dict(picks),
                    is_picked=name in picks.values(),
                )
        decided = dict(islice(answer.items(), end))
        needed = (need.name for name in layer for need in problem.domain(name).needs(answer[name]))
        begin, layer = end, tuple(name for name in dict.fromkeys(needed) if name not in decided)
        if not layer and (demand := unmet_demand(problem, decided)) is not None:
            layer = (next(islice(answer, begin, None)),)
            picks[demand] = layer[0]


def rank_of(problem: Problem, chosen: ModuleVersion) -> int:
    """The rank of a version in `problem`, which has it."""
    return bisect_left(problem.domain(chosen.name).versions, chosen.version)


def span_of(problem: Problem, chosen: ModuleVersion) -> Span:
    """One version as a span; `problem` is not pruned."""
    rank = rank_of(problem, chosen)
    return Span(chosen.name, rank, rank, problem.domain(chosen.name).versions)
