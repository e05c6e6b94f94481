"""The description of the service, OpenAPI 3.1: made of its routes, the published schemas, and the kinds of problems.

It needs no running service: ``openapi_document()``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from copy import deepcopy
from importlib.resources import files
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from las_cli.serve.answer_schemas import ANSWERS, LINKS, Answer
from las_cli.serve.problems import KINDS, MEDIA_TYPE, Problem, problem_document
from las_cli.serve.profile_schema import NAME
from las_cli.serve.routes import ROUTERS
from las_cli.serve.tags import RELEASE

__all__ = ["openapi_document"]

_JSON: Final = "application/json"
_PUBLISHED: Final = ("plan", "why", "needs")
"""The schemas of what commands print, as `las-solve schema` has them."""

_DESCRIPTION: Final = (
    "Plans, conflicts and their reasons, lookups, and what is installed, as `las-solve` prints them. Whatever cannot "
    "be done is a problem by RFC 9457; that there is no plan is an answer."
)
_PARAMETERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "module": {
        "description": "The name of a module.",
        "example": "ollama",
        "schema": {"type": "string", "pattern": f"^{NAME}$"},
    },
    "version": {"description": "A version, by PEP 440.", "example": "1.5"},
    "name": {"description": "The name.", "example": "ollama"},
    "cursor": {"example": "MCBhcHA"},
    "constraint": {"example": ">=1,<2"},
    "search": {"example": "library"},
}
_NAMES: Final = {"getHost": "gpu-24gb", "getInterface": "llm-api", "getProblem": "no-such-module"}


def openapi_document(*, is_guarded: bool = True) -> dict[str, Any]:
    """The description; `is_guarded`: requests have to carry a token."""
    bare = FastAPI(openapi_url=None)
    for router in ROUTERS:
        bare.include_router(router)
    document: dict[str, Any] = get_openapi(
        title="las-solve", version=RELEASE, openapi_version="3.1.0", description=_DESCRIPTION, routes=bare.routes
    )
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas |= {**_published(), "Problem": _PROBLEM}
    examples: dict[str, Any] = json.loads((files("las_cli.serve") / "examples.json").read_text(encoding="utf-8"))
    for path, operations in document["paths"].items():
        for operation in operations.values():
            answer = ANSWERS[operation["operationId"]]
            _describe(operation, answer, path, examples.get(operation["operationId"]), is_guarded=is_guarded)
    document["paths"]["/v1/apply"]["post"]["requestBody"]["content"][_JSON]["example"] = {"plan": examples["plan"]}
    if is_guarded:
        document["components"]["securitySchemes"] = {
            "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "A token of `las-solve serve token add`; what records something needs the scope write.",
            }
        }
    return document


def _describe(operation: dict[str, Any], answer: Answer, path: str, example: Any, *, is_guarded: bool) -> None:
    """Puts into `operation` what it answers, and what its parameters are like."""
    for parameter in operation.get("parameters", ()):
        said = dict(_PARAMETERS.get(parameter["name"], {}))
        if parameter["in"] == "path" and parameter["name"] == "name":
            said["example"] = _NAMES.get(operation["operationId"], said["example"])
        parameter |= {name: value for name, value in said.items() if name != "description"}
        parameter.setdefault("description", said.get("description", ""))
    media: dict[str, Any] = {"schema": dict(answer.schema)}
    if example is not None:
        media["example"] = example
    done: dict[str, Any] = {"description": answer.text, "content": {answer.media_type: media}}
    links = LINKS.get(operation["operationId"], {})
    if links:
        done["links"] = {name: {"operationId": name, "parameters": dict(values)} for name, values in links.items()}
    problems = list(answer.problems)
    responses: dict[str, Any] = {"200": done}
    if answer.has_tag:
        tag = {"description": "What the answer is known by.", "schema": {"type": "string", "pattern": _TAG}}
        done["headers"] = {"ETag": {**tag, "required": answer.method == "get"}}
        operation.setdefault("parameters", []).append(_IF_NONE_MATCH)
        if answer.method == "get":
            responses["304"] = {"description": "The client has the answer already, by If-None-Match."}
    if is_guarded and answer.scope is not None:
        problems += ["unauthorized", "forbidden"]
        operation["security"] = [{"token": []}]
        operation["description"] = f"{operation.get('description', '')}\n\nNeeds the scope `{answer.scope}`.".strip()
    operation["responses"] = {**responses, **_problems(problems, path)}


def _problems(names: Iterable[str], path: str) -> dict[str, Any]:
    """The responses that report problems of these kinds, by status."""
    found: dict[str, Any] = {}
    for name in sorted(names, key=lambda one: (KINDS[one].status, one)):
        kind = KINDS[name]
        response = found.setdefault(
            str(kind.status),
            {"description": "", "content": {MEDIA_TYPE: {"schema": _ref("Problem"), "examples": {}}}},
        )
        response["description"] = " ".join(filter(None, (response["description"], f"{kind.title}.")))
        document = problem_document(Problem(name, kind.text), instance=path, request_id="7d3f0c9be1a24c58")
        response["content"][MEDIA_TYPE]["examples"][name] = {"summary": kind.title, "value": document}
        if kind.status == 503:
            response["headers"] = {"Retry-After": _RETRY_AFTER}
        if kind.status == 401:
            response["headers"] = {"WWW-Authenticate": _CHALLENGE}
    return found


def _published() -> dict[str, Any]:
    """The published schemas with all that they define, as components: ``#/$defs/step`` of plan is ``plan.step``."""
    found: dict[str, Any] = {}
    for name in _PUBLISHED:
        text = (files("las_solver") / "schema" / f"{name}.schema.json").read_text(encoding="utf-8")
        schema = _moved(json.loads(text), name)
        found |= {f"{name}.{part}": value for part, value in schema.pop("$defs", {}).items()}
        found[name] = {key: value for key, value in schema.items() if key not in ("$schema", "$id")}
    return found


def _moved(schema: Any, name: str) -> Any:
    """`schema` with references to where its definitions are among the components."""
    match schema:
        case {"$ref": str(reference)}:
            base, _, part = reference.partition("#/$defs/")
            owner = base.split(":")[-2] if base else name
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            return {**_ref(f"{owner}.{part}"), **rest}
        case dict():
            return {key: _moved(value, name) for key, value in schema.items()}
        case list():
            return [_moved(value, name) for value in schema]
        case _:
            return deepcopy(schema)


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


_TAG: Final = '^"[0-9a-f]{32}"$'
_RETRY_AFTER: Final = {
    "description": "Seconds to wait before asking again.",
    "required": True,
    "schema": {"type": "integer", "minimum": 1},
}
_CHALLENGE: Final = {
    "description": "How to ask with a token.",
    "required": True,
    "schema": {"type": "string", "pattern": "^Bearer "},
}
_IF_NONE_MATCH: Final = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of an answer that the client has.",
    "schema": {"type": "string"},
}
_PROBLEM: Final = {
    "title": "Problem details, by RFC 9457",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"description": "The kind, and the path of its page.", "enum": [f"/problems/{one}" for one in KINDS]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"description": "What is wrong with this request.", "type": "string"},
        "instance": {"description": "The path of the request.", "type": "string"},
        "hint": {"description": "What to do about it.", "type": "string"},
        "details": {"type": "array", "items": {"type": "object"}},
        "request_id": {"description": "What the log of the service knows the request by.", "type": "string"},
    },
}
