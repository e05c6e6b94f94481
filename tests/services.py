"""A service in this process: its application with a pool of one thread, and a client of it."""

from __future__ import annotations

import asyncio
import json
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import httpx
from fastapi import FastAPI
from starlette.types import ASGIApp

from las_cli.errors import failure_of
from las_cli.machine import Facts, find_profile, look
from las_cli.serve.app import known_tokens, make_application
from las_cli.serve.context import Context
from las_cli.serve.guards import Guard
from las_cli.serve.job import Carried, Job, Result
from las_cli.serve.jobs import execute
from las_cli.serve.pool import JobFailed
from las_cli.serve.service import Service
from las_cli.serve.settings import Settings
from las_cli.serve.tokens import KnownTokens
from las_registry.registry import Registry
from las_registry.snapshot import Snapshot

__all__ = ["ThreadPool", "a_service", "ask"]

Found = TypeVar("Found")


class ThreadPool:
    """Does jobs as a worker does, in threads of this process; or `fails`."""

    def __init__(self, snapshot: Snapshot, settings: Settings) -> None:
        self.fails: Exception | None = None
        self.jobs: list[Job] = []
        self._context = Context(snapshot, settings, lambda: False)

    async def run(self, job: Job) -> Result:
        """What a worker answers: everything goes through a pipe."""
        self.jobs.append(job)
        if self.fails is not None:
            raise self.fails
        return await asyncio.to_thread(self._do, pickle.loads(pickle.dumps(job)))

    def _do(self, job: Job) -> Result:
        self._context.begin(job.seconds)
        try:
            return cast(Result, pickle.loads(pickle.dumps(execute(job, self._context))))
        except Carried as error:
            raise pickle.loads(pickle.dumps(error)) from None
        except Exception as error:
            raise JobFailed(failure_of(error), type(error).__name__) from error


@dataclass
class InProcess:
    """As much of a :class:`Service` as the application asks for."""

    settings: Settings
    registry: Registry
    digest: str
    pool: ThreadPool
    facts: Facts
    generation: int = 0
    is_draining: bool = False
    not_ready_because: str = ""
    listing: asyncio.Lock = field(default_factory=asyncio.Lock)
    metrics: Any = field(
        default_factory=lambda: SimpleNamespace(render=lambda: b"# none\n", media_type="text/plain; version=0.0.4")
    )

    @property
    def app(self) -> ASGIApp:
        """The application, which all services of the tests share, for requests that are made now."""
        application = _application(is_guarded=self._tokens is not None)
        application.state.service = self
        return Guard(application, host=self.settings.host, max_body=self.settings.max_body, tokens=self._tokens)

    @cached_property
    def _tokens(self) -> KnownTokens | None:
        return known_tokens(self.settings)

    @property
    def is_ready(self) -> bool:
        return not self.not_ready_because

    async def lookup(self, ask: Callable[[Registry], Found]) -> Found:
        return await asyncio.to_thread(ask, self.registry)


@cache
def _application(*, is_guarded: bool) -> FastAPI:
    """An application without a service: to make one takes as long as many requests."""
    return make_application(cast(Service, None), is_guarded=is_guarded)


def a_service(registry: Path, folder: Path, *, profile: Path, store: Path | None = None, **settings: Any) -> InProcess:
    """A service of `registry` on the machine of `profile`; `folder` is for its index."""
    folder.mkdir(exist_ok=True)
    snapshot = Snapshot.take((registry,), folder)
    made = Settings(registries=(registry,), profile=str(profile), store=store, **settings)
    pool = ThreadPool(snapshot, made)
    return InProcess(made, snapshot.open(), snapshot.digest, pool, look(find_profile(str(profile))))


def ask(
    service: InProcess,
    method: str,
    path: str,
    body: object = None,
    *,
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    params: Any = None,
) -> httpx.Response:
    """The answer to one request."""
    said = dict(headers or {})
    if body is not None:
        content = json.dumps(body).encode()
    if content is not None:
        said.setdefault("Content-Type", "application/json")
    return asyncio.run(_ask(service, method, path, content, said, params))


async def _ask(
    service: InProcess, method: str, path: str, content: bytes | None, headers: Mapping[str, str], params: Any
) -> httpx.Response:
    transport = httpx.ASGITransport(service.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8765") as client:
        return await client.request(method, path, content=content, headers=headers, params=params)
