"""Exports: the same content is the same lines, and only what is whole and right is taken back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from stores import kept, plan_of, put, step_of

from las_registry.lifecycle import State, Store
from las_solver.constraint import Requirement
from las_solver.errors import InvalidInput


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """The export of a store in which there is something of everything."""
    with Store.open(tmp_path_factory.mktemp("exported") / "store.sqlite3") as store:
        plan = plan_of(step_of("lib", "1.0"), step_of("app", "1.0"), request=["app"], host={"cpu": {"cores": 2}})
        texts = {("lib", "1.0"): kept("lib", "1.0"), ("app", "1.0"): kept("app", "1.0", needs=["lib"])}
        store.apply(plan, manifests=texts, installed=True)
        store.snapshot("äöü 😀")
        store.pin(Requirement.parse("app@<2"))
        put(store, "old", state=State.DEPRECATED)
        store.remove("app", reason='"quoted"\n')
        return tuple(store.export())


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store.sqlite3") as store:
        yield store


def test_there_and_back(lines: tuple[str, ...], empty: Store) -> None:
    assert empty.import_lines(lines) == len(lines) - 2
    assert tuple(empty.export()) == lines
    assert empty.check() == ()
    made = empty.transition("lib", "1.0", State.RUNNING)
    assert made is not None
    assert made.id == len([line for line in lines if '"table":"transitions"' in line]) + 1


def test_line_ends_and_empty_lines_do_not_count(lines: tuple[str, ...], empty: Store) -> None:
    empty.import_lines(f"{line}\r\n\n" for line in lines)
    assert tuple(empty.export()) == lines


def test_an_attempt_leaves_nothing_behind(lines: tuple[str, ...], empty: Store) -> None:
    before = tuple(empty.export())
    assert empty.import_lines(lines, dry_run=True) == len(lines) - 2
    assert tuple(empty.export()) == before == ('{"format":1,"las-solve":"store"}', '{"rows":0}')


def test_each_line_is_a_row_of_a_table(lines: tuple[str, ...]) -> None:
    tables = [json.loads(line)["table"] for line in lines[1:-1]]
    order = ["manifests", "plans", "modules", "transitions", "pins", "snapshots", "snapshot_modules"]
    assert list(dict.fromkeys(tables)) == order


def test_an_export_stays_as_it_was_when_it_began(empty: Store) -> None:
    put(empty, "app")
    before = tuple(empty.export())
    exporting = empty.export()
    begun = [next(exporting)]
    empty.remove("app")
    assert (*begun, *exporting) == before


def test_only_into_an_empty_store(lines: tuple[str, ...], empty: Store) -> None:
    empty.pin(Requirement.parse("app@<2"))
    with pytest.raises(InvalidInput, match="the store is not empty"):
        empty.import_lines(lines)


def replaced(old: str, new: str) -> Callable[[list[str]], list[str]]:
    """Lines with another text in the first of them that holds `old`."""

    def replace(lines: list[str]) -> list[str]:
        at = next(at for at, line in enumerate(lines) if old in line)
        return [*lines[:at], lines[at].replace(old, new), *lines[at + 1 :]]

    return replace


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda lines: [], "the end is missing"),
        (lambda lines: lines[:-1], "the end is missing"),
        (lambda lines: lines[1:], "this is not an export of a store"),
        (lambda lines: [lines[0], *lines], "it names no table"),
        (lambda lines: [*lines, lines[1]], "there is something after the end"),
        (lambda lines: [one for one in lines if '"table":"pins"' not in one], "rows, and there are"),
        (lambda lines: [*lines[:2], *lines[1:]], "the row does not fit those before it"),
        (lambda lines: [lines[0], "[" * 100_000, *lines[1:]], "line 2: it is not a JSON object"),
        (lambda lines: [lines[0], "7", *lines[1:]], "line 2: it is not a JSON object"),
        (replaced('"format":1', '"format":2'), "this is not an export of a store"),
        (replaced('"table":"pins"', '"table":"schema"'), "it names no table"),
        (replaced('"table":"pins"', '"table":["pins"]'), "it names no table"),
        (replaced('"name":"lib"', '"nome":"lib"'), "a row of modules lacks 'name'"),
        (replaced('"requirement":', '"more":1,"requirement":'), "a row of pins lacks 'more', or has it"),
        (
            replaced('"installed":true', '"installed":1'),
            "'installed' of a row of modules has a value that does not fit",
        ),
        (replaced('"id":1', '"id":0'), "'id' of a row of plans has a value that does not fit"),
        (replaced('"id":1', '"id":9223372036854775808'), "'id' of a row of plans has a value that does not fit"),
        (replaced('"id":1', '"id":9223372036854775807'), "'id' of a row of plans has a value that does not fit"),
        (replaced('"label":"', '"label":"\\ud800'), "'label' of a row of snapshots has a value that does not fit"),
        (replaced('"label":"', '"label":"\\u0000'), "'label' of a row of snapshots has a value that does not fit"),
        (replaced('"state":"installed"', '"state":"asleep"'), "the row does not fit those before it"),
        (replaced('"manifest":"sha256:', '"manifest":"sha257:'), "the row does not fit those before it"),
        (replaced('"plan":1', '"plan":2'), "the row does not fit those before it"),
        (replaced('"digest":"', '"digest":"x'), "the row does not fit those before it"),
        (replaced("Something", "Anything"), "is not what its digest says"),
        (replaced('"state":"installed"', '"state":"stopped"'), "but by its history installed"),
        (replaced('"to_state":"resolved"', '"to_state":"failed"'), "what was exported is not right"),
        (replaced('"requirement":"app@<2"', '"requirement":"lib@<2"'), "the pin of app is one of something else"),
        (replaced('"document":"{', '"document":"'), "the document of plan 1 is not JSON"),
    ],
)
def test_what_is_not_whole_and_right_changes_nothing(
    lines: tuple[str, ...], empty: Store, harm: Callable[[list[str]], list[str]], said: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        empty.import_lines(harm(list(lines)))
    assert said in caught.value.message
    assert len(tuple(empty.export())) == 2
