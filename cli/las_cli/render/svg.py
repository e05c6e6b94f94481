"""Graphs as drawings within an HTML page, which gives them their colours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from las_cli.render.graph import Box, Graph, Layout, Point, Route, lay_out
from las_cli.render.markup import Markup, joined, tag
from las_cli.render.terminal import display_width, printable, shorten

__all__ = ["make_box", "make_label", "render_svg"]

_CHARACTER: Final = 7.9
_SMALL: Final = 7.0
"""The width of a column of monospaced text, in its two sizes, with a little to spare."""

_PADDING: Final = 12.0
_MARGIN: Final = 8.0
_TIP: Final = 7.0
_WIDEST: Final = 30
_LEAST_SCALE: Final = 0.7


def make_box(title: str, subtitle: str = "", *, tone: str = "", link: str = "", hint: str = "") -> Box:
    """A box that is as large as its lines; one that is too long is cut, and stands in full in the hint."""
    title, subtitle = printable(title), printable(subtitle)
    shown, below = shorten(title, _WIDEST), shorten(subtitle, _WIDEST)
    width = max(display_width(shown) * _CHARACTER, display_width(below) * _SMALL) + 2 * _PADDING
    return Box(
        title=shown,
        subtitle=below,
        tone=tone,
        link=link,
        hint=hint or f"{title} {subtitle}".strip(),
        width=width,
        height=46.0 if below else 32.0,
    )


def make_label(text: str, *, tone: str = "", hint: str = "") -> Box:
    """The text of an arrow, in one line."""
    shown = shorten(printable(text), _WIDEST)
    width = display_width(shown) * _SMALL + 8
    return Box(title=shown, tone=tone, shape="label", hint=hint or text, width=width, height=18.0)


def render_svg(graph: Graph, *, name: str, label: str) -> Markup:
    """`graph` as an ``svg`` element; `name` keeps its parts apart from those of others on the page.

    Where a node is pointed at, its arrows stand out. Whoever cannot see the drawing is told `label`.
    """
    layout = lay_out(graph)
    ends = _ends(graph)
    width, height = layout.width + 2 * _MARGIN, layout.height + 2 * _MARGIN
    return tag(
        "svg",
        tag("style", Markup("".join(_rules(graph, name)))),
        *(_arrow(route, graph, ends) for route in layout.routes),
        *_nodes(layout),
        class_="graph",
        id=name,
        role="img",
        aria_label=label,
        viewBox=f"{-_MARGIN:.0f} {-_MARGIN:.0f} {width:.0f} {height:.0f}",
        width=round(width),
        height=round(height),
        style=f"min-width:{width * _LEAST_SCALE:.0f}px",
    )


def _rules(graph: Graph, name: str) -> Iterator[str]:
    """Style rules that show the arrows of the box that is pointed at."""
    for at, box in enumerate(graph.nodes):
        if box.shape == "box":
            yield f"#{name}:has(.b{at}:hover) .a{at}{{opacity:1;color:var(--accent)}}"


def _ends(graph: Graph) -> list[set[int]]:
    """The boxes that each node leads to or from: itself, or those on both sides of an arrow's text."""
    ends: list[set[int]] = [{at} if box.shape == "box" else set() for at, box in enumerate(graph.nodes)]
    for edge in graph.edges:
        for one, other in ((edge.tail, edge.head), (edge.head, edge.tail)):
            if graph.nodes[one].shape == "label":
                ends[one].add(other)
    return ends


def _arrow(route: Route, graph: Graph, ends: Sequence[set[int]]) -> Markup:
    edge = route.edge
    classes = ["arrow", edge.tone, *(f"a{box}" for box in sorted(ends[edge.tail] | ends[edge.head]))]
    points = route.points
    parts = [tag("path", class_="line", d=_curve(points))]
    if graph.nodes[edge.head].shape == "box":
        x, y = points[-1]
        back = _TIP if x < points[0][0] else -_TIP
        parts.append(tag("path", class_="tip", d=f"M{x:.1f} {y:.1f}l{back:.1f} -4v8z"))
    return tag("g", *parts, class_=" ".join(filter(None, classes)))


def _curve(points: Sequence[Point]) -> str:
    """A line through `points` that is level at each of them."""
    (x, y), *rest = points
    path = [f"M{x:.1f} {y:.1f}"]
    for next_x, next_y in rest:
        if abs(next_y - y) >= 0.05:
            half = (x + next_x) / 2
            path.append(f"C{half:.1f} {y:.1f} {half:.1f} {next_y:.1f} {next_x:.1f} {next_y:.1f}")
        elif next_x != x:
            path.append(f"H{next_x:.1f}")
        x, y = next_x, next_y
    return "".join(path)


def _nodes(layout: Layout) -> Iterator[Markup]:
    for at, (box, (x, y)) in enumerate(zip(layout.graph.nodes, layout.corners, strict=True)):
        middle = x + box.width / 2
        hint = tag("title", box.hint)
        if box.shape == "label":
            text = tag("text", box.title, x=middle, y=y + 13)
            yield tag("g", hint, text, class_=f"label {box.tone}".strip())
            continue
        parts = [hint, tag("rect", x=x, y=y, width=box.width, height=box.height, rx=7)]
        parts.append(tag("text", box.title, class_="name", x=middle, y=y + 20))
        if box.subtitle:
            parts.append(tag("text", box.subtitle, class_="below", x=middle, y=y + 36))
        drawn = tag("g", *parts, class_=f"box b{at} {box.tone}".strip())
        yield tag("a", drawn, href=f"#{box.link}", tabindex="-1") if box.link else joined(drawn)
