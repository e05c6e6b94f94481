"""Reads the parts of a decoded JSON answer that the checker needs; whatever is wrong becomes a complaint."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from las_solver.constraint import Requirement, parse_version
from las_solver.errors import InvalidInput
from las_solver.limit import Limit
from las_solver.model import Request, Strategy

__all__ = ["Fields", "Malformed", "read_request"]

T = TypeVar("T")

_ANY_VERSION = Version("1")


class Malformed(Exception):
    """A part of the answer is not what it has to be; the text says which and why. Never leaves the checker."""


class Fields:
    """One JSON object of an answer, of which `place` says where it stands."""

    def __init__(self, value: object, place: str) -> None:
        if not isinstance(value, Mapping):
            raise Malformed(f"{place} is not an object")
        self._value: Mapping[object, object] = value
        self.place = place

    def get(self, key: str) -> object:
        """The value of `key`; raises :class:`Malformed` where there is none."""
        if key not in self._value:
            raise Malformed(f"{self.place} has no {key!r}")
        return self._value[key]

    def has(self, key: str) -> bool:
        """Whether there is a value of `key`."""
        return key in self._value

    def text(self, key: str) -> str:
        """A string."""
        value = self.get(key)
        if not isinstance(value, str):
            raise self._wrong(key, "a string")
        return value

    def text_or_null(self, key: str) -> str | None:
        """A string, or null; an absent key is null."""
        return None if self._value.get(key) is None else self.text(key)

    def boolean(self, key: str) -> bool:
        """A boolean."""
        value = self.get(key)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false")
        return value

    def integer(self, key: str) -> int:
        """An integer."""
        value = self.get(key)
        if type(value) is not int:
            raise self._wrong(key, "an integer")
        return value

    def objects(self, key: str) -> tuple[Fields, ...]:
        """A list of objects."""
        value = self.get(key)
        if not isinstance(value, list | tuple):
            raise self._wrong(key, "a list")
        return tuple(Fields(one, f"{self.place}.{key}[{place}]") for place, one in enumerate(value))

    def objects_or_none(self, key: str) -> tuple[Fields, ...]:
        """A list of objects; an absent key is an empty list."""
        return self.objects(key) if self.has(key) else ()

    def object(self, key: str) -> Fields:
        """An object."""
        return Fields(self.get(key), f"{self.place}.{key}")

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings."""
        value = self.get(key)
        if not isinstance(value, list | tuple):
            raise self._wrong(key, "a list of strings")
        found = tuple(one for one in value if isinstance(one, str))
        if len(found) < len(value):
            raise self._wrong(key, "a list of strings")
        return found

    def places(self, key: str, count: int) -> tuple[int, ...]:
        """A list of places in a list of `count`."""
        value = self.get(key)
        if not isinstance(value, list | tuple):
            raise self._wrong(key, "a list of places")
        found = tuple(one for one in value if type(one) is int and 0 <= one < count)
        if len(found) < len(value):
            raise self._wrong(key, f"a list of places in a list of {count}")
        return found

    def integers(self, key: str) -> tuple[int, ...]:
        """A list of integers."""
        value = self.get(key)
        if not isinstance(value, list | tuple) or any(type(one) is not int for one in value):
            raise self._wrong(key, "a list of integers")
        return tuple(value)

    def texts_or_null(self, key: str) -> tuple[str, ...] | None:
        """A list of strings, or null."""
        return None if self.get(key) is None else self.texts(key)

    def texts_by_name(self) -> dict[str, str]:
        """The whole object, all of whose values are strings."""
        return {str(key): self.text(str(key)) for key in self._value}

    def version(self, key: str) -> Version:
        """A PEP 440 version."""
        return self._parsed(key, self.text(key), parse_version)

    def requirement(self, key: str) -> Requirement:
        """A requirement, ``name`` or ``name@constraint``."""
        return self._parsed(key, self.text(key), Requirement.parse)

    def requirements(self, key: str) -> tuple[Requirement, ...]:
        """A list of requirements."""
        return tuple(self._parsed(key, text, Requirement.parse) for text in self.texts(key))

    def specifiers(self, key: str) -> SpecifierSet:
        """A PEP 440 specifier set; the empty one admits everything."""
        text = self.text(key)
        try:
            specifiers = SpecifierSet(text)
            for specifier in specifiers:
                specifier.contains(_ANY_VERSION)  # a version of too many digits shows only here
            return specifiers
        except (InvalidSpecifier, ValueError):
            raise self._wrong(key, "a PEP 440 specifier set") from None

    def _parsed(self, key: str, text: str, parse: Callable[[str], T]) -> T:
        try:
            return parse(text)
        except InvalidInput as error:
            raise Malformed(f"{self.place}.{key}: {error.message}") from None

    def _wrong(self, key: str, expected: str) -> Malformed:
        return Malformed(f"{self.place}.{key} is not {expected}")


def read_request(document: Fields, limits: Sequence[Limit] = ()) -> Request:
    """The request that an answer says it is for; what its limits weigh is said by those of `limits`."""
    options = document.object("options")
    strategy = options.text("strategy")
    if strategy not in {str(one) for one in Strategy}:
        raise Malformed(f"{options.place}.strategy is not a strategy: {strategy!r}")
    modes = options.texts_or_null("modes")
    return Request(
        requirements=document.requirements("request"),
        strategy=Strategy(strategy),
        prereleases=options.boolean("prereleases"),
        modes=None if modes is None else frozenset(modes),
        forced_modes=MappingProxyType(options.object("forced_modes").texts_by_name()),
        preferred=options.texts("preferred"),
        excluded=options.requirements("excluded"),
        pinned=options.requirements("pinned") if options.has("pinned") else (),
        locked=_read_locked(options),
        unlocked=frozenset(options.texts("unlocked") if options.has("unlocked") else ()),
        released=frozenset(options.texts("released") if options.has("released") else ()),
        allow_removal=options.has("allow_removal") and options.boolean("allow_removal"),
        limits=_read_limits(options, limits),
        together=options.has("together") and options.boolean("together"),
    )


def _read_limits(options: Fields, limits: Sequence[Limit]) -> tuple[Limit, ...]:
    """The limits that the options name, of which only the callers know what they weigh."""
    found: dict[str, Limit] = {}
    for named in options.objects_or_none("limits"):
        name, at_most = named.text("name"), named.integer("at_most")
        known = next((one for one in limits if (one.name, one.at_most) == (name, at_most)), None)
        if known is None:
            raise Malformed(f"{named.place}: {name!r} with this bound is none of the limits to check by")
        if at_most < 0:
            raise Malformed(f"{named.place}: {name!r} is below 0")
        if name in found:
            raise Malformed(f"{named.place}: {name!r} is there twice")
        found[name] = known
    return tuple(found.values())


def _read_locked(options: Fields) -> Mapping[str, Version] | None:
    """The versions of a lock; None where there is none, as in every older answer."""
    if not options.has("locked") or options.get("locked") is None:
        return None
    locked = options.object("locked")
    return MappingProxyType({name: locked.version(name) for name in locked.texts_by_name()})
