"""``las-solve plan``: the newest set of modules that works here, or why there is none."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from las_cli.errors import ExitStatus
from las_cli.logging import logger
from las_cli.options import (
    ModuleType,
    assume_option,
    format_option,
    logging_options,
    profile_option,
    registry_option,
    strict_option,
)

if TYPE_CHECKING:
    from las_cli.render.text import Paper
    from las_solver.conflict import Conflict
    from las_solver.errors import InvalidInput
    from las_solver.model import Host, Request
    from las_solver.plan import Plan
    from las_solver.source import Source

__all__ = ["plan"]

_DEFAULT_TIMEOUT: Final = 60.0
_EXPLAINING: Final = 10.0


class _Seconds(click.FloatRange):
    """A time that is longer than none; infinity is no limit."""

    name = "time in seconds"

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        seconds = super().convert(value, param, ctx)
        if math.isnan(seconds):
            self.fail(f"{value!r} is not a time in seconds.", param, ctx)
        return seconds


@click.command(short_help="Plan the newest set of modules that works here.")
@click.argument("modules", metavar="MODULE[@CONSTRAINT]...", nargs=-1, type=ModuleType())
@registry_option
@profile_option
@assume_option
@format_option("text", "json", "dot", help="How to print the plan; dot is a graph for Graphviz.")
@click.option("--pre", "prereleases", is_flag=True, help="Allow pre-releases of every module.")
@click.option(
    "--strategy",
    type=click.Choice(["newest", "lowest"]),
    default="newest",
    show_default=True,
    help="Which of the valid answers to take; lowest is the oldest, to test lower bounds with.",
)
@click.option(
    "--mode",
    "modes",
    multiple=True,
    metavar="[MODULE=]MODE",
    help="Allow only this mode of running (repeatable: only these); with MODULE=, force the mode of one.",
)
@click.option(
    "--prefer",
    "preferred",
    multiple=True,
    type=ModuleType(),
    metavar="NAME",
    help="Take this module first where an interface needs a provider. Repeatable, best first.",
)
@click.option(
    "--exclude",
    "excluded",
    multiple=True,
    type=ModuleType(),
    metavar="NAME[@CONSTRAINT]",
    help="Never choose this module, or these versions of it. Repeatable.",
)
@click.option(
    "--timeout",
    type=_Seconds(),
    default=_DEFAULT_TIMEOUT,
    show_default=True,
    metavar="SECONDS",
    help="Stop after this time, with the best plan found so far if there is one. Explaining a conflict may take "
    "as long again, at most 10 seconds.",
)
@strict_option
@click.option(
    "--no-store",
    is_flag=True,
    help="Do not remember the plan. So far none is remembered: this changes nothing.",
)
@click.option("--solver", metavar="NAME", help="The SAT solver to use; the answer is the same with each.")
@click.option("--eager", is_flag=True, hidden=True, help="Read every module that could matter at once.")
@logging_options
@click.pass_context
def plan(
    ctx: click.Context,
    *,
    modules: Sequence[str],
    registries: Sequence[Path],
    profile: str | None,
    assumptions: Sequence[str],
    output_format: str,
    prereleases: bool,
    strategy: str,
    modes: Sequence[str],
    preferred: Sequence[str],
    excluded: Sequence[str],
    timeout: float,
    strict: bool,
    no_store: bool,
    solver: str | None,
    eager: bool,
) -> None:
    """Plan the newest set of module versions that satisfies MODULE... and works on this machine.

    A constraint is a PEP 440 specifier set; a bare version means exactly that one.

    Prints the plan and exits with 0, or the reasons why there is none and exits with 1. Other statuses: 2
    wrong usage or bad input, 3 an unusable registry, 4 out of time, 130 interrupted.

    \b
    Examples:
      las-solve plan open-webui
      las-solve plan 'python@>=3.11,<3.13' open-webui --mode native
      las-solve plan vllm --profile workstation.yaml --format json
      las-solve plan vllm --assume gpus=24GB,24GB --assume runtime.cuda=12.4
      las-solve plan open-webui --format dot | dot -Tsvg > plan.svg
    """
    started = time.monotonic()
    from las_cli.inputs import load_registry, warn_of_unknown
    from las_cli.machine import place_of, read_host
    from las_cli.request import build_request

    if not modules:
        raise _nothing_named(bundled=not registries)
    request = build_request(
        modules=modules,
        strategy=strategy,
        prereleases=prereleases,
        modes=modes,
        preferred=preferred,
        excluded=excluded,
    )
    host = read_host(profile, assumptions)
    registry = load_registry(registries, strict=strict)
    warn_of_unknown(request, registry)
    answer = _solve(request, registry, host, backend=solver, eager=eager, started=started, timeout=timeout)
    logger().info("answered", seconds=round(time.monotonic() - started, 4))
    ctx.exit(_print(answer, host, output_format, place_of(profile, assumptions)))


def _nothing_named(*, bundled: bool) -> InvalidInput:
    """The error about a command that names no module; where the catalog is the `bundled` one, with an example."""
    from las_solver.errors import InvalidInput

    hint = "las-solve registry search WORD finds modules, las-solve registry list shows all"
    if bundled:
        hint += "; las-solve plan open-webui is an example"
    return InvalidInput("no module was named", hint=hint)


class _Timer:
    """Answers whether `seconds` have passed since it was asked first."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._first: float | None = None

    def __call__(self) -> bool:
        now = time.monotonic()
        if self._first is None:
            self._first = now
        return now - self._first >= self._seconds


def _solve(
    request: Request,
    source: Source,
    host: Host,
    *,
    backend: str | None,
    eager: bool,
    started: float,
    timeout: float,
) -> Plan | Conflict:
    """The planner's answer; reading counts towards `timeout`, too: it has run since `started`.

    Explaining a conflict has a time of its own: what was proved in time is not worth less for being found late.
    """
    from las_solver.errors import OutOfTime
    from las_solver.planner import Planner
    from las_solver.sat import BACKENDS, DEFAULT_BACKEND

    backend = DEFAULT_BACKEND if backend is None else backend
    if backend not in BACKENDS:
        raise click.BadParameter(f"{backend!r} is none of {', '.join(sorted(BACKENDS))}.", param_hint="'--solver'")
    logger().info("planning", backend=backend, after=round(time.monotonic() - started, 4))

    def out_of_time() -> bool:
        return time.monotonic() - started >= timeout

    try:
        if out_of_time():
            raise OutOfTime
        planner = Planner(source, host, backend=backend, eager=eager)
        return planner.plan(request, stop=out_of_time, stop_explaining=_Timer(min(timeout, _EXPLAINING)))
    except OutOfTime:
        raise OutOfTime(timeout) from None


def _print(answer: Plan | Conflict, host: Host, output_format: str, place: str) -> ExitStatus:
    """Prints `answer`, a conflict that has no graph to standard error; the exit status."""
    from las_cli.render.terminal import terminal_width, wants_colour
    from las_cli.render.text import Paper
    from las_solver.plan import Plan

    resolved = isinstance(answer, Plan)
    status = ExitStatus.DONE if resolved else ExitStatus.CONFLICT
    stream = sys.stdout if resolved or output_format != "dot" else sys.stderr
    paper = Paper(width=terminal_width(stream), colour=wants_colour(stream))
    click.echo(_render(answer, host, output_format, place, paper), nl=False, file=stream, color=True)
    return status


def _render(answer: Plan | Conflict, host: Host, output_format: str, place: str, paper: Paper) -> str:
    from las_solver.plan import Plan

    if output_format == "json":
        from las_cli.document import answer_document
        from las_cli.render.json import render_json

        return render_json(answer_document(answer, host))
    if not isinstance(answer, Plan):
        from las_cli.render.conflict import render_conflict

        return render_conflict(answer, place=place, paper=paper)
    if output_format == "dot":
        from las_cli.render.dot import render_dot

        return render_dot(answer)
    from las_cli.render.text import render_plan

    return render_plan(answer, place=place, paper=paper)
