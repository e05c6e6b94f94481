"""What is recorded of the modules of this machine: states, plans and pins. Writing is done here, and nowhere else."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from las_cli.render.state import module_document, pin_document, transition_document
from las_cli.serve.asking import do_job, read_store, require_module, service_of, write_store
from las_cli.serve.models import ApplyBody, PinBody, TransitionBody, Version
from las_cli.serve.pool import Busy
from las_cli.serve.problems import Problem
from las_cli.serve.replies import reply
from las_cli.serve.strict import StrictRoute
from las_solver.constraint import Constraint, Requirement, check_name, parse_version
from las_solver.errors import InvalidInput

if TYPE_CHECKING:
    from packaging.version import Version as ParsedVersion

    from las_cli.stored_module import Wanted
    from las_registry.lifecycle.records import Applied, Transition
    from las_registry.lifecycle.store import Store
    from las_registry.registry import Registry

__all__ = ["router"]

router = APIRouter(tags=["lifecycle"], route_class=StrictRoute)

State = Literal["resolved", "installed", "running", "stopped", "failed", "deprecated"]
OneVersion = Annotated[Version | None, Query(description="Only this version.")]
DryRun = Annotated[bool, Query(description="Only say what would be recorded.")]


@router.get("/v1/state", operation_id="listStates")
async def list_states(
    request: Request,
    installed: Annotated[bool, Query(description="Only what is installed.")] = False,
    state: Annotated[list[State] | None, Query(max_length=6, description="Only what is in one of these.")] = None,
) -> Response:
    """The modules that have a state, by name, the newest version first. All others are available."""
    known = await read_store(request, lambda store: store.modules())
    found = [one for one in known if (one.installed or not installed) and (not state or one.state in state)]
    return reply(request, {"modules": [module_document(one) for one in found]})


@router.get("/v1/state/{module}", operation_id="getState")
async def get_state(request: Request, module: str, version: OneVersion = None) -> Response:
    """All that is recorded of a module: its states, manifests, pin, who needs it, and its history, newest first."""
    from las_cli.commands.state.show import read_recorded, recorded_document

    wanted = _wanted(module, version)
    here = service_of(request).facts.machine
    found = await read_store(request, lambda store: read_recorded(store, wanted, here))
    if not found.versions and not found.history and found.pin is None:
        is_known = await service_of(request).lookup(lambda registry: bool(registry.versions(module)))
        if not is_known:
            raise Problem("no-such-module", f"there is no module {module[:100]!r}, and nothing is recorded of one")
    return reply(request, recorded_document(wanted, found))


@router.get("/v1/state/{module}/history", operation_id="getHistory")
async def get_history(
    request: Request,
    module: str,
    version: OneVersion = None,
    limit: Annotated[int | None, Query(ge=1, le=100000, description="Only the newest.")] = None,
) -> Response:
    """Every recorded transition of a module, the newest first, also of what was removed."""
    wanted = _wanted(module, version)
    known = await read_store(request, lambda store: store.history(wanted.name))
    found = [one for one in known if wanted.is_version(one.version)]
    if not found:
        raise Problem("not-recorded", f"nothing is recorded of {wanted}", "GET /v1/state lists what is recorded")
    return reply(request, {"transitions": [transition_document(one) for one in found[::-1][:limit]]})


@router.post("/v1/state/{module}/transitions", operation_id="addTransition")
async def add_transition(request: Request, module: str, body: TransitionBody) -> Response:
    """Records that a version of a module has come to a state.

    A state that it is in already is not recorded again: the status is then `unchanged`.
    """
    from las_cli.commands.state.set import Brought, Change, bring, registered
    from las_registry.lifecycle.states import State as StoredState

    wanted, service, loop = _wanted(module, body.version), service_of(request), asyncio.get_running_loop()

    def look(one: Wanted, registry: Registry) -> tuple[ParsedVersion, str]:
        require_module(registry, one.name)
        return registered(one, registry)

    def find(one: Wanted) -> tuple[ParsedVersion, str]:
        """What the registry has, which one thread alone reads, and not the one that writes."""
        return asyncio.run_coroutine_threadsafe(service.lookup(partial(look, one)), loop).result()

    change = Change(wanted, StoredState(body.to), body.requested, body.reason, find)

    def write(store: Store) -> tuple[Brought, bool]:
        brought = bring(store, change, dry_run=body.dry_run)
        marked = brought.transition is None and body.requested is not None
        if marked:
            marked = store.request(brought.name, bool(body.requested), dry_run=body.dry_run)
        return brought, marked

    brought, marked = await write_store(request, write, dry_run=body.dry_run)
    made = () if brought.transition is None else (brought.transition,)
    more = {"module": brought.name, "version": str(brought.version), "replaced": brought.replaced}
    return _recorded(request, made, body.dry_run, {**more, "requested_changed": marked}, changed=marked)


@router.delete("/v1/state/{module}", operation_id="removeModule")
async def remove_module(
    request: Request,
    module: str,
    version: OneVersion = None,
    reason: Annotated[str, Query(max_length=1000, description="Why, to stand in the history.")] = "",
    dry_run: DryRun = False,
) -> Response:
    """Records that a module was removed: its state is forgotten, its history stays.

    What is running, or what an installed module needs, is not removed.
    """
    from las_cli.stored_module import recorded_version

    wanted, here = _wanted(module, version), service_of(request).facts.machine

    def write(store: Store) -> Transition:
        known = [one for one in store.modules(wanted.name) if wanted.is_version(one.version)]
        if not known:
            raise Problem("not-recorded", f"nothing is recorded of {wanted}", "GET /v1/state lists what is recorded")
        one = recorded_version(wanted, store)
        return store.remove(one.name, one.version, reason=reason, host=here, dry_run=dry_run)

    done = await write_store(request, write, dry_run=dry_run)
    return _recorded(request, (done,), dry_run)


@router.post("/v1/apply", operation_id="applyPlan")
async def apply_plan(request: Request, body: ApplyBody) -> Response:
    """Records a plan: its modules are resolved, or with `installed` installed, and what it removes is gone.

    A plan is refused if the registry, the machine, or what is installed there has changed since it was made, and if it
    is not right, which is proven again.
    """
    service = service_of(request)
    if service.settings.store is None:
        raise Problem("no-store", "the service was started with --no-store")
    if body.plan.get("status") != "resolved":
        raise Problem(
            "bad-input", "plan: this is not a plan: its status is not 'resolved'", "send what POST /v1/plan gave"
        )
    from las_registry.host.profile import profile_document
    from las_registry.lifecycle.errors import Refused

    here = service.facts.machine
    parameters = {"plan": body.plan, "store": True, "host": profile_document(here)}
    checked = json.loads((await do_job(request, "check", parameters, service.settings.max_seconds)).body)
    manifests = {(name, version): text for name, version, text in checked["manifests"]}
    document: dict[str, Any] = {**body.plan, "installed": checked["installed"]}

    def write(store: Store) -> Applied:
        try:
            return store.apply(document, manifests=manifests, installed=body.installed, host=here, dry_run=body.dry_run)
        except Refused as error:  # somebody else was quicker since the plan was checked
            raise Problem("plan-refused", error.message, error.hint) from None

    done = await write_store(request, write, dry_run=body.dry_run)
    return _recorded(request, done.transitions, body.dry_run, {"plan": done.plan})


@router.get("/v1/pins", operation_id="listPins")
async def list_pins(request: Request) -> Response:
    """The pins, by name: constraints of the machine's owner on every plan."""
    pins, installed = await read_store(request, lambda store: (store.pins(), _versions(store)))
    return reply(request, {"pins": [pin_document(one, installed) for one in pins]})


@router.put("/v1/pins/{module}", operation_id="setPin")
async def set_pin(request: Request, module: str, body: PinBody) -> Response:
    """Pins a module to versions, in place of an earlier pin, or without a constraint to the installed version."""
    from las_cli.commands.pin import warnings_about, with_constraint
    from las_solver.constraint import ANY

    _require_name(module)
    asked = Requirement(module, ANY if body.constraint is None else Constraint.parse(body.constraint))

    def write(store: Store) -> tuple[Any, dict[str, str]]:
        installed = _versions(store)
        if body.constraint is None and module not in installed:
            message = f"{module} is not installed, so that there is no version to pin it to"
            raise Problem("bad-input", message, "send a constraint")
        return store.pin(with_constraint(asked, installed), dry_run=body.dry_run), installed

    pin, installed = await write_store(request, write, dry_run=body.dry_run)
    try:
        warnings = await service_of(request).lookup(
            lambda registry: list(warnings_about([pin.requirement], registry, installed))
        )
    except Busy:  # the pin is recorded nevertheless
        warnings = ["the registry was not looked at: too many requests wait"]
    made = {"pins": [pin_document(pin, installed)], "warnings": warnings}
    return reply(request, {"status": "recorded", "dry_run": body.dry_run, **made}, kept=False)


@router.delete("/v1/pins/{module}", operation_id="removePin")
async def remove_pin(request: Request, module: str, dry_run: DryRun = False) -> Response:
    """Removes a pin, so that plans may choose any version again."""

    def write(store: Store) -> Any:
        if all(one.requirement.name != module for one in store.pins()):
            raise Problem("not-pinned", f"{module[:100]} is not pinned", "GET /v1/pins lists the pins")
        return store.unpin(module, dry_run=dry_run)

    pin = await write_store(request, write, dry_run=dry_run)
    return reply(request, {"status": "recorded", "dry_run": dry_run, "pins": [pin_document(pin, {})]}, kept=False)


def _recorded(
    request: Request,
    transitions: tuple[Transition, ...],
    dry_run: bool,
    more: dict[str, object] | None = None,
    *,
    changed: bool = False,
) -> Response:
    """What was recorded, as the commands print it."""
    status = "recorded" if transitions or changed else "unchanged"
    made = [transition_document(one) for one in transitions]
    return reply(request, {"status": status, "dry_run": dry_run, **(more or {}), "transitions": made}, kept=False)


def _wanted(module: str, version: str | None) -> Wanted:
    from las_cli.stored_module import Wanted

    _require_name(module)
    return Wanted(module, None if version is None else parse_version(version))


def _require_name(module: str) -> None:
    try:
        check_name(module)
    except InvalidInput as error:
        raise Problem("no-such-module", error.message, error.hint) from None


def _versions(store: Store) -> dict[str, str]:
    return {one.name: one.version for one in store.modules() if one.installed}
