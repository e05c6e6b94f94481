"""``las-solve host save`` and ``forget``: the profile that counts in place of detection."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from las_cli.options import FileType, ProfileType, assume_option, format_option, logging_options
from las_cli.render.terminal import printable

if TYPE_CHECKING:
    from las_cli.machine import Facts
    from las_solver.errors import InvalidInput
    from las_solver.model import Host

__all__ = ["forget", "save"]


@click.command(short_help="Save the profile of this machine, to be used from now on.")
@click.option(
    "--profile",
    type=ProfileType(),
    metavar="FILE|NAME",
    envvar="LAS_SOLVE_PROFILE",
    show_envvar=True,
    help="The machine in place of this one: a file that describes it, or an example host of `las-solve host list`.",
)
@assume_option
@click.option(
    "--output", type=FileType(), metavar="FILE", help="Write the profile to FILE instead, and use it nowhere."
)
@click.option("--force", is_flag=True, help="Replace what was saved before.")
@format_option("text", "json")
@logging_options
def save(
    *, profile: str | None, assumptions: Sequence[str], output: Path | None, force: bool, output_format: str
) -> None:
    """Save what is known of this machine, or of the one that --profile names, as the profile of this machine.

    From then on every command uses it in place of looking at the machine, unless --profile or
    LAS_SOLVE_PROFILE names another. `las-solve host forget` undoes that. What was saved before is not
    looked at, only replaced by --force.

    \b
    Examples:
      las-solve host save
      las-solve host save --assume system_packages=git,cmake
      las-solve host save --profile gpu-24gb
      las-solve host save --output workstation.yaml
    """
    from las_cli.machine import find_profile, look, profile_text
    from las_registry.output_file import write_output_file

    path = _saved_path() if output is None else _named(output)
    facts = look(None if profile is None else find_profile(profile), assumptions)
    if os.path.lexists(path):
        _require_replaceable(path, output)
        if not force and _is_the_same(path, facts.machine):
            _report("unchanged", path, f"{path} says the same already", output_format)
            return
    text = profile_text(facts, _comments(facts, output))
    write_output_file(path, text.encode(), private=output is None)
    told = f"{facts.source}: saved to {path}"
    if output is None:
        told += "\nIt is used in place of detection from now on; las-solve host forget undoes that."
        named = os.environ.get("LAS_SOLVE_PROFILE")
        if named:
            told += f"\nAs long as LAS_SOLVE_PROFILE is set, {named} is used all the same."
    _report("saved", path, told, output_format)


@click.command(short_help="Remove the saved profile of this machine.")
@format_option("text", "json")
@logging_options
def forget(*, output_format: str) -> None:
    """Remove the profile that `las-solve host save` saved, so that this machine is looked at again.

    \b
    Examples:
      las-solve host forget
    """
    from las_registry.host.saved import find_saved, forget_saved

    path = find_saved()
    if path is None:
        _report("nothing", None, "No profile is saved.", output_format)
        return
    forget_saved(path)
    _report("removed", path, f"{path}: removed; this machine is looked at again", output_format)


def _saved_path() -> Path:
    from las_registry.host.saved import saved_path
    from las_solver.errors import InvalidInput

    path = saved_path()
    if path is None:
        message = "there is no directory to save the profile in: neither HOME nor XDG_CONFIG_HOME says where it is"
        raise InvalidInput(message, hint="write it to a file by --output FILE")
    return path


def _named(output: Path) -> Path:
    """`output`, unless it is ``-``, which stands for standard output with other programs."""
    from las_solver.errors import InvalidInput

    if str(output) == "-":
        raise InvalidInput("--output - names no file", hint="las-solve host show --format yaml prints a profile")
    return output


def _require_replaceable(path: Path, output: Path | None) -> None:
    """Refuses, even by force, to write over a directory and, where the user named it, over what is no file at all."""
    from las_solver.errors import InvalidInput

    # Unlike those of Path, the functions of os.path never raise.
    if os.path.isdir(path):  # noqa: PTH112
        raise InvalidInput(f"{path} is a directory", hint="remove it, or name a file by --output FILE")
    if output is not None and os.path.exists(path) and not os.path.isfile(path):  # noqa: PTH110, PTH113
        hint = "las-solve host show --format yaml prints a profile"
        raise InvalidInput(f"{path} is not a file, and is not written over", hint=hint)


def _is_the_same(path: Path, machine: Host) -> bool:
    """Whether the profile at `path` describes `machine` already; raises :class:`InvalidInput` if it does not."""
    from las_registry.host.difference import differences
    from las_registry.host.saved import read_saved
    from las_registry.problem import InvalidFile

    try:
        found = differences(read_saved(path), machine)
    except InvalidFile as error:
        problem = error.problems[0]
        raise _taken(path, f"and cannot be used: {problem.message}") from None
    if not found:
        return True
    lines = [f"  {one.fact}: {one.before} there, {one.after} now" for one in found]
    raise _taken(path, "\n".join(["and says otherwise", *lines]))


def _taken(path: Path, why: str) -> InvalidInput:
    from las_solver.errors import InvalidInput

    return InvalidInput(f"{path} exists, {why}", hint="--force replaces it")


def _comments(facts: Facts, output: Path | None) -> list[str]:
    """What stands on top of the file: what it is, and what to do with it."""
    if output is not None:
        return [
            f"A host profile: {facts.source}. Correct it by hand and use it by",
            f"las-solve plan MODULE --profile {shlex.quote(str(output))}",
        ]
    return [
        f"Saved by las-solve host save: {facts.source}. Correct it by hand.",
        "It is used in place of detection until las-solve host forget removes it; --profile detect does without it.",
    ]


def _report(status: str, path: Path | None, text: str, output_format: str) -> None:
    if output_format == "json":
        from las_cli.render.json import print_json

        print_json({"status": status, "file": None if path is None else str(path)})
        return
    for line in text.split("\n"):
        click.echo(printable(line))
