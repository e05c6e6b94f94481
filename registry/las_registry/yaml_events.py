"""Any YAML, by the events of the library's parser.

The reader follows the events without recursion, and bounds nodes, depth and what aliases stand for, so that no
file, however hostile, costs more than its size suggests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

import yaml
from yaml._yaml import CParser

from las_registry.problem import Problem, format_path
from las_registry.yaml_document import Document, Limits, Stream
from las_registry.yaml_value import NULLS, Quoted, Value

__all__ = ["EventReader"]

_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = frozenset(("!", _TAG + "str"))
_PLAIN_TAGS = frozenset(_TAG + name for name in ("int", "float", "bool", "null"))
_LIST_TAGS = frozenset((None, "!", _TAG + "seq"))
_MAPPING_TAGS = frozenset((None, "!", _TAG + "map"))
_MAX_PROBLEMS = 100
_DROPPED = "\0 dropped"
"""The key of a value that has no place, told from a key of the file by its identity."""

_Container: TypeAlias = "list[Value] | dict[str, Value] | None"
_Stack: TypeAlias = list[tuple[_Container, str | None]]


class _Stop(Exception):
    """A limit was passed: nothing more of this file is read."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class EventReader:
    """Builds the documents of one stream from the events of the parser."""

    def __init__(self, data: bytes, file: str, limits: Limits) -> None:
        self._data = data
        self._file = file
        self._limits = limits
        self._stream = Stream(data)
        self._problems: list[Problem] = []
        self._anchors: dict[str, Value] = {}
        self._open_anchors: dict[int, str] = {}
        self._expansion = 0
        self._line = 1
        self._root: Value = None

    def documents(self) -> Iterator[Document]:
        """The documents in order; the last one carries what ended the stream too early."""
        index = 0
        try:
            parser = CParser(self._data)
            next_event = parser.get_event
            next_event()
            while type(event := next_event()) is yaml.DocumentStartEvent:
                self._line = _line_of(event)
                value = self._read_value(next_event)
                next_event()
                yield self._document(index, value)
                index += 1
        except _Stop as stop:
            self._problems.append(stop.problem)
        except yaml.YAMLError as error:
            self._problems.append(self._explain(error))
        else:
            return
        yield self._document(index, self._root, complete=False)

    def _document(self, index: int, value: Value, *, complete: bool = True) -> Document:
        problems = tuple(self._problems)
        self._problems.clear()
        self._anchors.clear()
        self._open_anchors.clear()
        self._expansion = 0
        self._root = None
        return Document(
            file=self._file,
            index=index,
            line=self._line,
            value=value,
            problems=problems,
            complete=complete,
            stream=self._stream,
        )

    def _read_value(self, next_event: Callable[[], Any]) -> Value:
        """The tree of one document, from the event after its start.

        `container` is the list or mapping that the reader is in, `key` the key that waits for its value,
        and `stack` the same of what is around it.
        """
        scalar, mapping_start, mapping_end = yaml.ScalarEvent, yaml.MappingStartEvent, yaml.MappingEndEvent
        sequence_start, sequence_end = yaml.SequenceStartEvent, yaml.SequenceEndEvent
        nulls, depth, nodes = NULLS, self._limits.depth, self._limits.nodes
        stack: _Stack = []
        container: Any = None
        key: str | None = None
        value: Any
        while True:
            event = next_event()
            kind = type(event)
            if kind is scalar:
                value = event.value
                if event.style or event.tag is not None or event.anchor is not None:
                    value = self._mark(event, value, stack, container, key)
                if key is None and type(container) is dict:
                    key = self._check_key(event, value, stack, container)
                    continue
                if value in nulls and type(value) is str:
                    value = None
            elif kind is mapping_end or kind is sequence_end:
                value = container
                self._open_anchors.pop(len(stack), None)
                container, key = stack.pop()
            elif kind is mapping_start or kind is sequence_start:
                stack.append((container, key))
                container, key = {} if kind is mapping_start else [], None
                if event.tag is not None or event.anchor is not None:
                    self._mark_container(event, container, stack)
                if len(stack) == 1:
                    self._root = container
                elif len(stack) > depth:
                    raise _Stop(self._limit(event, f"is nested more than {depth} levels deep"))
                continue
            else:
                value = self._resolve(event, stack, container, key)
                if key is None and type(container) is dict and type(value) in (str, Quoted):
                    key = self._check_key(event, value, stack, container)
                    continue
                if type(value) is str and value in nulls:
                    value = None
            nodes -= 1
            if nodes < 0:
                raise _Stop(self._limit(event, f"has more than {self._limits.nodes} values"))
            if container is None:
                return value  # type: ignore[no-any-return]
            if type(container) is list:
                container.append(value)
            elif key is None:
                self._complain(event, (stack, container, None), "a key has to be a text", "write a name before the ':'")
                key = _DROPPED
            else:
                if key is not _DROPPED:
                    container[key] = value
                key = None

    def _check_key(self, event: Any, key: str, stack: _Stack, container: dict[str, Value]) -> str:
        """`key`, unless the mapping has it already."""
        if key not in container:
            return str(key)
        self._complain(event, (stack, container, key), "the key is there twice", "keep one of them")
        return _DROPPED

    def _mark(self, event: Any, value: str, stack: _Stack, container: _Container, key: str | None) -> str:
        """A scalar with quotes, tag or anchor: which kind of text it is."""
        tag = event.tag
        if tag in _TEXT_TAGS or (tag is None and event.style):
            value = Quoted(value)
        elif tag is not None and tag not in _PLAIN_TAGS:
            self._refuse_tag(event, (stack, container, key))
        if event.anchor is not None:
            self._anchors[event.anchor] = value
        return value

    def _mark_container(self, event: Any, container: list[Value] | dict[str, Value], stack: _Stack) -> None:
        """A list or mapping with a tag or an anchor."""
        if event.tag not in (_LIST_TAGS if isinstance(container, list) else _MAPPING_TAGS):
            self._refuse_tag(event, (stack[:-1], *stack[-1]))
        if event.anchor is not None:
            self._anchors[event.anchor] = container
            self._open_anchors[len(stack)] = event.anchor

    def _refuse_tag(self, event: Any, place: tuple[_Stack, _Container, str | None]) -> None:
        tag = str(event.tag).replace(_TAG, "!!")
        self._complain(event, place, f"the tag {_shown(tag)} has no meaning here", "leave the tag out")

    def _resolve(self, event: Any, stack: _Stack, container: _Container, key: str | None) -> Value:
        """What an alias stands for."""
        name, place = event.anchor, (stack, container, key)
        if name in self._open_anchors.values():
            self._complain(event, place, f"the alias {_shown('*' + name)} stands for a value that it is part of")
            return None
        if name not in self._anchors:
            hint = f"put &{name} before the value that it stands for, or quote the text"
            self._complain(event, place, f"the alias {_shown('*' + name)} has no anchor", hint)
            return None
        value = self._anchors[name]
        self._expansion += _weigh(value, self._limits.expansion - self._expansion)
        if self._expansion > self._limits.expansion:
            raise _Stop(self._limit(event, f"has aliases that stand for more than {self._limits.expansion} characters"))
        return value

    def _complain(
        self, event: Any, place: tuple[_Stack, _Container, str | None], message: str, hint: str | None = None
    ) -> None:
        stack, container, key = place
        if len(self._problems) < _MAX_PROBLEMS:
            path = format_path(_path((*stack, (container, key))))
            line = _line_of(event)
            self._problems.append(Problem(file=self._file, line=line, field=path, message=message, hint=hint))

    def _limit(self, event: Any, message: str) -> Problem:
        line = _line_of(event)
        return Problem(
            file=self._file,
            line=line,
            message=f"the document {message}",
            hint="nothing after this line was read",
        )

    def _explain(self, error: yaml.YAMLError) -> Problem:
        """What the parser could not read, in one sentence."""
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        position = getattr(error, "position", None)
        line = None
        if mark is not None:
            line = mark.line + 1
        elif isinstance(position, int):
            line = self._data.count(b"\n", 0, max(position, 0)) + 1
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be parsed"
        if "\t" in str(what) or "cannot start any token" in str(what):
            hint = "quote texts that begin with a special character, and indent by spaces"
        else:
            hint = "a bracket, a quote or an indent may be left open above; nothing after this line was read"
        return Problem(file=self._file, line=line, message=f"this is not YAML: {what}", hint=hint)


def _line_of(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _path(places: Iterable[tuple[_Container, str | None]]) -> Iterator[str | int]:
    for container, key in places:
        if isinstance(container, list):
            yield len(container)
        elif key is not None:
            yield key


def _weigh(value: Value, enough: int) -> int:
    """The number of characters and nodes in `value`, aliases written out, or more than `enough`."""
    weight, waiting = 0, [value]
    while waiting and weight <= enough:
        one = waiting.pop()
        weight += 1
        if isinstance(one, str):
            weight += len(one)
        elif isinstance(one, list):
            waiting.extend(one)
        elif one is not None:
            weight += sum(map(len, one))
            waiting.extend(one.values())
    return weight


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")
