"""Pages about documents: manifests, host profiles, and what commands print as JSON; with their JSON Schemas."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

import click
from click.testing import CliRunner

from docs_site.commands import every_command
from docs_site.markdown import code, escaped, fenced
from docs_site.schema_text import Parts, Schema, anchor, described
from las_cli.main import cli
from las_registry.host.examples import example_path
from las_registry.registry import default_directories

__all__ = ["document_names", "document_navigation", "document_pages", "printed_schema", "schema_files"]

_PAGES: Final = "documents/"
_MANIFEST: Final = "open-webui"
_HOST: Final = "gpu-8gb"
_READ: Final = ("manifest", "profile")
"""The documents that people write; the rest are printed."""


def document_names() -> tuple[str, ...]:
    """The documents that have a schema: those that are read, then those that are printed."""
    (command,) = [one for one in every_command() if one.name == "las-solve schema"]
    (argument,) = [one for one in command.context.command.params if isinstance(one, click.Argument)]
    assert isinstance(argument.type, click.Choice)
    return (*_READ, *argument.type.choices)


@cache
def printed_schema(name: str) -> Schema:
    """The JSON Schema of a document, for what is printed as `las-solve schema` prints it."""
    if name in _READ:
        text = (files("las_registry") / "schema" / f"{name}.schema.json").read_text(encoding="utf-8")
        read: Schema = json.loads(text)
        return read
    result = CliRunner().invoke(cli, ["schema", name], catch_exceptions=False)
    printed: Schema = json.loads(result.stdout)
    return printed


def schema_files() -> dict[str, str]:
    """The JSON Schemas, to download, by their paths on the site."""
    return {_file(name): f"{json.dumps(printed_schema(name), indent=2)}\n" for name in document_names()}


def document_pages() -> dict[str, str]:
    """A page for each document, by their paths on the site."""
    return {f"{_PAGES}{name}.md": _page(name, printed_schema(name)) for name in document_names()}


def document_navigation() -> list[Any]:
    """The pages of all documents for MkDocs."""
    return [{name: f"{_PAGES}{name}.md"} for name in document_names()]


def _file(name: str) -> str:
    return f"{_PAGES}{name}.schema.json"


def _page(name: str, schema: Schema) -> str:
    own = {part: inner for part, inner in schema.get("$defs", {}).items() if part != "plan" or name == "plan"}
    plan = printed_schema("plan")
    parts = Parts("/$defs/", {"": ("", schema), plan["$id"]: ("plan.md", plan)})
    text = [
        f"# {schema['title']}\n",
        f"{escaped(schema['description'])}\n",
        f"[The JSON Schema]({name}.schema.json) (2020-12) of this page, to download: {code(schema['$id'])}\n",
        _example(name),
        described(schema, parts),
    ]
    for part, inner in own.items():
        text += [f"## {part} {{ #{anchor(part)} }}\n", f"{escaped(inner.get('description', ''))}\n"]
        text.append(described(inner, parts))
    return "\n".join(text)


def _example(name: str) -> str:
    """A whole document of those that people write."""
    if name == "manifest":
        path = default_directories()[0] / f"{_MANIFEST}.manifest.yaml"
        return "An example, of the bundled catalog:\n\n" + fenced(path.read_text("utf-8").partition("---\n")[0], "yaml")
    if name == "profile":
        return "An example:\n\n" + fenced(example_path(_HOST).read_text(encoding="utf-8"), "yaml")
    return ""
