"""A plan as a graph for Graphviz: a node for each step, an edge from each module to what it requires."""

from __future__ import annotations

from collections.abc import Iterator

from las_cli.render.terminal import printable
from las_solver.plan import Plan

__all__ = ["render_dot"]


def render_dot(plan: Plan) -> str:
    """The graph of `plan`; requested modules are drawn bold."""
    return "\n".join(_lines(plan)) + "\n"


def _lines(plan: Plan) -> Iterator[str]:
    requested = {requirement.name for requirement in plan.request.requirements}
    yield "digraph plan {"
    yield "  rankdir=LR;"
    yield '  node [shape=box, fontname="sans-serif"];'
    for step in plan.steps:
        label = f"{_text(step.module)}\\n{_text(str(step.version))}"
        bold = ", style=bold" if step.module in requested else ""
        yield f'  {_identifier(step.module)} [label="{label}"{bold}];'
    for step in plan.steps:
        for required in step.requires:
            yield f"  {_identifier(step.module)} -> {_identifier(required)};"
    yield "}"


def _identifier(name: str) -> str:
    return f'"{_text(name)}"'


def _text(text: str) -> str:
    """`text` within quotes: no quote ends it, no backslash escapes and no ``&`` begins anything."""
    return printable(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
