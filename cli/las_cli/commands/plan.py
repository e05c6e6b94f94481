"""``las-solve plan``: the newest set of modules that works here, or why there is none."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from las_cli.errors import ExitStatus
from las_cli.options import ModuleType, format_option, logging_options
from las_cli.request_options import RequestOptions, answer, nothing_named, pose, request_options

if TYPE_CHECKING:
    from las_cli.render.text import Paper
    from las_solver.conflict import Conflict
    from las_solver.model import Host
    from las_solver.plan import Plan

__all__ = ["plan", "print_answer"]


@click.command(short_help="Plan the newest set of modules that works here.")
@click.argument("modules", metavar="MODULE[@CONSTRAINT]...", nargs=-1, type=ModuleType())
@request_options
@format_option("text", "json", "dot", help="How to print the plan; dot is a graph for Graphviz.")
@click.option(
    "--no-store",
    is_flag=True,
    help="Do not remember the plan. So far none is remembered: this changes nothing.",
)
@logging_options
@click.pass_context
def plan(
    ctx: click.Context,
    *,
    modules: Sequence[str],
    options: RequestOptions,
    output_format: str,
    no_store: bool,
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
    if not modules and options.recorded is None:
        raise nothing_named("plan", bundled=not options.registries)
    question = pose(options, modules)
    ctx.exit(print_answer(answer(question), question.host, output_format, question.place))


def print_answer(answer: Plan | Conflict, host: Host, output_format: str, place: str) -> ExitStatus:
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
