"""``las-solve host list``: the example hosts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from las_cli.options import format_option, logging_options
from las_cli.render.terminal import printable, terminal_width

if TYPE_CHECKING:
    from las_solver.model import Host

__all__ = ["list_hosts"]


@click.command(short_help="List the example hosts.")
@format_option("text", "json")
@logging_options
def list_hosts(*, output_format: str) -> None:
    """List the example hosts, to plan for by --profile NAME, and which of them is the saved one, if any.

    \b
    Examples:
      las-solve host list
      las-solve plan vllm --profile gpu-24gb
      las-solve host list --format json
    """
    from las_registry.host.examples import example_host, example_names
    from las_registry.host.saved import find_saved

    examples = {name: example_host(name) for name in example_names()}
    path = find_saved()
    saved = None if path is None else _read_saved(path)
    marked = {name for name, machine in examples.items() if machine == saved}
    if output_format == "json":
        _print_json(examples, marked, path, saved)
        return
    _print_table(examples, marked)
    if path is not None:
        state = "cannot be used; las-solve host show says why" if saved is None else "is used in place of detection"
        click.echo(f"\nThe saved profile {printable(str(path))} {state}.")


def _read_saved(path: Path) -> Host | None:
    """The saved host; that it cannot be used is no reason not to list the others."""
    from las_registry.host.saved import read_saved
    from las_registry.problem import InvalidFile

    try:
        return read_saved(path)
    except InvalidFile:
        return None


def _print_table(examples: dict[str, Host], marked: set[str]) -> None:
    from las_cli.render.host import cards, rounded_size
    from las_cli.render.table import Column, render_table

    machines = examples.values()
    columns = (
        Column(title="NAME", cells=tuple(f"{name} (saved)" if name in marked else name for name in examples)),
        Column(title="CORES", cells=tuple("unknown" if one.cores is None else str(one.cores) for one in machines)),
        Column(
            title="MEMORY", cells=tuple("unknown" if one.ram is None else rounded_size(one.ram) for one in machines)
        ),
        Column(title="GPUS", cells=tuple("; ".join(cards(one)) or "none" for one in machines), rank=1, least=20),
        Column(title="RUNTIMES", cells=tuple(_runtimes(one) for one in machines), rank=2, least=20),
    )
    for line in render_table(columns, width=terminal_width(sys.stdout)):
        click.echo(line)


def _runtimes(machine: Host) -> str:
    return ", ".join(f"{name} {machine.runtimes[name]}" for name in sorted(machine.runtimes)) or "none"


def _print_json(examples: dict[str, Host], marked: set[str], path: Path | None, saved: Host | None) -> None:
    from las_cli.render.json import print_json
    from las_registry.host.profile import profile_document

    hosts = [
        {"name": name, "saved": name in marked, "profile": profile_document(machine)}
        for name, machine in examples.items()
    ]
    usable = None if saved is None else profile_document(saved)
    print_json({"hosts": hosts, "saved": None if path is None else {"file": str(path), "profile": usable}})
