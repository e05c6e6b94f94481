"""Contract, section 9: two writers never both win, and what is recorded is what happened."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from store_writers import MODULES, noted
from zygote import Zygote

from las_registry.lifecycle import ALLOWED, State, Store

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the processes are forks of one")

SECONDS = float(os.environ.get("STORE_TEST_SECONDS", "3"))
"""How long processes write to one store; a minute by hand: STORE_TEST_SECONDS=60."""

WRITERS = 10


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote("store_writers") as zygote:
        yield zygote


def test_ten_processes_that_write_at_once_leave_a_history_that_is_true(tmp_path: Path, zygote: Zygote) -> None:
    path = tmp_path / "store"
    journals = [tmp_path / f"journal {writer}" for writer in range(WRITERS)]
    children = [
        zygote.start("store_writers.contend", str(path), writer, SECONDS, str(journal))
        for writer, journal in enumerate(journals)
    ]
    children += [zygote.start("store_writers.observe", str(path), SECONDS) for _ in range(2)]
    assert [zygote.wait(child) for child in children] == [0] * len(children)
    lines = [json.loads(line) for journal in journals for line in journal.read_text().splitlines()]
    acknowledged = [line for line in lines if isinstance(line, list)]
    assert sum(line for line in lines if isinstance(line, int)) > 0, "nobody was ever too late"
    with Store.open(path) as store:
        history = store.history()
        states = {(name, version): store.module(name, version) for name, version in MODULES}
        installed = [module.name for module in store.modules() if module.installed]
        assert store.check() == ()

    # Each transition that a process was told of is recorded, as it was told; none is recorded that nobody was told of,
    # but for those of a version that was replaced, which belong to another.
    recorded = [noted(made) for made in history if made.operation != "replace"]
    assert sorted(acknowledged, key=str) == sorted(recorded, key=str)
    assert len({made.id for made in history}) == len(history)
    assert [made.at for made in history] == sorted(made.at for made in history)

    # The history of each version is a walk through the table of states that ends at its state.
    for (name, version), module in states.items():
        now, is_installed = State.AVAILABLE, False
        for made in history:
            if (made.module, made.version) != (name, version):
                continue
            assert made.from_state is now
            is_removal = made.operation in ("remove", "replace")
            assert made.to_state is State.AVAILABLE if is_removal else made.to_state in ALLOWED[now]
            now, is_installed = made.to_state, made.installed
        assert (module.state, module.installed) == (now, is_installed)
    assert len(installed) == len(set(installed))


def test_each_transition_has_one_winner(tmp_path: Path, zygote: Zygote) -> None:
    path, rounds = tmp_path / "store", 150
    journals = [tmp_path / f"journal {writer}" for writer in range(WRITERS)]
    children = [
        zygote.start("store_writers.race", str(path), writer, rounds, str(journal))
        for writer, journal in enumerate(journals)
    ]
    assert [zygote.wait(child) for child in children] == [0] * WRITERS
    won: list[list[Any]] = [json.loads(line) for journal in journals for line in journal.read_text().splitlines()]
    assert all(won), "a process was told that its module was in this state already"
    times = Counter(number for number, *_ in won)
    assert set(times.values()) == {1}
    with Store.open(path) as store:
        assert sorted(won) == [noted(made) for made in store.history()]
        assert len(won) >= rounds
        assert store.check() == ()
