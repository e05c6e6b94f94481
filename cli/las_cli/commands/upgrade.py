"""``las-solve upgrade``: the newest versions of what is installed."""

from __future__ import annotations

from collections.abc import Sequence

import click

from las_cli.answers import FORMATS, print_answer
from las_cli.installed_request import InstalledModuleType, upgrade_all, upgrade_of
from las_cli.options import format_option, logging_options
from las_cli.question import pose
from las_cli.request_options import RequestOptions, change_options

__all__ = ["upgrade"]


@click.command(short_help="Plan the newest versions of what is installed.")
@click.argument("modules", metavar="[MODULE[@CONSTRAINT]]...", nargs=-1, type=InstalledModuleType())
@change_options
@format_option(*FORMATS, help="How to print the answer; dot is a graph for Graphviz, html one page with a drawing.")
@logging_options
@click.pass_context
def upgrade(ctx: click.Context, *, modules: Sequence[str], options: RequestOptions, output_format: str) -> None:
    """Plan the newest versions of each installed MODULE and of what it needs; without a MODULE, of every installed
    module that somebody asked for.

    Everything else that is installed stays, and changes only where that is needed. After an upgrade there is nothing
    more to upgrade. Without a MODULE, what does not work here and cannot be made to work is left alone. Records
    nothing: `las-solve apply` does. Exit statuses are those of `las-solve plan`.

    \b
    Examples:
      las-solve upgrade
      las-solve upgrade open-webui
      las-solve upgrade 'pytorch@<2.6' --allow-removal-of xformers
      las-solve upgrade --format json > plan.json && las-solve apply plan.json
    """
    question = pose(options, modules, adapt=upgrade_of(modules))
    if modules:
        ctx.exit(print_answer(question, output_format))
    question, found = upgrade_all(question)
    ctx.exit(print_answer(question, output_format, known=found))
