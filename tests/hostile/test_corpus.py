"""What the fuzzer begins with, and what it found, holds in every run of the tests, too: see docs/hostile-input.md."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from fuzz.corpus import found, seeds
from fuzz.targets import TARGETS

from las_registry.compiled.table import Damaged, Table, TableWriter


@pytest.fixture(autouse=True)
def _a_cache_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("LAS_SOLVE_CACHE", str(tmp_path_factory.getbasetemp() / "fuzz"))


@pytest.mark.parametrize("name", TARGETS)
def test_every_input_is_taken_or_refused(name: str) -> None:
    inputs = [*seeds(name), *found(name)]
    assert inputs, "there is nothing to begin with"
    for data in inputs:
        TARGETS[name](data)


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_inputs_are_taken_or_refused(name: str) -> None:
    chance = random.Random(name)
    for data in seeds(name):
        for _ in range(5):
            damaged = bytearray(data or b"\0\0\0\0\0\0\0\0")
            for _ in range(chance.randrange(1, 4)):
                at = chance.randrange(len(damaged))
                damaged[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
                damaged = damaged or bytearray(b"\0")
            TARGETS[name](bytes(damaged))


def test_an_index_whose_damage_shows_in_an_error_that_is_no_text(tmp_path: Path) -> None:
    """Found by fuzzing: the library that reads the file fails to decode its own message about it."""
    path = tmp_path / "index"
    writer = TableWriter(path)
    writer.put("module", "app", b"data")
    writer.finish(identity="t", state="")
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE bucket", b"CR\xa0ATE TABLE b\xa0cket"))
    with pytest.raises(Damaged, match="cannot be read"):
        Table.open(path, "t")
