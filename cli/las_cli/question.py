"""The question that a request makes of a planner, and its answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

import click

from las_cli.logging import logger
from las_cli.progress import Progress
from las_cli.replay_option import REPLAYED, read_recorded, save_replay
from las_solver.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from las_cli.request_options import RequestOptions
    from las_registry.lifecycle.reading import StoreContent
    from las_registry.registry import Registry
    from las_solver.conflict import Conflict
    from las_solver.errors import InvalidInput
    from las_solver.model import Host, Request
    from las_solver.plan import Plan
    from las_solver.planner import Planner
    from las_solver.source import Source

__all__ = ["Question", "Timer", "answer", "in_time", "make_planner", "nothing_named", "pose"]

Found = TypeVar("Found")

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
        *("store", "no_store", "allow_removal", "released", "together"),
    )
)
"""The options about what stands in a replay file."""


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
    answer, counted from `started`, which is later by what making an index of the registry took. `installed` is the
    digest of what a store said is installed.
    """

    request: Request
    host: Host
    registry: Registry
    planner: Planner
    place: str
    started: float
    timeout: float
    installed: str | None = None


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
    request, host, registry, making = (
        _read(options, modules, store) if options.recorded is None else (*_replayed(options, modules), 0.0)
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
        started=options.started + making,
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
) -> tuple[Request, Host, Registry, float]:
    """Request, host and registry, and for how many seconds indexes were made, or others waited for that made them."""
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
        together=options.together,
    )
    host = with_installed(read_host(options.profile, options.assumptions), store)
    events: set[str] = set()
    before = time.monotonic()
    registry = load_registry(options.registries, strict=options.strict, on_index=lambda event, *_: events.add(event))
    making = time.monotonic() - before if events & {"compiled", "waiting"} else 0.0
    warn_of_unknown(request, host, registry)
    return request, host, registry, making


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

    found = in_time(question, plan)
    if not question.registry.is_plain:
        from las_cli.shadowed import warn_of_others

        warn_of_others(question.registry, question.request, found)
    if question.registry.warns_of_unsigned:
        from las_cli.standings import warn_of_standings

        warn_of_standings(question.registry, found)
    return found


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
