"""``las-solve needs``: the smallest machines on which a request has a plan, and what upgrades would buy."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from las_cli.answers import print_answer
from las_cli.errors import ExitStatus
from las_cli.explaining import BRIEFLY, Explaining
from las_cli.options import ModuleType, format_option, logging_options
from las_cli.question import in_time, make_planner, nothing_named, pose
from las_cli.request_options import RequestOptions, request_options_without_store, without_together

if TYPE_CHECKING:
    from las_cli.question import Question
    from las_solver.model import Host
    from las_solver.needs import Needs

__all__ = ["needs", "needs_document_on"]

_NOT_TOGETHER = (
    "needs looks for machines on which MODULE... can be installed. las-solve diagnose --together says what it takes to "
    "run them at the same time."
)
_ANYWHERE = "on any machine with the modes and interfaces of this one"


@click.command(short_help="Say which machines would do, and what upgrades would buy.")
@click.argument("modules", metavar="MODULE[@CONSTRAINT]...", nargs=-1, type=ModuleType())
@click.option(
    "--newest",
    is_flag=True,
    help="Only with every MODULE at the newest final version that is asked for, not at any version.",
)
@request_options_without_store
@without_together(_NOT_TOGETHER)
@format_option("text", "json")
@logging_options
@click.pass_context
def needs(
    ctx: click.Context, *, modules: Sequence[str], newest: bool, options: RequestOptions, output_format: str
) -> None:
    """Say on which machines MODULE... has a plan, and what single upgrades of this machine would buy.

    Listed are the smallest machines by number of graphics cards, their memory, main memory, CPU cores and the runtimes
    that a machine provides, as manifests state them: real use may need more. Modes, interfaces and system packages are
    those of this machine. What is installed on it plays no part.

    Exits with 0, also if this machine will not do, or with 1 and the reasons if none will. Other statuses: 2 wrong
    usage or bad input, 3 an unusable registry, 4 out of time, 130 interrupted.

    \b
    Examples:
      las-solve needs open-webui
      las-solve needs vllm --newest
      las-solve needs 'vllm@>=0.9' comfyui --profile gpu-8gb
      las-solve needs vllm --assume gpus=24GB,24GB --format json
    """
    from las_solver.needs import NoHost

    if not modules and options.recorded is None:
        raise nothing_named("needs", bundled=not options.registries)
    question = pose(options, modules)
    if question.request.together:
        raise click.UsageError(f"the replay file is about --together, which makes no sense here: {_NOT_TOGETHER}")
    with Explaining(min(question.timeout, BRIEFLY)) as explaining:
        found = in_time(
            question,
            lambda stop: question.planner.needs(question.request, newest=newest, stop=stop, stop_explaining=explaining),
        )
    if isinstance(found, NoHost):
        planner = make_planner(question.registry, found.host, solver=options.solver, eager=options.eager)
        elsewhere = replace(question, host=found.host, planner=planner, place=_ANYWHERE)
        status = print_answer(elsewhere, output_format, known=found.conflict)
    else:
        status = ExitStatus.DONE
        _print(found, question, output_format)
    ctx.exit(ExitStatus.INTERRUPTED if explaining.interrupted else status)


def needs_document_on(found: Needs, host: Host) -> dict[str, object]:
    """The document of the answer, with the host that it was made for."""
    from las_registry.host.profile import profile_document
    from las_solver.needs_document import needs_document

    return {**needs_document(found), "host": profile_document(host)}


def _print(found: Needs, question: Question, output_format: str) -> None:
    document = needs_document_on(found, question.host)
    if output_format == "json":
        from las_cli.render.json import print_json

        print_json(document)
        return
    from las_cli.render.needs import render_needs
    from las_cli.render.terminal import terminal_width, wants_colour
    from las_cli.render.text import Paper

    paper = Paper(width=terminal_width(sys.stdout), colour=wants_colour())
    click.echo(render_needs(document, place=question.place, paper=paper), nl=False, color=True)
