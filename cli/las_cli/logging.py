"""What las-solve says about its own work, on standard error.

Nothing is said without ``-v``, except warnings. structlog does the writing, and is imported only when
it is needed: its import takes longer than a plan.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import click

from las_cli.render.terminal import printable, wants_colour

if TYPE_CHECKING:
    from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

__all__ = ["Logger", "logger"]

_KEY: Final = "las_cli.logging"


class Logger:
    """Writes events at once.

    `verbosity` is the number of ``-v``: 0 writes warnings, 1 what is done, 2 also how. `form` is ``text`` or
    ``json``, None where nobody said, which is like ``text``.
    """

    def __init__(self) -> None:
        self.verbosity = 0
        self.form: str | None = None
        self._writer: FilteringBoundLogger | None = None

    @classmethod
    def of(cls, ctx: click.Context) -> Logger:
        """The one logger of a run of the command line."""
        found = ctx.meta.setdefault(_KEY, cls())
        assert isinstance(found, Logger)
        return found

    def debug(self, event: str, **values: object) -> None:
        """How something is done; shown with ``-vv``."""
        if self.verbosity >= 2:
            self._say("debug", event, values)

    def info(self, event: str, **values: object) -> None:
        """What is done; shown with ``-v``."""
        if self.verbosity >= 1:
            self._say("info", event, values)

    def warning(self, message: str, **values: object) -> None:
        """Something that the user should know of; a plain line unless a structured log was asked for."""
        if self.verbosity >= 1 or self.form == "json":
            self._say("warning", message, values)
            return
        label = click.style("warning:", fg="yellow") if wants_colour(sys.stderr) else "warning:"
        click.echo(f"{label} {printable(message)}", err=True, color=True)

    def _say(self, level: str, event: str, values: Mapping[str, object]) -> None:
        if self._writer is None:
            self._writer = _structlog(self.form)
        with suppress(OSError):  # a log that nobody reads any more keeps nothing from being done
            getattr(self._writer, level)(event, **values)


def logger() -> Logger:
    """The logger of the command that runs, or a fresh one outside of any command."""
    ctx = click.get_current_context(silent=True)
    return Logger() if ctx is None else Logger.of(ctx)


def _structlog(form: str | None) -> FilteringBoundLogger:
    import logging

    import structlog

    final: Any = (
        structlog.processors.JSONRenderer(sort_keys=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=wants_colour(sys.stderr))
    )
    made: FilteringBoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _escape,
            final,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
    )
    return made


def _escape(writer: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Texts from manifests never reach the terminal with their control characters."""
    return {key: _escaped(value) for key, value in event.items()}


def _escaped(value: Any) -> Any:
    match value:
        case str():
            return printable(value)
        case dict():
            return {_escaped(key): _escaped(one) for key, one in value.items()}
        case list() | tuple():
            return [_escaped(one) for one in value]
        case bool() | int() | float() | None:
            return value
        case _:
            return printable(str(value))
