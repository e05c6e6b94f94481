"""The plainest YAML, read without the YAML library.

Nearly all manifests are block mappings with one-line values. Reading those line by line is several times faster than
following a parser's events, and saves importing the library at all. Whatever is not surely in this small language, from
anchors to a tab, from a multi-line text to a duplicate key, is left to :mod:`las_registry.yaml_events`: this reader
answers None. The two agree wherever this one answers; a property test holds them together.

::

    line     = indent key ":" [value] | indent "- " value | "---" | comment | nothing
    value    = plain | quoted | flow, on one line, then perhaps a comment
    flow     = "[" value, ... "]" | "{" key ": " value, ... "}"     (values as above, plain ones more narrowly)
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final, TypeAlias

from las_registry.yaml_value import NULLS, Quoted, Value

__all__ = ["read_plain"]

_MAX_DOCUMENT: Final = 100_000
_MAX_LINE: Final = 4_000
_MAX_FLOW_DEPTH: Final = 8
_MAX_DEPTH: Final = 32

_STRANGE_ASCII = re.compile("[^\n -~]")
_ENTRY = re.compile(r"( *)(?:([A-Za-z_][A-Za-z0-9_.-]{0,99}):(?: +|$)|- +)(.*)")
_SKIPPED = re.compile(r" *(?:#.*)?")
_PLAIN_START = re.compile(r"[A-Za-z0-9_./(+<^$;~]|[^\x00-\x7f]")
_QUOTED = re.compile(r"""(?:"([^"\\]*)"|'([^']*)')(?: +#.*| *)""")
_FLOW_TOKEN = re.compile(
    r""" *(?:([\[\]{},])|"([^"\\]*)"|'([^']*)'|([A-Za-z_][A-Za-z0-9_.-]{0,99}): +|"""
    r"""([A-Za-z0-9_./+<~][A-Za-z0-9_./+<>=!@*^~ -]*)) *"""
)

_Entry: TypeAlias = "tuple[int, str | None, Value]"
_Lines: TypeAlias = "dict[str, _Entry | None]"


class _Unsure(Exception):
    """This is for the library to read."""


_OPEN: Final[list[Value]] = []
"""The value of a key of which nothing stands in the same line, told by its identity."""


def read_plain(text: str) -> list[tuple[int, Value]] | None:
    """For each document of a stream, the line that it begins in and its value; None if there is anything unusual."""
    if (_STRANGE_ASCII if text.isascii() else _strange()).search(text) is not None:
        return None
    documents: list[tuple[int, Value]] = []
    known: _Lines = {}
    entries: list[_Entry] = []
    start = size = 0
    try:
        for number, line in enumerate(text.split("\n"), start=1):
            if line == "---":
                if start:
                    documents.append((start, _build(entries)))
                    entries = []
                start, size = number, 0
                continue
            size += len(line)
            if size > _MAX_DOCUMENT:
                return None
            entry = known[line] if line in known else _read_line(line, known)
            if entry is not None:
                entries.append(entry)
                start = start or number
        if start:
            documents.append((start, _build(entries)))
    except _Unsure:
        return None
    return documents


@cache
def _strange() -> re.Pattern[str]:
    """What YAML does not allow in a text, or takes for a line break; compiled late: it takes as long as reading ten
    files, and most manifests are ASCII."""
    return re.compile("[\x00-\t\x0b-\x1f\x7f-\xa0\u2028\u2029\ud800-\uffff]")


def _read_line(line: str, known: _Lines) -> _Entry | None:
    """The indent, key (None: an item of a list) and value in a line; None for a line that says nothing."""
    entry: _Entry | None = None
    if _SKIPPED.fullmatch(line) is None:
        matched = _ENTRY.fullmatch(line)
        if matched is None or len(line) > _MAX_LINE:
            raise _Unsure
        indent, key, rest = matched.groups()
        value = _read_value(rest)
        if key is None and value is _OPEN:
            raise _Unsure
        entry = (len(indent), key, value)
    known[line] = entry
    return entry


def _read_value(text: str) -> Value:
    """What stands after ``key:`` or ``-``."""
    if not text or text[0] == "#":
        return _OPEN
    if _PLAIN_START.match(text):
        comment = text.find(" #")
        plain = (text if comment < 0 else text[:comment]).rstrip(" ")
        if ": " in plain or plain[-1] == ":":
            raise _Unsure
        return None if plain in NULLS else plain
    quoted = _QUOTED.fullmatch(text)
    if quoted is not None:
        return Quoted(quoted[1] if quoted[1] is not None else quoted[2])
    if text[0] in "[{":
        value, end = _read_flow(text, 0, 0)
        if end == len(text):
            return value
    raise _Unsure


def _read_flow(text: str, at: int, depth: int) -> tuple[Value, int]:
    """The value that begins at a position of a flow, and where what follows it begins."""
    matched = _FLOW_TOKEN.match(text, at)
    if matched is None or depth > _MAX_FLOW_DEPTH:
        raise _Unsure
    mark, double, single, _, plain = matched.groups()
    end = matched.end()
    if mark == "[":
        return _read_flow_list(text, end, depth)
    if mark == "{":
        return _read_flow_mapping(text, end, depth)
    if double is not None or single is not None:
        return Quoted(double if double is not None else single), end
    if plain is None:
        raise _Unsure
    plain = plain.rstrip(" ")
    return None if plain in NULLS else plain, end


def _read_flow_list(text: str, at: int, depth: int) -> tuple[Value, int]:
    items: list[Value] = []
    if text.startswith("]", at):
        return items, _after(text, at)
    while True:
        item, at = _read_flow(text, at, depth + 1)
        items.append(item)
        if text.startswith("]", at):
            return items, _after(text, at)
        if not text.startswith(",", at):
            raise _Unsure
        at += 1


def _read_flow_mapping(text: str, at: int, depth: int) -> tuple[Value, int]:
    fields: dict[str, Value] = {}
    if text.startswith("}", at):
        return fields, _after(text, at)
    while True:
        matched = _FLOW_TOKEN.match(text, at)
        key = None if matched is None else matched[4]
        if matched is None or key is None or key in fields:
            raise _Unsure
        fields[key], at = _read_flow(text, matched.end(), depth + 1)
        if text.startswith("}", at):
            return fields, _after(text, at)
        if not text.startswith(",", at):
            raise _Unsure
        at += 1


def _after(text: str, at: int) -> int:
    """Where what follows a closing bracket begins."""
    at += 1
    while text.startswith(" ", at):
        at += 1
    return at


def _build(entries: list[_Entry]) -> Value:
    """The tree that the lines of one document spell by their indents."""
    if not entries:
        return None
    if entries[0][1] is None:
        raise _Unsure
    container: list[Value] | dict[str, Value] = {}
    level = entries[0][0]
    root = container
    stack: list[tuple[int, list[Value] | dict[str, Value]]] = []
    waiting: str | None = None
    for indent, key, value in entries:
        if waiting is not None:
            assert type(container) is dict
            if indent > level or (key is None and indent == level):
                if len(stack) > _MAX_DEPTH:
                    raise _Unsure
                stack.append((level, container))
                inner: list[Value] | dict[str, Value] = [] if key is None else {}
                container[waiting] = inner
                container, level = inner, indent
            else:
                container[waiting] = None
            waiting = None
        while indent < level or (key is not None and type(container) is list):
            if not stack or indent > level:
                raise _Unsure
            level, container = stack.pop()
        if indent != level:
            raise _Unsure
        if type(container) is dict:
            if key is None or key in container:
                raise _Unsure
            if value is _OPEN:
                waiting = key
                container[key] = None
            else:
                container[key] = value
        elif type(container) is list:
            container.append(value)
    return root
