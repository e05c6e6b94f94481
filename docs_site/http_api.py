"""The page of the HTTP service, from its own OpenAPI document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from docs_site.markdown import code, definition, escaped, fenced
from docs_site.schema_text import Parts, Schema, anchor, described, meaning, type_text
from las_cli.serve.openapi import openapi_document
from las_cli.serve.problems import KINDS, MEDIA_TYPE

__all__ = ["http_pages", "openapi_files", "operations"]

_PAGE: Final = "http-api.md"
_FILE: Final = "openapi.json"
_SCHEMAS: Final = "/components/schemas/"
_PRINTED: Final = re.compile(r"(?P<document>plan|why|needs)(?:\.(?P<part>\w+))?")
"""The schemas that have a page of their own: those of what commands print."""
_SUMMARY: Final = """\
What [`las-solve serve`](commands/serve/index.md) answers. [The OpenAPI document](openapi.json) (3.1) of this page, to
download, is also what a running service has at `/openapi.json`.
"""


@cache
def _document() -> Mapping[str, Any]:
    return openapi_document()


def openapi_files() -> dict[str, str]:
    """The OpenAPI document, to download, by its path on the site."""
    return {_FILE: f"{json.dumps(_document(), indent=2)}\n"}


def http_pages() -> dict[str, str]:
    """The page of the service, by its path on the site."""
    document = _document()
    schemas = document["components"]["schemas"]
    parts = Parts(_SCHEMAS, {"": ("", document)}, {name: place for name in schemas if (place := _printed(name))})
    text = ["# HTTP API\n", f"{document['info']['description']}\n", _SUMMARY]
    for name, operation in operations(document):
        text.append(f"## {name} {{ #{operation['operationId']} }}\n")
        text.append(_operation(operation, parts))
    text += ["## Problems\n", "What `type` of a problem may be, after `/problems/`.\n"]
    text += [
        definition(code(name), f"{kind.status}: {escaped(kind.title)}.", escaped(kind.text))
        for name, kind in sorted(KINDS.items())
    ]
    for name, schema in schemas.items():
        if not _printed(name):
            text += [f"## {name} {{ #{anchor(name)} }}\n", f"{escaped(schema.get('description', ''))}\n"]
            text.append(described(schema, parts))
    return {_PAGE: "\n".join(text)}


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every operation of the service, each with what it is called, e.g. ``POST /v1/plan``."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def _printed(name: str) -> str:
    """Where the schema `name` is described, if that is on the page of what a command prints."""
    found = _PRINTED.fullmatch(name)
    if found is None:
        return ""
    page = f"documents/{found['document']}.md"
    return f"{page}#{anchor(found['part'])}" if found["part"] else page


def _operation(operation: Mapping[str, Any], parts: Parts) -> str:
    text = [f"{operation.get('description', '')}\n"]
    text += [_parameter(parameter, parts) for parameter in operation.get("parameters", ())]
    if "requestBody" in operation:
        for media, content in operation["requestBody"]["content"].items():
            text.append(definition("Body", f"{code(media)}: {type_text(content['schema'], parts)}"))
    problems: list[str] = []
    examples = []
    for status, response in operation["responses"].items():
        content = response.get("content", {})
        if MEDIA_TYPE in content:
            problems += [f"{code(name)} ({status})" for name in content[MEDIA_TYPE]["examples"]]
            continue
        shapes = [f"{code(media)}: {type_text(one.get('schema', {}), parts)}" for media, one in content.items()]
        text.append(definition(code(status), escaped(response["description"]), *shapes))
        examples += [_example(one["example"]) for one in content.values() if "example" in one]
    if problems:
        text.append(definition("[Problems](#problems)", ", ".join(problems)))
    return "\n".join([*text, *examples])


def _parameter(parameter: Mapping[str, Any], parts: Parts) -> str:
    schema: Schema = parameter["schema"]
    kind = f"*{'required' if parameter.get('required') else 'optional'}*, {parameter['in']}: {type_text(schema, parts)}"
    example = f"Example: {code(str(parameter['example']))}" if "example" in parameter else ""
    return definition(code(parameter["name"]), kind, meaning(parameter, parts), example)


def _example(example: object) -> str:
    if isinstance(example, str):
        return f"An answer:\n\n{fenced(example)}"
    return f"An answer:\n\n{fenced(json.dumps(example, indent=2, ensure_ascii=False), 'json')}"
