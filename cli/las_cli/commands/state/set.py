"""``las-solve state set``: the state of a module, and whether somebody asked for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from packaging.version import Version

from las_cli.inputs import load_registry, unknown_module
from las_cli.options import format_option, logging_options, registry_option
from las_cli.recorded import headline, print_changes
from las_cli.render.json import print_json
from las_cli.render.phrases import did_you_mean
from las_cli.store_option import dry_run_option, open_store, reason_option, store_option
from las_cli.stored_module import StoredModuleType, Wanted, name_a_version, read_wanted
from las_registry.lifecycle.kept_manifest import manifest_text
from las_registry.lifecycle.states import State, is_allowed
from las_solver.constraint import parse_version
from las_solver.errors import InvalidInput

if TYPE_CHECKING:
    from las_registry.lifecycle.records import Transition
    from las_registry.lifecycle.store import Store
    from las_registry.registry import Registry

__all__ = ["Brought", "Change", "bring", "registered", "set_state"]

_OF_INSTALLED: Final = (State.RUNNING, State.STOPPED)
"""The states that only what is installed can come into."""

_WITH_MANIFEST: Final = (State.RESOLVED, State.INSTALLED)
"""The states in which the store keeps the manifest."""

_MOST_SHOWN: Final = 10


class _StateType(click.Choice[str]):
    """A state; one that is mistyped, or stands before the module, is answered with what was meant."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        said = super().get_invalid_choice_message(value, ctx)
        module = "" if ctx is None else ctx.params.get("module", "")
        if module in self.choices:
            return f"{said} The module comes first: las-solve state set {value} {module}"
        near = did_you_mean(value, self.choices)
        return f"{said} {near.capitalize()}" if near else said


@click.command("set", short_help="Record a state of a module, or who wants it.")
@click.argument("module", metavar="MODULE[@VERSION]", type=StoredModuleType(is_any=True))
@click.argument("state", metavar="[STATE]", required=False, type=_StateType([state.value for state in State]))
@click.option(
    "--requested/--needed",
    default=None,
    help="Whether somebody asked for the module, or it is only there while others need it.",
)
@reason_option
@registry_option
@dry_run_option
@store_option
@format_option("text", "json")
@logging_options
def set_state(
    *,
    module: str,
    state: str | None,
    requested: bool | None,
    reason: str,
    registries: Sequence[Path],
    dry_run: bool,
    store: Path | None,
    output_format: str,
) -> None:
    """Record that a module has come into STATE: resolved, installed, running, stopped, failed or deprecated.

    \b
    From       to (and from each to failed and deprecated)
    available  resolved
    resolved   installed
    installed  running, stopped
    running    stopped
    stopped    running
    failed     resolved

    Anything else is refused. Without a version, it is the one for which that is allowed, if that is one alone. To
    install a version takes the place of another one that is installed. What has failed or is deprecated stays
    installed, if it was, until it is removed.

    \b
    Examples:
      las-solve state set open-webui@0.6.5 installed
      las-solve state set open-webui running
      las-solve state set pytorch failed --reason 'the driver is too old'
      las-solve state set pytorch --needed
    """
    if state is None and requested is None:
        raise click.UsageError("Name a STATE, or --requested or --needed.")
    wanted = read_wanted(module)
    with open_store(store, writing=not dry_run) as opened:
        if state is None:
            assert requested is not None
            _mark(opened, wanted.name, requested, dry_run, output_format)
        else:
            change = Change(
                wanted,
                State(state),
                requested,
                reason,
                lambda one: registered(one, load_registry(registries, warn=False)),
            )
            _bring(opened, change, dry_run, output_format)


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be recorded; `find` gives the version that is wanted, and its manifest, where the store has none."""

    wanted: Wanted
    to: State
    requested: bool | None
    reason: str
    find: Callable[[Wanted], tuple[Version, str]]


@dataclass(frozen=True, slots=True)
class Brought:
    """What was recorded of a module at a version: the transition, None where it was there already, and the version that
    it takes the place of."""

    name: str
    version: Version
    transition: Transition | None
    replaced: str | None


def bring(store: Store, change: Change, *, dry_run: bool = False) -> Brought:
    """Records the new state of a module; raises :class:`InvalidInput` where it is not clear which version is meant."""
    name, version, manifest = _meant(store, change)
    replaced = [one.version for one in store.modules(name) if one.installed and parse_version(one.version) != version]
    done = store.transition(
        name,
        version,
        change.to,
        expected=store.module(name, version).state,  # what is decided here, nobody else may have overtaken
        reason=change.reason,
        manifest=manifest,
        requested=change.requested,
        dry_run=dry_run,
    )
    gone = replaced[0] if replaced and done is not None and change.to is State.INSTALLED else None
    return Brought(name, version, done, gone)


def _bring(store: Store, change: Change, dry_run: bool, output_format: str) -> None:
    """Records the new state of a module, and prints it."""
    brought = bring(store, change, dry_run=dry_run)
    if brought.transition is None and change.requested is not None:
        _mark(store, change.wanted.name, change.requested, dry_run, output_format)
        return
    print_changes(
        () if brought.transition is None else (brought.transition,),
        output_format,
        dry_run=dry_run,
        nothing=f"{brought.name} {brought.version} is {change.to} already",
        more={"replaced": brought.replaced},
    )
    if brought.replaced is not None and output_format == "text":
        click.echo(f"It takes the place of {brought.name} {brought.replaced}.")


def _mark(store: Store, name: str, requested: bool, dry_run: bool, output_format: str) -> None:
    """Records whether somebody asked for a module."""
    changed = store.request(name, requested, dry_run=dry_run)
    if output_format == "json":
        status = "recorded" if changed else "unchanged"
        print_json({"status": status, "dry_run": dry_run, "module": name, "requested": requested, "transitions": []})
        return
    what = f"somebody asked for {name}" if requested else f"{name} is only there as far as others need it"
    click.echo(f"{headline(dry_run)}: {what}" if changed else f"{what}: that is recorded already")


def _meant(store: Store, change: Change) -> tuple[str, Version, str | None]:
    """The module and the version that are meant, and the manifest to keep of it unless the store has one already."""
    wanted, to = change.wanted, change.to
    known = [one for one in store.modules(wanted.name) if wanted.is_version(one.version)]
    if not known:
        version, text = change.find(wanted)
        return wanted.name, version, text if to in _WITH_MANIFEST else None
    if len(known) > 1:
        fitting = [one for one in known if (one.installed if to in _OF_INSTALLED else is_allowed(one.state, to))]
        fitting = [one for one in fitting if one.installed] or fitting
        if len(fitting) != 1:
            raise name_a_version(wanted, known)
        known = fitting
    [one] = known
    version = parse_version(one.version)
    if one.manifest is not None or to not in _WITH_MANIFEST:
        return one.name, version, None
    return one.name, version, change.find(Wanted(one.name, version))[1]


def registered(wanted: Wanted, registry: Registry) -> tuple[Version, str]:
    """The version of what is `wanted` in the registry, and its manifest; raises :class:`InvalidInput` where there is
    none, or it is not clear which."""
    versions = [one.version for one in registry.versions(wanted.name)]
    if not versions:
        raise unknown_module(wanted.name, registry)
    shown = ", ".join(map(str, versions[:_MOST_SHOWN])) + (", ..." if len(versions) > _MOST_SHOWN else "")
    if wanted.version is None and len(versions) > 1:
        hint = f"name one, as in {wanted.name}@{versions[0]}; there is {shown}"
        raise InvalidInput(f"nothing is recorded of {wanted}, and it has more than one version", hint=hint)
    manifest = registry.manifest(wanted.name, wanted.version or versions[0])
    if manifest is None:
        raise InvalidInput(f"there is no {wanted}", hint=f"there is {shown}")
    return manifest.module.version, manifest_text(manifest)
