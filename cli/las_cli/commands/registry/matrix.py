"""``las-solve registry matrix``: which version of what fits which machine."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from las_cli.inputs import load_registry, unknown_module
from las_cli.machine import read_host
from las_cli.options import ModuleType, ProfileType, format_option, logging_options, registry_option, strict_option
from las_cli.progress import Progress
from las_cli.render.json import print_json
from las_cli.render.modules import newest_manifest
from las_cli.render.table import Column, Painter, render_table
from las_cli.render.terminal import display_width, printable, terminal_width, wants_colour
from las_cli.render.text import Paper

if TYPE_CHECKING:
    from las_registry.registry import Registry
    from las_solver.model import Host
    from las_solver.planner import Planner

__all__ = ["matrix"]

_MODULE: Final = "MODULE"
_NONE: Final = "-"
_UNKNOWN: Final = "?"
_PATIENCE: Final = 5.0
_GAP: Final = 2
_CATEGORIES: Final = ("language", "runtime", "framework", "service", "application", "tool", "model")


@dataclass(frozen=True, slots=True)
class _Row:
    """A module, its newest final version, and by machine the newest version that fits: ``-`` none, ``?`` not known."""

    module: str
    category: str
    newest: str
    fitting: tuple[str, ...]


@click.command(short_help="Show which version of what fits which machine.")
@click.argument("modules", metavar="[MODULE]...", nargs=-1, type=ModuleType())
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    type=ProfileType(),
    metavar="FILE|NAME",
    help="A machine, by its file or the name of an example; by default all examples. Repeatable.",
)
@registry_option
@strict_option
@format_option("text", "json")
@logging_options
def matrix(
    *,
    modules: Sequence[str],
    profiles: Sequence[str],
    registries: Sequence[Path],
    strict: bool,
    output_format: str,
) -> None:
    """Show for each MODULE (by default for all) the newest version that each machine can run.

    A dash: no version of the module can be planned there. `las-solve registry show MODULE --profile NAME` says why.

    \b
    Examples:
      las-solve registry matrix
      las-solve registry matrix vllm ollama llama.cpp
      las-solve registry matrix vllm --profile gpu-24gb --profile workstation.yaml --format json
    """
    loaded = load_registry(registries, strict=strict)
    names = list(dict.fromkeys(modules)) or list(loaded.names())
    _refuse_unknown(names, loaded)
    machines = {profile: read_host(profile) for profile in profiles} or _examples()
    titles = list(machines)
    rows = _rows(loaded, names, list(machines.values()))
    if output_format == "json":
        print_json({"machines": titles, "modules": [_document(row, titles) for row in rows]})
        return
    for line in _lines(
        rows, list(map(printable, titles)), Paper(width=terminal_width(sys.stdout), colour=wants_colour())
    ):
        click.echo(line, color=True)


def _examples() -> dict[str, Host]:
    """The example hosts, those with less memory on their cards first, then those with less memory."""
    from las_registry.host.examples import example_host, example_names

    hosts = {name: example_host(name) for name in example_names()}
    return dict(sorted(hosts.items(), key=lambda one: (sum(gpu.vram for gpu in one[1].gpus), one[1].ram or 0, one[0])))


def _refuse_unknown(names: Sequence[str], registry: Registry) -> None:
    from las_solver.errors import InvalidInput

    for name in names:
        module, at, _ = name.partition("@")
        if at:
            hint = f"write {module}; las-solve registry show {shlex.quote(name)} is about single versions"
            raise InvalidInput(f"{name!r} has a constraint, and the matrix is about modules as a whole", hint=hint)
        if not registry.versions(name):
            raise unknown_module(name, registry)


def _rows(registry: Registry, names: Sequence[str], hosts: Sequence[Host]) -> list[_Row]:
    """The modules by category, then in the order of `names`."""
    from las_solver.planner import Planner

    planners = [Planner(registry, host) for host in hosts]
    newest = {name: newest_manifest(registry, name).module for name in names}
    rows = []
    with Progress("Planning modules") as progress:
        for name in sorted(names, key=lambda name: _CATEGORIES.index(newest[name].category)):
            fitting = tuple(_newest_fitting(planner, name) for planner in planners)
            rows.append(_Row(name, newest[name].category, str(newest[name].version), fitting))
            progress(len(rows), len(names))
    return rows


def _newest_fitting(planner: Planner, name: str) -> str:
    from las_solver.constraint import Requirement
    from las_solver.errors import OutOfTime
    from las_solver.model import Request
    from las_solver.plan import Plan

    deadline = time.monotonic() + _PATIENCE
    try:
        answer = planner.plan(
            Request(requirements=(Requirement.parse(name),)),
            stop=lambda: time.monotonic() > deadline,
            stop_explaining=lambda: True,
        )
    except OutOfTime:
        return _UNKNOWN
    if not isinstance(answer, Plan):
        return _NONE
    return next(str(step.version) for step in answer.steps if step.module == name)


def _document(row: _Row, titles: Sequence[str]) -> dict[str, object]:
    fitting = {
        title: {"version": None if version in (_NONE, _UNKNOWN) else version, "known": version != _UNKNOWN}
        for title, version in zip(titles, row.fitting, strict=True)
    }
    return {"module": row.module, "category": row.category, "newest": row.newest, "fitting": fitting}


def _lines(rows: Sequence[_Row], titles: Sequence[str], paper: Paper) -> Iterator[str]:
    """A table, or one after the other where the terminal is too narrow for all machines beside each other."""
    for at, group in enumerate(_groups(rows, titles, paper.width)):
        if at:
            yield ""
        yield from _table(rows, titles, group, paper)


def _groups(rows: Sequence[_Row], titles: Sequence[str], width: int) -> Iterator[list[int]]:
    """The machines, by number, in groups that fit `width` beside the names of the modules."""
    left = max(map(display_width, (_MODULE, *(row.module for row in rows))))
    group: list[int] = []
    taken = left
    for at, title in enumerate(titles):
        column = _GAP + max(display_width(title), *(display_width(row.fitting[at]) for row in rows))
        if group and _GAP + taken + column > width:
            yield group
            group, taken = [], left
        group.append(at)
        taken += column
    yield group


def _table(rows: Sequence[_Row], titles: Sequence[str], group: Sequence[int], paper: Paper) -> Iterator[str]:
    """The table of the machines in `group`, each category under its name."""

    def painter(machine: int) -> Painter:
        def paint(text: str, row: int) -> str:
            if row < 0:
                return paper.style(text, dim=True)
            version = rows[row].fitting[machine]
            if version in (_NONE, _UNKNOWN):
                return paper.style(text, dim=True)
            return paper.style(text, fg="green" if version == rows[row].newest else "yellow")

        return paint

    columns = [Column(title=_MODULE, cells=tuple(printable(row.module) for row in rows))]
    columns += [Column(title=titles[one], cells=tuple(row.fitting[one] for row in rows)) for one in group]
    painters = {titles[one]: painter(one) for one in group}
    head, *body = render_table(columns, width=paper.width, paint=painters)
    yield head
    category = None
    for row, line in zip(rows, body, strict=True):
        if row.category != category:
            category = row.category
            yield ""
            yield paper.style(category, bold=True)
        yield line
