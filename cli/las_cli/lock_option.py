"""Plans by a lock: the options that name one, what they make of a request, and what speaks against obeying it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click
from click.core import ParameterSource

from las_cli.answers import print_answer
from las_cli.errors import ExitStatus
from las_cli.explaining import BRIEFLY, Explaining
from las_cli.logging import logger
from las_cli.options import FileType
from las_cli.question import answer, pose
from las_cli.render.terminal import printable
from las_cli.request_options import RequestOptions

if TYPE_CHECKING:
    from las_registry.lock import Lock
    from las_solver.model import Request

__all__ = ["LOCK_FILE", "as_locked", "lock_options", "print_locked", "read_lock_file"]

Command = TypeVar("Command", bound=Callable[..., Any])

LOCK_FILE: Final = Path("las-solve.lock")
"""The lock of a directory."""

_OPTIONS: Final = ("prereleases", "strategy", "modes", "preferred", "excluded")
"""The options that a lock states, by the names of :class:`RequestOptions`."""


def lock_options(command: Command) -> Command:
    """Passes `lock`: the path of the lock to obey, or None."""

    @functools.wraps(command)
    def with_lock(*arguments: Any, locked: bool, lock: Path | None, **values: Any) -> Any:
        return command(*arguments, lock=lock or (LOCK_FILE if locked else None), **values)

    decorated: Any = with_lock
    decorated = click.option(
        "--lock",
        type=FileType(),
        metavar="FILE",
        help="As --locked, by this lock file.",
    )(decorated)
    return click.option(  # type: ignore[no-any-return]
        "--locked",
        is_flag=True,
        help=f"Plan what {LOCK_FILE} says, which `las-solve lock` wrote, at its versions, or fail.",
    )(decorated)


def read_lock_file(path: Path) -> Lock:
    """The lock at `path` (``-`` is standard input).

    Raises :class:`InvalidInput` where there is none, and :class:`InvalidFile` with all that is wrong with it.
    """
    from las_cli.inputs import read_input
    from las_registry.lock import read_lock
    from las_solver.errors import InvalidInput

    if str(path) != "-" and not path.exists():
        raise InvalidInput(f"there is no {path}", hint="las-solve lock MODULE... writes one")
    return read_lock(read_input(path), "standard input" if str(path) == "-" else str(path))


def as_locked(
    lock: Lock, file: Path, options: RequestOptions, modules: Sequence[str]
) -> tuple[RequestOptions, list[str]]:
    """`options` and modules that ask for what `lock` was asked for.

    Raises a usage error where the command line, `modules` or options, asks for something else.
    """
    _refuse_others(lock.request, file, options, modules)
    request = lock.request
    forced = [f"{name}={mode}" for name, mode in request.forced_modes.items()]
    asked = replace(
        options,
        prereleases=request.prereleases,
        strategy=str(request.strategy),
        modes=[*sorted(request.modes or ()), *forced],
        preferred=request.preferred,
        excluded=[str(one) for one in request.excluded],
    )
    return asked, [str(one) for one in request.requirements]


def print_locked(options: RequestOptions, modules: Sequence[str], output_format: str, *, file: Path) -> ExitStatus:
    """Plans by the lock `file` and prints the plan, or says why it cannot be obeyed; the exit status."""
    if options.recorded is not None:
        raise click.UsageError("--replay and a lock cannot be given together: the file says what was locked.")
    from las_registry.lock_changes import LockNotObeyed, changed_facts, changed_manifests, unlike_plan
    from las_solver.plan import Plan

    lock = read_lock_file(file)
    name = "standard input" if str(file) == "-" else str(file)
    asked, named = as_locked(lock, file, options, modules)
    question = pose(replace(asked, saved=None), named)
    question = replace(question, request=replace(question.request, locked=lock.versions))
    if options.saved is not None:
        from las_cli.replay_option import save_replay

        save_replay(options.saved, question.registry, question.host, question.request, directories=options.registries)
    facts = tuple(changed_facts(lock, question.host))
    if manifests := tuple(changed_manifests(lock, question.registry, question.host)):
        raise LockNotObeyed(name, (*manifests, *facts))
    with Explaining(min(question.timeout, BRIEFLY)) as explaining:
        found = answer(question, explaining=explaining)
    if isinstance(found, Plan):
        if unlike := tuple(unlike_plan(lock, found)):
            raise LockNotObeyed(name, (*unlike, *facts))
        for change in facts:
            logger().info("not as it was locked", fact=change.name, locked=change.locked, now=change.now)
    else:
        for change in facts:
            logger().warning(f"{name} was made for another machine: {change}")
    return print_answer(question, output_format, known=found)


def _refuse_others(locked: Request, file: Path, options: RequestOptions, modules: Sequence[str]) -> None:
    from las_cli.request import build_request

    context = click.get_current_context()
    typed = {one for one in _OPTIONS if context.get_parameter_source(one) is ParameterSource.COMMANDLINE}
    asked = build_request(modules=modules, **{one: getattr(options, one) for one in sorted(typed)})
    remedy = f"leave it out, or write another lock: las-solve lock MODULE... --output {printable(str(file))}"
    same = {
        "prereleases": asked.prereleases == locked.prereleases,
        "strategy": asked.strategy is locked.strategy,
        "modes": (asked.modes, dict(asked.forced_modes)) == (locked.modes, dict(locked.forced_modes)),
        "preferred": asked.preferred == locked.preferred,
        "excluded": set(asked.excluded) == set(locked.excluded),
    }
    for parameter in context.command.params:
        if parameter.name in typed and not same[parameter.name]:
            raise click.UsageError(f"{parameter.opts[0]} is not what {printable(str(file))} was made with: {remedy}.")
    if modules and set(asked.requirements) != set(locked.requirements):
        for_what = " ".join(map(str, locked.requirements))
        raise click.UsageError(f"{printable(str(file))} is for {for_what}: name no other modules, or none at all.")
