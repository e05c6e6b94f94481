"""A request as the options of several commands spell it."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from las_cli.options import ModuleType, assume_option, profile_option, registry_option, strict_option
from las_cli.replay_option import replay_option, save_replay_option
from las_cli.store_option import store_option
from las_cli.stored_module import StoredModuleType
from las_solver.lazy_dataclass import dataclass

__all__ = [
    "RequestOptions",
    "Seconds",
    "change_options",
    "request_options",
    "request_options_without_store",
    "solver_option",
    "timeout_option",
    "without_together",
]

Command = TypeVar("Command", bound=Callable[..., Any])

_DEFAULT_TIMEOUT: Final = 60.0


class Seconds(click.FloatRange):
    """A time that is longer than none; infinity is no limit."""

    name = "time in seconds"

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        seconds = super().convert(value, param, ctx)
        if math.isnan(seconds):
            self.fail(f"{value!r} is not a time in seconds.", param, ctx)
        return seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestOptions:
    """What the options of :func:`request_options` were given, as it was typed.

    `started` is when the command began, on the clock of :func:`time.monotonic`. The last four are about what is
    installed, and have their defaults for a command that does not look at that.
    """

    registries: Sequence[Path]
    profile: str | None
    assumptions: Sequence[str]
    prereleases: bool
    strategy: str = "newest"
    modes: Sequence[str]
    preferred: Sequence[str]
    excluded: Sequence[str]
    timeout: float
    strict: bool
    solver: str | None
    eager: bool
    recorded: Path | None = None
    saved: Path | None
    started: float
    store: Path | None = None
    no_store: bool = True
    allow_removal: bool = False
    released: Sequence[str] = ()
    together: bool = False


def timeout_option(command: Command) -> Command:
    """Passes `timeout`: seconds, more than none."""
    return click.option(
        "--timeout",
        type=Seconds(),
        default=_DEFAULT_TIMEOUT,
        show_default=True,
        metavar="SECONDS",
        help="Stop after this time, with the best plan found so far if there is one. Explaining a conflict has a "
        "time of its own.",
    )(command)


def solver_option(command: Command) -> Command:
    """Passes `solver`: the name of a SAT solver, which :func:`make_planner` checks, or None."""
    return click.option("--solver", metavar="NAME", help="The SAT solver to use; the answer is the same with each.")(
        command
    )


def request_options(command: Command) -> Command:
    """The options that say what is asked for and of which machine; passes `options`: :class:`RequestOptions`.

    What is requested is no option: :func:`las_cli.question.pose` takes it, too.
    """
    strategies = _strategy_option("newest", "lowest", "keep")
    options = (*_MACHINE, strategies, *_WISHES, _together_option, _no_store_option, *_INSTALLED, *_REPLAYS)
    return _decorated(command, options)  # type: ignore[no-any-return]


def request_options_without_store(command: Command) -> Command:
    """The options of :func:`request_options` for a command that does not look at what is installed."""
    strategies = _strategy_option("newest", "lowest")
    return _decorated(command, (*_MACHINE, strategies, *_WISHES, *_REPLAYS))  # type: ignore[no-any-return]


_Option = Callable[[Any], Any]

_MACHINE: Final[Sequence[_Option]] = (
    registry_option,
    profile_option,
    assume_option,
    click.option("--pre", "prereleases", is_flag=True, help="Allow pre-releases of every module."),
)

_WISHES: Final[Sequence[_Option]] = (
    click.option(
        "--mode",
        "modes",
        multiple=True,
        metavar="[MODULE=]MODE",
        help="Allow only this mode of running (repeatable: only these); with MODULE=, force the mode of one.",
    ),
    click.option(
        "--prefer",
        "preferred",
        multiple=True,
        type=ModuleType(),
        metavar="NAME",
        help="Take this module first where an interface needs a provider. Repeatable, best first.",
    ),
    click.option(
        "--exclude",
        "excluded",
        multiple=True,
        type=ModuleType(),
        metavar="NAME[@CONSTRAINT]",
        help="Never choose this module, or these versions of it. Repeatable.",
    ),
    timeout_option,
    strict_option,
    solver_option,
    click.option("--eager", is_flag=True, hidden=True, help="Read every module that could matter at once."),
)

_INSTALLED: Final[Sequence[_Option]] = (
    store_option,
    click.option("--allow-removal", is_flag=True, help="Allow to remove what is installed, as little as possible."),
    click.option(
        "--allow-removal-of",
        "released",
        multiple=True,
        type=StoredModuleType(),
        metavar="NAME",
        help="Allow to remove this module if it is installed. Repeatable.",
    ),
)


def without_together(why: str) -> Callable[[Command], Command]:
    """Refuses ``--together``, of which it says `why` it makes no sense."""

    def refuse(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value:
            raise click.UsageError(f"--together makes no sense here: {why}", ctx)

    return click.option("--together", is_flag=True, hidden=True, expose_value=False, callback=refuse)


_together_option: Final[_Option] = click.option(
    "--together",
    is_flag=True,
    help="Plan modules that run at the same time: their minimums of memory add up, on each graphics card too.",
)

_no_store_option: Final[_Option] = click.option("--no-store", is_flag=True, help="Plan as if nothing were installed.")

_REPLAYS: Final[Sequence[_Option]] = (replay_option, save_replay_option)


def _strategy_option(*strategies: str) -> _Option:
    """Passes `strategy`: one of `strategies`, by default the first."""
    kept = "; keep changes the least of what is installed" if "keep" in strategies else ""
    return click.option(
        "--strategy",
        type=click.Choice(strategies),
        default=strategies[0],
        show_default=True,
        help=f"Which of the valid answers to take; lowest is the oldest, to test lower bounds with{kept}.",
    )


def _decorated(command: Callable[..., Any], options: Sequence[_Option], *, no_store: bool = True) -> Any:
    """`command` with `options`, in their order, which it is given as one value; `no_store` where that is no option."""
    names = [field.name for field in fields(RequestOptions) if field.name != "started"]

    @functools.wraps(command)
    def with_options(*arguments: Any, **values: Any) -> Any:
        started = time.monotonic()
        given = {"no_store": no_store, **{name: values.pop(name) for name in names if name in values}}
        return command(*arguments, options=RequestOptions(**given, started=started), **values)

    decorated: Any = with_options
    for option in reversed(options):
        decorated = option(decorated)
    return decorated


def change_options(command: Command) -> Command:
    """The options of :func:`request_options` for a command that changes what is installed, in a way of its own."""
    options = (*_MACHINE, *_WISHES, *_INSTALLED, save_replay_option)
    return _decorated(command, options, no_store=False)  # type: ignore[no-any-return]
