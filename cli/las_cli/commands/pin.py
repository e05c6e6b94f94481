"""``las-solve pin``: constraints of the machine's owner on every plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from las_cli.inputs import load_registry
from las_cli.logging import logger
from las_cli.options import ModuleType, format_option, logging_options, registry_option
from las_cli.recorded import headline, print_table
from las_cli.render.json import print_json
from las_cli.render.phrases import did_you_mean
from las_cli.render.state import pin_document, pin_table
from las_cli.store_option import dry_run_option, open_store, store_option

if TYPE_CHECKING:
    from las_registry.lifecycle.records import Pin
    from las_registry.registry import Registry
    from las_solver.constraint import Requirement

__all__ = ["pin", "warnings_about", "with_constraint"]


@click.command(short_help="Keep modules to versions, in every plan.")
@click.argument("modules", metavar="[MODULE[@CONSTRAINT]]...", nargs=-1, type=ModuleType())
@registry_option
@dry_run_option
@store_option
@format_option("text", "json")
@logging_options
def pin(
    *, modules: Sequence[str], registries: Sequence[Path], dry_run: bool, store: Path | None, output_format: str
) -> None:
    """Pin each MODULE to the versions that CONSTRAINT admits, or without one to the installed version: no plan has any
    other. Without a MODULE, list the pins.

    A pin asks for nothing: a plan without the module is as good. A new pin takes the place of an older one of the
    module; `las-solve unpin` removes it.

    \b
    Examples:
      las-solve pin
      las-solve pin pytorch
      las-solve pin 'vllm@>=0.6,<0.8' 'cuda@12.4.*'
    """
    from las_solver.constraint import Requirement

    requirements = [Requirement.parse(one) for one in modules]
    names = [one.name for one in requirements]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            raise click.UsageError(f"{name} is named twice: write its pin as one, like '{name}@>=1,<2'.")
    with open_store(store, writing=bool(requirements) and not dry_run) as opened:
        installed = {one.name: one.version for one in opened.modules() if one.installed}
        if not requirements:
            _list(opened.pins(), installed, output_format)
            return
        wanted = [with_constraint(one, installed) for one in requirements]
        for warning in warnings_about(wanted, load_registry(registries, warn=False), installed):
            logger().warning(warning)
        made = [opened.pin(one, dry_run=dry_run) for one in wanted]
    if output_format == "json":
        print_json({"status": "recorded", "dry_run": dry_run, "pins": [pin_document(one, installed) for one in made]})
        return
    click.echo(headline(dry_run))
    print_table(lambda paper: pin_table(made, installed, paper))


def _list(pins: Sequence[Pin], installed: Mapping[str, str], output_format: str) -> None:
    if output_format == "json":
        print_json({"pins": [pin_document(one, installed) for one in pins]})
    elif pins:
        print_table(lambda paper: pin_table(pins, installed, paper))
    else:
        click.echo("nothing is pinned; las-solve pin MODULE@CONSTRAINT pins a module", err=True)


def with_constraint(requirement: Requirement, installed: Mapping[str, str]) -> Requirement:
    """`requirement`, or where it admits every version, one that admits the installed one alone."""
    from las_solver.constraint import Requirement
    from las_solver.errors import InvalidInput

    if requirement.constraint.text:
        return requirement
    version = installed.get(requirement.name)
    if version is None:
        near = did_you_mean(requirement.name, installed)
        example = f"name a constraint: las-solve pin '{requirement.name}@<2'"
        raise InvalidInput(
            f"{requirement.name} is not installed, so that there is no version to pin it to",
            hint=f"{near} Or {example}" if near else example,
        )
    return Requirement.parse(f"{requirement.name}@=={version}")


def warnings_about(wanted: Sequence[Requirement], registry: Registry, installed: Mapping[str, str]) -> Iterator[str]:
    """What is odd about pins: no such module, no such version, or another one installed."""
    from las_solver.constraint import parse_version

    for one in wanted:
        version = installed.get(one.name)
        if version is not None and one.constraint.admits(parse_version(version)):
            continue
        if version is not None:
            yield f"{one.name} {version} is installed, which the pin does not admit: the next plan has to change it"
        if version is None and not registry.versions(one.name):
            near = did_you_mean(one.name, registry.names())
            yield f"there is no module named {one.name}" + (f"; {near}" if near else "")
        elif not registry.admitted(one):
            yield f"no version of {one.name} meets {one.constraint}: no plan can have it"
