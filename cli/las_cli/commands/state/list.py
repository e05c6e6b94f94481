"""``las-solve state list``: the modules that have a state."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from las_cli.options import format_option, logging_options
from las_cli.recorded import print_table
from las_cli.render.json import print_json
from las_cli.render.state import module_document, module_table
from las_cli.store_option import open_store, store_option
from las_registry.lifecycle.states import State

__all__ = ["list_states"]

_STATES = [state.value for state in State if state is not State.AVAILABLE]


@click.command("list", short_help="List the modules with a state.")
@click.option("--installed", is_flag=True, help="Only what is installed.")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(_STATES),
    help="Only what is in this state. Repeatable: in one of these.",
)
@store_option
@format_option("text", "json")
@logging_options
def list_states(*, installed: bool, states: Sequence[str], store: Path | None, output_format: str) -> None:
    """List the modules that have a state, by name, the newest version first. All others are available.

    Whether a version is installed is kept beside its state: one that failed, or is deprecated, may be installed or not.
    REQUESTED says whether somebody asked for the module, or others need it.

    \b
    Examples:
      las-solve state list
      las-solve state list --installed --format json
      las-solve state list --state failed --state stopped
    """
    with open_store(store) as opened:
        known = opened.modules()
    found = [one for one in known if (one.installed or not installed) and (not states or one.state in states)]
    if output_format == "json":
        print_json({"modules": [module_document(one) for one in found]})
    elif found:
        print_table(lambda paper: module_table(found, paper))
    elif known:
        click.echo(
            f"none of the {len(known):,} recorded versions is like that; las-solve state list shows all", err=True
        )
    else:
        click.echo("no module has a state yet; las-solve apply records a plan", err=True)
