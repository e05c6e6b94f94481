"""Machines: the one that the service runs on, and examples of others."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from las_cli.serve.aside import aside
from las_cli.serve.asking import named_host, service_of
from las_cli.serve.replies import reply
from las_cli.serve.strict import StrictRoute
from las_registry.host.examples import example_names
from las_registry.host.profile import profile_document

__all__ = ["router"]

router = APIRouter(tags=["hosts"], route_class=StrictRoute)


@router.get("/v1/hosts", operation_id="listHosts")
async def list_hosts(request: Request) -> Response:
    """The example hosts, which requests may name."""
    hosts = await aside(
        lambda: [{"name": one, "profile": profile_document(named_host(one))} for one in example_names()]
    )
    return reply(request, {"hosts": hosts})


@router.get("/v1/hosts/{name}", operation_id="getHost")
async def get_host(request: Request, name: str) -> Response:
    """The profile of an example host."""
    return reply(request, profile_document(await aside(named_host, name)))


@router.get("/v1/host", operation_id="getThisHost")
async def get_this_host(request: Request) -> Response:
    """The profile of the machine that plans are made for unless a request names another."""
    facts = service_of(request).facts
    notes = [{"probe": note.probe, "text": note.text} for note in facts.notes]
    return reply(request, {**profile_document(facts.machine), "x-notes": notes})
