"""Every mistake of a manifest, with its line, what was expected and a hint: the schema's first, then those
of meaning.

Slow, and only asked when a manifest was refused (see :mod:`las_registry.manifest`).
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import jsonschema

from las_registry.integrity import checksum_of
from las_registry.manifest import content_of, is_checksum, is_label, is_signature
from las_registry.problem import FieldPath, Problem
from las_registry.size import parse_size
from las_registry.yaml_reader import Document, Quoted
from las_solver.constraint import Requirement, check_name, parse_version
from las_solver.errors import InvalidInput

__all__ = ["MOST_PROBLEMS", "SCHEMA_FILE", "find_problems", "manifest_schema"]

SCHEMA_FILE = Path(__file__).with_name("schema") / "manifest.schema.json"

MOST_PROBLEMS = 1000
"""No more problems of one manifest are told."""

_MOST_NAMED = 10
_MOST_COMPARED = 1000
_KINDS = {
    "string": "a text",
    "array": "a list",
    "object": "a mapping of fields",
    "integer": "an integer",
    "boolean": "true or false",
}
_WORDS = ("yes", "no", "on", "off", "y", "n")


def manifest_schema() -> dict[str, Any]:
    """The JSON Schema 2020-12 of manifests."""
    schema: dict[str, Any] = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return schema


def find_problems(document: Document) -> tuple[Problem, ...]:
    """Everything that is wrong with the manifest in a document, in order of lines, but no more than `MOST_PROBLEMS`."""
    problems = list(document.problems)
    if document.value is None and not problems:
        problems.append(document.problem((), "the document is empty", "write a manifest, or delete it"))
    elif document.complete:
        content: Any = content_of(document) if isinstance(document.value, dict) else document.value
        places = _Places(document)
        found = list(islice(_schema_problems(document, content, places), MOST_PROBLEMS))
        reported = frozenset(path for path, _, _ in found)
        found += islice(_meaning_problems(content, places, reported), MOST_PROBLEMS - len(found))
        known = {(problem.line, problem.field) for problem in problems}
        listed = [document.problem(*one) for one in dict.fromkeys(found)]
        problems += [one for one in listed if (one.line, one.field) not in known]
    return tuple(sorted(problems, key=lambda one: one.line or 0))


_Found = tuple[FieldPath, str, str | None]


@lru_cache(maxsize=1)
def _validator() -> jsonschema.Draft202012Validator:
    known: Any = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
        jsonschema.Draft202012Validator, {"uniqueItems": _unique_texts}
    )
    validator: jsonschema.Draft202012Validator = known(manifest_schema())
    return validator


def _unique_texts(_: object, is_asked: bool, items: object, schema: object) -> Iterator[jsonschema.ValidationError]:
    """Texts that are there twice; of other items, another keyword says that they are none.

    The library's own way compares each item with every other where they cannot be sorted.
    """
    texts = [one for one in items if isinstance(one, str)] if is_asked and isinstance(items, list) else []
    if len(set(texts)) < len(texts):
        yield jsonschema.ValidationError("a text is there twice")


def _schema_problems(document: Document, content: Any, places: _Places) -> Iterator[_Found]:
    for error in _validator().iter_errors(content):
        path: FieldPath = places.of(tuple(error.absolute_path))
        match error.validator:
            case "required":
                for name in error.validator_value:
                    if name not in error.instance:
                        yield from _missing((*path, name))
            case "additionalProperties":
                known = error.schema["properties"]
                for key in error.instance:
                    if key not in known and not key.startswith("x-"):
                        yield (*path, key), "there is no such field", _meant_field(key, path, known)
            case "type":
                yield path, *_wrong_type(error.instance, error.validator_value, document, path)
            case "enum":
                yield (
                    path,
                    f"{_shown(error.instance)} is not one of {', '.join(error.validator_value)}",
                    _nearest(error.instance, error.validator_value),
                )
            case "pattern" | "maxLength" if not isinstance(error.instance, str) or len(error.instance) > 1000:
                yield path, f"a text of {len(error.instance)} characters is too long here", None
            case "pattern":
                yield path, *_wrong_text(error.instance, error.schema)
            case "minLength":
                yield path, "the text is empty", "write something, or leave the field out"
            case "minItems":
                yield path, "the list is empty", "name at least one"
            case "minimum":
                yield (
                    path,
                    f"{error.instance} is less than {error.validator_value}",
                    "leave it out for no minimum",
                )
            case "maximum":
                yield path, f"{error.instance} is more than {error.validator_value}", None
            case "uniqueItems":
                seen: set[str] = set()
                for at, item in enumerate(error.instance):
                    if isinstance(item, str) and item in seen:
                        yield (
                            places.of((*path, at)),
                            f"{_shown(item)} is there twice",
                            "keep one of them",
                        )
                    elif isinstance(item, str):
                        seen.add(item)
            case _:
                yield path, error.message, None


def _meaning_problems(content: Any, places: _Places, reported: frozenset[FieldPath]) -> Iterator[_Found]:
    """What a schema cannot say; fields whose form is wrong already are left out."""
    if not isinstance(content, dict):
        return
    checks: tuple[tuple[FieldPath, Callable[[str], object]], ...] = (
        (("name",), check_name),
        (("version",), parse_version),
        (("hardware", "memory", "ram_min"), parse_size),
        (("hardware", "gpu", "vram_min"), parse_size),
        (("dependencies", "system"), _check_label),
        (("dependencies", "modules"), Requirement.parse),
        (("dependencies", "runtime"), Requirement.parse_runtime),
        (("runtime", "modes"), _check_label),
        (("interfaces", "provides"), _check_label),
        (("interfaces", "consumes"), _check_label),
        (("integrity", "checksum"), _check_checksum),
        (("integrity", "signature"), _check_signature),
    )
    for field, check in checks:
        for path, text in _texts(content, field):
            place = places.of(path)
            if place in reported or not text:
                continue
            try:
                check(text)
            except InvalidInput as error:
                yield place, error.message, error.hint
    yield from _preferred_problem(content, reported)
    yield from _checksum_problem(content, reported)


def _preferred_problem(content: Mapping[str, Any], reported: frozenset[FieldPath]) -> Iterator[_Found]:
    modes, preferred = _value(content, ("runtime", "modes")), _value(content, ("runtime", "preferred"))
    path = ("runtime", "preferred")
    if not isinstance(modes, list) or not isinstance(preferred, str) or path in reported:
        return
    if preferred not in modes:
        texts = [_shown(one)[1:-1] for one in dict.fromkeys(modes) if isinstance(one, str)]
        more = f" and {len(texts) - _MOST_NAMED} more" if len(texts) > _MOST_NAMED else ""
        yield (
            path,
            f"{_shown(preferred)} is not one of the modes: {', '.join(texts[:_MOST_NAMED])}{more}",
            _nearest(preferred, texts[:_MOST_COMPARED]),
        )


def _checksum_problem(content: Mapping[str, Any], reported: frozenset[FieldPath]) -> Iterator[_Found]:
    """A checksum that does not match; it is compared only where the rest of the manifest is right."""
    checksum = _value(content, ("integrity", "checksum"))
    if reported or not isinstance(checksum, str) or not is_checksum(checksum):
        return
    actual = checksum_of(content)
    if checksum.lower() != actual:
        yield (
            ("integrity", "checksum"),
            f"the manifest was changed after it was sealed: its content gives {actual}",
            "restore it, or, if the change is wanted, seal it again: las-solve registry seal FILE",
        )


class _Places:
    """Where the values of the content stand in a document: nulls count there in the positions of lists."""

    def __init__(self, document: Document) -> None:
        self._top: Any = document.value
        self._positions: dict[int, list[int]] = {}

    def of(self, path: FieldPath) -> FieldPath:
        """The path in the document of what stands at `path` in the content."""
        value = self._top
        place: list[str | int] = []
        for part in path:
            if isinstance(part, int) and isinstance(value, list):
                positions = self._positions.get(id(value))
                if positions is None:
                    positions = self._positions[id(value)] = [at for at, one in enumerate(value) if one is not None]
                part = positions[part] if part < len(positions) else part
                value = value[part] if part < len(value) else None
            else:
                value = value.get(part) if isinstance(value, dict) else None
            place.append(part)
        return tuple(place)


def _texts(content: Mapping[str, Any], field: FieldPath) -> Iterator[tuple[FieldPath, str]]:
    """The text of a field, or those of its list, each with its path."""
    value = _value(content, field)
    if isinstance(value, str):
        if field[-1] in ("name", "version", "ram_min", "vram_min", "checksum", "signature"):
            yield field, value
    elif isinstance(value, list):
        for at, item in enumerate(value):
            if isinstance(item, str):
                yield (*field, at), item


def _value(content: Any, path: FieldPath) -> Any:
    for key in path:
        content = content.get(key) if isinstance(content, dict) else None
    return content


def _missing(path: FieldPath) -> Iterator[_Found]:
    if path == ("runtime",):
        path = ("runtime", "modes")
    examples = {
        "name": "name: my-module",
        "category": "category: tool",
        "version": "version: 1.0",
        "description": "description: What the module is",
        "modes": "runtime: {modes: [native]}",
    }
    example = examples.get(str(path[-1]))
    yield path, "the field is missing", None if example is None else f"write for example {example}"


def _wrong_type(value: Any, expected: str, document: Document, path: FieldPath) -> tuple[str, str | None]:
    """What to say where a text, list or mapping stands in place of another."""
    kind = _KINDS.get(expected, expected)
    if not path:
        return f"a manifest is {_KINDS['object']}, not {_kind_of(value)}", "write for example name: my-module"
    if not isinstance(value, str):
        return f"expected {kind}, found {_kind_of(value)}", "quote it" if expected == "string" else None
    source = _value(document.value, path)
    hint = None
    if expected in ("integer", "boolean"):
        if isinstance(source, Quoted) and value.lower() not in _WORDS:
            hint = f"remove the quotes around {_shown(value)[1:-1]}"
        elif expected == "boolean":
            hint = "write true or false" + (f": {value} is a text in YAML 1.2" if value.lower() in _WORDS else "")
        else:
            hint = "write digits only"
    elif expected == "array":
        hint = f"write [{_shown(value)[1:-1]}], or each item in a line of its own after '- '"
    return f"{_shown(value)} is not {kind}", hint


def _wrong_text(text: str, schema: Mapping[str, Any]) -> tuple[str, str | None]:
    """What to say of a text that does not match a pattern."""
    try:
        if schema.get("title") == "size":
            parse_size(text)
        elif schema.get("title") == "checksum":
            _check_checksum(text)
        elif schema.get("title") == "signature":
            _check_signature(text)
        else:
            return (
                f"{_shown(text)} is not a {schema.get('title', 'text')} that is allowed here",
                _lower_first(schema.get("description")),
            )
    except InvalidInput as error:
        return error.message, error.hint
    return f"{_shown(text)} is not allowed here", None


def _check_label(text: str) -> None:
    if not is_label(text):
        raise InvalidInput(
            f"{_shown(text)} is not a name that is allowed here", hint="leave out spaces and line breaks"
        )


def _check_checksum(text: str) -> None:
    if not is_checksum(text):
        raise InvalidInput(
            f"{_shown(text)} is not a checksum",
            hint="it is sha256: and 64 hex digits; las-solve registry seal FILE writes it",
        )


def _check_signature(text: str) -> None:
    if not is_signature(text):
        raise InvalidInput(
            f"{_shown(text)} is not a signature",
            hint="it is ed25519:, the id of a key, : and base64; las-solve registry sign --key KEY FILE writes it",
        )


def _meant_field(key: str, path: FieldPath, known: Iterable[str]) -> str:
    """A hint for a field that does not exist."""
    if key == "<<":
        return "merge keys are not known here: write the fields out"
    near = difflib.get_close_matches(key.lower(), known, n=1)
    if near:
        return f"did you mean {near[0]}?"
    elsewhere = [place for place in _all_fields() if place[-1] == key]
    if elsewhere:
        return "it belongs at " + ".".join(map(str, elsewhere[0]))
    if key.lower().startswith("x-") or key.startswith("x_"):
        return f"write x-{key[2:]}"
    return f"leave it out, or call it x-{_shown(key)[1:-1]}, which is yours to use"


@lru_cache(maxsize=1)
def _all_fields() -> tuple[FieldPath, ...]:
    """The paths of all fields, those nearer to the top first."""
    found: list[FieldPath] = []
    waiting: list[tuple[FieldPath, Any]] = [((), manifest_schema())]
    for path, schema in waiting:
        for name, inner in schema.get("properties", {}).items():
            found.append((*path, name))
            waiting.append(((*path, name), inner))
    return tuple(found)


def _nearest(text: str, known: Sequence[str]) -> str | None:
    near = difflib.get_close_matches(str(text)[:200].lower(), known, n=1)
    return f"did you mean {near[0]}?" if near else None


def _kind_of(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return _shown(str(value))


def _lower_first(text: str | None) -> str | None:
    return text if not text else (text[0].lower() + text[1:]).removesuffix(".")


def _shown(text: object) -> str:
    shown = str(text)
    return repr(shown if len(shown) <= 80 else shown[:77] + "...")
