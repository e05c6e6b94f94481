"""JSON Schemas as Markdown: every field with its type, what it means and examples."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from docs_site.markdown import code, definition, escaped

__all__ = ["Field", "Parts", "Schema", "anchor", "described", "fields", "meaning", "type_text"]

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
_LONGEST: Final = 60


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

    `prefix` is the rest of those that name a part with a heading of its own, e.g. ``/$defs/``; `elsewhere` says where
    such parts are described that are on other pages.
    """

    prefix: str
    documents: Mapping[str, tuple[str, Schema]]
    elsewhere: Mapping[str, str] = field(default_factory=dict)

    def find(self, reference: str) -> tuple[str | None, Schema]:
        """Where a part is described, if under a heading of its own, and the part."""
        start, _, pointer = reference.partition("#")
        page, found = self.documents[start]
        for name in pointer.split("/")[1:]:
            found = found[name]
        name = pointer.removeprefix(self.prefix)
        return None if "/" in name else self.elsewhere.get(name, f"{page}#{anchor(name)}"), found


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


def described(schema: Schema, parts: Parts) -> str:
    """The alternatives of a schema, and its fields, or which values it allows."""
    alternatives = [type_text(one, parts) for one in schema.get("oneOf", ()) if "$ref" in one]
    texts = [f"One of: {', '.join(alternatives)}.\n"] if alternatives else []
    texts += [_field_text(one, parts) for one in fields(schema)]
    return "\n".join(texts) if texts else f"{type_text(schema, parts)}\n"


def _field_text(found: Field, parts: Parts) -> str:
    schema = found.schema
    kind = f"*{'required' if found.is_required else 'optional'}* {type_text(schema, parts)}"
    if found.only_if is not None:
        kind += f", where {_condition(found.only_if, parts)}"
    examples = ", ".join(code(_json(example)) for example in _examples(schema, parts))
    return definition(code(found.path), kind, meaning(schema, parts), f"Example: {examples}" if examples else "")


def meaning(schema: Schema, parts: Parts) -> str:
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
    limits = [text.format(code(_json(schema[key]))) for key, text in _LIMITS.items() if _is_short(schema.get(key))]
    return ", ".join((" or ".join(texts), *limits))


def _is_short(value: object) -> bool:
    """Whether a limit is there, and helps a reader: a long pattern does not."""
    return value is not None and len(_json(value)) <= _LONGEST


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
