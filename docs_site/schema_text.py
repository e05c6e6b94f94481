"""JSON Schemas as Markdown: every field with its type, what it means and examples."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from docs_site.markdown import code, definition, escaped

__all__ = ["Field", "Parts", "Schema", "anchor", "fields", "fields_text", "type_text"]

Schema = Mapping[str, Any]

_LIMITS: Final = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "pattern": "pattern {}",
    "format": "format {}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a document. `path` names it from the object in which it begins, e.g. ``steps[].module``; `only_if`
    is what else has to be so for it to be there."""

    path: str
    schema: Schema
    is_required: bool
    only_if: Schema | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """What references lead to: for what each begins with, a page and the schema that is described there.

    `prefix` is the rest of those that name a part with a heading of its own, e.g. ``/$defs/``.
    """

    prefix: str
    documents: Mapping[str, tuple[str, Schema]]

    def find(self, reference: str) -> tuple[str | None, Schema]:
        """Where a part is described, if under a heading of its own, and the part."""
        start, _, pointer = reference.partition("#")
        page, found = self.documents[start]
        for name in pointer.split("/")[1:]:
            found = found[name]
        name = pointer.removeprefix(self.prefix)
        return None if "/" in name else f"{page}#{anchor(name)}", found


def anchor(name: str) -> str:
    """Where on its page a named part is described."""
    return f"definition-{name}"


def fields(schema: Schema, path: str = "", only_if: Schema | None = None) -> Iterator[Field]:
    """Every field of the objects that `schema` describes itself, without those of named parts."""
    required = schema.get("required", ())
    for name, inner in schema.get("properties", {}).items():
        place = f"{path}.{name}" if path else name
        yield Field(path=place, schema=inner, is_required=name in required, only_if=only_if)
        yield from fields(inner, place, only_if)
    if isinstance(schema.get("items"), Mapping):
        yield from fields(schema["items"], f"{path}[]", only_if)
    if isinstance(schema.get("additionalProperties"), Mapping):
        yield from fields(schema["additionalProperties"], f"{path}.NAME" if path else "NAME", only_if)
    for keyword in ("anyOf", "oneOf", "allOf"):
        for one in schema.get(keyword, ()):
            yield from fields(one, path, only_if)
    if "if" in schema and "then" in schema:
        yield from fields(schema["then"], path, schema["if"])


def fields_text(found: Sequence[Field], parts: Parts) -> str:
    """A list of fields; `parts` are the named ones to which they refer."""
    return "\n".join(_field_text(field, parts) for field in found)


def _field_text(field: Field, parts: Parts) -> str:
    schema = field.schema
    kind = f"*{'required' if field.is_required else 'optional'}* {type_text(schema, parts)}"
    if field.only_if is not None:
        kind += f", where {_condition(field.only_if, parts)}"
    examples = ", ".join(code(_json(example)) for example in _examples(schema, parts))
    return definition(code(field.path), kind, _meaning(schema, parts), f"Example: {examples}" if examples else "")


def _meaning(schema: Schema, parts: Parts) -> str:
    """What a field means; of a named part that is no object, also what that means."""
    texts = [schema.get("description", "")]
    if "$ref" in schema:
        _, referred = parts.find(schema["$ref"])
        if not any(fields(referred)):
            texts.append(referred.get("description", ""))
    return escaped(" ".join(dict.fromkeys(text for text in texts if text)))


def _examples(schema: Schema, parts: Parts) -> Sequence[object]:
    if "examples" not in schema and "$ref" in schema:
        return _examples(parts.find(schema["$ref"])[1], parts)
    found: Sequence[object] = schema.get("examples", ())
    return found


def type_text(schema: Schema, parts: Parts) -> str:
    """Which values `schema` allows, in few words."""
    if "$ref" in schema:
        return _reference(schema["$ref"], parts)
    if "const" in schema:
        return code(_json(schema["const"]))
    if "enum" in schema:
        return "one of " + ", ".join(code(_json(value)) for value in schema["enum"])
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema and "properties" not in schema:
            return " or ".join(dict.fromkeys(type_text(one, parts) for one in schema[keyword]))
    types = schema.get("type", "any value")
    kinds = [types] if isinstance(types, str) else list(types)
    texts = [_array(schema, parts) if kind == "array" else kind for kind in kinds]
    limits = [text.format(code(_json(schema[key]))) for key, text in _LIMITS.items() if key in schema]
    return ", ".join((" or ".join(texts), *limits))


def _array(schema: Schema, parts: Parts) -> str:
    items = schema.get("items")
    return f"array of: {type_text(items, parts)}" if isinstance(items, Mapping) else "array"


def _reference(reference: str, parts: Parts) -> str:
    place, referred = parts.find(reference)
    name = reference.rpartition("/")[2]
    return f"[{name}]({place})" if place is not None and any(fields(referred)) else type_text(referred, parts)


def _condition(schema: Schema, parts: Parts) -> str:
    """What an `if` asks of the fields beside those that follow from it."""
    asked = schema.get("properties", {})
    return " and ".join(f"{code(name)} is {type_text(inner, parts)}" for name, inner in asked.items())


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
