"""The process of the resolver service, from its start to its end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Final

import uvicorn

from las_cli.commands.serve_token import tokens_path
from las_cli.errors import ExitStatus
from las_cli.logging import Logger
from las_cli.progress import Progress
from las_cli.serve.app import make_app, needs_tokens
from las_cli.serve.folder import Folder, nothing_kept
from las_cli.serve.logs import Observed
from las_cli.serve.protocol import BoundedProtocol
from las_cli.serve.service import Service
from las_cli.serve.settings import Settings
from las_cli.serve.tokens import read_tokens
from las_registry.snapshot import Snapshot
from las_solver.errors import InvalidInput

__all__ = ["serve"]

_BACKLOG: Final = 2048
_CONNECTIONS: Final = 1024
_OTHER_FILES: Final = 512
"""The most files that are open beside connections: of stores, indexes and workers."""

_KEEP_ALIVE: Final = 15
"""Seconds for which a connection stays open without a request."""

_ELSEWHERE: Final = "LAS_SOLVE_CACHE names another directory for what can be made anew"

_LAST: Final = 1.0
"""Seconds in which requests that were cancelled can say so."""


def serve(settings: Settings) -> ExitStatus:
    """Answers requests until a signal ends that; the exit status.

    Raises :class:`InvalidInput` where nobody can listen at the address, or who asks there has to have a token and there
    is none; and what opening the registry does.
    """
    if needs_tokens(settings) and not read_tokens(tokens_path(settings.tokens)):
        message = f"clients of {settings.host} need tokens, and there are none"
        hint = "las-solve serve token add NAME makes one; 127.0.0.1 is for this machine alone, and needs none"
        raise InvalidInput(message, hint=hint)
    gc.enable()
    _allow_files()
    log = Logger()
    log.form, log.verbosity = settings.log_format, 1
    with _listening(settings.host, settings.port) as listening:
        folder = Folder()
        try:
            files = folder.fresh()
            try:
                with Progress("Reading manifests") as progress:
                    snapshot = Snapshot.take(settings.registries, files, on_progress=progress)
            except OSError as error:
                raise InvalidInput(nothing_kept(folder.path, error), hint=_ELSEWHERE) from None
            server = _Server(settings, log, listening)
            service = partial(Service, settings, snapshot, files, folder, log)
            with asyncio.Runner(loop_factory=_loop_factory()) as runner:
                return runner.run(server.run(service))
        finally:
            folder.remove()


def _allow_files() -> None:
    """Lets as many files be open as there may be connections and others; by default, many systems allow 1,024."""
    try:
        import resource
    except ImportError:  # Windows
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _CONNECTIONS + _OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that is bound to the address; raises :class:`InvalidInput`."""
    shown = f"{host}:{port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        made = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        message = f"the service cannot listen on {shown}: {getattr(error, 'strerror', None) or error}"
        raise InvalidInput(message, hint="name an address of this machine: --host 127.0.0.1") from None
    with made:
        try:
            if os.name == "posix":
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(address)
            made.listen(_BACKLOG)
        except OSError as error:
            hint = "name another port by --port; 0 takes one that is free"
            if error.errno == errno.EADDRNOTAVAIL:
                hint = "name an address of this machine: --host 127.0.0.1"
            raise InvalidInput(f"the service cannot listen on {shown}: {error.strerror}", hint=hint) from None
        made.setblocking(False)
        yield made


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What makes the event loop: that of uvloop, where it is installed."""
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


class _Uvicorn(uvicorn.Server):
    """A server of uvicorn that leaves signals alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Server:
    """The service while it runs: the first signal lets it finish its work, the second does not."""

    def __init__(self, settings: Settings, log: Logger, listening: socket.socket) -> None:
        self._settings = settings
        self._log = log
        self._listening = listening
        self._signals: list[int] = []
        self._called = asyncio.Event()
        self._service: Service | None = None
        self._uvicorn: _Uvicorn | None = None

    async def run(self, make_service: Callable[[], Service]) -> ExitStatus:
        """Starts everything, serves, and ends everything."""
        self._take_signals()
        _log_of_uvicorn(self._log)
        service = self._service = make_service()
        try:
            starting = asyncio.ensure_future(service.start())
            called = asyncio.ensure_future(self._called.wait())
            await asyncio.wait((starting, called), return_when=asyncio.FIRST_COMPLETED)
            called.cancel()
            if starting.done():
                await starting
                await self._serve(service)
            else:
                starting.cancel()
                with suppress(asyncio.CancelledError):
                    await starting
        finally:
            await service.stop()
        self._log.info("ended")
        return ExitStatus.INTERRUPTED if self._signals[:1] == [signal.SIGINT] else ExitStatus.DONE

    async def _serve(self, service: Service) -> None:
        config = uvicorn.Config(
            Observed(make_app(service), service),
            http=self._protocol(),
            loop="none",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=_BACKLOG,
            limit_concurrency=_CONNECTIONS,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=max(1, round(self._settings.grace)),
        )
        server = self._uvicorn = _Uvicorn(config)
        host, port = self._listening.getsockname()[:2]
        gc.collect()
        gc.freeze()
        self._log.info("listening", host=host, port=port, workers=self._settings.workers, digest=service.digest)
        if self._called.is_set():
            return
        await server.serve(sockets=[self._listening])
        rest = [one for one in asyncio.all_tasks() if one in server.server_state.tasks]
        if rest:
            await asyncio.wait(rest, timeout=_LAST)

    def _protocol(self) -> Any:
        return partial(BoundedProtocol, max_body=self._settings.max_body)

    def _take_signals(self) -> None:
        def call(number: int) -> None:
            self._signals.append(number)
            self._called.set()
            if self._service is not None:
                self._service.is_draining = True
            if self._uvicorn is not None:
                self._uvicorn.should_exit = True
                self._uvicorn.force_exit = len(self._signals) > 1
            with contextlib.suppress(OSError, ValueError):  # nobody may read the log any more
                self._log.info("ending", signal=signal.Signals(number).name, at_once=len(self._signals) > 1)

        def look() -> None:
            if self._service is not None:
                self._service.look()

        loop = asyncio.get_running_loop()
        try:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, call, number)
            loop.add_signal_handler(signal.SIGHUP, look)
        except (NotImplementedError, AttributeError):  # Windows
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda number, _: loop.call_soon_threadsafe(call, number))


def _log_of_uvicorn(log: Logger) -> None:
    """Passes on what uvicorn has to say, from warnings on."""

    class Passing(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            log.warning("server", text=record.getMessage())

    said: Any = logging.getLogger("uvicorn")
    said.handlers = [Passing()]
    said.setLevel(logging.WARNING)
    said.propagate = False
