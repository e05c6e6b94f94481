"""How routes get at what the service knows: jobs, the machine that a request names, and the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

from las_cli.serve.aside import aside
from las_cli.serve.job import Job, Result
from las_cli.serve.jobs import content_token, seconds_for, tag_for
from las_cli.serve.presence import while_connected
from las_cli.serve.problems import Problem
from las_cli.serve.replies import has_already, has_any, reply

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from las_cli.serve.service import Service
    from las_registry.lifecycle.store import Store
    from las_registry.problem import InvalidFile
    from las_registry.registry import Registry
    from las_solver.model import Host

__all__ = [
    "answer_question",
    "do_job",
    "named_host",
    "read_store",
    "require_module",
    "service_of",
    "write_store",
]

Found = TypeVar("Found")

_LONGEST_NAME: Final = 1000


def service_of(request: Request) -> Service:
    """The service that the application was made for."""
    service: Service = request.app.state.service
    return service


async def do_job(request: Request, kind: str, parameters: Mapping[str, Any], seconds: float) -> Result:
    """What a worker makes of a job, unless the client goes away before that."""
    job = Job(kind=kind, parameters=parameters, seconds=seconds)
    return await while_connected(request.receive, service_of(request).pool.run(job))


async def answer_question(
    request: Request,
    kind: str,
    parameters: dict[str, Any],
    *,
    host: str | Mapping[str, Any] | None,
    assumed: Sequence[str],
) -> Response:
    """The answer to a question of a client, about `host` with what is `assumed` of it."""
    service = service_of(request)
    settings = service.settings
    wants_store = parameters["store"] if parameters["store"] is not None else host is None
    if parameters["store"] and settings.store is None:
        raise Problem("bad-input", "store: the service keeps none", "leave it out, or start the service with a store")
    parameters["store"] = wants_store and settings.store is not None
    parameters["host"] = await aside(_profile, host, assumed, service.facts.machine)
    parameters["timeout"] = min(parameters["timeout"], settings.max_seconds)
    if "if-none-match" in request.headers:
        token = await asyncio.to_thread(_installed_token, service) if parameters["store"] else None
        tag = tag_for(kind, parameters, service.registry.state, token)
        if has_already(request, tag):
            raise _unchanged()
    result = await do_job(request, kind, parameters, seconds_for(kind, parameters["timeout"]))
    if has_any(request):
        raise _unchanged()
    return reply(request, result.body, tag=result.tag, kept=result.tag is not None)


@cache
def named_host(name: str) -> Host:
    """The example host called `name`; raises :class:`Problem` if there is none."""
    from las_cli.render.phrases import did_you_mean
    from las_registry.host.examples import example_host, example_names

    names = example_names()
    if name not in names:
        hint = did_you_mean(name, names) or "GET /v1/hosts lists the example hosts"
        raise Problem("no-such-host", f"there is no example host {name[:100]!r}", hint)
    return example_host(name)


def require_module(registry: Registry, name: str) -> None:
    """Raises :class:`Problem` if there is no module called `name`."""
    if len(name) <= _LONGEST_NAME and registry.versions(name):
        return
    from las_cli.inputs import unknown_module

    unknown = unknown_module(name[:_LONGEST_NAME], registry)
    raise Problem("no-such-module", unknown.message, unknown.hint)


async def read_store(request: Request, look: Callable[[Store], Found]) -> Found:
    """What `look` finds in the store; raises :class:`Problem` where the service keeps none."""
    return await asyncio.to_thread(_with_store, service_of(request), look, writing=False)


async def write_store(request: Request, change: Callable[[Store], Found], *, dry_run: bool) -> Found:
    """What `change` does to the store, which goes on to its end also where the client goes away meanwhile."""
    token = request.scope.get("state", {}).get("token")
    work = asyncio.to_thread(_with_store, service_of(request), change, writing=not dry_run, token=token)
    return await asyncio.shield(work)


def _unchanged() -> Problem:
    return Problem("unchanged", "If-None-Match names the answer that this request would get")


def _with_store(service: Service, use: Callable[[Store], Found], *, writing: bool, token: str | None = None) -> Found:
    from las_cli.store_option import store_at

    if service.settings.store is None:
        raise Problem("no-store", "the service was started with --no-store")
    with store_at(service.settings.store, writing=writing, token=token) as opened:
        return use(opened)


def _installed_token(service: Service) -> str | None:
    from las_cli.installed import read_installed

    return content_token(read_installed(service.settings.store))


def _profile(host: str | Mapping[str, Any] | None, assumed: Sequence[str], here: Host) -> dict[str, object]:
    """The machine that a request names, as the plain values of a profile."""
    from las_registry.host.assume import assume
    from las_registry.host.profile import host_from_document, profile_document
    from las_registry.problem import InvalidFile

    match host:
        case None:
            machine = here
        case str():
            machine = named_host(host)
        case _:
            try:
                machine = host_from_document(_whole(host))
            except InvalidFile as error:
                raise _wrong_host(error) from None
    return profile_document(assume(machine, assumed) if assumed else machine)


def _whole(value: Any) -> Any:
    """`value` with integers for numbers like 16.0, which are integers in JSON."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: _whole(one) for key, one in value.items()}
        case list():
            return [_whole(one) for one in value]
        case _:
            return value


def _wrong_host(error: InvalidFile) -> Problem:
    details = [
        {"pointer": _pointer(one.field), "detail": one.message, **({} if one.hint is None else {"hint": one.hint})}
        for one in error.problems
    ]
    return Problem("invalid-request", f"host: {error.problems[0].message}", error.problems[0].hint, tuple(details))


def _pointer(field: str | None) -> str:
    """A place in a profile, like ``gpus[0].vram``, as a JSON Pointer into the body."""
    if not field:
        return "/host"
    return "/host/" + field.replace("~", "~0").replace("/", "~1").replace("[", ".").replace("]", "").replace(".", "/")
