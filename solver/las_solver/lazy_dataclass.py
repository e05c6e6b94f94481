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

_STANDARD: Final[Mapping[str, Mapping[str, bool]]] = {
    "__repr__": {"repr": True},
    "__eq__": {"eq": True},
    "__hash__": {"unsafe_hash": True},
    "__getstate__": {"frozen": True, "slots": True},
    "__setstate__": {"frozen": True, "slots": True},
    "__dataclass_fields__": {},
    "__dataclass_params__": {"init": True, "repr": True, "eq": True, "frozen": True},
}
"""What the standard decorator makes later, each with the parameters that make it."""


class _Later:
    """An attribute of a class that is made, and takes the place of this, when it is first asked for."""

    __slots__ = ("_body", "_kw_only", "_name")

    def __init__(self, name: str, body: Mapping[str, Any], kw_only: bool) -> None:
        self._name = name
        self._body = body
        self._kw_only = kw_only

    def __get__(self, instance: object, owner: type) -> Any:
        its_class = next(one for one in owner.__mro__ if one.__dict__.get(self._name) is self)
        if self._name == "__init__":
            setattr(its_class, self._name, _initializer(its_class))
        else:
            plain = type(its_class.__name__, its_class.__bases__, dict(self._body))
            parameters = {"init": False, "repr": False, "eq": False, "kw_only": self._kw_only, **_STANDARD[self._name]}
            full: type = dataclasses.dataclass(**parameters)(plain)
            setattr(its_class, self._name, full.__dict__[self._name])
        return getattr(owner if instance is None else instance, self._name)


def _initializer(its_class: type) -> Callable[..., None]:
    """The `__init__` of a dataclass; the standard one would come with two more methods where it is to be frozen."""
    names: dict[str, Any] = {"_set": object.__setattr__, "_unset": object()}
    parameters = ["self"]
    lines = []
    fields = dataclasses.fields(its_class)
    for field in sorted((one for one in fields if one.init), key=lambda one: bool(one.kw_only)):
        if field.kw_only and "*" not in parameters:
            parameters.append("*")
        if field.default_factory is not dataclasses.MISSING:
            names[f"_make_{field.name}"] = field.default_factory
            parameters.append(f"{field.name}=_unset")
            lines.append(f" if {field.name} is _unset: {field.name} = _make_{field.name}()")
        elif field.default is not dataclasses.MISSING:
            names[f"_default_{field.name}"] = field.default
            parameters.append(f"{field.name}=_default_{field.name}")
        else:
            parameters.append(field.name)
        lines.append(f" _set(self, {field.name!r}, {field.name})")
    if hasattr(its_class, "__post_init__"):
        lines.append(" self.__post_init__()")
    exec(f"def __init__({', '.join(parameters)}):\n" + "\n".join(lines or [" pass"]), names)
    made: Callable[..., None] = names["__init__"]
    made.__qualname__ = f"{its_class.__qualname__}.__init__"
    return made


def _refuse_to_set(self: object, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _lazy_dataclass(*, frozen: bool, slots: bool, kw_only: bool = False) -> Callable[[Class], Class]:
    """The standard decorator of that name, for classes that inherit no fields, and in which only parameters have
    defaults."""
    assert frozen and slots

    def decorate(plain: Class) -> Class:
        body = {name: value for name, value in plain.__dict__.items() if name not in ("__dict__", "__weakref__")}
        fields = tuple(body.get("__annotations__", ()))
        own = {name: value for name, value in body.items() if name not in fields}
        own |= {name: _Later(name, body, kw_only) for name in ("__init__", *_STANDARD) if name not in own}
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
