"""``las-solve diff``: what differs between two plans, two locks or two machines."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from las_cli.errors import ExitStatus
from las_cli.explaining import BRIEFLY, Explaining
from las_cli.options import ModuleType, ProfileType, format_option, logging_options
from las_cli.question import Question, answer, make_planner, nothing_named, pose
from las_cli.request_options import RequestOptions, request_options_without_store

if TYPE_CHECKING:
    from las_cli.comparison import Comparison, Side
    from las_cli.render.text import Paper

__all__ = ["diff"]

_MOST_REPAIRS: Final = 3
_NOT_OF_REQUESTS: Final = ("named", "hosts", "output_format")


@click.command(short_help="Show what differs between two plans, locks or machines.")
@click.argument("named", metavar="A B | MODULE[@CONSTRAINT]...", nargs=-1, type=ModuleType())
@click.option(
    "--host",
    "hosts",
    nargs=2,
    type=ProfileType(),
    metavar="A B",
    help="Plan MODULE... on two machines, each a profile file, an example host or `detect`, and compare these plans.",
)
@request_options_without_store
@format_option("text", "json")
@logging_options
@click.pass_context
def diff(
    ctx: click.Context,
    *,
    named: Sequence[str],
    hosts: tuple[str, str] | None,
    options: RequestOptions,
    output_format: str,
) -> None:
    """Show what differs between the modules of A and B, and why.

    A and B are plans in JSON, as `las-solve plan --format json` prints them, or lock files, in any combination; one of
    them may be - for standard input. With --host, they are machines, and MODULE... is planned for both with nothing
    installed, by the options of `las-solve plan`; these have no meaning without --host.

    Exits as diff does, with 0 if the same is asked for and leads to the same modules in the same versions, modes and
    manifests, and with 1 if not, or if there is no plan for a machine; what else differs is shown as well. Other
    statuses: 2 wrong usage or bad input, 3 an unusable registry, 4 out of time, 130 interrupted.

    \b
    Examples:
      las-solve diff before.json after.json
      las-solve plan open-webui --format json | las-solve diff las-solve.lock -
      las-solve diff --host gpu-8gb gpu-24gb vllm
    """
    from las_cli.render.diff import difference_document, render_difference

    if hosts is None:
        comparison = _compare_files(ctx, named)
        _print(difference_document(comparison), render_difference(comparison, _paper()), output_format)
        ctx.exit(ExitStatus.DONE if comparison.is_same else ExitStatus.CONFLICT)
    if options.profile is not None and ctx.get_parameter_source("profile") is ParameterSource.COMMANDLINE:
        raise click.UsageError("--profile and --host cannot be given together: --host names both machines.")
    if options.recorded is not None or options.saved is not None:
        raise click.UsageError("replay files are about one machine: they make no sense with --host.")
    if not named:
        raise nothing_named("diff --host gpu-8gb gpu-24gb", bundled=not options.registries)
    ctx.exit(_compare_hosts(hosts, named, options, output_format))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What was planned for one machine: a `side`, which has no modules where a `conflict` says why.

    `place` says which machine that is, in words that follow "No plan for ...".
    """

    side: Side
    place: str
    conflict: Mapping[str, Any] | None
    interrupted: bool


def _compare_files(ctx: click.Context, named: Sequence[str]) -> Comparison:
    from las_cli.comparison import compare
    from las_cli.sides import read_side

    for parameter in ctx.command.params:
        typed = ctx.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
        if typed and parameter.expose_value and parameter.name not in _NOT_OF_REQUESTS:
            raise click.UsageError(f"{parameter.opts[0]} is about what --host plans: it makes no sense without.")
    if len(named) != 2:
        raise click.UsageError("name two files, A and B; or two machines and modules: --host A B MODULE...")
    if list(named) == ["-", "-"]:
        raise click.UsageError("only one of the two can be standard input.")
    before, after = (read_side(Path(name)) for name in named)
    return compare(before, after)


def _compare_hosts(
    hosts: tuple[str, str], modules: Sequence[str], options: RequestOptions, output_format: str
) -> ExitStatus:
    """Plans for both machines, and prints what differs; the exit status."""
    from las_cli.comparison import compare
    from las_cli.machine import place_of, read_host
    from las_cli.render.diff import difference_document, render_difference

    question = pose(replace(options, profile=hosts[0]), modules)
    host = read_host(hosts[1], options.assumptions)
    planner = make_planner(question.registry, host, solver=options.solver, eager=options.eager)
    place = place_of(hosts[1], options.assumptions)
    first = _outcome(hosts[0], question)
    second = _outcome(hosts[1], replace(question, host=host, planner=planner, place=place, started=time.monotonic()))
    conflicts = (first.conflict, second.conflict)
    if conflicts == (None, None):
        comparison = compare(first.side, second.side)
        _print(difference_document(comparison), render_difference(comparison, _paper()), output_format)
        return ExitStatus.DONE if comparison.is_same else ExitStatus.CONFLICT
    comparison = compare(replace(first.side, modules={}), replace(second.side, modules={}))
    document = {**difference_document(comparison, conflicts), "status": "different"}
    _print(document, _without_plans((first, second), comparison), output_format)
    interrupted = first.interrupted or second.interrupted
    return ExitStatus.INTERRUPTED if interrupted else ExitStatus.CONFLICT


def _outcome(name: str, question: Question) -> _Outcome:
    """The answer to `question`, which is about the machine `name`."""
    from las_cli.comparison import Side
    from las_cli.document import answer_document
    from las_cli.sides import side_of_plan
    from las_solver.plan import Plan

    with Explaining(min(question.timeout, BRIEFLY)) as explaining:
        found = answer(question, explaining=explaining)
        if isinstance(found, Plan):
            side = side_of_plan(found, question.host, name)
            return _Outcome(side=side, place=question.place, conflict=None, interrupted=False)
        diagnosis = question.planner.diagnose(found, most_repairs=_MOST_REPAIRS, stop=explaining)
    return _Outcome(
        side=Side(name=name, modules={}, host=question.host),
        place=question.place,
        conflict=answer_document(found, question.host, diagnosis),
        interrupted=explaining.interrupted,
    )


def _without_plans(outcomes: Sequence[_Outcome], comparison: Comparison) -> str:
    """Why there is no plan for one of two machines, or for neither, and in which facts they differ."""
    from las_cli.render.conflict import render_conflict
    from las_cli.render.diff import fact_lines
    from las_cli.render.text import wrap

    paper = _paper()
    texts = [
        render_conflict(one.conflict, place=one.place, paper=paper)
        if one.conflict is not None
        else "\n".join(wrap(f"A plan {one.place}: {len(one.side.modules)} modules.", paper=paper, bold=True)) + "\n"
        for one in outcomes
    ]
    return "\n".join(texts) + "".join(f"{line}\n" for line in fact_lines(comparison, paper))


def _paper() -> Paper:
    from las_cli.render.terminal import terminal_width, wants_colour
    from las_cli.render.text import Paper

    return Paper(width=terminal_width(sys.stdout), colour=wants_colour())


def _print(document: Mapping[str, object], text: str, output_format: str) -> None:
    if output_format == "json":
        from las_cli.render.json import print_json

        print_json(document)
    else:
        click.echo(text, nl=False, color=True)
