"""How graphs are laid out: to the right, apart from each other, and the same every time."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from las_cli.render.graph import Edge, Graph, Layout, lay_out, without_detours
from las_cli.render.svg import make_box, make_label

CHAIN_AND_SHORTCUT = [Edge(0, 1), Edge(1, 2), Edge(0, 2)]


@st.composite
def graphs(draw: st.DrawFn, *, circles: bool = True) -> Graph:
    """Up to 12 nodes, some of them texts of arrows, and any arrows between different ones."""
    count = draw(st.integers(1, 12))
    make = st.sampled_from([make_box, make_label])
    nodes = tuple(draw(make)(draw(st.sampled_from(["a", "torch", "a-long-name"]))) for _ in range(count))
    pairs = [(a, b) for a in range(count) for b in range(count) if a != b and (circles or a < b)]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=25, unique=True)) if pairs else []
    return Graph(nodes, tuple(Edge(*pair) for pair in chosen))


def _boxes(layout: Layout) -> list[tuple[float, float, float, float]]:
    nodes = zip(layout.graph.nodes, layout.corners, strict=True)
    return [(x, y, x + box.width, y + box.height) for box, (x, y) in nodes]


def _reached(count: int, edges: tuple[Edge, ...]) -> set[tuple[int, int]]:
    reached = {(edge.tail, edge.head) for edge in edges}
    for middle in range(count):
        reached |= {(a, c) for a, b in reached if b == middle for b2, c in reached if b2 == middle}
    return reached


@given(graphs())
def test_no_two_nodes_touch_and_all_lie_within_the_drawing(graph: Graph) -> None:
    layout = lay_out(graph)
    boxes = _boxes(layout)
    for (left, top, right, bottom), (left2, top2, right2, bottom2) in combinations(boxes, 2):
        assert right < left2 or right2 < left or bottom < top2 or bottom2 < top
    for left, top, right, bottom in boxes:
        assert left >= -0.001 and right <= layout.width + 0.001
        assert top >= -0.001 and bottom <= layout.height + 0.001


@given(graphs(circles=False))
def test_every_arrow_points_to_the_right_where_there_is_no_circle(graph: Graph) -> None:
    for route in lay_out(graph).routes:
        across = [x for x, _ in route.points]
        assert across == sorted(across)


@given(graphs())
def test_every_arrow_joins_the_sides_of_its_ends(graph: Graph) -> None:
    layout = lay_out(graph)
    boxes = _boxes(layout)
    assert [route.edge for route in layout.routes] == list(graph.edges)
    for route in layout.routes:
        for node, (x, y) in ((route.edge.tail, route.points[0]), (route.edge.head, route.points[-1])):
            left, top, right, bottom = boxes[node]
            assert x in (pytest.approx(left), pytest.approx(right))
            assert y == pytest.approx((top + bottom) / 2)


@given(graphs(circles=False))
def test_what_is_left_of_arrows_leads_as_far_and_has_no_detour(graph: Graph) -> None:
    count = len(graph.nodes)
    kept = without_detours(count, graph.edges)
    assert _reached(count, kept) == _reached(count, graph.edges)
    for edge in kept:
        others = tuple(one for one in kept if one != edge)
        assert (edge.tail, edge.head) not in _reached(count, others)


def test_an_arrow_that_follows_from_others_is_left_out() -> None:
    assert without_detours(3, CHAIN_AND_SHORTCUT) == (Edge(0, 1), Edge(1, 2))


def test_a_circle_is_drawn_with_one_arrow_to_the_left() -> None:
    boxes = (make_box("a"), make_box("b"))
    routes = lay_out(Graph(boxes, (Edge(0, 1), Edge(1, 0)))).routes
    assert [route.points[0][0] < route.points[-1][0] for route in routes] == [True, False]


def test_an_arrow_passes_beside_what_stands_between() -> None:
    layout = lay_out(Graph(tuple(map(make_box, "abc")), tuple(CHAIN_AND_SHORTCUT)))
    left, top, right, bottom = _boxes(layout)[1]
    passing = [(x, y) for x, y in layout.routes[2].points if left <= x <= right]
    assert passing and all(not top <= y <= bottom for _, y in passing)


def test_nothing_is_drawn_of_nothing() -> None:
    layout = lay_out(Graph((), ()))
    assert (layout.corners, layout.width, layout.height) == ((), 0, 0)


def test_long_chains_need_no_recursion() -> None:
    count = 3000
    edges = tuple(Edge(at, at + 1) for at in range(count - 1))
    layout = lay_out(Graph(tuple(make_box("a") for _ in range(count)), edges))
    assert len(layout.routes) == count - 1
