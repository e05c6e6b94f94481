"""``las-solve schema``: the JSON Schemas of what las-solve prints."""

from __future__ import annotations

import json
from typing import Any, Final

import click

from las_cli.options import logging_options

__all__ = ["schema"]

_PRINTED: Final = ("audit", "lint", "needs", "plan", "validate", "verify", "which", "why")


@click.command(short_help="Print the JSON Schema of what las-solve prints.")
@click.argument("document", type=click.Choice(list(_PRINTED)), metavar="DOCUMENT")
@logging_options
def schema(*, document: str) -> None:
    """Print the JSON Schema (2020-12) of DOCUMENT.

    DOCUMENT is "plan", for what `las-solve plan --format json` prints: plan, conflict, error or timeout; "why" or
    "needs", for what these commands print; or "audit", "lint", "validate", "verify" or "which", for what
    `las-solve registry` prints with one of these.

    \b
    Examples:
      las-solve schema plan > plan.schema.json
      las-solve schema why > why.schema.json
      las-solve registry schema
    """
    from las_cli.render.json import print_json
    from las_solver.schemas import DOCUMENTS, document_schema

    print_json(document_schema(document) if document in DOCUMENTS else _with_plan(_read(document)))


def _with_plan(schema: dict[str, Any]) -> dict[str, Any]:
    """`schema`, with the definitions of plans that it refers to."""
    from las_solver.schemas import document_schema

    schema["$defs"]["plan"] = document_schema("plan")
    return schema


def _read(name: str) -> dict[str, Any]:
    from importlib.resources import files

    read: dict[str, Any] = json.loads((files("las_cli") / "schema" / f"{name}.schema.json").read_text(encoding="utf-8"))
    return read
