"""What hostile input costs: in proportion to its size, and never more.

Compared are counts of CPU time of one process, the least of a few, of inputs of one size and of four times that: a cost
in proportion gives 4, one by the square 16. Nothing is said about what is too short to be measured.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from manifests import manifest_text

import las_cli
import las_registry
import las_solver
from las_registry.compiled.building import compile_registry
from las_registry.compiled.extract import Extract, Shape
from las_registry.compiled.shelf import CompiledShelf
from las_registry.compiled.table import Table
from las_registry.load import ManifestFile, manifests_in
from las_registry.manifest import Manifest, Pool
from las_registry.registry import Registry
from las_solver.constraint import Requirement
from las_solver.model import Host, Request
from las_solver.plan import Plan
from las_solver.planner import Planner

_TOO_SHORT = 0.02
"""Seconds of CPU time below which nothing is said."""

_MOST = 8
"""Between 4, in proportion, and 16, by the square."""

_ATTEMPTS = 5
"""A busy machine makes some attempts look dear, and none look cheap."""


def _seconds(act: Callable[[], object]) -> float:
    least = 1e9
    for _ in range(2):
        started = time.process_time()
        act()
        least = min(least, time.process_time() - started)
        if least < _TOO_SHORT:
            break
    return least


def _read(text: str) -> None:
    for _ in manifests_in(ManifestFile("f", "f", "f"), text.encode(), Pool()):
        pass


def _entry(field: str, text: str) -> str:
    return manifest_text(rest=f"dependencies: {{{field}: ['{text}']}}\n")


MANIFESTS: dict[str, Callable[[int], str]] = {
    "a constraint of many parts": lambda n: _entry("modules", "x@" + ",".join([">=1"] * n)),
    "a constraint that leaves many out": lambda n: _entry("runtime", "x" + ",".join(f"!={at}" for at in range(n))),
    "spaces before no version": lambda n: _entry("modules", f"x{' ' * n}y"),
    "spaces before no operator": lambda n: _entry("runtime", f"x{' ' * n}y"),
    "spaces in a size": lambda n: manifest_text(rest=f"hardware: {{memory: {{ram_min: '1{' ' * n}x'}}}}\n"),
    "digits of a size": lambda n: manifest_text(rest=f"hardware: {{memory: {{ram_min: {'1' * n}}}}}\n"),
    "parts of a version": lambda n: manifest_text(version="1." * n + "x"),
    "a long name": lambda n: manifest_text("a-" * n + "!"),
    "modules that are none": lambda n: manifest_text(rest=f"dependencies: {{modules: [{'a b, ' * n}]}}\n"),
    "modes that are alike": lambda n: manifest_text(modes=f"[{'native, ' * n}]"),
    "modes that cannot be sorted": lambda n: manifest_text(modes=f"[[], {', '.join(f'a{at}' for at in range(n))}]"),
    "modes without the preferred one": lambda n: manifest_text(
        modes=f"[{', '.join(f'a{at}' for at in range(n))}]\n  preferred: b"
    ),
    "fields that are none": lambda n: manifest_text(rest="".join(f"k{at}: 1\n" for at in range(n))),
    "keys that are there twice": lambda n: manifest_text(rest="x-a: 1\n" * n),
    "documents with a mistake": lambda n: "--- {a: b}\n" * n,
    "directives": lambda n: "".join(f"%TAG !{at}! tag:x\n" for at in range(n)) + "--- a\n",
    "brackets after a mistake": lambda n: "--- {a: b}\n--- {x: " + "[" * n,
    "anchors": lambda n: manifest_text(rest=f"x-a: [{', '.join(f'&a{at} x' for at in range(n))}, *a1]\n"),
    "aliases of a long list": lambda n: manifest_text(rest=f"x-a: &a [{'a, ' * 50}]\nx-b: [{'*a, ' * n}]\n"),
    "aliases of what is open": lambda n: manifest_text(rest=f"x-a: {'&a [' * 30}{'*a, ' * n}{']' * 30}\n"),
    "lines of one text": lambda n: manifest_text(rest=f"x-a: |\n{'  a' * 3}\n" * 1 + "  b\n" * n),
    "escapes": lambda n: manifest_text(rest='x-a: "' + "\\u0041" * n + '"\n'),
}


@pytest.mark.parametrize("make", MANIFESTS.values(), ids=MANIFESTS)
def test_what_a_manifest_costs_grows_with_its_size(make: Callable[[int], str]) -> None:
    small, large = make(300), make(1200)
    ratios = []
    for _ in range(_ATTEMPTS):
        cost = _seconds(lambda: _read(large))
        if cost < _TOO_SHORT:
            return
        ratios.append(cost / max(_seconds(lambda: _read(small)), _TOO_SHORT / 4))
        if ratios[-1] < _MOST:
            return
    raise AssertionError(ratios)


def test_a_constraint_of_a_megabyte_is_refused_by_its_length() -> None:
    for text in (_entry("modules", "x@" + ">=1," * 250_000 + "<9"), _entry("runtime", "x" + "!=1," * 250_000)):
        started = time.process_time()
        (found,) = manifests_in(ManifestFile("f", "f", "f"), text.encode(), Pool())
        assert not isinstance(found, Manifest)
        assert [len(one.message) < 100 and "characters" in one.message for one in found.problems] == [True]
        assert time.process_time() - started < 2


_SEEKING = ("search", "finditer", "findall", "sub", "split")


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str], bool], ...]:
    """Every regular expression that modules have, or that is written where it is used, and whether a match is sought
    anywhere in a text; but none of probes, which read what the system says of itself."""
    seen: dict[tuple[str, bool], tuple[str, re.Pattern[str], bool]] = {}
    for package in (las_solver, las_registry, las_cli):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if info.name.startswith("las_registry.host.probes"):
                continue
            module = importlib.import_module(info.name)
            source = Path(str(module.__file__)).read_text()
            found = [
                (one, any(f"{name}.{how}(" in source for how in _SEEKING))
                for name, one in vars(module).items()
                if isinstance(one, re.Pattern)
            ]
            for one, is_sought in (*found, *_written(source)):
                pattern = one.pattern.decode("latin-1") if isinstance(one.pattern, bytes) else one.pattern
                flags = one.flags & (re.IGNORECASE | re.MULTILINE | re.ASCII)
                seen.setdefault((pattern, is_sought), (info.name, re.compile(pattern, flags), is_sought))
    return tuple(seen.values())


def _written(source: str) -> Iterator[tuple[re.Pattern[str], bool]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            is_re = isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
            first = node.args[0]
            if is_re and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield re.compile(first.value), node.func.attr in _SEEKING


_PUMPS = (
    *("1", "a", " ", "-", "1.", "1 ", "a ", "a.", ".", "&a", "[", "_", "=", "a="),
    *("\n", "\t", "<1", "A-", "\u0660", ":"),
)


@pytest.mark.parametrize("length", [30, 8000])
def test_no_regular_expression_backtracks(length: int) -> None:
    """What is exponential does not end with the short texts, and what is of the square takes a second with the long
    ones; all else takes a thousandth."""
    found = _patterns()
    assert len(found) > 40
    for module, pattern, is_sought in found:
        for begin in ("", "1"):
            for pump in _PUMPS:
                text = begin + pump * (length // len(pump)) + "!"
                match = pattern.search if is_sought else pattern.fullmatch
                cheap = any(_seconds(lambda: match(text)) < 0.2 for _ in range(_ATTEMPTS))  # noqa: B023
                assert cheap, (module, pattern.pattern, begin, pump)


def test_many_versions_of_one_module(tmp_path: Path) -> None:
    """20,000 versions here; docs/hostile-input.md has what 100,000 cost."""
    versions = [f"{major}.{minor}.{patch}" for major in range(20) for minor in range(50) for patch in range(20)]
    path = tmp_path / "index"
    compile_registry([Extract("app", one, Shape(), "app/manifest.yaml") for one in versions], path, identity="t")

    def recover() -> Table:
        raise AssertionError

    registry = Registry([CompiledShelf(Table.open(path, "t"), tmp_path, recover)])
    planner = Planner(registry, Host(cores=1, ram=1))
    started = time.process_time()
    for text, newest in (("app", "19.49.19"), ("app@<7,!=6.49.19", "6.49.18"), ("app@~=3.0.0", "3.0.19")):
        answer = planner.plan(Request(requirements=(Requirement.parse(text),)))
        assert isinstance(answer, Plan) and [str(step.version) for step in answer.steps] == [newest]
    assert time.process_time() - started < 10
