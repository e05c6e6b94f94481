"""The schemas of answers, by which an object has no other keys than those that are described."""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema_rs
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from las_solver.schemas import document_schema

__all__ = ["assert_described", "closed"]


def closed(schema: Any) -> Any:
    """`schema`, closed wherever it describes keys; of an object whose keys it leaves open, it says nothing more."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(value) for key, value in schema.items()}
    is_open = found.keys().isdisjoint(("additionalProperties", "oneOf"))  # one of several is closed itself
    if "object" in found.get("type", ()) and "properties" in found and is_open:
        found["unevaluatedProperties"] = False  # unlike additionalProperties, it knows what allOf describes
    return found


def assert_described(document: Any, name: str = "plan") -> None:
    """Fails if `document` has a key that the schema of that `name` does not describe."""
    if not _validator(name).is_valid(document):
        fault = best_match(Draft202012Validator(closed(document_schema(name))).iter_errors(document))
        raise AssertionError(f"{name}: {'/'.join(map(str, fault.absolute_path))}: {fault.message}")


@cache
def _validator(name: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(closed(document_schema(name)))
