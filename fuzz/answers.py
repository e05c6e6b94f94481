"""A small registry, and the answers that there are to some requests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from las_cli.document import answer_document
from las_registry.host.profile import host_from_document
from las_registry.replay import read_replay
from las_solver.constraint import Requirement
from las_solver.model import Request
from las_solver.planner import Planner

__all__ = ["HOST", "REGISTRY", "documents", "edited"]

_MODULES: Final = """las-solve-replay: 1
request: [app]
modules:
- {name: app, version: '2.0', dependencies: {modules: [lib>=2]}}
- {name: app, version: '1.0', dependencies: {modules: [lib@<2], runtime: [cuda>=12]}}
- {name: lib, version: '2.1', hardware: {gpu: {vram_min: 24GB}}, interfaces: {consumes: [db]}}
- {name: lib, version: '1.4rc1'}
- {name: lib, version: '1.3', interfaces: {provides: [store]}}
- {name: sqlite, version: '3', interfaces: {provides: [db]}, dependencies: {system: [gcc]}}
- {name: big, version: '1', hardware: {memory: {ram_min: 4TB}}}
"""

HOST: Final = host_from_document(
    {"cpu": {"cores": 8}, "memory": {"ram": "64GiB"}, "gpus": [{"vram": "24GB"}], "runtimes": {"cuda": "12.4"}}
)
REGISTRY: Final = read_replay(_MODULES.replace("lib>=2", "lib@>=2").encode(), "modules").registry()


@cache
def documents() -> tuple[dict[str, Any], ...]:
    """The answers, as ``--format json`` prints them."""
    found = []
    for text in ("app", "lib", "app@<2", "big", "nothing", "sqlite"):
        answer = Planner(REGISTRY, HOST).plan(Request(requirements=(Requirement.parse(text),)))
        found.append(json.loads(json.dumps(answer_document(answer, HOST))))
    return tuple(found)


def edited(data: bytes) -> dict[str, Any]:
    """One of the answers, by the first byte, with changes of three bytes each: two for the place, one for what comes
    there: another value of the answer, or one of a few that do not belong there."""
    right = documents()
    document: dict[str, Any] = json.loads(json.dumps(right[data[0] % len(right)] if data else right[0]))
    document["x"] = None
    for at in range(1, len(data) - 2, 3):
        places = list(_places(document))
        if not places:
            break
        container, key = places[int.from_bytes(data[at : at + 2], "little") % len(places)]
        what = data[at + 2]
        if what == 0:
            del container[key]
        elif what <= len(_STRANGE):
            container[key] = json.loads(_STRANGE[what - 1])
        else:
            other, place = places[what * len(places) // 256]
            container[key] = json.loads(json.dumps(other[place]))
    return document


_STRANGE: Final = (
    *(
        "null",
        "true",
        "[]",
        "{}",
        "0",
        "-1",
        "9" * 30,
        "1e400",
        "1.5",
        '""',
        '"\\ud800"',
        '"\\u0000"',
        '"1.0"',
        '"app"',
    ),
    *(
        '"lib@>=2"',
        '"newest"',
        '"resolved"',
        '"conflict"',
        '[["a"]]',
        '{"a": {}}',
        '"' + "x" * 2000 + '"',
        "[" * 90 + "]" * 90,
    ),
)
"""Values, as JSON, that stand where others are expected."""


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a document, by the list or object that it is in, and its key; the document has one or more."""
    waiting = [value]
    while waiting:
        container = waiting.pop()
        for key, one in list(container.items() if isinstance(container, dict) else enumerate(container)):
            yield container, key
            if isinstance(one, dict | list):
                waiting.append(one)
