"""Opens a registry again and again: a JSON object on standard input, seconds on standard output."""

from __future__ import annotations

import gc
import json
import re
import sys
from pathlib import Path
from time import perf_counter, sleep

from las_registry.registry import Registry

__all__ = ["time_refreshes"]

_SETTLED_SECONDS = 2.2
"""After so long, what was changed is no longer looked at again."""


def time_refreshes(tree: Path, rounds: int, *, is_frozen: bool) -> dict[str, list[float]]:
    """Seconds of opening the registry unchanged, and, if it is not frozen, with one manifest changed.

    The manifest is the one in the middle of all of them; in the end it is as it was.
    """
    found: dict[str, list[float]] = {"unchanged": []}
    _opened(tree)
    if is_frozen:
        found["unchanged"] = [_opened(tree) for _ in range(rounds)]
        return found
    found["one manifest changed"] = []
    manifests = sorted(tree.rglob("*.yaml"))
    manifest = manifests[len(manifests) // 2]
    before = manifest.read_bytes()
    try:
        for turn in range(rounds):
            sleep(_SETTLED_SECONDS)
            _opened(tree)
            found["unchanged"].append(_opened(tree))
            manifest.write_bytes(_changed(before, turn))
            found["one manifest changed"].append(_opened(tree))
    finally:
        manifest.write_bytes(before)
    return found


def _opened(tree: Path) -> float:
    gc.collect()
    start = perf_counter()
    Registry.open((tree,))
    return perf_counter() - start


def _changed(text: bytes, turn: int) -> bytes:
    """The manifest with another description of its first version, which is a change that a reader of plans may see."""
    return re.sub(rb"(?m)^description: .*$", b"description: changed %d times" % (turn + 1), text, count=1)


if __name__ == "__main__":
    TOLD = json.load(sys.stdin)
    print(json.dumps(time_refreshes(Path(TOLD["tree"]), TOLD["rounds"], is_frozen=TOLD["is_frozen"])))
