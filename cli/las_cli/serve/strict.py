"""Routes that read bodies strictly."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic_core import from_json
from starlette.exceptions import HTTPException

from las_cli.serve.problems import Problem

__all__ = ["StrictRoute"]


class _Request(Request):
    """A request whose body is JSON, strictly: no NaN, no numbers beyond all bounds, not nested without end."""

    async def json(self) -> Any:
        try:
            return from_json(await self.body(), allow_inf_nan=False)
        except ValueError as error:
            raise Problem("bad-json", f"the body is not JSON: {error}") from None


class StrictRoute(APIRoute):
    """A route whose body is JSON, strictly."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        """What answers a request."""
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            try:
                return await handle(_Request(request.scope, request.receive))
            except HTTPException as error:  # what FastAPI makes of all that goes wrong while it reads a body
                if isinstance(error.__cause__, Problem):
                    raise error.__cause__ from None
                raise

        return handle_strictly
