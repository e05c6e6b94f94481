"""A table of keyed records in one SQLite file, which is never changed once it is in place.

Records stand in buckets, as in a hash table; a bucket carries a checksum of itself and of its number, so that what is
found is as it was written, and what is not found was never there::

    row     = number of the kind * 2**32 + CRC-32 of the key modulo the number of buckets of the kind
    bucket  = CRC-32 of row (8 bytes) and body | body
    body    = number of records | lengths of all keys, then of all records | keys | records
    row -1  = the head, in the same form: its only record is JSON

All numbers in a bucket have 4 bytes, the least significant first.
"""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import struct
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import accumulate, pairwise
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeAlias
from zlib import crc32

__all__ = ["FORMAT", "Damaged", "Table", "TableWriter"]

_APPLICATION: Final = 0x6C617378
FORMAT: Final = 3
"""Raised with every change of what stands in a table, or of how."""

_HEAD: Final = -1
_KIND: Final = 32
_USUAL: Final = 2
"""Records a bucket, where a kind is written as a whole."""

_MOST: Final = 8
"""Records a bucket, on average, after which a kind is put into more buckets."""

_PAGE: Final = 8192
_BLOCK: Final = 1 << 20
_NEW: Final = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
_SELECT: Final = "SELECT data FROM bucket WHERE number = ?"
_CREATE: Final = "CREATE TABLE bucket (number INTEGER PRIMARY KEY, data BLOB NOT NULL)"
_COUNT: Final = struct.Struct("<I")

_Bucket: TypeAlias = dict[bytes, bytes]


class Damaged(Exception):
    """A table, or a part of it, cannot be trusted: it is damaged, foreign, or of another release."""


class Table:
    """The records of a finished table, each with a kind and a key.

    `identity` says what it was made for, `state` what it was made from; `kinds` are the numbers of buckets and of
    records of each kind; `path` and `inode` are those of the file, None of one that is in memory.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        head: Mapping[str, Any],
        path: Path | None = None,
        inode: int | None = None,
    ) -> None:
        self.path = path
        self.inode = inode
        self._connection = connection
        self.identity: str = head["identity"]
        self.state: str = head["state"]
        self.kinds: dict[str, tuple[int, int]] = {kind: (buckets, count) for kind, buckets, count in head["kinds"]}
        self._bases = {kind: at << _KIND for at, kind in enumerate(self.kinds)}
        self._reading = Lock()

    @classmethod
    def open(cls, path: Path, identity: str) -> Table:
        """The table in the file at `path`.

        Raises :class:`Damaged` if there is none that is whole, of this format, this user's, writable by nobody else,
        and made for this `identity`.
        """
        try:
            status = path.stat()
            is_ours = not hasattr(os, "geteuid") or (status.st_uid == os.geteuid() and not status.st_mode & 0o022)
            if not stat.S_ISREG(status.st_mode) or not is_ours:
                raise Damaged(f"{path} is not a file of this user alone")
            connection = _connect(path, "mode=ro&immutable=1")
        except (OSError, sqlite3.Error) as error:
            raise Damaged(f"{path} cannot be opened: {error}") from None
        try:
            table = cls(connection, _read_head(connection), path, status.st_ino)
            if table.identity != identity:
                raise Damaged(f"{path} is of {table.identity!r}, not {identity!r}")
            if _inode(path) != status.st_ino:
                raise Damaged(f"{path} was replaced while it was opened")
        except Damaged:
            connection.close()
            raise
        return table

    def get(self, kind: str, key: str) -> bytes | None:
        """The record of a kind with a key, None if there is none; raises :class:`Damaged` where that is not certain."""
        base = self._bases.get(kind)
        if base is None:
            return None
        sought = key.encode("utf-8", "surrogatepass")
        body = self._body(base + crc32(sought) % self.kinds[kind][0])
        (count,) = _COUNT.unpack_from(body)
        lengths = struct.unpack_from(f"<{2 * count}I", body, 4)
        start = 4 + 8 * count
        for at in range(count):
            end = start + lengths[at]
            if body[start:end] == sought:
                begin = end + sum(lengths[at + 1 : count + at])
                return body[begin : begin + lengths[count + at]]
            start = end
        return None

    def count(self, kind: str) -> int:
        """The number of records of a kind."""
        return self.kinds.get(kind, (0, 0))[1]

    def scan(self, kind: str) -> Iterator[tuple[str, bytes]]:
        """All keys of a kind with their records, bucket by bucket; raises :class:`Damaged`."""
        for number in self.numbers(kind):
            for key, data in self.records(number):
                yield key.decode("utf-8", "surrogatepass"), data

    def numbers(self, kind: str) -> range:
        """The rows of the buckets of a kind."""
        base = self._bases.get(kind, 0)
        return range(base, base + self.kinds.get(kind, (0, 0))[0])

    def records(self, number: int) -> Iterator[tuple[bytes, bytes]]:
        """The keys, in order, and the records of the bucket in a row; raises :class:`Damaged`."""
        return _records(self._body(number))

    def keep(self, path: Path) -> None:
        """Gives the table a file at `path`, which stays when another table takes the place of this one: its own by
        another name, a copy where that cannot be.

        Raises :class:`Damaged` if another is in its place by now, and :class:`OSError` where nothing can be written.
        """
        if self.path is None:
            os.close(os.open(path, _NEW, 0o600))
            with _told_as_the_systems(path), closing(_connect(path, "mode=rw")) as copy:
                self._connection.backup(copy)
            return
        try:
            path.hardlink_to(self.path)
        except OSError:
            _copy(self.path, path, self.inode)
        else:
            if _inode(path) != self.inode:
                path.unlink()
                raise Damaged(f"{self.path} was replaced meanwhile")

    def close(self) -> None:
        """Closes the file; nothing can be asked any more."""
        with self._reading:
            self._connection.close()

    def __del__(self) -> None:
        self._connection.close()

    def _body(self, number: int) -> bytes:
        try:
            with self._reading:  # threads that share a connection share its prepared statement
                row = self._connection.execute(_SELECT, (number,)).fetchone()
        except (sqlite3.Error, UnicodeDecodeError, MemoryError) as error:
            raise Damaged(f"bucket {number} cannot be read: {error}") from None
        return _checked(number, row)


class TableWriter:
    """A table while it is written, into a file that nobody else knows of, or into memory.

    A `path` of None stands for memory. What is put is kept in memory until :meth:`finish`.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._put: dict[str, dict[bytes, bytes | None]] = {}
        self._old: Table | None = None
        if path is None:
            self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        else:
            os.close(os.open(path, _NEW, 0o600))
            self._connection = _connect(path, "mode=rw")
        with _told_as_the_systems(path):
            self._set_up(f"page_size = {_PAGE}", f"application_id = {_APPLICATION}", f"user_version = {FORMAT}")
            self._connection.execute(_CREATE)

    @classmethod
    def copy_of(cls, table: Table, path: Path) -> TableWriter:
        """A writer of a copy at `path` of a whole `table` in a file.

        Raises :class:`Damaged` if another is in its place by now, and :class:`OSError` where the copy cannot be
        written.
        """
        assert table.path is not None
        _copy(table.path, path, table.inode)
        writer = cls.__new__(cls)
        writer._path, writer._put, writer._connection = path, {}, _connect(path, "mode=rw")
        with _told_as_the_systems(path):
            writer._set_up()
        writer._old = Table(writer._connection, _read_head(writer._connection))
        return writer

    def put(self, kind: str, key: str, data: bytes) -> None:
        """From now on, `data` is the record of a kind with a key."""
        self._put.setdefault(kind, {})[key.encode("utf-8", "surrogatepass")] = data

    def delete(self, kind: str, key: str) -> None:
        """From now on, there is no record of a kind with a key."""
        self._put.setdefault(kind, {})[key.encode("utf-8", "surrogatepass")] = None

    def finish(self, *, identity: str, state: str) -> Table | None:
        """Writes everything down, and closes the file; a table in memory is returned.

        `identity` says what the table was made for, `state` what it was made from. Raises :class:`Damaged` if what was
        copied is, and :class:`OSError` where the file cannot be written.
        """
        with _told_as_the_systems(self._path):
            self._connection.execute("BEGIN")
            kinds = [[kind, *self._write_kind(at, kind)] for at, kind in enumerate(self._kinds())]
            head = {"identity": identity, "state": state, "kinds": kinds}
            self._write([(_HEAD, {b"": json.dumps(head).encode()})])
            self._connection.execute("COMMIT")
        if self._path is None:
            return Table(self._connection, head)
        self._connection.close()
        return None

    def abandon(self) -> None:
        """Closes the file as it is, which is not to be used."""
        self._connection.close()

    def _set_up(self, *pragmas: str) -> None:
        # Nobody else reads the file, and one that a crash leaves behind is never used.
        for pragma in (*pragmas, "journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE"):
            self._connection.execute(f"PRAGMA {pragma}")

    def _kinds(self) -> list[str]:
        """The kinds in the order of their numbers."""
        old = [] if self._old is None else list(self._old.kinds)
        return [*old, *sorted(self._put.keys() - set(old))]

    def _write_kind(self, at: int, kind: str) -> tuple[int, int]:
        """Writes what was put of a kind; the numbers of its buckets and of its records."""
        put, old = self._put.get(kind, {}), self._old
        if old is None or kind not in old.kinds:
            return self._write_anew(at, {key: data for key, data in put.items() if data is not None})
        buckets, count = old.kinds[kind]
        changes: dict[int, dict[bytes, bytes | None]] = {}
        for key, data in put.items():
            changes.setdefault((at << _KIND) + crc32(key) % buckets, {})[key] = data
        for number, changed in sorted(changes.items()):
            before = dict(old.records(number))
            after = {key: data for key, data in {**before, **changed}.items() if data is not None}
            count += len(after) - len(before)
            self._write([(number, after)])
        if count <= _MOST * buckets:
            return buckets, count
        return self._write_anew(at, {key: data for number in old.numbers(kind) for key, data in old.records(number)})

    def _write_anew(self, at: int, records: Mapping[bytes, bytes]) -> tuple[int, int]:
        buckets = max(1, len(records) // _USUAL)
        parts: list[_Bucket] = [{} for _ in range(buckets)]
        for key, data in records.items():
            parts[crc32(key) % buckets][key] = data
        self._write(((at << _KIND) + number, part) for number, part in enumerate(parts))
        return buckets, len(records)

    def _write(self, buckets: Iterable[tuple[int, _Bucket]]) -> None:
        rows = ((number, _checksummed(number, _body(records))) for number, records in buckets)
        self._connection.executemany("INSERT OR REPLACE INTO bucket VALUES (?, ?)", rows)


def _connect(path: Path, how: str) -> sqlite3.Connection:
    octets = os.fsencode(path.absolute())
    name = "".join([f"%{one:02x}" if one in b"%?#" or one > 126 else chr(one) for one in octets])
    # Whoever reads a table may be another thread than who opened it.
    return sqlite3.connect(f"file:{name}?{how}", uri=True, isolation_level=None, check_same_thread=False)


@contextmanager
def _told_as_the_systems(path: Path | None) -> Iterator[None]:
    """Where SQLite cannot write, that is an error of the system."""
    try:
        yield
    except sqlite3.Error as error:
        raise OSError(f"{path} cannot be written: {error}") from None


def _copy(source: Path, path: Path, inode: int | None) -> None:
    """Copies a file, unless it is another than that of the `inode`, which stays as long as that is open."""
    block = memoryview(bytearray(_BLOCK))
    with source.open("rb", buffering=0) as old, os.fdopen(os.open(path, _NEW, 0o600), "wb") as new:
        if os.fstat(old.fileno()).st_ino != inode:
            raise Damaged(f"{source} was replaced meanwhile")
        while size := old.readinto(block):
            new.write(block[:size])


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


def _read_head(connection: sqlite3.Connection) -> dict[str, Any]:
    """The head of a table; raises :class:`Damaged` if it is none of ours."""
    try:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if (application, version) != (_APPLICATION, FORMAT):
            raise Damaged(f"it is no table of format {FORMAT}")
        row = connection.execute(_SELECT, (_HEAD,)).fetchone()
    except (sqlite3.Error, UnicodeDecodeError, MemoryError) as error:
        raise Damaged(f"its head cannot be read: {error}") from None
    ((_, data),) = _records(_checked(_HEAD, row))
    head: dict[str, Any] = json.loads(data)
    return head


def _body(records: _Bucket) -> bytes:
    keys = sorted(records)
    lengths = [*map(len, keys), *(len(records[key]) for key in keys)]
    return b"".join([struct.pack(f"<{1 + len(lengths)}I", len(keys), *lengths), *keys, *(records[key] for key in keys)])


def _records(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The keys and records of a bucket, keys in order."""
    (count,) = _COUNT.unpack_from(body)
    lengths = struct.unpack_from(f"<{2 * count}I", body, 4)
    parts = [body[begin:end] for begin, end in pairwise(accumulate(lengths, initial=4 + 8 * count))]
    return zip(parts[:count], parts[count:], strict=True)


def _checksummed(number: int, body: bytes) -> bytes:
    return _checksum(number, body).to_bytes(4, "little") + body


def _checked(number: int, row: tuple[object] | None) -> bytes:
    """The body of the bucket in a row of the file; raises :class:`Damaged` unless it is as it was written."""
    data = None if row is None else row[0]
    if not isinstance(data, bytes) or len(data) < 8:
        raise Damaged(f"bucket {number} is missing")
    body = data[4:]
    if _checksum(number, body) != int.from_bytes(data[:4], "little"):
        raise Damaged(f"bucket {number} is not as it was written")
    return body


def _checksum(number: int, body: bytes) -> int:
    return crc32(body, crc32(number.to_bytes(8, "little", signed=True)))
