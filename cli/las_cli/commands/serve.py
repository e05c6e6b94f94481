"""``las-solve serve``: the resolver over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from las_cli.group import Entry, LazyGroup
from las_cli.logging import logger
from las_cli.options import FileType, logging_options, profile_option, registry_option
from las_cli.store_option import find_store, store_option

__all__ = ["Size", "serve"]

_COMMANDS: Final = {
    "token": Entry("las_cli.commands.serve_token", "token", "Make, list and revoke tokens for clients."),
}
_LEAST_MEMORY: Final = 128 << 20
_NEEDED: Final = ("fastapi", "httptools", "prometheus_client", "uvicorn")


class Size(click.ParamType[int]):
    """A number of bytes, as in profiles of machines: ``16MiB``."""

    name = "size"

    def __init__(self, least: int = 1) -> None:
        self._least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        from las_registry.size import parse_size
        from las_solver.errors import InvalidInput

        if isinstance(value, int):
            return value
        try:
            found = parse_size(value)
        except InvalidInput as error:
            self.fail(error.message, param, ctx)
        if found < self._least:
            self.fail(f"{value} is less than {self._least} bytes.", param, ctx)
        return found


@click.group(
    cls=LazyGroup,
    entries=_COMMANDS,
    invoke_without_command=True,
    short_help="Answer over HTTP what the commands print.",
)
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="The port to listen on; 0 takes one that is free.",
)
@registry_option
@profile_option
@store_option
@click.option("--no-store", is_flag=True, help="Serve as if nothing were installed, and record nothing.")
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    metavar="N",
    help="The processes that plan; by default as many as run at the same time here.",
)
@click.option(
    "--queue",
    type=click.IntRange(0, 100_000),
    default=128,
    show_default=True,
    metavar="N",
    help="The requests that may wait for a process.",
)
@click.option(
    "--max-body", type=Size(), default="1MiB", show_default=True, metavar="SIZE", help="The largest body of a request."
)
@click.option(
    "--max-seconds",
    type=click.FloatRange(0.1, 86_400),
    default=60.0,
    show_default=True,
    metavar="S",
    help="The most time for planning that a request gets, whatever it asks for.",
)
@click.option(
    "--grace",
    type=click.FloatRange(1, 86_400),
    default=30.0,
    show_default=True,
    metavar="S",
    help="The time for requests to be finished once the service is asked to end.",
)
@click.option(
    "--memory",
    type=Size(_LEAST_MEMORY),
    metavar="SIZE",
    help="The most memory that a process may take, which is replaced then; by default any.",
)
@click.option(
    "--tokens",
    type=FileType(),
    metavar="FILE",
    envvar="LAS_SOLVE_TOKENS",
    show_envvar=True,
    help="The file of tokens, which clients of this machine need then, too. For others it is tokens.json beside your "
    "settings by default.",
)
@click.option(
    "--reload-interval",
    type=click.FloatRange(0.1, 86_400),
    default=2.0,
    show_default=True,
    metavar="S",
    help="How often to look whether a registry has changed.",
)
@logging_options
@click.pass_context
def serve(
    ctx: click.Context,
    *,
    host: str,
    port: int,
    registries: Sequence[Path],
    profile: str | None,
    store: Path | None,
    no_store: bool,
    workers: int | None,
    queue: int,
    max_body: int,
    max_seconds: float,
    grace: float,
    memory: int | None,
    tokens: Path | None,
    reload_interval: float,
) -> None:
    """Answer over HTTP until a signal ends it: plans, conflicts, lookups, and what is installed.

    Listens on this machine alone, and needs no tokens there; another address is for clients with a token. Changes of a
    registry are noticed. The log is on standard error, a line for each request: JSON, unless --log-format says text.

    SIGTERM or Ctrl-C lets requests finish; a second one does not wait. Exit statuses: 0 ended, 2 wrong usage or an
    address that cannot be used, 3 an unusable registry, 130 interrupted.

    \b
    Examples:
      las-solve serve
      las-solve serve --port 0 --registry my-registry --profile workstation.yaml
      las-solve serve token add laptop --scope read
      las-solve serve --host 192.168.0.10 --workers 4 --memory 1GiB
    """
    if ctx.invoked_subcommand is not None:
        return
    _require_extra()
    if no_store and store is not None and ctx.get_parameter_source("store") is click.core.ParameterSource.COMMANDLINE:
        raise click.UsageError("--store and --no-store cannot be given together.")
    _ignore_hangups()
    from las_cli.serve.server import serve as run
    from las_cli.serve.settings import Settings
    from las_registry.processes import processors
    from las_registry.registry import default_directories

    settings = Settings(
        registries=tuple(registries) or default_directories(),
        host=host,
        port=port,
        profile=profile,
        store=None if no_store else find_store(store),
        workers=workers or processors(),
        queue=queue,
        max_body=max_body,
        max_seconds=max_seconds,
        grace=grace,
        memory=memory,
        tokens=tokens,
        reload_interval=reload_interval,
        log_format=logger().form or "json",
    )
    ctx.exit(run(settings))


def _ignore_hangups() -> None:
    """Until the service can look at its registries anew, which takes a while to come, SIGHUP does nothing."""
    import signal
    from contextlib import suppress

    with suppress(AttributeError, ValueError):  # Windows; a thread
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _require_extra() -> None:
    """Raises :class:`InvalidInput` where the libraries of the service are not installed."""
    from importlib.util import find_spec

    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        from las_solver.errors import InvalidInput

        message = f"the service needs libraries that are not installed: {', '.join(missing)}"
        hint = "pip install 'las-solve[serve]' beside las-solve, or make serve in its sources"
        raise InvalidInput(message, hint=hint)
