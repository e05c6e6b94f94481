"""``las-solve registry which``: the registry that a module comes from, of several."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from las_cli.errors import ExitStatus
from las_cli.inputs import load_registry, unknown_module
from las_cli.options import ModuleType, format_option, logging_options, registry_option
from las_cli.render.json import print_json
from las_cli.render.terminal import terminal_width, wants_colour
from las_cli.render.text import Paper

if TYPE_CHECKING:
    from las_solver.errors import InvalidInput

__all__ = ["which"]


@click.command(short_help="Tell which registry a module comes from, and why.")
@click.argument("wanted", metavar="NAME", type=ModuleType())
@registry_option
@format_option("text", "json")
@logging_options
@click.pass_context
def which(ctx: click.Context, *, wanted: str, registries: Sequence[Path], output_format: str) -> None:
    """Tell which of several registries the module NAME comes from: what each has of it, in the order in which they are
    asked, what is asked of each, and why all but one do not count.

    The first registry that has the name is the only source for it, unless registries.yaml in the directory for settings
    maps the name to others. Exits with 1 if no version can be had from any.

    \b
    Examples:
      las-solve registry which vllm
      las-solve registry which corp-app --registry /srv/corp --registry /srv/public
      las-solve registry which corp-app --format json
    """
    from las_cli.render.which import which_document, which_lines
    from las_solver.constraint import Requirement

    requirement = Requirement.parse(wanted)
    name = requirement.name
    if requirement.constraint.text:
        raise _constrained(wanted, name)
    loaded = load_registry(registries, warn=False)
    offers = loaded.offers(name)
    if not any(one.is_there or one.rejected for one in offers):
        raise unknown_module(name, loaded)
    rule = loaded.rule_of(name)
    if output_format == "json":
        print_json(which_document(name, offers, rule))
    else:
        paper = Paper(width=terminal_width(sys.stdout), colour=wants_colour())
        click.echo("\n".join(which_lines(name, offers, rule, paper)), color=True)
    ctx.exit(ExitStatus.DONE if loaded.versions(name) else ExitStatus.CONFLICT)


def _constrained(wanted: str, name: str) -> InvalidInput:
    from las_solver.errors import InvalidInput

    return InvalidInput(f"{wanted} names versions, which come from where the module does", hint=f"write {name} alone")
