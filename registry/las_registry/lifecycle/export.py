"""All that a store holds as lines of JSON, and back.

The first line names the format, the last one counts the lines between. Each of these is a row: its table and its
columns, tables and rows in order, so that the same content gives the same lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Boolean, Column, Connection, Integer, Table, insert, select
from sqlalchemy.exc import IntegrityError

from las_registry.lifecycle.check import find_mistakes
from las_registry.lifecycle.errors import Refused
from las_registry.lifecycle.schema import TABLES
from las_solver.errors import InvalidInput

__all__ = ["ImportedRow", "export_lines", "import_all", "read_lines"]

_HEAD: Final = {"las-solve": "store", "format": 1}
_TABLES: Final = {table.name: table for table in TABLES}
_LARGEST: Final = 2**62
"""The largest number of a record: the database has no numbers after 2**63 - 1, and the next record needs one."""


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """A row that a line holds."""

    line: int
    table: Table
    values: dict[str, Any]


def export_lines(connection: Connection) -> Iterator[str]:
    """The lines, without line ends."""
    count = 0
    yield _line(_HEAD)
    for table in TABLES:
        for row in connection.execute(select(table).order_by(*table.primary_key.columns)).mappings():
            yield _line({"table": table.name, **row})
            count += 1
    yield _line({"rows": count})


def read_lines(lines: Iterable[str]) -> Iterator[ImportedRow]:
    """The rows that lines hold; empty lines do not count. Raises :class:`InvalidInput` for what is no export."""
    rows, is_whole, number = 0, False, 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        value = _parse(line, number)
        if is_whole:
            raise _mistake(number, "there is something after the end")
        if rows == 0 and value == _HEAD and not is_whole:
            rows = 1
        elif rows == 0:
            raise InvalidInput("this is not an export of a store", hint="las-solve state export writes one")
        elif value.keys() == {"rows"}:
            if value["rows"] != rows - 1:
                raise _mistake(number, f"there should be {value['rows']} rows, and there are {rows - 1}")
            is_whole = True
        else:
            rows += 1
            yield _row(value, number)
    if not is_whole:
        raise _mistake(number, "the end is missing")


def import_all(connection: Connection, rows: Iterable[ImportedRow]) -> int:
    """Writes the rows into empty tables, and how many they were.

    Raises :class:`Refused` if the tables are not empty, or would hold what is not right.
    """
    for table in TABLES:
        if connection.execute(select(table).limit(1)).first() is not None:
            raise Refused("the store is not empty", hint="import into a new one: --store FILE")
    count = 0
    for row in rows:
        count += 1
        try:
            connection.execute(insert(row.table), row.values)
        except IntegrityError as error:
            raise _mistake(row.line, f"the row does not fit those before it ({error.orig})") from None
    mistakes = tuple(find_mistakes(connection))
    if mistakes:
        more = f" (and {len(mistakes) - 1} more)" if mistakes[1:] else ""
        raise Refused(f"what was exported is not right: {mistakes[0]}{more}")
    return count


def _row(value: dict[str, Any], number: int) -> ImportedRow:
    table = _TABLES.get(value["table"]) if isinstance(value.get("table"), str) else None
    if table is None:
        raise _mistake(number, "it names no table of a store")
    values = {key: one for key, one in value.items() if key != "table"}
    columns = {column.name: column for column in table.columns}
    if values.keys() != columns.keys():
        odd = sorted(values.keys() ^ columns.keys())
        raise _mistake(number, f"a row of {table.name} lacks {odd[0]!r}, or has it though there is no such column")
    for key, one in values.items():
        if not _fits(one, columns[key]):
            raise _mistake(number, f"{key!r} of a row of {table.name} has a value that does not fit")
    return ImportedRow(number, table, values)


def _fits(value: object, column: Column[Any]) -> bool:
    if value is None:
        return bool(column.nullable)
    if isinstance(column.type, Boolean):
        return isinstance(value, bool)
    if isinstance(column.type, Integer):
        return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LARGEST
    return isinstance(value, str) and "\0" not in value and _is_encodable(value)


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _parse(line: str, number: int) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise _mistake(number, "it is not a JSON object")
    return value


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _mistake(line: int, what: str) -> InvalidInput:
    return InvalidInput(f"this is not an export of a store: line {line}: {what}")
