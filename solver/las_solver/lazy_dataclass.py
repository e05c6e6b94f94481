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

    __slots__ = ("_body", "_class", "_kw_only", "_name")

    _class: type

    def __init__(self, name: str, body: Mapping[str, Any], kw_only: bool) -> None:
        self._name = name
        self._body = body
        self._kw_only = kw_only

    def __set_name__(self, owner: type, name: str) -> None:
        self._class = owner

    def __get__(self, instance: object, owner: type) -> Any:
        its_class = self._class
        if self._name == "__init__":
            made: Any = _initializer(self._body, self._kw_only)
        else:
            plain = type(its_class.__name__, (), dict(self._body))
            parameters = {"init": False, "repr": False, "eq": False, "kw_only": self._kw_only, **_STANDARD[self._name]}
            made = dataclasses.dataclass(**parameters)(plain).__dict__[self._name]
        setattr(its_class, self._name, made)
        return getattr(owner if instance is None else instance, self._name)


def _initializer(body: Mapping[str, Any], kw_only: bool) -> Callable[..., None]:
    """The `__init__` of a class with this `body`; the standard one would come with two more methods to freeze it."""
    names: dict[str, Any] = {"_set": object.__setattr__, "_unset": object()}
    parameters = ["self", "*"] if kw_only and body["__annotations__"] else ["self"]
    lines = []
    for name in body["__annotations__"]:
        stated = body.get(name, dataclasses.MISSING)
        field = stated if isinstance(stated, dataclasses.Field) else dataclasses.field(default=stated)
        if not field.init:
            continue
        if field.default_factory is not dataclasses.MISSING:
            names[f"_make_{name}"] = field.default_factory
            parameters.append(f"{name}=_unset")
            lines.append(f" if {name} is _unset: {name} = _make_{name}()")
        elif field.default is not dataclasses.MISSING:
            names[f"_default_{name}"] = field.default
            parameters.append(f"{name}=_default_{name}")
        else:
            parameters.append(name)
        lines.append(f" _set(self, {name!r}, {name})")
    if "__post_init__" in body:
        lines.append(" self.__post_init__()")
    exec(f"def __init__({', '.join(parameters)}):\n" + "\n".join(lines or [" pass"]), names)
    made: Callable[..., None] = names["__init__"]
    made.__qualname__ = f"{body['__qualname__']}.__init__"
    return made


def _refuse_to_set(self: object, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _lazy_dataclass(*, frozen: bool, slots: bool, kw_only: bool = False) -> Callable[[Class], Class]:
    """The standard decorator of that name, for classes that inherit nothing, and in which only parameters have
    defaults."""
    assert frozen and slots

    def decorate(plain: Class) -> Class:
        assert plain.__bases__ == (object,)
        body = {name: value for name, value in plain.__dict__.items() if name not in ("__dict__", "__weakref__")}
        body = {"__annotations__": {}, **body, "__qualname__": plain.__qualname__}
        fields = tuple(body["__annotations__"])
        own = {name: value for name, value in body.items() if name not in fields}
        own |= {name: _Later(name, body, kw_only) for name in ("__init__", *_STANDARD) if name not in own}
        own |= {"__slots__": fields, "__match_args__": () if kw_only else fields}
        own |= {"__setattr__": _refuse_to_set, "__delattr__": _refuse_to_delete}
        return type(plain)(plain.__name__, (), own)

    return decorate


if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    dataclass = _lazy_dataclass
