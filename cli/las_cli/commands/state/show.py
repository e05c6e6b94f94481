"""``las-solve state show``: all that is recorded of a module."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from las_cli.inputs import load_registry, unknown_module
from las_cli.machine import read_host
from las_cli.options import assume_option, format_option, logging_options, profile_option, registry_option
from las_cli.render.json import print_json
from las_cli.render.modules import facts_of
from las_cli.render.state import module_document, module_table, pin_document, transition_document, transition_table
from las_cli.render.terminal import display_width, printable, terminal_width, wants_colour
from las_cli.render.text import Paper, wrap
from las_cli.store_option import open_store, store_option
from las_cli.stored_module import StoredModuleType, Wanted, read_wanted

if TYPE_CHECKING:
    from las_registry.lifecycle.records import Module, Pin, Transition
    from las_registry.lifecycle.store import Store
    from las_solver.model import Host

__all__ = ["Recorded", "read_recorded", "recorded_document", "show"]

_MOST_RECORDS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What is recorded of a module: its versions, each with its manifest if one is kept, and the rest."""

    versions: tuple[tuple[Module, str | None], ...]
    pin: Pin | None
    needed_by: tuple[str, ...]
    history: tuple[Transition, ...]


@click.command(short_help="Show what is recorded of a module.")
@click.argument("module", metavar="MODULE[@VERSION]", type=StoredModuleType(is_any=True))
@registry_option
@profile_option
@assume_option
@store_option
@format_option("text", "json")
@logging_options
def show(
    *,
    module: str,
    registries: Sequence[Path],
    profile: str | None,
    assumptions: Sequence[str],
    store: Path | None,
    output_format: str,
) -> None:
    """Show the state of a module, or of one version: since when, its manifest as it was then, which installed modules
    need it, its pin, and its history.

    A module of the registry of which nothing is recorded is available.

    \b
    Examples:
      las-solve state show open-webui
      las-solve state show pytorch@2.4.0 --format json
    """
    wanted = read_wanted(module)
    with open_store(store) as opened:
        found = read_recorded(opened, wanted, read_host(profile, assumptions))
    if not found.versions and not found.history:
        registry = load_registry(registries, warn=False)
        if not registry.versions(wanted.name):
            raise unknown_module(wanted.name, registry)
    if output_format == "json":
        print_json(recorded_document(wanted, found))
        return
    for line in _lines(wanted, found, Paper(width=terminal_width(sys.stdout), colour=wants_colour())):
        click.echo(line, color=True)


def read_recorded(store: Store, wanted: Wanted, host: Host) -> Recorded:
    """What `store` has recorded of what is `wanted`, on the machine `host`."""
    versions = [one for one in store.modules(wanted.name) if wanted.is_version(one.version)]
    is_installed = any(one.installed for one in versions)
    return Recorded(
        versions=tuple((one, store.manifest(one.name, one.version)) for one in versions),
        pin=next((one for one in store.pins() if one.requirement.name == wanted.name), None),
        needed_by=store.needed_by(wanted.name, host=host) if is_installed else (),
        history=tuple(one for one in store.history(wanted.name) if wanted.is_version(one.version))[::-1],
    )


def recorded_document(wanted: Wanted, found: Recorded) -> dict[str, object]:
    """What is recorded as JSON."""
    installed = {one.name: one.version for one, _ in found.versions if one.installed}
    return {
        "module": wanted.name,
        "versions": [
            {**module_document(one), "manifest": None if text is None else json.loads(text)}
            for one, text in found.versions
        ],
        "pin": None if found.pin is None else pin_document(found.pin, installed),
        "needed_by": list(found.needed_by),
        "history": [transition_document(one) for one in found.history],
    }


def _lines(wanted: Wanted, found: Recorded, paper: Paper) -> Iterator[str]:
    yield paper.style(printable(str(wanted)), bold=True)
    if found.versions:
        yield from module_table([one for one, _ in found.versions], paper)
    else:
        yield from wrap("available: nothing is recorded of it", paper=paper, first="  ", indent="  ")
    if found.pin is not None:
        yield from wrap(f"pinned to {found.pin.requirement.constraint}", paper=paper, first="  ", indent="  ")
    kept = [(one, text) for one, text in found.versions if text is not None]
    kept = [(one, text) for one, text in kept if one.installed] or kept
    for one, text in kept[:1]:
        yield from _heading(f"Manifest of {one.version}", paper)
        yield from _facts(one, text, paper)
    if found.needed_by:
        yield from _heading("Needed by", paper)
        for need in found.needed_by:
            yield from wrap(printable(need), paper=paper, first="  - ", indent="    ")
    if found.history:
        yield from _heading("History, the newest first", paper)
        yield from transition_table(found.history[:_MOST_RECORDS], paper)
        more = len(found.history) - _MOST_RECORDS
        if more > 0:
            yield from wrap(f"and {more} more: las-solve state history {wanted.name}", paper=paper, first="  ")


def _heading(text: str, paper: Paper) -> Iterator[str]:
    yield ""
    yield paper.style(text, bold=True)


def _facts(module: Module, text: str, paper: Paper) -> Iterator[str]:
    """What a kept manifest says, in rows."""
    from las_registry.lifecycle.kept_manifest import keep_manifest
    from las_registry.manifest import Manifest
    from las_registry.yaml_document import Document
    from las_solver.constraint import parse_version

    content: dict[str, Any] = json.loads(text)
    kept = keep_manifest(text, module.name, parse_version(module.version)).module
    manifest = Manifest(kept, Document(file="", index=0, line=1, value=content))
    described = ("description", " ".join((manifest.text("description") or "").split()))
    rows = [(label, fact) for label, fact in (described, *facts_of(manifest)) if fact and label != "manifest"]
    widest = max(display_width(label) for label, _ in rows)
    for label, fact in rows:
        first = f"  {label.ljust(widest)}  "
        yield from wrap(printable(fact), paper=paper, first=first, indent=" " * (widest + 4), widest=paper.width)
