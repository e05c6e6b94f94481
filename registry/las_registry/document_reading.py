"""Documents that are read as a whole, with everything that is wrong with them: what their readers share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeVar

from las_registry.manifest import Refused, is_label, read_boolean
from las_registry.problem import FieldPath, InvalidFile, Problem, format_path
from las_registry.yaml_document import Document
from las_registry.yaml_reader import Value
from las_solver.constraint import Requirement, check_name
from las_solver.errors import InvalidInput
from las_solver.model import Request, Strategy

__all__ = ["MOST_PROBLEMS", "DocumentReading", "boolean", "label", "shown"]

MOST_PROBLEMS: Final = 50
"""A reading may end once it has found so many problems."""

Parsed = TypeVar("Parsed")


class DocumentReading:
    """One pass over a document, which collects every problem on the way."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []

    def version(self, value: Value, key: str, version: int) -> None:
        """Refuses all but one `version` of the format, which stands under `key`, before anything else: what follows may
        mean something else."""
        if value == str(version):
            return
        newer = isinstance(value, str) and value.isdecimal() and len(value) < 10 and int(value) > version
        hint = "a newer las-solve reads it" if newer else f"write {key}: {version}"
        self.refuse((key,), f"expected version {version} of the format, found {shown(value)}", hint)
        raise InvalidFile(self.problems)

    def request(self, top: Mapping[str, Value], keys: Sequence[str], *, is_optional: bool = False) -> Request:
        """What is asked for, under ``request`` and ``options``; `keys` are the options of the format, of which those
        that every format has are read here. Unless it `is_optional`, something has to be."""
        requirements = self.each(top.get("request"), ("request",), Requirement.parse)
        if not top.get("request") and not is_optional:
            self.refuse(("request",), "nothing is requested", "name at least one module: request: [app]")
        options = self.mapping(top.get("options"), ("options",), keys)
        modes = options.get("modes")
        return Request(
            requirements=requirements,
            strategy=self.fact(options.get("strategy"), ("options", "strategy"), _strategy) or Strategy.NEWEST,
            prereleases=self.fact(options.get("prereleases"), ("options", "prereleases"), boolean) or False,
            modes=None if modes is None else frozenset(self.each(modes, ("options", "modes"), label)),
            forced_modes=self.forced_modes(options.get("forced_modes")),
            preferred=self.each(options.get("preferred"), ("options", "preferred"), check_name),
            excluded=self.each(options.get("excluded"), ("options", "excluded"), Requirement.parse),
        )

    def forced_modes(self, value: Value) -> Mapping[str, str]:
        path: FieldPath = ("options", "forced_modes")
        found: dict[str, str] = {}
        for name, mode in self.mapping(value, path).items():
            forced = self.fact(mode, (*path, name), label)
            if self.fact(name, (*path, name), check_name) and forced is not None:
                found[name] = forced
        return MappingProxyType(found)

    def required(
        self, fields: Mapping[str, Value], path: FieldPath, key: str, parse: Callable[[str], Parsed]
    ) -> Parsed | None:
        """What `parse` makes of the text of a key that has to be there."""
        if fields.get(key) is None:
            self.refuse(path, f"its {key} is missing", f"write {{{key}: ...}}")
        return self.fact(fields.get(key), (*path, key), parse)

    def each(self, value: Value, path: FieldPath, parse: Callable[[str], Parsed]) -> tuple[Parsed, ...]:
        """What `parse` makes of each text of a list."""
        found = []
        for at, item in enumerate(self.items(value, path)):
            if item is None:
                self.refuse((*path, at), "expected a text, found nothing", "leave it out")
            found.append(self.fact(item, (*path, at), parse))
            if len(self.problems) >= MOST_PROBLEMS:
                break
        return tuple(one for one in found if one is not None)

    def items(self, value: Value, path: FieldPath) -> Sequence[Value]:
        """A list; a null is an empty one."""
        if value is not None and not isinstance(value, list):
            self.refuse(path, f"expected a list, found {shown(value)}", f"write it like {format_path(path)}: [...]")
            return ()
        return value or ()

    def mapping(self, value: Value, path: FieldPath, keys: Sequence[str] = ()) -> Mapping[str, Value]:
        """A mapping, with no keys but `keys` if there are any; a null is an empty one."""
        if value is not None and not isinstance(value, dict):
            self.refuse(path, f"expected a mapping, found {shown(value)}", "write it like {key: value}")
            return {}
        if value and keys:
            self.known_keys(value, path, keys)
        return value or {}

    def known_keys(self, value: Mapping[str, Value], path: FieldPath, keys: Sequence[str]) -> None:
        """Refuses all keys but `keys` and those that begin with ``x-``."""
        for key in value:
            if key not in keys and not key.startswith("x-") and len(self.problems) < MOST_PROBLEMS:
                self.refuse((*path, key), "there is no such key", _meant(key, keys))

    def text(self, value: Value, path: FieldPath) -> str | None:
        if value is None or isinstance(value, str):
            return None if value is None else str(value)
        self.refuse(path, f"expected a text, found {shown(value)}")
        return None

    def fact(self, value: Value, path: FieldPath, parse: Callable[[str], Parsed]) -> Parsed | None:
        """What `parse` makes of a text; a null is absent."""
        text = self.text(value, path)
        if text is None:
            return None
        try:
            return parse(text)
        except InvalidInput as error:
            self.refuse(path, error.message, error.hint)
            return None

    def refuse(self, path: FieldPath, message: str, hint: str | None = None) -> None:
        self.problems.append(self.document.problem(path, message, hint))


def _strategy(text: str) -> Strategy:
    try:
        return Strategy(text)
    except ValueError:
        known = [one.value for one in Strategy]
        raise InvalidInput(f"{shown(text)} is none of {', '.join(known)}") from None


def boolean(text: str) -> bool:
    """The boolean that `text` spells."""
    try:
        return read_boolean(str(text))
    except Refused:
        raise InvalidInput(f"{shown(text)} is not true or false") from None


def label(text: str) -> str:
    """`text`, if it can name a mode, an interface or a system package."""
    if not is_label(text):
        raise InvalidInput(f"{shown(text)} is not a name that is allowed here", hint="leave out spaces and line breaks")
    return text


def _meant(key: str, keys: Sequence[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(key[:100].lower().replace("-", "_"), keys, n=1)
    return f"did you mean {near[0]}?" if near else f"its keys are {', '.join(keys)}; your own begin with x-"


def shown(value: Value) -> str:
    """What `value` is, in a few words."""
    match value:
        case None:
            return "nothing"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case _:
            return repr(str(value) if len(value) <= 80 else value[:77] + "...")
