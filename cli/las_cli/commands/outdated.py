"""``las-solve outdated``: what is installed and older than it could be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click

from las_cli.answers import print_hint
from las_cli.installed_request import other_machine, upgrade_all, upgrade_of
from las_cli.options import format_option, logging_options
from las_cli.question import Question, pose
from las_cli.recorded import print_table
from las_cli.render.json import print_json
from las_cli.render.outdated import Outdated, outdated_document, outdated_table
from las_cli.render.phrases import counted
from las_cli.request_options import RequestOptions, change_options

if TYPE_CHECKING:
    from las_registry.lifecycle.reading import StoreContent
    from las_solver.conflict import Conflict
    from las_solver.model import Host, Request
    from las_solver.plan import Plan

__all__ = ["outdated"]

_NOTHING: Final = "nothing is outdated: nothing is installed"


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

    hints: list[str] = []

    def adapt(request: Request, host: Host, content: StoreContent | None) -> Request:
        if host.installed:
            return upgrade_of(())(request, host, content)
        hints.append(other_machine(content))
        return request

    question = pose(options, (), adapt=adapt)
    installed = question.host.installed
    found = upgrade_all(question)[1] if installed else None
    listed = list(_outdated(question, found))
    if output_format == "json":
        print_json({"status": "listed", "outdated": [outdated_document(one) for one in listed]})
    elif not listed:
        count = counted(len(installed), "installed module")
        click.echo(f"nothing is outdated: {count}, at the newest version there is" if installed else _NOTHING)
        for hint in filter(None, hints):
            print_hint(hint)
    else:
        print_table(lambda paper: outdated_table(listed, paper))
        if not isinstance(found, Plan):
            print_hint("not everything can be upgraded at once: las-solve upgrade says why")
        elif any(one.is_upgradable for one in listed):
            print_hint("las-solve upgrade plans the upgrades")


def _outdated(question: Question, found: Plan | Conflict | None) -> Iterator[Outdated]:
    """The installed modules with a newer version, in order of name, and what `found` makes of them."""
    from las_solver.plan import Plan

    plan = found if isinstance(found, Plan) else None
    steps = {} if plan is None else {step.module: step for step in plan.steps}
    invalid = {} if plan is None else {one.module: one.reason for one in plan.invalid}
    for name, one in sorted(question.host.installed.items()):
        newest = question.planner.newest(name)
        if newest > one.version:
            yield Outdated(one, newest, steps.get(name), invalid.get(name))
