"""A conflict as a graph: what was asked for, who needs what, and where that ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from las_cli.render.graph import Box, Edge, Graph
from las_cli.render.svg import make_box, make_label

__all__ = ["conflict_graph"]

Statement = Mapping[str, Any]
Key = tuple[str, str]

_YOU: Final = ("you", "")
_MOST_LABELS: Final = 3
_HARDWARE: Final = {"cores": "CPU cores", "ram": "memory", "vram": "GPU memory", "gpus": "GPUs"}
_GB: Final = 10**9


def conflict_graph(core: Iterable[Statement]) -> Graph:
    """The graph of the statements of a core, in their order."""
    drawing = _Drawing()
    for statement in core:
        drawing.add(statement)
    return drawing.graph()


class _Drawing:
    """Nodes by kind and name, the second lines of some, and the statements between each two."""

    def __init__(self) -> None:
        self._nodes: dict[Key, None] = {}
        self._below: dict[Key, str] = {}
        self._blocked: set[Key] = set()
        self._between: dict[tuple[Key, Key], list[tuple[str, str]]] = {}

    def add(self, statement: Statement) -> None:
        """Draws what `statement` says; a circle is drawn by the needs that it consists of."""
        module: Key = ("module", statement["module"])
        match statement["kind"]:
            case "requested":
                self._arrow(_YOU, module, _constraint(statement["requirement"]), statement)
            case "dependency":
                self._arrow(module, _module(statement["requirement"]), _constraint(statement["requirement"]), statement)
            case "runtime":
                target = _module(statement["requirement"])
                self._arrow(module, target, _constraint(statement["requirement"]), statement)
                self._mark(target, f"host: {statement['have'] or 'none'}")
            case "hardware":
                fact = statement["fact"]
                self._barrier(module, _HARDWARE[fact], _amount(fact, statement["need"]), statement)
                self._below[("barrier", _HARDWARE[fact])] = f"host: {_amount(fact, statement['have'])}"
            case "together":
                fact = statement["fact"]
                self._shared(_HARDWARE[fact], statement, [_amount(fact, one["weight"]) for one in statement["counts"]])
                sizes = Counter(_amount(fact, size) for size in statement["cards"] or [statement["have"]])
                have = ", ".join(size if count == 1 else f"{count} x {size}" for size, count in sizes.items())
                self._below[("barrier", _HARDWARE[fact])] = f"host: {have}"
            case "limit":
                self._shared(statement["limit"], statement, [str(one["weight"]) for one in statement["counts"]])
                self._below[("barrier", statement["limit"])] = f"at most {statement['at_most']}"
            case "mode":
                self._barrier(module, "modes", " or ".join(statement["modes"]), statement)
                self._below[("barrier", "modes")] = f"only {', '.join(statement['allowed']) or 'none'}"
            case "interface":
                self._arrow(module, ("interface", statement["interface"]), "", statement)
                self._below[("interface", statement["interface"])] = "interface"
                for provider in statement.get("providers", ()):
                    self._arrow(("interface", statement["interface"]), ("module", provider), "", statement)
            case "excluded":
                self._barrier(module, "excluded", statement["constraint"], statement)
            case "unknown-module":
                self._mark(module, "unknown")
            case "no-version":
                self._mark(module, f"nothing {statement['constraint']}".strip())
            case "pre-release":
                self._mark(module, "pre-release")
            case _:
                for name in statement.get("modules", ()):
                    self._mark(("module", name), "in a circle")

    def graph(self) -> Graph:
        """The nodes with those that are only arrows' texts, and the arrows."""
        sources = {tail for tail, _ in self._between}
        heads = Counter(head for _, head in self._between)
        boxes = []
        for node in self._nodes:
            blocked = node in self._blocked or (node not in sources and (node[0] != "module" or heads[node] > 1))
            boxes.append(self._box(node, blocked=blocked))
        at = {node: number for number, node in enumerate(self._nodes)}
        edges = []
        for (tail, head), labels in self._between.items():
            tone = "bad" if "bad" in boxes[at[head]].tone else ""
            text = _joined([label for label, _ in labels])
            if not text:
                edges.append(Edge(at[tail], at[head], tone))
                continue
            boxes.append(make_label(text, tone=tone, hint="; ".join(hint for _, hint in labels)))
            edges += [Edge(at[tail], len(boxes) - 1, tone), Edge(len(boxes) - 1, at[head], tone)]
        return Graph(tuple(boxes), tuple(edges))

    def _arrow(self, tail: Key, head: Key, label: str, statement: Statement) -> None:
        self._nodes.setdefault(tail)
        self._nodes.setdefault(head)
        self._between.setdefault((tail, head), []).append((label, statement["text"]))

    def _barrier(self, module: Key, name: str, label: str, statement: Statement) -> None:
        self._arrow(module, ("barrier", name), label, statement)

    def _shared(self, name: str, statement: Statement, amounts: Iterable[str]) -> None:
        """A barrier for all modules that count, each with its amount."""
        for one, amount in zip(statement["counts"], amounts, strict=True):
            self._barrier(("module", one["module"]), name, amount, statement)

    def _mark(self, node: Key, below: str) -> None:
        """Says of `node` that it stands in the way, and how."""
        self._nodes.setdefault(node)
        self._blocked.add(node)
        self._below[node] = below

    def _box(self, node: Key, *, blocked: bool) -> Box:
        if node == _YOU:
            return make_box("you", tone="asked")
        return make_box(node[1], self._below.get(node, ""), tone="bad" if blocked else "")


def _module(requirement: str) -> Key:
    return ("module", requirement.partition("@")[0])


def _constraint(requirement: str) -> str:
    return requirement.partition("@")[2]


def _joined(labels: list[str]) -> str:
    """What different versions of a module need, the first few of it."""
    known = list(dict.fromkeys(filter(None, labels)))
    more = len(known) - _MOST_LABELS
    return " or ".join(known[:_MOST_LABELS]) + (f" or {more} others" if more > 0 else "")


def _amount(fact: str, value: int | None) -> str:
    """An amount of hardware, rounded."""
    if value is None:
        return "unknown" if fact in ("cores", "ram") else "none"
    if fact in ("ram", "vram"):
        return f"{value / _GB:.1f}".removesuffix(".0") + " GB"
    return str(value)
