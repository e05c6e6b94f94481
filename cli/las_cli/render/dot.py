"""A plan as a graph for Graphviz: a node for each step, an edge from each module to what it requires.

Modules that merely stay as they are installed are left out, unless they were asked for.
"""

from __future__ import annotations

from collections.abc import Iterator

from las_cli.render.changes import is_shown, version_words
from las_cli.render.terminal import printable
from las_solver.plan import Plan

__all__ = ["render_dot"]


def render_dot(plan: Plan) -> str:
    """The graph of `plan`; requested modules are drawn bold, those that are removed dashed."""
    return "\n".join(_lines(plan)) + "\n"


def _lines(plan: Plan) -> Iterator[str]:
    requested = {requirement.name for requirement in plan.request.requirements}
    yield "digraph plan {"
    yield "  rankdir=LR;"
    yield '  node [shape=box, fontname="sans-serif"];'
    strategy = plan.request.strategy
    steps = [
        step
        for step in plan.steps
        if is_shown(step.module, step.action, requested, strategy=strategy, at_newest=step.version >= step.newest)
    ]
    shown = {step.module for step in steps}
    is_fresh = all(step.action == "install" for step in plan.steps)
    for step in steps:
        version = version_words(step.action, step.version, step.installed)
        label = f"{_text(step.module)}\\n{_text(version if is_fresh else f'{step.action} {version}')}"
        if step.placement:
            from las_cli.render.together import placement_words  # late, as few plans have any

            label += f"\\n{_text(placement_words(step.placement))}"
        styles = [*(["bold"] if step.module in requested else []), *(["dashed"] if step.action == "remove" else [])]
        style = f', style="{",".join(styles)}"' if len(styles) > 1 else "".join(f", style={one}" for one in styles)
        yield f'  {_identifier(step.module)} [label="{label}"{style}];'
    for step in steps:
        for required in step.requires:
            if required in shown:
                yield f"  {_identifier(step.module)} -> {_identifier(required)};"
    yield "}"


def _identifier(name: str) -> str:
    return f'"{_text(name)}"'


def _text(text: str) -> str:
    """`text` within quotes: no quote ends it, no backslash escapes and no ``&`` begins anything."""
    return printable(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
