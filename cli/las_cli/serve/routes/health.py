"""Whether the service lives, and what it does; and what its problems mean."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from las_cli.serve.asking import service_of
from las_cli.serve.problems import KINDS, Problem
from las_cli.serve.replies import reply
from las_cli.serve.strict import StrictRoute

__all__ = ["router"]

router = APIRouter(tags=["service"], route_class=StrictRoute)


@router.get("/healthz", operation_id="getHealth")
async def get_health(request: Request) -> Response:
    """That the process lives."""
    return reply(request, {"status": "ok"}, kept=False)


@router.get("/readyz", operation_id="getReadiness")
async def get_readiness(request: Request) -> Response:
    """Whether questions are answered: the registry is there, the workers are up, and nothing is shutting down."""
    service = service_of(request)
    if not service.is_ready:
        raise Problem("not-ready", service.not_ready_because or "the service is not ready")
    return reply(request, {"status": "ready", "generation": service.generation, "digest": service.digest}, kept=False)


@router.get("/metrics", operation_id="getMetrics")
async def get_metrics(request: Request) -> Response:
    """Numbers for Prometheus."""
    metrics = service_of(request).metrics
    return Response(metrics.render(), headers={"Cache-Control": "no-store"}, media_type=metrics.media_type)


@router.get("/problems/{name}", operation_id="getProblem")
async def get_problem(request: Request, name: str) -> Response:
    """What a kind of problem means, and what to do about it."""
    kind = KINDS.get(name)
    if kind is None:
        raise Problem("no-such-problem", f"there is no kind of problem {name[:100]!r}")
    document = {"type": f"/problems/{name}", "title": kind.title, "status": kind.status, "description": kind.text}
    return reply(request, document)
