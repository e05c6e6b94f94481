"""Lazy dataclasses are what the standard decorator makes."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from dataclasses import field
from typing import Any

import pytest

from las_solver.lazy_dataclass import dataclass as lazy


def _made(decorator: Callable[..., Any]) -> tuple[type[Any], type[Any]]:
    @decorator(frozen=True, slots=True)
    class Card:
        """A card."""

        name: str
        size: int = 8
        notes: tuple[str, ...] = field(default=(), compare=False, repr=False)

        @property
        def shown(self) -> str:
            return f"{self.name} of {self.size}"

    @decorator(frozen=True, slots=True, kw_only=True)
    class Machine:
        """A machine."""

        cards: tuple[Card, ...] = ()
        facts: dict[str, int] = field(default_factory=dict)
        memory: int = field(init=False, compare=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "memory", sum(card.size for card in self.cards))

        def __str__(self) -> str:
            return "machine"

    return Card, Machine


@pytest.fixture(params=[dataclasses.dataclass, lazy], ids=["standard", "lazy"])
def made(request: pytest.FixtureRequest) -> tuple[type[Any], type[Any]]:
    return _made(request.param)


def test_values_are_made_compared_and_shown(made: tuple[type[Any], type[Any]]) -> None:
    card, machine = made
    assert card("a") == card(name="a", size=8) != card("a", 9)
    assert hash(card("a", notes=("x",))) == hash(card("a"))
    assert card("a") != ("a", 8, ())
    assert repr(card("a", 9, ("x",))).endswith("Card(name='a', size=9)")
    assert card("a").shown == "a of 8"
    several = machine(cards=(card("a"), card("b", 4)))
    assert (several.memory, several.facts, str(several)) == (12, {}, "machine")
    assert several.facts is not machine().facts
    assert machine.__doc__ == "A machine."


@pytest.mark.parametrize("first", ["init", "repr", "eq", "hash", "fields", "replace", "copy", "signature", "match"])
def test_whatever_is_asked_for_first_is_there(first: str, made: tuple[type[Any], type[Any]]) -> None:
    card, machine = made
    match first:
        case "init":
            with pytest.raises(TypeError, match="missing 1 required positional argument: 'name'"):
                card()
        case "repr":
            assert "Machine" in machine.__repr__.__qualname__
        case "eq":
            assert card("a").__eq__(object()) is NotImplemented
        case "hash":
            assert {card("a"), card("a")} == {card("a")}
        case "fields":
            assert [one.name for one in dataclasses.fields(machine)] == ["cards", "facts", "memory"]
            assert dataclasses.fields(card)[2].default == ()
        case "replace":
            assert dataclasses.replace(card("a"), size=1) == card("a", 1)
        case "copy":
            assert copy.deepcopy(machine(cards=(card("a"),))) == machine(cards=(card("a"),))
        case "signature":
            assert list(inspect.signature(machine).parameters) == ["cards", "facts"]
        case "match":
            match card("a", 3):
                case card(name, size, notes):
                    assert (name, size, notes) == ("a", 3, ())


@pytest.mark.parametrize("kw_only", [False, True])
@pytest.mark.parametrize("decorator", [dataclasses.dataclass, lazy], ids=["standard", "lazy"])
def test_a_value_may_hold_nothing(decorator: Callable[..., Any], kw_only: bool) -> None:
    @decorator(frozen=True, slots=True, kw_only=kw_only)
    class Nothing:
        """Nothing."""

    assert Nothing() == Nothing()
    assert hash(Nothing()) == hash(Nothing())
    assert repr(Nothing()).endswith("Nothing()")


def test_values_cannot_be_changed(made: tuple[type[Any], type[Any]]) -> None:
    one = made[0]("a")
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'size'"):
        one.size = 9
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'size'"):
        del one.size
    assert not hasattr(one, "__dict__")


def test_only_keywords_make_what_says_so(made: tuple[type[Any], type[Any]]) -> None:
    machine = made[1]
    assert machine.__match_args__ == ()
    with pytest.raises(TypeError, match="positional argument"):
        machine(())


@lazy(frozen=True, slots=True)
class Kept:
    """A value of a module, as pickle wants it."""

    name: str


def test_values_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(Kept("a"))) == Kept("a")


def test_an_inherited_method_is_put_in_place_once() -> None:
    class Special(Kept):
        pass

    assert repr(Special("a")).endswith("Special(name='a')")
    assert "__repr__" not in Special.__dict__
    assert Special("a") == Special("a") != Kept("a")
