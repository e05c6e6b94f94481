"""A line on the terminal while something takes long."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Final, Self

import click

from las_cli.render.terminal import printable, shorten, terminal_width

__all__ = ["Progress"]

_PATIENCE: Final = 1.0
_INTERVAL: Final = 0.1


class Progress:
    """Shows on standard error, if that is a terminal, how far `what` has come once it has taken a second.

    To be called with how many are done and how many there are (0: unknown), or, where nothing can be counted, to be
    asked to :meth:`tick`.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._started = time.monotonic()
        self._next = self._started + _PATIENCE
        self._enabled = sys.stderr.isatty()
        self._shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.clear()

    def clear(self) -> None:
        """Makes room for another line; what is shown comes back when it is due."""
        if self._shown:
            self._shown = False
            click.echo("\r\x1b[K", nl=False, err=True, color=True)

    def __call__(self, done: int, total: int = 0) -> None:
        if self._is_due():
            self._show(f"{done:,} of {total:,}" if total else f"{done:,}")

    def tick(self) -> None:
        """Shows for how long this has gone on."""
        if self._is_due():
            self._show(f"{time.monotonic() - self._started:.0f} s")

    def wait(self, why: str) -> None:
        """Shows `why` nothing goes on, at once: there is no later where a lock is waited for."""
        if self._enabled:
            self._show(why)

    def _is_due(self) -> bool:
        if not self._enabled or (now := time.monotonic()) < self._next:
            return False
        self._next = now + _INTERVAL
        return True

    def _show(self, far: str) -> None:
        self._shown = True
        line = shorten(printable(f"{self._what}: {far}"), terminal_width(sys.stderr) - 1)
        click.echo(f"\r\x1b[K{line}", nl=False, err=True, color=True)
