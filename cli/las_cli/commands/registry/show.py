"""``las-solve registry show``: a module, and which of its versions fit this machine."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from las_cli.inputs import load_registry, unknown_module, warn_of
from las_cli.machine import place_of, read_host
from las_cli.options import (
    ModuleType,
    assume_option,
    format_option,
    logging_options,
    profile_option,
    registry_option,
    strict_option,
)
from las_cli.progress import Progress
from las_cli.render.json import print_json
from las_cli.render.modules import facts_of
from las_cli.render.terminal import display_width, printable, terminal_width, wants_colour
from las_cli.render.text import Paper, wrap
from las_cli.shadowed import warn_of_shadowed

if TYPE_CHECKING:
    from las_registry.manifest import Manifest
    from las_registry.registry import Registry
    from las_registry.trust.standing import Standing
    from las_solver.constraint import Requirement
    from las_solver.errors import InvalidInput
    from las_solver.model import Host
    from las_solver.survey import Verdict

__all__ = ["described", "show"]

_PATIENCE: Final = 10.0
_MOST_VERSIONS: Final = 40
_MOST_REASONS: Final = 6
_FATES: Final = {True: ("fits", "green"), False: ("does not fit", "red"), None: ("not tried", "yellow")}


@click.command(short_help="Show a module, and which versions of it fit this machine.")
@click.argument("wanted", metavar="NAME[@CONSTRAINT]", type=ModuleType())
@registry_option
@profile_option
@assume_option
@strict_option
@format_option("text", "json")
@logging_options
def show(
    *,
    wanted: str,
    registries: Sequence[Path],
    profile: str | None,
    assumptions: Sequence[str],
    strict: bool,
    output_format: str,
) -> None:
    """Show what the newest version of a module needs that a constraint admits, and which of these versions fit here.

    A version fits if there is a plan with it on this machine; the reasons of the others follow. What could not be tried
    within 10 seconds is said to be "not tried".

    The name of an interface lists the modules that provide it.

    \b
    Examples:
      las-solve registry show pytorch
      las-solve registry show vllm --profile gpu-8gb
      las-solve registry show 'pytorch@>=2.4,<3' --format json
      las-solve registry show openai-compatible-api
    """
    from las_solver.constraint import Requirement

    requirement = Requirement.parse(wanted)
    loaded = load_registry(registries, strict=strict, warn=False)
    if not loaded.versions(requirement.name):
        if not loaded.providers(requirement.name):
            raise unknown_module(requirement.name, loaded)
        _show_interface(loaded, requirement, output_format)
        return
    warn_of(loaded.rejected(requirement.name), registries)
    warn_of_shadowed(loaded, [requirement.name])
    manifests = list(_manifests(loaded, requirement))
    if not manifests:
        raise _no_version(loaded, requirement)
    host = read_host(profile, assumptions)
    verdicts = _survey(loaded, host, requirement, len(manifests))
    if output_format == "json":
        print_json(_document(loaded, requirement, manifests, verdicts, host))
        return
    paper = Paper(width=terminal_width(sys.stdout), colour=wants_colour())
    place = place_of(profile, assumptions)
    newest = manifests[0]
    standing = loaded.standing(newest.module.name, newest.module.version)
    lines = (*_module_lines(newest, standing, paper), *_verdict_lines(verdicts, place, paper))
    click.echo("\n".join(lines), color=True)


def _survey(registry: Registry, host: Host, requirement: Requirement, count: int) -> list[Verdict]:
    """Verdicts on all `count` versions that `requirement` admits."""
    from las_solver.planner import Planner

    deadline = time.monotonic() + _PATIENCE
    verdicts = []
    with Progress(f"Trying versions of {printable(requirement.name)}") as progress:
        for verdict in Planner(registry, host).survey(requirement, stop=lambda: time.monotonic() > deadline):
            verdicts.append(verdict)
            progress(sum(one.span.high - one.span.low + 1 for one in verdicts), count)
    return verdicts


def _manifests(registry: Registry, requirement: Requirement) -> Iterator[Manifest]:
    for one in registry.admitted(requirement):
        manifest = registry.manifest(one.name, one.version)
        assert manifest is not None
        yield manifest


def _show_interface(registry: Registry, requirement: Requirement, output_format: str) -> None:
    from las_solver.errors import InvalidInput

    interface = requirement.name
    if requirement.constraint.text:
        raise InvalidInput(f"{interface} is an interface, which has no versions", hint=f"write {interface} alone")
    providers = list(registry.providers(interface))
    if output_format == "json":
        print_json({"interface": interface, "providers": providers})
        return
    paper = Paper(width=terminal_width(sys.stdout), colour=wants_colour())
    click.echo(paper.style(f"{interface} is an interface, provided by:", bold=True), color=True)
    for name in providers:
        versions = [str(one.version) for one in registry.versions(name) if interface in one.provides]
        click.echo(f"  {name} {', '.join(versions[:5])}{', ...' if len(versions) > 5 else ''}")


def _no_version(registry: Registry, requirement: Requirement) -> InvalidInput:
    from las_solver.errors import InvalidInput

    versions = [str(one.version) for one in registry.versions(requirement.name)]
    shown = ", ".join(versions[:10]) + (", ..." if len(versions) > 10 else "")
    return InvalidInput(f"no version of {requirement.name} meets {requirement.constraint}", hint=f"there are {shown}")


def _module_lines(manifest: Manifest, standing: Standing | None, paper: Paper) -> Iterator[str]:
    module = manifest.module
    yield paper.style(f"{module.name} {module.version}", bold=True) + f"  {module.category}"
    description = " ".join((manifest.text("description") or "").split())
    yield from wrap(printable(description), paper=paper, first="  ", indent="  ")
    yield ""
    yield from _rows([(label, text) for label, text in facts_of(manifest, standing) if text], paper)


def _rows(rows: Sequence[tuple[str, str]], paper: Paper) -> Iterator[str]:
    """Labels, and texts in a column of their own."""
    widest = max(display_width(label) for label, _ in rows)
    for label, text in rows:
        first, indent = f"  {label.ljust(widest)}  ", " " * (widest + 4)
        yield from wrap(printable(text), paper=paper, first=first, indent=indent, widest=paper.width)


def _verdict_lines(verdicts: Sequence[Verdict], place: str, paper: Paper) -> Iterator[str]:
    """Which versions fit, newest first, with the reasons of those that do not."""
    widest = max(len(_FATES[verdict.fits][0]) for verdict in verdicts)
    indent = " " * (widest + 4)
    yield ""
    yield paper.style(f"Versions {printable(place)}, newest first", bold=True)
    for verdict in verdicts:
        word, colour = _FATES[verdict.fits]
        label = f"  {paper.style(word, fg=colour)}{' ' * (widest - len(word))}  "
        # Colours take no room on the terminal, so the label is put there after its line was broken.
        first, *rest = wrap(_versions(verdict), paper=paper, first=indent, indent=indent, widest=paper.width)
        yield label + first.removeprefix(indent)
        yield from rest
        for reason in _reasons(verdict):
            yield from wrap(printable(reason), paper=paper, first=f"{indent}- ", indent=f"{indent}  ")


def _versions(verdict: Verdict) -> str:
    span = verdict.span
    versions = [str(version) for version in reversed(span.versions[span.low : span.high + 1])]
    more = len(versions) - _MOST_VERSIONS
    return ", ".join(versions if more <= 0 else [*versions[:_MOST_VERSIONS], f"{more} more"])


def _reasons(verdict: Verdict) -> Iterator[str]:
    """The statements of the conflict, apart from what everybody knows: that this version was asked for."""
    if verdict.fits is not False:
        return
    from las_solver.sentence import sentence
    from las_solver.statement import Requested, UnknownModule

    conflict, command = verdict.conflict, f"las-solve plan '{verdict.span.module}@{verdict.span.constraint}'"
    if conflict is None or not conflict.is_explained:
        yield f"out of time to say why; {command} takes more"
        return
    told = [one for one in conflict.core if not isinstance(one, Requested)]
    telling = [one for one in told if not (isinstance(one, UnknownModule) and one.is_runtime)] or told
    yield from map(sentence, telling[:_MOST_REASONS])
    if len(telling) > _MOST_REASONS:
        yield f"and {len(telling) - _MOST_REASONS} more; {command} shows them all"


def _document(
    registry: Registry, requirement: Requirement, manifests: Sequence[Manifest], verdicts: Sequence[Verdict], host: Host
) -> dict[str, object]:
    from las_registry.host.profile import profile_document

    fates = {
        version: verdict.fits
        for verdict in verdicts
        for version in verdict.span.versions[verdict.span.low : verdict.span.high + 1]
    }
    return {
        "module": requirement.name,
        "request": str(requirement),
        "versions": [{**described(registry, one), "fits": fates[one.module.version]} for one in manifests],
        "verdicts": [verdict.to_dict() for verdict in verdicts],
        "host": profile_document(host),
    }


def described(registry: Registry, manifest: Manifest) -> dict[str, object]:
    """One version as JSON: what the manifest says, and where it stands."""
    module = manifest.module
    standing = registry.standing(module.name, module.version)
    assert standing is not None
    return {
        "module": module.name,
        "version": str(module.version),
        "source": module.source,
        "checksum": manifest.checksum,
        "sealed": module.checksum is not None,
        "signature_checked": standing.kind in ("valid", "other-names") if manifest.signature else None,
        "standing": standing.kind,
        "key": standing.key_id,
        "manifest": manifest.content,
    }
