"""``las-solve why``: why a module is in a plan, at that version, or why it is not."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from las_cli.answers import print_answer
from las_cli.command_text import command_text
from las_cli.errors import ExitStatus
from las_cli.explaining import BRIEFLY, Explaining
from las_cli.installed_request import wanted
from las_cli.options import ModuleType, format_option, logging_options
from las_cli.question import in_time, pose
from las_cli.request_options import RequestOptions, request_options

if TYPE_CHECKING:
    from las_cli.question import Question
    from las_registry.lifecycle.reading import StoreContent
    from las_solver.constraint import Requirement
    from las_solver.model import Host, Request
    from las_solver.why import Why

__all__ = ["about_installed", "why", "why_document_on"]


@click.command(short_help="Say why a module is in a plan, or why it is not.")
@click.argument("asked", metavar="MODULE[@CONSTRAINT]", type=ModuleType())
@click.option(
    "--for",
    "modules",
    multiple=True,
    type=ModuleType(),
    metavar="MODULE[@CONSTRAINT]",
    help="What the plan is for. Repeatable.",
)
@request_options
@format_option("text", "json")
@logging_options
@click.pass_context
def why(ctx: click.Context, *, asked: str, modules: Sequence[str], options: RequestOptions, output_format: str) -> None:
    """Say why MODULE is in the plan for what --for names, and why at that version; or why it is not. Without --for, say
    so of what is installed: of the plan that leaves it as it is, for the modules that somebody asked for.

    A constraint asks about these versions: if the plan has another one, why not one of these.

    Exits with 0, or with 1 and the reasons if there is no such plan. Other statuses: 2 wrong usage, bad input, or no
    such module, 3 an unusable registry or store, 4 out of time, 130 interrupted.

    \b
    Examples:
      las-solve why numpy
      las-solve why numpy --for open-webui
      las-solve why 'python@>=3.14' --for open-webui
      las-solve why ollama --for open-webui --profile gpu-8gb
      las-solve why 'pytorch@<2' --for comfyui --for vllm --format json
    """
    from las_cli.inputs import unknown_module
    from las_cli.request import build_request
    from las_solver.conflict import Conflict

    (requirement,) = build_request(modules=[asked]).requirements
    adapt = None if modules or options.recorded is not None else about_installed
    question = pose(options, modules, also=[requirement.name], adapt=adapt)
    if not question.registry.versions(requirement.name) and requirement.name not in question.host.installed:
        raise unknown_module(requirement.name, question.registry)
    with Explaining(min(question.timeout, BRIEFLY)) as explaining:
        found = in_time(
            question,
            lambda stop: question.planner.why(requirement, question.request, stop=stop, stop_explaining=explaining),
        )
    if isinstance(found, Conflict):
        more = command_text("diagnose", modules, options)
        status = print_answer(question, output_format, more=more, known=found)
    else:
        status = ExitStatus.DONE
        _print(requirement, found, question, output_format, _commands(asked, modules, options))
    ctx.exit(ExitStatus.INTERRUPTED if explaining.interrupted else status)


def about_installed(request: Request, host: Host, content: StoreContent | None) -> Request:
    """`request`, which names nothing, for what somebody asked for of what is installed, with the least change."""
    from las_solver.constraint import Requirement
    from las_solver.model import Strategy

    if not host.installed:
        raise click.UsageError("Missing option '--for': nothing is installed, so name what the plan is for.")
    names = sorted(wanted(host, content))
    return replace(request, requirements=tuple(map(Requirement.parse, names)), strategy=Strategy.KEEP)


def _commands(asked: str, modules: Sequence[str], options: RequestOptions) -> Mapping[str, str]:
    """The commands that ask for `asked` beside `modules`, and that prefer it as a provider.

    There are none for a request from a file, which takes no more modules.
    """
    if options.recorded is not None:
        return {}
    name = asked.partition("@")[0].strip()
    return {
        "request": command_text("plan", [*modules, asked.strip()], options),
        "prefer": command_text("plan", modules, replace(options, preferred=(name, *options.preferred))),
    }


def why_document_on(requirement: Requirement, found: Why, host: Host) -> dict[str, object]:
    """The document of the answer, with the host that it was made for."""
    from las_registry.host.profile import profile_document
    from las_solver.why_document import why_document

    return {**why_document(requirement, found), "host": profile_document(host)}


def _print(
    requirement: Requirement, found: Why, question: Question, output_format: str, commands: Mapping[str, str]
) -> None:
    document = why_document_on(requirement, found, question.host)
    if output_format == "json":
        from las_cli.render.json import print_json

        print_json(document)
        return
    from las_cli.render.terminal import terminal_width, wants_colour
    from las_cli.render.text import Paper
    from las_cli.render.why import render_why

    paper = Paper(width=terminal_width(sys.stdout), colour=wants_colour())
    click.echo(render_why(document, place=question.place, paper=paper, commands=commands), nl=False, color=True)
