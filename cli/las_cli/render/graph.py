"""Graphs laid out in columns: every arrow points to the right, and few of them cross.

The method is the usual one for layered drawings: arrows that would close a circle are turned round, each node goes to
the column after the last of those that point to it, arrows that pass a column get a place in it, the order within the
columns is found by barycentres, and heights by isotonic regression. Nothing depends on chance.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

__all__ = ["Box", "Edge", "Graph", "Layout", "Route", "lay_out", "without_detours"]

_GAP_X: Final = 56.0
_GAP_Y: Final = 14.0
_SWEEPS: Final = 16
_SETTLING: Final = 24

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """What is drawn for a node: one line or two, with a `tone` that the page gives a colour to.

    `shape` is ``box``, or ``label`` for text that belongs to the arrow through it. `link` is where a click leads,
    `hint` what is shown of it beside the drawing.
    """

    title: str
    subtitle: str = ""
    tone: str = ""
    shape: str = "box"
    link: str = ""
    hint: str = ""
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow between two nodes, by number; `tone` as in :class:`Box`."""

    tail: int
    head: int
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and arrows between them."""

    nodes: tuple[Box, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """The points that the arrow `edge` passes, from its tail to its head."""

    edge: Edge
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """A graph with the left upper corner of each node, and the size of the whole."""

    graph: Graph
    corners: tuple[Point, ...]
    routes: tuple[Route, ...]
    width: float
    height: float


def without_detours(count: int, edges: Iterable[Edge]) -> tuple[Edge, ...]:
    """Those of `edges`, among nodes 0 to `count`-1 and without circles, that do not follow from others."""
    known = list(dict.fromkeys(edges))
    after = _successors(count, [(one.tail, one.head) for one in known])
    reached = [0] * count
    for node in reversed(_topological(count, after)):
        for other in after[node]:
            reached[node] |= 1 << other | reached[other]
    return tuple(
        one
        for one in known
        if not any(other != one.head and reached[other] >> one.head & 1 for other in after[one.tail])
    )


def lay_out(graph: Graph) -> Layout:
    """Where everything in `graph` is drawn."""
    return _Drawing(graph).layout() if graph.nodes else Layout(graph, (), (), 0, 0)


class _Drawing:
    """The columns of a graph; a node after the last one of the graph is a place that an arrow passes."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        count = len(graph.nodes)
        self.forward = _acyclic(count, graph.edges)
        after = _successors(count, self.forward)
        self.column = _columns(count, after)
        self.chains = [self._chain(tail, head) for tail, head in self.forward]
        self.links = [pair for chain in self.chains for pair in pairwise(chain)]
        self.left: list[list[int]] = [[] for _ in self.column]
        self.right: list[list[int]] = [[] for _ in self.column]
        for tail, head in self.links:
            self.right[tail].append(head)
            self.left[head].append(tail)
        self.order = self._ordered()
        self.middle = self._heights()

    def layout(self) -> Layout:
        graph = self.graph
        nodes = graph.nodes
        starts, widths = self._spans()
        top = min(self.middle[node] - self._height(node) / 2 for node in range(len(self.column)))
        middle = [height - top for height in self.middle]
        corners = tuple(
            (
                starts[self.column[node]] + (widths[self.column[node]] - box.width) * (box.shape == "label") / 2,
                middle[node] - box.height / 2,
            )
            for node, box in enumerate(nodes)
        )
        routes = []
        for edge, pair, chain in zip(graph.edges, self.forward, self.chains, strict=True):
            points: list[Point] = []
            for place in chain:  # level through its whole column, so that it does not run into wider neighbours
                left = starts[self.column[place]]
                points += [(left, middle[place]), (left + widths[self.column[place]], middle[place])]
            points[0] = (corners[chain[0]][0] + nodes[chain[0]].width, middle[chain[0]])
            points[-1] = (corners[chain[-1]][0], middle[chain[-1]])
            routes.append(Route(edge, tuple(points if pair == (edge.tail, edge.head) else reversed(points))))
        height = max(middle[node] + self._height(node) / 2 for node in range(len(self.column)))
        return Layout(graph, corners, tuple(routes), starts[-1] + widths[-1], height)

    def _chain(self, tail: int, head: int) -> list[int]:
        """The arrow's ends, with a new place in every column between them."""
        chain = [tail]
        for column in range(self.column[tail] + 1, self.column[head]):
            chain.append(len(self.column))
            self.column.append(column)
        return [*chain, head]

    def _ordered(self) -> list[list[int]]:
        """The nodes of each column, from top to bottom."""
        order: list[list[int]] = [[] for _ in range(max(self.column) + 1)]
        for node in self._depth_first():
            order[self.column[node]].append(node)
        best, fewest = [list(one) for one in order], self._crossings(order)
        for sweep in range(_SWEEPS):
            if fewest == 0:
                break
            rightwards = sweep % 2 == 0
            columns = range(1, len(order)) if rightwards else range(len(order) - 2, -1, -1)
            for column in columns:
                neighbours = self.left if rightwards else self.right
                beside = {node: at for at, node in enumerate(order[column - 1 if rightwards else column + 1])}
                _sort_by_barycentre(order[column], neighbours, beside)
            crossings = self._crossings(order)
            if crossings < fewest:
                best, fewest = [list(one) for one in order], crossings
        return best

    def _depth_first(self) -> list[int]:
        """All nodes, each near the one from which it is reached first."""
        found: dict[int, None] = {}
        roots = [node for node in range(len(self.column)) if not self.left[node]]
        stack = list(reversed(roots))
        while stack:
            node = stack.pop()
            if node not in found:
                found[node] = None
                stack.extend(reversed(self.right[node]))
        return list(found)

    def _crossings(self, order: Sequence[Sequence[int]]) -> int:
        position = {node: at for column in order for at, node in enumerate(column)}
        count = 0
        for column in order:
            ends = [position[head] for node in column for head in sorted(self.right[node], key=position.__getitem__)]
            seen: list[int] = []
            for end in ends:
                count += len(seen) - bisect_left(seen, end + 1)
                insort(seen, end)
        return count

    def _heights(self) -> list[float]:
        """The middle of each node, near those of its neighbours, with room between those of a column."""
        middle = [0.0] * len(self.column)
        for column in self.order:
            for node, at in zip(column, self._apart(column, [0.0] * len(column)), strict=True):
                middle[node] = at
        for turn in range(_SETTLING):
            columns = self.order if turn % 2 == 0 else self.order[::-1]
            for column in columns:
                wanted = []
                for node in column:
                    beside = (
                        [*self.left[node], *self.right[node]]
                        if turn > _SETTLING // 2
                        else (self.left[node] if turn % 2 == 0 else self.right[node])
                    )
                    wanted.append(sum(middle[one] for one in beside) / len(beside) if beside else middle[node])
                for node, at in zip(column, self._apart(column, wanted), strict=True):
                    middle[node] = at
        return middle

    def _apart(self, column: Sequence[int], wanted: Sequence[float]) -> list[float]:
        """The heights nearest to those `wanted` in which the nodes of `column` do not touch."""
        offsets = [0.0]
        for upper, lower in pairwise(column):
            offsets.append(offsets[-1] + (self._height(upper) + self._height(lower)) / 2 + _GAP_Y)
        levels = _isotonic([height - offset for height, offset in zip(wanted, offsets, strict=True)])
        return [level + offset for level, offset in zip(levels, offsets, strict=True)]

    def _spans(self) -> tuple[list[float], list[float]]:
        """Where each column begins, and how wide it is."""
        widths = [0.0] * len(self.order)
        for node, box in enumerate(self.graph.nodes):
            widths[self.column[node]] = max(widths[self.column[node]], box.width)
        starts = [0.0]
        for width in widths[:-1]:
            starts.append(starts[-1] + width + _GAP_X)
        return starts, widths

    def _height(self, node: int) -> float:
        return self.graph.nodes[node].height if node < len(self.graph.nodes) else 0.0


def _successors(count: int, pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    after: list[list[int]] = [[] for _ in range(count)]
    for tail, head in pairs:
        after[tail].append(head)
    return after


def _acyclic(count: int, edges: Sequence[Edge]) -> list[tuple[int, int]]:
    """The ends of `edges`, turned round where they lead back to a node on the way to them."""
    after: list[list[int]] = [[] for _ in range(count)]
    for edge in edges:
        after[edge.tail].append(edge.head)
    state = [0] * count  # 1: on the way, 2: left
    back: set[tuple[int, int]] = set()
    for root in range(count):
        stack = [] if state[root] else [(root, iter(after[root]))]
        state[root] = state[root] or 1
        while stack:
            node, rest = stack[-1]
            head = next(rest, None)
            if head is None:
                state[node] = 2
                stack.pop()
            elif state[head] == 1:
                back.add((node, head))
            elif state[head] == 0:
                state[head] = 1
                stack.append((head, iter(after[head])))
    return [(edge.head, edge.tail) if (edge.tail, edge.head) in back else (edge.tail, edge.head) for edge in edges]


def _topological(count: int, after: Sequence[Sequence[int]]) -> list[int]:
    waiting = [0] * count
    for heads in after:
        for head in heads:
            waiting[head] += 1
    ready = [node for node in range(count) if not waiting[node]]
    for node in ready:  # grows as nodes become ready
        for head in after[node]:
            waiting[head] -= 1
            if not waiting[head]:
                ready.append(head)
    return ready


def _columns(count: int, after: Sequence[Sequence[int]]) -> list[int]:
    """The column of each node: after those of all that point to it."""
    column = [0] * count
    for node in _topological(count, after):
        for head in after[node]:
            column[head] = max(column[head], column[node] + 1)
    return column


def _sort_by_barycentre(column: list[int], neighbours: Sequence[Sequence[int]], beside: dict[int, int]) -> None:
    """Sorts `column` by the mean place of each node's neighbours; a node without any stays about where it is."""
    places = {node: at for at, node in enumerate(column)}

    def mean(node: int) -> float:
        near = [beside[one] for one in neighbours[node]]
        return sum(near) / len(near) if near else float(places[node])

    column.sort(key=lambda node: (mean(node), places[node]))


def _isotonic(wanted: Sequence[float]) -> list[float]:
    """The ascending values with the least squares of differences from `wanted`: pool adjacent violators."""
    pools: list[tuple[float, int]] = []
    for value in wanted:
        total, size = value, 1
        while pools and pools[-1][0] / pools[-1][1] > total / size:
            above, several = pools.pop()
            total, size = total + above, size + several
        pools.append((total, size))
    return [total / size for total, size in pools for _ in range(size)]
