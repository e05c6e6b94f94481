"""Routes that take what they know, and nothing else: in bodies, and after the question mark of a path."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from math import isfinite
from typing import Any, Final, get_args, get_origin

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic_core import from_json
from starlette.exceptions import HTTPException

from las_cli.serve.problems import Problem

__all__ = ["StrictRoute"]

_WITH_BODY: Final = ("POST", "PUT")
_LARGEST: Final = (1 << 53) - 1


class _Request(Request):
    """A request whose body is JSON, strictly: no NaN, no numbers beyond all bounds, not nested without end, and no
    name twice in an object, of which others might read the other one."""

    async def json(self) -> Any:
        body = await self.body()
        try:
            found = from_json(body, allow_inf_nan=False)
            json.loads(body, object_pairs_hook=_once, parse_float=_finite, parse_int=_exact)
        except ValueError as error:
            raise Problem("bad-json", f"the body is not JSON: {error}") from None
        return found


class StrictRoute(APIRoute):
    """A route whose body is JSON, strictly, and whose parameters are all known."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        """What answers a request."""
        handle = super().get_route_handler()
        parameters = self.dependant.query_params
        known = {one.alias: _takes_several(one.field_info.annotation) for one in parameters}

        async def handle_strictly(request: Request) -> Response:
            _check_type(request)
            for name, times in Counter(name for name, _ in request.query_params.multi_items()).items():
                if name not in known:
                    raise _wrong_parameter(name, "there is no such parameter")
                if times > 1 and not known[name]:
                    raise _wrong_parameter(name, "it is said twice")
            try:
                return await handle(_Request(request.scope, request.receive))
            except HTTPException as error:  # what FastAPI makes of all that goes wrong while it reads a body
                if isinstance(error.__cause__, Problem):
                    raise error.__cause__ from None
                raise

        return handle_strictly


def _check_type(request: Request) -> None:
    """Refuses bodies of other types; forms of web pages cannot send JSON by its own name."""
    headers = request.headers
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    if request.method not in _WITH_BODY and (request.method == "GET" or not has_body):
        return
    kind, _, parameters = ", ".join(headers.getlist("content-type")).partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if kind.strip().lower() != "application/json" or charset not in ("", "utf-8"):
        what = "no type" if has_body and not kind else "no body of JSON" if not kind else "a body of another type"
        raise Problem("unsupported-media-type", f"the request has {what}", "send Content-Type: application/json")
    if any(one.lower() != "identity" for one in headers.getlist("content-encoding")):
        raise Problem("unsupported-media-type", "the body is encoded", "send it as it is, without Content-Encoding")


def _wrong_parameter(name: str, detail: str) -> Problem:
    shown = name[:100]
    return Problem("invalid-request", f"{shown}: {detail}", None, ({"parameter": shown, "detail": detail},))


def _takes_several(annotation: Any) -> bool:
    """Whether a parameter may be said more than once."""
    return any(get_origin(one) is list for one in (annotation, *get_args(annotation)))


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The object of `pairs`, none of which has the name of another."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name[:100]!r} is twice in an object")
        found[name] = value
    return found


def _finite(text: str) -> float:
    found = float(text)
    if not isfinite(found):
        raise ValueError(f"{text[:30]} is beyond all bounds")
    return found


def _exact(text: str) -> int:
    """An integer that everybody reads as the same one (RFC 8259, section 6)."""
    found = int(text)
    if abs(found) > _LARGEST:
        raise ValueError(f"{text[:30]} is beyond what is exact everywhere")
    return found
