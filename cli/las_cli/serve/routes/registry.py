"""Lookups in the registry: modules, versions, manifests and interfaces."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from las_cli.serve.aside import aside
from las_cli.serve.asking import do_job, require_module, service_of
from las_cli.serve.listing import Listing
from las_cli.serve.models import Specifiers
from las_cli.serve.problems import Problem
from las_cli.serve.replies import has_already, reply
from las_cli.serve.strict import StrictRoute
from las_cli.serve.tags import RELEASE, tag_of

if TYPE_CHECKING:
    from las_registry.registry import Registry

__all__ = ["router"]

router = APIRouter(tags=["registry"], route_class=StrictRoute)

Category = Literal["language", "runtime", "framework", "service", "application", "tool", "model"]


@router.get("/v1/registry", operation_id="getRegistry")
async def get_registry(request: Request) -> Response:
    """The registry as a whole: its digest, which plans name, and how much it holds."""

    def look(registry: Registry) -> dict[str, object]:
        return {
            "digest": registry.digest,
            "modules": sum(1 for _ in registry.names()),
            "interfaces": list(registry.interfaces()),
            "rejected": len(registry.problems),
        }

    return await _looked_up(request, look)


@router.get("/v1/modules", operation_id="listModules")
async def list_modules(
    request: Request,
    search: Annotated[str, Query(max_length=200, description="Words that all have to occur.")] = "",
    category: Annotated[Category | None, Query(description="Only modules of this category.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="How many modules a page has at most.")] = 100,
    cursor: Annotated[
        str | None,
        Query(max_length=2000, pattern="^[A-Za-z0-9_-]+$", description="Where to go on: `next` of a page."),
    ] = None,
) -> Response:
    """The modules, by name; with `search` those that have all its words, best match first.

    A page goes on after the last module of the one before it, also where the registry has changed meanwhile.
    """
    tag = _tag(request, service_of(request).registry.state)
    if has_already(request, tag):
        return reply(request, b"", tag=tag)
    known = await _all_modules(request)
    after = _read_cursor(cursor)
    ranked = await aside(known.ranked, search, category)
    rest = [one for one in ranked if after is None or one[:2] > after]
    page = rest[:limit]
    more = _cursor(page[-1][:2]) if len(rest) > limit else None
    modules = [module for _, _, module in page]
    document = {"digest": known.digest, "total": len(ranked), "modules": modules, "next": more}
    return reply(request, document, tag=_tag(request, known.state))


@router.get("/v1/modules/{name}", operation_id="getModule")
async def get_module(request: Request, name: str) -> Response:
    """A module: what it is, by its newest final version, and its versions, newest first."""

    def look(registry: Registry) -> dict[str, object]:
        from las_cli.render.modules import module_document, newest_manifest

        require_module(registry, name)
        newest = newest_manifest(registry, name)
        labels = {"provides": list(newest.module.provides), "consumes": list(newest.module.consumes)}
        return {**module_document(registry, newest), **labels}

    return await _looked_up(request, look)


@router.get("/v1/modules/{name}/versions", operation_id="listVersions")
async def list_versions(
    request: Request,
    name: str,
    constraint: Annotated[
        Specifiers | None, Query(description="Only versions that this PEP 440 specifier set admits.")
    ] = None,
) -> Response:
    """The versions of a module, newest first, with what each needs, pre-releases counted in."""

    def look(registry: Registry) -> dict[str, object]:
        from las_solver.constraint import ANY, Constraint, Requirement

        require_module(registry, name)
        wanted = Requirement(name, ANY if constraint is None else Constraint.parse(constraint))
        versions = [
            {
                "version": str(one.version),
                "prerelease": one.is_prerelease,
                "requires": list(map(str, one.requirements)),
                "runtimes": [f"{need.name}{need.constraint}" for need in one.runtimes],
                "modes": list(one.modes),
                "provides": list(one.provides),
                "consumes": list(one.consumes),
                "source": one.source,
            }
            for one in registry.admitted(wanted)
        ]
        return {"module": name, "constraint": constraint, "versions": versions}

    return await _looked_up(request, look)


@router.get("/v1/modules/{name}/versions/{version}", operation_id="getVersion")
async def get_version(request: Request, name: str, version: str) -> Response:
    """One version: its manifest as the registry keeps it, its checksum, and who vouches for it."""

    def look(registry: Registry) -> dict[str, object]:
        from las_cli.commands.registry.show import described
        from las_solver.constraint import parse_version
        from las_solver.errors import InvalidInput

        require_module(registry, name)
        try:
            manifest = registry.manifest(name, parse_version(version))
        except InvalidInput as error:
            raise Problem("no-such-version", error.message, error.hint) from None
        if manifest is None:
            newest = registry.versions(name)[0].version
            raise Problem("no-such-version", f"there is no {name} {version[:100]}", f"the newest is {newest}")
        return described(registry, manifest)

    return await _looked_up(request, look)


@router.get("/v1/interfaces/{name}", operation_id="getInterface")
async def get_interface(request: Request, name: str) -> Response:
    """An interface: the modules that provide it, and in which versions."""

    def look(registry: Registry) -> dict[str, object]:
        from las_cli.render.phrases import did_you_mean

        providers = list(registry.providers(name))
        if not providers:
            hint = did_you_mean(name, registry.interfaces()) or None
            raise Problem("no-such-interface", f"nothing provides {name[:100]!r}", hint)
        found = [
            {
                "module": one,
                "versions": [str(each.version) for each in registry.versions(one) if name in each.provides],
            }
            for one in providers
        ]
        return {"interface": name, "providers": found}

    return await _looked_up(request, look)


async def _looked_up(request: Request, look: Callable[[Registry], Mapping[str, Any]]) -> Response:
    """What `look` finds in the registry, unless the client has it already."""
    tag = _tag(request, service_of(request).registry.state)
    if has_already(request, tag):
        return reply(request, b"", tag=tag)
    return reply(request, await service_of(request).lookup(look), tag=tag)


def _tag(request: Request, state: str) -> str:
    """What a lookup is known by in the `state` of a registry: everything in it is of that, and of this release of
    las-solve."""
    return tag_of(RELEASE, state, request.url.path, request.url.query)


async def _all_modules(request: Request) -> Listing:
    """All modules, worked out once for a registry, which may be the next one by the time that a worker has done so."""
    service, state = service_of(request), request.app.state
    async with service.listing:  # one worker is enough for all who ask
        known: Listing | None = getattr(state, "modules", None)
        if known is None or known.state != service.registry.state:
            result = await do_job(request, "modules", {}, max(service.settings.max_seconds, 60.0))
            known = state.modules = await aside(Listing.of, result)
        return known


def _cursor(after: tuple[int, str]) -> str:
    return base64.urlsafe_b64encode(f"{after[0]} {after[1]}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str | None) -> tuple[int, str] | None:
    if cursor is None:
        return None
    try:
        data = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        rank, _, name = data.decode().partition(" ")
        if not rank.isdecimal() or not name:
            raise ValueError
        return int(rank), name
    except (ValueError, binascii.Error):
        raise Problem("bad-input", "cursor: it is not the `next` of a page") from None
