"""Answers of the service: documents with a tag, and problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from las_cli.render.json import render_json
from las_cli.serve.problems import MEDIA_TYPE, Problem, problem_document
from las_cli.serve.tags import tag_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

__all__ = ["has_already", "has_any", "reply", "reply_to_problem", "send_problem"]


def reply(
    request: Request, body: bytes | Mapping[str, Any], *, tag: str | None = None, status: int = 200, kept: bool = True
) -> Response:
    """The answer with a document; without it where a GET names it in If-None-Match.

    `tag` is what the answer is known by, by default its own digest. What is not `kept` is another answer each time.
    """
    content = body if isinstance(body, bytes) else render_json(body).encode()
    headers = {"Cache-Control": "no-store"}
    if kept:
        found = tag or tag_of(content)
        headers = {"Cache-Control": "private, no-cache", "ETag": f'"{found}"', "Vary": "Authorization"}
        if request.method in ("GET", "HEAD") and (has_already(request, found) or has_any(request)):
            return Response(status_code=304, headers=headers)
    return Response(content, status_code=status, headers=headers, media_type="application/json")


def has_already(request: Request, tag: str) -> bool:
    """Whether the client names the answer that is known by `tag` in If-None-Match (RFC 9110, section 13.1.2)."""
    return any(one.removeprefix("W/") == f'"{tag}"' for one in _named(request))


def has_any(request: Request) -> bool:
    """Whether If-None-Match is about every answer there is, which is one only once there is an answer."""
    return "*" in _named(request)


def _named(request: Request) -> list[str]:
    return [part.strip() for value in request.headers.getlist("if-none-match") for part in value.split(",")]


def reply_to_problem(problem: Problem, scope: Scope, headers: Mapping[str, str] | None = None) -> Response:
    """The answer that reports `problem`."""
    document = problem_document(problem, instance=scope["path"], request_id=scope.get("state", {}).get("request_id"))
    said = {"Cache-Control": "no-store", **(headers or {}), **_headers(problem)}
    return Response(render_json(document).encode(), status_code=problem.status, headers=said, media_type=MEDIA_TYPE)


async def send_problem(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with `problem`, before any application was asked."""
    response = reply_to_problem(problem, scope)
    if problem.name in _UNREAD:  # the rest of the body is not waited for
        response.headers["Connection"] = "close"
    await response(scope, receive, send)


_UNREAD: Sequence[str] = ("slow-body", "too-large")
_LATER: Mapping[str, int] = {"busy": 1, "not-ready": 5, "registry-unusable": 10, "store-unusable": 5}
"""After how many seconds it may be worth to try again, unless the problem says that itself."""


def _headers(problem: Problem) -> dict[str, str]:
    if problem.name == "unauthorized":
        return {"WWW-Authenticate": 'Bearer realm="las-solve"'}
    if problem.name in _LATER:
        after = next((one["retry_after"] for one in problem.details if "retry_after" in one), _LATER[problem.name])
        return {"Retry-After": str(after)}
    return {}
