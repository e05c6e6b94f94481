"""``las-solve registry``: the modules that there are, and their manifests."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from las_cli.inputs import load_registry
from las_cli.options import FileType, ModuleType, format_option, logging_options, registry_option, strict_option
from las_cli.progress import Progress
from las_cli.render.terminal import display_width, printable, terminal_width, wants_colour
from las_cli.render.text import Paper, wrap

if TYPE_CHECKING:
    from las_registry.manifest import Manifest
    from las_registry.problem import Problem
    from las_registry.registry import Registry
    from las_solver.constraint import Requirement
    from las_solver.errors import InvalidInput
    from las_solver.model import Hardware, ModuleVersion

__all__ = ["registry"]


@click.group(short_help="List, show and validate modules and their manifests.")
@logging_options
def registry() -> None:
    """The modules that there are, and their manifests.

    \b
    Examples:
      las-solve registry list
      las-solve registry show 'vllm@>=0.6'
      las-solve registry validate my-registry
      las-solve registry seal my-registry/app/manifest.yaml
    """


@registry.command("list", short_help="List all modules.")
@registry_option
@strict_option
@format_option("text", "json")
@logging_options
def list_modules(*, registries: Sequence[Path], strict: bool, output_format: str) -> None:
    """List all modules, with their newest final version and the number of versions.

    \b
    Examples:
      las-solve registry list
      las-solve registry list --registry my-registry --format json
    """
    from las_cli.render.table import Column, render_table

    loaded = load_registry(registries, strict=strict)
    newest = [_newest(loaded, name) for name in loaded.names()]
    if output_format == "json":
        _print_json({"modules": [_summary(loaded, one) for one in newest]})
        return
    columns = (
        Column(title="MODULE", cells=tuple(one.module.name for one in newest)),
        Column(title="NEWEST", cells=tuple(str(one.module.version) for one in newest)),
        Column(title="VERSIONS", cells=tuple(str(len(loaded.versions(one.module.name))) for one in newest), rank=2),
        Column(title="CATEGORY", cells=tuple(one.module.category for one in newest), rank=1),
        Column(title="DESCRIPTION", cells=tuple(_first_line(one.text("description")) for one in newest), rank=3),
    )
    for line in render_table(columns, width=terminal_width(sys.stdout)):
        click.echo(line)


@registry.command(short_help="Show a module and its versions.")
@click.argument("wanted", metavar="NAME[@CONSTRAINT]", type=ModuleType())
@registry_option
@strict_option
@format_option("text", "json")
@logging_options
def show(*, wanted: str, registries: Sequence[Path], strict: bool, output_format: str) -> None:
    """Show the versions of a module that a constraint admits, newest first, and what the newest of them needs.

    The name of an interface lists the modules that provide it.

    \b
    Examples:
      las-solve registry show pytorch
      las-solve registry show 'pytorch@>=2.4,<3' --format json
      las-solve registry show openai-compatible-api
    """
    from las_solver.constraint import Requirement

    requirement = Requirement.parse(wanted)
    loaded = load_registry(registries, strict=strict, warn=False)
    if not loaded.versions(requirement.name):
        if loaded.providers(requirement.name):
            _show_interface(loaded, requirement.name, output_format)
            return
        raise _unknown(loaded, requirement.name)
    manifests = [one for one in _manifests(loaded, requirement) if one is not None]
    if not manifests:
        raise _no_version(loaded, requirement)
    if output_format == "json":
        versions = [_describe(one) for one in manifests]
        _print_json({"module": requirement.name, "request": str(requirement), "versions": versions})
    else:
        click.echo("\n".join(_module_lines(manifests)), color=True)


@registry.command(short_help="Report every mistake of manifests.")
@click.argument("paths", nargs=-1, type=FileType(), metavar="[PATH]...")
@registry_option
@format_option("text", "json")
@logging_options
def validate(*, paths: Sequence[Path], registries: Sequence[Path], output_format: str) -> None:
    """Report every mistake of the manifests in files and directories, or in the registry if none is named.

    The exit status is 2 if there is one.

    \b
    Examples:
      las-solve registry validate
      las-solve registry validate my-registry other/manifest.yaml
    """
    from las_registry.load import load_directory, load_files
    from las_registry.manifest import Pool
    from las_registry.registry import default_directories

    places = tuple(paths) or tuple(registries) or default_directories()
    pool, files = Pool(), [one for one in paths if not one.is_dir()]
    with Progress("Reading manifests") as progress:
        shelves = [load_directory(one, pool, progress) for one in places if one not in files]
        shelves += [load_files(files, pool, progress)] if files else []
    problems = [problem for shelf in shelves for problem in shelf.problems]
    manifests = [one for shelf in shelves for several in shelf.manifests.values() for one in several]
    count = sum(shelf.files for shelf in shelves)
    if output_format == "json":
        _print_json(
            {
                "status": "invalid" if problems else "valid",
                "files": count,
                "manifests": len(manifests),
                "problems": [_problem(one) for one in problems],
            }
        )
    else:
        for problem in problems:
            click.echo("\n".join(map(printable, str(problem).split("\n"))))
        signed = sum(1 for one in manifests if one.signature is not None)
        click.echo(_verdict(len(problems), count, len(manifests), signed), err=bool(problems))
    if problems:
        raise click.exceptions.Exit(2)


@registry.command(short_help="Print the JSON Schema of manifests.")
@logging_options
def schema() -> None:
    """Print the JSON Schema (2020-12) of manifests.

    \b
    Examples:
      las-solve registry schema > manifest.schema.json
    """
    from importlib.resources import files

    text = (files("las_registry") / "schema" / "manifest.schema.json").read_text(encoding="utf-8")
    click.echo(text, nl=False)


@registry.command(short_help="Write the checksums of manifests into their files.")
@click.argument("files", nargs=-1, required=True, type=FileType(), metavar="FILE...")
@click.option("--check", is_flag=True, help="Write nothing; fail if a checksum is missing or wrong.")
@logging_options
def seal(*, files: Sequence[Path], check: bool) -> None:
    """Write into each FILE the checksum of each of its manifests; nothing else in the file changes.

    \b
    Examples:
      las-solve registry seal my-registry/app/manifest.yaml
      las-solve registry seal --check my-registry/*/manifest.yaml
    """
    from las_registry.seal import seal_file, unsealed
    from las_solver.errors import InvalidInput

    problems: list[Problem] = []
    failures: list[InvalidInput] = []
    for path in files:
        try:
            if check:
                problems += unsealed(path)
                continue
            done = seal_file(path)
            what = (
                f"{done.written} of {_count(done.manifests, 'manifest')} sealed" if done.written else "sealed already"
            )
            click.echo(printable(f"{path}: {what}"))
        except InvalidInput as error:
            failures.append(error)
    if problems or failures:
        raise _all_failures(problems, failures)
    if check:
        click.echo(f"{_count(len(files), 'file')}: every manifest is sealed")


def _newest(loaded: Registry, name: str) -> Manifest:
    """The manifest of a module's newest final version, or its newest at all if there is none."""
    versions = loaded.versions(name)
    newest = next((one for one in versions if not one.version.is_prerelease), versions[0])
    manifest = loaded.manifest(name, newest.version)
    assert manifest is not None
    return manifest


def _manifests(loaded: Registry, requirement: Requirement) -> Iterator[Manifest | None]:
    for one in loaded.admitted(requirement):
        yield loaded.manifest(one.name, one.version)


def _show_interface(loaded: Registry, interface: str, output_format: str) -> None:
    providers = list(loaded.providers(interface))
    if output_format == "json":
        _print_json({"interface": interface, "providers": providers})
        return
    click.echo(_styled(f"{printable(interface)} is an interface, provided by:"))
    for name in providers:
        versions = [str(one.version) for one in loaded.versions(name) if interface in one.provides]
        click.echo(f"  {name} {', '.join(versions[:5])}{', ...' if len(versions) > 5 else ''}")


def _unknown(loaded: Registry, name: str) -> InvalidInput:
    from difflib import get_close_matches

    from las_registry.problem import InvalidFile
    from las_solver.errors import InvalidInput

    rejected = loaded.rejected(name)
    if rejected:
        return InvalidFile(rejected)
    known = {one.lower(): one for one in (*loaded.names(), *loaded.interfaces())}
    near = [known[one] for one in get_close_matches(name.lower(), known)]
    hint = f"did you mean {' or '.join(near)}?" if near else "las-solve registry list shows all modules"
    return InvalidInput(f"there is no module {name!r}", hint=hint)


def _no_version(loaded: Registry, requirement: Requirement) -> InvalidInput:
    from las_solver.errors import InvalidInput

    versions = [str(one.version) for one in loaded.versions(requirement.name)]
    shown = ", ".join(versions[:10]) + (", ..." if len(versions) > 10 else "")
    return InvalidInput(f"no version of {requirement.name} meets {requirement.constraint}", hint=f"there are {shown}")


def _module_lines(manifests: Sequence[Manifest]) -> Iterator[str]:
    newest = manifests[0]
    module = newest.module
    paper = Paper(width=terminal_width(sys.stdout))
    yield _styled(f"{module.name} {module.version}") + f"  {module.category}"
    description = " ".join((newest.text("description") or "").split())
    yield from wrap(printable(description), paper=paper, first="  ", indent="  ")
    yield ""
    rows = [(label, text) for label, text in _facts(newest) if text]
    if len(manifests) > 1:
        rows.append(("versions", ", ".join(str(one.module.version) for one in manifests)))
    widest = max(display_width(label) for label, _ in rows)
    for label, text in rows:
        first, indent = f"  {label.ljust(widest)}  ", " " * (widest + 4)
        yield from wrap(printable(text), paper=paper, first=first, indent=indent, widest=paper.width)


def _facts(manifest: Manifest) -> Iterator[tuple[str, str]]:
    module = manifest.module
    yield "license", manifest.text("license") or ""
    yield "needs", ", ".join(map(str, module.requirements))
    yield "runtimes", ", ".join(_runtime(one) for one in module.runtimes)
    yield "hardware", ", ".join(_hardware(module.hardware))
    yield "modes", ", ".join(f"{one} (preferred)" if one == module.preferred_mode else one for one in module.modes)
    yield "provides", ", ".join(module.provides)
    yield "consumes", ", ".join(module.consumes)
    yield "system packages", ", ".join(module.system_packages)
    yield "manifest", module.source
    yield "checksum", module.checksum or ""
    yield "signature", "not checked" if manifest.signature else ""


def _runtime(requirement: Requirement) -> str:
    return f"{requirement.name}{requirement.constraint}"


def _hardware(hardware: Hardware) -> Iterable[str]:
    from las_registry.size import format_size

    if hardware.cores_min is not None:
        yield f"{_count(hardware.cores_min, 'CPU core')}"
    if hardware.ram_min is not None:
        yield f"{format_size(hardware.ram_min)} RAM"
    if hardware.vram_min is not None:
        yield f"{format_size(hardware.vram_min)} VRAM"
    if hardware.multi_gpu:
        yield "two GPUs or more"


def _describe(manifest: Manifest) -> dict[str, object]:
    """One version as JSON: what the manifest says, and where it stands."""
    module = manifest.module
    return {
        "module": module.name,
        "version": str(module.version),
        "source": module.source,
        "checksum": manifest.checksum,
        "sealed": module.checksum is not None,
        "signature_checked": False if manifest.signature else None,
        "manifest": manifest.content,
    }


def _summary(loaded: Registry, newest: Manifest) -> dict[str, object]:
    versions: Sequence[ModuleVersion] = loaded.versions(newest.module.name)
    return {
        "module": newest.module.name,
        "category": newest.module.category,
        "description": newest.text("description"),
        "newest": str(newest.module.version),
        "versions": [str(one.version) for one in versions],
    }


def _problem(problem: Problem) -> dict[str, object]:
    return {
        "file": problem.file,
        "line": problem.line,
        "field": problem.field,
        "message": problem.message,
        "hint": problem.hint,
    }


def _verdict(problems: int, files: int, manifests: int, signed: int) -> str:
    what = f"{_count(manifests, 'manifest')} in {_count(files, 'file')}"
    if problems:
        return f"{_count(problems, 'mistake')}; {what} can be used"
    unchecked = f" ({_count(signed, 'signature')} not checked)" if signed else ""
    return f"{what}: all valid{unchecked}"


def _all_failures(problems: Sequence[Problem], failures: Sequence[InvalidInput]) -> InvalidInput:
    """One error for what went wrong with several files."""
    from las_registry.problem import InvalidFile
    from las_solver.errors import InvalidInput

    gathered = list(problems)
    others = [one for one in failures if not isinstance(one, InvalidFile)]
    for one in failures:
        if isinstance(one, InvalidFile):
            gathered += one.problems
    if not others:
        return InvalidFile(gathered)
    if len(failures) == 1 and not problems:
        return failures[0]
    return InvalidInput("\n".join([*map(str, gathered), *map(str, others)]))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _first_line(text: str | None) -> str:
    return printable((text or "").strip().partition("\n")[0])


def _print_json(document: dict[str, object]) -> None:
    from las_cli.render.json import render_json

    click.echo(render_json(document), nl=False)


def _styled(text: str) -> str:
    return click.style(text, bold=True) if wants_colour() else text
