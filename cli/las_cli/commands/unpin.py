"""``las-solve unpin``: modules of which plans may choose any version again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from las_cli.options import format_option, logging_options
from las_cli.recorded import headline
from las_cli.render.json import print_json
from las_cli.render.phrases import did_you_mean
from las_cli.render.state import pin_document
from las_cli.store_option import completed_from_store, dry_run_option, open_store, store_option

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["unpin"]


class _PinnedType(click.ParamType[str]):
    """A pinned module; the shell completes them."""

    name = "module"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        names = completed_from_store(ctx, lambda store: [one.requirement.name for one in store.pins()])
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


@click.command(short_help="Remove pins.")
@click.argument("modules", metavar="MODULE...", nargs=-1, required=True, type=_PinnedType())
@dry_run_option
@store_option
@format_option("text", "json")
@logging_options
def unpin(*, modules: Sequence[str], dry_run: bool, store: Path | None, output_format: str) -> None:
    """Remove the pin of each MODULE, so that plans may choose any version of it again.

    \b
    Examples:
      las-solve unpin vllm
      las-solve unpin vllm cuda --dry-run
    """
    from las_solver.errors import InvalidInput

    names = list(dict.fromkeys(modules))
    with open_store(store) as opened:
        pinned = [one.requirement.name for one in opened.pins()]
        for name in names:
            if name not in pinned:
                near = did_you_mean(name, pinned)
                raise InvalidInput(f"{name} is not pinned", hint=near or "las-solve pin lists the pins")
        gone = [opened.unpin(name, dry_run=dry_run) for name in names]
    if output_format == "json":
        print_json({"status": "recorded", "dry_run": dry_run, "pins": [pin_document(one, {}) for one in gone]})
        return
    click.echo(headline(dry_run))
    for one in gone:
        click.echo(f"  {one.requirement.name} is no longer pinned to {one.requirement.constraint}")
