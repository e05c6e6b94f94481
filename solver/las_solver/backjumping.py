"""A search for the newest answer without a SAT solver: descend, learn from each clash, and jump back to its layer.

Layer by layer, every module takes the closest version that is not known to be impossible beside the layers before, or,
where nogoods say that modules of the layer cannot all be that close, the least vector of versions that these leave.
Nogoods are true of every valid answer; so the first answer that comes out is the newest (docs/algorithm.md). It is
given up when it takes too long: the SAT solver decides what is hard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from las_solver.answer import Demand, unmet_demand
from las_solver.graph import find_cycles
from las_solver.problem import Problem
from las_solver.propagation import Nogood, Propagation, Table, bits_of, narrow
from las_solver.ranks import Intervals, intervals_of
from las_solver.sat import Budget, Stopped
from las_solver.tangles import Part, Tangle, TooMany, least, parts_of

__all__ = ["Found", "GaveUp", "search"]

_ROUNDS = 150
_DECISIONS = 6
_APPLIED = 50
"""The search is given up after so many clashes, or decisions or looks at nogoods for each module that was read."""
_EFFORT = 3000
"""And after so many questions to SAT solvers about tangles, and conflicts on the way to their answers."""


class GaveUp(Exception):
    """The SAT solver is to decide."""


class Found(NamedTuple):
    """A valid answer, in order of discovery. `is_newest`: no tie is left to look into."""

    modules: dict[str, int]
    is_newest: bool


class _Layer:
    """Modules that are decided together. `mark` is the moment before they are; `ranks` is what they are to be.

    `vectors` are the least ones of parts of the layer: by their tangles, and by what was gone.
    """

    __slots__ = ("mark", "ranks", "tables", "tangles", "vectors")

    def __init__(self, tables: list[Table]) -> None:
        self.tables = tables
        self.tangles: list[tuple[Tangle, Nogood]] = []
        self.ranks: dict[Table, int] = {}
        self.mark = 0
        self.vectors: dict[tuple[tuple[int, ...], tuple[int, ...]], tuple[int, ...] | None] = {}


def search(problem: Problem, stop: Callable[[], bool]) -> Found | None:
    """The newest answer; None if there is none. Nothing is installed.

    Raises :class:`GaveUp` where that takes long or needs more than this knows, and :class:`las_solver.sat.Stopped`.
    """
    rules = Propagation(problem, stop)
    try:
        return _Backjumping(problem, rules).run()
    finally:
        rules.close()


class _Backjumping:
    def __init__(self, problem: Problem, rules: Propagation) -> None:
        self._problem = problem
        self._rules = rules
        self._layers: list[_Layer] = []
        self._picks: dict[Demand, Table] = {}
        self._possible: dict[str, int] = {}
        self._clashes = 0
        self._decisions = 0
        self._effort = Budget(_EFFORT, rules.stop)

    def run(self) -> Found | None:
        problem, rules = self._problem, self._rules
        tables = [rules.table(name) for name in problem.requested]
        for table in tables:
            rules.rule_out(table, table.full & ~bits_of(problem.request_ranks(table.name)))
        self._open(tables)
        while True:
            rules.ask_stop()
            layer = self._layers[-1]
            reason = self._choose(layer)
            nogoods = [reason] if reason is not None else self._decide(layer)
            if not nogoods:
                following = self._following(layer)
                if following:
                    self._open(following)
                    continue
                nogoods = self._cycles()
                if not nogoods:
                    return self._found()
            if not all(nogoods):
                return None
            self._learn(nogoods)

    # One layer

    def _open(self, tables: list[Table]) -> None:
        layer = _Layer(tables)
        for table in tables:
            table.level = len(self._layers)
        self._layers.append(layer)
        for nogood in {id(nogood): nogood for table in tables for nogood in table.nogoods}.values():
            self._note(layer, nogood)

    def _note(self, layer: _Layer, nogood: Nogood) -> None:
        """Take `nogood` into account in `layer`, as far as it says something beside what is decided."""
        self._rules.apply(nogood)
        if all(ranks >> table.rank & 1 for table, ranks in nogood.items() if table.rank >= 0):
            within = tuple([(table, ranks) for table, ranks in nogood.items() if table.rank < 0])
            if len(within) > 1 and all(table.level == layer.tables[0].level for table, _ in within):
                layer.tangles.append((within, nogood))

    def _choose(self, layer: _Layer) -> Nogood | None:
        """Find the least versions of the modules of `layer` that nothing known forbids; if there are none, say why."""
        rules, ranks = self._rules, layer.ranks
        rules.propagate()
        pending: Iterable[Table] = layer.tables
        while pending:
            for table in pending:
                rank = rules.best(table)
                if rank is None:
                    return self._without_version(table)
                ranks[table] = rank
            pending = [table for table in layer.tables if table.gone >> ranks[table] & 1]
        reasons = {id(within): nogood for within, nogood in layer.tangles}
        for part in parts_of(layer.tables, [within for within, _ in layer.tangles]):
            if any(table.conditional for table in part[0]):
                raise GaveUp
            key = tuple(map(id, part[1])), tuple([table.gone for table in part[0]])
            if key not in layer.vectors:
                layer.vectors[key] = self._least(part, ranks)
            vector = layer.vectors[key]
            if vector is None:
                return self._entangled(part, reasons)
            ranks.update(zip(part[0], vector, strict=True))
        layer.mark = rules.mark()
        return None

    def _least(self, part: Part, ranks: dict[Table, int]) -> tuple[int, ...] | None:
        try:
            return least(part, ranks, self._after)
        except TooMany:
            from las_solver.tangle_cores import least_by_cores  # late: few plans need it

            try:
                return least_by_cores(part, ranks, self._after, self._effort)
            except Stopped:
                self._rules.ask_stop()
                raise GaveUp from None

    def _after(self, table: Table, rank: int, ranks: int) -> int | None:
        """The closest version of `table` that is further than `rank`, outside of `ranks`, and not gone."""
        closer = (2 << rank) - 1 if self._rules.lowest else -1 << rank
        return self._rules.best(table, ~ranks & ~closer)

    def _without_version(self, table: Table) -> Nogood:
        reason: Nogood = {}
        self._rules.explain_none(table, reason)
        return reason

    def _entangled(self, part: Part, reasons: dict[int, Nogood]) -> Nogood:
        """Why the modules of `part` have no versions that go together."""
        tables, tangles = part
        reason: Nogood = {}
        for tangle in tangles:
            for table, ranks in reasons[id(tangle)].items():
                if table.rank >= 0:
                    narrow(reason, table, ranks)
        for table in tables:
            self._rules.explain_none(table, reason)
        return reason

    def _decide(self, layer: _Layer) -> list[Nogood]:
        """Decide the versions of the modules of `layer`; what forbids them together, if anything does."""
        rules = self._rules
        nogoods: list[Nogood] = []
        for table in layer.tables:
            if table.conditional:
                self._possible[table.name] = table.full & ~table.gone
        for table in layer.tables:
            rank = layer.ranks[table]
            if rank >= table.size or table.conditional >> rank & 1:
                raise GaveUp
            if table.gone >> rank & 1:
                nogoods.extend(self._gone(table, rank))
            else:
                rules.decide(table, rank)
        self._decisions += len(layer.tables)
        for table in layer.tables:
            if table.rank >= 0 and table.gone >> table.rank & 1:
                nogoods.extend(self._gone(table, table.rank))
        nogoods.extend(self._without_version(table) for table in self._needed(layer) if rules.best(table) is None)
        return nogoods

    def _gone(self, table: Table, rank: int) -> list[Nogood]:
        """Why `table` cannot be at `rank`: said of as many versions of others as can be, and of as many of its own."""
        nogoods: list[Nogood] = []
        for ranks in dict.fromkeys((1 << rank, self._rules.gone_alike(table, rank))):
            reason: Nogood = {}
            self._rules.explain(table, ranks, reason)
            narrow(reason, table, ranks)
            nogoods.append(reason)
        return nogoods

    def _needed(self, layer: _Layer) -> list[Table]:
        """The modules that those of `layer` need and that are in no layer yet."""
        needed = (other for table in layer.tables if table.rank >= 0 for other, _ in table.rows[table.rank])
        return list(dict.fromkeys(other for other in needed if other.level < 0))

    def _following(self, layer: _Layer) -> list[Table]:
        """The next layer: what that needs; else the choice of a provider."""
        needed = self._needed(layer)
        if needed:
            return needed
        demand = unmet_demand(self._problem, self._chosen())
        return [] if demand is None else [self._pick(demand)]

    # Providers

    def _pick(self, demand: Demand) -> Table:
        """The choice of a provider for `demand` as if it were a module: a version for each, that needs it."""
        consumer, interface = demand
        rules, pick = self._rules, self._picks.get(demand)
        if pick is None:
            domain = self._problem.domain
            rows = [
                ((rules.table(name), bits_of(domain(name).providing(interface))),)
                for name in self._problem.providers(interface)
                if name != consumer
            ]
            last = len(rows) - 1
            pick = self._picks[demand] = Table(f"{interface} for {consumer}", len(rows), lambda rank: rank)
            pick.rows = {place if rules.lowest else last - place: row for place, row in enumerate(rows)}
        pick.givers = [rules.table(consumer)]
        return pick

    # Clashes

    def _learn(self, nogoods: list[Nogood]) -> None:
        """Go back to the layer in which the first of `nogoods` can be heeded."""
        self._clashes += 1
        rules = self._rules
        is_long = self._decisions > _DECISIONS * rules.known or rules.applied > _APPLIED * rules.known
        if self._clashes > _ROUNDS or is_long:
            raise GaveUp
        lowest = min(max(table.level for table in nogood) for nogood in nogoods)
        while True:
            layer = self._layers[-1]
            for table in reversed(layer.tables):
                if table.rank >= 0:
                    self._rules.undecide(table)
            if len(self._layers) == lowest + 1:
                break
            for table in layer.tables:
                table.level = -1
            self._layers.pop()
        self._rules.undo(layer.mark)
        for nogood in nogoods:
            for table in nogood:
                table.nogoods.append(nogood)
            self._note(layer, nogood)

    def _cycles(self) -> list[Nogood]:
        chosen, table = self._chosen(), self._rules.table
        cycles = find_cycles(chosen, lambda name: [other.name for other, _ in table(name).rows[chosen[name]]])
        return [{table(name): 1 << chosen[name] for name in cycle} for cycle in cycles]

    # The answer

    def _chosen(self) -> dict[str, int]:
        picks = set(self._picks.values())
        tables = (table for layer in self._layers for table in layer.tables if table not in picks)
        return {table.name: table.rank for table in tables}

    def _found(self) -> Found:
        chosen, domain = self._chosen(), self._problem.domain
        is_tied = any(
            domain(name).conditional and domain(name).has_rival(rank, self._possible_ranks(name))
            for name, rank in chosen.items()
        )
        return Found(chosen, is_newest=not is_tied)

    def _possible_ranks(self, name: str) -> Intervals:
        """The ranks of a module that were not gone when the layers before its own were decided."""
        possible = self._possible[name]
        return intervals_of([rank for rank in range(possible.bit_length()) if possible >> rank & 1])
