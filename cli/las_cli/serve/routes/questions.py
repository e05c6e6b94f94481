"""Questions to the planner: POST asks, and records nothing."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from las_cli.serve.asking import answer_question
from las_cli.serve.models import DiagnoseBody, NeedsBody, PlanBody, WhyBody
from las_cli.serve.strict import StrictRoute

__all__ = ["router"]

router = APIRouter(tags=["questions"], route_class=StrictRoute)


@router.post("/v1/plan", operation_id="plan")
async def plan(request: Request, body: PlanBody) -> Response:
    """The newest set of modules that works on a machine, or why there is none.

    The answer is what `las-solve plan --format json` prints, byte by byte. That there is no plan is an answer, too,
    with status `conflict`.
    """
    return await answer_question(request, "plan", body.parameters(), host=body.host, assumed=body.assume)


@router.post("/v1/diagnose", operation_id="diagnose")
async def diagnose(request: Request, body: DiagnoseBody) -> Response:
    """All there is to say about why there is no plan, or not a newer one.

    The answer is what `las-solve diagnose --format json` prints.
    """
    return await answer_question(request, "diagnose", body.parameters(), host=body.host, assumed=body.assume)


@router.post("/v1/why", operation_id="why")
async def why(request: Request, body: WhyBody) -> Response:
    """Why a module is in a plan, at that version, or why it is not.

    The answer is what `las-solve why --format json` prints.
    """
    return await answer_question(request, "why", body.parameters(), host=body.host, assumed=body.assume)


@router.post("/v1/needs", operation_id="needs")
async def needs(request: Request, body: NeedsBody) -> Response:
    """The smallest machines with a plan, and what single upgrades of this one would buy.

    The answer is what `las-solve needs --format json` prints.
    """
    return await answer_question(request, "needs", body.parameters(), host=body.host, assumed=body.assume)
