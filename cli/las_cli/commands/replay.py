"""``las-solve replay``: the answer to a request that was saved with all that it depends on."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from las_cli.answers import FORMATS, print_answer
from las_cli.options import FileType, format_option, logging_options
from las_cli.replay_option import REPLAYED, read_recorded
from las_cli.request_options import Question, make_planner, solver_option, timeout_option

if TYPE_CHECKING:
    from las_registry.replay import Replay

__all__ = ["replay"]


@click.command(short_help="Answer a saved request again, from its one file.")
@click.argument("file", type=FileType())
@format_option(*FORMATS, help="How to print the answer; dot is a graph for Graphviz, html one page with a drawing.")
@timeout_option
@solver_option
@logging_options
@click.pass_context
def replay(ctx: click.Context, *, file: Path, output_format: str, timeout: float, solver: str | None) -> None:
    """Answer the request of FILE, which --save-replay wrote, by what FILE says of machine and modules.

    Nothing else counts, neither this machine nor any registry, so that the answer is the same everywhere. FILE may be
    - for standard input. The exit status is that of `las-solve plan`.

    \b
    Examples:
      las-solve plan open-webui --save-replay report.yaml
      las-solve replay report.yaml
      las-solve replay report.yaml --format json
    """
    started = time.monotonic()
    question = _question(read_recorded(file), started=started, timeout=timeout, solver=solver)
    ctx.exit(print_answer(question, output_format))


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
