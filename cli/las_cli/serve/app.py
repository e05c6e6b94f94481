"""The application: everything that the service answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import click
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from las_cli.errors import failure_of
from las_cli.serve.guards import Guard, is_loopback
from las_cli.serve.openapi import openapi_document
from las_cli.serve.pool import Busy, JobFailed, WorkerLost
from las_cli.serve.presence import ClientGone
from las_cli.serve.problems import Problem, ending, of_failure
from las_cli.serve.replies import reply, reply_to_problem
from las_cli.serve.routes import ROUTERS
from las_cli.serve.tags import RELEASE
from las_cli.serve.tokens import KnownTokens
from las_solver.errors import InvalidInput, LasSolveError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from las_cli.serve.service import Service
    from las_cli.serve.settings import Settings

__all__ = ["known_tokens", "make_app", "make_application", "needs_tokens"]


def needs_tokens(settings: Settings) -> bool:
    """Whether a request has to carry a token: others than the users of this machine reach the address, or the owner of
    the service names a file of tokens."""
    return settings.tokens is not None or not is_loopback(settings.host)


def known_tokens(settings: Settings, on_fault: Callable[[InvalidInput], None] | None = None) -> KnownTokens | None:
    """The tokens that requests have to carry one of, None if they need none."""
    if not needs_tokens(settings):
        return None
    from las_cli.commands.serve_token import tokens_path

    return KnownTokens(tokens_path(settings.tokens), on_fault)


def make_app(service: Service) -> ASGIApp:
    """The application for `service`, behind its guard."""
    settings = service.settings

    def warn(error: InvalidInput) -> None:
        service.log.warning("no token counts: their file cannot be relied on", why=error.message, hint=error.hint)

    tokens = known_tokens(settings, warn)
    application = make_application(service, is_guarded=tokens is not None)
    return Guard(_WithHead(application), host=settings.host, max_body=settings.max_body, tokens=tokens)


class _WithHead:
    """Answers HEAD as GET; the body of the answer is left out by the server."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        asked = {**scope, "method": "GET"}
        try:
            await self._app(asked, receive, send)
        finally:
            scope["route"] = asked.get("route")


def make_application(service: Service, *, is_guarded: bool) -> FastAPI:
    """The application for `service` without its guard; `is_guarded`: requests have to carry a token."""
    made = FastAPI(
        title="las-solve",
        version=RELEASE,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers=_HANDLERS,
    )
    made.state.service = service
    for router in ROUTERS:
        made.include_router(router)
    document = cache(partial(openapi_document, is_guarded=is_guarded))

    @made.get("/openapi.json", operation_id="getOpenApi", include_in_schema=False)
    async def get_openapi(request: Request) -> Response:
        """This description of the service, OpenAPI 3.1."""
        return reply(request, document())

    return made


async def _on_error(request: Request, error: Exception) -> Response:
    """The problem that `error` is to the client."""
    headers = getattr(error, "headers", None)
    if isinstance(error, HTTPException) and error.status_code == 405:
        headers = {"Allow": ", ".join(sorted(_methods(request)))}
    return reply_to_problem(_problem_of(error, request), request.scope, headers)


def _methods(request: Request) -> set[str]:
    """The methods that the path of a request knows, each of which may have a route of its own."""
    routers = (request.app.router, *ROUTERS)
    routes = [one for router in routers for one in router.routes if isinstance(one, Route)]
    known = [one.methods or () for one in routes if one.matches(request.scope)[0] is not Match.NONE]
    return {method for methods in known for method in (*methods, *(["HEAD"] if "GET" in methods else []))}


def _problem_of(error: Exception, request: Request) -> Problem:
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return _invalid(error.errors())
        case HTTPException(status_code=405):
            return Problem("method-not-allowed", f"{request.method} is not known here")
        case HTTPException(status_code=404):
            return Problem("not-found", "there is nothing under this path", "/openapi.json lists all paths")
        case Busy():
            return Problem("busy", "too many requests wait already", None, ({"retry_after": error.retry_after},))
        case WorkerLost() if request.app.state.service.is_draining:
            return ending()
        case WorkerLost(timed_out=True):
            return Problem("out-of-time", "there was no answer in time", "ask for less, or with a longer timeout")
        case JobFailed():
            return of_failure(error.failure, error.error)
        case LasSolveError() | click.ClickException():
            return of_failure(failure_of(error), type(error).__name__)
        case _:
            return Problem("internal", "las-solve failed; the log has more under the id of the request")


async def _on_gone(request: Request, error: Exception) -> Response:
    """Nobody reads this answer; its status is for the log."""
    return Response(status_code=499)


_HANDLERS: Any = {
    ClientGone: _on_gone,
    **dict.fromkeys(
        (
            Problem,
            RequestValidationError,
            HTTPException,
            Busy,
            WorkerLost,
            JobFailed,
            LasSolveError,
            click.ClickException,
            Exception,
        ),
        _on_error,
    ),
}


def _invalid(errors: Sequence[Any]) -> Problem:
    """A request that is not as the schema has it, with the place of each mistake."""
    details = []
    for one in errors:
        where, *path = one["loc"]
        place = {"pointer": _pointer(path)} if where == "body" else {"parameter": ".".join(map(str, path))}
        hint = one.get("ctx", {}).get("hint")
        details.append({**place, "detail": one["msg"], **({} if hint is None else {"hint": hint})})
    first = details[0]
    named = first.get("pointer") or first.get("parameter") or "the body"
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    return Problem("invalid-request", f"{named}: {first['detail']}{more}", first.get("hint"), tuple(details))


def _pointer(path: Sequence[str | int]) -> str:
    """A JSON Pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
