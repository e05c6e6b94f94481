"""A plan as people read it: what it is for, the steps as a table, and the system packages that they need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import click

from las_cli.render.held_back import held_back, not_explained
from las_cli.render.table import Column, Painter, render_table
from las_cli.render.terminal import display_width, printable, shorten
from las_solver.model import Strategy
from las_solver.plan import Plan, Step

__all__ = ["Paper", "render_plan", "wrap"]

_READABLE: Final = 110
"""Running text is not set wider than this, even where a file has no limit."""

_MOST_NAMES: Final = 4


@dataclass(frozen=True, slots=True)
class Paper:
    """What a text is written on: the columns of a line, and whether there is colour."""

    width: int
    colour: bool = False

    def style(self, text: str, **style: bool | str) -> str:
        """`text` in a style of :func:`click.style`, if there is colour."""
        return click.style(text, **style) if self.colour and text and style else text  # type: ignore[arg-type]


def render_plan(plan: Plan, *, place: str, paper: Paper) -> str:
    """`plan` as text with a final line break; `place` says where it is for, like "on this machine"."""
    return "\n".join(_lines(plan, place, paper)) + "\n"


def _lines(plan: Plan, place: str, paper: Paper) -> Iterator[str]:
    yield from wrap(_headline(plan, place), paper=paper, bold=True)
    yield ""
    yield from _table(plan, paper)
    yield from _held_back(plan, paper)
    if plan.system_packages:
        yield ""
        packages = ", ".join(map(printable, plan.system_packages))
        yield from wrap(f"System packages that these need: {packages}", paper=paper, indent="  ")


def _held_back(plan: Plan, paper: Paper) -> Iterator[str]:
    """What holds back the modules that are older than their newest version."""
    rows = list(held_back(plan))
    if rows:
        yield ""
        yield paper.style("Held back", bold=True)
    widest = max((display_width(module) for module, _ in rows), default=0)
    beside = 2 + widest + 2
    for module, reason in rows:
        if beside > paper.width // 2:
            yield from wrap(module, paper=paper, first="  ", indent="  ")
            yield from wrap(reason, paper=paper, first="    ", indent="    ", dim=True)
        else:
            label = f"  {module}{' ' * (beside - 2 - display_width(module))}"
            yield from wrap(reason, paper=paper, first=label, indent=" " * beside, dim=True)
    if names := [printable(step.module) for step in not_explained(plan)]:
        yield ""
        shown = _joined(names, min(len(names), _MOST_NAMES))
        yield from wrap(f"There was no time left to find out what holds back {shown}.", paper=paper)


def _headline(plan: Plan, place: str) -> str:
    asked = dict.fromkeys(f"{one.name} {one.constraint}".strip() for one in plan.request.requirements)
    *others, last = map(printable, asked)
    requested = f"{', '.join(others)} and {last}" if others else last
    count = "1 module" if len(plan.steps) == 1 else f"{len(plan.steps)} modules in order"
    extreme = plan.request.strategy.value
    proof = f"proven {extreme}" if plan.optimal else f"the {extreme} found in time, not proven"
    return f"Plan for {requested} {printable(place)}: {count}, {proof}"


def _table(plan: Plan, paper: Paper) -> Iterator[str]:
    steps = plan.steps
    requested = {requirement.name for requirement in plan.request.requirements}
    columns = [
        Column(title="MODULE", cells=tuple(printable(step.module) for step in steps)),
        Column(title="VERSION", cells=tuple(str(step.version) for step in steps)),
        Column(title="NEWEST", cells=tuple(_newest(step, plan.request.strategy) for step in steps), rank=1),
        Column(title="MODE", cells=tuple(printable(step.mode) for step in steps), rank=2),
        Column(
            title="NEEDED BY",
            cells=tuple(_needed_by(step, requested) for step in steps),
            rank=3,
            least=12,
            cut=_fewer_names,
        ),
    ]
    if any(step.action != "install" for step in steps):
        columns.insert(2, Column(title="ACTION", cells=tuple(printable(step.action) for step in steps)))

    def paint_module(text: str, row: int) -> str:
        return paper.style(text, bold=True) if steps[row].module in requested else text

    def paint_newest(text: str, row: int) -> str:
        return paper.style(text, fg="green" if steps[row].version >= steps[row].newest else "yellow")

    def paint_dim(text: str, row: int) -> str:
        return paper.style(text, dim=True)

    def titled(painter: Painter) -> Painter:
        return lambda text, row: paint_dim(text, row) if row < 0 else painter(text, row)

    painters = {"MODULE": paint_module, "NEWEST": paint_newest, "NEEDED BY": paint_dim}
    titles = {column.title: titled(painters.get(column.title, lambda text, row: text)) for column in columns}
    yield from render_table(columns, width=paper.width, paint=titles)


def _newest(step: Step, strategy: Strategy) -> str:
    """How the version of a step stands to the newest one of the registry."""
    if step.version == step.newest:
        return "newest"
    if step.version > step.newest:
        return f"pre-release after {step.newest}"
    if strategy is Strategy.LOWEST:
        return str(step.newest)
    if step.versions_behind == 0:
        return f"{step.newest} ruled out"
    return f"{step.newest}, {step.versions_behind} behind"


def _needed_by(step: Step, requested: Iterable[str]) -> str:
    who = [*(["you"] if step.module in requested else []), *map(printable, step.required_by)]
    return _joined(who, _MOST_NAMES - 1 if len(who) > _MOST_NAMES else len(who))


def _joined(names: Sequence[str], shown: int) -> str:
    """The first `shown` names, and how many more there are."""
    more = len(names) - shown
    return ", ".join([*names[:shown], *([f"{more} more"] if more else [])])


def _fewer_names(cell: str, width: int) -> str:
    """A cell of names in at most `width` columns of the terminal: names are left out before one is cut."""
    names = cell.split(", ")
    counted = names[-1].removesuffix(" more")
    if counted != names[-1]:  # no module has a space in its name
        names[-1:] = [""] * int(counted)
    fitting = (_joined(names, shown) for shown in range(len(names), 0, -1) if all(names[:shown]))
    return next((text for text in fitting if display_width(text) <= width), shorten(cell, width))


def wrap(
    text: str, *, paper: Paper, indent: str = "", first: str = "", widest: int = _READABLE, **style: bool | str
) -> Iterator[str]:
    """The lines of `text`, broken at spaces; `first` stands before the first, `indent` before all others.

    A word that is wider than a line stays whole. Line breaks in `text` are kept. No line is wider than `widest`.
    """
    width = min(paper.width, widest)
    before = first
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if line and display_width(before) + display_width(longer) > width:
                yield before + paper.style(line, **style)
                before, longer = indent, word
            line = longer
        yield before + paper.style(line, **style)
        before = indent
