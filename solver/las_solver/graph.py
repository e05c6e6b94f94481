"""Directed graphs, as functions from a node to the nodes that its edges lead to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

__all__ = ["find_cycles", "leads", "on_cycles", "trim"]


def trim(nodes: Iterable[str], targets: Callable[[str], Sequence[str]]) -> list[str]:
    """Those of `nodes` that are left when what has no edge to, or from, anything left is taken away, again and again.

    Every cycle is among them; nothing is left if there is none.
    """
    left = dict.fromkeys(nodes)
    edges = {name: [target for target in dict.fromkeys(targets(name)) if target in left] for name in left}
    back: dict[str, list[str]] = {name: [] for name in left}
    for name, following in edges.items():
        for target in following:
            back[target].append(name)
    for ahead, behind in ((edges, back), (back, edges)):
        counts = {name: sum(target in left for target in ahead[name]) for name in left}
        free = [name for name, count in counts.items() if not count]
        for name in free:
            del left[name]
            for other in behind[name]:
                if other in left:
                    counts[other] -= 1
                    if not counts[other]:
                        free.append(other)
    return list(left)


def leads(edges: Mapping[str, Iterable[str]], start: str, goal: str) -> bool:
    """Whether a walk along `edges`, of none or more, leads from `start` to `goal`."""
    seen = {start}
    queue = [start]
    for name in queue:
        if name == goal:
            return True
        fresh = [other for other in edges[name] if other not in seen]
        seen.update(fresh)
        queue.extend(fresh)
    return False


def find_cycles(nodes: Collection[str], targets: Callable[[str], Sequence[str]]) -> list[list[str]]:
    """Cycles of the graph over `nodes`, one for each edge that closes one in a depth-first walk; none if there is none.

    Each is a list of nodes of which each has an edge to the next, and the last to the first.
    """
    cycles = []
    done: set[str] = set()
    for root in nodes:
        if root in done:
            continue
        path: list[str] = []
        position: dict[str, int] = {}
        walk: list[tuple[str, Iterator[str]]] = [(root, iter(targets(root)))]
        path.append(root)
        position[root] = 0
        while walk:
            name, following = walk[-1]
            for target in following:
                if target in position:
                    cycles.append(path[position[target] :])
                elif target not in done and target in nodes:
                    position[target] = len(path)
                    path.append(target)
                    walk.append((target, iter(targets(target))))
                    break
            else:
                walk.pop()
                path.pop()
                del position[name]
                done.add(name)
    return cycles


def on_cycles(nodes: Iterable[str], targets: Callable[[str], Sequence[str]]) -> set[str]:
    """Those of `nodes` from which a walk leads back to them."""
    left = set(trim(nodes, targets))
    edges = {name: [target for target in targets(name) if target in left] for name in left}
    back: dict[str, list[str]] = {name: [] for name in left}
    for name, following in edges.items():
        for target in following:
            back[target].append(name)
    found: set[str] = set()
    while left:
        name = left.pop()
        component = _reached(edges, name) & _reached(back, name)
        if component:
            found.update(component)
            left -= component
    return found


def _reached(edges: Mapping[str, Iterable[str]], start: str) -> set[str]:
    """The nodes to which a walk of one edge or more leads."""
    seen: set[str] = set()
    queue = list(edges[start])
    for name in queue:
        if name not in seen:
            seen.add(name)
            queue.extend(edges[name])
    return seen
