"""Which versions are impossible beside those that are decided, and why: arc consistency on sets of ranks.

A version is *gone* once it is known to be in no valid answer that agrees with what is decided: what a decided module
needs does not admit it, a nogood forbids it, or one of its own needs is left without a version. The last is found out
for versions that somebody asks about, and kept up to date: such a version watches one *support* for each of its needs,
a version that meets it and has supports itself, and looks for another one when that is gone.

Sets of ranks are integers, with a bit for each rank.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from las_solver.problem import Domain, Need, Problem
from las_solver.ranks import Intervals
from las_solver.sat import Stopped

__all__ = ["Nogood", "Propagation", "Row", "Table", "bits_of", "narrow"]

Nogood: TypeAlias = "dict[Table, int]"
"""No valid answer has each of these modules at one of its ranks."""
Row: TypeAlias = "tuple[tuple[Table, int], ...]"
"""What a version needs: modules, and the ranks that will do."""
_Cause: TypeAlias = "Table | Nogood | tuple[Table, int] | None"
"""Why ranks of a module are gone: a decided module needs another, or this one is decided itself; a nogood whose other
modules are decided; a need of theirs, of which everything was gone before; or they never were possible."""

_WIDE = 6
"""How many versions that nobody looked at are read to make a nogood say more."""
_ASK_AFTER = 256


class Table:
    """What is known of one module. `void` ranks are gone whatever is decided; `sure` ones have watched supports.

    `rank` and `level` are -1 while it is not decided, and in no layer. `givers` are the decided modules that need it.
    """

    __slots__ = (
        "batches",
        "conditional",
        "distance",
        "full",
        "givers",
        "gone",
        "level",
        "name",
        "nogoods",
        "rank",
        "rows",
        "size",
        "sure",
        "void",
        "watched",
        "watchers",
    )

    def __init__(self, name: str, size: int, distance: Callable[[int], int], conditional: int = 0) -> None:
        self.name = name
        self.size = size
        self.full = (1 << size) - 1
        self.distance = distance
        self.conditional = conditional
        self.gone = self.void = self.sure = self.watched = 0
        self.rank = self.level = -1
        self.rows: dict[int, Row] = {}
        self.batches: list[tuple[int, _Cause]] = []
        self.watchers: dict[int, list[tuple[Table, int, int]]] = {}
        self.nogoods: list[Nogood] = []
        self.givers: list[Table] = []


class Propagation:
    """The tables of one problem, and a trail by which what follows from a decision is taken back with it."""

    def __init__(self, problem: Problem, stop: Callable[[], bool]) -> None:
        self._problem = problem
        self.stop = stop
        self.lowest = problem.lowest
        self._tables: dict[str, Table] = {}
        self._bits: dict[Need, int] = {}
        self._rows: dict[tuple[Need, ...], Row] = {}
        self._domains: dict[Table, Domain] = {}
        self._trail: list[Table] = []
        self._lost: list[tuple[Table, int]] = []
        self._steps = 0
        self.applied = 0

    def close(self) -> None:
        """Take apart what refers to each other, so that it goes without the garbage collector."""
        for table in self._tables.values():
            for one in (table.rows, table.batches, table.watchers, table.nogoods, table.givers):
                one.clear()
        self._rows.clear()

    def ask_stop(self) -> None:
        """Raise :class:`las_solver.sat.Stopped` if the caller's `stop` says so."""
        if self.stop():
            raise Stopped

    def table(self, name: str) -> Table:
        """What is known of the module `name`, which is read for it."""
        table = self._tables.get(name)
        if table is None:
            self.ask_stop()  # a source may take its time
            domain = self._problem.domain(name)
            size, conditional = len(domain), sum(1 << rank for rank in domain.conditional)
            places = range(size) if self.lowest else range(size - 1, -1, -1)
            distance = domain.behind if conditional else places.__getitem__
            table = self._tables[name] = Table(name, size, distance, conditional)
            self._domains[table] = domain
        return table

    @property
    def known(self) -> int:
        """How many modules were come across."""
        return len(self._tables)

    def row(self, table: Table, rank: int) -> Row:
        """What the version of `table` at `rank` needs."""
        row = table.rows.get(rank)
        if row is None:
            needs = self._domains[table].needs(rank)
            row = self._rows.get(needs)
            if row is None:
                row = self._rows[needs] = self._make_row(needs)
            table.rows[rank] = row
        return row

    def _make_row(self, needs: Iterable[Need]) -> Row:
        row: dict[Table, int] = {}
        for need in needs:
            bits = self._bits.get(need)
            if bits is None:
                bits = self._bits[need] = bits_of(need.ranks)
            narrow(row, self.table(need.name), bits)
        return tuple(row.items())

    def first(self, ranks: int) -> int:
        """The newest of `ranks`, which are some; the oldest, under the strategy `lowest`."""
        return (ranks & -ranks).bit_length() - 1 if self.lowest else ranks.bit_length() - 1

    def best(self, table: Table, among: int = -1) -> int | None:
        """The closest rank of `table` in `among` that is not gone; of those as close, eligible ones come first."""
        while left := table.full & ~table.gone & among:
            rank = self.first(left)
            if left & table.conditional and (eligible := left & ~table.conditional):
                ordinary = self.first(eligible)
                if table.distance(ordinary) <= table.distance(rank):
                    rank = ordinary
            if not table.sure >> rank & 1:
                self._examine(table, rank)
                self.propagate()
            if not table.gone >> rank & 1:
                return rank
        return None

    # What goes

    def remove(self, table: Table, ranks: int, cause: _Cause) -> None:
        """From now on, `ranks` of `table` are gone."""
        ranks &= ~table.gone
        if ranks:
            table.gone |= ranks
            table.batches.append((ranks, cause))
            self._trail.append(table)
            if ranks & table.watched:
                self._lost.append((table, ranks & table.watched))

    def rule_out(self, table: Table, ranks: int) -> None:
        """`ranks` of `table` are in no answer, whatever is decided."""
        table.void |= ranks
        self.remove(table, ranks, None)

    def mark(self) -> int:
        """A moment to come back to. Nothing is left to propagate."""
        return len(self._trail)

    def undo(self, mark: int) -> None:
        """Take back what went after `mark`. Decisions made since are taken back by :meth:`undecide` before."""
        trail = self._trail
        self._lost.clear()
        while len(trail) > mark:
            table = trail.pop()
            table.gone &= ~table.batches.pop()[0]

    def decide(self, table: Table, rank: int) -> None:
        """Choose the version of `table` at `rank`, which is not gone, and see what goes with it."""
        table.rank = rank
        self.remove(table, table.full & ~(1 << rank), table)
        for needed, ranks in self.row(table, rank):
            needed.givers.append(table)
            self.remove(needed, needed.full & ~ranks, table)
        for nogood in table.nogoods:
            self.apply(nogood)
        self.propagate()

    def undecide(self, table: Table) -> None:
        """Take back the last decision that was not."""
        for needed, _ in table.rows[table.rank]:
            needed.givers.pop()
        table.rank = -1

    def apply(self, nogood: Nogood) -> None:
        """Where all modules of `nogood` but one are decided at its ranks, those of the last one are gone."""
        self.applied += 1
        last = None
        for table, ranks in nogood.items():
            if table.rank >= 0:
                if not ranks >> table.rank & 1:
                    return
            elif last is None:
                last = table
            else:
                return
        if last is not None:
            self.remove(last, nogood[last], nogood)

    def propagate(self) -> None:
        """Find other supports for what watched versions that are gone."""
        while self._lost:
            table, lost = self._lost.pop()
            while lost:
                bit = lost & -lost
                lost ^= bit
                rank = bit.bit_length() - 1
                watching = table.watchers.pop(rank, [])
                kept = []
                for entry in watching:
                    watcher, at, place = entry
                    if watcher.sure >> at & 1:
                        if not watcher.gone >> at & 1:
                            self._examine(watcher, at, place)
                        if watcher.gone >> at & 1:
                            kept.append(entry)
                if kept:
                    table.watchers.setdefault(rank, []).extend(kept)
                else:
                    table.watched &= ~bit

    def _examine(self, table: Table, rank: int, only: int | None = None) -> None:
        """Find supports for what `table` at `rank` needs, or for the need at one place only; else it is gone.

        Versions that are being looked at count as supports; if they turn out to have none, those that watch them are
        looked at again.
        """
        row = self.row(table, rank)
        table.sure |= 1 << rank
        stack = [(table, rank, row, only or 0, len(row) if only is None else only + 1)]
        while stack:
            self._steps += 1
            if not self._steps % _ASK_AFTER:
                self.ask_stop()
            table, rank, row, place, end = stack.pop()
            while place < end:
                needed, ranks = row[place]
                left = ranks & ~needed.gone
                if needed is table:
                    self.rule_out(table, 1 << rank)  # it would be a cycle
                    break
                if not left:
                    if only is None or stack:
                        table.sure &= ~(1 << rank)
                    if not ranks & ~needed.void:
                        table.void |= 1 << rank
                    self.remove(table, 1 << rank, (needed, ranks))
                    break
                known = left & needed.sure
                support = self.first(known or left)
                if not known:
                    needed.sure |= 1 << support
                    stack.append((table, rank, row, place, end))
                    deeper = self.row(needed, support)
                    stack.append((needed, support, deeper, 0, len(deeper)))
                    break
                needed.watchers.setdefault(support, []).append((table, rank, place))
                needed.watched |= 1 << support
                place += 1

    # Why it is gone

    def explain(self, table: Table, ranks: int, reason: Nogood) -> None:
        """Add to `reason` decided modules that together, if they are at the ranks given there, rule out `ranks`."""
        done: dict[Table, int] = {}
        stack = [(table, ranks)]
        while stack:
            table, ranks = stack.pop()
            known = done.get(table, 0)
            left = ranks & ~table.void & ~known
            done[table] = known | left
            for batch, cause in table.batches:
                if not left:
                    break
                part = batch & left
                if not part:
                    continue
                left ^= part
                if isinstance(cause, Table):
                    narrow(reason, cause, table.full & ~part if cause is table else self.widened(cause, table, part))
                elif isinstance(cause, dict):
                    for other, at in cause.items():
                        if other is not table:
                            narrow(reason, other, at)
                elif cause is not None:
                    stack.append(cause)
            assert not left, "a version is gone without a cause"

    def gone_alike(self, table: Table, rank: int) -> int:
        """`rank`, which is gone, and others that are for the same cause."""
        batch, cause = next(one for one in table.batches if one[0] >> rank & 1)
        if not isinstance(cause, tuple):
            return 1 << rank if cause is table else batch
        missing, lost = cause
        found = 1 << rank
        for other, row in table.rows.items():
            if table.gone >> other & 1 and any(needed is missing and not ranks & ~lost for needed, ranks in row):
                found |= 1 << other
        return found

    def explain_none(self, table: Table, reason: Nogood) -> None:
        """Add to `reason` why `table`, which is needed, has no version."""
        self.explain(table, table.full & table.gone, reason)
        if table.level and table.givers:  # in the first layer it is requested, and there is nothing to say
            giver = next((one for one in table.givers if one in reason), table.givers[0])
            narrow(reason, giver, self.widened(giver, table, 0))

    def widened(self, giver: Table, table: Table, ranks: int) -> int:
        """The rank of `giver`, and further ones that need `table` and admit none of `ranks` either."""
        found = 1 << giver.rank
        unread = 0
        others = range(giver.rank + 1, giver.size) if self.lowest else range(giver.rank - 1, -1, -1)
        for rank in others:
            row = giver.rows.get(rank)
            if row is None:
                unread += 1
                if unread > _WIDE or giver not in self._domains:
                    break
                row = self.row(giver, rank)
            if any(needed is table and not admitted & ranks for needed, admitted in row):
                found |= 1 << rank
        return found


def narrow(known: dict[Table, int], table: Table, ranks: int) -> None:
    """Leave of what is `known` of `table` no more than `ranks`."""
    known[table] = known[table] & ranks if table in known else ranks


def bits_of(intervals: Intervals) -> int:
    """The ranks of `intervals`, with a bit for each."""
    return sum((2 << high) - (1 << low) for low, high in intervals)
