"""What one of many processes does that write to the same store at the same time."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from time import monotonic

from store_operations import kept_text

from las_registry.lifecycle import ALLOWED, Refused, State, Store, Transition, read_store

__all__ = ["MODULES", "contend", "observe", "race"]

MODULES = (("app", "1.0"), ("app", "2.0"), ("lib", "1.0"))
_RARE = frozenset({State.FAILED, State.DEPRECATED})


def contend(path: str, writer: int, seconds: float, journal: str) -> None:
    """Bring the modules from state to state, and note each transition that was acknowledged, and how many were not.

    Every tenth step is a removal, every hundredth opens the store anew; half of the transitions say which state they
    expect, and one in two hundred is not allowed.
    """
    random = Random(writer)
    end, step, refused = monotonic() + seconds, 0, 0
    with Path(journal).open("a", buffering=1) as file:
        while monotonic() < end:
            with Store.open(Path(path)) as store:
                for _ in range(100):
                    step += 1
                    try:
                        made = _step(store, random, f"{writer} {step}")
                    except Refused:
                        refused += 1
                    else:
                        print(json.dumps(noted(made)), file=file)
                    if monotonic() > end:
                        break
        print(json.dumps(refused), file=file)


def _step(store: Store, random: Random, reason: str) -> Transition | None:
    name, version = random.choice(MODULES)
    now = store.module(name, version).state
    if random.random() < 0.1:
        return store.remove(name, version, reason=reason)
    following = sorted(ALLOWED[now])
    usual = [to for to in following if to not in _RARE]
    to = random.choice(usual if usual and random.random() < 0.9 else following or list(State))
    to = random.choice(list(State)) if random.random() < 0.005 else to
    expected = now if random.random() < 0.5 else None
    manifest = kept_text(name, version)
    return store.transition(name, version, to, reason=reason, manifest=manifest, expected=expected)


def noted(made: Transition | None) -> list[object] | None:
    """What is noted of a transition; None if there was none."""
    if made is None:
        return None
    return [made.id, made.module, made.version, made.from_state, made.to_state, made.why]


def race(path: str, writer: int, rounds: int, journal: str) -> None:
    """Try to be the one that takes one module through its states; note each transition that this process won."""
    with Path(journal).open("a", buffering=1) as file, Store.open(Path(path)) as store:
        while len(store.history("app", limit=rounds)) < rounds:
            now = store.module("app", "1.0").state
            to = min(ALLOWED[now] - _RARE)
            try:
                made = store.transition("app", "1.0", to, manifest=kept_text("app", "1.0"), expected=now)
            except Refused:
                continue
            print(json.dumps(noted(made)), file=file)


def observe(path: str, seconds: float) -> None:
    """Look at the store in both ways, while others write: it is in order at every time."""
    end = monotonic() + seconds
    with Store.open(Path(path)) as store:
        while monotonic() < end:
            mistakes = store.check()
            assert not mistakes, mistakes
            content = read_store(Path(path))
            assert content is not None
            assert set(content.installed) <= {name for name, _ in MODULES}
