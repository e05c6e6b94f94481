"""``registries.yaml`` as its text says it, with everything that is wrong with it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, TypeVar, get_args

from las_registry.document_reading import MOST_PROBLEMS, DocumentReading, shown
from las_registry.problem import FieldPath, InvalidFile
from las_registry.trust.configuration import CATALOG, Configuration, Entry, repeated
from las_registry.trust.policy import DEFAULT_POLICY, KeyRule, Links, ListRule, NamePattern, Policy, Unsigned
from las_registry.yaml_reader import Value, read_document
from las_solver.constraint import check_name
from las_solver.errors import InvalidInput

__all__ = ["parse_configuration", "parse_pattern"]

Choice = TypeVar("Choice", bound=str)

_TOP: Final = ("default", "registries")
_DEFAULT: Final = ("unsigned", "list", "links", "keys")
_ENTRY: Final = ("path", *_DEFAULT, "names")
_KEY: Final = ("key", "names")
_KEY_ID: Final = re.compile(r"[0-9a-fA-F]{64}")
_LONE_STAR: Final = re.compile(rb"(?m)[\[,\s]\*[ \t]*(?:[\],\r\n#]|$)")
"""What YAML takes for an alias without a name, and people for all names."""


def parse_configuration(data: bytes, file: str) -> Configuration:
    """What a file with the content `data` says; `file` is the name that problems carry.

    Raises :class:`InvalidFile` with everything that is wrong with it.
    """
    try:
        document = read_document(data, file)
    except InvalidFile as error:
        if not _LONE_STAR.search(data):
            raise
        hint = "quote a * that stands alone, like names: ['*']"
        raise InvalidFile([replace(problem, hint=hint) for problem in error.problems]) from None
    try:
        return _Reading(document).configuration()
    except InvalidFile as error:
        raise InvalidFile(sorted(error.problems, key=lambda problem: problem.line or 0)) from None


def parse_pattern(text: str) -> NamePattern:
    """The pattern that `text` spells: a module's name, or the beginning of names and ``*``; or ``*`` alone."""
    if not text:
        raise InvalidInput("the pattern is empty", hint="'*' alone stands for all names")
    if "*" in text[:-1]:
        raise InvalidInput(f"{shown(text)} has a * that is not at its end", hint="a pattern is a name, or a beginning*")
    if text != "*":
        try:
            check_name(text.removesuffix("*"))
        except InvalidInput as error:
            raise InvalidInput(f"{shown(text)} matches no name that a module can have", hint=error.hint) from None
    return NamePattern(str(text))


class _Reading(DocumentReading):
    """One pass over the file."""

    def configuration(self) -> Configuration:
        top = self.document.value
        if top is None:
            self.refuse((), "the file is empty", "remove it if there is nothing to say of registries")
        fields = self.fields(top, (), _TOP)
        default = self.policy(self.fields(fields.get("default"), ("default",), _DEFAULT), ("default",), DEFAULT_POLICY)
        entries = [
            self.entry(item, ("registries", at), default)
            for at, item in enumerate(self.items(fields.get("registries"), ("registries",)))
        ]
        read = [one for one in entries if one is not None]
        if not self.problems:
            self.problems += repeated(self.document.file, read)
        if self.problems:
            raise InvalidFile(self.problems)
        return Configuration(self.document.file, read, default)

    def fields(self, value: Value, path: FieldPath, keys: tuple[str, ...]) -> Mapping[str, Value]:
        """A mapping with no keys but `keys`. A key without a value is a mistake: what it would say may matter."""
        found = self.mapping(value, path, keys)
        for key, one in found.items():
            if one is None and key in keys:
                self.refuse((*path, key), "expected a value, found nothing", f"leave {key} out, or give it a value")
        return found

    def entry(self, value: Value, path: FieldPath, default: Policy) -> Entry | None:
        if len(self.problems) >= MOST_PROBLEMS:
            return None
        if not isinstance(value, dict):
            self.refuse(path, f"expected a registry, found {shown(value)}", "write it like {path: /srv/modules}")
            return None
        fields = self.fields(value, path, _ENTRY)
        if "path" not in fields:
            self.refuse(path, "its path is missing", "write {path: /srv/modules, ...}")
        directory = self.fact(fields.get("path"), (*path, "path"), _path)
        names = self.patterns(
            fields.get("names"), (*path, "names"), "leave names out where no name belongs to it alone"
        )
        policy = replace(self.policy(fields, path, default), names=names or ())
        if directory is None:
            return None
        return Entry(
            path=directory,
            line=self.document.line_of((*path, "path")),
            policy=policy,
            name_lines=tuple(self.document.line_of((*path, "names", at)) for at in range(len(policy.names))),
        )

    def policy(self, fields: Mapping[str, Value], path: FieldPath, base: Policy) -> Policy:
        """The policy that `fields` state; what they leave open is as `base` has it."""
        unsigned = self.fact(fields.get("unsigned"), (*path, "unsigned"), _one_of(get_args(Unsigned)))
        list_rule = self.fact(fields.get("list"), (*path, "list"), _one_of(get_args(ListRule)))
        links = self.fact(fields.get("links"), (*path, "links"), _one_of(get_args(Links)))
        return replace(
            base,
            unsigned=unsigned or base.unsigned,
            list_rule=list_rule or base.list_rule,
            links=links or base.links,
            keys=self.keys(fields["keys"], (*path, "keys")) if "keys" in fields else base.keys,
        )

    def keys(self, value: Value, path: FieldPath) -> tuple[KeyRule, ...]:
        items = self.items(value, path)
        if value == []:
            self.refuse(path, "no key counts", "leave keys out where every key counts that you trust")
        found: dict[str, KeyRule] = {}
        for at, item in enumerate(items):
            rule = self.key(item, (*path, at))
            if rule is not None and found.setdefault(rule.key_id, rule) is not rule:
                self.refuse((*path, at), "the key stands there twice", "say all about a key in one place")
            if len(self.problems) >= MOST_PROBLEMS:
                break
        return tuple(found.values())

    def key(self, value: Value, path: FieldPath) -> KeyRule | None:
        """A key, which is written as its id, or with the names that it counts for."""
        if isinstance(value, str):
            key_id = self.fact(value, path, _key_id)
            return None if key_id is None else KeyRule(key_id)
        if not isinstance(value, dict):
            self.refuse(path, f"expected a key, found {shown(value)}", "write it like {key: ID, names: [corp-*]}")
            return None
        fields = self.fields(value, path, _KEY)
        if "key" not in fields:
            self.refuse(path, "its key is missing", "write it like {key: ID, names: [corp-*]}")
        key_id = self.fact(fields.get("key"), (*path, "key"), _key_id)
        names = self.patterns(fields.get("names"), (*path, "names"), "leave names out where the key counts for all")
        return None if key_id is None else KeyRule(key_id, names)

    def patterns(self, value: Value, path: FieldPath, hint: str) -> tuple[NamePattern, ...] | None:
        """The patterns of a list; None if there is no list."""
        if value == []:
            self.refuse(path, "no name is named", hint)
        return None if value is None else self.each(value, path, parse_pattern)


def _one_of(known: tuple[Choice, ...]) -> Callable[[str], Choice]:
    def choice(text: str) -> Choice:
        found = next((one for one in known if one == text), None)
        if found is None:
            raise InvalidInput(f"{shown(text)} is none of {', '.join(known)}", hint=f"write {' or '.join(known)}")
        return found

    return choice


def _path(text: str) -> str:
    """The path of a registry's directory, as it is written."""
    is_home = text == "~" or text.startswith("~/")
    # Path.expanduser raises where there is no home.
    whole = os.path.expanduser(text) if is_home else text  # noqa: PTH111
    if text != CATALOG and not os.path.isabs(whole):  # noqa: PTH117
        raise InvalidInput(
            f"{shown(text)} is not an absolute path",
            hint=f"write it from / on, or from your home on, like ~/modules; {CATALOG} is the bundled catalog",
        )
    if "\0" in text:
        raise InvalidInput(f"{shown(text)} is not a path", hint="leave out the NUL character")
    return str(text)


def _key_id(text: str) -> str:
    if not _KEY_ID.fullmatch(text):
        hint = "a key's id is 64 hex digits; las-solve registry trust list shows those of the keys that you trust"
        raise InvalidInput(f"{shown(text)} is not the id of a key", hint=hint)
    return text.lower()
