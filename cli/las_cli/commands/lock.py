"""``las-solve lock``: a plan as a file, which gives the same modules wherever it is obeyed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from las_cli.answers import print_answer
from las_cli.command_text import command_text
from las_cli.errors import ExitStatus
from las_cli.explaining import BRIEFLY, Explaining
from las_cli.lock_option import LOCK_FILE, as_locked, read_lock_file
from las_cli.logging import logger
from las_cli.options import FileType, ModuleType, format_option, logging_options
from las_cli.question import Question, answer, pose
from las_cli.render.terminal import printable
from las_cli.request_options import RequestOptions, request_options_without_store, without_together

if TYPE_CHECKING:
    from las_cli.comparison import Comparison
    from las_registry.lock import Lock
    from las_solver.plan import Plan

__all__ = ["lock"]


@click.command(short_help="Write the versions of a plan to a lock file.")
@click.argument("modules", metavar="[MODULE[@CONSTRAINT]...]", nargs=-1, type=ModuleType())
@click.option(
    "-o",
    "--output",
    type=FileType(),
    default=LOCK_FILE,
    show_default=True,
    metavar="FILE",
    help="The lock file; - is standard output.",
)
@click.option("--check", is_flag=True, help="Write nothing: exit with 1 and what would change, if anything would.")
@request_options_without_store
@without_together(
    "a lock has versions, whatever runs when. las-solve plan --locked --together says whether all that is locked can "
    "run at the same time."
)
@format_option("text", "json")
@logging_options
@click.pass_context
def lock(
    ctx: click.Context,
    *,
    modules: Sequence[str],
    output: Path,
    check: bool,
    options: RequestOptions,
    output_format: str,
) -> None:
    """Plan MODULE... and write the versions of all modules, with the checksums of their manifests, to a lock file.

    `las-solve plan --locked` obeys it. The same registry, machine and request give the same file, byte by byte,
    whatever is installed. Without MODULE, the lock that is there already is renewed: the same is asked for.

    Prints what has changed. Exits with 1 and the reasons if there is no plan, and leaves the file as it is; also with
    1, under --check, if the file would change. Other statuses are those of `las-solve plan`.

    \b
    Examples:
      las-solve lock open-webui
      las-solve lock 'vllm@>=0.9' --profile workstation.yaml --output workstation.lock
      las-solve lock
      las-solve lock --check
    """
    _refuse_contradictions(output, options, check=check, output_format=output_format)
    old = _read_old(output, is_needed=check or not modules)
    if old is not None and not modules:
        options, modules = as_locked(old, output, options, modules)
    question = pose(options, modules)
    with Explaining(min(question.timeout, BRIEFLY)) as explaining:
        found = answer(question, explaining=explaining)
    from las_solver.plan import Plan

    if not isinstance(found, Plan):
        ctx.exit(print_answer(question, output_format, more=command_text("diagnose", modules, options), known=found))
    new = _locked(found, question)
    comparison = None if old is None else _compare(old, new)
    changes = old is None or new != old
    if changes and not check:
        _write(output, new)
    if str(output) != "-":
        _print(output, new, comparison, output_format, check=check, changes=changes)
    ctx.exit(ExitStatus.CONFLICT if check and changes else ExitStatus.DONE)


def _refuse_contradictions(output: Path, options: RequestOptions, *, check: bool, output_format: str) -> None:
    if options.recorded is not None:
        raise click.UsageError("--replay gives no lock: a replay file does not hold whole manifests.")
    if str(output) == "-" and check:
        raise click.UsageError("--check and --output - cannot be given together: there is no file to look at.")
    if str(output) == "-" and output_format == "json":
        raise click.UsageError("--format json and --output - cannot be given together: the lock itself is printed.")


def _read_old(output: Path, *, is_needed: bool) -> Lock | None:
    """The lock that is there, if there is one. One that cannot be read is only an error where it `is_needed`."""
    from las_solver.errors import InvalidInput

    if str(output) == "-" and is_needed:
        raise InvalidInput("no module was named", hint="a lock on standard output needs a MODULE to lock")
    if str(output) == "-" or (not is_needed and not output.is_file()):  # a device or a pipe holds no old lock
        return None
    try:
        return read_lock_file(output)
    except InvalidInput as error:
        if is_needed:
            raise
        logger().warning(f"the old lock cannot be read, and is replaced: {str(error).partition(chr(10))[0]}")
        return None


def _locked(plan: Plan, question: Question) -> Lock:
    """The lock of `plan`; raises :class:`OutOfTime` for a plan that could be another with more time."""
    from las_registry.lock import lock_of
    from las_solver.errors import OutOfTime

    if not (plan.optimal and plan.explained):
        raise OutOfTime(question.timeout)
    return lock_of(plan, question.registry, question.host)


def _compare(old: Lock, new: Lock) -> Comparison:
    from las_cli.comparison import compare
    from las_cli.sides import side_of_lock

    return compare(side_of_lock(old, "the old lock"), side_of_lock(new, "the new lock"))


def _write(output: Path, new: Lock) -> None:
    from las_registry.lock_text import lock_text
    from las_registry.output_file import write_output_file

    if str(output) == "-":
        click.echo(lock_text(new), nl=False)
    else:
        write_output_file(output, lock_text(new).encode())


def _print(
    output: Path, new: Lock, comparison: Comparison | None, output_format: str, *, check: bool, changes: bool
) -> None:
    """Says what was written, or would be."""
    status = ("outdated" if check else "written") if changes else "current"
    if output_format == "json":
        from las_cli.render.diff import difference_document
        from las_cli.render.json import print_json

        difference = None if comparison is None else difference_document(comparison)
        print_json(
            {"status": status, "lock": str(output), "modules": len(new.modules), "difference": difference},
        )
        return
    if comparison is not None and not comparison.is_identical:
        from las_cli.render.diff import render_difference
        from las_cli.render.terminal import terminal_width, wants_colour
        from las_cli.render.text import Paper

        paper = Paper(width=terminal_width(sys.stdout), colour=wants_colour())
        click.echo(render_difference(comparison, paper), nl=False, color=True)
    words = {"written": "written", "current": "up to date", "outdated": "out of date"}[status]
    count = "1 module" if len(new.modules) == 1 else f"{len(new.modules)} modules"
    click.echo(f"{printable(str(output))}: {words}, {count}", err=True)
