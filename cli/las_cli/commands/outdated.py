"""``las-solve outdated``: what is installed and older than it could be."""

from __future__ import annotations

import click

from las_cli.answers import print_hint
from las_cli.installed_request import upgrade_of
from las_cli.options import format_option, logging_options
from las_cli.recorded import print_table
from las_cli.render.json import print_json
from las_cli.render.outdated import Outdated, outdated_document, outdated_table
from las_cli.render.phrases import counted
from las_cli.request_options import RequestOptions, answer, change_options, pose

__all__ = ["outdated"]


@click.command(short_help="List what is installed and older than it could be.")
@change_options
@format_option("text", "json")
@logging_options
def outdated(*, options: RequestOptions, output_format: str) -> None:
    """List the installed modules of which the registry has a newer version: the installed one, the one that
    `las-solve upgrade` would give, the newest, and what stands in its way.

    Where everything cannot be upgraded at once, no upgrade is shown; `las-solve upgrade` says why. Exits with 0,
    whether there are any or not.

    \b
    Examples:
      las-solve outdated
      las-solve outdated --pre
      las-solve outdated --format json
    """
    from las_solver.plan import Plan

    question = pose(options, (), adapt=upgrade_of(()))
    found = answer(question)
    steps = {step.module: step for step in found.steps} if isinstance(found, Plan) else {}
    listed = []
    for name, one in sorted(question.host.installed.items()):
        newest = question.planner.newest(name)
        if newest > one.version:
            listed.append(Outdated(one, newest, steps.get(name)))
    if output_format == "json":
        print_json({"status": "listed", "outdated": [outdated_document(one) for one in listed]})
        return
    if not listed:
        count = counted(len(question.host.installed), "installed module")
        click.echo(f"nothing is outdated: {count}, each at the newest version there is")
        return
    print_table(lambda paper: outdated_table(listed, paper))
    if not isinstance(found, Plan):
        print_hint("not everything can be upgraded at once: las-solve upgrade says why")
    elif any(one.is_upgradable for one in listed):
        print_hint("las-solve upgrade plans the upgrades")
