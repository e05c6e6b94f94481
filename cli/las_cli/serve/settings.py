"""How the resolver service is set up."""

from __future__ import annotations

from pathlib import Path

from las_solver.lazy_dataclass import dataclass

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the options of ``las-solve serve`` say; sizes are in bytes, times in seconds.

    `profile` is the machine that a request is for which names none. `store` is where that stands what is installed on
    it; None serves as if nothing were, without a lifecycle. `queue` are the requests that wait while all `workers` are
    busy. A worker that took more than `memory` is replaced, which None never does. Of `tokens`, None is the file of
    this user.
    """

    registries: tuple[Path, ...]
    host: str = "127.0.0.1"
    port: int = 8765
    profile: str | None = None
    store: Path | None = None
    workers: int = 2
    queue: int = 128
    max_body: int = 1 << 20
    max_seconds: float = 60.0
    grace: float = 30.0
    memory: int | None = None
    tokens: Path | None = None
    reload_interval: float = 2.0
    log_format: str = "json"
