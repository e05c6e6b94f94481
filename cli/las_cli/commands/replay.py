"""``las-solve replay``: the answer to a request that was saved with all that it depends on."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from las_cli.answers import FORMATS, print_answer
from las_cli.logging import logger
from las_cli.options import FileType, format_option, logging_options
from las_cli.progress import Progress
from las_cli.question import Question, make_planner
from las_cli.render.terminal import printable
from las_cli.replay_option import REPLAYED, read_recorded
from las_cli.request_options import solver_option, timeout_option

if TYPE_CHECKING:
    from las_registry.replay import Replay

__all__ = ["replay"]


@click.command(short_help="Answer a saved request again, from its one file.")
@click.argument("file", type=FileType())
@format_option(*FORMATS, help="How to print the answer; dot is a graph for Graphviz, html one page with a drawing.")
@click.option(
    "--shrink",
    is_flag=True,
    help="Print the smallest replay file that shows the same conflict, or the same plan, in place of an answer. The "
    "timeout counts for that.",
)
@click.option("-o", "--output", type=FileType(), metavar="OUT", help="Write the smaller file to OUT.")
@timeout_option
@solver_option
@logging_options
@click.pass_context
def replay(
    ctx: click.Context,
    *,
    file: Path,
    output_format: str,
    shrink: bool,
    output: Path | None,
    timeout: float,
    solver: str | None,
) -> None:
    """Answer the request of FILE, which --save-replay wrote, by what FILE says of machine and modules.

    Nothing else counts, neither this machine nor any registry, so that the answer is the same everywhere. FILE may be
    - for standard input. The exit status is that of `las-solve plan`; with --shrink, it is 0.

    \b
    Examples:
      las-solve plan open-webui --save-replay report.yaml
      las-solve replay report.yaml
      las-solve replay report.yaml --format json
      las-solve replay report.yaml --shrink -o small.yaml
    """
    started = time.monotonic()
    if shrink and ctx.get_parameter_source("output_format") is ParameterSource.COMMANDLINE:
        raise click.UsageError("--shrink and --format cannot be given together: what it prints is a replay file.")
    if output is not None and (not shrink or str(output) == "-"):
        raise click.BadParameter("it is where the file of --shrink is written.", param_hint="'--output'")
    recorded = read_recorded(file)
    if not shrink:
        question = _question(recorded, started=started, timeout=timeout, solver=solver)
        ctx.exit(print_answer(question, output_format))
    text = _shrunk(recorded, until=started + timeout)
    if output is None:
        click.echo(text, nl=False)
    else:
        from las_registry.output_file import write_output_file

        write_output_file(output, text.encode())
        click.echo(f"{printable(str(output))}: written", err=True)


def _question(recorded: Replay, *, started: float, timeout: float, solver: str | None) -> Question:
    registry = recorded.registry()
    return Question(
        request=recorded.recording.request,
        host=recorded.recording.host,
        registry=registry,
        planner=make_planner(registry, recorded.recording.host, solver=solver),
        place=REPLAYED,
        started=started,
        timeout=timeout,
    )


def _shrunk(recorded: Replay, *, until: float) -> str:
    """The text of the smallest replay file with the answer of `recorded`; warns where time ran out before."""
    from las_registry.replay import Replay
    from las_registry.replay_text import replay_text
    from las_solver.shrink import shrink

    with Progress("Leaving out what does not matter, tries") as progress:
        found = shrink(recorded.recording, on_trial=progress, stop=lambda: time.monotonic() >= until)
    if not found.minimal:
        logger().warning("time ran out: more may be left out of this file (--timeout gives more time)")
    return replay_text(Replay(recording=found.recording, about=recorded.about))
