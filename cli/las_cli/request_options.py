"""A request as the options of several commands spell it, the question that it makes, and its answer."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from las_cli.logging import logger
from las_cli.options import ModuleType, assume_option, profile_option, registry_option, strict_option
from las_cli.progress import Progress
from las_cli.replay_option import REPLAYED, read_recorded, replay_option, save_replay, save_replay_option
from las_cli.store_option import store_option

if TYPE_CHECKING:
    from las_registry.lifecycle.reading import StoreContent
    from las_registry.registry import Registry
    from las_solver.conflict import Conflict
    from las_solver.errors import InvalidInput
    from las_solver.model import Host, Request
    from las_solver.plan import Plan
    from las_solver.planner import Planner
    from las_solver.source import Source

__all__ = [
    "Question",
    "RequestOptions",
    "Timer",
    "answer",
    "change_options",
    "in_time",
    "make_planner",
    "nothing_named",
    "pose",
    "request_options",
    "request_options_without_store",
    "solver_option",
    "timeout_option",
]

Command = TypeVar("Command", bound=Callable[..., Any])
Found = TypeVar("Found")

_DEFAULT_TIMEOUT: Final = 60.0
_EXPLAINING: Final = 10.0

_BY_HAND: Final = click.core.ParameterSource.COMMANDLINE
_RECORDED: Final = frozenset(
    (
        *(
            "registries",
            "profile",
            "assumptions",
            "prereleases",
            "strategy",
            "modes",
            "preferred",
            "excluded",
            "strict",
        ),
        *("store", "no_store", "allow_removal", "released"),
    )
)
"""The options about what stands in a replay file."""


class _Seconds(click.FloatRange):
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


class Timer:
    """Answers whether `seconds` have passed since it was asked first."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._first: float | None = None

    def __call__(self) -> bool:
        now = time.monotonic()
        if self._first is None:
            self._first = now
        return now - self._first >= self._seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request, the machine and the registry that it is about, and a planner for these.

    `place` says where plans are for, in words that follow "Plan for ...". `timeout` is the time in seconds for the
    answer, counted from `started`. `installed` is the digest of what a store said is installed.
    """

    request: Request
    host: Host
    registry: Registry
    planner: Planner
    place: str
    started: float
    timeout: float
    installed: str | None = None


def timeout_option(command: Command) -> Command:
    """Passes `timeout`: seconds, more than none."""
    return click.option(
        "--timeout",
        type=_Seconds(),
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

    What is requested is no option: :func:`pose` takes it, too.
    """
    strategies = _strategy_option("newest", "lowest", "keep")
    return _decorated(command, (*_MACHINE, strategies, *_WISHES, _no_store_option, *_INSTALLED, *_REPLAYS))  # type: ignore[no-any-return]


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
        type=ModuleType(),
        metavar="NAME",
        help="Allow to remove this module if it is installed. Repeatable.",
    ),
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


def pose(
    options: RequestOptions,
    modules: Sequence[str],
    *,
    also: Sequence[str] = (),
    adapt: Callable[[Request, Host, StoreContent | None], Request] | None = None,
) -> Question:
    """The question whether `modules` (``NAME[@CONSTRAINT]``) have a plan, with registry and machine as `options` say.

    `adapt` makes of the request that the options spell the one that is meant, on a host with what the store says. Names
    that have no effect are warned about. A replay file that is to be saved is, with the modules `also` in it.
    Raises :class:`InvalidInput` and :class:`RegistryUnusable`.
    """
    store = _store(options)
    request, host, registry = (
        _read(options, modules, store) if options.recorded is None else _replayed(options, modules)
    )
    if adapt is not None:
        request = adapt(request, host, store)
    if options.saved is not None:
        save_replay(options.saved, registry, host, request, also=also, directories=options.registries)
    from las_cli.installed import digest_of
    from las_cli.machine import place_of

    return Question(
        request=request,
        host=host,
        registry=registry,
        planner=make_planner(registry, host, solver=options.solver, eager=options.eager),
        place=place_of(options.profile, options.assumptions) if options.recorded is None else REPLAYED,
        started=options.started,
        timeout=options.timeout,
        installed=digest_of(store),
    )


def _store(options: RequestOptions) -> StoreContent | None:
    """What is installed on the machine that `options` name; a replay file says that itself."""
    if options.recorded is not None:
        return None
    from las_cli.installed import meant_store, read_installed

    return read_installed(meant_store(options.store, no_store=options.no_store, profile=options.profile))


def _read(
    options: RequestOptions, modules: Sequence[str], store: StoreContent | None
) -> tuple[Request, Host, Registry]:
    from las_cli.inputs import load_registry, warn_of_unknown
    from las_cli.installed import pins_of, with_installed
    from las_cli.machine import read_host
    from las_cli.request import build_request

    request = build_request(
        modules=modules,
        strategy=options.strategy,
        prereleases=options.prereleases,
        modes=options.modes,
        preferred=options.preferred,
        excluded=options.excluded,
        pinned=pins_of(store),
        released=options.released,
        allow_removal=options.allow_removal,
    )
    host = with_installed(read_host(options.profile, options.assumptions), store)
    registry = load_registry(options.registries, strict=options.strict)
    warn_of_unknown(request, host, registry)
    return request, host, registry


def _replayed(options: RequestOptions, modules: Sequence[str]) -> tuple[Request, Host, Registry]:
    """What a replay file says; raises a usage error if something else says it, too."""
    context = click.get_current_context()
    given = [one for one in context.command.params if one.name in _RECORDED]
    twice = next((one for one in given if context.get_parameter_source(one.name or "") is _BY_HAND), None)
    if twice is not None or modules:
        what = "a request" if twice is None else twice.opts[0]
        raise click.UsageError(f"--replay and {what} cannot be given together: the file says both.")
    assert options.recorded is not None
    recorded = read_recorded(options.recorded)
    return recorded.recording.request, recorded.recording.host, recorded.registry()


def nothing_named(command: str, *, bundled: bool) -> InvalidInput:
    """The error about a `command` that names no module; where the catalog is the `bundled` one, with an example."""
    from las_solver.errors import InvalidInput

    hint = "las-solve registry search WORD finds modules, las-solve registry list shows all"
    if bundled:
        hint += f"; las-solve {command} open-webui is an example"
    return InvalidInput("no module was named", hint=hint)


def make_planner(source: Source, host: Host, *, solver: str | None = None, eager: bool = False) -> Planner:
    """A planner with the SAT solver that ``--solver`` names; raises a usage error if there is none of that name."""
    from las_solver.planner import Planner
    from las_solver.sat import BACKENDS, DEFAULT_BACKEND

    backend = DEFAULT_BACKEND if solver is None else solver
    if backend not in BACKENDS:
        raise click.BadParameter(f"{backend!r} is none of {', '.join(sorted(BACKENDS))}.", param_hint="'--solver'")
    logger().debug("the SAT solver is chosen", backend=backend)
    return Planner(source, host, backend=backend, eager=eager)


def answer(question: Question, *, explaining: Callable[[], bool] | None = None) -> Plan | Conflict:
    """The planner's answer.

    Explaining a conflict has a time of its own: what was proved in time is not worth less for being found late. It
    ends when `explaining` answers True, by default after the timeout once more, and at most 10 seconds.
    """
    stop_explaining = Timer(min(question.timeout, _EXPLAINING)) if explaining is None else explaining

    def plan(out_of_time: Callable[[], bool]) -> Plan | Conflict:
        return question.planner.plan(question.request, stop=out_of_time, stop_explaining=stop_explaining)

    return in_time(question, plan)


def in_time(question: Question, ask: Callable[[Callable[[], bool]], Found]) -> Found:
    """What `ask` finds, which is given the `stop` that ends planning.

    Reading counts towards the time for `question`, too: it has run since the command began.
    """
    from las_solver.errors import OutOfTime

    logger().info("planning", after=round(time.monotonic() - question.started, 4))
    with Progress("Planning") as progress:

        def out_of_time() -> bool:
            progress.tick()
            return time.monotonic() - question.started >= question.timeout

        try:
            if out_of_time():
                raise OutOfTime
            found = ask(out_of_time)
        except OutOfTime:
            raise OutOfTime(question.timeout) from None
    logger().info("answered", seconds=round(time.monotonic() - question.started, 4))
    return found
