"""``las-solve diagnose``: everything that there is to say about why a request has no plan, or not a newer one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
from click.core import ParameterSource

from las_cli.answers import report_on
from las_cli.options import FileType, ModuleType, format_option, logging_options
from las_cli.question import nothing_named, pose
from las_cli.render.terminal import printable
from las_cli.render.text import Paper
from las_cli.request_options import RequestOptions, request_options

__all__ = ["diagnose"]

_FILE_WIDTH: Final = 100
_ENDINGS: Final = {".html": "html", ".htm": "html", ".md": "markdown", ".json": "json"}


@click.command(short_help="Report why there is no plan, or no newer one.")
@click.argument("modules", metavar="MODULE[@CONSTRAINT]...", nargs=-1, type=ModuleType())
@request_options
@format_option(
    "text",
    "json",
    "markdown",
    "html",
    help="How to write the report; html is one page with a drawing. "
    "By default what the ending of --output says, else text.",
)
@click.option("--smallest", is_flag=True, help="Look for the fewest statements that contradict each other.")
@click.option(
    "-o", "--output", type=FileType(), metavar="FILE", help="Write the report to FILE in place of printing it."
)
@logging_options
@click.pass_context
def diagnose(
    ctx: click.Context,
    *,
    modules: Sequence[str],
    options: RequestOptions,
    output_format: str,
    smallest: bool,
    output: Path | None,
) -> None:
    """Report all there is to say about the request for MODULE... on this machine.

    Where it has no plan: every independent conflict with its reasons and their sources, and the smallest
    changes of the request or the machine that make a plan possible, each one checked, with the plan that it leads
    to. Where it has one: what holds each module back that is not at its newest, and what would admit a newer one.

    Reasons may take as long as --timeout once more, at most a minute; Ctrl-C shows what is known by then. The
    exit status is that of `las-solve plan`.

    \b
    Examples:
      las-solve diagnose comfyui 'vllm@>=0.30'
      las-solve diagnose vllm --profile gpu-8gb --smallest
      las-solve diagnose open-webui --format html --output report.html
    """
    if not modules and options.recorded is None:
        raise nothing_named("diagnose", bundled=not options.registries)
    if output is not None and str(output) == "-":
        raise click.BadParameter("'-' names no file; without the option, the report is printed.", param_hint="--output")
    question = pose(options, modules)
    if output is None:
        status, text = report_on(question, output_format, smallest=smallest)
        click.echo(text, nl=False, color=True)
    else:
        if ctx.get_parameter_source("output_format") is ParameterSource.DEFAULT:
            output_format = _ENDINGS.get(output.suffix.lower(), output_format)
        status, text = report_on(question, output_format, smallest=smallest, paper=Paper(width=_FILE_WIDTH))
        from las_registry.output_file import write_output_file

        write_output_file(output, text.encode())
        click.echo(f"{printable(str(output))}: written", err=True)
    ctx.exit(status)
