"""What ``las-solve`` alone prints: what it knows of this machine and of modules, and what to try first."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

import click

from las_cli.errors import failure_of
from las_cli.render.phrases import counted
from las_cli.render.terminal import printable, terminal_width, wants_colour
from las_cli.render.text import Paper, wrap

if TYPE_CHECKING:
    from las_registry.registry import Registry

__all__ = ["welcome"]

_EXAMPLES: Final = (
    ("las-solve registry search {word}", "find modules by words"),
    ("las-solve registry show {engine}", "what it needs, what fits here"),
    ("las-solve plan {application}", "the newest set that works here"),
    ("las-solve plan {application} --profile gpu-8gb", "the same for an example machine"),
    ("las-solve host show", "what is known of this machine"),
    ("las-solve --help", "all commands"),
)
_BUNDLED: Final = {"word": "chat", "engine": "vllm", "application": "open-webui"}


def welcome() -> None:
    """Prints the greeting; what is wrong with the registry or the profile is said in place of what they hold."""
    paper = Paper(width=terminal_width(sys.stdout), colour=wants_colour())
    for line in _lines(paper):
        click.echo(line, color=True)


def _lines(paper: Paper) -> Iterator[str]:
    yield from wrap("las-solve plans the newest set of modules that works on your hardware.", paper=paper, bold=True)
    yield ""
    names, modules = _registry()
    for label, text in (("Machine", _told(_machine)), ("Modules", modules)):
        yield from wrap(text, paper=paper, first=f"  {label}  ", indent=" " * 11)
    yield ""
    yield "Try"
    examples = [(command.format_map(names), what) for command, what in _EXAMPLES]
    widest = max(len(command) for command, _ in examples)
    beside = max(len(f"  {command:{widest}}  {what}") for command, what in examples) <= paper.width
    for command, what in examples:
        if beside:
            yield f"  {paper.style(command.ljust(widest), bold=True)}  {what}"
            continue
        yield f"  {paper.style(command, bold=True)}"
        yield from wrap(what, paper=paper, first=" " * 6, indent=" " * 6)


def _told(find_out: Callable[[], str]) -> str:
    """What `find_out` answers, or the error that it raises, with its hint in a line of its own: a greeting is no place
    to fail."""
    from las_solver.errors import LasSolveError

    try:
        return printable(find_out())
    except LasSolveError as error:
        failure = failure_of(error)
        lines = [failure.message, *([] if failure.hint is None else [f"hint: {failure.hint}"])]
        return "\n".join(printable(" ".join(line.split())) for line in lines)


def _machine() -> str:
    """The machine that commands plan for; where that was stated, also by what."""
    from las_cli.machine import find_profile, look
    from las_cli.render.host import summary

    profile = find_profile(os.environ.get("LAS_SOLVE_PROFILE") or None)
    facts = look(profile)
    told = summary(facts.machine)
    return told if profile is None else f"{facts.source}: {told}"


def _registry() -> tuple[dict[str, str], str]:
    """Names to make examples with, and what there is."""
    found: list[Registry] = []
    from las_cli.options import registry_directory

    stated = [
        registry_directory(place) for place in os.environ.get("LAS_SOLVE_REGISTRY", "").split(os.pathsep) if place
    ]

    def load() -> str:
        from las_cli.inputs import load_registry

        found.append(load_registry(stated, warn=False))
        names = list(found[0].names())
        versions = sum(len(found[0].versions(name)) for name in names)
        where = ", ".join(map(str, stated)) if stated else "the bundled catalog"
        return f"{counted(len(names), 'module')}, {counted(versions, 'version')} in {where}"

    told = _told(load)
    if not stated or not found:
        return _BUNDLED, told
    some = next(iter(found[0].names()))
    return {"word": some, "engine": some, "application": some}, told
