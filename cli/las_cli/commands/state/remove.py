"""``las-solve state remove``: that a module was removed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from las_cli.machine import read_host
from las_cli.options import assume_option, format_option, logging_options, profile_option
from las_cli.recorded import print_changes
from las_cli.store_option import dry_run_option, open_store, reason_option, store_option
from las_cli.stored_module import StoredModuleType, read_wanted, recorded_version

__all__ = ["remove"]


@click.command(short_help="Record that a module was removed.")
@click.argument("module", metavar="MODULE[@VERSION]", type=StoredModuleType())
@reason_option
@profile_option
@assume_option
@dry_run_option
@store_option
@format_option("text", "json")
@logging_options
def remove(
    *,
    module: str,
    reason: str,
    profile: str | None,
    assumptions: Sequence[str],
    dry_run: bool,
    store: Path | None,
    output_format: str,
) -> None:
    """Record that a module was removed: its state is forgotten, its history stays.

    Without a version, it is the installed one, or the only one that is recorded. What is running, or what an
    installed module needs, is not removed. `las-solve remove` plans what has to go with a module, and this records it.

    \b
    Examples:
      las-solve state remove open-webui --reason 'moved to another machine'
      las-solve state remove pytorch@2.4.0 --dry-run
    """
    wanted = read_wanted(module)
    with open_store(store) as opened:
        one = recorded_version(wanted, opened)
        host = read_host(profile, assumptions)
        done = opened.remove(one.name, one.version, reason=reason, host=host, dry_run=dry_run)
    print_changes([done], output_format, dry_run=dry_run, nothing="")
