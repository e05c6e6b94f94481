"""``las-solve state snapshot``, ``snapshots`` and ``rollback``: the states of all modules at one time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from las_cli.options import format_option, logging_options
from las_cli.recorded import headline, print_changes, print_table
from las_cli.render.json import print_json
from las_cli.render.phrases import did_you_mean
from las_cli.render.state import snapshot_document, snapshot_table
from las_cli.render.terminal import printable
from las_cli.store_option import completed_from_store, dry_run_option, open_store, store_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from click.shell_completion import CompletionItem

    from las_registry.lifecycle.records import Snapshot

__all__ = ["rollback", "snapshot", "snapshots"]

_MOST_SHOWN: Final = 10


class _SnapshotType(click.ParamType[str]):
    """The number or the label of a snapshot; the shell completes numbers, with labels beside them."""

    name = "snapshot"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        known = completed_from_store(ctx, lambda store: store.snapshots())
        return [
            CompletionItem(str(one.id), help=printable(one.label))
            for one in known
            if str(one.id).startswith(incomplete)
        ]


@click.command(short_help="Remember all states, to come back to them.")
@click.argument("label", default="")
@dry_run_option
@store_option
@format_option("text", "json")
@logging_options
def snapshot(*, label: str, dry_run: bool, store: Path | None, output_format: str) -> None:
    """Remember the state of every module, to come back to it by `las-solve state rollback`. LABEL says what it is.

    \b
    Examples:
      las-solve state snapshot
      las-solve state snapshot 'before the upgrade'
    """
    with open_store(store, writing=not dry_run) as opened:
        made = opened.snapshot(label, dry_run=dry_run)
    if output_format == "json":
        print_json({"status": "recorded", "dry_run": dry_run, "snapshot": snapshot_document(made)})
        return
    click.echo(headline(dry_run))
    print_table(lambda paper: snapshot_table([made], paper))


@click.command(short_help="List the snapshots.")
@store_option
@format_option("text", "json")
@logging_options
def snapshots(*, store: Path | None, output_format: str) -> None:
    """List the snapshots, the newest first.

    \b
    Examples:
      las-solve state snapshots
      las-solve state snapshots --format json
    """
    with open_store(store) as opened:
        known = sorted(opened.snapshots(), key=lambda one: one.id, reverse=True)
    if output_format == "json":
        print_json({"snapshots": [snapshot_document(one) for one in known]})
    elif known:
        print_table(lambda paper: snapshot_table(known, paper))
    else:
        click.echo("there is no snapshot yet; las-solve state snapshot makes one", err=True)


@click.command(short_help="Bring all states back to those of a snapshot.")
@click.argument("snapshot", type=_SnapshotType())
@dry_run_option
@store_option
@format_option("text", "json")
@logging_options
def rollback(*, snapshot: str, dry_run: bool, store: Path | None, output_format: str) -> None:
    """Bring the state of every module back to that of SNAPSHOT, the number or the label of one.

    That changes what is recorded, not what is installed: bring the machine back first. What the snapshot does not
    know is forgotten; what ran then is stopped, unless it runs now. Each change stands in the history.

    \b
    Examples:
      las-solve state rollback 3 --dry-run
      las-solve state rollback 'before the upgrade'
    """
    with open_store(store) as opened:
        wanted = _named(snapshot, opened.snapshots())
        done = opened.rollback(wanted.id, dry_run=dry_run)
    print_changes(
        done,
        output_format,
        dry_run=dry_run,
        nothing=f"all states are those of snapshot {wanted.id} already",
        more={"snapshot": wanted.id},
    )


def _named(text: str, known: Sequence[Snapshot]) -> Snapshot:
    """The snapshot of this number, or else the newest of this label; raises :class:`InvalidInput` if there is none."""
    found = [one for one in known if str(one.id) == text] or [one for one in known if one.label == text]
    if found:
        return max(found, key=lambda one: one.id)
    from las_solver.errors import InvalidInput

    if not known:
        hint = "las-solve state snapshot makes one"
    else:
        near = did_you_mean(text, (one.label for one in known))
        newest = ", ".join(str(one.id) for one in known[-_MOST_SHOWN:])
        hint = near or f"the newest ones are {newest}; las-solve state snapshots lists all"
    raise InvalidInput(f"there is no snapshot {text!r}", hint=hint)
