"""A plan as people read it: what it is for, the steps as a table, and the system packages that they need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import click

from las_cli.render.changes import NOTHING, best, changes, is_shown, stay, still_invalid, version_words
from las_cli.render.held_back import held_back, not_explained
from las_cli.render.table import Column, Painter, render_table
from las_cli.render.terminal import display_width, printable, shorten
from las_solver.lazy_dataclass import dataclass
from las_solver.model import Host, Request, Strategy
from las_solver.plan import Plan, Step

__all__ = ["Paper", "render_plan", "wrap"]

_READABLE: Final = 110
"""Running text is not set wider than this, even where a file has no limit."""

_MOST_NAMES: Final = 4
_MOST_INVALID: Final = 5
_MOST_REQUESTED: Final = 8
_STYLES: Final[Mapping[str, Mapping[str, str | bool]]] = {
    "downgrade": {"fg": "yellow"},
    "keep": {"dim": True},
    "remove": {"fg": "red"},
}


@dataclass(frozen=True, slots=True)
class Paper:
    """What a text is written on: the columns of a line, and whether there is colour."""

    width: int
    colour: bool = False

    def style(self, text: str, **style: bool | str) -> str:
        """`text` in a style of :func:`click.style`, if there is colour."""
        return click.style(text, **style) if self.colour and text and style else text  # type: ignore[arg-type]


def render_plan(plan: Plan, *, place: str, paper: Paper, host: Host | None = None) -> str:
    """`plan` as text with a final line break; `place` says where it is for, like "on this machine".

    With the `host` it is for, of modules that run at the same time also what they hold there.
    """
    return "\n".join(_lines(plan, place, paper, host)) + "\n"


def _lines(plan: Plan, place: str, paper: Paper, host: Host | None) -> Iterator[str]:
    asked = {requirement.name for requirement in plan.request.requirements}
    strategy = plan.request.strategy
    steps = (
        step
        for step in plan.steps
        if is_shown(step.module, step.action, asked, strategy=strategy, at_newest=step.version >= step.newest)
    )
    shown = replace(plan, steps=tuple(steps))
    yield from wrap(_headline(plan, place), paper=paper, bold=True)
    if shown.steps:
        yield ""
        yield from _table(shown, paper, with_actions=any(step.action != "install" for step in plan.steps))
    if kept := len(plan.steps) - len(shown.steps):
        yield ""
        among_others = any(step.action == "keep" for step in shown.steps)
        yield from wrap(f"{stay(kept, among_others=among_others)}.", paper=paper)
    if plan.request.together and host is not None:
        yield from _together(plan, host, paper)
    present = tuple(step for step in shown.steps if step.action != "remove")
    yield from _held_back(replace(shown, steps=present), paper)
    yield from _invalid(plan, paper)
    if packages := sorted({package for step in present for package in step.system_packages}):
        yield ""
        listed = ", ".join(map(printable, packages))
        yield from wrap(f"System packages that these need: {listed}", paper=paper, indent="  ")


def _together(plan: Plan, host: Host, paper: Paper) -> Iterator[str]:
    """What holds the memory and the cards."""
    from las_cli.render.together import held, held_words, without_repeats  # late, as most plans need none of this
    from las_registry.host.profile import profile_document
    from las_solver.document import step_document

    steps = [step_document(step) for step in plan.steps]
    rows = list(without_repeats(held(steps, profile_document(host))))
    widest = max(len(one.name) for one in rows)
    yield ""
    yield paper.style("At the same time", bold=True)
    for one in rows:
        text = printable(held_words(one))
        yield from wrap(text, paper=paper, first=f"  {one.name:{widest}}  ", indent=" " * (widest + 4))


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


def _invalid(plan: Plan, paper: Paper) -> Iterator[str]:
    """What is installed, does not work and is left alone, with the reasons."""
    present = {step.module for step in plan.steps}
    alone = [one for one in plan.invalid if one.module not in present]
    if not alone:
        return
    yield ""
    yield from wrap(f"Warning: {still_invalid(len(alone))}:", paper=paper, fg="yellow")
    for one in alone[:_MOST_INVALID]:
        text = printable(f"{one.module} {one.version}: {one.reason}")
        yield from wrap(text, paper=paper, first="  ", indent="    ")
    if len(alone) > _MOST_INVALID:
        yield from wrap(f"and {len(alone) - _MOST_INVALID:,} more", paper=paper, first="  ")


def _headline(plan: Plan, place: str) -> str:
    requested = _requested(plan.request)
    best_in = best(plan.request.strategy)
    proof = f"proven {best_in}" if plan.optimal else f"the {best_in} found in time, not proven"
    actions = [step.action for step in plan.steps]
    if not (todo := changes(actions)):
        return f"Nothing to do for {requested} {printable(place)}: {proof}"
    if any(action != "install" for action in actions):
        count = todo if todo.startswith("1 ") and "," not in todo else f"{todo}, in order"
    else:
        count = "1 module" if len(actions) == 1 else f"{len(actions)} modules in order"
    return f"Plan for {requested} {printable(place)}: {count}, {proof}"


def _requested(request: Request) -> str:
    """What was asked for, in words; :func:`las_solver.explain.heading` says the same of conflicts."""
    asked = [f"{one.name} {one.constraint}".strip() for one in request.requirements]
    names = list(dict.fromkeys(map(printable, asked or request.removed)))
    if not names:
        return "what is installed"
    if len(names) > _MOST_REQUESTED + 1:
        names[_MOST_REQUESTED:] = [f"{len(names) - _MOST_REQUESTED} more"]
    *others, last = names
    return ("" if asked else "the removal of ") + (f"{', '.join(others)} and {last}" if others else last)


def _table(plan: Plan, paper: Paper, *, with_actions: bool) -> Iterator[str]:
    steps = plan.steps
    requested = {requirement.name for requirement in plan.request.requirements}
    columns = [
        Column(title="MODULE", cells=tuple(printable(step.module) for step in steps)),
        Column(title="VERSION", cells=tuple(version_words(one.action, one.version, one.installed) for one in steps)),
        Column(title="NEWEST", cells=tuple(_newest(step, plan.request.strategy) for step in steps), rank=1),
        Column(title="MODE", cells=tuple(printable(step.mode or NOTHING) for step in steps), rank=2),
        Column(
            title="NEEDED BY",
            cells=tuple(_needed_by(step, requested) for step in steps),
            rank=3,
            least=12,
            cut=_fewer_names,
        ),
    ]
    if with_actions:
        columns.insert(1, Column(title="ACTION", cells=tuple(printable(step.action) for step in steps)))

    def paint_module(text: str, row: int) -> str:
        return paper.style(text, bold=True) if steps[row].module in requested else text

    def paint_action(text: str, row: int) -> str:
        return paper.style(text, **_STYLES.get(steps[row].action, {}))

    def paint_newest(text: str, row: int) -> str:
        return paper.style(text, fg="green" if steps[row].version >= steps[row].newest else "yellow")

    def paint_dim(text: str, row: int) -> str:
        return paper.style(text, dim=True)

    def titled(painter: Painter) -> Painter:
        return lambda text, row: paint_dim(text, row) if row < 0 else painter(text, row)

    painters = {"MODULE": paint_module, "ACTION": paint_action, "NEWEST": paint_newest, "NEEDED BY": paint_dim}
    titles = {column.title: titled(painters.get(column.title, lambda text, row: text)) for column in columns}
    yield from render_table(columns, width=paper.width, paint=titles)


def _newest(step: Step, strategy: Strategy) -> str:
    """How the version of a step stands to the newest one of the registry."""
    if step.action == "remove":
        return NOTHING
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
    if step.action == "remove":
        return NOTHING
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
