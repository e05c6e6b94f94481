"""Frozen dataclasses that get their methods when these are first asked for.

The standard decorator writes and compiles six methods of each class when it is made, which takes longer than all else
in the import of a module of values, and a short run of the command line uses few of them. Classes that the command
line needs for a plan are made by this one; in every other respect they are what the standard one makes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

__all__ = ["dataclass"]

Class = TypeVar("Class", bound=type)

_METHODS: Final[Mapping[str, Mapping[str, bool]]] = {
    "__init__": {"init": True},
    "__repr__": {"repr": True},
    "__eq__": {"eq": True},
    "__hash__": {"eq": True},
    "__getstate__": {"slots": True},
    "__setstate__": {"slots": True},
    "__dataclass_fields__": {},
    "__dataclass_params__": {"init": True, "repr": True, "eq": True},
}
"""What is put off, each with the parameters of the standard decorator that make it."""


class _Later:
    """An attribute of a class that is made, and takes the place of this, when it is first asked for."""

    __slots__ = ("_body", "_kw_only", "_name")

    def __init__(self, name: str, body: Mapping[str, Any], kw_only: bool) -> None:
        self._name = name
        self._body = body
        self._kw_only = kw_only

    def __get__(self, instance: object, owner: type) -> Any:
        made_of = next(one for one in owner.__mro__ if one.__dict__.get(self._name) is self)
        plain = type(made_of.__name__, made_of.__bases__, dict(self._body))
        wanted = {"init": False, "repr": False, "eq": False} | _METHODS[self._name]
        full = dataclasses.dataclass(frozen=True, kw_only=self._kw_only, **wanted)(plain)
        setattr(made_of, self._name, full.__dict__[self._name])
        return getattr(owner if instance is None else instance, self._name)


def _refuse_to_set(self: object, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _lazy_dataclass(*, frozen: bool, slots: bool, kw_only: bool = False) -> Callable[[Class], Class]:
    """The standard decorator of that name, for classes that inherit no fields."""
    assert frozen and slots

    def decorate(plain: Class) -> Class:
        body = {name: value for name, value in plain.__dict__.items() if name not in ("__dict__", "__weakref__")}
        fields = tuple(body.get("__annotations__", ()))
        own = {name: value for name, value in body.items() if name not in fields}
        own |= {name: _Later(name, body, kw_only) for name in _METHODS if name not in own}
        own |= {"__slots__": fields, "__match_args__": () if kw_only else fields}
        own |= {"__setattr__": _refuse_to_set, "__delattr__": _refuse_to_delete}
        made = type(plain)(plain.__name__, plain.__bases__, own)
        made.__qualname__ = plain.__qualname__
        return made

    return decorate


if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    dataclass = _lazy_dataclass
