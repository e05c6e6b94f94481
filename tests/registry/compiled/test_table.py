"""Tables of keyed records: what is found is as it was written, and what is not found was never there."""

from __future__ import annotations

import os
import random
import sqlite3
import zlib
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from las_registry.compiled.table import Damaged, Table, TableWriter

Records = Mapping[tuple[str, str], bytes]

keys = st.tuples(st.sampled_from(["a", "b", "module"]), st.text(max_size=5) | st.sampled_from(["", "x", "\udcff", "ü"]))
records = st.dictionaries(keys, st.binary(max_size=50), max_size=40)


def written(content: Records, path: Path | None) -> Table:
    """The table of some records, in a file at `path` or in memory."""
    writer = TableWriter(path)
    for (kind, key), data in content.items():
        writer.put(kind, key, data)
    table = writer.finish(identity="tests", state="first")
    if table is None:
        assert path is not None
        table = Table.open(path, "tests")
    return table


def content_of(table: Table) -> Records:
    """All records of a table, as a scan finds them."""
    found = {(kind, key): data for kind in table.kinds for key, data in table.scan(kind)}
    assert all(table.count(kind) == sum(one == kind for one, _ in found) for kind in table.kinds)
    assert all(table.get(kind, key) == data for (kind, key), data in found.items())
    return found


MANY = {("module", f"m{at}"): random.Random(at).randbytes(20) * (at % 50) for at in range(300)} | {
    ("meta", ""): b"about"
}


@given(content=records)
def test_what_was_put_is_found_and_nothing_else(content: Records) -> None:
    table = written(content, None)
    assert content_of(table) == content
    assert table.get("a", "never put") is None and table.get("unknown", "x") is None
    assert list(table.scan("unknown")) == [] and table.count("unknown") == 0


@given(content=records, changes=st.dictionaries(keys, st.none() | st.binary(max_size=50), max_size=40))
def test_a_copy_has_what_was_not_changed(
    content: Records, changes: Mapping[tuple[str, str], bytes | None], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("tables")
    written(content, folder / "old").close()
    before = (folder / "old").read_bytes()
    writer = TableWriter.copy_of(Table.open(folder / "old", "tests"), folder / "new")
    for (kind, key), data in changes.items():
        writer.delete(kind, key) if data is None else writer.put(kind, key, data)
    assert writer.finish(identity="tests", state="second") is None
    expected = {one: data for one, data in {**content, **changes}.items() if data is not None}
    table = Table.open(folder / "new", "tests")
    assert content_of(table) == expected and table.state == "second"
    assert (folder / "old").read_bytes() == before


def test_a_copy_that_grows_gets_more_buckets(tmp_path: Path) -> None:
    written(MANY, tmp_path / "old").close()
    writer = TableWriter.copy_of(Table.open(tmp_path / "old", "tests"), tmp_path / "new")
    for at in range(5000):
        writer.put("module", f"n{at}", b"x")
    writer.finish(identity="tests", state="")
    table = Table.open(tmp_path / "new", "tests")
    buckets, count = table.kinds["module"]
    assert count == 5300 and buckets > 1000
    assert content_of(table) == {**MANY, **{("module", f"n{at}"): b"x" for at in range(5000)}}


def test_keys_with_the_same_checksum_are_told_apart(tmp_path: Path) -> None:
    # Any two texts whose bytes differ by the generator of CRC-32 (33 bits) have the same one.
    first = b"0123456789"
    second = (int.from_bytes(first, "big") ^ _multiple(len(first))).to_bytes(len(first), "big")
    one, two = first.decode("latin-1"), second.decode("latin-1")
    assert zlib.crc32(first) == zlib.crc32(second) and first != second
    content = {("k", text): text.encode() for text in (one,)}
    table = written(content, tmp_path / "table")
    assert table.get("k", one) == one.encode() and table.get("k", two) is None
    both = written({("k", text): text.encode() for text in (one, two)}, None)
    assert both.get("k", one) == one.encode() and both.get("k", two) == two.encode()


def _multiple(length: int) -> int:
    """A difference between two ASCII texts of that length that CRC-32 does not see."""
    zero = zlib.crc32(bytes(length))
    effects = []
    for bit in range(8 * length):
        if bit % 8 < 4:  # so that the text stays ASCII
            effects.append((zlib.crc32((1 << bit).to_bytes(length, "big")) ^ zero, 1 << bit))
    basis: dict[int, tuple[int, int]] = {}
    for start, chosen in effects:
        effect = start
        while effect:
            top = effect.bit_length()
            if top not in basis:
                basis[top] = effect, chosen
                break
            other, others = basis[top]
            effect, chosen = effect ^ other, chosen ^ others
        else:
            return chosen
    raise AssertionError("there is none")


def test_damage_is_found_or_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "table"
    written(MANY, path).close()
    whole = path.read_bytes()
    dice = random.Random(6)
    outcomes = {"damaged": 0, "right": 0}
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(dice.choice([1, 1, 1, 20])):
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        path.write_bytes(data)
        for (kind, key), expected in [*dice.sample(sorted(MANY.items()), 8), (("module", "absent"), None)]:
            try:
                table = Table.open(path, "tests")
                assert table.get(kind, key) == expected
                outcomes["right"] += 1
            except Damaged:
                outcomes["damaged"] += 1
    assert min(outcomes.values()) > 100


def test_swapped_and_missing_buckets_are_found(tmp_path: Path) -> None:
    for statement in (
        "DELETE FROM bucket WHERE number >= 0",
        "UPDATE bucket SET data = (SELECT data FROM bucket AS other WHERE other.number = bucket.number + 1)"
        " WHERE number >= 0 AND number % 2 = 0",
        "UPDATE bucket SET data = 'text' WHERE number >= 0",
        "UPDATE bucket SET data = x'' WHERE number >= 0",
    ):
        path = tmp_path / "table"
        path.unlink(missing_ok=True)
        written({("module", f"m{at}"): b"x" for at in range(100)}, path).close()
        connection = sqlite3.connect(path)
        connection.execute(statement)
        connection.commit()
        connection.close()
        table = Table.open(path, "tests")
        with pytest.raises(Damaged):
            [table.get("module", f"absent{at}") for at in range(20)]


@pytest.mark.parametrize("size", [0, 1, 100, 8192, 20000, -1])
def test_a_file_that_is_cut_off_is_damaged(size: int, tmp_path: Path) -> None:
    path = tmp_path / "table"
    written(MANY, path).close()
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(Damaged):
        content_of(Table.open(path, "tests"))


def test_what_is_not_ours_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "table"
    written(MANY, path).close()
    for identity in ("", "test", "tests 2"):
        with pytest.raises(Damaged, match="is of 'tests'"):
            Table.open(path, identity)
    path.chmod(0o620)
    with pytest.raises(Damaged, match="this user alone"):
        Table.open(path, "tests")
    path.chmod(0o400)
    assert content_of(Table.open(path, "tests")) == MANY
    for other in (tmp_path, tmp_path / "missing"):
        with pytest.raises(Damaged):
            Table.open(other, "tests")
    foreign = tmp_path / "foreign"
    connection = sqlite3.connect(foreign)
    connection.execute("CREATE TABLE bucket (number INTEGER PRIMARY KEY, data BLOB)")
    connection.close()
    foreign.chmod(0o600)
    with pytest.raises(Damaged, match="no table of format"):
        Table.open(foreign, "tests")


def test_a_file_of_another_user_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(MANY, tmp_path / "table").close()
    monkeypatch.setattr("os.geteuid", lambda: os.getuid() + 1)
    with pytest.raises(Damaged, match="this user alone"):
        Table.open(tmp_path / "table", "tests")


def test_who_reads_keeps_the_file_that_he_opened(tmp_path: Path) -> None:
    path, new = tmp_path / "table", tmp_path / "new"
    table = written(MANY, path)
    writer = TableWriter.copy_of(table, new)
    for kind, key in MANY:
        writer.delete(kind, key)
    writer.finish(identity="tests", state="second")
    new.replace(path)
    assert content_of(table) == MANY and table.state == "first"
    assert content_of(Table.open(path, "tests")) == {}


@pytest.mark.parametrize("name", ["a b", "a%20b", "a?mode=rw", "a#b", "ü", "file:x", "\udcff"])
def test_any_path_will_do(name: str, tmp_path: Path) -> None:
    assert content_of(written(MANY, tmp_path / name)) == MANY
    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "table").write_text("mine")
    with pytest.raises(FileExistsError):
        TableWriter(tmp_path / "table")
    assert (tmp_path / "table").read_text() == "mine"


def test_the_same_content_is_the_same_file(tmp_path: Path) -> None:
    for name, items in (("one", MANY.items()), ("two", reversed(MANY.items()))):
        written(dict(items), tmp_path / name).close()
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_medium_without_space_is_an_error_of_the_system(tmp_path: Path) -> None:
    writer = TableWriter(tmp_path / "table")
    writer.put("a", "b", b"x" * 100_000)
    writer._connection.execute("PRAGMA max_page_count = 3")
    with pytest.raises(OSError, match="cannot be written"):
        writer.finish(identity="tests", state="")


@pytest.mark.parametrize("pages", [1, 2])
def test_a_medium_that_is_full_from_the_start_is_one_too(
    pages: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect

    def full(*arguments: object, **options: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)  # type: ignore[call-overload]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    monkeypatch.setattr(sqlite3, "connect", full)
    with pytest.raises(OSError, match="cannot be written"):
        written({("a", "b"): b"x" * 100_000}, tmp_path / "table")


def test_what_was_replaced_meanwhile_is_not_copied(tmp_path: Path) -> None:
    path, new = tmp_path / "table", tmp_path / "new"
    table = written(MANY, path)
    written({}, new).close()
    new.replace(path)
    with pytest.raises(Damaged, match="replaced"):
        TableWriter.copy_of(table, tmp_path / "copy")


def test_what_is_replaced_while_it_is_opened_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, new = tmp_path / "table", tmp_path / "new"
    for one in (path, new):
        written(MANY, one).close()
    connect = sqlite3.connect

    def replacing(*arguments: object, **options: object) -> sqlite3.Connection:
        new.replace(path)
        return connect(*arguments, **options)  # type: ignore[call-overload, no-any-return]

    with monkeypatch.context() as patched, pytest.raises(Damaged, match="replaced"):
        patched.setattr(sqlite3, "connect", replacing)
        Table.open(path, "tests")
    assert content_of(Table.open(path, "tests")) == MANY
